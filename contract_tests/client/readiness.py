"""Waiting until a gateway can be used: while it starts, no request to it says anything."""

import asyncio
import time

import httpx

from contract_tests.client import transport
from contract_tests.client.limits import Limits
from contract_tests.client.reach import Wait
from contract_tests.client.room import Share
from gateway_contract.traffic.exchange import Answer, Headers, NoAnswer, Request
from gateway_contract.traffic.statuses import is_timed_out
from gateway_contract.values.json_value import ABSENT

INTERVAL = 0.5  # seconds between attempts
ATTEMPT = 5.0  # seconds for one
NOT_READY = "the gateway was not ready within {seconds:g} s: {problem}. Start it first, or give --wait more time."


async def wait_until_ready(
    wait: Wait, sender: httpx.AsyncBaseTransport, base: str, headers: Headers, limits: Limits
) -> str:
    """Why the gateway is not ready after all; empty once it is. Raises UnsendableError."""
    until = time.monotonic() + wait.seconds
    request = Request("GET", wait.path or "/", headers, b"", ABSENT)
    last = ""
    while True:
        left = until - time.monotonic()
        response = await transport.exchange(sender, request, base, limits, max(min(left, ATTEMPT), INTERVAL), Share())
        problem = _problem(response, wait.path)
        if not problem:
            return ""
        if not (last and is_timed_out(response) and left < ATTEMPT):  # cut short: what was said before tells more
            last = problem
        if time.monotonic() + INTERVAL >= until:
            return NOT_READY.format(seconds=wait.seconds, problem=last)
        await asyncio.sleep(INTERVAL)


def _problem(response: Answer | NoAnswer, path: str) -> str:
    if isinstance(response, NoAnswer):
        return response.problem
    return "" if response.successful or not path else f"GET {path} responded {response.status}"
