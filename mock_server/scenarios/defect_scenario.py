"""Scenarios of other vocabularies: every defect of the catalogue, and every fault that the upstream can play."""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import lru_cache, reduce
from typing import Literal, TypeVar
from urllib.parse import urlsplit

from starlette.responses import Response
from starlette.types import ASGIApp

from gateway_contract.contract.definition import Contract
from gateway_contract.traffic.exchange import UpstreamCall
from gateway_contract.values.json_value import ABSENT, Json, Nothing, read_json
from gateway_contract.values.pointer import leaves, parent, placed, read, removed
from mock_server.defects.catalogue import defects
from mock_server.defects.defect import Defect
from mock_server.faults.fault import FEWER_IMAGES, NO_RESPONSE, Fault, effect
from mock_server.faults.scenario_kind import Parameter, ScenarioError, ScenarioKind, unknown
from mock_server.gateway.gateway_app import gateway_app
from mock_server.gateway.stages import Gateway
from mock_server.scenarios.definition import (
    FAULT,
    Build,
    Effect,
    GatewayChange,
    GatewayScenario,
    ScenarioArguments,
    change_gateway,
    find_fault,
    has_effect,
    needing,
)
from mock_server.scenarios.image_scenarios import BROKEN_BY, spoil_links
from mock_server.upstream.client import NO_STATUS
from mock_server.upstream.protocol import Links, Outbound, Reply, UpstreamAnswer, UpstreamProtocol, UpstreamTransport
from mock_server.upstream.protocols import protocol_of
from mock_server.upstream.stub import response

PATIENCE = 10.0  # seconds for which the gateway waits for an upstream that is silent
DEFECT = Parameter("name", None, "a defect that `python -m mock_server --list-defects` lists")


def kinds() -> Iterator[GatewayScenario]:
    example = "defect(seed-dropped-when-falsy)"
    yield ScenarioKind("defect", "The gateway has a known defect.", example, (DEFECT,), _with_defect)
    description = "The upstream fails, and the gateway reports it."
    yield ScenarioKind("upstream", description, "upstream(rate-limit)", (FAULT,), _with_upstream_fault)


def _with_defect(arguments: ScenarioArguments) -> Effect:
    known = defects_of(arguments.contract)
    found = known.get(arguments[DEFECT.name])
    if found is None:
        raise unknown(arguments[DEFECT.name], sorted(known), f"defect of {arguments.contract.name}")

    apply = watching(found)
    if not found.operator.in_images:
        return apply
    by_links = spoil_links(f"{BROKEN_BY}/{found}", "defect")
    return lambda inner: apply(by_links(inner))


Given = TypeVar("Given")
Result = TypeVar("Result")
PURE_STAGES = ("authenticate", "read", "validate", "map", "reject")
"""Stages that give the same for the same: what a defect changes of them shows by asking the right ones, too."""
OTHER_PARTS = tuple(part.name for part in fields(Gateway) if part.name not in PURE_STAGES)


def watching(found: Defect) -> Effect:
    """The effect of a defect. If it is in pure stages alone, responses say whether it had any."""
    name = f"defect({found})"

    def change(own: Gateway) -> Gateway:
        broken = found.apply(own)
        return replace(
            broken,
            authenticate=compared(own.authenticate, broken.authenticate, name),
            read=compared(own.read, broken.read, name),
            validate=compared(own.validate, broken.validate, name),
            map=compared(own.map, broken.map, name),
            reject=compared(own.reject, broken.reject, name),
        )

    plain = change_gateway(change)
    watched = needing(plain, name, "a request that the gateway handles wrongly")

    def apply(inner: Build) -> Build:
        def build(gateway: Gateway, outer: GatewayChange) -> ASGIApp:
            broken = found.apply(gateway)
            is_pure = all(getattr(broken, part) is getattr(gateway, part) for part in OTHER_PARTS)
            return (watched if is_pure else plain)(inner)(gateway, outer)

        return build

    return apply


def compared(
    right: Callable[[Gateway, Given], Result], broken: Callable[[Gateway, Given], Result], name: str
) -> Callable[[Gateway, Given], Result]:
    """The broken stage, which notes an effect where the right one gives something else."""
    if broken is right:
        return right

    def stage(gateway: Gateway, given: Given) -> Result:
        result = broken(gateway, given)
        if repr(result) != repr(right(gateway, given)):
            has_effect(name)
        return result

    return stage


def with_defects(gateway: Gateway, names: Sequence[str]) -> ASGIApp:
    """The gateway with some defects by their names; unknown ones are left out."""
    known = defects_of(gateway.contract)
    return gateway_app(reduce(lambda changed, name: known[name].apply(changed), filter(known.get, names), gateway))


@lru_cache(maxsize=8)
def defects_of(contract: Contract) -> Mapping[str, Defect]:
    return {str(defect): defect for defect in defects(contract)}


def _with_upstream_fault(arguments: ScenarioArguments) -> Effect:
    upstream = arguments.contract.upstream
    if upstream is None:
        raise ScenarioError(f"{arguments.contract.name} has no upstream")
    protocol = protocol_of(upstream)
    fault = find_fault(arguments[FAULT.name], protocol)

    name = f"upstream({fault})"

    def change(gateway: Gateway) -> Gateway:
        transport = FaultyTransport(gateway.upstream.transport, protocol, fault, name)
        return replace(gateway, upstream=replace(gateway.upstream, transport=transport))

    return needing(change_gateway(change), name, "a request that reaches the upstream")


@dataclass(frozen=True, slots=True)
class FaultyTransport:
    """A transport to an upstream with a fault in every response; it generates first where the fault needs images."""

    right: UpstreamTransport
    protocol: UpstreamProtocol
    fault: Fault
    scenario: str

    async def send(self, outbound: Outbound) -> UpstreamAnswer:
        has_effect(self.scenario)
        if self.fault.generates:
            answer = await self.right.send(outbound)
            call = replace(answer.call, played=self.fault.played)
            return UpstreamAnswer(call, self._spoil(answer), answer.retry_after)
        if self.fault.name == NO_RESPONSE:
            await asyncio.sleep(PATIENCE)
        error = self.protocol.error(self.fault)
        right = response(Reply(200, {}) if error is None else error)
        app = effect(self.fault, right) or right
        if not isinstance(app, Response):
            return UpstreamAnswer(self._record(outbound, NO_STATUS))
        call = self._record(outbound, app.status_code)
        return UpstreamAnswer(call, read_json(bytes(app.body)), app.headers.get("retry-after"))

    def _spoil(self, answer: UpstreamAnswer) -> Json | Literal[Nothing.ABSENT]:
        """A body whose links lead to nothing, or one without its last image."""
        found = self.protocol.read(Reply(answer.call.status, answer.body))
        body = answer.body
        if body is ABSENT or not isinstance(found, Links):
            return body
        pointers = [pointer for pointer, value in leaves(body) if value in found.urls]
        if self.fault.name == FEWER_IMAGES:
            return removed(body, parent(pointers[-1])) if pointers else body
        for pointer in pointers:
            body = placed(body, pointer, f"{read(body, pointer)}.gone")
        return body

    def _record(self, outbound: Outbound, status: int) -> UpstreamCall:
        path = urlsplit(outbound.url).path
        return UpstreamCall(outbound.method, path, (), outbound.body, time.time(), status, (), self.fault.played)

    async def image(self, link: str) -> bytes | None:
        return await self.right.image(link)

    async def aclose(self) -> None:
        await self.right.aclose()
