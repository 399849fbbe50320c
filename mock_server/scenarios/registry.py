"""Every kind of scenario by its name, and what a scenario's text makes of a gateway."""

from collections.abc import Mapping, Sequence
from functools import reduce
from types import MappingProxyType
from typing import Final

from gateway_contract.contract.definition import Contract
from mock_server.scenarios import chaos, defect_scenario, fault_scenarios, image_scenarios, timing
from mock_server.scenarios.definition import AppOf, Build, Effect, Kind, NamedScenario, unknown
from mock_server.scenarios.syntax import ScenarioError, Step, steps_of


def effect_of(text: str, contract: Contract, named: Mapping[str, NamedScenario] = MappingProxyType({})) -> Effect:
    """What a scenario does to gateways of a contract; `named` are a user's own. Raises ScenarioError."""
    steps = steps_of(text)
    if sum(step.name == chaos.NAME for step in steps) > 1:  # each needs all that is behind it once per choice
        raise ScenarioError(f"{chaos.NAME} can stand in a scenario once; put all that can go wrong into it")
    effects = [_effect(step, contract, named) for step in steps]

    def all_of_them(inner: Build) -> Build:
        return reduce(lambda made, effect: effect(made), reversed(effects), inner)

    return all_of_them


def under(effect: Effect, app_of: AppOf) -> AppOf:
    """The way to make an application of a gateway that behaves so."""
    build = effect(lambda gateway, outer: app_of(outer(gateway)))
    return lambda gateway: build(gateway, lambda own: own)


def fits(text: str, contracts: Sequence[Contract], named: Mapping[str, NamedScenario]) -> None:
    """Raises ScenarioError for a scenario that none of some contracts has; a defect may be of one alone."""
    steps_of(text)
    problems = []
    for contract in contracts:
        try:
            effect_of(text, contract, named)
        except ScenarioError as error:
            problems.append(error)
    if problems and len(problems) == len(contracts):
        raise problems[0]


def _effect(step: Step, contract: Contract, named: Mapping[str, NamedScenario]) -> Effect:
    if step.name in named:
        return effect_of(named[step.name].does, contract)
    kind = KINDS.get(step.name)
    if kind is not None:
        return kind.effect(kind.given(step, contract, named))
    defect = KINDS["defect"]
    if step.name in defect_scenario.defects_of(contract):  # a defect may be called by its bare name
        return defect.effect(defect.given(Step(defect.name, (step.name,)), contract, named))
    raise unknown(step.name, [*named, *KINDS], "scenario")


KINDS: Final[Mapping[str, Kind]] = {
    kind.name: kind
    for kind in (
        *fault_scenarios.kinds(),
        *timing.kinds(),
        *fault_scenarios.connection_kinds(),
        *image_scenarios.kinds(),
        *chaos.kinds(effect_of),
        *defect_scenario.kinds(),
    )
}
