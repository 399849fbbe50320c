"""Each proxy does to requests and answers what it stands for."""

import ssl
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.end_to_end.certificates import Certificates
from tests.end_to_end.check_gateway import TOKEN
from tests.end_to_end.mock_gateway import mock_gateway
from tests.end_to_end.nginx import (
    BODY_LIMIT,
    CLIENT_CERTIFICATE,
    HEADERS,
    RATE_LIMIT,
    RATE_LIMIT_WITH_RETRY_AFTER,
    SLOW_GATEWAY,
    TIME_LIMIT,
    TLS_WITH_PREFIX,
    Site,
    nginx,
)

REQUEST = {"model": "qwen-image-2.0-pro", "prompt": "a lighthouse", "size": "512*512"}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with mock_gateway("powertokens", tmp_path_factory.mktemp("mock")) as url:
        yield url


@contextmanager
def client_of(site: Site, gateway: str, certificates: Certificates, folder: Path) -> Iterator[httpx.Client]:
    """A client of a gateway behind a proxy, which trusts the authority of the tests."""
    trust = ssl.create_default_context(cafile=certificates.authority)
    if site is CLIENT_CERTIFICATE:
        trust.load_cert_chain(certificates.client, certificates.client_key)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with (
        nginx(site, gateway, certificates, folder) as url,
        httpx.Client(base_url=url, verify=trust, headers=headers, timeout=30) as client,
    ):
        yield client


def generate(client: httpx.Client, **more: object) -> httpx.Response:
    return client.post("/v1/images/generations", json={**REQUEST, **more})


@pytest.mark.parametrize("site", [TLS_WITH_PREFIX, BODY_LIMIT, TIME_LIMIT, SLOW_GATEWAY, RATE_LIMIT, HEADERS])
def test_a_plain_request_gets_through(site: Site, gateway: str, certificates: Certificates, tmp_path: Path) -> None:
    with client_of(site, gateway, certificates, tmp_path) as client:
        response = generate(client)
    assert response.status_code == 200
    assert len(response.json()["data"]) == 1


def test_tls_is_trusted_by_its_authority_alone(gateway: str, certificates: Certificates, tmp_path: Path) -> None:
    with (
        client_of(TLS_WITH_PREFIX, gateway, certificates, tmp_path) as client,
        pytest.raises(httpx.ConnectError, match="self-signed certificate"),
    ):
        httpx.get(client.base_url)


def test_nothing_is_outside_the_prefix(gateway: str, certificates: Certificates, tmp_path: Path) -> None:
    with client_of(TLS_WITH_PREFIX, gateway, certificates, tmp_path) as client:
        assert client.post(client.base_url.join("/v1/images/generations")).status_code == 404


def test_a_client_needs_a_certificate_and_a_header(gateway: str, certificates: Certificates, tmp_path: Path) -> None:
    with client_of(CLIENT_CERTIFICATE, gateway, certificates, tmp_path) as client:
        assert generate(client).status_code == 403
        client.headers["X-Tenant"] = "blue"
        assert generate(client).status_code == 200
        trust = ssl.create_default_context(cafile=certificates.authority)
        stranger = httpx.get(client.base_url, verify=trust, headers={"X-Tenant": "blue"})
    assert stranger.status_code == 400
    assert "No required SSL certificate was sent" in stranger.text


@pytest.mark.parametrize(("site", "pause"), [(RATE_LIMIT, None), (RATE_LIMIT_WITH_RETRY_AFTER, "1")])
def test_more_than_a_few_requests_a_second_are_too_many(
    site: Site, pause: str | None, gateway: str, certificates: Certificates, tmp_path: Path
) -> None:
    with client_of(site, gateway, certificates, tmp_path) as client:
        with ThreadPoolExecutor(20) as threads:
            answers = list(threads.map(lambda _: generate(client, size="big"), range(100)))
        limited = next(answer for answer in answers if answer.status_code == 429)
        assert limited.headers.get("Retry-After") == pause
        time.sleep(0.2)
        assert generate(client).status_code == 200


def test_a_longer_body_is_too_large(gateway: str, certificates: Certificates, tmp_path: Path) -> None:
    with client_of(BODY_LIMIT, gateway, certificates, tmp_path) as client:
        assert generate(client, prompt="a" * 1024).status_code == 413


def test_a_slow_answer_is_given_up(gateway: str, certificates: Certificates, tmp_path: Path) -> None:
    with client_of(SLOW_GATEWAY, gateway, certificates, tmp_path) as client:
        assert generate(client).status_code == 200
        assert generate(client, n=6).status_code == 504


def test_headers_are_added_and_answers_compressed(gateway: str, certificates: Certificates, tmp_path: Path) -> None:
    with client_of(HEADERS, gateway, certificates, tmp_path) as client:
        response = generate(client)
    assert response.headers["Content-Encoding"] == "gzip"
    assert len(response.headers["X-Request-ID"].split(", ")[-1]) == 32  # beside the id that the mock gave
    assert "Strict-Transport-Security" in response.headers
