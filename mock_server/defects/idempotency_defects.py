"""Defects of idempotency keys: a request that comes again is paid twice, or another one gets its images."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace

from gateway_contract.contract.definition import Contract
from gateway_contract.values.json_value import Json, compact
from mock_server.defects.defect import PlainSite, gateway_defect
from mock_server.defects.request_operators import Result
from mock_server.defects.state_defects import OVERLAP_SECONDS
from mock_server.gateway.once_per_key import key_of
from mock_server.gateway.stages import Gateway, GatewayRequest
from mock_server.serving.error_response import ErrorResponse

UNKNOWN_HEADER = ErrorResponse(400, "invalid_request_error", "unknown_header", "The request has an unknown header.")


def keyed_requests(contract: Contract) -> Iterator[PlainSite]:
    """Requests with an idempotency key, where the contract documents one."""
    if contract.idempotency_key is not None:
        yield PlainSite("request", contract.idempotency_key.clause)


@gateway_defect(keyed_requests)
def idempotency_key_ignored(gateway: Gateway, _site: PlainSite) -> Gateway:
    """A request that comes again with the same idempotency key is paid again."""

    async def call_once(own: Gateway, body: Json, call: Json, request: GatewayRequest) -> Result:
        return await own.call(own, body, call, request)

    return replace(gateway, call_once=call_once)


@gateway_defect(keyed_requests)
def paid_again_while_under_way(gateway: Gateway, _site: PlainSite) -> Gateway:
    """A request that comes again with its idempotency key before the first one is served is paid again."""
    served: dict[str, list[str]] = {}

    async def call_once(own: Gateway, body: Json, call: Json, request: GatewayRequest) -> Result:
        key = key_of(own.contract, request.headers)
        if key is None:
            return await own.call(own, body, call, request)
        name = f"{key} {compact(body).decode()}"
        if name in served:
            return served[name]
        await asyncio.sleep(OVERLAP_SECONDS)
        made = await own.call(own, body, call, request)
        served.update({} if isinstance(made, ErrorResponse) else {name: made})
        return made

    return replace(gateway, call_once=call_once)


@gateway_defect(keyed_requests)
def replayed_for_other_key(gateway: Gateway, _site: PlainSite) -> Gateway:
    """A request that comes again gets the response to the first, also if its idempotency key is another one."""
    return replaying(gateway, lambda body, _key: body)


@gateway_defect(keyed_requests)
def replayed_for_other_request(gateway: Gateway, _site: PlainSite) -> Gateway:
    """The idempotency key alone counts, so that another request with it gets the images of the first."""
    return replaying(gateway, lambda _body, key: key)


def replaying(gateway: Gateway, known_by: Callable[[Json, str], Json]) -> Gateway:
    """The gateway that knows a request with a key by something else, and responds as it did to the first such one."""
    first: list[tuple[Json, list[str]]] = []

    async def call_once(own: Gateway, body: Json, call: Json, request: GatewayRequest) -> Result:
        key = key_of(own.contract, request.headers)
        if key is None:
            return await own.call(own, body, call, request)
        name = known_by(body, key)
        found = next((links for known, links in first if known == name), None)
        made = await own.call(own, body, call, request) if found is None else found
        first.extend([] if isinstance(made, ErrorResponse) else [(name, made)])
        return made

    return replace(gateway, call_once=call_once)


@gateway_defect(keyed_requests)
def idempotency_key_rejected(gateway: Gateway, _site: PlainSite) -> Gateway:
    """A request with an idempotency key is rejected."""

    async def call_once(own: Gateway, body: Json, call: Json, request: GatewayRequest) -> Result:
        has_key = key_of(own.contract, request.headers) is not None
        return UNKNOWN_HEADER if has_key else await own.call(own, body, call, request)

    return replace(gateway, call_once=call_once)
