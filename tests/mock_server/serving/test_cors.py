"""What a browser is told, over a real socket; that browsers take it is shown in tests/clients."""

from collections.abc import Iterator

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from mock_server.serving.asgi import with_cors
from mock_server.serving.server import serving

PAGE = "http://localhost:5173"
CREDENTIALS = "access-control-allow-credentials"
SDK_HEADERS = (
    "authorization, content-type, x-mock-scenario, x-mock-seed, x-stainless-arch, x-stainless-lang, x-stainless-os, "
    "x-stainless-package-version, x-stainless-retry-count, x-stainless-runtime, x-stainless-runtime-version, "
    "x-stainless-timeout"
)


async def fine(_request: Request) -> Response:
    return PlainTextResponse("fine", headers={"vary": "Accept", "retry-after": "2", "x-mock-scenario": "slow"})


async def broken(_request: Request) -> Response:
    raise ArithmeticError


async def with_an_opinion(_request: Request) -> Response:
    own = {"Access-Control-Allow-Origin": "https://one.example", "Access-Control-Expose-Headers": "x-one"}
    return PlainTextResponse("fine", headers=own)


@pytest.fixture(scope="module")
def http() -> Iterator[httpx.Client]:
    routes = [
        Route("/", fine, methods=["GET", "POST", "OPTIONS"]),
        Route("/broken", broken),
        Route("/with-an-opinion", with_an_opinion),
    ]
    with serving(with_cors(Starlette(routes=routes))) as url, httpx.Client(base_url=url, trust_env=False) as client:
        yield client


def preflight(http: httpx.Client, path: str = "/", **asked: str) -> httpx.Response:
    headers = {f"access-control-request-{name}".replace("_", "-"): value for name, value in asked.items()}
    return http.options(path, headers={"origin": PAGE, **headers})


def listed(answer: httpx.Response, header: str) -> set[str]:
    return {item.strip().lower() for item in answer.headers.get(header, "").split(",")} - {""}


def test_a_preflight_allows_what_the_sdk_and_the_mock_need(http: httpx.Client) -> None:
    answer = preflight(http, method="POST", headers=SDK_HEADERS)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "post" in listed(answer, "access-control-allow-methods")
    # A star would not stand for `authorization` (Fetch, 4.9): each is named.
    assert listed(answer, "access-control-allow-headers") == set(SDK_HEADERS.split(", "))


@pytest.mark.parametrize("path", ["/broken", "/nowhere"])
def test_a_preflight_is_answered_whatever_the_call_will_come_to(http: httpx.Client, path: str) -> None:
    assert preflight(http, path, method="DELETE", headers="authorization").status_code == 200


def test_a_preflight_into_a_private_network_is_allowed_where_asked_for(http: httpx.Client) -> None:
    header = "access-control-allow-private-network"
    assert preflight(http, method="POST", private_network="true").headers[header] == "true"
    assert header not in preflight(http, method="POST").headers


def test_a_preflight_varies_with_all_that_it_depends_on(http: httpx.Client) -> None:
    asked = {f"access-control-request-{part}" for part in ("method", "headers", "private-network")}
    assert asked <= listed(preflight(http, method="POST", headers="authorization"), "vary")


def test_options_without_a_browsers_question_reach_the_application(http: httpx.Client) -> None:
    answer = http.options("/", headers={"origin": PAGE})
    assert answer.text == "fine"
    assert answer.headers.get_list("access-control-allow-origin") == ["*"]
    assert answer.headers.get_list("access-control-expose-headers") == ["*"]


@pytest.mark.parametrize(("path", "status"), [("/", 200), ("/nowhere", 404), ("/broken", 500)])
@pytest.mark.parametrize("origin", [PAGE, "null", None])
def test_every_answer_can_be_read_whole_by_any_page(
    http: httpx.Client, path: str, status: int, origin: str | None
) -> None:
    answer = http.get(path, headers={} if origin is None else {"origin": origin})
    assert answer.status_code == status
    assert answer.headers.get_list("access-control-allow-origin") == ["*"]
    assert answer.headers.get_list("access-control-expose-headers") == ["*"]
    assert CREDENTIALS not in answer.headers


def test_another_method_is_refused_for_a_page_to_read(http: httpx.Client) -> None:
    answer = http.delete("/", headers={"origin": PAGE})
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (405, "*")


def test_an_answer_is_the_same_for_whoever_asks_so_it_varies_no_more_than_before(http: httpx.Client) -> None:
    asked, unasked = http.get("/", headers={"origin": PAGE}), http.get("/")
    assert listed(asked, "vary") == listed(unasked, "vary") == {"accept"}
    assert asked.headers.multi_items() == unasked.headers.multi_items()


def test_what_an_application_says_of_origins_itself_gives_way(http: httpx.Client) -> None:
    answer = http.get("/with-an-opinion")
    assert answer.headers.get_list("access-control-allow-origin") == ["*"]
    assert answer.headers.get_list("access-control-expose-headers") == ["*"]


def test_what_is_no_request_passes_through() -> None:
    seen: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["type"])
        for _ in range(2):
            message = await receive()
            await send({"type": f"{message['type']}.complete"})

    with TestClient(with_cors(app)):
        assert seen == ["lifespan"]
