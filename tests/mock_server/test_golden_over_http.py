"""The requests typed from the vendors' pages, sent to the mock of each contract over HTTP."""

import json
from base64 import b64decode
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from gateway_contract.traffic.exchange import UpstreamCall
from gateway_contract.values.json_value import ABSENT, same
from gateway_contract.values.pointer import read
from tests.mock_server.served import ServedGateway

GOLDEN = Path(__file__).parents[2] / "fixtures" / "golden"
Vector = dict[str, Any]


def vectors(contract: str) -> list[Any]:
    found = json.loads((GOLDEN / f"{contract}.json").read_text("utf-8"))["vectors"]
    return [pytest.param(vector, id=vector["name"]) for vector in found]


def bytes_of(gateway: ServedGateway, item: dict[str, str], key: str) -> bytes:
    return gateway.http.get(item[key]).content if key == "url" else b64decode(item[key], validate=True)


def decoded(gateway: ServedGateway, response: httpx.Response, vector: Vector) -> Iterator[Image.Image]:
    image_field = vector.get("carries", "url")
    for item in response.json()["data"]:
        assert {key for key in ("url", "b64_json") if item.get(key)} == {image_field}
        image = Image.open(BytesIO(bytes_of(gateway, item, image_field)))
        image.load()
        yield image


def assert_accepted(gateway: ServedGateway, vector: Vector, response: httpx.Response, call: UpstreamCall) -> None:
    assert response.status_code == 200, response.text
    images = list(decoded(gateway, response, vector))
    assert len(images) == len(call.images) == vector["images"]
    if "pixels" in vector:
        assert {image.size for image in images} == {tuple(vector["pixels"])}
    for pointer, wanted in vector.get("upstream", {}).items():
        assert same(read(call.body, pointer), wanted), pointer
    for pointer, wanted in vector.get("upstream_absent_or", {}).items():
        seen = read(call.body, pointer)
        assert seen is ABSENT or same(seen, wanted), pointer


def assert_refused(response: httpx.Response, calls: tuple[UpstreamCall, ...]) -> None:
    assert 400 <= response.status_code < 500, response.text
    assert not any(call.generated for call in calls)


def cut(sent: str, seen: object) -> bool:
    return isinstance(seen, str) and len(seen) < len(sent) and sent.startswith(seen)


def assert_vector(gateway: ServedGateway, vector: Vector) -> None:
    before = len(gateway.calls)
    response = gateway.post(vector["request"])
    calls = gateway.calls[before:]
    if vector["expect"] == "accepted":
        (call,) = calls
        assert_accepted(gateway, vector, response, call)
    elif vector["expect"] == "refused" or response.status_code != 200:
        assert vector["expect"] in {"refused", "refused-or-coerced", "refused-or-converted", "refused-or-truncated"}
        assert_refused(response, calls)
    elif vector["expect"] == "refused-or-coerced":
        (call,) = calls
        assert_accepted(gateway, vector, response, call)
    else:
        (call,) = calls
        sent = max((value for value in vector["request"].values() if isinstance(value, str)), key=len)
        arrived = [read(call.body, "/input/messages/0/content/0/text"), read(call.body, "/parameters/negative_prompt")]
        assert any(cut(sent, seen) for seen in arrived)


@pytest.mark.parametrize("vector", vectors("powertokens"))
def test_powertokens_does_what_its_page_says(flat: ServedGateway, vector: Vector) -> None:
    assert_vector(flat, vector)


@pytest.mark.parametrize("vector", vectors("powerbuyin"))
def test_powerbuyin_does_what_its_page_says(nested: ServedGateway, vector: Vector) -> None:
    assert_vector(nested, vector)
