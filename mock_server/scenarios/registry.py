"""Every kind of scenario by its name, and the effect of a scenario on a gateway."""

from collections.abc import Mapping, Sequence
from functools import reduce
from types import MappingProxyType
from typing import Final

from gateway_contract.contract.definition import Contract
from mock_server.faults.scenario_kind import ScenarioError, Step, check_conflicts, parse_scenario, unknown
from mock_server.scenarios import (
    defect_scenario,
    fault_scenarios,
    image_scenarios,
    preset_scenarios,
    stream_scenario,
    timing,
)
from mock_server.scenarios.definition import (
    AppOf,
    Build,
    Effect,
    GatewayScenario,
    NamedScenario,
    ScenarioArguments,
    needing,
)


def effect_of(text: str, contract: Contract, named: Mapping[str, NamedScenario] = MappingProxyType({})) -> Effect:
    """The effect of a scenario on gateways of a contract; `named` are a user's own. Raises ScenarioError."""
    expanded = expand_names(text, named)
    steps = [step for step, _ in expanded]
    chaoses = sum(step.name == fault_scenarios.CHAOS for step in steps)
    if chaoses > 1:  # each multiplies what follows it
        raise ScenarioError(f"a scenario must have at most one {fault_scenarios.CHAOS}; list its faults in of=a|b")
    replaced = [(step, KINDS[step.name].replaces if step.name in KINDS else "") for step in steps]
    check_conflicts(replaced)
    effects = [_effect(step, contract, known) for step, known in expanded]
    for place, (step, what) in enumerate(replaced):
        for later in steps[place + 1 :] if what == fault_scenarios.RESPONSE else ():
            effects[place] = needing(effects[place], str(later), f"a place before {step.name}")
    inwards = [effects[place] for place in outermost_first([step.name for step in steps])]

    def apply(inner: Build) -> Build:
        return reduce(lambda build, effect: effect(build), reversed(inwards), inner)

    return apply


def expand_names(text: str, named: Mapping[str, NamedScenario]) -> list[tuple[Step, Mapping[str, NamedScenario]]]:
    """The steps of a scenario, a user's own replaced by theirs; with each the names that it may use in its turn."""
    none: Mapping[str, NamedScenario] = MappingProxyType({})
    return [
        pair
        for step in parse_scenario(text)
        for pair in (
            [(own, none) for own in parse_scenario(named[step.name].apply)] if step.name in named else [(step, named)]
        )
    ]


def outermost_first(names: Sequence[str]) -> list[int]:
    """The places of a scenario's steps in the order in which their effects surround the gateway.

    They do as they are written, but a stream is made inside what breaks responses, so that the stream breaks.
    """
    last = max((place for place, name in enumerate(names) if name in BREAKING), default=-1)
    streams = [place for place, name in enumerate(names[: last + 1]) if name == stream_scenario.NAME]
    others = [place for place in range(last + 1) if place not in streams]
    return [*others, *streams, *range(last + 1, len(names))]


def under(effect: Effect, app_of: AppOf) -> AppOf:
    """How to make an application of a gateway under the effect."""
    build = effect(lambda gateway, outer: app_of(outer(gateway)))
    return lambda gateway: build(gateway, lambda own: own)


def check_known(text: str, contracts: Sequence[Contract], named: Mapping[str, NamedScenario]) -> None:
    """Raises ScenarioError for a scenario that none of the contracts has; a defect may be of one contract only."""
    parse_scenario(text)
    problems = []
    for contract in contracts:
        try:
            effect_of(text, contract, named)
        except ScenarioError as error:
            problems.append(error)
    if problems and len(problems) == len(contracts):
        raise problems[0]


def _effect(step: Step, contract: Contract, named: Mapping[str, NamedScenario]) -> Effect:
    kind = KINDS.get(step.name)
    if kind is not None:
        return kind.apply(ScenarioArguments(contract, kind.values(step), named))
    defect = KINDS["defect"]
    if step.name in defect_scenario.defects_of(contract):  # a defect may be called by its bare name
        return defect.apply(ScenarioArguments(contract, {defect_scenario.DEFECT.name: step.name}, named))
    raise unknown(step.name, [*named, *KINDS], "scenario")


KINDS: Final[Mapping[str, GatewayScenario]] = {
    kind.name: kind
    for kind in (
        *fault_scenarios.error_kinds(),
        *timing.kinds(),
        *fault_scenarios.connection_kinds(),
        *image_scenarios.kinds(),
        *stream_scenario.kinds(),
        *fault_scenarios.chaos_kinds(effect_of),
        *preset_scenarios.kinds(effect_of),
        *defect_scenario.kinds(),
    )
}
BREAKING: Final = frozenset({fault_scenarios.CHAOS, *(kind.name for kind in fault_scenarios.connection_kinds())})
"""Scenarios that break any response on its way to the client."""
