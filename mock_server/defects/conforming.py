"""Gateways that differ from the bundled mock and keep the contract: none of them may be blamed."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from typing import TypeAlias, cast

from starlette.types import ASGIApp

from gateway_contract.contract.definition import Contract, MappedField
from gateway_contract.contract.validity import NOT_JUDGED, upstream_refuses
from gateway_contract.rules.conversion_rules import obvious_meaning
from gateway_contract.values.ambiguous_names import repeats_names
from gateway_contract.values.json_value import ABSENT, Json
from gateway_contract.values.pointer import placed, read
from mock_server.defects.chance_defects import is_unlucky
from mock_server.defects.request_operators import Result
from mock_server.defects.response_operators import with_items
from mock_server.defects.sites import images_of, mapping_at, upstream_of
from mock_server.defects.wrapping import with_rejections
from mock_server.gateway.gateway_app import gateway_app
from mock_server.gateway.openai_errors import error_for, judged_violations
from mock_server.gateway.stages import Gateway, GatewayRequest, GatewayResponse, map_body
from mock_server.serving.error_response import ErrorResponse

UNKNOWN = ErrorResponse(400, "invalid_request_error", "unknown", "That is not known here.")
BUSY = ErrorResponse(429, "rate_limit_error", "rate_limit_exceeded", "Too many requests at once.", retry_after="1")

RARE = frozenset({"rarely-sends-dated-model"})
"""Variants that show in so few calls that requests have to be repeated to meet them."""

Variant: TypeAlias = Callable[[Gateway], Gateway]
CONFORMING: dict[str, Callable[[Gateway], ASGIApp]] = {}
ONLY: dict[str, str] = {}  # variants that a single contract allows


def conforming(variant: Variant) -> Variant:
    """Register a variant under its function's name."""
    CONFORMING[variant.__name__.replace("_", "-")] = lambda gateway: gateway_app(variant(gateway))
    return variant


def conforming_to(contract: str) -> Callable[[Variant], Variant]:
    """Register a variant that only one contract allows."""

    def register(variant: Variant) -> Variant:
        ONLY[variant.__name__.replace("_", "-")] = contract
        return conforming(variant)

    return register


def variants(contract: str) -> Iterator[str]:
    return (name for name in CONFORMING if ONLY.get(name, contract) == contract)


def leave_to_upstream(gateway: Gateway, body: Json) -> Json | ErrorResponse:
    """Check only what the upstream does not check."""
    violations = judged_violations(gateway.contract, body)
    if not violations or is_refused_upstream(gateway, body):
        return body
    return error_for(gateway.contract, body, violations)


def is_refused_upstream(gateway: Gateway, body: Json) -> bool:
    try:
        return bool(upstream_refuses(upstream_of(gateway.contract), map_body(gateway, body)))
    except (ValueError, TypeError):  # a body that breaks the contract may have no mapping
        return False


@conforming
def leaves_validation_to_upstream(gateway: Gateway) -> Gateway:
    """What the upstream would reject is sent there, and the upstream's error is translated."""
    return replace(gateway, validate=leave_to_upstream)


@conforming
def sends_defaults(gateway: Gateway) -> Gateway:
    """Fields that the client omits are sent upstream with the contract's defaults."""

    def with_default(contract: Contract, field: MappedField, body: Json, call: Json) -> Json:
        default = contract.request.default(field.pointer, body)
        if default is ABSENT or read(body, field.pointer) is not ABSENT or not field.judged_for(body):
            return call
        return placed(call, field.upstream, default)

    return with_mapped_fields(gateway, with_default)


@conforming
def sends_nulls(gateway: Gateway) -> Gateway:
    """Fields that the client omits are sent upstream as null, where the upstream takes that."""

    def with_null(contract: Contract, field: MappedField, body: Json, call: Json) -> Json:
        if read(body, field.pointer) is not ABSENT or not field.judged_for(body):
            return call
        nulled = placed(call, field.upstream, None)
        return call if upstream_refuses(upstream_of(contract), nulled) else nulled

    return with_mapped_fields(gateway, with_null)


def with_mapped_fields(gateway: Gateway, change: Callable[[Contract, MappedField, Json, Json], Json]) -> Gateway:
    """The gateway whose upstream call is changed for each mapped field, by the client's body and the call."""

    def mapped(own: Gateway, body: Json) -> Json:
        call = gateway.map(own, body)
        for field in own.contract.mapped:
            call = change(own.contract, field, body, call)
        return call

    return replace(gateway, map=mapped)


@conforming
def extra_response_fields(gateway: Gateway) -> Gateway:
    """The response and its items hold fields that the contract does not name."""
    with_more_items = with_items(gateway.answer, lambda _own, _request, item: item | {"index": 0, "cost": {"cents": 4}})

    async def answer(own: Gateway, body: Json, links: list[str], request: GatewayRequest) -> GatewayResponse:
        right = await with_more_items(own, body, links, request)
        return replace(right, body=cast("dict[str, Json]", right.body) | {"request_id": "r-1", "usage": None})

    return replace(gateway, answer=answer)


@conforming
def other_image_field_empty(gateway: Gateway) -> Gateway:
    """Every item has both image fields; the one that was not requested is an empty string."""
    empty: dict[str, Json] = {image_field.key: "" for image_field in images_of(gateway.contract).image_fields}
    return replace(gateway, answer=with_items(gateway.answer, lambda _own, _request, item: empty | item))


@conforming
def echoes_request(gateway: Gateway) -> Gateway:
    """The response repeats what its own request says."""

    async def answer(own: Gateway, body: Json, links: list[str], request: GatewayRequest) -> GatewayResponse:
        right = await gateway.answer(own, body, links, request)
        return replace(right, body=cast("dict[str, Json]", right.body) | {"request": body})

    return replace(gateway, answer=answer)


@conforming
def own_error_format(gateway: Gateway) -> Gateway:
    """An invalid request gets 422, with an error body in the format of a web framework."""

    def changed(error: ErrorResponse, right: GatewayResponse) -> GatewayResponse:
        status = 422 if right.status == 400 else right.status
        return replace(right, status=status, body={"detail": [{"msg": error.message}]})

    return with_rejections(gateway, changed)


@conforming
def forbidden_instead_of_unauthorized(gateway: Gateway) -> Gateway:
    """A missing or wrong token gets 403, not 401."""
    return with_rejections(
        gateway, lambda _, right: replace(right, status=403 if right.status == 401 else right.status)
    )


@conforming
def slow_clock(gateway: Gateway) -> Gateway:
    """The gateway's clock is 30 seconds behind."""

    async def answer(own: Gateway, body: Json, links: list[str], request: GatewayRequest) -> GatewayResponse:
        right = await gateway.answer(own, body, links, request)
        for moment in own.contract.times:
            right = replace(right, body=placed(right.body, moment.pointer, int(time.time()) - 30))
        return right

    return replace(gateway, answer=answer)


@conforming
def sends_dated_model(gateway: Gateway) -> Gateway:
    """The upstream gets the name of a dated snapshot of the model."""

    def with_date(_contract: Contract, field: MappedField, _body: Json, call: Json) -> Json:
        has_snapshots = field.match == "dated-snapshot"
        return placed(call, field.upstream, f"{read(call, field.upstream)}-2026-03-03") if has_snapshots else call

    return with_mapped_fields(gateway, with_date)


@conforming
def rarely_sends_dated_model(gateway: Gateway) -> Gateway:
    """In one of twenty calls the upstream gets the name of a dated snapshot of the model."""
    dated = sends_dated_model(gateway)
    return replace(gateway, map=lambda own, body: (dated if is_unlucky(own.contract, body) else gateway).map(own, body))


@conforming
def occasional_429(gateway: Gateway) -> Gateway:
    """One request of sixty gets 429 with Retry-After: 1."""
    numbers = count(1)
    return failing(gateway, BUSY, lambda: next(numbers) % 60 == 0)


def failing(gateway: Gateway, error: ErrorResponse, fails: Callable[[], bool]) -> Gateway:
    """The gateway that responds with an error to each request for which `fails` is true."""

    def authenticate(own: Gateway, request: GatewayRequest) -> ErrorResponse | None:
        return error if fails() else gateway.authenticate(own, request)

    return replace(gateway, authenticate=authenticate)


@conforming_to("powertokens")
def one_call_per_image(gateway: Gateway) -> Gateway:
    """Each image is requested with a call of its own."""

    async def call(own: Gateway, body: Json, call: Json, request: GatewayRequest) -> Result:
        field = mapping_at(own.contract, images_of(own.contract).count)
        requested = read(call, field.upstream)
        links: list[str] = []
        for _ in range(requested if isinstance(requested, int) else 1):
            made = await gateway.call(own, body, placed(call, field.upstream, 1), request)
            if isinstance(made, ErrorResponse):
                return made
            links += made
        return links

    return replace(gateway, call=call)


@conforming
def rejects_unspecified(gateway: Gateway) -> Gateway:
    """A request on which the contract is silent is rejected."""

    def validate(own: Gateway, body: Json) -> Json | ErrorResponse:
        validated = gateway.validate(own, body)
        silent = any(one.keyword == NOT_JUDGED for one in own.contract.request.broken(body))
        return UNKNOWN if silent and not isinstance(validated, ErrorResponse) else validated

    return replace(gateway, validate=validate)


@conforming
def truncates_long_text(gateway: Gateway) -> Gateway:
    """A text that is too long is truncated, not rejected, where the contract allows both."""
    return repairing(gateway, "truncate", lambda value, limit: str(value)[: cast("int", limit)])


@conforming
def clamps_image_count(gateway: Gateway) -> Gateway:
    """A number of images that a model does not make is set to the bound, where the contract allows that."""
    return repairing(gateway, "coerce", lambda _, limit: limit)


@conforming
def converts_obvious_values(gateway: Gateway) -> Gateway:
    """A value of another type or form with one obvious meaning is converted to it, where the contract allows that."""

    def validate(own: Gateway, body: Json) -> Json | ErrorResponse:
        for one in own.contract.request.broken(body):
            meaning = obvious_meaning(one, read(body, one.pointer))
            body = body if meaning is ABSENT else placed(body, one.pointer, meaning)
        return gateway.validate(own, body)

    return replace(gateway, validate=validate)


@conforming
def first_of_repeated_names(gateway: Gateway) -> Gateway:
    """Of a name that stands twice in a body the first counts, not the last."""

    def read(own: Gateway, request: GatewayRequest) -> Json | ErrorResponse:
        body = gateway.read(own, request)
        if isinstance(body, ErrorResponse) or not repeats_names(request.content):
            return body
        first: Json = json.loads(request.content, object_pairs_hook=lambda pairs: dict(reversed(pairs)))
        return first

    return replace(gateway, read=read)


def repairing(gateway: Gateway, alternative: str, repair: Callable[[Json, Json], Json]) -> Gateway:
    def validate(own: Gateway, body: Json) -> Json | ErrorResponse:
        for one in own.contract.request.broken(body):
            if alternative in one.alternatives:
                body = placed(body, one.pointer, repair(cast("Json", read(body, one.pointer)), one.value))
        return gateway.validate(own, body)

    return replace(gateway, validate=validate)
