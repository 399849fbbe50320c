"""Web pages of other origins read nothing, change nothing, and spend no key, unless their origin is allowed."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import httpx
import pytest

from gateway_contract.contract.definition import Contract
from mock_server.runtime.mock import MockSettings
from tests.mock_server.admin.seen import TOKEN, Body, Seen, seen
from tests.mock_server.served import stub_served

DEV_SERVER, EVIL = "http://localhost:5173", "http://evil.example"
READABLE = "access-control-allow-origin"
CALLS = "/dashscope/_mock/calls"


@pytest.fixture(scope="module")
def mock(powertokens: Contract) -> Iterator[Seen]:
    origins = frozenset({DEV_SERVER, "http://localhost:6006"})
    with seen([powertokens], lambda own: MockSettings(own, allowed_origins=origins)) as found:
        yield found


def preflight(mock: Seen, path: str, origin: str, method: str) -> httpx.Response:
    return mock.http.options(path, headers={"origin": origin, "access-control-request-method": method})


@pytest.mark.parametrize("path", ["/_mock", "/_mock/requests", "/_mock/nothing", CALLS, "/", "/powertokens/_mock"])
def test_only_pages_of_allowed_origins_can_read(mock: Seen, path: str) -> None:
    assert READABLE not in mock.http.get(path, headers={"origin": EVIL}).headers
    assert mock.http.get(path, headers={"origin": DEV_SERVER}).headers[READABLE] == DEV_SERVER


@pytest.mark.parametrize(("method", "path"), [("DELETE", CALLS), ("PUT", "/_mock/mode"), ("POST", "/console/clear")])
@pytest.mark.parametrize("origin", [EVIL, "null"])
def test_pages_of_other_origins_change_nothing(mock: Seen, order: Body, method: str, path: str, origin: str) -> None:
    mock.ask("powertokens", order)
    refused = mock.http.request(method, path, headers={"origin": origin}, json={"mode": "off"})
    assert (refused.status_code, READABLE in refused.headers) == (403, False)
    named = "start the mock with --allow-origin http://evil.example" in refused.json()["detail"]
    assert named == (origin == EVIL)
    assert mock.http.get(CALLS).json() != []
    assert mock.listed() != []
    assert preflight(mock, path, origin, method).status_code == 400


def test_pages_of_an_allowed_origin_can_change_the_mock(mock: Seen, order: Body) -> None:
    mock.ask("powertokens", order)
    asked = preflight(mock, CALLS, "http://localhost:6006", "DELETE")
    assert (asked.status_code, asked.headers[READABLE]) == (200, "http://localhost:6006")
    assert mock.http.delete(CALLS, headers={"origin": "http://localhost:6006"}).status_code == 204
    assert mock.http.get(CALLS).json() == []


def test_pages_of_any_origin_can_generate_what_costs_nothing(mock: Seen, order: Body) -> None:
    assert mock.ask("powertokens", order, {"origin": EVIL}).headers[READABLE] == "*"


ORIGINS = frozenset({DEV_SERVER})


def proxying(own: str, real: str) -> MockSettings:
    return MockSettings(own, proxy_upstream=real, allowed_origins=ORIGINS)


def with_key(own: str, real: str) -> MockSettings:
    return MockSettings(own, upstream_url=real, upstream_key="sk-that-costs-money", allowed_origins=ORIGINS)


@pytest.mark.parametrize("settings", [proxying, with_key], ids=["proxy", "key"])
def test_a_page_of_another_origin_must_not_spend_a_real_key(
    powertokens: Contract, order: Body, settings: Callable[[str, str], MockSettings]
) -> None:
    with stub_served(powertokens) as real:
        url = f"{real.url}/api/v1"
        with seen([powertokens], lambda own: settings(own, url)) as mock:
            refused = mock.ask("powertokens", order, {"origin": EVIL})
            assert refused.status_code == 403
            assert refused.json()["error"]["message"] == (
                f"Pages of {EVIL} must not spend the key of the upstream. "
                f"Start the mock with --token, or with --allow-origin {EVIL}."
            )
            assert refused.headers[READABLE] == "*"
            assert tuple(real.stub.calls) == ()
            assert mock.listed() == [1]
            for origin in (DEV_SERVER, mock.mock.settings.own):
                assert mock.ask("powertokens", order, {"origin": origin}).status_code == 200
            assert mock.ask("powertokens", order).status_code == 200
        with seen([powertokens], lambda own: replace(settings(own, url), token=TOKEN)) as mock:
            wrong = {"origin": EVIL, "authorization": "Bearer sk-of-the-page"}
            assert mock.ask("powertokens", order, wrong).status_code == 401
            assert mock.ask("powertokens", order, {"origin": EVIL}).status_code == 200


def test_an_upstream_without_a_key_of_its_own_may_be_called_by_any_page(powertokens: Contract, order: Body) -> None:
    with stub_served(powertokens) as other:
        url = f"{other.url}/api/v1"
        with seen([powertokens], lambda own: MockSettings(own, upstream_url=url)) as mock:
            assert mock.ask("powertokens", order, {"origin": EVIL}).status_code == 200
