"""Gateways that do as they promise in another way than the bundled mock: none of them is to be blamed for it."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, cast

from starlette.types import ASGIApp

from gateway_contract.contract.mapping import upstream_body
from gateway_contract.contract.validity import NOT_JUDGED
from gateway_contract.values.json_value import ABSENT, Json
from gateway_contract.values.pointer import placed, read
from mock_server.defects.call_defects import leaves_to_upstream
from mock_server.defects.defect import ONLY, VARIANTS, benign, benign_for
from mock_server.defects.response_defects import with_items
from mock_server.defects.sites import images_of, mapping_at
from mock_server.gateway.gateway_app import gateway_app
from mock_server.gateway.stages import (
    Gateway,
    GatewayRequest,
    GatewayResponse,
    answer,
    authenticate,
    generate,
    reject,
    validate,
)
from mock_server.serving.error_response import ErrorResponse

UNKNOWN = ErrorResponse(400, "invalid_request_error", "unknown", "That is not known here.")
BUSY = ErrorResponse(429, "rate_limit_error", "rate_limit_exceeded", "Too many requests at once.")


def variants(contract: str) -> Iterator[str]:
    return (name for name in VARIANTS if ONLY.get(name, contract) == contract)


@benign
def leaves_ranges_to_the_upstream(gateway: Gateway) -> ASGIApp:
    """What the upstream would reject goes there, and its refusal is translated."""
    return gateway_app(replace(gateway, validate=leaves_to_upstream))


@benign
def sends_defaults(gateway: Gateway) -> ASGIApp:
    """What the client left out goes upstream as the contract's default."""

    def mapped(own: Gateway, body: Json) -> Json:
        call = upstream_body(own.contract, body)
        for field in own.contract.mapped:
            default = own.contract.request.default(field.pointer, body)
            if default is not ABSENT and read(body, field.pointer) is ABSENT and field.judged_for(body):
                call = placed(call, field.upstream, default)
        return call

    return gateway_app(replace(gateway, map=mapped))


@benign
def sends_nulls(gateway: Gateway) -> ASGIApp:
    """What the client left out goes upstream as null, as the vendor's own library sends it."""

    def mapped(own: Gateway, body: Json) -> Json:
        call = upstream_body(own.contract, body)
        for field in own.contract.mapped:
            if read(body, field.pointer) is ABSENT and field.judged_for(body):
                call = placed(call, field.upstream, None)
        return call

    return gateway_app(replace(gateway, map=mapped))


@benign
def tells_more(gateway: Gateway) -> ASGIApp:
    """The answer and its items hold fields that no page names."""

    async def more(own: Gateway, body: Json, links: list[str], request: GatewayRequest) -> GatewayResponse:
        right = await with_items(own, body, links, request, lambda item: item | {"index": 0, "cost": {"cents": 4}})
        return replace(right, body=cast("dict[str, Json]", right.body) | {"request_id": "r-1", "usage": None})

    return gateway_app(replace(gateway, answer=more))


@benign
def other_carrier_empty(gateway: Gateway) -> ASGIApp:
    """Every item has both keys; the one that was not asked for is the empty text."""

    async def both(own: Gateway, body: Json, links: list[str], request: GatewayRequest) -> GatewayResponse:
        empty: dict[str, Json] = {carrier.key: "" for carrier in images_of(own.contract).carriers}
        return await with_items(own, body, links, request, lambda item: empty | item)

    return gateway_app(replace(gateway, answer=both))


@benign
def refuses_in_its_own_words(gateway: Gateway) -> ASGIApp:
    """A bad request is 422, with a body of the framework's kind."""

    def told(own: Gateway, error: ErrorResponse) -> GatewayResponse:
        right = reject(own, error)
        status = 422 if right.status == 400 else right.status
        return replace(right, status=status, body={"detail": [{"msg": error.message}]})

    return gateway_app(replace(gateway, reject=told))


@benign
def forbids_instead_of_asking(gateway: Gateway) -> ASGIApp:
    """A missing or wrong token is 403."""

    def told(own: Gateway, error: ErrorResponse) -> GatewayResponse:
        right = reject(own, error)
        return replace(right, status=403 if right.status == 401 else right.status)

    return gateway_app(replace(gateway, reject=told))


@benign
def clock_is_slow(gateway: Gateway) -> ASGIApp:
    """Half a minute behind."""

    async def late(own: Gateway, body: Json, links: list[str], request: GatewayRequest) -> GatewayResponse:
        right = await answer(own, body, links, request)
        for moment in own.contract.times:
            right = replace(right, body=placed(right.body, moment.pointer, int(time.time()) - 30))
        return right

    return gateway_app(replace(gateway, answer=late))


@benign
def asks_for_a_dated_model(gateway: Gateway) -> ASGIApp:
    """The upstream is told the snapshot of the model."""

    def mapped(own: Gateway, body: Json) -> Json:
        call = upstream_body(own.contract, body)
        for field in own.contract.mapped:
            if field.match == "dated-snapshot":
                call = placed(call, field.upstream, f"{read(call, field.upstream)}-2026-03-03")
        return call

    return gateway_app(replace(gateway, map=mapped))


@benign
def busy_now_and_then(gateway: Gateway) -> ASGIApp:
    """One request of sixty is asked to wait a second."""
    seen: Counter[str] = Counter()

    def checked(own: Gateway, request: GatewayRequest) -> ErrorResponse | None:
        seen["requests"] += 1
        return BUSY if seen["requests"] % 60 == 0 else authenticate(own, request)

    def told(own: Gateway, error: ErrorResponse) -> GatewayResponse:
        right = reject(own, error)
        return replace(right, headers={"retry-after": "1"}) if error is BUSY else right

    return gateway_app(replace(gateway, authenticate=checked, reject=told))


@benign_for("powertokens")
def one_call_per_image(gateway: Gateway) -> ASGIApp:
    """Each image is asked for by itself."""

    async def called(own: Gateway, body: Json, call: Json, request: GatewayRequest) -> list[str] | ErrorResponse:
        field = mapping_at(own.contract, images_of(own.contract).count)
        count = read(call, field.upstream)
        links: list[str] = []
        for _ in range(count if isinstance(count, int) else 1):
            made = await generate(own, body, placed(call, field.upstream, 1), request)
            if isinstance(made, ErrorResponse):
                return made
            links += made
        return links

    return gateway_app(replace(gateway, call=called))


@benign
def refuses_what_it_does_not_know(gateway: Gateway) -> ASGIApp:
    """Whatever the page is silent on is refused."""

    def checked(own: Gateway, body: Json) -> Json | ErrorResponse:
        judged = validate(own, body)
        silent = any(one.keyword == NOT_JUDGED for one in own.contract.request.broken(body))
        return UNKNOWN if silent and not isinstance(judged, ErrorResponse) else judged

    return gateway_app(replace(gateway, validate=checked))


@benign
def cuts_long_text(gateway: Gateway) -> ASGIApp:
    """Text over its limit is cut instead of refused, where the contract leaves the choice."""
    return mending(gateway, "truncate", lambda value, limit: str(value)[:limit])


@benign
def makes_one_image_where_only_one_is_sold(gateway: Gateway) -> ASGIApp:
    """A number that a model does not sell is brought down to the one that it does, where the contract allows that."""
    return mending(gateway, "coerce", lambda _, limit: limit)


def mending(gateway: Gateway, alternative: str, mend: Callable[[Json, Any], Json]) -> ASGIApp:
    def checked(own: Gateway, body: Json) -> Json | ErrorResponse:
        for one in own.contract.request.broken(body):
            if alternative in one.alternatives:
                body = placed(body, one.pointer, mend(cast("Json", read(body, one.pointer)), one.value))
        return validate(own, body)

    return gateway_app(replace(gateway, validate=checked))
