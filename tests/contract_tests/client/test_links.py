"""A link is followed to the image it promises, and nowhere that a stranger should not send us."""

import asyncio
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import httpx
import pytest

from contract_tests.client.addresses import is_public, resolve
from contract_tests.client.image_hosts import ImageHosts, image_hosts
from contract_tests.client.limits import Limits, Problem
from contract_tests.client.links import Downloaded, download
from contract_tests.client.room import Share
from contract_tests.client.transport import open_transport
from tests.contract_tests import hostile
from tests.contract_tests.hostile import Behaviour, answering, redirecting, serving

LIMITS = Limits(download=10.0, image_bytes=2**20, redirects=3)
OWN = ImageHosts(allowed=("127.0.0.1",), is_public=True)
HERE = "127.0.0.1"
Resolving: TypeAlias = Callable[..., None]


@dataclass
class Watched(httpx.AsyncBaseTransport):
    """Notes where connections go, and lets none out of this machine."""

    inner: httpx.AsyncBaseTransport
    hosts: list[str]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.hosts.append(request.url.host)
        assert request.url.host.startswith("127.")
        return await self.inner.handle_async_request(request)


HOSTS: list[str] = []  # to which connections went in the test that runs


@pytest.fixture(autouse=True)
def _forget() -> None:
    HOSTS.clear()


def downloaded(link: str, own: ImageHosts = OWN, limits: Limits = LIMITS) -> Downloaded | Problem:
    async def once() -> Downloaded | Problem:
        async with open_transport() as transport:
            return await download(Watched(transport, HOSTS), link, own, limits, Share())

    return asyncio.run(once())


def behind(behaviour: Behaviour, limits: Limits = LIMITS) -> Downloaded | Problem:
    with serving(behaviour) as served:
        return downloaded(f"{served.base}/image.png?Signature=abc", limits=limits)


@pytest.fixture
def resolving(monkeypatch: pytest.MonkeyPatch) -> Resolving:
    """Names that stand for the addresses given; a name that is not given stands for none."""

    def install(**known: tuple[str, ...]) -> None:
        def lookup(host: str | bytes, *_: object, **__: object) -> list[Any]:
            name = host.decode() if isinstance(host, bytes) else host
            found = known.get(name.partition(".")[0], (name,) if name[0].isdigit() else ())
            if not found:
                raise socket.gaierror(socket.EAI_NONAME, "unknown")
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in found]

        monkeypatch.setattr(socket, "getaddrinfo", lookup)

    return install


def test_an_image_arrives_with_the_media_type_that_its_answer_says() -> None:
    said = b"Content-Type: Image/PNG; charset=x"
    assert behind(answering(b"pixels", said)) == Downloaded(b"pixels", "image/png")


def test_an_answer_without_a_media_type_says_none() -> None:
    assert behind(answering(b"pixels")) == Downloaded(b"pixels", "")


def test_a_link_is_asked_for_as_it_stands_and_without_a_token() -> None:
    with serving(answering(b"pixels")) as served:
        downloaded(f"{served.base}/a%2Fb?Signature=x%2By%3D&z=#part")
    assert served.heads[0].startswith(b"GET /a%2Fb?Signature=x%2By%3D&z= HTTP/1.1\r\n")
    assert b"\nauthorization:" not in served.heads[0].lower()
    assert b"\ncookie:" not in served.heads[0].lower()


@pytest.mark.parametrize(
    ("link", "problem"),
    [
        ("", "the link is empty"),
        ("/images/1.png", "the link is relative"),
        ("//host/1.png", "the link is relative"),
        ("file:///etc/passwd", "the link points to file:"),
        ("ftp://127.0.0.1/1.png", "the link points to ftp:"),
        ("data:image/png;base64,AAAA", "the link points to data:"),
        ("http:///1.png", "the link points to a host that has no address"),
        ("http://xn--a/1.png", "the link points to a host that has no address"),
        ("http://[::1", "the link is not a valid URL"),
        ("http://127.0.0.1/\n", "the link is not a valid URL"),
        ("http://169.254.169.254/latest/", "the link points to a private address (169.254.169.254)"),
        ("http://10.0.0.1/", "the link points to a private address (10.0.0.1)"),
        ("https://192.168.1.1/", "the link points to a private address (192.168.1.1)"),
        ("http://127.0.0.2/", "the link points to a private address (127.0.0.2)"),
        ("http://100.64.0.1/", "the link points to a private address (100.64.0.1)"),
        ("http://0.0.0.0/", "the link points to a private address (0.0.0.0)"),
        ("http://224.0.0.1/", "the link points to a private address (224.0.0.1)"),
        ("http://[::ffff:10.0.0.1]/", "the link points to a private address (10.0.0.1)"),
        ("http://[64:ff9b::a00:1]/", "the link points to a private address (64:ff9b::a00:1)"),
        ("http://[2002:a00:1::]/", "the link points to a private address (2002:a00:1::)"),
        ("http://[fe80::1]/", "the link points to a private address (fe80::1)"),
        ("http://2852039166/", "the link points to a private address (169.254.169.254)"),
    ],
)
def test_a_link_to_where_no_image_can_be_meant_is_not_followed(link: str, problem: str) -> None:
    assert downloaded(link) == Problem(problem)
    assert HOSTS == []


@pytest.mark.parametrize(
    ("host", "address"), [("127.0.0.1", "127.0.0.1"), ("::1", "::1"), ("::ffff:10.0.0.1", "10.0.0.1")]
)
def test_an_address_is_not_looked_up(monkeypatch: pytest.MonkeyPatch, host: str, address: str) -> None:
    monkeypatch.delattr(socket, "getaddrinfo")
    assert asyncio.run(resolve(host)) == (address,)


def test_a_name_that_stands_for_a_private_address_is_not_followed(resolving: Resolving) -> None:
    resolving(localhost=("127.0.0.1",), inside=("10.1.2.3", "fd00::1"))
    assert downloaded("http://localhost/", ImageHosts(is_public=True)) == Problem(
        "the link points to a private address (127.0.0.1)"
    )
    assert downloaded("http://inside.test/") == Problem("the link points to a private address (10.1.2.3)")
    unknown = Problem("10.1.2.3 is private; --allow-image-host 10.1.2.3", is_ours=True)
    assert downloaded("http://inside.test/", ImageHosts()) == unknown
    assert downloaded("http://nowhere.test/") == Problem("the link points to a host that has no address")
    assert HOSTS == []


def test_the_connection_goes_to_the_address_that_was_checked(resolving: Resolving) -> None:
    with serving(answering(b"pixels")) as served:
        resolving(images=("10.0.0.1", HERE))
        link = served.base.replace(HERE, "images.test")
        assert downloaded(link) == Downloaded(b"pixels", "")
    assert HOSTS == [HERE]
    assert b"\nHost: images.test:" in served.heads[0].replace(b"\r", b"")


def test_a_host_that_listens_on_its_second_address_only_is_reached(resolving: Resolving) -> None:
    with serving(answering(b"pixels")) as served:
        resolving(images=("127.0.0.3", HERE))
        link = served.base.replace(HERE, "images.test")
        assert downloaded(link, own=ImageHosts(allowed=("127.0.0.1", "127.0.0.3"))) == Downloaded(b"pixels", "")


def test_a_redirect_is_followed_also_where_it_is_relative() -> None:
    async def behave(head: bytes, writer: asyncio.StreamWriter) -> None:
        there = b"GET /there " in head
        await (answering(b"pixels") if there else redirecting("../there"))(head, writer)

    assert behind(behave) == Downloaded(b"pixels", "")


@pytest.mark.parametrize(
    ("location", "problem"),
    [
        ("/image.png?Signature=abc", "the link redirects in a circle"),
        ("http://169.254.169.254/", "the link redirects to a private address (169.254.169.254)"),
        ("file:///etc/passwd", "the link redirects to file:"),
        ("http://127.0.0.1:port/", "the link redirects to an invalid URL"),
        ("http://://]", "the link redirects to an invalid URL"),
    ],
)
def test_a_redirect_is_checked_like_a_link(location: str, problem: str) -> None:
    assert behind(redirecting(location)) == Problem(problem)


def test_a_chain_of_redirects_ends_at_the_limit() -> None:
    async def behave(head: bytes, writer: asyncio.StreamWriter) -> None:
        await redirecting(f"/{len(head)}x{'x' * len(head)}")(head, writer)

    assert behind(behave) == Problem("the link redirects more than 3 times")


def test_a_chain_of_redirects_within_the_limit_is_followed() -> None:
    async def behave(head: bytes, writer: asyncio.StreamWriter) -> None:
        arrived = b"GET /xxx " in head
        step = "x" * (head.partition(b" HTTP")[0].count(b"x") + 1)
        await (answering(b"pixels") if arrived else redirecting(f"/{step}"))(head, writer)

    with serving(behave) as served:
        assert downloaded(served.base) == Downloaded(b"pixels", "")


@pytest.mark.parametrize(
    ("behaviour", "problem"),
    [
        (answering(b"gone", status=b"404 Not Found"), "404 behind the link"),
        (answering(b"", status=b"204 No Content"), "204 behind the link"),
        (answering(b"", status=b"302 Found"), "302 behind the link"),
        (hostile.closes, "connection closed before the response"),
        (hostile.never_ends, "response longer than 1 MiB"),
        (hostile.inflates, "response longer than 1 MiB"),
    ],
)
def test_what_is_no_image_behind_a_link_is_told(behaviour: Behaviour, problem: str) -> None:
    assert behind(behaviour) == Problem(problem)


def test_a_download_that_does_not_end_in_time_is_given_up() -> None:
    limits = Limits(download=1.0)
    assert behind(hostile.drips, limits) == Problem("the link gave no complete response within 1 s")


@pytest.mark.parametrize("address", ["8.8.8.8", "2001:4860:4860::8888", "64:ff9b::808:808"])
def test_an_address_out_in_the_internet_is_public(address: str) -> None:
    assert is_public(address)


def hosts_at(gateway: str, *allowed: str) -> ImageHosts:
    return asyncio.run(image_hosts([gateway, "http://127.0.0.9:9900"], allowed))


def test_images_lie_at_the_gateways_own_port(resolving: Resolving) -> None:
    resolving(gateway=(HERE, "10.0.0.1"))
    hosts = hosts_at("https://gateway.test/team")
    assert hosts.own == {(HERE, 443), ("10.0.0.1", 443), ("127.0.0.9", 9900)}
    assert not hosts.is_public
    assert hosts.permits("gateway.test", HERE, 443)
    assert not hosts.permits("gateway.test", HERE, 22)


def test_a_gateway_whose_addresses_are_all_public_is_public(resolving: Resolving) -> None:
    resolving(outside=("8.8.8.8",), mixed=("8.8.8.8", HERE))
    assert hosts_at("http://outside.test").is_public
    assert not hosts_at("http://mixed.test").is_public
    assert not hosts_at("http://nowhere.test").is_public


@pytest.mark.parametrize("allowed", ["minio", "MinIO:9000", "10.1.2.3", "10.1.2.3:9000", "10.0.0.0/8"])
def test_a_user_allows_a_host_a_port_or_a_network(allowed: str) -> None:
    hosts = ImageHosts(allowed=(allowed,))
    assert hosts.permits("minio", "10.1.2.3", 9000)
    assert not hosts.permits("other", "192.168.1.1", 9000)
    assert hosts.permits("minio", "10.1.2.3", 22) is (":" not in allowed)


@pytest.mark.parametrize("port", ["99999", "65536", "-1", "0", "80800000000000000000000"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_port_that_does_not_exist_is_the_links_fault(scheme: str, port: str) -> None:
    link = f"{scheme}://127.0.0.1:{port}/1.png"
    assert downloaded(link) == Problem(f"the link points to port {port[:20]}, which does not exist")
    redirected = behind(redirecting(link))
    assert redirected == Problem(f"the link redirects to port {port[:20]}, which does not exist")


def test_a_host_that_has_another_name_here_is_reached_and_told_the_name_of_the_link() -> None:
    heads: list[bytes] = []

    async def behave(head: bytes, writer: asyncio.StreamWriter) -> None:
        heads.append(head)
        await answering(b"image", b"Content-Type: image/png")(head, writer)

    with serving(behave) as served:
        rewrites = (("http://minio:9000", served.base),)
        hosts = asyncio.run(image_hosts(["http://127.0.0.1:1"], (), rewrites))
        assert downloaded("http://minio:9000/a.png?Signature=b", hosts) == Downloaded(b"image", "image/png")
        assert isinstance(downloaded("http://minio:9001/a.png", hosts), Problem)
    assert heads[0].startswith(b"GET /a.png?Signature=b ")
    assert b"host: minio:9000" in heads[0].lower()


class Throttling(httpx.AsyncBaseTransport):
    """Asks to try again later so many times."""

    def __init__(self, times: int, status: int, headers: dict[str, str]) -> None:
        self.times, self.status, self.headers = times, status, headers

    async def handle_async_request(self, _request: httpx.Request) -> httpx.Response:
        self.times -= 1
        if self.times >= 0:
            return httpx.Response(self.status, headers=self.headers)
        return httpx.Response(200, headers={"Content-Type": "image/png"}, stream=httpx.ByteStream(b"image"))


@pytest.mark.parametrize(("status", "headers"), [(429, {"Retry-After": "0"}), (429, {}), (503, {"Retry-After": "0"})])
def test_a_throttled_download_is_repeated_and_is_no_fault_of_the_image(status: int, headers: dict[str, str]) -> None:
    limits = Limits(waits=(0.0, 0.0))

    def fetched(times: int) -> Downloaded | Problem:
        transport = Throttling(times, status, headers)
        return asyncio.run(download(transport, "http://127.0.0.1/a.png", OWN, limits, Share()))

    assert fetched(2) == Downloaded(b"image", "image/png")
    assert fetched(3) == Problem(f"{status} behind the link, each time", is_ours=True)


def test_a_503_that_says_not_when_is_a_broken_link() -> None:
    found = asyncio.run(download(Throttling(1, 503, {}), "http://127.0.0.1/a.png", OWN, LIMITS, Share()))
    assert found == Problem("503 behind the link")
