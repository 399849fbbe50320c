"""Long answers lose their images, and keep all else."""

import base64
import hashlib

import orjson
import pytest

from gateway_contract.values.json_value import Json
from mock_server.journal.recorder import without_images

IMAGE = bytes(range(256)) * 30
TOLD = f"sha256:{hashlib.sha256(IMAGE).hexdigest()} of {len(IMAGE)} bytes"


def kept(body: Json) -> Json:
    told: Json = orjson.loads(without_images(orjson.dumps(body)))
    return told


@pytest.mark.parametrize("before", ["", "data:image/png;base64,"])
def test_an_image_within_an_answer_is_told_by_the_digest_and_size_of_its_bytes(before: str) -> None:
    text = before + base64.b64encode(IMAGE).decode()
    told: Json = {"pages": [{"picture": TOLD, "title": "a kite"}]}
    assert kept({"pages": [{"picture": text, "title": "a kite"}]}) == told


def test_wrong_base64_is_told_by_its_beginning_and_its_characters() -> None:
    text = base64.b64encode(IMAGE).decode()[:-3] + "?!"
    digest = hashlib.sha256(text.encode()).hexdigest()
    assert kept([text]) == [f"{text[:200]}… (sha256:{digest} of {len(text)} characters)"]


def test_text_beyond_ascii_is_no_image() -> None:
    assert str(kept(["灯" * 5000])).endswith("of 5000 characters)']")


def test_ordinary_answers_stay_as_they_are_byte_by_byte() -> None:
    content = b'{"a": "%b",\n "b": [1, null, true]}' % (b"x" * 1000)
    assert without_images(content) == content


def test_an_image_that_is_the_whole_answer_is_told_by_digest_and_size() -> None:
    assert without_images(IMAGE) == TOLD.encode()


def test_json_that_was_cut_is_kept_as_far_as_its_beginning() -> None:
    content = b'{"picture": "' + base64.b64encode(IMAGE)
    told = without_images(content)
    assert told.startswith(b'{"picture": "AAEC')
    assert told.endswith(f"({len(content)} bytes)".encode())
    assert len(told) < 1100
