"""Requests to one host by a transport of their own: its certificate is believed there and nowhere else."""

from contextlib import AsyncExitStack

import httpx


class TwoTransports(httpx.AsyncBaseTransport):
    """Sends by `own` to one host (as in the Host header), and by `others` to all others; closes both."""

    def __init__(self, host: str, own: httpx.AsyncBaseTransport, others: httpx.AsyncBaseTransport) -> None:
        self.host, self.own, self.others = host, own, others

    async def aclose(self) -> None:
        async with AsyncExitStack() as closing:
            closing.push_async_callback(self.others.aclose)
            closing.push_async_callback(self.own.aclose)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        chosen = self.own if request.headers.get("Host") == self.host else self.others
        return await chosen.handle_async_request(request)
