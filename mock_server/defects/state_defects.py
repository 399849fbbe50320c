"""Gateways that mix up their clients, or fail now and then: what they answer depends on what was before."""

import asyncio
from collections import Counter
from random import Random

from gateway_contract.values.json_value import Json
from gateway_contract.values.pointer import read
from mock_server.defects.defect import Spot, broken
from mock_server.defects.sites import expected, requests
from mock_server.gateway.stages import Gateway, GatewayRequest, GatewayResponse, answer, authenticate, generate
from mock_server.serving.error_response import ErrorResponse

BROKE = ErrorResponse(500, "server_error", "internal_error", "Something went wrong.")
SHARE = 0.3  # of all requests
OVERLAP = 0.02  # seconds for which a request waits for others


@broken("call", expected("one-generation"), memory=dict[str, list[str]])
async def cached_by_prompt(
    _at: Spot, kept: dict[str, list[str]], gateway: Gateway, body: Json, call: Json, request: GatewayRequest
) -> list[str] | ErrorResponse:
    """The same prompt gets the same images, whatever else was asked for."""
    prompt = str(read(body, gateway.contract.marks[0]))
    if prompt not in kept:
        made = await generate(gateway, body, call, request)
        if isinstance(made, ErrorResponse):
            return made
        kept[prompt] = made
    return kept[prompt]


@broken("answer", expected("own-images"), memory=list[list[str]])
async def mixed_up(
    _at: Spot, others: list[list[str]], gateway: Gateway, body: Json, links: list[str], request: GatewayRequest
) -> GatewayResponse:
    """Of two requests that ask for as many images, the second gets those of the first."""
    same_count = [index for index, other in enumerate(others) if len(other) == len(links)]
    others.append(links)
    return await answer(gateway, body, others.pop(same_count[0]) if same_count else links, request)


@broken("authenticate", requests, memory=Counter[str])
def every_twentieth_fails(
    _at: Spot, seen: Counter[str], gateway: Gateway, request: GatewayRequest
) -> ErrorResponse | None:
    """Now and then the gateway breaks, whoever asks for what."""
    seen["requests"] += 1
    return BROKE if seen["requests"] % 20 == 0 else authenticate(gateway, request)


@broken("authenticate", requests, memory=lambda: Random(1))  # noqa: S311 # no secret
def fails_at_random(_at: Spot, dice: Random, gateway: Gateway, request: GatewayRequest) -> ErrorResponse | None:
    """Three requests of ten break, whoever asks for what."""
    return BROKE if dice.random() < SHARE else authenticate(gateway, request)


@broken("call", expected("own-images"), memory=list[list[str]])
async def swapped_under_concurrency(
    _at: Spot, under_way: list[list[str]], gateway: Gateway, body: Json, call: Json, request: GatewayRequest
) -> list[str] | ErrorResponse:
    """Of requests at one time that ask for as many images, each gets those of another."""
    made = await generate(gateway, body, call, request)
    if isinstance(made, ErrorResponse):
        return made
    under_way.append(made)
    await asyncio.sleep(OVERLAP)
    latest = max(index for index, links in enumerate(under_way) if len(links) == len(made))
    return under_way.pop(latest)


@broken("authenticate", requests, memory=Counter[str])
def first_request_fails(
    _at: Spot, seen: Counter[str], gateway: Gateway, request: GatewayRequest
) -> ErrorResponse | None:
    """Whoever asks first asks too early."""
    seen["requests"] += 1
    return BROKE if seen["requests"] == 1 else authenticate(gateway, request)
