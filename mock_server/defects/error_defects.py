"""Gateways that do not stand failures of their upstream."""

from collections import Counter
from dataclasses import replace

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway_contract.contract.definition import Contract
from gateway_contract.schema.constraint import Constraint
from gateway_contract.values.json_value import ABSENT, Json
from gateway_contract.values.pointer import placed, read, removed
from mock_server.defects.call_defects import Overheard, leaves_to_upstream, nothing_heard
from mock_server.defects.defect import Each, Spot, broken
from mock_server.defects.sites import bodies, expected, images_of
from mock_server.defects.state_defects import BROKE
from mock_server.gateway.stages import Gateway, GatewayRequest, GatewayResponse, answer, authenticate, generate, reject
from mock_server.serving.connection import drop
from mock_server.serving.error_response import BAD_GATEWAY, ErrorResponse
from mock_server.upstream.client import over_http

PATIENCE = 3600.0  # seconds


@broken("gateway", expected("answered-when-upstream-fails"))
def waits_for_ever(_at: Spot, gateway: Gateway) -> Gateway:
    """An upstream that says nothing is waited for, and so does the client wait."""
    return replace(gateway, upstream=replace(gateway.upstream, wire=over_http(PATIENCE)))


@broken("call", expected("no-success-without-images"))
async def nothing_as_success(
    _at: Spot, gateway: Gateway, body: Json, call: Json, request: GatewayRequest
) -> list[str] | ErrorResponse:
    """When the upstream fails the client gets a success without images."""
    made = await generate(gateway, body, call, request)
    return [] if made is BAD_GATEWAY else made


@broken("refuse", expected("error-has-the-usual-shape"))
def failures_in_other_words(_at: Spot, gateway: Gateway, error: ErrorResponse) -> GatewayResponse:
    """When the upstream fails the error body is a text."""
    right = reject(gateway, error)
    return replace(right, body=error.message) if error is BAD_GATEWAY else right


@broken("call", expected("clients-fault-is-4xx"))
async def clients_fault_as_own(
    _at: Spot, gateway: Gateway, body: Json, call: Json, request: GatewayRequest
) -> list[str] | ErrorResponse:
    """What the upstream refuses is told as if the gateway broke."""
    made = await generate(gateway, body, call, request)
    return replace(made, status=500) if isinstance(made, ErrorResponse) and made.status == 400 else made


@broken("refuse", expected("vendors-fault-is-5xx"))
def vendors_fault_as_the_clients(_at: Spot, gateway: Gateway, error: ErrorResponse) -> GatewayResponse:
    """What the vendor broke is told as if the request were wrong."""
    right = reject(gateway, error)
    return replace(right, status=400) if error is BAD_GATEWAY else right


@broken("refuse", expected("own-key-is-not-the-clients"))
def own_key_as_the_clients(_at: Spot, gateway: Gateway, error: ErrorResponse) -> GatewayResponse:
    """The client is told that its token is wrong, where the upstream's answer to the gateway is."""
    right = reject(gateway, error)
    return replace(right, status=401) if error is BAD_GATEWAY else right


@broken("refuse", expected("throttling-is-429"))
def throttling_as_a_crash(_at: Spot, gateway: Gateway, error: ErrorResponse) -> GatewayResponse:
    """A busy upstream looks like a broken gateway."""
    right = reject(gateway, error)
    return replace(right, status=500) if right.status == 429 else right


@broken("refuse", expected("retry-after-is-kept"))
def retry_after_lost(_at: Spot, gateway: Gateway, error: ErrorResponse) -> GatewayResponse:
    """The client is not told when to try again."""
    return reject(gateway, replace(error, retry_after=None))


@broken("call", expected("content-refusal-is-told"))
async def content_refusal_unsaid(
    _at: Spot, gateway: Gateway, body: Json, call: Json, request: GatewayRequest
) -> list[str] | ErrorResponse:
    """Nobody learns that it was the content that the upstream refused."""
    made = await generate(gateway, body, call, request)
    if isinstance(made, ErrorResponse) and made.status == 400:
        return replace(made, code="invalid_value", message="The image service refused.")
    return made


@broken("answer", expected("fewer-images-are-told"))
async def missing_image_made_up(
    _at: Spot, gateway: Gateway, body: Json, links: list[str], request: GatewayRequest
) -> GatewayResponse:
    """Where an image is missing another one comes twice."""
    asked = read(body, images_of(gateway.contract).count)
    missing = asked - len(links) if isinstance(asked, int) else 0
    return await answer(gateway, body, [*links, *links[:1] * missing], request)


@broken("gateway", expected("next-request-works"), memory=Counter[str])
def next_one_fails(_at: Spot, seen: Counter[str], gateway: Gateway) -> Gateway:
    """After a failure of the upstream the next request fails as well."""

    def remembered(own: Gateway, error: ErrorResponse) -> GatewayResponse:
        seen["failures"] += error is BAD_GATEWAY
        return reject(own, error)

    def checked(own: Gateway, request: GatewayRequest) -> ErrorResponse | None:
        if not seen["failures"]:
            return authenticate(own, request)
        seen.clear()
        return BROKE

    return replace(gateway, authenticate=checked, reject=remembered)


LIST: Json = []
"""What no part of an error is."""


def told(*keywords: str) -> Each:
    """What the contract says of an error body, by the keywords that say it."""

    def found(contract: Contract) -> list[Constraint]:
        error = contract.operation.refusal
        constraints = () if error is None else error.constraints.values()
        return [constraint for constraint in constraints if constraint.keyword in keywords]

    return found


def outermost(contract: Contract) -> list[Constraint]:
    """That an error body holds an error."""
    return [constraint for constraint in told("required")(contract) if constraint.pointer.count("/") == 1]


@broken("refuse", bodies, spoils_all=True)
def refused_under_200(_at: Spot, gateway: Gateway, error: ErrorResponse) -> GatewayResponse:
    """A error says that all went well."""
    return GatewayResponse(200, reject(gateway, error).body)


@broken("refuse", bodies, spoils_all=True)
def refused_as_own_fault(_at: Spot, gateway: Gateway, error: ErrorResponse) -> GatewayResponse:
    """A error says that the gateway broke."""
    return GatewayResponse(500, reject(gateway, error).body)


@broken("refuse", expected("refusal-status"))
def refused_as_a_teapot(_at: Spot, gateway: Gateway, error: ErrorResponse) -> GatewayResponse:
    """Every refusal of a request has a status of its own."""
    right = reject(gateway, error)
    return GatewayResponse(418 if right.status == 400 else right.status, right.body)


@broken("refuse", told("required"))
def left_out_of_errors(at: Constraint, gateway: Gateway, error: ErrorResponse) -> GatewayResponse:
    """A part of the error body is missing."""
    right = reject(gateway, error)
    return replace(right, body=removed(right.body, at.pointer))


@broken("gateway", outermost)
def raw_errors_of_the_upstream(_at: Constraint, gateway: Gateway) -> Gateway:
    """What the upstream refuses is told in the upstream's own words, whatever their shape."""
    heard = nothing_heard()

    def told(own: Gateway, error: ErrorResponse) -> GatewayResponse:
        right, raw = reject(own, error), heard.get()
        return right if raw is ABSENT else replace(right, body=raw)

    upstream = replace(gateway.upstream, wire=Overheard(gateway.upstream.wire, heard))
    return replace(gateway, validate=leaves_to_upstream, reject=told, upstream=upstream)


@broken("refuse", told("type"))
def list_in_errors(at: Constraint, gateway: Gateway, error: ErrorResponse) -> GatewayResponse:
    """A part of the error body is a list."""
    right = reject(gateway, error)
    return replace(right, body=placed(right.body, at.pointer, LIST) if at.pointer else LIST)


@broken("refuse", told("minLength"))
def empty_in_errors(at: Constraint, gateway: Gateway, error: ErrorResponse) -> GatewayResponse:
    """A text of the error body says nothing."""
    right = reject(gateway, error)
    return replace(right, body=placed(right.body, at.pointer, ""))


@broken("refuse", expected("other-method-refused"))
def any_method_taken(_at: Spot, gateway: Gateway, error: ErrorResponse) -> GatewayResponse:
    """Another method is answered as if all went well."""
    right = reject(gateway, error)
    return replace(right, status=200 if right.status == 405 else right.status)


@broken("app", expected("answer-given"))
async def hangs_up_on_other_methods(_at: Spot, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Where another method should be refused the connection is broken."""

    async def broken_off(message: Message) -> None:
        if message.get("status") == 405:
            await drop(scope, receive)
        await send(message)

    await app(scope, receive, broken_off)
