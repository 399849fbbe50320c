"""Which images stand behind the links of a real upstream, as far as that can be told without loading them whole."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from hashlib import sha256
from typing import cast

import httpx

from mock_server.images.identity import identity_of
from mock_server.upstream.wire import UNREACHABLE

BEGINNING = 4096  # bytes; whoever writes an identity into a picture does it before the first pixel
SECONDS = 10.0


async def identities_behind(http: httpx.AsyncClient, links: Sequence[str]) -> tuple[str, ...]:
    """An identity for each image: the one that it carries or, as a real upstream's carry none, one for its link."""
    return tuple(await asyncio.gather(*(_identity(http, link) for link in links)))


async def _identity(http: httpx.AsyncClient, link: str) -> str:
    return identity_of(await _beginning(http, link)) or sha256(link.encode()).hexdigest()[:16]


async def _beginning(http: httpx.AsyncClient, link: str) -> bytes:
    """The first bytes behind a link; none where there is nothing."""
    try:
        async with (
            asyncio.timeout(SECONDS),
            http.stream("GET", link) as answer,
            aclosing(cast("AsyncGenerator[bytes]", answer.aiter_bytes(BEGINNING))) as pieces,
        ):
            return await anext(pieces, b"")
    except (*UNREACHABLE, TimeoutError):
        return b""
