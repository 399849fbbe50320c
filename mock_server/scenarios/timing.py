"""Delays, fixed or random; the same seed gives the same delays, request after request."""

import asyncio
import secrets
from collections.abc import Callable, Iterator
from dataclasses import replace
from random import Random

from starlette.types import ASGIApp, Receive, Scope, Send

from gateway_contract.values.json_value import Json
from mock_server.faults.scenario_kind import MAX_SECONDS, Parameter, ScenarioError, ScenarioKind, parse_duration
from mock_server.gateway.stages import Gateway, GatewayRequest, GatewayResponse
from mock_server.scenarios.definition import (
    CURRENT_SCOPE,
    Build,
    Effect,
    GatewayChange,
    GatewayScenario,
    ScenarioArguments,
    change_gateway,
    report_random,
)

SEED = Parameter("seed", "", "repeats the random choices; by default a new one, which the response reports")


def seed_of(text: str) -> str:
    """The seed that is given, or a new one. Raises ScenarioError."""
    if text and not text.isdecimal():
        raise ScenarioError(f"{SEED.name} must be a whole number; got {text!r}")
    return text or str(secrets.randbelow(1_000_000))


def random_of(seed: str) -> Random:
    return Random(seed)  # noqa: S311 - to be repeated


Draw = Callable[[Random], float]


def kinds() -> Iterator[GatewayScenario]:
    yield ScenarioKind("latency", "Every response is delayed by this time.", "latency(2s)", (SECONDS,), _fixed)
    yield ScenarioKind(
        "latency-uniform",
        "Every response is delayed by a random time between two bounds.",
        "latency-uniform(500ms, 3s, seed=7)",
        (FROM, TO, SEED),
        _uniform,
    )
    yield ScenarioKind(
        "latency-lognormal",
        "Most responses are delayed by about the median, a few by much more.",
        "latency-lognormal(1s, sigma=0.5, seed=7)",
        (MEDIAN, SIGMA, SEED),
        _lognormal,
    )
    yield ScenarioKind(
        "latency-per-image",
        "A response is delayed by this time for each of its images.",
        "latency-per-image(800ms, sigma=0.3, seed=7)",
        (EACH, EACH_SIGMA, SEED),
        _each,
    )


SECONDS = Parameter("time", None, "the delay: 800ms or 2s")
FROM = Parameter("from", None, "the shortest delay")
TO = Parameter("to", None, "the longest delay")
MEDIAN = Parameter("median", None, "half of the responses are delayed by less")
SIGMA = Parameter("sigma", "0.5", "how much the delays vary: 0 is not at all, 1 is a lot")
EACH = Parameter("time", None, "the delay for each image, or the median of its delay")
EACH_SIGMA = Parameter("sigma", "0", SIGMA.description)


def _fixed(arguments: ScenarioArguments) -> Effect:
    seconds = parse_duration(arguments[SECONDS.name])
    return delay_responses(lambda _chance: seconds, "")


def _uniform(arguments: ScenarioArguments) -> Effect:
    shortest, longest = (parse_duration(arguments[name]) for name in (FROM.name, TO.name))
    if shortest > longest:
        raise ScenarioError(f"{FROM.name} must be at most {TO.name}, {arguments[TO.name]}; got {arguments[FROM.name]}")
    return delay_responses(lambda chance: chance.uniform(shortest, longest), seed_of(arguments[SEED.name]))


def _lognormal(arguments: ScenarioArguments) -> Effect:
    median = parse_duration(arguments[MEDIAN.name])
    if median == 0:
        raise ScenarioError(f"{MEDIAN.name} must be more than 0; got {arguments[MEDIAN.name]}")
    return delay_responses(lognormal(median, arguments[SIGMA.name]), seed_of(arguments[SEED.name]))


def lognormal(median: float, sigma: str) -> Draw:
    """Draws delays in seconds. Raises ScenarioError."""
    try:
        spread = float(sigma)
    except ValueError as error:
        raise ScenarioError(f"{SIGMA.name} must be a number; got {sigma!r}") from error
    if not 0 <= spread <= 3:
        raise ScenarioError(f"{SIGMA.name} must be from 0 to 3; got {sigma}")
    return lambda chance: min(MAX_SECONDS, median * chance.lognormvariate(0, spread))


def _each(arguments: ScenarioArguments) -> Effect:
    draw = lognormal(parse_duration(arguments[EACH.name]), arguments[EACH_SIGMA.name])
    seed = seed_of(arguments[SEED.name])
    is_random = float(arguments[EACH_SIGMA.name]) > 0

    def change(gateway: Gateway) -> Gateway:
        chance = random_of(seed)

        async def slow(own: Gateway, body: Json, links: list[str], request: GatewayRequest) -> GatewayResponse:
            seconds = min(MAX_SECONDS, sum(draw(chance) for _ in links))
            scope = CURRENT_SCOPE.get()
            if is_random and scope is not None:
                report_random(scope, f"waits {seconds:.3f} s, seed={seed}")
            await asyncio.sleep(seconds)
            return await gateway.answer(own, body, links, request)

        return replace(gateway, answer=slow)

    return change_gateway(change)


def delay_responses(draw: Draw, seed: str) -> Effect:
    """Delays every response. Without a seed nothing is random, and nothing is reported."""

    def effect(inner: Build) -> Build:
        def build(gateway: Gateway, outer: GatewayChange) -> ASGIApp:
            app, chance = inner(gateway, outer), random_of(seed)

            async def late(scope: Scope, receive: Receive, send: Send) -> None:
                seconds = draw(chance)
                if seed:
                    report_random(scope, f"waits {seconds:.3f} s, seed={seed}")
                await asyncio.sleep(seconds)
                await app(scope, receive, send)

            return late

        return build

    return effect
