"""Defects of security and cost: anybody is let in, calls are paid for twice, secrets leak."""

from collections.abc import Callable
from dataclasses import replace

from gateway_contract.contract.definition import Contract
from gateway_contract.values.json_value import Json
from gateway_contract.values.pointer import below, parent, placed
from mock_server.defects.conforming import leave_to_upstream
from mock_server.defects.defect import PlainSite, gateway_defect
from mock_server.defects.request_operators import Result, authenticate_defect, call_defect
from mock_server.defects.response_operators import reject_defect
from mock_server.defects.sites import authorization, expected, optional
from mock_server.defects.wrapping import ChangedTransport, with_transport
from mock_server.gateway.openai_errors import NO_TOKEN
from mock_server.gateway.stages import Gateway, GatewayRequest, GatewayResponse
from mock_server.serving.error_response import ErrorResponse

SLOW = 3  # images
BEGINNING = 4  # characters of a token


def authorization_in(request: GatewayRequest) -> str:
    return request.headers.get("authorization", "")


def token_in(request: GatewayRequest) -> str:
    return authorization_in(request).partition(" ")[2].strip()


@authenticate_defect(authorization)
def no_authentication(_gateway: Gateway, _request: GatewayRequest) -> None:
    """The token is not checked at all."""


@authenticate_defect(authorization)
def any_scheme_accepted(gateway: Gateway, request: GatewayRequest) -> ErrorResponse | None:
    """The right token is accepted with any scheme."""
    scheme, _, token = authorization_in(request).partition(" ")
    as_bearer = {"authorization": f"Bearer {token}" if scheme else ""}
    return gateway.authenticate(gateway, replace(request, headers=as_bearer))


@authenticate_defect(authorization)
def any_token_accepted(_gateway: Gateway, request: GatewayRequest) -> ErrorResponse | None:
    """Any token is accepted."""
    return None if authorization_in(request).startswith("Bearer ") else NO_TOKEN


@authenticate_defect(authorization)
def beginning_of_token_compared(gateway: Gateway, request: GatewayRequest) -> ErrorResponse | None:
    """A token is accepted if it begins like the right one and is as long."""
    right, given = gateway.token or "", token_in(request)
    is_alike = bool(given) and len(given) == len(right) and given[:BEGINNING] == right[:BEGINNING]
    bearer = authorization_in(request).startswith("Bearer ")
    return None if is_alike and bearer else gateway.authenticate(gateway, request)


@authenticate_defect(authorization)
def empty_token_accepted(gateway: Gateway, request: GatewayRequest) -> ErrorResponse | None:
    """The scheme without a token is accepted."""
    return None if authorization_in(request) == "Bearer" else gateway.authenticate(gateway, request)


@authenticate_defect(authorization)
def missing_header_accepted(gateway: Gateway, request: GatewayRequest) -> ErrorResponse | None:
    """A token is checked, but a request without the header is accepted."""
    return gateway.authenticate(gateway, request) if authorization_in(request) else None


@authenticate_defect(authorization)
def crash_on_missing_header(gateway: Gateway, request: GatewayRequest) -> ErrorResponse | None:
    """A request without the header raises an exception."""
    return gateway.authenticate(gateway, request) if request.headers["authorization"] else NO_TOKEN


@reject_defect(expected("unauthorized-status"), "401-as-400")
def unauthorized_as_bad_request(_error: ErrorResponse, response: GatewayResponse) -> GatewayResponse:
    """A wrong token gets 400, not 401."""
    return replace(response, status=400 if response.status == 401 else response.status)


@reject_defect(expected("unauthorized-status"), "401-as-404")
def unauthorized_as_not_found(_error: ErrorResponse, response: GatewayResponse) -> GatewayResponse:
    """A wrong token gets 404, not 401."""
    return replace(response, status=404 if response.status == 401 else response.status)


@call_defect(expected("one-generation"))
async def called_twice(gateway: Gateway, body: Json, call: Json, request: GatewayRequest) -> Result:
    """The upstream is called, and paid, twice."""
    await gateway.call(gateway, body, call, request)
    return await gateway.call(gateway, body, call, request)


@call_defect(expected("one-generation"))
async def retried_when_slow(gateway: Gateway, body: Json, call: Json, request: GatewayRequest) -> Result:
    """A call that takes long, as for several images, is made again without the client knowing."""
    made = await gateway.call(gateway, body, call, request)
    slow = not isinstance(made, ErrorResponse) and len(made) >= SLOW
    return await gateway.call(gateway, body, call, request) if slow else made


@gateway_defect(expected("upstream-call-valid"), spoils_all=True)
def errors_hidden_by_old_images(gateway: Gateway, _site: PlainSite) -> Gateway:
    """The upstream is called in a way that it refuses, and the client gets the images of earlier requests."""
    old: list[str] = []

    async def call(own: Gateway, body: Json, call: Json, request: GatewayRequest) -> Result:
        wrong = next(iter(optional(own.contract))).upstream
        made = await gateway.call(own, body, placed(call, wrong, {}) if old else call, request)
        old.extend([] if isinstance(made, ErrorResponse) else made)
        return old[:1] or made

    return replace(gateway, call=call)


@gateway_defect(expected("no-generation-when-refused"))
def called_before_validation(gateway: Gateway, _site: PlainSite) -> Gateway:
    """The images are generated before the request is validated."""

    def mapped(own: Gateway, body: Json) -> Json:
        try:
            return gateway.map(own, body)
        except (ValueError, AttributeError, TypeError):  # a body that was not validated may have any shape
            return {}

    async def call(own: Gateway, body: Json, call: Json, request: GatewayRequest) -> Result:
        made = await gateway.call(own, body, call, request)
        validated = gateway.validate(own, body)
        return validated if isinstance(validated, ErrorResponse) else made

    return replace(gateway, validate=lambda _, body: body, call=call, map=mapped)


@call_defect(expected("client-token-stays"))
async def client_token_as_key(gateway: Gateway, body: Json, call: Json, request: GatewayRequest) -> Result:
    """The upstream gets the client's token as its key."""
    return await called_with(gateway, body, call, request, key=token_in(request))


@call_defect(expected("client-token-stays"))
async def client_token_in_body(gateway: Gateway, body: Json, call: Json, request: GatewayRequest) -> Result:
    """The client's token is sent upstream in the body."""
    beside = next(iter(optional(gateway.contract))).upstream
    with_user = placed(call, below(parent(beside), "user"), token_in(request))
    return await gateway.call(gateway, body, with_user, request)


@call_defect(expected("client-token-stays"))
async def client_token_in_query(gateway: Gateway, body: Json, call: Json, request: GatewayRequest) -> Result:
    """The client's token is sent upstream in the query."""
    transport = ChangedTransport(gateway.upstream.transport, url_change=lambda url: f"{url}?user={token_in(request)}")
    return await gateway.call(with_transport(gateway, transport), body, call, request)


@call_defect(expected("nothing-overridden"))
async def key_from_body(gateway: Gateway, body: Json, call: Json, request: GatewayRequest) -> Result:
    """A client can choose the key with which the upstream is called."""
    return await called_with(gateway, body, call, request, key=unknown_text(gateway.contract, body, "sk-"))


@call_defect(expected("nothing-overridden"))
async def url_from_body(gateway: Gateway, body: Json, call: Json, request: GatewayRequest) -> Result:
    """A client can choose the upstream's URL, which then gets the gateway's key."""
    return await called_with(gateway, body, call, request, url=unknown_text(gateway.contract, body, "http"))


async def called_with(
    gateway: Gateway, body: Json, call: Json, request: GatewayRequest, *, key: str | None = None, url: str | None = None
) -> Result:
    client = gateway.upstream
    client = replace(client, key=client.key if key is None else key, url=client.url if url is None else url)
    return await gateway.call(replace(gateway, upstream=client), body, call, request)


def unknown_text(contract: Contract, body: Json, prefix: str) -> str | None:
    """The first text with that prefix in a field that the contract does not name."""
    known = {part.pointer for part in contract.request.parts}
    fields = body.items() if isinstance(body, dict) else ()
    found = (value for name, value in fields if isinstance(value, str) and below("", name) not in known)
    return next((value for value in found if value.startswith(prefix)), None)


@gateway_defect(expected("no-upstream-secrets"))
def key_in_errors(gateway: Gateway, _site: PlainSite) -> Gateway:
    """Error messages contain the gateway's key."""
    return with_words_in_errors(gateway, lambda own: f"({own.upstream.key})")


@gateway_defect(expected("no-upstream-secrets"))
def upstream_url_in_errors(gateway: Gateway, _site: PlainSite) -> Gateway:
    """Error messages contain the upstream's URL."""
    return with_words_in_errors(gateway, lambda own: f"at {own.upstream.url}")


def with_words_in_errors(gateway: Gateway, words: Callable[[Gateway], str]) -> Gateway:
    def reject(own: Gateway, error: ErrorResponse) -> GatewayResponse:
        return gateway.reject(own, replace(error, message=f"{error.message} {words(own)}"))

    return replace(gateway, validate=leave_to_upstream, reject=reject)
