"""Defects of state: a response depends on other requests, or on chance."""

import asyncio
import time
from dataclasses import replace
from itertools import count
from random import Random

from gateway_contract.values.json_value import Json, compact
from gateway_contract.values.pointer import read, removed
from mock_server.defects.conforming import failing
from mock_server.defects.defect import PlainSite, gateway_defect
from mock_server.defects.request_operators import Result
from mock_server.defects.sites import expected, requests
from mock_server.defects.wrapping import with_rejections
from mock_server.gateway.stages import Gateway, GatewayRequest, GatewayResponse
from mock_server.serving.error_response import BAD_GATEWAY, ErrorResponse

INTERNAL_ERROR = ErrorResponse(500, "server_error", "internal_error", "Something went wrong.")
FAILURE_RATE = 0.3  # of all requests
OVERLAP_SECONDS = 0.02  # for which a request waits for others


@gateway_defect(expected("one-generation"))
def cached_by_prompt(gateway: Gateway, _site: PlainSite) -> Gateway:
    """The same prompt gets the same images, whatever else the request says."""
    cache: dict[str, list[str]] = {}

    async def call(own: Gateway, body: Json, call: Json, request: GatewayRequest) -> Result:
        prompt = str(read(body, own.contract.marks[0]))
        if prompt not in cache:
            made = await gateway.call(own, body, call, request)
            if isinstance(made, ErrorResponse):
                return made
            cache[prompt] = made
        return cache[prompt]

    return replace(gateway, call=call)


@gateway_defect(expected("one-generation"))
def cached_by_call(gateway: Gateway, _site: PlainSite) -> Gateway:
    """The same request gets the same images again."""
    cache: dict[object, list[str]] = {}

    async def call(own: Gateway, body: Json, call: Json, request: GatewayRequest) -> Result:
        key = compact(call)
        if key not in cache:
            made = await gateway.call(own, body, call, request)
            if isinstance(made, ErrorResponse):
                return made
            cache[key] = made
        return cache[key]

    return replace(gateway, call=call)


@gateway_defect(expected("own-images"))
def swapped_in_sequence(gateway: Gateway, _site: PlainSite) -> Gateway:
    """Of two requests for the same number of images, the second gets the images of the first."""
    others: list[list[str]] = []

    async def answer(own: Gateway, body: Json, links: list[str], request: GatewayRequest) -> GatewayResponse:
        same_count = [index for index, other in enumerate(others) if len(other) == len(links)]
        others.append(links)
        return await gateway.answer(own, body, others.pop(same_count[0]) if same_count else links, request)

    return replace(gateway, answer=answer)


@gateway_defect(expected("own-images"))
def swapped_under_concurrency(gateway: Gateway, _site: PlainSite) -> Gateway:
    """Of concurrent requests for the same number of images, each gets the images of another."""
    under_way: list[list[str]] = []

    async def call(own: Gateway, body: Json, call: Json, request: GatewayRequest) -> Result:
        made = await gateway.call(own, body, call, request)
        if isinstance(made, ErrorResponse):
            return made
        under_way.append(made)
        await asyncio.sleep(OVERLAP_SECONDS)
        latest = max(index for index, links in enumerate(under_way) if len(links) == len(made))
        return under_way.pop(latest)

    return replace(gateway, call=call)


@gateway_defect(expected("own-images"))
def shared_while_under_way(gateway: Gateway, _site: PlainSite) -> Gateway:
    """Concurrent requests that differ in the prompt only share one upstream call, and its images."""
    under_way: dict[bytes, asyncio.Future[Result]] = {}

    async def call(own: Gateway, body: Json, call: Json, request: GatewayRequest) -> Result:
        key = compact(removed(body, own.contract.marks[0]))
        if key not in under_way:
            under_way[key] = asyncio.ensure_future(gateway.call(own, body, call, request))
            under_way[key].add_done_callback(lambda _: under_way.pop(key))
        return await asyncio.shield(under_way[key])

    return replace(gateway, call=call)


@gateway_defect(requests)
def every_20th_request_fails(gateway: Gateway, _site: PlainSite) -> Gateway:
    """Every 20th request gets 500."""
    numbers = count(1)
    return failing(gateway, INTERNAL_ERROR, lambda: next(numbers) % 20 == 0)


@gateway_defect(requests)
def random_failures(gateway: Gateway, _site: PlainSite) -> Gateway:
    """Three requests of ten get 500, at random."""
    chance = Random(1)  # noqa: S311 # no secret
    return failing(gateway, INTERNAL_ERROR, lambda: chance.random() < FAILURE_RATE)


@gateway_defect(requests)
def first_request_fails(gateway: Gateway, _site: PlainSite) -> Gateway:
    """The first request gets 500."""
    numbers = count(1)
    return failing(gateway, INTERNAL_ERROR, lambda: next(numbers) == 1)


@gateway_defect(expected("next-request-works"))
def next_request_fails(gateway: Gateway, _site: PlainSite) -> Gateway:
    """After a failure of the upstream the next request gets 500."""
    return after_failure(gateway, INTERNAL_ERROR)


def after_failure(gateway: Gateway, error: ErrorResponse) -> Gateway:
    """The gateway that responds with an error to the request after each failure of its upstream."""
    failed: list[ErrorResponse] = []

    def remembered(rejection: ErrorResponse, right: GatewayResponse) -> GatewayResponse:
        failed.extend([rejection] if rejection is BAD_GATEWAY else [])
        return right

    def fails() -> bool:
        has_failed = bool(failed)
        failed.clear()
        return has_failed

    return failing(with_rejections(gateway, remembered), error, fails)


CIRCUIT_OPEN = ErrorResponse(
    503, "server_error", "circuit_open", "The circuit to the image service is open.", retry_after="2"
)
TRY_AGAIN = ErrorResponse(429, "rate_limit_error", "rate_limit_exceeded", "Try again later.", retry_after="0")
OPEN_SECONDS = 1.5  # for which a circuit breaker lets no request through
TIMED_OUT_SECONDS = 1.0  # after which a failed call counts as a time-out


@gateway_defect(expected("next-request-works"))
def circuit_opens_at_once(gateway: Gateway, _site: PlainSite) -> Gateway:
    """After a single time-out of the upstream a circuit breaker gives every client 503 with Retry-After."""
    opened: list[float] = []

    async def call(own: Gateway, body: Json, call: Json, request: GatewayRequest) -> Result:
        began = time.monotonic()
        made = await gateway.call(own, body, call, request)
        if made is BAD_GATEWAY and time.monotonic() - began >= TIMED_OUT_SECONDS:
            opened.append(time.monotonic())
        return made

    def is_open() -> bool:
        return any(time.monotonic() - at < OPEN_SECONDS for at in opened[-1:])

    return failing(replace(gateway, call=call), CIRCUIT_OPEN, is_open)


@gateway_defect(expected("next-request-works"))
def next_client_throttled(gateway: Gateway, _site: PlainSite) -> Gateway:
    """After a failure of the upstream the next client gets 429 with Retry-After."""
    return after_failure(gateway, TRY_AGAIN)
