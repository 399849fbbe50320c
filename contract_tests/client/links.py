"""Following an image's link without being led astray.

A link is the gateway's word. It may point into our own network, go round in circles, or never end; and a name may
stand for another address at the second look. So each hop is resolved once, checked, and then connected to by the
address that was checked. Nothing of ours travels along: no token, no cookie.
"""

import asyncio
import time
from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import dataclass

import httpx

from contract_tests.client.addresses import resolve
from contract_tests.client.content_coding import OFFERED
from contract_tests.client.image_hosts import DEFAULT_PORTS, ImageHosts
from contract_tests.client.limits import Limits, PeerError, Problem, UnsendableError
from contract_tests.client.pace import seconds_to_wait
from contract_tests.client.room import Share
from contract_tests.client.transport import USER_AGENT, open_response, read_body

REDIRECTS = frozenset({301, 302, 303, 307, 308})
NO_URL = (httpx.InvalidURL, ValueError)  # what httpx raises for texts that are none
ADDRESSES = 4  # of one name that are tried in turn
SHOWN = 20  # characters of a scheme that is none


NOT_ALLOWED = "{address} is private; --allow-image-host {address}"


class NotAllowedError(PeerError):
    """A private address in the network of a gateway that is at one itself: only the user knows whether it is meant."""


class ThrottledError(PeerError):
    """The host of an image asks to try again later; `seconds` if it says when."""

    def __init__(self, status: int, seconds: float | None) -> None:
        super().__init__(f"{status} behind the link, each time")
        self.seconds = seconds


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
    transport: httpx.AsyncBaseTransport, link: str, hosts: ImageHosts, limits: Limits, share: Share
) -> Downloaded | Problem:
    """What lies behind a link; if it is large, it takes room from `share`, and keeps it.

    Private addresses are left alone, but for those that `hosts` permits. A throttled download is repeated: a rate
    limit is no fault of the image.
    """
    for wait in limits.waits:
        try:
            return await _download_once(transport, link, hosts, limits, share)
        except ThrottledError as throttled:
            pause = wait if throttled.seconds is None else throttled.seconds
            if pause > limits.download:
                break
            await asyncio.sleep(pause)
    try:
        return await _download_once(transport, link, hosts, limits, share)
    except ThrottledError as throttled:
        return Problem(str(throttled), is_ours=True)


async def _download_once(
    transport: httpx.AsyncBaseTransport, link: str, hosts: ImageHosts, limits: Limits, share: Share
) -> Downloaded | Problem:
    """Raises ThrottledError."""
    try:
        async with (
            asyncio.timeout(limits.download) as bound,
            aclosing(await follow(transport, Hop(absolute_url(link), "points to"), hosts, limits)) as response,
        ):
            return await read_download(response, limits, share, bound)
    except ThrottledError:
        raise
    except TimeoutError:
        return Problem(f"the link gave no complete response within {limits.download:g} s")
    except PeerError as trouble:
        return Problem(str(trouble), is_ours=isinstance(trouble, NotAllowedError))
    except UnsendableError:
        return Problem("the link cannot be requested over HTTP")


async def follow(transport: httpx.AsyncBaseTransport, hop: Hop, hosts: ImageHosts, limits: Limits) -> httpx.Response:
    """The head of the first answer that does not redirect; it must be closed."""
    seen: set[httpx.URL] = set()
    for _ in range(limits.redirects + 1):
        seen.add(hop.url)
        reached = hosts.reached_at(hop.url)
        targets = await allowed_addresses(Hop(reached, hop.leads), hosts)
        response = await open_first(transport, hop.url, reached, targets)
        if not is_redirect(response):
            return response
        await response.aclose()
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
    return url.copy_with(fragment=None) if "#" in link else url  # parsing a signed link takes long


def redirect_target(url: httpx.URL, response: httpx.Response) -> httpx.URL:
    """Where a redirect leads; here a relative reference is right (RFC 9110, 10.2.2)."""
    try:
        return url.join(response.headers["Location"]).copy_with(fragment=None)
    except NO_URL:
        raise PeerError("the link redirects to an invalid URL") from None


def is_redirect(response: httpx.Response) -> bool:
    return response.status_code in REDIRECTS and "Location" in response.headers


async def allowed_addresses(hop: Hop, hosts: ImageHosts) -> tuple[str, ...]:
    """Those of the hop's addresses that may be connected to; Trouble where there are none."""
    if hop.url.scheme not in {"http", "https"}:
        raise PeerError(f"the link {hop.leads} {hop.url.scheme[:SHOWN]}:")
    if hop.url.port is not None and not 0 < hop.url.port < 2**16:
        raise PeerError(f"the link {hop.leads} port {str(hop.url.port)[:SHOWN]}, which does not exist")
    found = await resolve(hop.url.raw_host.decode("ascii")) if hop.url.raw_host else ()
    if not found:
        raise PeerError(f"the link {hop.leads} a host that has no address")
    port = hop.url.port or DEFAULT_PORTS[hop.url.scheme]
    if fine := tuple(address for address in found if hosts.permits(hop.url.host, address, port)):
        return fine[:ADDRESSES]
    if hosts.is_public:
        raise PeerError(f"the link {hop.leads} a private address ({found[0]})")
    raise NotAllowedError(NOT_ALLOWED.format(address=found[0]))


async def open_first(
    transport: httpx.AsyncBaseTransport, url: httpx.URL, reached: httpx.URL, targets: tuple[str, ...]
) -> httpx.Response:
    """The answer of the first address that gives one: a host may listen on its IPv4 or its IPv6 address only."""
    for attempt in requests_by_address(url, reached, targets[:-1]):
        try:
            return await open_response(transport, attempt)
        except PeerError:
            continue
    return await open_response(transport, next(requests_by_address(url, reached, targets[-1:])))


def requests_by_address(url: httpx.URL, reached: httpx.URL, targets: tuple[str, ...]) -> Iterator[httpx.Request]:
    """Requests that go to the addresses of the host where a URL is reached, and speak to the host that it names.

    A signature of the link may cover that name. TLS speaks to the host that is reached.
    """
    for target in targets:
        yield httpx.Request(
            "GET",
            httpx.URL(scheme=reached.scheme, host=target, port=reached.port),
            headers={
                "Host": url.netloc.decode("ascii"),
                "User-Agent": USER_AGENT,
                "Accept": "image/*, */*",
                "Accept-Encoding": OFFERED,
            },
            extensions={"sni_hostname": reached.raw_host.decode("ascii"), "target": url.raw_path},
        )


async def read_download(response: httpx.Response, limits: Limits, share: Share, bound: asyncio.Timeout) -> Downloaded:
    retry_after = response.headers.get("Retry-After")
    if response.status_code == 429 or (response.status_code == 503 and retry_after is not None):
        raise ThrottledError(response.status_code, seconds_to_wait(retry_after, time.time()))
    if response.status_code != 200:
        raise PeerError(f"{response.status_code} behind the link")
    media_type, _, _ = response.headers.get("Content-Type", "").partition(";")
    return Downloaded(await read_body(response, limits.image_bytes, share, bound), media_type.strip().lower())
