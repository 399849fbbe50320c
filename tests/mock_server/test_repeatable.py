"""The same request is answered the same again, in any process, for snapshots of a user interface."""

from io import BytesIO

import httpx
import pytest
from click import BadParameter, Command, Context, Option
from PIL import Image

from gateway_contract.contract.definition import Contract
from mock_server.cli import check_time
from mock_server.images.identity import identity_of, text_of
from mock_server.images.links import draw_clean_cached
from mock_server.runtime.mock import MockSettings
from tests.mock_server.admin.seen import Body, Seen, seen

NEW_YEAR = 1767225600.0


def settings(own: str, seed: int = 7) -> MockSettings:
    return MockSettings(own, seed=seed, clock=lambda: NEW_YEAR, link_signing_key=b"of a test")


def answered(contract: Contract, order: Body, seed: int = 7) -> tuple[httpx.Response, bytes]:
    """The answer and the image of a mock that was just started, with its own address left out."""
    with seen([contract], lambda own: settings(own, seed)) as mock:
        answer = mock.ask("powertokens", {key: value for key, value in order.items() if key != "seed"})
        return answer, image_of(mock, answer)


def image_of(mock: Seen, answer: httpx.Response) -> bytes:
    return mock.http.get(answer.json()["data"][0]["url"]).content


def test_the_same_request_gets_the_same_answer_and_images(powertokens: Contract, order: Body) -> None:
    (answer, image), (again, same), (_, other) = (answered(powertokens, order, seed) for seed in (7, 7, 8))
    assert image.startswith(b"\x89PNG")
    assert image == same
    assert image != other
    assert answer.json()["created"] == again.json()["created"] == NEW_YEAR
    assert answer.json()["data"][0].keys() == again.json()["data"][0].keys()


def test_different_requests_get_different_images(powertokens: Contract, order: Body) -> None:
    with seen([powertokens], settings) as mock:
        one, other = (mock.ask("powertokens", {**order, "prompt": prompt}) for prompt in ("a kite", "a tree"))
        assert image_of(mock, one) != image_of(mock, other)


def test_a_clean_image_has_its_identity_in_the_bytes_alone(powertokens: Contract, order: Body) -> None:
    with seen([powertokens], lambda own: MockSettings(own, draw_picture=draw_clean_cached, seed=1)) as mock:
        clean = image_of(mock, mock.ask("powertokens", order))
    with seen([powertokens], lambda own: MockSettings(own, seed=1)) as mock:
        stamped = image_of(mock, mock.ask("powertokens", order))
    assert text_of(clean, "Picture-Identity") == text_of(stamped, "Picture-Identity")
    assert [identity_of(as_jpeg(content)) is None for content in (clean, stamped)] == [True, False]


def as_jpeg(content: bytes) -> bytes:
    """The pixels alone, without the PNG's text."""
    out = BytesIO()
    Image.open(BytesIO(content)).convert("RGB").save(out, "JPEG")
    return out.getvalue()


@pytest.mark.parametrize("written", ["2026-01-01T00:00:00Z", "2026-01-01", "2026-01-01T01:00:00+01:00"])
def test_a_time_is_read_as_iso_8601(written: str) -> None:
    assert check_time(Context(Command("mock")), Option(["--now"]), written) == NEW_YEAR


@pytest.mark.parametrize("written", ["noon", "", "2026-13-01"])
def test_what_is_no_time_is_told(written: str) -> None:
    with pytest.raises(BadParameter, match="must be a time like 2026-01-01T00:00:00Z"):
        check_time(Context(Command("mock")), Option(["--now"]), written)
