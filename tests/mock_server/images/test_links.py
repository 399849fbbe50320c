import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from urllib.parse import unquote

import pytest
from PIL import Image
from starlette.responses import Response

from mock_server.images.drawing import draw
from mock_server.images.identity import identity_of
from mock_server.images.links import PictureLinks, draw_cached, picture_behind, picture_response
from mock_server.images.picture import Picture
from mock_server.images.user_images import canned_images
from mock_server.serving.signing import Signer

SIGNER = Signer(b"a key")
PICTURE = Picture("00c0ffee12345678", 256, 192, "a lighthouse, 灯塔", "256x192", "key", marked=True)


def links(*, seconds: float = 60) -> PictureLinks:
    return PictureLinks(SIGNER, "http://127.0.0.1:1/mock", time.time() + seconds)


def responded(signer: Signer, link: str) -> Response:
    path, _, query = link.removeprefix("http://127.0.0.1:1/mock/pictures/").partition("?")
    return picture_response(signer, path.removesuffix(".png"), query)


def test_a_link_holds_all_that_its_picture_is() -> None:
    response = responded(SIGNER, (links().link_to(PICTURE)))
    assert (response.status_code, response.media_type) == (200, "image/png")
    assert response.body == draw(PICTURE)


@pytest.mark.parametrize("marked", [True, False])
def test_a_watermark_survives_its_link(marked: bool) -> None:  # noqa: FBT001 - a row
    picture = replace(PICTURE, marked=marked)
    assert responded(SIGNER, (links().link_to(picture))).body == draw(picture)


def test_a_link_that_is_past_its_time_leads_nowhere() -> None:
    response = responded(SIGNER, (links(seconds=-2).link_to(PICTURE)))
    assert (response.status_code, response.body) == (403, b"expired\n")


def test_a_link_of_another_key_leads_nowhere() -> None:
    response = responded(Signer(b"another"), links().link_to(PICTURE))
    assert response.status_code == 403
    assert not bytes(response.body).startswith(b"\x89PNG")


@pytest.mark.parametrize(
    "change",
    [
        lambda link: link.partition("?")[0],
        lambda link: link.replace("%", "%25"),
        unquote,
        lambda link: link.replace("Expires=", "Expires=1"),
        lambda link: re.sub("OSSAccessKeyId=[^&]*&", "", link),
        lambda link: link.rpartition("&")[0],
    ],
    ids=["no query", "escaped twice", "unescaped", "later", "no key id", "no signature"],
)
def test_a_link_whose_query_was_changed_leads_nowhere(change: Callable[[str], str]) -> None:
    link = links().link_to(PICTURE)
    assert responded(SIGNER, link).status_code == 200
    assert responded(SIGNER, change(link)).status_code == 403


def test_parameters_are_compared_decoded_in_any_order() -> None:
    base, _, query = links().link_to(PICTURE).partition("?")
    equivalent = "&".join(reversed(query.split("&"))).replace("%2F", "/").replace("%2B", "%2b").replace("%3D", "=")
    assert responded(SIGNER, f"{base}?{equivalent}").status_code == 200


def test_the_picture_behind_a_link_is_to_be_had_without_an_answer_around_it() -> None:
    signed = links().link_to(PICTURE)
    assert picture_behind(SIGNER, signed) == draw(PICTURE)
    assert picture_behind(Signer(b"another"), signed) is None
    assert picture_behind(SIGNER, (links(seconds=-2).link_to(PICTURE))) is None


def test_another_hand_can_draw(tmp_path: Path) -> None:
    Image.new("RGB", (30, 30), "red").save(tmp_path / "mine.png")
    signed = links().link_to(PICTURE)
    content = picture_behind(SIGNER, signed, canned_images(tmp_path).draw)
    assert content is not None
    assert identity_of(content) == PICTURE.identity
    with Image.open(BytesIO(content)) as image:
        assert image.getpixel((5, 5)) == (255, 0, 0)


def test_a_picture_is_drawn_once_for_all_its_links() -> None:
    picture = replace(PICTURE, identity="abcdefabcdefabcd")
    first = picture_behind(SIGNER, (links(seconds=60).link_to(picture)))
    assert first is draw_cached(picture)
    assert picture_behind(SIGNER, (links(seconds=90).link_to(picture))) is first


def test_another_process_with_the_same_key_serves_the_same_bytes() -> None:
    signed = links().link_to(PICTURE)
    script = (
        "from hashlib import sha256; from mock_server.images.links import *; "
        "from mock_server.serving.signing import Signer; "
        f"print(sha256(picture_behind(Signer(b'a key'), {signed!r})).hexdigest())"
    )
    elsewhere = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)  # noqa: S603 - our own script
    assert elsewhere.stdout.strip() == sha256(draw(PICTURE)).hexdigest()


def test_pictures_of_one_text_are_told_apart_by_their_identity() -> None:
    bodies = [
        bytes(responded(SIGNER, (links().link_to(replace(PICTURE, identity=identity)))).body)
        for identity in ("0" * 16, "f" * 16)
    ]
    assert [identity_of(body) for body in bodies] == ["0" * 16, "f" * 16]
    assert {Image.open(BytesIO(body)).size for body in bodies} == {(256, 192)}
