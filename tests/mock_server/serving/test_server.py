import socket

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from mock_server.serving.server import PortInUseError, listen, serving


async def hello(_request: Request) -> Response:
    return PlainTextResponse("hello")


APP = Starlette(routes=[Route("/", hello)])


def has_ipv6() -> bool:
    try:
        listen("::1", 0).close()
    except PortInUseError:
        return False
    return True


def test_an_application_is_served_until_the_block_ends() -> None:
    with serving(APP) as url:
        assert httpx.get(url, trust_env=False).text == "hello"
    with pytest.raises(httpx.ConnectError):
        httpx.get(url, trust_env=False)


def test_applications_on_free_ports_do_not_meet() -> None:
    with serving(APP) as one, serving(APP) as other:
        assert one != other
        assert [httpx.get(url, trust_env=False).text for url in (one, other)] == ["hello", "hello"]


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")
def test_an_address_of_ipv6_stands_in_brackets() -> None:
    with serving(APP, "::1") as url:
        assert url.startswith("http://[::1]:")
        assert httpx.get(url, trust_env=False).text == "hello"


def test_an_error_within_the_block_stops_the_server_all_the_same() -> None:
    block = serving(APP)
    url = block.__enter__()
    assert not block.__exit__(ZeroDivisionError, ZeroDivisionError(), None)
    with pytest.raises(httpx.ConnectError):
        httpx.get(url, trust_env=False)


def test_a_port_in_use_is_told_in_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortInUseError) as raised, serving(APP, port=port):
            pass
    assert str(raised.value) == f"cannot listen on 127.0.0.1:{port}: Address already in use"


def test_a_host_that_is_none_is_told_in_one_sentence() -> None:
    with pytest.raises(PortInUseError, match=r"^cannot listen on 999\.9\.9\.9:0: [^()]+$"):
        listen("999.9.9.9", 0)
