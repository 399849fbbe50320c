"""A gateway by its contract, as six stages: authenticate, read, validate, map, call, answer.

A stage takes what came before it and gives what comes after it, or a error. A gateway that is broken in one way is
this gateway with one stage replaced.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from starlette.types import ASGIApp

from gateway_contract.contract.definition import Contract
from gateway_contract.contract.mapping import upstream_body
from gateway_contract.contract.validity import NOT_JUDGED
from gateway_contract.values.json_value import ABSENT, Json, read_json
from mock_server.gateway.once_per_key import KEY_REUSED, KeyedRequests, digest_of, key_of
from mock_server.gateway.openai_errors import NO_TOKEN, NOT_JSON, WRONG_TOKEN, error_body, error_for, rejection_error
from mock_server.gateway.response_body import ImageGoneError, answer_body
from mock_server.images.requested import hash_values
from mock_server.serving.error_response import BAD_GATEWAY, ErrorResponse
from mock_server.upstream.client import UpstreamClient


@dataclass(frozen=True, slots=True)
class GatewayRequest:
    """A client's request. `base` is the gateway's own URL as the client knows it."""

    method: str
    headers: Mapping[str, str]
    content: bytes
    base: str


@dataclass(frozen=True, slots=True)
class GatewayResponse:
    """A response to the client, before it is serialized."""

    status: int
    body: Json
    headers: Mapping[str, str] = field(default_factory=dict)


class AuthenticateStage(Protocol):
    def __call__(self, gateway: "Gateway", request: GatewayRequest, /) -> ErrorResponse | None: ...


class ReadStage(Protocol):
    def __call__(self, gateway: "Gateway", request: GatewayRequest, /) -> Json | ErrorResponse: ...


class ValidateStage(Protocol):
    def __call__(self, gateway: "Gateway", body: Json, /) -> Json | ErrorResponse: ...


class MapStage(Protocol):
    def __call__(self, gateway: "Gateway", body: Json, /) -> Json: ...


class CallStage(Protocol):
    def __call__(
        self, gateway: "Gateway", body: Json, call: Json, request: GatewayRequest, /
    ) -> Awaitable[list[str] | ErrorResponse]: ...


class AnswerStage(Protocol):
    def __call__(
        self, gateway: "Gateway", body: Json, links: list[str], request: GatewayRequest, /
    ) -> Awaitable[GatewayResponse]: ...


class RejectStage(Protocol):
    def __call__(self, gateway: "Gateway", error: ErrorResponse, /) -> GatewayResponse: ...


def authenticate(gateway: "Gateway", request: GatewayRequest) -> ErrorResponse | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        return NO_TOKEN
    return WRONG_TOKEN if gateway.token is not None and token.strip() != gateway.token else None


def read_body(_gateway: "Gateway", request: GatewayRequest) -> Json | ErrorResponse:
    body = read_json(request.content)
    return NOT_JSON if body is ABSENT else body


def validate(gateway: "Gateway", body: Json) -> Json | ErrorResponse:
    contract = gateway.contract
    if broken := contract.operation.request.broken(body):
        breaches = frozenset([one for one in broken if one.keyword != NOT_JUDGED])
        if breaches:
            return error_for(contract, body, breaches)
    for rejection in contract.mock_rejections:
        if rejection.applies(body):
            return rejection_error(rejection)
    return body


async def generate(gateway: "Gateway", _body: Json, call: Json, _request: GatewayRequest) -> list[str] | ErrorResponse:
    return await gateway.upstream.generate(call)


async def call_once(gateway: "Gateway", body: Json, call: Json, request: GatewayRequest) -> list[str] | ErrorResponse:
    """One call for all requests with the same idempotency key; one that failed is made again."""
    key = key_of(gateway.contract, request.headers)
    if key is None:
        return await gateway.call(gateway, body, call, request)
    digest = hash_values([body])
    known = gateway.keyed.entry(digest_of(request.headers, key), digest)
    if known.body != digest:
        return KEY_REUSED
    async with known.turn:
        if known.links is None:
            made = await gateway.call(gateway, body, call, request)
            if isinstance(made, ErrorResponse):
                return made
            known.links = made
        return known.links


async def answer(gateway: "Gateway", body: Json, links: list[str], request: GatewayRequest) -> GatewayResponse:
    try:
        return GatewayResponse(200, await answer_body(gateway.contract, gateway.upstream, body, links, request.base))
    except ImageGoneError:
        return gateway.reject(gateway, BAD_GATEWAY)


def reject(gateway: "Gateway", error: ErrorResponse) -> GatewayResponse:
    headers = {} if error.retry_after is None else {"retry-after": error.retry_after}
    return GatewayResponse(error.status, error_body(gateway.contract, error), headers)


def map_body(gateway: "Gateway", body: Json) -> Json:
    return upstream_body(gateway.contract, body)


@dataclass(frozen=True, slots=True)
class Gateway:
    """A gateway. `token` is the only one it accepts; None accepts any that is not empty.

    `middleware` wraps its application, the first innermost.
    """

    contract: Contract
    upstream: UpstreamClient
    token: str | None = field(default=None, repr=False)
    authenticate: AuthenticateStage = authenticate
    read: ReadStage = read_body
    validate: ValidateStage = validate
    map: MapStage = map_body
    call: CallStage = generate
    call_once: CallStage = call_once
    answer: AnswerStage = answer
    reject: RejectStage = reject
    middleware: tuple[Callable[[ASGIApp], ASGIApp], ...] = ()
    keyed: KeyedRequests = field(default_factory=KeyedRequests, repr=False, compare=False)


async def handle(gateway: Gateway, request: GatewayRequest) -> GatewayResponse:
    """Pass a request through all stages; the first error ends it."""
    error = gateway.authenticate(gateway, request)
    if error is not None:
        return gateway.reject(gateway, error)
    body = gateway.read(gateway, request)
    if not isinstance(body, ErrorResponse):
        body = gateway.validate(gateway, body)
    if isinstance(body, ErrorResponse):
        return gateway.reject(gateway, body)
    links = await gateway.call_once(gateway, body, gateway.map(gateway, body), request)
    if isinstance(links, ErrorResponse):
        return gateway.reject(gateway, links)
    return await gateway.answer(gateway, body, links, request)
