"""Behaviours that are known elsewhere: every defect of the catalogue, and every failure that the upstream can play."""

import asyncio
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from starlette.responses import Response
from starlette.types import ASGIApp

from gateway_contract.contract import Contract
from gateway_contract.exchange import UpstreamCall
from gateway_contract.read_json import read_json
from mock_server.defects.catalogue import defects
from mock_server.defects.way import Defect
from mock_server.dropping import Silence
from mock_server.gateway import Gateway
from mock_server.scenarios.kind import AppOf, Effect, Given, Kind, Parameter, unknown
from mock_server.upstream_failures import FAILURE_NAMED, UpstreamFailure
from mock_server.upstream_wire import NO_STATUS, Outbound, UpstreamAnswer, UpstreamWire

PATIENCE = 10.0  # seconds for which the gateway waits for an upstream that is silent
DEFECT = Parameter("name", None, "one of those that `python -m mock_server --defects` lists")
FAILURE = Parameter("name", None, "one of those that the upstream can play")
PLAYED: Mapping[str, UpstreamFailure] = {
    name: one for name, one in FAILURE_NAMED.items() if not one.dead_links and not one.fewer_images
}
"""Those that come as an answer, or as none. That images are missing has kinds of its own."""


def kinds() -> Iterator[Kind]:
    yield Kind("defect", "The gateway is broken in a known way.", "defect(seed-lost-when-falsy)", (DEFECT,), _defect)
    yield Kind("upstream", "The upstream fails, and the gateway tells it.", "upstream(throttled)", (FAILURE,), _fails)


def _defect(given: Given) -> Effect:
    known = defects_of(given.contract)
    found = known.get(given[DEFECT.name])
    if found is None:
        raise unknown(given[DEFECT.name], sorted(known), f"defect of {given.contract.name}")

    def effect(_inner: AppOf) -> AppOf:
        return found.app

    return effect


@lru_cache(maxsize=8)
def defects_of(contract: Contract) -> Mapping[str, Defect]:
    return {str(defect): defect for defect in defects(contract)}


def _fails(given: Given) -> Effect:
    found = PLAYED.get(given[FAILURE.name])
    if found is None:
        raise unknown(given[FAILURE.name], sorted(PLAYED), "failure of the upstream")

    def effect(inner: AppOf) -> AppOf:
        def app_of(gateway: Gateway) -> ASGIApp:
            wire = FailingWire(gateway.upstream.wire, found)
            return inner(replace(gateway, upstream=replace(gateway.upstream, wire=wire)))

        return app_of

    return effect


@dataclass(frozen=True, slots=True)
class FailingWire:
    """A wire to an upstream that fails whenever it is called; nothing is generated."""

    right: UpstreamWire
    failure: UpstreamFailure

    async def send(self, outbound: Outbound) -> UpstreamAnswer:
        respond = self.failure.respond({"output": {}})
        if isinstance(respond, Silence):
            await asyncio.sleep(PATIENCE)
        if not isinstance(respond, Response):
            return UpstreamAnswer(_record(outbound, NO_STATUS, self.failure))
        call = _record(outbound, respond.status_code, self.failure)
        return UpstreamAnswer(call, read_json(bytes(respond.body)), respond.headers.get("retry-after"))

    async def image(self, link: str) -> bytes | None:
        return await self.right.image(link)

    async def aclose(self) -> None:
        await self.right.aclose()


def _record(outbound: Outbound, status: int, failure: UpstreamFailure) -> UpstreamCall:
    return UpstreamCall(outbound.method, outbound.url, (), outbound.body, time.time(), status, (), failure.played)
