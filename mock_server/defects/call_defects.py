"""Gateways that let anybody in, waste money, or tell secrets."""

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Literal

from gateway_contract.contract.definition import Contract
from gateway_contract.contract.mapping import upstream_body
from gateway_contract.contract.validity import NOT_JUDGED, upstream_refuses
from gateway_contract.values.json_value import ABSENT, Json, Nothing
from gateway_contract.values.pointer import below, parent, placed
from mock_server.defects.defect import Spot, broken
from mock_server.defects.sites import authorization, expected, optional, upstream_of
from mock_server.gateway.openai_errors import NO_TOKEN, error_for
from mock_server.gateway.stages import (
    Gateway,
    GatewayRequest,
    GatewayResponse,
    authenticate,
    generate,
    reject,
    validate,
)
from mock_server.serving.error_response import ErrorResponse
from mock_server.upstream.client import Outbound, UpstreamWire
from mock_server.upstream.stub_app import UpstreamAnswer

Heard = ContextVar[Json | Literal[Nothing.ABSENT]]


@dataclass(frozen=True, slots=True)
class Readdressed:
    """Calls go to another address than the one that is right."""

    wire: UpstreamWire
    change: Callable[[str], str]

    async def send(self, outbound: Outbound) -> UpstreamAnswer:
        return await self.wire.send(replace(outbound, url=self.change(outbound.url)))

    async def image(self, link: str) -> bytes | None:
        return await self.wire.image(link)

    async def aclose(self) -> None:
        await self.wire.aclose()


@dataclass(frozen=True, slots=True)
class Overheard:
    """What the upstream answers in the course of a request is kept until its end."""

    wire: UpstreamWire
    heard: Heard

    async def send(self, outbound: Outbound) -> UpstreamAnswer:
        answer = await self.wire.send(outbound)
        self.heard.set(answer.body)
        return answer

    async def image(self, link: str) -> bytes | None:
        return await self.wire.image(link)

    async def aclose(self) -> None:
        await self.wire.aclose()


def nothing_heard() -> Heard:
    return ContextVar("what the upstream answered", default=ABSENT)


SLOW = 3  # images


def token_of(request: GatewayRequest) -> str:
    return request.headers.get("authorization", "").partition(" ")[2].strip()


@broken("authenticate", authorization)
def nobody_is_asked(_at: Spot, _gateway: Gateway, _request: GatewayRequest) -> None:
    """There is no check at all."""


@broken("authenticate", authorization)
def any_scheme(_at: Spot, gateway: Gateway, request: GatewayRequest) -> ErrorResponse | None:
    """The right token is taken under any scheme."""
    scheme, _, rest = request.headers.get("authorization", "").partition(" ")
    return authenticate(gateway, replace(request, headers={"authorization": f"Bearer {rest}" if scheme else ""}))


@broken("authenticate", authorization)
def any_token(_at: Spot, _gateway: Gateway, request: GatewayRequest) -> ErrorResponse | None:
    """Some token is enough."""
    return None if request.headers.get("authorization", "").startswith("Bearer ") else NO_TOKEN


@broken("authenticate", authorization)
def empty_token(_at: Spot, gateway: Gateway, request: GatewayRequest) -> ErrorResponse | None:
    """The scheme alone is enough."""
    return None if request.headers.get("authorization") == "Bearer" else authenticate(gateway, request)


@broken("authenticate", authorization)
def no_header_taken(_at: Spot, gateway: Gateway, request: GatewayRequest) -> ErrorResponse | None:
    """A token is checked, but who sends none is let in."""
    return authenticate(gateway, request) if request.headers.get("authorization") else None


@broken("authenticate", authorization)
def breaks_without_a_header(_at: Spot, gateway: Gateway, request: GatewayRequest) -> ErrorResponse | None:
    """Nobody thought of requests without the header."""
    return authenticate(gateway, request) if request.headers["authorization"] else NO_TOKEN


@broken("refuse", expected("unauthorized-status"))
def unauthorized_as_bad_request(_at: Spot, gateway: Gateway, error: ErrorResponse) -> GatewayResponse:
    """A wrong token is called a bad request."""
    right = reject(gateway, error)
    return GatewayResponse(400 if right.status == 401 else right.status, right.body)


@broken("call", expected("one-generation"))
async def called_twice(
    _at: Spot, gateway: Gateway, body: Json, call: Json, request: GatewayRequest
) -> list[str] | ErrorResponse:
    """The upstream is asked twice, and paid twice."""
    await generate(gateway, body, call, request)
    return await generate(gateway, body, call, request)


@broken("call", expected("one-generation"))
async def called_again_when_slow(
    _at: Spot, gateway: Gateway, body: Json, call: Json, request: GatewayRequest
) -> list[str] | ErrorResponse:
    """What takes the upstream long, as several images do, is asked for a second time behind the client's back."""
    made = await generate(gateway, body, call, request)
    slow = not isinstance(made, ErrorResponse) and len(made) >= SLOW
    return await generate(gateway, body, call, request) if slow else made


@broken("call", expected("upstream-call-valid"), memory=list[str], spoils_all=True)
async def refusals_glossed_over(
    _at: Spot, kept: list[str], gateway: Gateway, body: Json, call: Json, request: GatewayRequest
) -> list[str] | ErrorResponse:
    """The upstream is asked in a way that it refuses, and the client gets images of earlier requests."""
    wrong = next(iter(optional(gateway.contract))).upstream
    made = await generate(gateway, body, placed(call, wrong, {}) if kept else call, request)
    kept += [] if isinstance(made, ErrorResponse) else made
    return kept[:1] or made


@broken("gateway", expected("no-generation-when-refused"))
def called_before_checking(_at: Spot, gateway: Gateway) -> Gateway:
    """The images are made before the request is looked at."""

    async def call(own: Gateway, body: Json, call: Json, request: GatewayRequest) -> list[str] | ErrorResponse:
        made = await generate(own, body, call, request)
        error = validate(own, body)
        return error if isinstance(error, ErrorResponse) else made

    return replace(gateway, validate=lambda _, body: body, call=call, map=mapped_if_possible)


def mapped_if_possible(gateway: Gateway, body: Json) -> Json:
    try:
        return upstream_body(gateway.contract, body)
    except (ValueError, AttributeError, TypeError):
        return {}


@broken("call", expected("client-token-stays"))
async def client_token_as_key(
    _at: Spot, gateway: Gateway, body: Json, call: Json, request: GatewayRequest
) -> list[str] | ErrorResponse:
    """The upstream gets the client's token for a key."""
    lent = replace(gateway, upstream=replace(gateway.upstream, key=token_of(request)))
    return await generate(lent, body, call, request)


@broken("call", expected("client-token-stays"))
async def client_token_in_body(
    _at: Spot, gateway: Gateway, body: Json, call: Json, request: GatewayRequest
) -> list[str] | ErrorResponse:
    """The upstream is told who asks, by the client's token."""
    beside = next(iter(optional(gateway.contract))).upstream
    return await generate(gateway, body, placed(call, below(parent(beside), "user"), token_of(request)), request)


@broken("call", expected("client-token-stays"))
async def client_token_in_query(
    _at: Spot, gateway: Gateway, body: Json, call: Json, request: GatewayRequest
) -> list[str] | ErrorResponse:
    """The upstream is told who asks in the address, by the client's token."""
    wire = Readdressed(gateway.upstream.wire, lambda url: f"{url}?user={token_of(request)}")
    return await generate(replace(gateway, upstream=replace(gateway.upstream, wire=wire)), body, call, request)


@broken("call", expected("nothing-overridden"))
async def key_from_the_body(
    _at: Spot, gateway: Gateway, body: Json, call: Json, request: GatewayRequest
) -> list[str] | ErrorResponse:
    """A client may say with which key the upstream is called."""
    chosen = [value for value in unknown_texts(gateway.contract, body) if value.startswith("sk-")]
    upstream = replace(gateway.upstream, key=chosen[0]) if chosen else gateway.upstream
    return await generate(replace(gateway, upstream=upstream), body, call, request)


@broken("call", expected("nothing-overridden"))
async def address_from_the_body(
    _at: Spot, gateway: Gateway, body: Json, call: Json, request: GatewayRequest
) -> list[str] | ErrorResponse:
    """A client may say which upstream is called, and is handed the gateway's key there."""
    chosen = [value for value in unknown_texts(gateway.contract, body) if value.startswith("http")]
    upstream = replace(gateway.upstream, url=chosen[0]) if chosen else gateway.upstream
    return await generate(replace(gateway, upstream=upstream), body, call, request)


def unknown_texts(contract: Contract, body: Json) -> list[str]:
    """The texts at the top of a body that no page names."""
    known = {part.pointer for part in contract.request.parts}
    found = body.items() if isinstance(body, dict) else ()
    return [value for name, value in found if isinstance(value, str) and below("", name) not in known]


def leaves_to_upstream(gateway: Gateway, body: Json) -> Json | ErrorResponse:
    """Checks only what the upstream would not."""
    broken_ones = frozenset(one for one in gateway.contract.request.broken(body) if one.keyword != NOT_JUDGED)
    if not broken_ones or upstream_would_refuse(gateway.contract, body):
        return body
    return error_for(gateway.contract, body, broken_ones)


def upstream_would_refuse(contract: Contract, body: Json) -> bool:
    try:
        return bool(upstream_refuses(upstream_of(contract), upstream_body(contract, body)))
    except (ValueError, TypeError):
        return False


@broken("gateway", expected("no-upstream-secrets"))
def key_told_in_errors(_at: Spot, gateway: Gateway) -> Gateway:
    """What went wrong upstream is told with the key that went there."""

    def told(own: Gateway, error: ErrorResponse) -> GatewayResponse:
        return reject(own, replace(error, message=f"{error.message} ({own.upstream.key})"))

    return replace(gateway, validate=leaves_to_upstream, reject=told)


@broken("gateway", expected("no-upstream-secrets"))
def address_told_in_errors(_at: Spot, gateway: Gateway) -> Gateway:
    """What went wrong upstream is told with the address where it did."""

    def told(own: Gateway, error: ErrorResponse) -> GatewayResponse:
        return reject(own, replace(error, message=f"{error.message} at {own.upstream.url}"))

    return replace(gateway, validate=leaves_to_upstream, reject=told)
