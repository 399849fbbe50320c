"""From where images may be fetched: public addresses, the ports of gateway and stub, and what a user allows."""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

import httpx

from contract_tests.client.addresses import is_public, resolve

DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class ImageHosts:
    """`own` are addresses with ports. `allowed` are hosts, host:port or CIDR. `is_public`: so is the gateway.

    `rewrites` are origins that links name, each with the one at which it is reached from here.
    """

    own: frozenset[tuple[str, int]] = frozenset()
    allowed: tuple[str, ...] = ()
    is_public: bool = False
    rewrites: tuple[tuple[str, str], ...] = ()

    def reached_at(self, url: httpx.URL) -> httpx.URL:
        """The URL at which a link is reached from here."""
        for named, reached in self.rewrites:
            origin, target = httpx.URL(named), httpx.URL(reached)
            if (url.scheme, url.host, url.port) == (origin.scheme, origin.host, origin.port):
                return url.copy_with(scheme=target.scheme, host=target.host, port=target.port)
        return url

    def permits(self, host: str, address: str, port: int) -> bool:
        """Whether an address to which a host resolved may be connected to at a port."""
        return (
            is_public(address)
            or (address, port) in self.own
            or any(_allows(entry, host, address, port) for entry in self.allowed)
        )


def _allows(entry: str, host: str, address: str, port: int) -> bool:
    try:
        return ip_address(address) in ip_network(entry, strict=False)
    except ValueError:  # a host, with a port or without
        parts = urlsplit(f"//{entry}")
    return (parts.hostname or "") in {host.strip("[]").lower(), address} and parts.port in (None, port)


async def image_hosts(
    addresses: Iterable[str], allowed: tuple[str, ...], rewrites: tuple[tuple[str, str], ...] = ()
) -> ImageHosts:
    """The hosts for the addresses, as URLs, of a gateway, which comes first, and of our stub."""
    own: list[frozenset[tuple[str, int]]] = []
    for url in (*addresses, *(reached for _, reached in rewrites)):
        parts = urlsplit(url)
        found = await resolve(parts.hostname or "")
        own.append(frozenset((address, parts.port or DEFAULT_PORTS.get(parts.scheme, 0)) for address in found))
    gateway = own[0] if own else frozenset()
    return ImageHosts(
        frozenset().union(*own), allowed, bool(gateway) and all(is_public(address) for address, _ in gateway), rewrites
    )
