"""A gateway stage by stage, in front of real upstreams."""

import time
from base64 import b64decode
from dataclasses import replace
from io import BytesIO
from typing import Any

import httpx
import pytest
from PIL import Image

from gateway_contract.contract.definition import Contract
from gateway_contract.traffic.exchange import header
from gateway_contract.values.json_value import Json
from gateway_contract.values.pointer import placed, read
from mock_server.gateway.gateway_app import gateway_app
from mock_server.gateway.stages import Gateway, GatewayResponse
from mock_server.images.identity import identity_of
from mock_server.serving.error_response import ErrorResponse
from mock_server.serving.server import serving
from mock_server.upstream.dashscope import messages
from mock_server.upstream.prompt_extension import extended
from tests.mock_server.served import KEY, Body, ServedGateway, canned, client, gateway_before, gateway_served

FLAT: Body = {"model": "qwen-image-2.0-pro", "prompt": "a lighthouse", "size": "512*512"}
NESTED: Body = {
    "model": "qwen-image-2.0-pro",
    "input": {"messages": [{"role": "user", "content": [{"text": "a lighthouse"}]}]},
    "size": "512x512",
}


def error_in(response: httpx.Response) -> dict[str, Any]:
    said = response.json()
    assert set(said) == {"error"}
    assert set(said["error"]) == {"message", "type", "code", "param"}
    assert said["error"]["message"]
    error: dict[str, Any] = said["error"]
    return error


def assert_refused(response: httpx.Response, status: int, code: str, param: str | None = None) -> None:
    error = error_in(response)
    assert (response.status_code, error["code"], error["param"]) == (status, code, param)


@pytest.mark.parametrize("credential", ["", "Bearer", "Basic eDp5", "sk-any", "Token sk-any"])
def test_without_a_bearer_token_nothing_is_done(flat: ServedGateway, credential: str) -> None:
    before = len(flat.calls)
    response = flat.post(FLAT, {"authorization": credential})
    assert_refused(response, 401, "missing_api_key")
    assert error_in(response)["type"] == "authentication_error"
    assert len(flat.calls) == before


@pytest.mark.parametrize("credential", ["Bearer x", "bearer x", "BEARER   x"])
def test_any_token_is_taken_where_none_is_set(flat: ServedGateway, credential: str) -> None:
    assert flat.post(FLAT, {"authorization": credential}).status_code == 200


def test_only_the_token_that_is_set_is_taken(powertokens: Contract) -> None:
    with gateway_served(powertokens, token="sk-right") as served:
        assert_refused(served.post(FLAT, {"authorization": "Bearer sk-wrong"}), 401, "invalid_api_key")
        assert served.calls == ()
        assert served.post(FLAT, {"authorization": "Bearer sk-right"}).status_code == 200


def test_a_token_is_looked_at_before_the_body(flat: ServedGateway) -> None:
    assert_refused(flat.post({}, {"authorization": ""}), 401, "missing_api_key")


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"model=x", b"\xff\xfe", b'{"n": NaN}', b'{"n": 1e400}', b"[" * 5000, b"[" * 500 + b"]" * 500],
)
def test_a_body_that_is_no_json_is_refused(flat: ServedGateway, content: bytes) -> None:
    assert_refused(flat.send(content), 400, "invalid_json")


@pytest.mark.parametrize("content", [b"[]", b"null", b"1", b'"text"', b"true", b"[{}]"])
def test_json_that_is_no_object_is_refused(flat: ServedGateway, content: bytes) -> None:
    assert_refused(flat.send(content), 400, "invalid_value")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("model", "qwen-image-9"),
        ("prompt", 7),
        ("prompt", "灯" * 801),
        ("n", 0),
        ("n", 7),
        ("n", "1"),
        ("size", "1*1"),
        ("size", "big"),
        ("response_format", "png"),
        ("seed", -1),
        ("watermark", "false"),
        ("prompt_extend", 1),
        ("negative_prompt", "b" * 501),
    ],
)
def test_a_value_out_of_range_is_refused_by_its_fields_name(flat: ServedGateway, field: str, value: Json) -> None:
    before = len(flat.calls)
    response = flat.post({**FLAT, field: value})
    assert_refused(response, 400, "invalid_value", field)
    assert field in error_in(response)["message"]
    assert len(flat.calls) == before


def test_a_missing_field_is_named(flat: ServedGateway, nested: ServedGateway) -> None:
    assert_refused(flat.post({"model": "qwen-image-2.0-pro"}), 400, "missing_required_parameter", "prompt")
    assert_refused(nested.post({"model": "qwen-image-2.0-pro"}), 400, "missing_required_parameter", "input")


@pytest.mark.parametrize("parameters", [{}, {"n": 1}, None])
def test_a_field_that_is_not_accepted_is_refused_whatever_it_holds(nested: ServedGateway, parameters: Json) -> None:
    assert_refused(nested.post({**NESTED, "parameters": parameters}), 400, "invalid_value", "parameters")


def test_everything_asked_for_arrives_upstream_in_its_place(nested: ServedGateway) -> None:
    asked: Body = {
        **NESTED,
        "size": "768x512",
        "n": 2,
        "seed": 0,
        "watermark": False,
        "prompt_extend": False,
        "negative_prompt": "fog",
        "response_format": "url",
    }
    assert len(nested.post(asked).json()["data"]) == 2
    assert nested.calls[-1].body == {
        "model": "qwen-image-2.0-pro",
        "input": {"messages": [{"role": "user", "content": [{"text": "a lighthouse"}]}]},
        "parameters": {
            "n": 2,
            "size": "768*512",
            "seed": 0,
            "watermark": False,
            "prompt_extend": False,
            "negative_prompt": "fog",
        },
    }


def test_a_flat_prompt_becomes_a_message(flat: ServedGateway) -> None:
    assert flat.post(FLAT).status_code == 200
    assert flat.calls[-1].body == {
        "model": "qwen-image-2.0-pro",
        "input": {"messages": [{"role": "user", "content": [{"text": "a lighthouse"}]}]},
        "parameters": {"size": "512*512"},
    }


def test_what_wan_does_not_know_is_not_passed_on(flat: ServedGateway) -> None:
    wan: Body = {"model": "wan2.7-image-pro", "prompt": "a", "negative_prompt": "fog", "prompt_extend": True, "seed": 1}
    assert flat.post(wan).status_code == 200
    assert read(flat.calls[-1].body, "/parameters") == {"seed": 1}


def test_the_clients_token_stays_with_the_gateway(flat: ServedGateway) -> None:
    assert flat.post(FLAT, {"authorization": "Bearer sk-the-clients"}).status_code == 200
    assert header(flat.calls[-1].headers, "authorization") == f"Bearer {KEY}"
    assert "sk-the-clients" not in str(flat.calls[-1])


@pytest.mark.parametrize("layout", messages.LAYOUTS)
def test_several_images_are_one_list_however_they_came(powertokens: Contract, layout: str) -> None:
    with gateway_served(powertokens, layout_of=lambda _: layout) as served:
        data = served.post({**FLAT, "n": 3}).json()["data"]
        images = [identity_of(served.http.get(item["url"]).content) for item in data]
        assert tuple(images) == served.calls[-1].images
        assert len(set(images)) == 3


def test_a_link_leads_to_the_upstreams_image_at_the_gateways_own_address(flat: ServedGateway) -> None:
    (item,) = flat.post(FLAT).json()["data"]
    assert item["url"].startswith(f"{flat.url}/images/")
    assert "b64_json" not in item
    image = flat.http.get(item["url"])
    assert image.headers["content-type"] == "image/png"
    assert (identity_of(image.content),) == flat.calls[-1].images
    assert Image.open(BytesIO(image.content)).size == (512, 512)


def test_an_image_within_the_answer_is_the_upstreams_image(flat: ServedGateway) -> None:
    (item,) = flat.post({**FLAT, "response_format": "b64_json", "size": "512*768"}).json()["data"]
    assert "url" not in item
    content = b64decode(item["b64_json"], validate=True)
    assert content.startswith(b"\x89PNG")
    assert (identity_of(content),) == flat.calls[-1].images
    assert Image.open(BytesIO(content)).size == (512, 768)


def test_an_answer_is_valid_by_the_contract_and_says_the_time(flat: ServedGateway, nested: ServedGateway) -> None:
    for served, body in ((flat, FLAT), (nested, NESTED)):
        answer = served.post(body).json()
        assert served.contract.operation.answer.broken(answer) == frozenset()
        assert type(answer["created"]) is int
        assert abs(answer["created"] - time.time()) < 5
        assert answer["metadata"] == {}
        assert answer["data"][0]["revised_prompt"] == extended("a lighthouse")


def test_an_upstream_that_is_down_is_no_fault_of_the_client(powertokens: Contract) -> None:
    with gateway_served(powertokens, upstream="http://127.0.0.1:1") as served:
        assert_refused(served.post(FLAT), 502, "bad_gateway")


@pytest.mark.parametrize(
    ("status", "code", "answered", "said"),
    [
        (400, "InvalidParameter", 400, "InvalidParameter"),
        (400, "DataInspectionFailed", 400, "DataInspectionFailed"),
        (200, "DataInspectionFailed", 400, "DataInspectionFailed"),
        (429, "Throttling.RateQuota", 429, "rate_limit_exceeded"),
        (500, "InternalError", 502, "bad_gateway"),
        (200, "InternalError", 502, "bad_gateway"),
        (401, "InvalidApiKey", 502, "bad_gateway"),
        (403, "Model.AccessDenied", 502, "bad_gateway"),
        (400, "Arrearage", 502, "bad_gateway"),
        (404, "InvalidParameter", 502, "bad_gateway"),
    ],
)
def test_an_upstreams_error_is_told_as_what_it_means_to_the_client(
    powertokens: Contract, status: int, code: str, answered: int, said: str
) -> None:
    content = f'{{"code": "{code}", "message": "why", "request_id": "id"}}'.encode()
    with canned(status, content) as url, gateway_served(powertokens, upstream=url) as served:
        response = served.post(FLAT)
    assert_refused(response, answered, said)
    assert KEY not in response.text


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"<html>502</html>", "text/html"),
        (b"", "application/json"),
        (b'{"output": {"choices": []}}', "application/json"),
        (b'{"output": {"choices": [{"message": {"content": [{"image": null}]}}]}}', "application/json"),
    ],
)
def test_nonsense_from_the_upstream_is_a_bad_gateway(powertokens: Contract, content: bytes, media_type: str) -> None:
    with canned(200, content, media_type) as url, gateway_served(powertokens, upstream=url) as served:
        assert_refused(served.post(FLAT), 502, "bad_gateway")


def answer_with(link: str) -> bytes:
    return f'{{"output": {{"choices": [{{"message": {{"content": [{{"image": "{link}"}}]}}}}]}}}}'.encode()


@pytest.mark.parametrize("link", ["http://127.0.0.1:1/1.png", "http://[", "1.png"])
def test_an_image_that_cannot_be_had_is_a_bad_gateway(powertokens: Contract, link: str) -> None:
    with canned(200, answer_with(link)) as url, gateway_served(powertokens, upstream=url) as served:
        assert_refused(served.post({**FLAT, "response_format": "b64_json"}), 502, "bad_gateway")
        (item,) = served.post(FLAT).json()["data"]
        assert served.http.get(item["url"]).status_code == 404


OPTIONAL = ("n", "size", "response_format", "seed", "watermark", "prompt_extend", "negative_prompt")


@pytest.mark.parametrize("field", [*OPTIONAL, "model", "prompt"])
def test_null_never_breaks_a_gateway(flat: ServedGateway, nested: ServedGateway, field: str) -> None:
    assert flat.post({**FLAT, field: None}).status_code < 500
    assert nested.post({**NESTED, field: None}).status_code < 500


@pytest.mark.parametrize("number", ["1.0", "1e0", "-0", "-0.0", "1e30", "1e308", "9" * 20, "9" * 400, "0.1", "1E+2"])
@pytest.mark.parametrize("field", ["n", "seed", "watermark", "size", "prompt"])
def test_no_number_breaks_a_gateway(flat: ServedGateway, field: str, number: str) -> None:
    content = f'{{"model": "qwen-image-2.0-pro", "prompt": "a", "size": "512*512", "{field}": {number}}}'.encode()
    assert flat.send(content).status_code < 500


@pytest.mark.parametrize(
    "text",
    [
        r"\ud800",
        r"\udc00 x",
        r"\ud83d\ude00",
        r"\u0000\u001f",
        r"\ufffe\uffff",
        "👨‍👩‍👧",
        "\u202e\u0301",
        "",
        "\x7f",
        r"%s {0} \"\\",
    ],
)
def test_no_text_breaks_a_gateway(flat: ServedGateway, text: str) -> None:
    response = flat.send(f'{{"model": "qwen-image-2.0-pro", "size": "512*512", "prompt": "{text}"}}'.encode())
    assert response.status_code < 500
    if response.status_code == 200:
        assert flat.http.get(response.json()["data"][0]["url"]).status_code == 200


def test_800_chinese_characters_give_a_working_link(flat: ServedGateway, nested: ServedGateway) -> None:
    prompt = "灯塔" * 400
    content: Json = {"messages": [{"role": "user", "content": [{"text": prompt}]}]}
    for served, body in ((flat, {**FLAT, "prompt": prompt}), (nested, {**NESTED, "input": content})):
        (item,) = served.post(body).json()["data"]
        assert served.http.get(item["url"]).status_code == 200
        assert item["revised_prompt"] == extended(prompt)


def test_one_stage_can_be_replaced(powertokens: Contract, flat: ServedGateway) -> None:
    whole = gateway_before(flat.upstream, powertokens)

    def careless(gateway: Gateway, body: Json) -> Json:
        return placed(whole.map(gateway, body), "/parameters/seed", 7)

    def teapot(_gateway: Gateway, refusal: ErrorResponse) -> GatewayResponse:
        return GatewayResponse(418, refusal.message, {"x-why": refusal.code, "content-type": "application/teapot+json"})

    with serving(gateway_app(replace(whole, map=careless, reject=teapot))) as url, client() as http:
        path = url + powertokens.operation.path
        assert http.post(path, json=FLAT).status_code == 200
        assert read(flat.calls[-1].body, "/parameters") == {"size": "512*512", "seed": 7}
        refused = http.post(path, json={})
        assert (refused.status_code, refused.headers["x-why"]) == (418, "missing_required_parameter")
        assert refused.headers.get_list("content-type") == ["application/teapot+json"]
        assert http.get(path).status_code == 418
