"""A malformed Host or Origin is the client's mistake, a foreign host name an attack; each gets a sentence."""

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from gateway_contract.contract.definition import Contract
from mock_server.runtime.mock import MockSettings
from mock_server.serving.server import serving
from mock_server.testing import running_mock
from mock_server.upstream.protocols import protocol_of
from mock_server.upstream.stub import UpstreamStub, upstream_app

BODY = b'{"model":"qwen-image-2.0-pro","prompt":"a cat"}'
MALFORMED_HOSTS = ["[", "[::1", "a b", "http://a", "a:b", "127.0.0.1:99999", "a/b", "a@b", "", "\u00e9"]
MALFORMED_ORIGINS = ["http://[", "http://a/b", "a", "//a", "http://127.0.0.1:99999", "http://a:b", "%%", ""]
PATHS = [b"GET /_mock", b"GET /", b"DELETE /_mock/requests", b"POST /powertokens/v1/images/generations"]


@pytest.fixture(scope="module")
def port(powertokens: Contract) -> Iterator[int]:
    with running_mock([powertokens], lambda own: MockSettings(own, allowed_hosts=frozenset({"mock.internal"}))) as mock:
        yield int(urlsplit(mock.settings.own).port or 0)


def answered(port: int, request: bytes, *headers: str) -> tuple[int, bytes]:
    """The status and the body of the response to a request with these headers."""
    lines = [request + b" HTTP/1.1", *(header.encode("latin-1") for header in headers), b"Authorization: Bearer x"]
    length = b"Content-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(BODY)
    with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
        client.sendall(b"\r\n".join([*lines, length]) + BODY)
        received = b"".join(iter(lambda: client.recv(65536), b""))
    head, _, body = received.partition(b"\r\n\r\n")
    return int(head.split()[1]), body


@pytest.mark.parametrize("path", PATHS, ids=bytes.decode)
@pytest.mark.parametrize("host", MALFORMED_HOSTS)
def test_a_malformed_host_gets_400_and_a_sentence(port: int, path: bytes, host: str) -> None:
    status, body = answered(port, path, f"Host: {host}")
    assert (status, b"Host must be like localhost:8080" in body) == (400, True)


@pytest.mark.parametrize("path", PATHS, ids=bytes.decode)
@pytest.mark.parametrize("origin", MALFORMED_ORIGINS)
def test_a_malformed_origin_gets_400_and_a_sentence(port: int, path: bytes, origin: str) -> None:
    status, body = answered(port, path, "Host: localhost", f"Origin: {origin}")
    assert (status, b"Origin must be like http://localhost:5173" in body) == (400, True)


@pytest.mark.parametrize("headers", [(), ("Host: a", "Host: a")], ids=["none", "two"])
def test_no_host_or_two_get_400(port: int, headers: tuple[str, ...]) -> None:
    status, body = answered(port, b"GET /_mock", *headers)
    assert (status, b"expected one Host header" in body) == (400, True)


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:80", "127.0.0.1:", "[::1]:8080", "app.localhost", "localhost."]
)
@pytest.mark.parametrize("origin", ["null", "http://localhost:5173", "chrome-extension://abc", "file://"])
def test_a_wellformed_address_passes(port: int, host: str, origin: str) -> None:
    status, _ = answered(port, b"POST /powertokens/v1/images/generations", f"Host: {host}", f"Origin: {origin}")
    assert status == 200


PAGES = [*PATHS, b"GET /dashscope/_mock/calls", b"PUT /_mock/scenario", b"GET /requests/1", b"OPTIONS /_mock"]


@pytest.mark.parametrize("path", PAGES, ids=bytes.decode)
@pytest.mark.parametrize("host", ["evil.example", "evil.example:8080", "127.0.0.1.evil.example", "10.1.2.3", "0.0.0.0"])
def test_a_foreign_host_name_gets_421_and_a_sentence(port: int, path: bytes, host: str) -> None:
    name = host.partition(":")[0]
    status, body = answered(port, path, f"Host: {host}", f"Origin: http://{host}")
    assert status == 421
    assert f"The mock is not served as {name}. To allow this name, start the mock with --allow-host {name}." in str(
        body
    )


@pytest.mark.parametrize("host", ["mock.internal", "MOCK.internal:8080", "mock.internal."])
def test_an_allowed_host_name_passes(port: int, host: str) -> None:
    assert answered(port, b"GET /_mock", f"Host: {host}")[0] == 200


def test_a_request_without_host_gets_400_in_older_http_too(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
        client.sendall(b"GET /_mock HTTP/1.0\r\n\r\n")
        received = b"".join(iter(lambda: client.recv(65536), b""))
    assert received.startswith(b"HTTP/1.1 400 ")


def test_the_stub_on_its_own_is_served_under_any_name(powertokens: Contract) -> None:
    """Gateways in containers reach it under other names than this machine's."""
    assert powertokens.upstream is not None
    stub = UpstreamStub(powertokens.upstream, protocol_of(powertokens.upstream))
    with serving(upstream_app(stub)) as url:
        status, _ = answered(int(urlsplit(url).port or 0), b"GET /_mock/calls", "Host: host.docker.internal:9900")
    assert status == 200
