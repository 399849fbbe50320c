"""By way of a proxy or a Unix socket the same requests arrive; the suite's own upstream is reached directly."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import httpx
import pytest

from contract_tests.client.access import Access
from contract_tests.client.limits import Limits
from contract_tests.client.proxy import proxy_of
from contract_tests.client.reach import proxy_problem
from contract_tests.client.room import Share
from contract_tests.client.transport import exchange, open_response, open_transport
from gateway_contract.traffic.exchange import Answer, NoAnswer, Request
from tests.contract_tests import hostile
from tests.contract_tests.hostile import answering

ASKED = Request("POST", "/v1/images?a=b", (("X-Tenant", "blue"),), b"{}", {})
PASSWORD = "pass-word-of-the-proxy"


class Proxy:
    """Answers in the place of what lies behind it, and keeps the request lines that it got."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    async def behave(self, head: bytes, writer: asyncio.StreamWriter) -> None:
        self.lines.append(head.partition(b"\r\n")[0].decode())
        if head.startswith(b"CONNECT"):
            writer.write(b"HTTP/1.1 403 Not this host\r\nContent-Length: 0\r\n\r\n")
            return
        await answering(b'{"by": "proxy"}')(head, writer)


def exchanged(access: Access, base: str, direct: Sequence[str] = ()) -> Answer | NoAnswer:
    async def once() -> Answer | NoAnswer:
        async with open_transport(access, direct) as transport:
            return await exchange(transport, ASKED, base, Limits(answer=5), 5, Share())

    return asyncio.run(once())


def test_a_proxy_gets_the_whole_address() -> None:
    proxy = Proxy()
    with hostile.serving(proxy.behave) as served:
        answer = exchanged(Access(proxy=served.base), "http://gateway.example/team")
    assert isinstance(answer, Answer)
    assert answer.body == {"by": "proxy"}
    assert proxy.lines == ["POST http://gateway.example/team/v1/images?a=b HTTP/1.1"]


def test_a_proxy_that_refuses_the_tunnel_is_quoted() -> None:
    proxy = Proxy()
    with hostile.serving(proxy.behave) as served:
        answer = exchanged(Access(proxy=served.base), "https://gateway.example")
    assert isinstance(answer, NoAnswer)
    assert answer.problem == "proxy: 403 Not this host"
    assert answer.unsent
    assert proxy.lines == ["CONNECT gateway.example:443 HTTP/1.1"]


def test_the_own_upstream_is_reached_without_the_proxy() -> None:
    proxy = Proxy()
    with hostile.serving(proxy.behave) as served, hostile.serving(answering(b'{"by": "upstream"}')) as upstream:
        direct = [upstream.base.removeprefix("http://")]
        answer = exchanged(Access(proxy=served.base), upstream.base, direct)
    assert isinstance(answer, Answer)
    assert answer.body == {"by": "upstream"}
    assert proxy.lines == []


def test_links_to_this_machine_are_followed_without_the_proxy() -> None:
    proxy = Proxy()

    async def status() -> int:
        access = Access(proxy=served.base)
        async with open_transport(access.without_certificate(), own_loopback=True) as transport:
            return (await open_response(transport, httpx.Request("GET", images.base))).status_code

    with hostile.serving(proxy.behave) as served, hostile.serving(answering(b"{}")) as images:
        assert asyncio.run(status()) == 200
    assert proxy.lines == []


def test_an_address_that_was_resolved_here_goes_to_the_proxy_by_its_name() -> None:
    proxy = Proxy()
    request = httpx.Request("GET", "http://192.0.2.1/1.png", extensions={"sni_hostname": "images.example"})

    async def status() -> int:
        async with open_transport(Access(proxy=served.base)) as transport:
            return (await open_response(transport, request)).status_code

    with hostile.serving(proxy.behave) as served:
        assert asyncio.run(status()) == 200
    assert proxy.lines == ["GET http://images.example/1.png HTTP/1.1"]


def test_the_environment_names_the_proxy_and_what_needs_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("HTTPS_PROXY", "http://proxy:1"), ("NO_PROXY", "inside.example")):
        monkeypatch.setenv(name, value)
        monkeypatch.setenv(name.lower(), value)
    assert proxy_of("env", httpx.URL("https://gateway.example")) == "http://proxy:1"
    assert proxy_of("env", httpx.URL("https://inside.example")) is None
    assert proxy_of("http://other:2", httpx.URL("https://inside.example")) == "http://other:2"


@pytest.mark.parametrize("proxy", ["proxy:3128", "socks5://proxy", "http://", "http://proxy/path", "http://[::1"])
def test_a_proxy_that_cannot_be_is_an_error(proxy: str) -> None:
    assert proxy_problem(proxy) == "must be env or like http://proxy:3128"


def test_the_password_of_a_proxy_is_a_secret() -> None:
    access = Access(proxy=f"http://me:{PASSWORD}@proxy:3128")
    assert proxy_problem(str(access.proxy)) == ""
    assert PASSWORD in access.secrets("sk-token-of-the-gateway")
    assert PASSWORD not in repr(access)


def test_a_gateway_at_a_unix_socket_is_reached(tmp_path: Path) -> None:
    socket = tmp_path / "gw.sock"

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        await answering(b'{"by": "socket"}')(head, writer)
        await writer.drain()
        writer.close()

    async def once() -> Answer | NoAnswer:
        async with await asyncio.start_unix_server(answer, socket), open_transport(Access(socket=socket)) as transport:
            return await exchange(transport, ASKED, "http://localhost", Limits(answer=5), 5, Share())

    found = asyncio.run(once())
    assert isinstance(found, Answer)
    assert found.body == {"by": "socket"}
