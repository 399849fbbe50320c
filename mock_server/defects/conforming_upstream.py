"""Gateways that keep the contract, and call their upstream or fetch its images in another way."""

import asyncio
import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import count
from math import ceil
from random import Random
from typing import Literal
from urllib.parse import parse_qsl, urlencode

import httpx

from gateway_contract.contract.definition import Contract, MappedField
from gateway_contract.contract.validity import upstream_refuses
from gateway_contract.values.json_value import ABSENT, Json, Nothing
from gateway_contract.values.pointer import placed, read, removed
from mock_server.defects.conforming import (
    UNKNOWN,
    conforming,
    conforming_to,
    failing,
    is_refused_upstream,
    sends_defaults,
    with_mapped_fields,
)
from mock_server.defects.cost_defects import repeating
from mock_server.defects.hang_up import CLIENT_GONE, ending_calls, noting_hang_up
from mock_server.defects.request_operators import Result
from mock_server.defects.sites import schema_of, type_of, upstream_of
from mock_server.defects.state_defects import CIRCUIT_OPEN
from mock_server.defects.upstream_defects import http_over
from mock_server.defects.wrapping import ChangedTransport, with_rejections, with_transport
from mock_server.gateway.once_per_key import KeyedRequests
from mock_server.gateway.stages import Gateway, GatewayRequest, GatewayResponse
from mock_server.serving.error_response import BAD_GATEWAY, ErrorResponse


@conforming
def link_escaped_otherwise(gateway: Gateway) -> Gateway:
    """The query of the upstream's links is escaped in another way that means the same, in another order."""

    def equivalent(link: str) -> str:
        base, _, query = link.partition("?")
        pairs = reversed(parse_qsl(query))
        return f"{base}?{urlencode(list(pairs), safe='/=').replace('%2B', '%2b')}"

    return with_transport(gateway, ChangedTransport(gateway.upstream.transport, link_change=equivalent))


@conforming
def repeats_throttled_calls(gateway: Gateway) -> Gateway:
    """A call that the upstream throttled, or answered with 5xx, is made once more: neither is billed."""
    return repeating(gateway, lambda answer: answer.call.status == 429 or answer.call.status >= 500)


@conforming
def rejects_beyond_upstream(gateway: Gateway) -> Gateway:
    """What the contract allows and the upstream does not take is rejected without a call."""

    def validate(own: Gateway, body: Json) -> Json | ErrorResponse:
        validated = gateway.validate(own, body)
        if isinstance(validated, ErrorResponse):
            return validated
        return UNKNOWN if is_refused_upstream(own, validated) or unjudged_fields(own.contract, validated) else validated

    return replace(gateway, validate=validate)


@conforming
def accepts_beyond_upstream(gateway: Gateway) -> Gateway:
    """What the contract allows and the upstream does not take is left out of the call."""

    def mapped(own: Gateway, body: Json) -> Json:
        call = gateway.map(own, body)
        fields = {field.upstream for field in own.contract.mapped}
        refused = {one.pointer for one in upstream_refuses(upstream_of(own.contract), call)} & fields
        for pointer in refused | unjudged_fields(own.contract, body):
            call = removed(call, pointer)
        return call

    return replace(gateway, map=mapped)


def unjudged_fields(contract: Contract, body: Json) -> set[str]:
    """Pointers upstream of the fields that a body has and of which the contract does not judge whether they arrive."""
    return {
        field.upstream
        for field in contract.mapped
        if read(body, field.pointer) is not ABSENT and not field.judged_for(body)
    }


@conforming_to("powerbuyin")
def sends_random_integers(gateway: Gateway) -> Gateway:
    """Integers that the client omits, and that have no default, are sent upstream at random, as some SDKs do."""
    chance = Random(1)  # noqa: S311 # no secret

    def with_random(contract: Contract, field: MappedField, body: Json, call: Json) -> Json:
        has_default = contract.request.default(field.pointer, body) is not ABSENT
        if has_default or type_of(contract, field.pointer) != "integer" or read(body, field.pointer) is not ABSENT:
            return call
        return placed(call, field.upstream, chance.randrange(1 << 31))

    return with_mapped_fields(gateway, with_random)


MOST_FAILURES = 5  # in a row, before a circuit breaker lets no request through


@conforming
def circuit_opens_after_five_failures(gateway: Gateway) -> Gateway:
    """A circuit breaker gives 503 once the upstream failed five times in a row; a success closes it."""
    failures: list[Json] = []

    async def call(own: Gateway, body: Json, call: Json, request: GatewayRequest) -> Result:
        made = await gateway.call(own, body, call, request)
        if made is BAD_GATEWAY:
            failures.append(call)
        else:
            failures.clear()
        return made

    return failing(replace(gateway, call=call), CIRCUIT_OPEN, lambda: len(failures) >= MOST_FAILURES)


@conforming
def defaults_by_turns(gateway: Gateway) -> Gateway:
    """Fields that the client omits are sent upstream with the contract's defaults for each second request."""
    numbers, sending = count(1), sends_defaults(gateway)

    def mapped(own: Gateway, body: Json) -> Json:
        return (sending if next(numbers) % 2 == 0 else gateway).map(own, body)

    return replace(gateway, map=mapped)


@conforming
def open_fields_by_turns(gateway: Gateway) -> Gateway:
    """What the contract leaves open is sent upstream for each second request, with the field's example as its value."""
    numbers = count(1)

    def mapped(own: Gateway, body: Json) -> Json:
        call = gateway.map(own, body)
        if next(numbers) % 2:
            return call
        for field in own.contract.mapped:
            example = _open_value(own.contract, field, body)
            call = call if example is ABSENT else placed(call, field.upstream, example)
        return call

    return replace(gateway, map=mapped)


def _open_value(contract: Contract, field: MappedField, body: Json) -> Json | Literal[Nothing.ABSENT]:
    """The example of a field whose value upstream is not judged, because the client omits it and it has no default."""
    is_open = field.may_be_invented and contract.request.default(field.pointer, body) is ABSENT
    if not is_open or read(body, field.pointer) is not ABSENT:
        return ABSENT
    schema = schema_of(contract, field.pointer).schema
    return field.expected(schema["example"]) if "example" in schema else ABSENT


@conforming
def cancels_call_after_hang_up(gateway: Gateway) -> Gateway:
    """The upstream call of a client that hangs up is cancelled."""

    async def give_up(_own: Gateway, _body: Json, _call: Json, _request: GatewayRequest) -> Result:
        return BAD_GATEWAY

    return ending_calls(gateway, give_up)


@conforming
def finishes_call_after_hang_up(gateway: Gateway) -> Gateway:
    """The upstream call of a client that hangs up is finished, and its images are fetched."""

    async def call(own: Gateway, body: Json, call: Json, request: GatewayRequest) -> Result:
        made = await gateway.call(own, body, call, request)
        if CLIENT_GONE.get().is_set() and not isinstance(made, ErrorResponse):
            await asyncio.gather(*map(own.upstream.image, made))
        return made

    return noting_hang_up(replace(gateway, call=call))


@conforming_to("powertokens")
def key_for_several_requests(gateway: Gateway) -> Gateway:
    """Another request with the same idempotency key is served like one with a key of its own, not rejected."""
    keyed: dict[str, Gateway] = {}

    async def call_once(own: Gateway, body: Json, call: Json, request: GatewayRequest) -> Result:
        of_body = keyed.setdefault(json.dumps(body, sort_keys=True), replace(gateway, keyed=KeyedRequests()))
        return await gateway.call_once(replace(own, keyed=of_body.keyed), body, call, request)

    return replace(gateway, call_once=call_once)


@conforming
def failures_as_503(gateway: Gateway) -> Gateway:
    """A failure of the upstream gets 503, not 502."""
    return with_rejections(gateway, lambda error, right: replace(right, status=503) if error is BAD_GATEWAY else right)


@conforming
def follows_redirections(gateway: Gateway) -> Gateway:
    """Calls that the upstream redirects are followed."""
    client = httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(), trust_env=False, follow_redirects=True)
    return with_transport(gateway, http_over(FollowingHttp(client)))


@dataclass(frozen=True, slots=True)
class FollowingHttp(httpx.AsyncBaseTransport):
    """HTTP that follows redirections, with the method GET as browsers do."""

    client: httpx.AsyncClient

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self.client.send(request, stream=True)

    async def aclose(self) -> None:
        await self.client.aclose()


@conforming
def retry_after_in_seconds(gateway: Gateway) -> Gateway:
    """The time in a Retry-After header is passed on in seconds, also where the upstream says a date."""

    def in_seconds(error: ErrorResponse, right: GatewayResponse) -> GatewayResponse:
        if error.retry_after is None or error.retry_after.isdecimal():
            return right
        seconds = (parsedate_to_datetime(error.retry_after) - datetime.now(UTC)).total_seconds()
        return replace(right, headers={"retry-after": str(max(0, ceil(seconds)))})

    return with_rejections(gateway, in_seconds)


MEETS_FAILURES = frozenset(
    {
        "cancels-call-after-hang-up",
        "circuit-opens-after-five-failures",
        "failures-as-503",
        "finishes-call-after-hang-up",
        "follows-redirections",
        "retry-after-in-seconds",
        "repeats-throttled-calls",
        "uses-upstream-tasks",
    }
)
"""Gateways that differ only if the upstream fails, or that meet its failures in another way."""
