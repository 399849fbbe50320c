"""Scenarios that behave as a real gateway does: slow, with a limit on requests, and now and then overloaded."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway_contract.contract.definition import Contract
from mock_server.faults.scenario_kind import Parameter, ScenarioError, ScenarioKind, parse_duration
from mock_server.gateway.gateway_app import response
from mock_server.gateway.stages import Gateway
from mock_server.scenarios.definition import (
    Build,
    Effect,
    GatewayChange,
    GatewayScenario,
    NamedScenario,
    ScenarioArguments,
)
from mock_server.scenarios.fault_scenarios import BUSY
from mock_server.scenarios.timing import SEED, seed_of

EACH = Parameter("time", "8s", "the median of the delay for each image")
RATE = Parameter("rate", "0.05", "the share of requests that get 429")
LIMIT = Parameter("limit", "10", "how many requests are accepted in each period")
PERIOD = Parameter("period", "60s", "how long a period is, from its first request on")
REALISTIC = (
    "latency-per-image({time}, sigma=0.4, seed={seed}) + chaos({rate}, seed={seed}, of=rate-limit(retry_after=2))"
)
Compiled = Callable[[str, Contract, Mapping[str, NamedScenario]], Effect]


def kinds(compiled: Compiled) -> Iterator[GatewayScenario]:
    """`compiled` gives the effect of a scenario by its text."""

    def realistic(arguments: ScenarioArguments) -> Effect:
        parse_duration(arguments[EACH.name])
        values = {one.name: arguments[one.name] for one in (EACH, RATE)} | {SEED.name: seed_of(arguments[SEED.name])}
        return compiled(REALISTIC.format(**values), arguments.contract, arguments.own)

    yield ScenarioKind(
        "realistic",
        "Images take about 8 s each, and now and then a request gets 429.",
        "realistic(8s, rate=0.05, seed=7)",
        (EACH, RATE, SEED),
        realistic,
    )
    yield ScenarioKind(
        "quota",
        "A quota counts down in `x-ratelimit-*` headers, and requests beyond it get 429.",
        "quota(limit=10, period=60s)",
        (LIMIT, PERIOD),
        _quota,
    )


def _quota(arguments: ScenarioArguments) -> Effect:
    limit, period = arguments[LIMIT.name], parse_duration(arguments[PERIOD.name])
    if not limit.isdecimal() or not 1 <= int(limit) <= 1_000_000:
        raise ScenarioError(f"{LIMIT.name} must be a whole number from 1 to 1000000; got {limit!r}")
    if period == 0:
        raise ScenarioError(f"{PERIOD.name} must be more than 0; got {arguments[PERIOD.name]}")
    return with_quota(int(limit), period)


@dataclass(slots=True)
class Quota:
    """The requests that are left in a period. Times are those of the event loop, in seconds."""

    limit: int
    period: float
    left: int = 0
    ends_at: float = 0.0

    def take(self, now: float) -> bool:
        """Count a request; False if none was left."""
        if now >= self.ends_at:
            self.left, self.ends_at = self.limit, now + self.period
        accepted = self.left > 0
        self.left -= accepted
        return accepted

    def headers(self, now: float) -> list[tuple[bytes, bytes]]:
        """The headers of OpenAI's API."""
        values = {"limit": self.limit, "remaining": self.left, "reset": f"{max(0.0, self.ends_at - now):.3f}s"}
        return [(f"x-ratelimit-{name}-requests".encode(), str(value).encode()) for name, value in values.items()]


def with_quota(limit: int, period: float) -> Effect:
    def apply(inner: Build) -> Build:
        def build(gateway: Gateway, outer: GatewayChange) -> ASGIApp:
            app, own, quota = inner(gateway, outer), outer(gateway), Quota(limit, period)

            async def counted(scope: Scope, receive: Receive, send: Send) -> None:
                clock = asyncio.get_running_loop().time
                now = clock()
                accepted, headers = quota.take(now), quota.headers(now)

                async def send_with_quota(message: Message) -> None:
                    if message["type"] == "http.response.start":
                        message["headers"] = [*message.get("headers", ()), *headers]
                    await send(message)

                wait = str(max(1, round(quota.ends_at - now)))
                rejected = response(own.reject(own, replace(BUSY, retry_after=wait)))
                await (app if accepted else rejected)(scope, receive, send_with_quota)

            return counted

        return build

    return apply
