"""Thumbnails: small, of what the link really leads to, and for the mock's own pages only."""

from collections.abc import Iterator
from io import BytesIO

import httpx
import pytest
from PIL import Image

from gateway_contract.contract.definition import Contract
from mock_server.console.view import thumbnail_of
from mock_server.images.thumbnails import SIDE, shrink
from tests.mock_server.admin.seen import Body, Seen, seen


@pytest.fixture(scope="module")
def mock(powertokens: Contract) -> Iterator[Seen]:
    with seen([powertokens]) as found:
        yield found


def thumbnail(mock: Seen, order: Body, scenario: str = "none") -> httpx.Response:
    link = mock.ask("powertokens", order, {"x-mock-scenario": scenario}).json()["data"][0]["url"]
    return mock.http.get(thumbnail_of(link, "powertokens"))


def size_of(content: bytes) -> tuple[int, int]:
    with Image.open(BytesIO(content)) as image:
        return image.size


def test_a_thumbnail_is_small_and_is_kept(mock: Seen, order: Body) -> None:
    answer = thumbnail(mock, {**order, "size": "1024*512"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    assert size_of(answer.content) == (SIDE, SIDE // 2)
    assert len(answer.content) < 4000
    assert "immutable" in answer.headers["cache-control"]
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("scenario", ["link-404", "link-expired", "link-html"])
def test_a_link_without_an_image_has_no_thumbnail(mock: Seen, order: Body, scenario: str) -> None:
    assert thumbnail(mock, order, scenario).status_code == 404


def test_an_image_that_the_stub_does_not_draw_is_shrunk(mock: Seen, order: Body) -> None:
    assert size_of(thumbnail(mock, order, "link-slow(1ms)").content) == (SIDE, SIDE)


@pytest.mark.parametrize("path", ["powertokens/forged", "nobody/forged", "powertokens/%20"])
def test_what_is_not_a_link_of_the_mock_has_no_thumbnail(mock: Seen, path: str) -> None:
    assert mock.problem("GET", f"/thumbnails/{path}", 404) == "There is no image behind this link."


@pytest.mark.parametrize("link", ["http://elsewhere.example/a.png", "https://[", "http://x/powertokens/images/a/b.jpg"])
def test_a_link_to_elsewhere_is_shown_itself(link: str) -> None:
    assert thumbnail_of(link, "powertokens") == link


def test_a_small_image_has_nothing_of_the_original_but_its_pixels() -> None:
    large, out = BytesIO(), BytesIO(b"")
    Image.new("RGB", (640, 480)).save(large, "PNG", icc_profile=b"sk-secret" * 9)
    out.write(shrink(large.getvalue()) or b"")
    with Image.open(out) as small:
        assert (small.size, small.info) == ((SIDE, SIDE * 3 // 4), {})


def test_what_is_not_an_image_cannot_be_shrunk() -> None:
    assert shrink(b"<html>") is None
    assert shrink(b"\x89PNG\r\n\x1a\n") is None
