"""Gateways that let anybody in, waste money, tell secrets, mix up their clients, or fail now and then."""

from collections import Counter
from dataclasses import replace

from gateway_contract.contract import Contract
from gateway_contract.mapping import upstream_body
from gateway_contract.pointer import below, parent, placed, read
from gateway_contract.standing import NOT_JUDGED, upstream_refuses
from gateway_contract.values import Json
from mock_server.defects.parts import authorization, expected, optional, requests, upstream_of
from mock_server.defects.way import Spot, broken
from mock_server.gateway import Gateway, Incoming, Outgoing, answer, authenticate, generate, refuse, validate
from mock_server.refusals import NO_TOKEN, Refusal, refusal_of

BROKE = Refusal(500, "server_error", "internal_error", "Something went wrong.")


def token_of(incoming: Incoming) -> str:
    return incoming.headers.get("authorization", "").partition(" ")[2].strip()


@broken("authenticate", authorization)
def nobody_is_asked(_at: Spot, _gateway: Gateway, _incoming: Incoming) -> None:
    """There is no check at all."""


@broken("authenticate", authorization)
def any_scheme(_at: Spot, gateway: Gateway, incoming: Incoming) -> Refusal | None:
    """The right token is taken under any scheme."""
    scheme, _, rest = incoming.headers.get("authorization", "").partition(" ")
    return authenticate(gateway, replace(incoming, headers={"authorization": f"Bearer {rest}" if scheme else ""}))


@broken("authenticate", authorization)
def any_token(_at: Spot, _gateway: Gateway, incoming: Incoming) -> Refusal | None:
    """Some token is enough."""
    return None if incoming.headers.get("authorization", "").startswith("Bearer ") else NO_TOKEN


@broken("authenticate", authorization)
def empty_token(_at: Spot, gateway: Gateway, incoming: Incoming) -> Refusal | None:
    """The scheme alone is enough."""
    return None if incoming.headers.get("authorization") == "Bearer" else authenticate(gateway, incoming)


@broken("authenticate", authorization)
def breaks_without_a_header(_at: Spot, gateway: Gateway, incoming: Incoming) -> Refusal | None:
    """Nobody thought of requests without the header."""
    return authenticate(gateway, incoming) if incoming.headers["authorization"] else NO_TOKEN


@broken("refuse", expected("unauthorized-status"))
def unauthorized_as_bad_request(_at: Spot, gateway: Gateway, refusal: Refusal) -> Outgoing:
    """A wrong token is called a bad request."""
    right = refuse(gateway, refusal)
    return Outgoing(400 if right.status == 401 else right.status, right.body)


@broken("call", expected("one-generation"))
async def called_twice(_at: Spot, gateway: Gateway, body: Json, call: Json, incoming: Incoming) -> list[str] | Refusal:
    """The upstream is asked twice, and paid twice."""
    await generate(gateway, body, call, incoming)
    return await generate(gateway, body, call, incoming)


@broken("call", expected("upstream-call-valid"), memory=list[str], spoils_all=True)
async def refusals_glossed_over(
    _at: Spot, kept: list[str], gateway: Gateway, body: Json, call: Json, incoming: Incoming
) -> list[str] | Refusal:
    """The upstream is asked in a way that it refuses, and the client gets images of earlier requests."""
    wrong = next(iter(optional(gateway.contract))).upstream
    made = await generate(gateway, body, placed(call, wrong, {}) if kept else call, incoming)
    kept += [] if isinstance(made, Refusal) else made
    return kept[:1] or made


@broken("gateway", expected("no-generation-when-refused"))
def called_before_checking(_at: Spot, gateway: Gateway) -> Gateway:
    """The images are made before the request is looked at."""

    async def call(own: Gateway, body: Json, call: Json, incoming: Incoming) -> list[str] | Refusal:
        made = await generate(own, body, call, incoming)
        refusal = validate(own, body)
        return refusal if isinstance(refusal, Refusal) else made

    return replace(gateway, validate=lambda _, body: body, call=call, map=mapped_if_possible)


def mapped_if_possible(gateway: Gateway, body: Json) -> Json:
    try:
        return upstream_body(gateway.contract, body)
    except (ValueError, AttributeError, TypeError):
        return {}


@broken("call", expected("client-token-stays"))
async def client_token_as_key(
    _at: Spot, gateway: Gateway, body: Json, call: Json, incoming: Incoming
) -> list[str] | Refusal:
    """The upstream gets the client's token for a key."""
    lent = replace(gateway, upstream=replace(gateway.upstream, key=token_of(incoming)))
    return await generate(lent, body, call, incoming)


@broken("call", expected("client-token-stays"))
async def client_token_in_body(
    _at: Spot, gateway: Gateway, body: Json, call: Json, incoming: Incoming
) -> list[str] | Refusal:
    """The upstream is told who asks, by the client's token."""
    beside = next(iter(optional(gateway.contract))).upstream
    return await generate(gateway, body, placed(call, below(parent(beside), "user"), token_of(incoming)), incoming)


def leaves_to_upstream(gateway: Gateway, body: Json) -> Json | Refusal:
    """Checks only what the upstream would not."""
    broken_ones = frozenset(one for one in gateway.contract.request.broken(body) if one.keyword != NOT_JUDGED)
    if not broken_ones or upstream_would_refuse(gateway.contract, body):
        return body
    return refusal_of(gateway.contract, body, broken_ones)


def upstream_would_refuse(contract: Contract, body: Json) -> bool:
    try:
        return bool(upstream_refuses(upstream_of(contract), upstream_body(contract, body)))
    except (ValueError, TypeError):
        return False


@broken("gateway", expected("no-upstream-secrets"))
def key_told_in_errors(_at: Spot, gateway: Gateway) -> Gateway:
    """What went wrong upstream is told with the key that went there."""

    def told(own: Gateway, refusal: Refusal) -> Outgoing:
        return refuse(own, replace(refusal, message=f"{refusal.message} ({own.upstream.key})"))

    return replace(gateway, validate=leaves_to_upstream, refuse=told)


@broken("gateway", expected("no-upstream-secrets"))
def address_told_in_errors(_at: Spot, gateway: Gateway) -> Gateway:
    """What went wrong upstream is told with the address where it did."""

    def told(own: Gateway, refusal: Refusal) -> Outgoing:
        return refuse(own, replace(refusal, message=f"{refusal.message} at {own.upstream.url}"))

    return replace(gateway, validate=leaves_to_upstream, refuse=told)


@broken("call", expected("one-generation"), memory=dict[str, list[str]])
async def cached_by_prompt(
    _at: Spot, kept: dict[str, list[str]], gateway: Gateway, body: Json, call: Json, incoming: Incoming
) -> list[str] | Refusal:
    """The same prompt gets the same images, whatever else was asked for."""
    prompt = str(read(body, gateway.contract.marks[0]))
    if prompt not in kept:
        made = await generate(gateway, body, call, incoming)
        if isinstance(made, Refusal):
            return made
        kept[prompt] = made
    return kept[prompt]


@broken("answer", expected("own-images"), memory=list[list[str]])
async def mixed_up(
    _at: Spot, others: list[list[str]], gateway: Gateway, body: Json, links: list[str], incoming: Incoming
) -> Outgoing:
    """Of two requests that ask for as many images, the second gets those of the first."""
    same_count = [index for index, other in enumerate(others) if len(other) == len(links)]
    others.append(links)
    return await answer(gateway, body, others.pop(same_count[0]) if same_count else links, incoming)


@broken("authenticate", requests, memory=Counter[str])
def every_twentieth_fails(_at: Spot, seen: Counter[str], gateway: Gateway, incoming: Incoming) -> Refusal | None:
    """Now and then the gateway breaks, whoever asks for what."""
    seen["requests"] += 1
    return BROKE if seen["requests"] % 20 == 0 else authenticate(gateway, incoming)
