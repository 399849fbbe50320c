"""Chance that can be had again: the same seed draws the same, request after request."""

import asyncio
import secrets
from collections.abc import Callable, Iterator
from dataclasses import replace
from math import log
from random import Random

from starlette.types import ASGIApp, Receive, Scope, Send

from gateway_contract.values.json_value import Json
from mock_server.gateway.stages import Gateway, GatewayRequest, GatewayResponse
from mock_server.scenarios.definition import Build, Change, Effect, Given, Kind, Parameter, changing, tell_drawn
from mock_server.scenarios.syntax import MOST_SECONDS, ScenarioError, seconds_in

SEED = Parameter("seed", "", "the same draws the same again; made up and told in the answer where left out")


def seeded(text: str) -> str:
    """The seed that is given, or a new one. Raises ScenarioError."""
    if text and not text.isdecimal():
        raise ScenarioError(f"{SEED.name} is a whole number, not {text!r}")
    return text or str(secrets.randbelow(1_000_000))


def drawing(seed: str) -> Random:
    return Random(seed)  # noqa: S311 - chance that is to be repeated


Draw = Callable[[Random], float]


def kinds() -> Iterator[Kind]:
    yield Kind("latency", "Every answer waits for so long.", "latency(2s)", (SECONDS,), _fixed)
    yield Kind(
        "latency-uniform",
        "Every answer waits, as long as chance will have it between two bounds.",
        "latency-uniform(500ms, 3s, seed=7)",
        (FROM, TO, SEED),
        _uniform,
    )
    yield Kind(
        "latency-lognormal",
        "Most answers wait for about the median, a few for much longer.",
        "latency-lognormal(1s, sigma=0.5, seed=7)",
        (MEDIAN, SIGMA, SEED),
        _lognormal,
    )
    yield Kind(
        "latency-per-image", "An answer waits for each of its images.", "latency-per-image(800ms)", (EACH,), _each
    )


SECONDS = Parameter("time", None, "how long: 800ms or 2s")
FROM = Parameter("from", None, "the shortest wait")
TO = Parameter("to", None, "the longest wait")
MEDIAN = Parameter("median", None, "half of the answers wait for less")
SIGMA = Parameter("sigma", "0.5", "how far apart they are: 0 is not at all, 1 is wide")
EACH = Parameter("time", None, "how long for each image")


def _fixed(given: Given) -> Effect:
    seconds = seconds_in(given[SECONDS.name])
    return waiting(lambda _chance: seconds, "")


def _uniform(given: Given) -> Effect:
    shortest, longest = (seconds_in(given[name]) for name in (FROM.name, TO.name))
    if shortest > longest:
        raise ScenarioError(f"the shortest wait, {given[FROM.name]}, is longer than the longest, {given[TO.name]}")
    return waiting(lambda chance: chance.uniform(shortest, longest), seeded(given[SEED.name]))


def _lognormal(given: Given) -> Effect:
    median = seconds_in(given[MEDIAN.name])
    try:
        sigma = float(given[SIGMA.name])
    except ValueError as error:
        raise ScenarioError(f"{SIGMA.name} is a number, not {given[SIGMA.name]!r}") from error
    if median == 0 or not 0 <= sigma <= 3:
        raise ScenarioError(f"{MEDIAN.name} is more than nothing, and {SIGMA.name} between 0 and 3")
    return waiting(
        lambda chance: min(MOST_SECONDS, chance.lognormvariate(log(median), sigma)), seeded(given[SEED.name])
    )


def _each(given: Given) -> Effect:
    seconds = seconds_in(given[EACH.name])

    def change(gateway: Gateway) -> Gateway:
        async def slow(own: Gateway, body: Json, links: list[str], request: GatewayRequest) -> GatewayResponse:
            await asyncio.sleep(min(MOST_SECONDS, seconds * len(links)))
            return await gateway.answer(own, body, links, request)

        return replace(gateway, answer=slow)

    return changing(change)


def waiting(draw: Draw, seed: str) -> Effect:
    """Answers wait as long as is drawn; without a seed there is nothing to draw, and nothing to tell of it."""

    def effect(inner: Build) -> Build:
        def build(gateway: Gateway, outer: Change) -> ASGIApp:
            app, chance = inner(gateway, outer), drawing(seed)

            async def late(scope: Scope, receive: Receive, send: Send) -> None:
                seconds = draw(chance)
                if seed:
                    tell_drawn(scope, f"waits {seconds:.3f} s, seed={seed}")
                await asyncio.sleep(seconds)
                await app(scope, receive, send)

            return late

        return build

    return effect
