"""Forwarding: a real upstream, played by a second stub, is reached as if nobody stood between, and all is recorded."""

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import dashscope as sdk
import httpx
import pytest
from dashscope import MultiModalConversation
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from gateway_contract.traffic.exchange import header
from gateway_contract.values.json_value import ABSENT
from mock_server.faults.fault import reset, reset_mid_response, silence
from mock_server.images.identity import identity_of
from mock_server.serving.server import serving
from mock_server.upstream import forward as forwarding_module
from mock_server.upstream.calls import CALLS_PATH, UpstreamCalls
from mock_server.upstream.dashscope import messages
from mock_server.upstream.forward import forwarding_app
from tests.mock_server.forwarding_served import ServedForwarding, forwarding_to
from tests.mock_server.served import DASHSCOPE, ServedStub
from tests.mock_server.tasks_served import (
    ENABLED,
    GENERATION,
    NEVER_STARTED,
    SYNTHESIS,
    TASKS,
    generation,
    synthesis,
    tasks_served,
)

pytestmark = pytest.mark.slow

KEY = {"authorization": "Bearer sk-the-real-key-of-a-gateway"}
NOBODY = "http://127.0.0.1:1"


@pytest.fixture(scope="module")
def between(quick: ServedStub) -> Iterator[ServedForwarding]:
    with forwarding_to(quick.url) as forwarding:
        yield forwarding


@contextmanager
def before(answer: ASGIApp, seconds: float = 30) -> Iterator[ServedForwarding]:
    """Forwarding to an upstream that answers everything in one way."""

    async def anything(request: Request) -> ASGIApp:
        await request.body()
        return answer

    methods = ["GET", "POST", "HEAD", "DELETE"]
    app = Starlette(routes=[Route("/{path:path}", anything, methods=methods)])
    with serving(app) as url, forwarding_to(url, seconds) as forwarding:
        yield forwarding


def assert_unreached(response: httpx.Response, status: int, why: str) -> None:
    said = response.json()
    assert (response.status_code, set(said)) == (status, {"code", "message", "request_id"})
    assert said["message"].startswith("This is the mock: ")
    assert why in said["message"]
    assert response.headers["x-request-id"] == said["request_id"]
    assert response.headers["x-mock-error"] == "true"
    assert "Traceback" not in response.text


def test_a_call_arrives_as_it_was_sent(between: ServedForwarding, quick: ServedStub) -> None:
    content = b' {"model":"wan2.7-image", "a":1.0,\n"b":"\\u00e4"}'
    headers = KEY | {"x-trace": "7", "content-type": "application/json; charset=utf-8"}
    between.http.post(f"{between.url}{quick.stub.path}?a=%20b&a=%2F", content=content, headers=headers)
    seen = quick.last
    assert (seen.method, seen.path) == ("POST", f"{quick.stub.path}?a=%20b&a=%2F")
    assert seen.body == json.loads(content)
    assert header(seen.headers, "authorization") == KEY["authorization"]
    assert header(seen.headers, "host") == quick.url.removeprefix("http://")
    assert header(seen.headers, "x-trace") == "7"
    assert header(seen.headers, "content-type") == headers["content-type"]
    assert header(seen.headers, "content-length") == str(len(content))


def test_nothing_is_added_and_what_is_for_one_connection_goes_no_further(
    between: ServedForwarding, quick: ServedStub
) -> None:
    call = between.http.build_request("GET", f"{between.url}{TASKS}/1")
    call.headers = httpx.Headers(
        {"host": "x", "connection": "x-secret, close", "x-secret": "1", "te": "trailers"} | KEY
    )
    between.http.send(call)
    assert {name for name, _ in quick.last.headers} == {"host", "authorization"}


def test_an_answer_comes_back_byte_for_byte(between: ServedForwarding, quick: ServedStub) -> None:
    packed = gzip.compress(b'{"output": {"choices": []}, "request_id": "1"}')
    headers = {"content-encoding": "gzip", "x-request-id": "1", "connection": "x-hop", "x-hop": "1"}
    with before(Response(packed, 207, headers, "application/json")) as forwarding:
        with forwarding.http.stream("POST", forwarding.url + "/any", json={}) as response:
            raw = b"".join(response.iter_raw())
        assert (raw, response.status_code) == (packed, 207)
        assert (response.headers["content-encoding"], response.headers["x-request-id"]) == ("gzip", "1")
        assert "x-hop" not in response.headers
        assert len(response.headers.get_list("date")) == 1
        assert (forwarding.last.status, forwarding.last.generated) == (207, False)
    direct, through = quick.http.get(f"{quick.url}/no"), between.http.get(f"{between.url}/no")
    assert direct.status_code == through.status_code == 404
    assert direct.json()["message"] == through.json()["message"]


def test_a_redirection_is_the_callers_to_follow() -> None:
    with before(Response(status_code=307, headers={"location": "/elsewhere"})) as forwarding:
        response = forwarding.post("/any", {})
    assert (response.status_code, response.headers["location"]) == (307, "/elsewhere")


@pytest.mark.parametrize("method", ["HEAD", "DELETE"])
def test_an_answer_without_a_body_comes_back_as_such(method: str) -> None:
    with before(Response(status_code=204)) as forwarding:
        response = forwarding.http.request(method, forwarding.url + "/any")
        assert (response.status_code, response.content) == (204, b"")
        assert (forwarding.last.method, forwarding.last.path, forwarding.last.body) == (method, "/any", ABSENT)


def test_images_that_were_made_at_once_are_recorded(between: ServedForwarding, quick: ServedStub) -> None:
    body = generation(n=2)
    response = between.post(quick.stub.path, body, KEY)
    links = messages.image_links(response.json())
    assert (
        between.last.images == quick.last.images == tuple(identity_of(quick.http.get(link).content) for link in links)
    )
    assert (between.last.path, between.last.body, between.last.status) == (quick.stub.path, body, 200)
    assert ("authorization", KEY["authorization"]) in between.last.headers


@pytest.mark.parametrize(("path", "body"), [(GENERATION, generation(n=2)), (SYNTHESIS, synthesis())])
def test_images_of_a_task_are_noted_where_it_was_handed_in(
    between: ServedForwarding,
    quick: ServedStub,
    path: str,
    body: Any,  # noqa: ANN401 - a row
) -> None:
    count = len(between.calls)
    task_id = between.post(path, body, ENABLED).json()["output"]["task_id"]
    assert not between.last.generated
    assert quick.last.generated
    made = quick.last.images
    for _ in range(2):
        between.http.get(f"{between.url}{TASKS}/{task_id}")
    assert [call.images for call in between.calls.since(count)] == [made, (), ()]


def test_a_task_that_made_nothing_is_recorded_so(powertokens: Any) -> None:  # noqa: ANN401 - as the fixture has it
    with tasks_served(powertokens, NEVER_STARTED) as stub, forwarding_to(stub.url) as forwarding:
        task_id = forwarding.post(SYNTHESIS, synthesis(), ENABLED).json()["output"]["task_id"]
        assert forwarding.post(f"{TASKS}/{task_id}/cancel", None).status_code == 200
        assert forwarding.http.get(f"{forwarding.url}{TASKS}/{task_id}").json()["output"]["task_status"] == "CANCELED"
        assert [call.generated for call in forwarding.calls] == [False] * 3


def test_an_error_of_the_upstream_is_passed_on_as_it_is(between: ServedForwarding, quick: ServedStub) -> None:
    response = between.post(quick.stub.path, generation(n=9))
    assert (response.status_code, response.json()["message"]) == (400, "num_images_per_prompt is out of range")
    assert "x-mock-error" not in response.headers
    assert (between.last.status, between.last.generated) == (400, False)


@pytest.mark.parametrize("url", [NOBODY, "http://127.0.0.1:1/below"])
def test_a_dead_upstream_is_a_clear_error(url: str) -> None:
    with forwarding_to(url) as forwarding:
        assert_unreached(forwarding.post("/any", {}, KEY), 502, "no connection")
        assert (forwarding.last.status, forwarding.last.path) == (502, "/any")


@pytest.mark.parametrize("url", ["ftp://127.0.0.1", "nowhere", ""])
def test_an_address_that_is_none_is_a_clear_error(url: str) -> None:
    with forwarding_to(url) as forwarding:
        assert_unreached(forwarding.post("/any", {}), 502, "its address is no http:// or https:// URL")


def test_an_address_that_cannot_be_read_is_told_at_once() -> None:
    with pytest.raises(httpx.InvalidURL):
        forwarding_app(UpstreamCalls(), DASHSCOPE, lambda _: [], "http://a:b", httpx.AsyncClient())


@pytest.mark.parametrize(
    ("answer", "slow"), [(silence(60), True), (reset_mid_response(Response(b"{}" * 40)), False), (reset, False)]
)
def test_a_slow_or_broken_upstream_is_a_clear_error(answer: ASGIApp, slow: bool) -> None:  # noqa: FBT001 - a row
    with before(answer, seconds=0.3 if slow else 30) as forwarding:
        why = "it did not answer in time" if slow else "the connection broke"
        assert_unreached(forwarding.post("/any", {}), 504 if slow else 502, why)
        assert forwarding.last.status == (504 if slow else 502)


def test_an_answer_without_end_is_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forwarding_module, "MAX_BYTES", 100)
    with before(Response(b"\0" * 101)) as forwarding:
        assert_unreached(forwarding.post("/any", {}), 502, "its answer is over")


@pytest.mark.parametrize("headers", [{}, {"content-encoding": "gzip"}])
def test_an_answer_that_says_nothing_is_passed_on_and_recorded(headers: dict[str, str]) -> None:
    with before(Response(b"no JSON", 200, headers)) as forwarding:
        with forwarding.http.stream("GET", forwarding.url + "/any") as response:
            assert b"".join(response.iter_raw()) == b"no JSON"
        assert (forwarding.last.status, forwarding.last.images) == (200, ())


def test_what_is_shown_of_the_record_holds_no_key(between: ServedForwarding) -> None:
    key = KEY["authorization"].removeprefix("Bearer ")
    between.post(f"/api/v1/any?key={key}", {"mine": [key], key: 1}, KEY | {"x-mine": key})
    assert ("authorization", KEY["authorization"]) in between.last.headers
    shown = between.http.get(between.url + CALLS_PATH)
    assert shown.json()[-1]["body"]["mine"] == ["[redacted]"]
    assert key not in shown.text


def test_the_vendors_sdk_does_not_notice(
    between: ServedForwarding, quick: ServedStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sdk, "base_http_api_url", f"{between.url}/api/v1")
    messages = [{"role": "user", "content": [{"text": "a lighthouse"}]}]
    answer: Any = MultiModalConversation.call(api_key="sk-any", model="qwen-image-2.0-pro", messages=messages)
    link = answer.output.choices[0].message.content[0]["image"]
    assert quick.http.get(link).content.startswith(b"\x89PNG")
    assert between.last.images == quick.last.images


def test_a_call_that_is_far_too_long_is_not_passed_on(quick: ServedStub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forwarding_module, "MAX_BYTES", 1000)
    before_that = len(quick.stub.calls)
    with forwarding_to(quick.url) as forwarding:
        assert_unreached(forwarding.post("/api/v1/anything", {"text": "a" * 2000}), 413, "the call is over 1000 bytes")
    assert len(quick.stub.calls) == before_that
