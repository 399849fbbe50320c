"""A file of a user's own scenarios: what each is called and does, and what holds from the start."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gateway_contract.contract.definition import Contract
from gateway_contract.document.node import DocumentError, Written, children, did_you_mean
from gateway_contract.document.source import read
from mock_server.scenarios.definition import NamedScenario
from mock_server.scenarios.switches import FILE, Switch, fits_who_is_meant
from mock_server.scenarios.syntax import NAME, ScenarioError, steps_of

NAMED, HOLDS = "scenarios", "holds"


@dataclass(frozen=True, slots=True)
class ScenarioFile:
    """What stands in a file; `holds` are switches that are set when it is read."""

    named: Mapping[str, NamedScenario] = field(default_factory=dict)
    holds: tuple[Switch, ...] = ()


def scenario_file(path: Path, contracts: Sequence[Contract] = ()) -> ScenarioFile:
    """Raises DocumentError, with file and line, also for what none of some contracts can do."""
    root = read(path)
    sections = members(root, (), (NAMED, HOLDS))
    named: dict[str, NamedScenario] = {}
    for item in items(sections.get(NAMED)):
        scenario = _named(item)
        if scenario.name in named:
            raise DocumentError(item.place, f"there are two scenarios called {scenario.name!r}")
        named[scenario.name] = scenario
    holds = items(sections.get(HOLDS))
    found = ScenarioFile(named, tuple(map(_switch, holds)))
    for item in items(sections.get(NAMED)):
        _check(item, "does", contracts, {})
    for item in holds:
        _check(item, "scenario", contracts, named)
    return found


def _check(item: Written, key: str, contracts: Sequence[Contract], named: Mapping[str, NamedScenario]) -> None:
    said = children(item)
    try:
        fits_who_is_meant(text(said[key]), text(said["gateway"]) if "gateway" in said else None, contracts, named)
    except ScenarioError as error:
        raise DocumentError(said[key].place, str(error)) from error


def _named(item: Written) -> NamedScenario:
    said = members(item, ("name", "does"), ("says",))
    name, does = text(said["name"]), text(said["does"])
    if not NAME.fullmatch(name):
        raise DocumentError(said["name"].place, f"{name!r} is no name: write small letters, digits and hyphens")
    try:
        steps_of(does)
    except ScenarioError as error:
        raise DocumentError(said["does"].place, str(error)) from error
    return NamedScenario(name, does, text(said["says"]) if "says" in said else "")


def _switch(item: Written) -> Switch:
    said = members(item, ("scenario",), ("gateway", "times"))
    times = said["times"].value if "times" in said else None
    if "times" in said and (not isinstance(times, int) or isinstance(times, bool) or times < 1):
        raise DocumentError(said["times"].place, "times is a whole number from 1")
    gateway = text(said["gateway"]) if "gateway" in said else None
    return Switch(text(said["scenario"]).strip(), gateway, FILE, times if isinstance(times, int) else None)


def members(node: Written, needed: Sequence[str], optional: Sequence[str]) -> dict[str, Written]:
    """What stands in a mapping that may hold these names and no others."""
    known = (*needed, *optional)
    if not isinstance(node.value, dict):
        raise DocumentError(node.place, f"a mapping of {', '.join(known)} is wanted here")
    for name, value in node.value.items():
        if name not in known:
            raise DocumentError(value.place, f"nobody knows {name!r} here", did_you_mean(name, known))
    missing = next((name for name in needed if name not in node.value), None)
    if missing is not None:
        raise DocumentError(node.place, f"{missing!r} is missing here")
    return node.value


def items(node: Written | None) -> tuple[Written, ...]:
    if node is None:
        return ()
    if not isinstance(node.value, tuple):
        raise DocumentError(node.place, "a list is wanted here", "begin each item with a hyphen")
    return node.value


def text(node: Written) -> str:
    if not isinstance(node.value, str):
        raise DocumentError(node.place, "a text is wanted here")
    return node.value
