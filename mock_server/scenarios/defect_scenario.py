"""Behaviours that are known elsewhere: every defect of the catalogue, and every failure that the upstream can play."""

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, reduce
from typing import Literal
from urllib.parse import urlsplit

from starlette.responses import Response
from starlette.types import ASGIApp

from gateway_contract.contract.definition import Contract
from gateway_contract.traffic.exchange import UpstreamCall
from gateway_contract.values.json_value import ABSENT, Json, Nothing, read_json
from gateway_contract.values.pointer import leaves, parent, placed, read, removed
from mock_server.defects.catalogue import defects
from mock_server.defects.defect import Defect
from mock_server.gateway.gateway_app import gateway_app
from mock_server.gateway.stages import Gateway
from mock_server.scenarios.definition import (
    FAILURE,
    Effect,
    Given,
    Kind,
    Parameter,
    changing,
    failure_named,
    unknown,
)
from mock_server.scenarios.image_scenarios import BROKEN_BY, spoiling
from mock_server.serving.connection import Silence
from mock_server.upstream.calls import new_id
from mock_server.upstream.client import NO_STATUS, Outbound, UpstreamWire
from mock_server.upstream.dashscope import messages
from mock_server.upstream.dashscope.fault_responses import UpstreamFailure
from mock_server.upstream.stub_app import UpstreamAnswer

PATIENCE = 10.0  # seconds for which the gateway waits for an upstream that is silent
DEFECT = Parameter("name", None, "one of those that `python -m mock_server --list-defects` lists")


def kinds() -> Iterator[Kind]:
    yield Kind("defect", "The gateway is broken in a known way.", "defect(seed-dropped-when-falsy)", (DEFECT,), _defect)
    yield Kind("upstream", "The upstream fails, and the gateway tells it.", "upstream(throttled)", (FAILURE,), _fails)


def _defect(given: Given) -> Effect:
    known = defects_of(given.contract)
    found = known.get(given[DEFECT.name])
    if found is None:
        raise unknown(given[DEFECT.name], sorted(known), f"defect of {given.contract.name}")

    effect = changing(found.apply)
    if not found.operator.in_images:
        return effect
    by_links = spoiling(f"{BROKEN_BY}/{found}")
    return lambda inner: effect(by_links(inner))


def with_defects(gateway: Gateway, names: Sequence[str]) -> ASGIApp:
    """The gateway with some defects by their names; those that are not known any more are left out."""
    known = defects_of(gateway.contract)
    return gateway_app(reduce(lambda changed, name: known[name].apply(changed), filter(known.get, names), gateway))


@lru_cache(maxsize=8)
def defects_of(contract: Contract) -> Mapping[str, Defect]:
    return {str(defect): defect for defect in defects(contract)}


def _fails(given: Given) -> Effect:
    found = failure_named(given[FAILURE.name])

    def change(gateway: Gateway) -> Gateway:
        wire = FailingWire(gateway.upstream.wire, found)
        return replace(gateway, upstream=replace(gateway.upstream, wire=wire))

    return changing(change)


@dataclass(frozen=True, slots=True)
class FailingWire:
    """A wire to an upstream that fails whenever it is called; where it has to, it generates first."""

    right: UpstreamWire
    failure: UpstreamFailure

    async def send(self, outbound: Outbound) -> UpstreamAnswer:
        if self.failure.dead_links or self.failure.fewer_images:
            answer = await self.right.send(outbound)
            call = replace(answer.call, played=self.failure.played)
            return UpstreamAnswer(call, _spoilt(answer.body, self.failure), answer.retry_after)
        respond = self.failure.respond({"output": {}, "request_id": new_id()})
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


def _spoilt(answer: Json | Literal[Nothing.ABSENT], failure: UpstreamFailure) -> Json | Literal[Nothing.ABSENT]:
    """An answer whose links lead nowhere, or one that lacks its last image."""
    if answer is ABSENT:
        return ABSENT
    links = messages.image_links(answer)
    found = [pointer for pointer, value in leaves(answer) if value in links]
    if failure.fewer_images:
        return removed(answer, parent(found[-1])) if found else answer
    for pointer in found:
        answer = placed(answer, pointer, f"{read(answer, pointer)}.gone")
    return answer


def _record(outbound: Outbound, status: int, failure: UpstreamFailure) -> UpstreamCall:
    path = urlsplit(outbound.url).path
    return UpstreamCall(outbound.method, path, (), outbound.body, time.time(), status, (), failure.played)
