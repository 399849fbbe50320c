"""Connections that requests go over one after the other, as SDKs keep them."""

from collections.abc import Callable

import httpx

from contract_tests.client.access import Access
from contract_tests.client.transport import open_transport

OPENING = (".connect_tcp.started", ".connect_unix_socket.started")
"""How httpcore's events end when it opens a connection."""


class KeptConnection(httpx.AsyncBaseTransport):
    """Opens a connection where none is open, or the gateway closed it: that is its right, and clients do the same.

    `was_acted_on` is whether the gateway acted on a request: then its connection was not idle, and to send the request
    again would cost twice.
    """

    def __init__(self, inner: httpx.AsyncBaseTransport, was_acted_on: Callable[[httpx.Request], bool]) -> None:
        self.inner, self.was_acted_on = inner, was_acted_on
        self.opened = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        before = self.opened
        request.extensions = {**request.extensions, "trace": self._note}
        try:
            return await self.inner.handle_async_request(request)
        except (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError) as error:
            if self.opened > before or not _is_closed(error) or self.was_acted_on(request):
                raise
            return await self.inner.handle_async_request(request)  # the connection was closed while it was idle

    async def _note(self, event: str, _information: object) -> None:
        self.opened += event.endswith(OPENING)

    async def aclose(self) -> None:
        await self.inner.aclose()


def _is_closed(error: httpx.TransportError) -> bool:
    """Whether a connection ended before any response, and not with something that is no HTTP."""
    return not isinstance(error, httpx.RemoteProtocolError) or str(error).startswith("Server disconnected")


def open_kept_connection(
    access: Access, was_acted_on: Callable[[httpx.Request], bool], most: int = 1
) -> KeptConnection:
    """Keeps one connection, and more where requests are under way at once, `most` of them. Raises AccessError."""
    return KeptConnection(open_transport(access, kept=most), was_acted_on)
