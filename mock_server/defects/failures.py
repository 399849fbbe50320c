"""Gateways that do not stand failures of their upstream."""

from collections import Counter
from dataclasses import replace

from gateway_contract.pointer import read
from gateway_contract.values import Json
from mock_server.defects.parts import expected, images_of
from mock_server.defects.state import BROKE
from mock_server.defects.way import Spot, broken
from mock_server.gateway.refusals import UPSTREAM_BROKE, Refusal
from mock_server.gateway.stages import Gateway, Incoming, Outgoing, answer, authenticate, generate, refuse
from mock_server.upstream.wire import over_http

PATIENCE = 3600.0  # seconds


@broken("gateway", expected("answered-when-upstream-fails"))
def waits_for_ever(_at: Spot, gateway: Gateway) -> Gateway:
    """An upstream that says nothing is waited for, and so does the client wait."""
    return replace(gateway, upstream=replace(gateway.upstream, wire=over_http(PATIENCE)))


@broken("call", expected("no-success-without-images"))
async def nothing_as_success(
    _at: Spot, gateway: Gateway, body: Json, call: Json, incoming: Incoming
) -> list[str] | Refusal:
    """When the upstream fails the client gets a success without images."""
    made = await generate(gateway, body, call, incoming)
    return [] if made is UPSTREAM_BROKE else made


@broken("refuse", expected("error-has-the-usual-shape"))
def failures_in_other_words(_at: Spot, gateway: Gateway, refusal: Refusal) -> Outgoing:
    """When the upstream fails the error body is a text."""
    right = refuse(gateway, refusal)
    return replace(right, body=refusal.message) if refusal is UPSTREAM_BROKE else right


@broken("call", expected("clients-fault-is-4xx"))
async def clients_fault_as_own(
    _at: Spot, gateway: Gateway, body: Json, call: Json, incoming: Incoming
) -> list[str] | Refusal:
    """What the upstream refuses is told as if the gateway broke."""
    made = await generate(gateway, body, call, incoming)
    return replace(made, status=500) if isinstance(made, Refusal) and made.status == 400 else made


@broken("refuse", expected("vendors-fault-is-5xx"))
def vendors_fault_as_the_clients(_at: Spot, gateway: Gateway, refusal: Refusal) -> Outgoing:
    """What the vendor broke is told as if the request were wrong."""
    right = refuse(gateway, refusal)
    return replace(right, status=400) if refusal is UPSTREAM_BROKE else right


@broken("refuse", expected("own-key-is-not-the-clients"))
def own_key_as_the_clients(_at: Spot, gateway: Gateway, refusal: Refusal) -> Outgoing:
    """The client is told that its token is wrong, where the upstream's answer to the gateway is."""
    right = refuse(gateway, refusal)
    return replace(right, status=401) if refusal is UPSTREAM_BROKE else right


@broken("refuse", expected("throttling-is-429"))
def throttling_as_a_crash(_at: Spot, gateway: Gateway, refusal: Refusal) -> Outgoing:
    """A busy upstream looks like a broken gateway."""
    right = refuse(gateway, refusal)
    return replace(right, status=500) if right.status == 429 else right


@broken("refuse", expected("retry-after-is-kept"))
def retry_after_lost(_at: Spot, gateway: Gateway, refusal: Refusal) -> Outgoing:
    """The client is not told when to try again."""
    return refuse(gateway, replace(refusal, retry_after=None))


@broken("call", expected("content-refusal-is-told"))
async def content_refusal_unsaid(
    _at: Spot, gateway: Gateway, body: Json, call: Json, incoming: Incoming
) -> list[str] | Refusal:
    """Nobody learns that it was the content that the upstream refused."""
    made = await generate(gateway, body, call, incoming)
    if isinstance(made, Refusal) and made.status == 400:
        return replace(made, code="invalid_value", message="The image service refused.")
    return made


@broken("answer", expected("fewer-images-are-told"))
async def missing_image_made_up(
    _at: Spot, gateway: Gateway, body: Json, links: list[str], incoming: Incoming
) -> Outgoing:
    """Where an image is missing another one comes twice."""
    asked = read(body, images_of(gateway.contract).count)
    missing = asked - len(links) if isinstance(asked, int) else 0
    return await answer(gateway, body, [*links, *links[:1] * missing], incoming)


@broken("gateway", expected("next-request-works"), memory=Counter[str])
def next_one_fails(_at: Spot, seen: Counter[str], gateway: Gateway) -> Gateway:
    """After a failure of the upstream the next request fails as well."""

    def remembered(own: Gateway, refusal: Refusal) -> Outgoing:
        seen["failures"] += refusal is UPSTREAM_BROKE
        return refuse(own, refusal)

    def checked(own: Gateway, incoming: Incoming) -> Refusal | None:
        if not seen["failures"]:
            return authenticate(own, incoming)
        seen.clear()
        return BROKE

    return replace(gateway, authenticate=checked, refuse=remembered)
