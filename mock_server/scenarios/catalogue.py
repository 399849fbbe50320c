"""Every kind of scenario by its name, and what a scenario's text makes of a gateway."""

from collections.abc import Mapping
from functools import reduce
from types import MappingProxyType
from typing import Final

from gateway_contract.contract import Contract
from mock_server.scenarios import borrowed, chaos, connections, delays, errors, pictures
from mock_server.scenarios.kind import AppOf, Effect, Kind, unknown
from mock_server.scenarios.named import NamedScenario
from mock_server.scenarios.written import Step, steps_of


def effect_of(text: str, contract: Contract, named: Mapping[str, NamedScenario] = MappingProxyType({})) -> Effect:
    """What a scenario does to gateways of a contract; `named` are a user's own. Raises ScenarioError."""
    effects = [_effect(step, contract, named) for step in steps_of(text)]

    def all_of_them(inner: AppOf) -> AppOf:
        return reduce(lambda made, effect: effect(made), reversed(effects), inner)

    return all_of_them


def _effect(step: Step, contract: Contract, named: Mapping[str, NamedScenario]) -> Effect:
    if step.name in named:
        return effect_of(named[step.name].does, contract)
    kind = KINDS.get(step.name)
    if kind is not None:
        return kind.effect(kind.given(step, contract))
    defect = KINDS["defect"]
    if step.name in borrowed.defects_of(contract):  # a defect may be called by its bare name
        return defect.effect(defect.given(Step(defect.name, (step.name,)), contract))
    raise unknown(step.name, [*named, *KINDS], "scenario")


KINDS: Final[Mapping[str, Kind]] = {
    kind.name: kind
    for kind in (
        *errors.kinds(),
        *delays.kinds(),
        *connections.kinds(),
        *pictures.kinds(),
        *chaos.kinds(effect_of),
        *borrowed.kinds(),
    )
}
