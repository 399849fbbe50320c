"""Requests by way of a forward proxy."""

import ipaddress
from collections.abc import Collection
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

from contract_tests.client.reach import ENVIRONMENT


def proxy_of(proxy: str | None, url: httpx.URL) -> str | None:
    """The proxy for a URL, where there is one."""
    if proxy != ENVIRONMENT:
        return proxy
    if proxy_bypass(f"{url.host}:{url.port}" if url.port else url.host):
        return None
    known = getproxies()
    return known.get(url.scheme) or known.get("all")


def proxy_passwords(proxy: str | None) -> list[str]:
    """The passwords that the addresses of proxies hold."""
    known = getproxies().values() if proxy == ENVIRONMENT else filter(None, [proxy])
    return [password for address in known if (password := unquote(urlsplit(address).password or ""))]


class ProxiedTransport(httpx.AsyncBaseTransport):
    """Sends by a proxy, but for hosts in `direct` (as in the Host header); `own_loopback`: for loopback ones, too.

    A proxy resolves names itself, so it is given the name where a request goes to an address that was resolved here.
    """

    def __init__(
        self, proxy: str, options: dict[str, object], *, direct: Collection[str] = (), own_loopback: bool = False
    ) -> None:
        self.proxy, self.options, self.direct, self.own_loopback = proxy, options, direct, own_loopback
        self._open: dict[str | None, httpx.AsyncHTTPTransport] = {}

    async def aclose(self) -> None:
        for transport in self._open.values():
            await transport.aclose()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        host = request.headers.get("Host", "")
        if host in self.direct or (self.own_loopback and is_loopback(request.url.host)):
            return await self._by(None).handle_async_request(request)
        name = request.extensions.get("sni_hostname") or request.url.host
        target = request.extensions.get("target") or request.url.raw_path
        url = request.url.copy_with(host=name, raw_path=target)
        extensions = {key: value for key, value in request.extensions.items() if key not in {"sni_hostname", "target"}}
        named = httpx.Request(
            request.method, url, headers=request.headers, stream=request.stream, extensions=extensions
        )
        return await self._by(proxy_of(self.proxy, url)).handle_async_request(named)

    def _by(self, proxy: str | None) -> httpx.AsyncHTTPTransport:
        if proxy not in self._open:
            self._open[proxy] = httpx.AsyncHTTPTransport(proxy=proxy, **self.options)  # type: ignore[arg-type] # its own
        return self._open[proxy]


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, by its address or as `localhost`."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
