import time

import pytest

from gateway_contract.contract.definition import Contract
from mock_server.gateway.gateway_app import gateway_app
from mock_server.serving.server import serving
from mock_server.serving.signing import Signer
from tests.mock_server.served import Body, ServedGateway, client, gateway_before

FLAT: Body = {"model": "qwen-image-2.0-pro", "prompt": "a lighthouse", "size": "512*512"}


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/images", "/v1/images/edits", "/v2/images/generations", "/images/a"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_unknown_path_is_refused_in_the_shape_of_an_error(flat: ServedGateway, method: str, path: str) -> None:
    response = flat.http.request(method, flat.url + path)
    error = response.json()["error"]
    assert (response.status_code, error["code"], error["type"]) == (404, "unknown_url", "invalid_request_error")
    assert path in error["message"]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_another_method_is_refused_in_the_shape_of_an_error(flat: ServedGateway, method: str) -> None:
    response = flat.http.request(method, flat.url + flat.contract.operation.path)
    assert (response.status_code, response.headers["allow"]) == (405, "POST")
    assert response.json()["error"]["code"] == "method_not_allowed"
    assert method in response.json()["error"]["message"]


def test_head_is_refused_without_a_body(flat: ServedGateway) -> None:
    response = flat.http.head(flat.url + flat.contract.operation.path)
    assert (response.status_code, response.content) == (405, b"")


def test_answers_say_that_they_are_json(flat: ServedGateway) -> None:
    for response in (flat.post(FLAT), flat.post({}), flat.http.get(flat.url)):
        assert response.headers["content-type"] == "application/json"


def test_an_image_needs_no_token(flat: ServedGateway) -> None:
    link = flat.post(FLAT).json()["data"][0]["url"]
    assert flat.http.get(link, headers={"authorization": ""}).status_code == 200
    assert flat.http.head(link).status_code == 200


def test_a_link_that_was_tampered_with_is_refused(flat: ServedGateway) -> None:
    link = flat.post(FLAT).json()["data"][0]["url"]
    spoilt = link.removesuffix(".png")[:-1] + ("A" if link[-5] != "A" else "B") + ".png"
    assert flat.http.get(spoilt).status_code == 403
    assert flat.http.get(f"{flat.url}/images/made-up.png").status_code == 403


def test_a_link_that_is_past_its_time_is_refused(flat: ServedGateway) -> None:
    old = Signer(b"links").sign("http://127.0.0.1:1/1.png", time.time() - 5)
    assert flat.http.get(f"{flat.url}/images/{old}.png").status_code == 403


def test_an_image_that_the_upstream_lost_is_not_found(flat: ServedGateway) -> None:
    lost = Signer(b"links").sign("http://127.0.0.1:1/1.png", time.time() + 60)
    assert flat.http.get(f"{flat.url}/images/{lost}.png").status_code == 404


def test_a_link_holds_after_a_restart(powertokens: Contract, flat: ServedGateway) -> None:
    link = flat.post(FLAT).json()["data"][0]["url"]
    with serving(gateway_app(gateway_before(flat.upstream, powertokens))) as again, client() as http:
        assert http.get(link.replace(flat.url, again)).content == http.get(link).content


def test_an_image_can_only_be_read(flat: ServedGateway) -> None:
    response = flat.http.post(f"{flat.url}/images/anything.png")
    assert (response.status_code, response.headers["allow"]) == (405, "GET, HEAD")
    assert response.json()["error"]["code"] == "method_not_allowed"
