"""Following an image's link without being led astray.

A link is the gateway's word. It may point into our own network, go round in circles, or never end; and a name may
stand for another address at the second look. So each hop is resolved once, checked, and then connected to by the
address that was checked. Nothing of ours travels along: no token, no cookie.
"""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

import httpx

from contract_tests.client.content_coding import OFFERED
from contract_tests.client.limits import Limits, PeerError, Problem, UnsendableError
from contract_tests.client.transport import open_response, read_body

NAT64 = IPv6Network("64:ff9b::/96")  # the last 32 bits are an IPv4 address (RFC 6052)


async def resolve(host: str) -> tuple[str, ...]:
    """The addresses of a host, in the order in which the system would try them; none where it has none."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):  # UnicodeError: a label that no name can have
        return ()
    return tuple(dict.fromkeys(canonical_address(str(sockaddr[0])) for *_, sockaddr in found))


async def addresses(host: str) -> frozenset[str]:
    """All addresses of a host of our own, for comparison with those that a link leads to."""
    return frozenset(await resolve(host))


def canonical_address(address: str) -> str:
    """One spelling for one address; an IPv4 address in IPv6's clothing is the IPv4 address."""
    parsed = ip_address(address)
    return str((isinstance(parsed, IPv6Address) and parsed.ipv4_mapped) or parsed)


def is_public(address: str) -> bool:
    """Whether an address belongs to somebody out in the internet, not to this machine or its network."""
    parsed = ip_address(address)
    if parsed in NAT64:
        return is_public(str(IPv4Address(int(parsed) & 0xFFFFFFFF)))
    outer = parsed.is_global and not parsed.is_multicast and not parsed.is_reserved
    return outer and all(is_public(str(end)) for end in tunnelled_addresses(parsed))


def tunnelled_addresses(address: IPv4Address | IPv6Address) -> tuple[IPv4Address, ...]:
    """The IPv4 addresses that an IPv6 address is tunnelled to."""
    if isinstance(address, IPv4Address):
        return ()
    return tuple(end for end in (address.sixtofour, *(address.teredo or ())) if end)


REDIRECTS = frozenset({301, 302, 303, 307, 308})
NO_URL = (httpx.InvalidURL, ValueError)  # what httpx raises for texts that are none
ADDRESSES = 4  # of one name that are tried in turn
SHOWN = 20  # characters of a scheme that is none


@dataclass(frozen=True, slots=True)
class Downloaded:
    """What lay behind a link; the media type as the answer said it, without parameters, "" where it said none."""

    content: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class Hop:
    """Where to go next, and how to say so: the link "points to" it, or "redirects to" it."""

    url: httpx.URL
    leads: str


async def download(
    transport: httpx.AsyncBaseTransport, link: str, own: frozenset[str], limits: Limits
) -> Downloaded | Problem:
    """What lies behind a link. Private addresses are left alone, but for `own`: the gateway's and our upstream's."""
    try:
        async with asyncio.timeout(limits.download):
            return await follow(transport, Hop(absolute_url(link), "points to"), own, limits)
    except TimeoutError:
        return Problem(f"the link gave no complete response within {limits.download:g} s")
    except PeerError as trouble:
        return Problem(str(trouble))
    except UnsendableError:
        return Problem("the link cannot be requested over HTTP")


async def follow(transport: httpx.AsyncBaseTransport, hop: Hop, own: frozenset[str], limits: Limits) -> Downloaded:
    seen: set[httpx.URL] = set()
    for _ in range(limits.redirects + 1):
        seen.add(hop.url)
        targets = await allowed_addresses(hop, own)
        async with aclosing(await open_first(transport, hop.url, targets)) as response:
            if not is_redirect(response):
                return await read_download(response, limits)
            hop = Hop(redirect_target(hop.url, response), "redirects to")
        if hop.url in seen:
            raise PeerError("the link redirects in a circle")
    raise PeerError(f"the link redirects more than {limits.redirects} times")


def absolute_url(link: str) -> httpx.URL:
    try:
        url = httpx.URL(link)
    except NO_URL:
        raise PeerError("the link is not a valid URL") from None
    if not url.scheme:
        raise PeerError("the link is relative" if link else "the link is empty")
    return url.copy_with(fragment=None)


def redirect_target(url: httpx.URL, response: httpx.Response) -> httpx.URL:
    """Where a redirect leads; here a relative reference is right (RFC 9110, 10.2.2)."""
    try:
        return url.join(response.headers["Location"]).copy_with(fragment=None)
    except NO_URL:
        raise PeerError("the link redirects to an invalid URL") from None


def is_redirect(response: httpx.Response) -> bool:
    return response.status_code in REDIRECTS and "Location" in response.headers


async def allowed_addresses(hop: Hop, own: frozenset[str]) -> tuple[str, ...]:
    """Those of the hop's addresses that may be connected to; Trouble where there are none."""
    if hop.url.scheme not in {"http", "https"}:
        raise PeerError(f"the link {hop.leads} {hop.url.scheme[:SHOWN]}:")
    if hop.url.port is not None and not 0 < hop.url.port < 2**16:
        raise PeerError(f"the link {hop.leads} port {str(hop.url.port)[:SHOWN]}, which does not exist")
    found = await resolve(hop.url.raw_host.decode("ascii")) if hop.url.raw_host else ()
    if not found:
        raise PeerError(f"the link {hop.leads} a host that has no address")
    if fine := tuple(address for address in found if address in own or is_public(address)):
        return fine[:ADDRESSES]
    raise PeerError(f"the link {hop.leads} a private address ({found[0]})")


async def open_first(transport: httpx.AsyncBaseTransport, url: httpx.URL, targets: tuple[str, ...]) -> httpx.Response:
    """The answer of the first address that gives one: a host may listen on its IPv4 or its IPv6 address only."""
    for attempt in requests_by_address(url, targets[:-1]):
        try:
            return await open_response(transport, attempt)
        except PeerError:
            continue
    return await open_response(transport, next(requests_by_address(url, targets[-1:])))


def requests_by_address(url: httpx.URL, targets: tuple[str, ...]) -> Iterator[httpx.Request]:
    """Requests that go to the addresses, and speak to the host that the URL names (also in TLS)."""
    for target in targets:
        yield httpx.Request(
            "GET",
            url.copy_with(host=target, userinfo=b""),
            headers={"Host": url.netloc.decode("ascii"), "Accept": "image/*, */*", "Accept-Encoding": OFFERED},
            extensions={"sni_hostname": url.raw_host.decode("ascii"), "target": url.raw_path},
        )


async def read_download(response: httpx.Response, limits: Limits) -> Downloaded:
    if response.status_code != 200:
        raise PeerError(f"{response.status_code} behind the link")
    media_type, _, _ = response.headers.get("Content-Type", "").partition(";")
    return Downloaded(await read_body(response, limits.image_bytes), media_type.strip().lower())
