"""A gateway by its contract, as six stages: authenticate, read, validate, map, call, answer.

A stage takes what came before it and gives what comes after it, or a refusal. A gateway that is broken in one way is
this gateway with one stage replaced.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from gateway_contract.contract.definition import Contract
from gateway_contract.contract.mapping import upstream_body
from gateway_contract.contract.validity import NOT_JUDGED
from gateway_contract.values.json_value import ABSENT, Json, read_json
from mock_server.gateway.openai_errors import NO_TOKEN, NOT_JSON, WRONG_TOKEN, refusal_body, refusal_of
from mock_server.gateway.response_body import ImageGoneError, answer_body
from mock_server.serving.error_response import UPSTREAM_BROKE, Refusal
from mock_server.upstream.client import UpstreamClient


@dataclass(frozen=True, slots=True)
class Incoming:
    """A client's request as it arrived. `base` is this gateway's own URL as the client knows it."""

    method: str
    headers: Mapping[str, str]
    content: bytes
    base: str


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What the client is answered."""

    status: int
    body: Json
    headers: Mapping[str, str] = field(default_factory=dict)


Authenticate: TypeAlias = "Callable[[Gateway, Incoming], Refusal | None]"
Read: TypeAlias = "Callable[[Gateway, Incoming], Json | Refusal]"
Validate: TypeAlias = "Callable[[Gateway, Json], Json | Refusal]"
Map: TypeAlias = "Callable[[Gateway, Json], Json]"
Call: TypeAlias = "Callable[[Gateway, Json, Json, Incoming], Awaitable[list[str] | Refusal]]"
Respond: TypeAlias = "Callable[[Gateway, Json, list[str], Incoming], Awaitable[Outgoing]]"
Refuse: TypeAlias = "Callable[[Gateway, Refusal], Outgoing]"


def authenticate(gateway: "Gateway", incoming: Incoming) -> Refusal | None:
    scheme, _, token = incoming.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        return NO_TOKEN
    return WRONG_TOKEN if gateway.token is not None and token.strip() != gateway.token else None


def read_body(_gateway: "Gateway", incoming: Incoming) -> Json | Refusal:
    body = read_json(incoming.content)
    return NOT_JSON if body is ABSENT else body


def validate(gateway: "Gateway", body: Json) -> Json | Refusal:
    broken = gateway.contract.operation.request.broken(body)
    if not broken:
        return body
    breaches = frozenset([one for one in broken if one.keyword != NOT_JUDGED])
    return refusal_of(gateway.contract, body, breaches) if breaches else body


async def generate(gateway: "Gateway", _body: Json, call: Json, _incoming: Incoming) -> list[str] | Refusal:
    return await gateway.upstream.generate(call)


async def answer(gateway: "Gateway", body: Json, links: list[str], incoming: Incoming) -> Outgoing:
    try:
        return Outgoing(200, await answer_body(gateway.contract, gateway.upstream, body, links, incoming.base))
    except ImageGoneError:
        return gateway.refuse(gateway, UPSTREAM_BROKE)


def refuse(gateway: "Gateway", refusal: Refusal) -> Outgoing:
    headers = {} if refusal.retry_after is None else {"retry-after": refusal.retry_after}
    return Outgoing(refusal.status, refusal_body(gateway.contract, refusal), headers)


def map_body(gateway: "Gateway", body: Json) -> Json:
    return upstream_body(gateway.contract, body)


@dataclass(frozen=True, slots=True)
class Gateway:
    """One gateway. `token` is the only one it takes; None takes any that is not empty."""

    contract: Contract
    upstream: UpstreamClient
    token: str | None = field(default=None, repr=False)
    authenticate: Authenticate = authenticate
    read: Read = read_body
    validate: Validate = validate
    map: Map = map_body
    call: Call = generate
    answer: Respond = answer
    refuse: Refuse = refuse


async def handle(gateway: Gateway, incoming: Incoming) -> Outgoing:
    """One request through all stages; the first refusal ends it."""
    refusal = gateway.authenticate(gateway, incoming)
    if refusal is not None:
        return gateway.refuse(gateway, refusal)
    body = gateway.read(gateway, incoming)
    if not isinstance(body, Refusal):
        body = gateway.validate(gateway, body)
    if isinstance(body, Refusal):
        return gateway.refuse(gateway, body)
    links = await gateway.call(gateway, body, gateway.map(gateway, body), incoming)
    if isinstance(links, Refusal):
        return gateway.refuse(gateway, links)
    return await gateway.answer(gateway, body, links, incoming)
