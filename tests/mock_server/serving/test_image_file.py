"""An image can be cached, resumed and saved."""

from collections.abc import Iterator

import httpx
import pytest

from gateway_contract.contract.definition import Contract
from mock_server.serving.image_file import LARGE, etag_of, image_file
from tests.mock_server.admin.seen import Body, Seen, seen

CONTENT = bytes(range(100))


@pytest.fixture(scope="module")
def mock(powertokens: Contract) -> Iterator[Seen]:
    with seen([powertokens]) as found:
        yield found


def image(mock: Seen, order: Body, scenario: str, **headers: str) -> httpx.Response:
    answer = mock.ask("powertokens", order, {"x-mock-scenario": scenario})
    return mock.http.get(answer.json()["data"][0]["url"], headers=headers)


def test_an_image_is_a_file_that_has_not_changed(mock: Seen, order: Body) -> None:
    link = mock.ask("powertokens", order).json()["data"][0]["url"]
    whole = mock.http.get(link)
    assert whole.headers["content-disposition"] == 'inline; filename="image.png"'
    assert whole.headers["cache-control"] == "max-age=3600, immutable"
    unchanged = mock.http.get(link, headers={"if-none-match": whole.headers["etag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    for tags in (f"W/{whole.headers['etag']}", f'"another" , {whole.headers["etag"]}', "*"):
        assert mock.http.get(link, headers={"if-none-match": tags}).status_code == 304
    rest = mock.http.get(link, headers={"range": "bytes=100-"})
    assert (rest.status_code, rest.content) == (206, whole.content[100:])
    assert rest.headers["content-range"] == f"bytes 100-{len(whole.content) - 1}/{len(whole.content)}"


@pytest.mark.parametrize(
    ("written", "status", "content"),
    [
        ("bytes=0-0", 206, CONTENT[:1]),
        ("bytes=90-999", 206, CONTENT[90:]),
        ("bytes=-5", 206, CONTENT[-5:]),
        ("bytes=-999", 206, CONTENT),
        ("bytes=100-", 416, b""),
        ("bytes=5-4", 416, b""),
        ("bytes=-0", 416, b""),
        ("bytes=-", 200, CONTENT),
        ("bytes=0-1,4-5", 200, CONTENT),
        ("pages=1-2", 200, CONTENT),
    ],
)
def test_a_range_is_a_part_of_the_image(written: str, status: int, content: bytes) -> None:
    response = image_file(CONTENT, {"range": written})
    assert (response.status_code, response.body) == (status, content)


def test_a_range_of_another_image_gets_all_of_this_one() -> None:
    assert image_file(CONTENT, {"range": "bytes=0-0", "if-range": '"other"'}).status_code == 200


def test_an_image_can_come_in_pieces(mock: Seen, order: Body) -> None:
    slow = image(mock, order, "link-slow-body(10ms)")
    assert (slow.status_code, slow.content[:4]) == (200, b"\x89PNG")


@pytest.mark.parametrize("scenario", ["none", "rate-limit", "latency(1ms)"])
def test_every_response_has_an_id_of_its_own(mock: Seen, order: Body, scenario: str) -> None:
    ids = {mock.ask("powertokens", order, {"x-mock-scenario": scenario}).headers["x-request-id"] for _ in range(3)}
    assert len(ids) == 3
    assert all(id_.startswith("req_") for id_ in ids)


def test_the_tags_of_small_images_are_kept_and_large_images_are_not() -> None:
    large = bytes(LARGE)
    assert etag_of(CONTENT) is etag_of(CONTENT)
    assert etag_of(large) == etag_of(bytes(LARGE))
    assert etag_of(large) is not etag_of(large)
