"""Defects of errors: a failure of the upstream is not survived, or an error response is not what it should be."""

from collections.abc import Callable
from dataclasses import replace
from itertools import starmap

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway_contract.schema.constraint import Constraint
from gateway_contract.values.json_value import ABSENT, Json
from gateway_contract.values.pointer import parent, placed, read, removed
from mock_server.defects.conforming import leave_to_upstream
from mock_server.defects.defect import PlainSite, gateway_defect
from mock_server.defects.request_operators import Result, result_defect
from mock_server.defects.response_operators import answer_defect, error_body_defect, reject_defect
from mock_server.defects.sites import (
    bodies,
    error_constraints,
    error_containers,
    error_objects,
    expected,
    first_error_members,
    images_of,
)
from mock_server.defects.wrapping import (
    ChangedTransport,
    no_answer_yet,
    with_middleware,
    with_rejections,
    with_transport,
)
from mock_server.gateway.stages import Gateway, GatewayRequest, GatewayResponse
from mock_server.serving.error_response import BAD_GATEWAY, ErrorResponse
from mock_server.serving.server import reset_connection
from mock_server.upstream.client import http_transport

TIMEOUT = 3600.0  # seconds: longer than any client waits
LIST: Json = []
REASON: Json = "Bad request."
NEVER_IN_UTF_8 = b"\xff"


@gateway_defect(expected("answered-when-upstream-fails"))
def no_upstream_timeout(gateway: Gateway, _site: PlainSite) -> Gateway:
    """The gateway waits for a silent upstream without end, and so does the client."""
    return with_transport(gateway, http_transport(TIMEOUT))


@result_defect(expected("no-success-without-images"))
def empty_success_on_upstream_error(result: Result) -> Result:
    """When the upstream fails, the client gets a success without images."""
    return [] if result is BAD_GATEWAY else result


@reject_defect(expected("error-has-the-usual-shape"))
def string_as_error_body(error: ErrorResponse, response: GatewayResponse) -> GatewayResponse:
    """When the upstream fails, the error body is a string."""
    return replace(response, body=error.message) if error is BAD_GATEWAY else response


@result_defect(expected("clients-fault-is-4xx"), "400-as-500")
def upstream_400_as_500(result: Result) -> Result:
    """A request that the upstream refuses gets 500, not 400."""
    return replace(result, status=500) if isinstance(result, ErrorResponse) and result.status == 400 else result


@reject_defect(expected("vendors-fault-is-5xx"), "502-as-400")
def bad_gateway_as_bad_request(error: ErrorResponse, response: GatewayResponse) -> GatewayResponse:
    """A failure of the upstream gets 400, not 502."""
    return replace(response, status=400) if error is BAD_GATEWAY else response


@reject_defect(expected("own-key-is-not-the-clients"), "502-as-401")
def bad_gateway_as_unauthorized(error: ErrorResponse, response: GatewayResponse) -> GatewayResponse:
    """When the upstream rejects the gateway's key, the client gets 401."""
    return replace(response, status=401) if error is BAD_GATEWAY else response


@reject_defect(expected("throttling-is-429"), "429-as-500")
def too_many_requests_as_internal_error(_error: ErrorResponse, response: GatewayResponse) -> GatewayResponse:
    """When the upstream is busy, the client gets 500, not 429."""
    return replace(response, status=500) if response.status == 429 else response


@reject_defect(expected("throttling-is-429"), "429-as-503")
def too_many_requests_as_unavailable(_error: ErrorResponse, response: GatewayResponse) -> GatewayResponse:
    """When the upstream is busy, the client gets 503, not 429."""
    return replace(response, status=503) if response.status == 429 else response


@reject_defect(expected("retry-after-is-kept"))
def retry_after_dropped(_error: ErrorResponse, response: GatewayResponse) -> GatewayResponse:
    """The Retry-After header is dropped."""
    return replace(response, headers={})


@reject_defect(expected("retry-after-is-kept"))
def retry_after_with_unit(_error: ErrorResponse, response: GatewayResponse) -> GatewayResponse:
    """The Retry-After header has a unit behind its number, as some languages write durations."""
    return replace(response, headers={name: f"{value}s" for name, value in response.headers.items()})


@result_defect(expected("content-refusal-is-told"))
def moderation_hidden(result: Result) -> Result:
    """The error does not say that the upstream refused the content."""
    if isinstance(result, ErrorResponse) and result.status == 400:
        return replace(result, code="invalid_value", message="The image service refused.")
    return result


@answer_defect(expected("fewer-images-are-told"))
async def missing_image_left_empty(
    _site: PlainSite, gateway: Gateway, body: Json, links: list[str], request: GatewayRequest
) -> GatewayResponse:
    """In place of a missing image an empty object is returned."""
    right, images = await gateway.answer(gateway, body, links, request), images_of(gateway.contract)
    requested, items = read(body, images.count), read(right.body, images.pointer)
    missing = requested - len(links) if isinstance(requested, int) else 0
    empty: list[Json] = [{}] * missing
    return (
        replace(right, body=placed(right.body, images.pointer, [*items, *empty])) if isinstance(items, list) else right
    )


@answer_defect(expected("fewer-images-are-told"))
async def missing_image_duplicated(
    _site: PlainSite, gateway: Gateway, body: Json, links: list[str], request: GatewayRequest
) -> GatewayResponse:
    """In place of a missing image the first is returned again."""
    requested = read(body, images_of(gateway.contract).count)
    missing = requested - len(links) if isinstance(requested, int) else 0
    return await gateway.answer(gateway, body, [*links, *links[:1] * missing], request)


@reject_defect(bodies, spoils_all=True)
def error_with_200(_error: ErrorResponse, response: GatewayResponse) -> GatewayResponse:
    """An error has the status 200."""
    return GatewayResponse(200, response.body)


@reject_defect(bodies, spoils_all=True)
def error_with_500(_error: ErrorResponse, response: GatewayResponse) -> GatewayResponse:
    """An error has the status 500."""
    return GatewayResponse(500, response.body)


@reject_defect(expected("refusal-status"), "400-as-418")
def bad_request_as_teapot(_error: ErrorResponse, response: GatewayResponse) -> GatewayResponse:
    """An invalid request gets 418, not 400."""
    return replace(response, status=418 if response.status == 400 else response.status)


@reject_defect(expected("refusal-status"), "400-as-406")
def bad_request_as_not_acceptable(_error: ErrorResponse, response: GatewayResponse) -> GatewayResponse:
    """An invalid request gets 406, which is about the Accept header, not 400."""
    return replace(response, status=406 if response.status == 400 else response.status)


@error_body_defect(error_constraints("required"))
def missing_in_errors(constraint: Constraint, body: Json) -> Json:
    """A part of the error body is missing."""
    return removed(body, constraint.pointer)


@error_body_defect(first_error_members("required"), spoils_all=True)
def capitalized_in_errors(constraint: Constraint, body: Json) -> Json:
    """The names within the error object begin with a capital."""
    return with_members(constraint, body, lambda name, value: (name.capitalize(), value))


@gateway_defect(error_objects)
def raw_upstream_errors(gateway: Gateway, _site: Constraint) -> Gateway:
    """An error of the upstream is returned as it is, whatever its shape."""
    last_answer = no_answer_yet()

    def reject(own: Gateway, error: ErrorResponse) -> GatewayResponse:
        right, raw = gateway.reject(own, error), last_answer.get()
        return right if raw is None or raw.body is ABSENT else replace(right, body=raw.body)

    transport = ChangedTransport(gateway.upstream.transport, last_answer=last_answer)
    return replace(with_transport(gateway, transport), validate=leave_to_upstream, reject=reject)


@error_body_defect(error_constraints("type"))
def list_in_errors(constraint: Constraint, body: Json) -> Json:
    """A part of the error body is a list."""
    return placed(body, constraint.pointer, LIST) if constraint.pointer else LIST


@error_body_defect(error_containers)
def string_in_errors(constraint: Constraint, body: Json) -> Json:
    """The error body, or the error object within it, is a string."""
    return placed(body, constraint.pointer, REASON) if constraint.pointer else REASON


@error_body_defect(first_error_members("type"), spoils_all=True)
def true_in_errors(constraint: Constraint, body: Json) -> Json:
    """Every value within the error object is true."""
    return with_members(constraint, body, lambda name, _: (name, True))


def with_members(constraint: Constraint, body: Json, change: Callable[[str, Json], tuple[str, Json]]) -> Json:
    """The body with other members of the object to which a constraint's value belongs."""
    pointer = parent(constraint.pointer)
    within = read(body, pointer)
    changed: Json = dict(starmap(change, within.items())) if isinstance(within, dict) else None
    return placed(body, pointer, changed)


@error_body_defect(error_constraints("minLength"))
def empty_in_errors(constraint: Constraint, body: Json) -> Json:
    """A string in the error body is empty."""
    return placed(body, constraint.pointer, "")


@gateway_defect(error_constraints("minLength"))
def empty_when_unauthorized(gateway: Gateway, site: Constraint) -> Gateway:
    """A string in the body of the error for a wrong token is empty."""

    def emptied(_error: ErrorResponse, right: GatewayResponse) -> GatewayResponse:
        return replace(right, body=placed(right.body, site.pointer, "")) if right.status == 401 else right

    return with_rejections(gateway, emptied)


@reject_defect(expected("other-method-refused"), "405-as-200")
def method_not_allowed_as_ok(_error: ErrorResponse, response: GatewayResponse) -> GatewayResponse:
    """Another method gets 200, not 405."""
    return replace(response, status=200 if response.status == 405 else response.status)


@gateway_defect(expected("answer-given"), in_images=True)
def connection_reset_on_405(gateway: Gateway, _site: PlainSite) -> Gateway:
    """Another method gets no response: the connection is reset."""

    def resetting(app: ASGIApp) -> ASGIApp:
        async def reset(scope: Scope, receive: Receive, send: Send) -> None:
            async def dropping(message: Message) -> None:
                if message.get("status") == 405:
                    await reset_connection(scope, receive)
                await send(message)

            await app(scope, receive, dropping)

        return reset

    return with_middleware(gateway, resetting)


@gateway_defect(expected("answer-given"))
def connection_closed_on_invalid_utf_8(gateway: Gateway, _site: PlainSite) -> Gateway:
    """A body that is not UTF-8 gets no response: what reads it dies, and the connection is reset."""

    def resetting(app: ASGIApp) -> ASGIApp:
        async def reset(scope: Scope, receive: Receive, send: Send) -> None:
            async def reading() -> Message:
                message = await receive()
                if NEVER_IN_UTF_8 in message.get("body", b""):
                    await reset_connection(scope, receive)
                return message

            await app(scope, reading, send)

        return reset

    return with_middleware(gateway, resetting)
