"""Now and then something goes wrong, as chance will have it."""

from collections.abc import Callable, Iterator, Mapping

from starlette.types import ASGIApp, Receive, Scope, Send

from gateway_contract.contract.definition import Contract
from mock_server.gateway.stages import Gateway
from mock_server.scenarios.definition import Build, Change, Effect, Given, Kind, NamedScenario, Parameter, tell_drawn
from mock_server.scenarios.syntax import ScenarioError, parts_of
from mock_server.scenarios.timing import SEED, drawing, seeded

NAME = "chaos"
RATE = Parameter("rate", "0.3", "which part of the requests goes wrong: 0 is none, 1 is all")
OF = Parameter("of", "rate-limit|server-error|reset|no-images", "what can go wrong, with | between")
Compiled = Callable[[str, Contract, Mapping[str, NamedScenario]], Effect]


def kinds(compiled: Compiled) -> Iterator[Kind]:
    """`compiled` gives what a scenario does by its text."""

    def chaos(given: Given) -> Effect:
        return now_and_then(_rate(given[RATE.name]), seeded(given[SEED.name]), _choices(given, compiled))

    example = "chaos(rate=0.3, seed=7, of=rate-limit|server-error)"
    yield Kind(NAME, "Some requests go wrong, chosen by chance.", example, (RATE, SEED, OF), chaos)


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError as error:
        raise ScenarioError(f"{RATE.name} is a number from 0 to 1, not {text!r}") from error
    if not 0 <= rate <= 1:
        raise ScenarioError(f"{RATE.name} is a number from 0 to 1, not {text}")
    return rate


def _choices(given: Given, compiled: Compiled) -> list[tuple[str, Effect]]:
    names = parts_of(given[OF.name], "|")
    if NAME in names:
        raise ScenarioError(f"{NAME} cannot be chosen by {NAME}")
    return [(name, compiled(name, given.contract, given.own)) for name in names]


def now_and_then(rate: float, seed: str, choices: list[tuple[str, Effect]]) -> Effect:
    def effect(inner: Build) -> Build:
        def build(gateway: Gateway, outer: Change) -> ASGIApp:
            right, chance = inner(gateway, outer), drawing(seed)
            wrong = [(name, choice(inner)(gateway, outer)) for name, choice in choices]

            async def by_chance(scope: Scope, receive: Receive, send: Send) -> None:
                name, app = chance.choice(wrong) if chance.random() < rate else ("nothing", right)
                tell_drawn(scope, f"{name} goes wrong, seed={seed}")
                await app(scope, receive, send)

            return by_chance

        return build

    return effect
