import json
import subprocess
import sys
from dataclasses import replace
from hashlib import sha256

import pytest

from gateway_contract.contract.definition import Contract, Upstream
from gateway_contract.contract.load_contract import load_contract
from gateway_contract.values.json_value import Json
from gateway_contract.values.pointer import placed
from mock_server.images.drawing import draw
from mock_server.images.picture import Picture
from mock_server.images.requested import CAPTION_CHARACTERS, identities, requested_pictures

CALL: Json = {
    "model": "qwen-image-2.0-pro",
    "input": {"messages": [{"role": "user", "content": [{"text": "a lighthouse at dusk"}]}]},
    "parameters": {"seed": 7, "size": "512*512", "n": 2, "negative_prompt": "fog"},
}
TEXT = "/input/messages/0/content/0/text"


@pytest.fixture
def upstream(powertokens: Contract) -> Upstream:
    assert powertokens.upstream is not None
    return powertokens.upstream


def pictures(upstream: Upstream, **changes: Json) -> list[Picture]:
    """Of the call with some values changed, by the last part of their pointers."""
    body = CALL
    for name, value in changes.items():
        pointer = {"text": TEXT, "model": "/model"}.get(name, f"/parameters/{name}")
        body = placed(body, pointer, value)
    return requested_pictures(upstream, body)


def test_the_same_seed_gives_the_same_bytes_in_another_process(upstream: Upstream) -> None:
    script = f"""
import json
from hashlib import sha256
from pathlib import Path
from gateway_contract.contract.load_contract import load_contract
from mock_server.images.drawing import draw
from mock_server.images.requested import requested_pictures
upstream = load_contract(Path({str(upstream.document.path.parent / "powertokens.yaml")!r})).upstream
for picture in requested_pictures(upstream, json.loads({json.dumps(CALL)!r})):
    print(sha256(draw(picture)).hexdigest())
"""
    elsewhere = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)  # noqa: S603 - our own script
    here = [sha256(draw(picture)).hexdigest() for picture in pictures(upstream)]
    assert elsewhere.stdout.split() == here
    assert len(set(here)) == 2


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 8},
        {"seed": 0},
        {"size": "512*520"},
        {"negative_prompt": "rain"},
        {"negative_prompt": None},
        {"text": "a lighthouse at dawn"},
        {"model": "qwen-image-2.0"},
        {"watermark": True},
    ],
    ids=str,
)
def test_whatever_shapes_a_picture_makes_another_one(upstream: Upstream, change: dict[str, Json]) -> None:
    usual, other = pictures(upstream), pictures(upstream, **change)
    assert not {picture.identity for picture in usual} & {picture.identity for picture in other}
    assert draw(usual[0]) != draw(other[0])


@pytest.mark.parametrize("change", [{"n": 4}, {"seed": 7.0}, {"watermark": False}, {"watermark": None}], ids=str)
def test_what_does_not_shape_a_picture_leaves_its_bytes_alone(upstream: Upstream, change: dict[str, Json]) -> None:
    assert pictures(upstream, **change)[:2] == pictures(upstream)


def test_a_size_by_name_is_the_size_that_it_names(upstream: Upstream) -> None:
    wan: dict[str, Json] = {"model": "wan2.7-image-pro", "negative_prompt": None}
    assert pictures(upstream, **wan, size="1K") == pictures(upstream, **wan, size="1024*1024")


def test_a_text_shapes_its_picture_to_its_last_character(upstream: Upstream) -> None:
    long = "灯塔" * 300
    (one, _), (other, _) = pictures(upstream, text=long + "a"), pictures(upstream, text=long + "b")
    assert one.caption == other.caption == long[: CAPTION_CHARACTERS - 1] + "…"
    assert (one.identity == other.identity, one.palette_key == other.palette_key) == (False, False)


def test_without_a_seed_each_call_brings_other_pictures(upstream: Upstream) -> None:
    seen = [picture.identity for _ in range(20) for picture in pictures(upstream, seed=None)]
    assert len(set(seen)) == 40


def test_a_picture_by_chance_says_with_which_seed_it_comes_again(upstream: Upstream) -> None:
    first, second = pictures(upstream, seed=None)
    chosen = int(first.detail.split(" · ")[1].removeprefix("seed "))
    assert pictures(upstream, seed=chosen) == [first, second]


def test_a_caption_tells_size_seed_and_place(upstream: Upstream) -> None:
    assert [picture.detail for picture in pictures(upstream, seed=2**31 - 1)] == [
        "512x512 · seed 2147483647 · #1",
        "512x512 · seed 2147483647 · #2",
    ]


def test_a_watermark_is_laid_over_the_same_scene(upstream: Upstream) -> None:
    (plain, _), (marked, _) = pictures(upstream), pictures(upstream, watermark=True)
    assert (plain.palette_key, plain.marked) == (marked.palette_key, False)
    assert marked.marked


def test_pictures_without_a_variation_are_never_the_same(upstream: Upstream) -> None:
    without = replace(upstream, drawing=replace(upstream.drawing, variation=None))
    (one, _), (other, _) = requested_pictures(without, CALL), requested_pictures(without, CALL)
    assert one.identity != other.identity
    assert " · variation " in one.detail


def test_another_upstream_says_in_its_own_words_what_shapes_its_pictures(invented: Contract) -> None:
    assert invented.upstream is not None
    body: Json = {
        "job": {"tool": "fine", "kind": "picture", "brief": [{"line": "a kite"}]},
        "settings": {"copies": 2, "area": "640*480", "dice": 5},
    }
    made = requested_pictures(invented.upstream, body)
    assert [(picture.width, picture.height, picture.detail) for picture in made] == [
        (640, 480, "640x480 · dice 5 · #1"),
        (640, 480, "640x480 · dice 5 · #2"),
    ]
    quick = requested_pictures(invented.upstream, placed(body, "/job/tool", "quick"))
    assert not set(identities(made)) & set(identities(quick))


def test_both_contracts_speak_of_one_upstream(powertokens: Contract, powerbuyin: Contract) -> None:
    assert powertokens.upstream is not None
    assert powerbuyin.upstream is not None
    again = load_contract(powerbuyin.document.path).upstream
    assert powertokens.upstream.drawing == powerbuyin.upstream.drawing
    assert again is not None
    assert requested_pictures(again, CALL) == requested_pictures(powertokens.upstream, CALL)
