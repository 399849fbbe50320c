"""Faults at random."""

from collections.abc import Callable, Iterator, Mapping

from starlette.types import ASGIApp, Receive, Scope, Send

from gateway_contract.contract.definition import Contract
from mock_server.faults.scenario_kind import Parameter, ScenarioKind
from mock_server.faults.syntax import ScenarioError, split_outside_brackets
from mock_server.gateway.stages import Gateway
from mock_server.scenarios.definition import (
    Build,
    Effect,
    GatewayChange,
    GatewayScenario,
    NamedScenario,
    ScenarioArguments,
    report_random,
)
from mock_server.scenarios.timing import SEED, random_of, seed_of

NAME = "chaos"
RATE = Parameter("rate", "0.3", "the share of requests that fail: 0 is none, 1 is all")
OF = Parameter("of", "rate-limit|server-error|reset|no-images", "scenarios to choose from, separated by |")
Compiled = Callable[[str, Contract, Mapping[str, NamedScenario]], Effect]


def kinds(compiled: Compiled) -> Iterator[GatewayScenario]:
    """`compiled` gives the effect of a scenario by its text."""

    def chaos(arguments: ScenarioArguments) -> Effect:
        return fail_at_random(_rate(arguments[RATE.name]), seed_of(arguments[SEED.name]), _choices(arguments, compiled))

    example = "chaos(rate=0.3, seed=7, of=rate-limit|server-error)"
    yield ScenarioKind(NAME, "Some requests fail at random.", example, (RATE, SEED, OF), chaos)


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError as error:
        raise ScenarioError(f"{RATE.name} must be from 0 to 1; got {text!r}") from error
    if not 0 <= rate <= 1:
        raise ScenarioError(f"{RATE.name} must be from 0 to 1; got {text}")
    return rate


def _choices(arguments: ScenarioArguments, compiled: Compiled) -> list[tuple[str, Effect]]:
    names = split_outside_brackets(arguments[OF.name], "|")
    if NAME in names:
        raise ScenarioError(f"{OF.name} must not contain {NAME}")
    return [(name, compiled(name, arguments.contract, arguments.own)) for name in names]


def fail_at_random(rate: float, seed: str, choices: list[tuple[str, Effect]]) -> Effect:
    def effect(inner: Build) -> Build:
        def build(gateway: Gateway, outer: GatewayChange) -> ASGIApp:
            right, chance = inner(gateway, outer), random_of(seed)
            wrong = [(name, choice(inner)(gateway, outer)) for name, choice in choices]

            async def fail_by_chance(scope: Scope, receive: Receive, send: Send) -> None:
                name, app = chance.choice(wrong) if chance.random() < rate else ("nothing", right)
                report_random(scope, f"{name} goes wrong, seed={seed}")
                await app(scope, receive, send)

            return fail_by_chance

        return build

    return effect
