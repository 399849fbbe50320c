"""The images of a run are of the right size, whole, and can be told apart, also after a gateway made them anew."""

import io
from collections.abc import Callable

import pytest
from PIL import Image as Pillow
from PIL import ImageOps

from contract_tests.client.inspect_image import inspect
from contract_tests.client.limits import Limits
from contract_tests.execution.blank_images import blank_image, coloured_image
from gateway_contract.traffic.exchange import Image
from mock_server.images.identity import identity_of
from mock_server.images.picture import Picture
from mock_server.images.thumbnails import shrink

SIZES = [(2048, 2048), (512, 8192), (513, 70), (64, 48), (63, 40), (1, 1)]
IDENTITY = "0123456789abcdef"


def content(width: int, height: int, identity: str = IDENTITY) -> bytes:
    return blank_image(Picture(identity, width, height, "a cat", "", "", marked=True))


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_an_image_is_whole_and_of_its_size(width: int, height: int) -> None:
    found = inspect(content(width, height), "url", "http://127.0.0.1/1.png", "image/png", Limits())
    assert isinstance(found, Image)
    assert (found.width, found.height, found.identity) == (width, height, IDENTITY)
    with Pillow.open(io.BytesIO(content(width, height))) as image:
        image.load()
        assert image.size == (width, height)


def test_images_of_one_size_differ_and_so_do_their_thumbnails() -> None:
    one, another = content(512, 512), content(512, 512, "fedcba9876543210")
    assert content(512, 512) == one != another
    assert shrink(one) != shrink(another)


@pytest.mark.parametrize("hue", range(0, 0x10000, 0x1000))
def test_an_image_of_any_colour_is_known_again_as_a_jpeg(hue: int) -> None:
    identity, made = f"{hue:04x}456789abcdef", io.BytesIO()
    with Pillow.open(io.BytesIO(content(256, 256, identity))) as image:
        image.convert("RGB").save(made, "JPEG", quality=40)
    assert identity_of(made.getvalue()) == identity


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_an_image_is_known_again_in_another_format(kind: str) -> None:
    made = io.BytesIO()
    with Pillow.open(io.BytesIO(content(1024, 768))) as image:
        image.convert("RGB").save(made, kind)
    assert identity_of(made.getvalue()) == IDENTITY


def coloured(identity: str = IDENTITY) -> bytes:
    return coloured_image(Picture(identity, 512, 384, "a cat", "", "", marked=True))


def pixels(content: bytes, most: int = 512 * 384) -> str | None:
    found = inspect(content, "url", "http://127.0.0.1/1.png", "image/png", Limits(hashed_pixels=most))
    assert isinstance(found, Image)
    assert found.identity == IDENTITY
    return found.pixels


def changed(change: Callable[[Pillow.Image], Pillow.Image]) -> bytes:
    made = io.BytesIO()
    with Pillow.open(io.BytesIO(coloured())) as image:
        change(image).save(made, "PNG")
    return made.getvalue()


def test_a_coloured_image_has_the_same_pixels_however_it_is_packed() -> None:
    repacked = changed(lambda image: image.convert("RGBA"))
    assert repacked != coloured()
    assert pixels(repacked) == pixels(coloured())


def test_any_change_of_pixels_shows() -> None:
    red, green, blue = range(3)
    swapped = changed(lambda image: Pillow.merge("RGB", [image.getchannel(band) for band in (blue, green, red)]))
    bordered = changed(lambda image: ImageOps.expand(ImageOps.crop(image, 1), 1))
    assert len({pixels(coloured()), pixels(swapped), pixels(bordered)}) == 3


def test_the_pixels_of_larger_images_are_not_read() -> None:
    assert pixels(coloured(), most=0) is None


def test_an_image_is_small() -> None:
    assert len(content(2048, 2048)) < 4096
