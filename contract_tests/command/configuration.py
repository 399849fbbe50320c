"""gateway.yaml, or [tool.check-gateway] in pyproject.toml: gateways by name, and what holds for all of them."""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeAlias

from contract_tests.command.option_table import TABLE, URL_OF_GATEWAY, Option
from contract_tests.command.option_values import Given, Origin, read_given
from contract_tests.command.toml_node import read_toml
from contract_tests.settings import SettingsError
from gateway_contract.document.node import DocumentError, Node, did_you_mean, plain, together
from gateway_contract.document.source import read

FILE, PYPROJECT = "gateway.yaml", "pyproject.toml"
TOML_KEYS = ("tool", "check-gateway")
DEFAULTS, GATEWAYS = "defaults", "gateways"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")  # which serves as the name of a folder

Section: TypeAlias = Mapping[str, Given]
Level: TypeAlias = "dict[str, Option[Any] | Level]"


@dataclass(frozen=True, slots=True)
class Configuration:
    """What a file gives, by the keys of the options; `file` is None where there is none."""

    file: Path | None = None
    defaults: Section = field(default_factory=dict)
    gateways: Mapping[str, Section] = field(default_factory=dict)

    def named(self, name: str) -> Section:
        """What is given for one gateway. Raises SettingsError."""
        if self.file is None:
            told = f"there is no {FILE} here or above; give --config FILE, or --gateway URL"
            raise SettingsError(f"unknown gateway {name!r}: {told}")
        if name not in self.gateways:
            known = ", ".join(self.gateways) or "none"
            near = did_you_mean(name, self.gateways)
            raise SettingsError(f"unknown gateway {name!r}; {near or f'{self.file} has {known}'}")
        return self.gateways[name]


def find_configuration(named: Path | None) -> Configuration:
    """The file that the user names, or the nearest one from the working directory upwards.

    Raises DocumentError, which states everything that is wrong with the file.
    """
    if named is not None:
        return _configuration(named, _root(named))
    here = Path.cwd()
    for folder in (here, *here.parents):
        for name in (FILE, PYPROJECT):
            path = Path(os.path.relpath(folder / name))
            if path.is_file() and (root := _root(path)) is not None:
                return _configuration(path, root)
    return Configuration()


def _root(path: Path) -> Node | None:
    return read_toml(path, *TOML_KEYS) if path.suffix == ".toml" else read(path)


def _configuration(path: Path, root: Node | None) -> Configuration:
    if root is None:
        raise DocumentError(None, f"{path} has no [{'.'.join(TOML_KEYS)}]")
    reader = _Reader(path.parent)
    top = reader.mapping(root, "the configuration")
    if not root.value:
        reader.add(root, "the configuration must not be empty")
    for key, node in top.items():
        if key not in {DEFAULTS, GATEWAYS}:
            remedy = did_you_mean(key, (DEFAULTS, GATEWAYS)) or f"options stand under {DEFAULTS} or a gateway"
            reader.add(node, f"unknown key {key!r}", remedy)
    for key in (DEFAULTS, GATEWAYS):  # else the bundled mock would be tested where a gateway was to be
        if key in top and not top[key].value:
            reader.add(
                top[key], f"{key} must not be empty", "leave the key out" if key == DEFAULTS else "name a gateway"
            )
    defaults = reader.section(top[DEFAULTS], Origin.DEFAULTS) if DEFAULTS in top else {}
    named = reader.mapping(top[GATEWAYS], GATEWAYS) if GATEWAYS in top else {}
    gateways = {name: reader.gateway(name, node) for name, node in named.items()}
    if reader.problems:
        raise together(reader.problems)
    return Configuration(path, defaults, gateways)


def _level(outer: str = "") -> Level:
    """The options below some keys, by the levels of their own."""
    level: Level = {}
    for option in TABLE:
        if option.key.startswith(outer):
            name, dot, _ = option.key.removeprefix(outer).partition(".")
            level[name] = _level(f"{outer}{name}.") if dot else option
    return level


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads parts of a file and collects what is wrong with them."""

    folder: Path
    problems: list[DocumentError] = field(default_factory=list)

    def add(self, node: Node, problem: str, remedy: str = "") -> None:
        self.problems.append(DocumentError(node.place, problem, remedy))

    def mapping(self, node: Node, name: str) -> dict[str, Node]:
        if isinstance(node.value, dict):
            return node.value
        if node.value is not None:  # a key without anything below it
            self.add(node, f"{name} must be a mapping")
        return {}

    def gateway(self, name: str, node: Node) -> Section:
        if not NAME.fullmatch(name):
            self.add(node, f"the name of a gateway must be letters, digits, '.', '_' and '-'; got {name!r}")
        found = self.section(node, Origin.GATEWAY, f"{GATEWAYS}.{name}")
        if URL_OF_GATEWAY.key not in self.mapping(node, f"{GATEWAYS}.{name}"):
            self.add(node, f"{GATEWAYS}.{name} needs {URL_OF_GATEWAY.key}, the address of the gateway")
        return found

    def section(self, node: Node, origin: Origin, name: str = DEFAULTS) -> Section:
        return dict(self._given(node, _level(), origin, name, ""))

    def _given(self, node: Node, level: Level, origin: Origin, name: str, outer: str) -> Iterator[tuple[str, Given]]:
        for key, value in self.mapping(node, name).items():
            found, whole = level.get(key), f"{outer}{key}"
            if found is None:
                self.add(value, f"unknown key {whole!r}", _nearest(key, level, outer))
            elif isinstance(found, dict):
                yield from self._given(value, found, origin, whole, f"{whole}.")
            elif origin is Origin.DEFAULTS and not found.in_defaults:
                self.add(value, f"{whole} must stand under a gateway, not under {DEFAULTS}")
            elif self._is_readable(found, value):
                yield found.key, Given(origin, f"{value.place}: {whole}", plain(value), self.folder)

    def _is_readable(self, option: Option[Any], node: Node) -> bool:
        try:
            read_given(option, Given(Origin.GATEWAY, option.key, plain(node), self.folder))
        except SettingsError as error:
            self.add(node, str(error))
            return False
        return True


def _nearest(key: str, level: Level, outer: str) -> str:
    """The key that was probably meant: on this level, on another, or the key of an option of that name."""
    if near := get_close_matches(key, level, 1):
        return f"did you mean {outer + near[0]!r}?"
    names = {option.key.rpartition(".")[2]: option.key for option in TABLE}
    names |= {flag.name.removeprefix("--").replace("-", "_"): option.key for option in TABLE for flag in option.flags}
    near = get_close_matches(key.replace("-", "_"), names, 1)
    return f"did you mean {names[near[0]]!r}?" if near else f"known: {', '.join(outer + known for known in level)}"
