"""A contract of no vendor is served from its documents alone."""

import time
from base64 import b64decode
from collections.abc import Iterator
from io import BytesIO

import pytest
from PIL import Image

from gateway_contract.contract.definition import Contract
from mock_server.images.identity import identity_of
from tests.mock_server.served import Body, ServedGateway, gateway_served

ORDER: Body = {"engine": "quick", "wish": {"words": "a kite over the dunes"}}


@pytest.fixture(scope="module")
def paintbox(invented: Contract) -> Iterator[ServedGateway]:
    with gateway_served(invented) as served:
        yield served


def test_an_order_is_answered_with_an_album(paintbox: ServedGateway) -> None:
    answer = paintbox.post({**ORDER, "sheets": 3, "canvas": "640x480"}).json()
    assert paintbox.contract.operation.answer.broken(answer) == frozenset()
    assert abs(answer["drawn_at"] - time.time()) < 5
    pages = answer["album"]["pages"]
    assert [page["title"] for page in pages] == ["a kite over the dunes"] * 3
    contents = [paintbox.http.get(page["address"]).content for page in pages]
    assert {Image.open(BytesIO(content)).size for content in contents} == {(640, 480)}
    assert tuple(map(identity_of, contents)) == paintbox.calls[-1].images


def test_a_page_comes_within_the_answer_where_that_is_asked_for(paintbox: ServedGateway) -> None:
    (page,) = paintbox.post({**ORDER, "delivery": "inline"}).json()["album"]["pages"]
    assert set(page) == {"picture", "title"}
    assert Image.open(BytesIO(b64decode(page["picture"], validate=True))).size == (512, 512)


def test_everything_arrives_at_the_engine_in_its_place(paintbox: ServedGateway) -> None:
    order: Body = {
        **ORDER,
        "sheets": 2,
        "canvas": "640x480",
        "chaos": 0,
        "strength": 0,
        "look": {"colours": ["red", "teal"]},
        "unwanted": "rain",
        "signed": False,
    }
    assert paintbox.post(order).status_code == 200
    call = paintbox.calls[-1]
    assert (call.method, call.path) == ("POST", "/engine/v2/paint")
    assert call.body == {
        "job": {"tool": "quick", "kind": "picture", "brief": [{"line": "a kite over the dunes"}]},
        "settings": {
            "copies": 2,
            "area": "640*480",
            "dice": 0,
            "force": 0,
            "inks": ["red", "teal"],
            "avoid": "rain",
            "signature": False,
        },
    }


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"engine": "slow"}, "engine"),
        ({"wish": {}}, "words"),
        ({"sheets": 5}, "sheets"),
        ({"engine": "fine", "sheets": 3}, "sheets"),
        ({"canvas": "64*64"}, "canvas"),
        ({"canvas": "1024*200"}, "canvas"),
        ({"strength": 1.6}, "strength"),
        ({"look": {"colours": ["x"]}}, "colours"),
        ({"look": {"colours": ["ab"] * 4}}, "colours"),
        ({"delivery": "post"}, "delivery"),
        ({"size": "1*1"}, "size"),
        ({"chaos": None}, "chaos"),
    ],
)
def test_a_bad_order_is_refused_with_a_reason(paintbox: ServedGateway, change: Body, reason: str) -> None:
    before = len(paintbox.calls)
    response = paintbox.post({**ORDER, **change})
    said = response.json()
    assert response.status_code == 400
    assert set(said) == {"reason"}
    assert reason in said["reason"]
    assert len(paintbox.calls) == before


def test_every_refusal_has_the_contracts_own_shape(paintbox: ServedGateway) -> None:
    path = paintbox.url + paintbox.contract.operation.path
    refused = [
        (paintbox.post(ORDER, {"authorization": ""}), 401),
        (paintbox.send(b"{"), 400),
        (paintbox.http.get(path), 405),
        (paintbox.http.post(f"{path}/more"), 404),
    ]
    for response, status in refused:
        assert response.status_code == status
        assert set(response.json()) == {"reason"}
