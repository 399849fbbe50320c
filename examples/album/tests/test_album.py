"""The album creates pictures, and tells users why it cannot."""

from collections.abc import Iterator
from io import BytesIO

import pytest
from album import SIDE, PictureError, create_picture
from openai import OpenAI
from PIL import Image

from mock_server.testing import ImageGateway


@pytest.fixture
def client(image_gateway: ImageGateway) -> Iterator[OpenAI]:
    with OpenAI(api_key="any", base_url=image_gateway.base_url, max_retries=1, timeout=10) as made:
        yield made


def test_a_picture_has_the_size_of_the_album(client: OpenAI) -> None:
    made = create_picture(client, "a lighthouse at dusk", seed=7)
    assert Image.open(BytesIO(made.content)).size == (SIDE, SIDE)


def test_the_same_seed_gives_the_same_picture(client: OpenAI) -> None:
    assert create_picture(client, "a lighthouse", seed=7) == create_picture(client, "a lighthouse", seed=7)


def test_a_seed_of_zero_arrives_upstream(client: OpenAI, image_gateway: ImageGateway) -> None:
    create_picture(client, "a lighthouse", seed=0)
    (call,) = image_gateway.upstream_calls
    assert call.body["parameters"]["seed"] == 0
    assert call.body["parameters"]["watermark"] is False


def test_a_rate_limited_request_is_retried(client: OpenAI, image_gateway: ImageGateway) -> None:
    image_gateway.set_scenario("rate-limit(retry_after=0)", times=1)
    assert create_picture(client, "a lighthouse", seed=7).content
    assert [request.status for request in image_gateway.requests] == [429, 200]


@pytest.mark.parametrize(
    ("scenario", "said"),
    [
        ("rate-limit(retry_after=0)", "Too many requests. Try again in a minute."),
        ("moderation", "The image service makes no pictures of this."),
        ("no-credit", "The balance of this account is used up."),
        ("reset", "The picture service is unreachable."),
        ("no-images", "No picture was returned."),
        ("link-expired", "The picture cannot be downloaded."),
    ],
)
def test_the_user_learns_why_there_is_no_picture(
    client: OpenAI, image_gateway: ImageGateway, scenario: str, said: str
) -> None:
    image_gateway.set_scenario(scenario)
    with pytest.raises(PictureError) as told:
        create_picture(client, "a lighthouse", seed=7)
    assert str(told.value) == said
