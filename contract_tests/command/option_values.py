"""What the options of a run are: the first that is given of option, environment, gateway, defaults and built-in."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar, cast

from contract_tests.command.option_forms import Arity
from contract_tests.command.option_table import TABLE, Flag, Option
from contract_tests.results import UsedOption
from contract_tests.settings import SettingsError
from gateway_contract.values.json_value import ABSENT, Json

T = TypeVar("T")


class Origin(StrEnum):
    """Who gave a value; the first in this order decides."""

    OPTION = "option"
    ENVIRONMENT = "environment"
    GATEWAY = "gateway"
    DEFAULTS = "defaults"
    BUILT_IN = "built-in"


@dataclass(frozen=True, slots=True)
class Given:
    """A value as the configuration would say it. `name` begins messages about it: an option, or file, line and key."""

    origin: Origin
    name: str
    value: Json = field(repr=False)  # which may be a secret
    folder: Path = Path()  # from which relative paths start


BUILT_IN: Mapping[str, Given] = {option.key: Given(Origin.BUILT_IN, option.key, option.built_in) for option in TABLE}


@dataclass(frozen=True, slots=True)
class Values:
    """The value of every option, by `values[OPTION]`, and who gave it, by the option's key."""

    given: Mapping[str, Given]
    read: Mapping[str, object]

    def __getitem__(self, option: Option[T]) -> T:
        return cast("T", self.read[option.key])

    def used(self) -> tuple[UsedOption, ...]:
        """What a report says of them."""
        return tuple(
            UsedOption(option.key, given.origin, ABSENT if option.secret else given.value)
            for option in TABLE
            for given in (self.given[option.key],)
        )

    def name(self, option: Option[Any]) -> str:
        """What begins a message about an option."""
        return self.given[option.key].name


def resolve(typed: Mapping[str, object], environment: Mapping[str, str], *configured: Mapping[str, Given]) -> Values:
    """The values of all options; `typed` holds those of the command by the parameters of their flags.

    Raises SettingsError, which states every problem on a line of its own.
    """
    problems: list[str] = []
    sources = (_of_command(typed, problems), _of_environment(environment, problems), *configured, BUILT_IN)
    given = {option.key: next(found[option.key] for found in sources if option.key in found) for option in TABLE}
    read: dict[str, object] = {}
    for option in TABLE:
        try:
            read[option.key] = read_given(option, given[option.key])
        except SettingsError as error:
            problems.append(str(error))
    if problems:
        raise SettingsError("\n".join(problems))
    return Values(given, read)


def read_given(option: Option[Any], given: Given) -> object:
    """A value as the code uses it; None where nobody gave any. Raises SettingsError, which quotes no secret."""
    if given.value is None and given.origin is Origin.BUILT_IN:
        return None
    try:
        return option.form.read(given.value, given.folder)
    except ValueError as error:
        shown = repr(given.value) if isinstance(given.value, str) else json.dumps(given.value, ensure_ascii=False)
        quoted = "" if option.secret else f"; got {shown}"
        raise SettingsError(f"{given.name} {str(error) or f'must be {option.form.must}{quoted}'}") from error


def _of_command(typed: Mapping[str, object], problems: list[str]) -> Mapping[str, Given]:
    texts = {flag.parameter: _texts(typed.get(flag.parameter)) for _, flag in _flags()}
    return _given(texts, Origin.OPTION, {flag.parameter: flag.name for _, flag in _flags()}, problems)


def _of_environment(environment: Mapping[str, str], problems: list[str]) -> Mapping[str, Given]:
    """A variable that is set to nothing is not given: CI systems set variables that have no value."""
    texts = {
        flag.parameter: [part for part in _parts(option, environment.get(flag.variable, "")) if part]
        for option, flag in _flags()
    }
    return _given(texts, Origin.ENVIRONMENT, {flag.parameter: flag.variable for _, flag in _flags()}, problems)


def _given(
    texts: Mapping[str, list[str]], origin: Origin, names: Mapping[str, str], problems: list[str]
) -> Mapping[str, Given]:
    found: dict[str, Given] = {}
    for option, flag in _flags():
        parameter, name = flag.parameter, names[flag.parameter]
        if not texts[parameter]:
            continue
        if option.key in found:
            problems.append(f"{found[option.key].name} and {name} must not be given together")
        value = (flag.of_texts or option.form.of_texts)(texts[parameter])
        found[option.key] = Given(origin, name, value)
    return found


def _flags() -> Iterator[tuple[Option[Any], Flag]]:
    for option in TABLE:
        for flag in option.flags:
            yield option, flag


def _texts(typed: object) -> list[str]:
    """What click gives for an option: None, a switch, a text, or several texts."""
    if typed is None:
        return []
    if isinstance(typed, bool):
        return [str(typed).lower()]
    return [typed] if isinstance(typed, str) else [str(one) for one in cast("tuple[object, ...]", typed)]


def _parts(option: Option[Any], text: str) -> list[str]:
    many = option.form.arity is Arity.MANY
    return [part.strip() for part in re.split(option.form.separator, text)] if many else [text.strip()]
