"""A file of a user's own scenarios: their names, what they apply, and which are active from the start."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gateway_contract.contract.definition import Contract
from gateway_contract.document.node import DocumentError, Node, children, items, members, text
from gateway_contract.document.source import read
from mock_server.faults.scenario_kind import NAME, ScenarioError
from mock_server.scenarios.definition import NamedScenario
from mock_server.scenarios.switches import FILE, Switch, check_scenario, check_steps

NAMED, ACTIVE = "scenarios", "active"


@dataclass(frozen=True, slots=True)
class ScenarioFile:
    """The content of a file; `active` are switches that are set when it is read."""

    named: Mapping[str, NamedScenario] = field(default_factory=dict)
    active: tuple[Switch, ...] = ()


def scenario_file(path: Path, contracts: Sequence[Contract] = ()) -> ScenarioFile:
    """Raises DocumentError, with file and line, also for a scenario that none of the contracts has."""
    root = read(path)
    sections = members(root, (), (NAMED, ACTIVE))
    named: dict[str, NamedScenario] = {}
    for item in items(sections.get(NAMED)):
        scenario = _named(item)
        if scenario.name in named:
            raise DocumentError(item.place, f"duplicate scenario {scenario.name!r}")
        named[scenario.name] = scenario
    active = items(sections.get(ACTIVE))
    found = ScenarioFile(named, tuple(map(_switch, active)))
    for item in items(sections.get(NAMED)):
        _check(item, "apply", contracts, {})
    for item in active:
        _check(item, "scenario", contracts, named)
    return found


def _check(item: Node, key: str, contracts: Sequence[Contract], named: Mapping[str, NamedScenario]) -> None:
    values = children(item)
    try:
        check_scenario(text(values[key]), text(values["gateway"]) if "gateway" in values else None, contracts, named)
    except ScenarioError as error:
        raise DocumentError(values[key].place, str(error)) from error


def _named(item: Node) -> NamedScenario:
    values = members(item, ("name", "apply"), ("description",))
    name, apply = text(values["name"]), text(values["apply"])
    if not NAME.fullmatch(name):
        raise DocumentError(values["name"].place, f"name must be lowercase letters, digits and hyphens; got {name!r}")
    try:
        check_steps(apply)
    except ScenarioError as error:
        raise DocumentError(values["apply"].place, str(error)) from error
    return NamedScenario(name, apply, text(values["description"]) if "description" in values else "")


def _switch(item: Node) -> Switch:
    values = members(item, ("scenario",), ("gateway", "times"))
    times = values["times"].value if "times" in values else None
    if "times" in values and (not isinstance(times, int) or isinstance(times, bool) or times < 1):
        raise DocumentError(values["times"].place, f"times must be a whole number from 1; got {times!r}")
    gateway = text(values["gateway"]) if "gateway" in values else None
    return Switch(text(values["scenario"]).strip(), gateway, FILE, times if isinstance(times, int) else None)
