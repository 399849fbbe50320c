"""Forms of values: how an option's text becomes a value of the configuration, and how that is read.

Each form has the JSON Schema of its values. What `of_texts` cannot convert it leaves as text, which `read` rejects.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Generic, TypeVar

from contract_tests.client.reach import BASIC, BEARER, HEADER_NAME, upstream_problem, url_problem
from gateway_contract.values.json_value import Json

T = TypeVar("T")


class Arity(Enum):
    """How often an option is given, and whether it takes a value."""

    ONE = "one value"
    MANY = "one value each time"
    SWITCH = "no value, but --no-NAME"
    OPTIONAL = "one value or none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Form(Generic[T]):
    """`must` completes the sentence "KEY must be ...".

    `read` takes a value of the configuration and the folder from which relative paths start. It raises ValueError:
    without arguments for `must`, or with another end of the sentence "KEY ...".
    """

    must: str
    schema: Mapping[str, Json]
    read: Callable[[Json, Path], T]
    of_texts: Callable[[Sequence[str]], Json] = lambda texts: texts[-1]
    arity: Arity = Arity.ONE
    separator: str = r"[,\n]"  # between the values of a variable, where there are several


def _text(value: Json, _folder: Path) -> str:
    if isinstance(value, str) and value:
        return value
    raise ValueError


def _path(value: Json, folder: Path) -> Path:
    return folder / _text(value, folder)


TEXT = Form(must="text that is not empty", schema={"type": "string", "minLength": 1}, read=_text)
PATH = Form(must="the path of a file", schema={"type": "string", "minLength": 1}, read=_path)


def several(item: Form[T]) -> Form[tuple[T, ...]]:
    """One value or a list of values."""

    def read(value: Json, folder: Path) -> tuple[T, ...]:
        return tuple(item.read(one, folder) for one in (value if isinstance(value, list) else [value]))

    return Form(
        must=f"{item.must}, or a list of that",
        schema={"oneOf": [dict(item.schema), {"type": "array", "items": dict(item.schema)}]},
        read=read,
        of_texts=list,
        arity=Arity.MANY,
    )


def _contract(value: Json, folder: Path) -> str:
    """A name, or the path of a file, which ends in .yaml, .yml or .json or names a folder."""
    text = _text(value, folder)
    return str(folder / text) if "/" in text or Path(text).suffix in {".yaml", ".yml", ".json"} else text


CONTRACTS = several(
    Form(must="the name of a contract or the path of its file", schema=TEXT.schema, read=_contract),
)


def integers(lowest: int, highest: int | None = None) -> Form[int]:
    """Integers from a bound to another."""

    def read(value: Json, _folder: Path) -> int:
        match value:
            case bool():
                pass
            case int() if lowest <= value <= (value if highest is None else highest):
                return value
        raise ValueError

    bounds: dict[str, Json] = {"minimum": lowest}
    if highest is not None:
        bounds["maximum"] = highest
    return Form(
        must=f"an integer from {lowest}" + ("" if highest is None else f" to {highest}"),
        schema={"type": "integer", **bounds},
        read=read,
        of_texts=_number,
    )


def _number(texts: Sequence[str]) -> Json:
    for kind in (int, float):
        try:
            return kind(texts[-1])
        except ValueError:
            continue
    return texts[-1]


MOST_PERCENT = 99.99
_PERCENTAGE = re.compile(r"(\d+(?:\.\d+)?) ?%?", re.ASCII)


def percentages(lowest: float) -> Form[float]:
    """Per cent, as a number or like 5%, read as a share from 0 to 1: below 100, as nothing is certain."""

    def read(value: Json, _folder: Path) -> float:
        found = _PERCENTAGE.fullmatch(value) if isinstance(value, str) else None
        if found is None and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise ValueError
        percent = float(found[1] if found is not None else value)  # type: ignore[arg-type] # a number by now
        if not lowest <= percent <= MOST_PERCENT:
            raise ValueError
        return percent / 100

    return Form(
        must=f"a percentage from {lowest:g} to {MOST_PERCENT:g}",
        schema={
            "oneOf": [
                {"type": "number", "minimum": lowest, "maximum": MOST_PERCENT},
                {"type": "string", "pattern": f"^{_PERCENTAGE.pattern}$"},
            ]
        },
        read=read,
    )


_DURATION = re.compile(r"(\d+(?:\.\d+)?)([smh]?)", re.ASCII)
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600}


def durations(lowest: float = 0.0) -> Form[float]:
    """Seconds, as a number or like 90s, 10m or 2h."""

    def read(value: Json, _folder: Path) -> float:
        found = _DURATION.fullmatch(value) if isinstance(value, str) else None
        if found is not None:
            seconds = float(found[1]) * _SECONDS[found[2]]
        elif isinstance(value, int | float) and not isinstance(value, bool):
            seconds = float(value)
        else:
            raise ValueError
        if not lowest <= seconds < math.inf:
            raise ValueError
        return seconds

    return Form(
        must="a time like 90s or 10m" + (f", {lowest:g}s at least" if lowest else ""),
        schema={
            "oneOf": [{"type": "number", "minimum": lowest}, {"type": "string", "pattern": f"^{_DURATION.pattern}$"}]
        },
        read=read,
    )


_RATE = re.compile(r"(\d+(?:\.\d+)?)/([sm])", re.ASCII)


def _interval(value: Json, _folder: Path) -> float:
    """The seconds from one request to the next."""
    found = _RATE.fullmatch(value) if isinstance(value, str) else None
    if found is None or not float(found[1]):
        raise ValueError
    return _SECONDS[found[2]] / float(found[1])


RATES = Form(must="a rate like 5/s or 30/m", schema={"type": "string", "pattern": f"^{_RATE.pattern}$"}, read=_interval)


def _switch(value: Json, _folder: Path) -> bool:
    if isinstance(value, bool):
        return value
    raise ValueError


_SPELT = {"1": True, "true": True, "0": False, "false": False}

SWITCH = Form(
    must="true or false",
    schema={"type": "boolean"},
    read=_switch,
    of_texts=lambda texts: _SPELT.get(texts[-1].lower(), texts[-1]),
    arity=Arity.SWITCH,
)

ALL_DOCUMENTED = ""
"""What `true` says where a pattern of ids may stand: every documented rule."""


def _pattern(value: Json, folder: Path) -> str:
    return ALL_DOCUMENTED if value is True else _text(value, folder)


PATTERN = Form(
    must="true or a pattern of rule ids",
    schema={"oneOf": [{"const": True}, {"type": "string", "minLength": 1}]},
    read=_pattern,
    of_texts=lambda texts: texts[-1] or True,
    arity=Arity.OPTIONAL,
)


def _checked(problem: Callable[[str], str]) -> Callable[[Json, Path], str]:
    def read(value: Json, folder: Path) -> str:
        text = _text(value, folder)
        if found := problem(text):
            raise ValueError(found)
        return text

    return read


URL = Form(must="an HTTP URL", schema=TEXT.schema, read=_checked(url_problem))
ADDRESS = Form(must="host:port", schema=TEXT.schema, read=_checked(upstream_problem))


def _scheme(value: Json, _folder: Path) -> str:
    match value:
        case "bearer" | "basic":
            return value
        case {"header": str(name), **others} if HEADER_NAME.fullmatch(name) and not others:
            return name
    raise ValueError


SCHEME = Form(
    must="bearer, basic or the name of a header, {header: NAME}",
    schema={
        "oneOf": [
            {"enum": [BEARER, BASIC]},
            {
                "type": "object",
                "required": ["header"],
                "additionalProperties": False,
                "properties": {"header": {"type": "string"}},
            },
        ]
    },
    read=_scheme,
    of_texts=lambda texts: texts[-1].lower() if texts[-1].lower() in {BEARER, BASIC} else {"header": texts[-1]},
)
