"""Whether bytes are a usable image, found out without unpacking more of them than is needed."""

import hashlib
import io
from typing import Final

from PIL import Image as Pillow
from PIL.AvifImagePlugin import AvifImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from contract_tests.image_parts import check_parts
from contract_tests.limits import Limits, Trouble, in_bytes
from contract_tests.png_pixels import check_pixels
from gateway_contract.exchange import BrokenImage, Image
from mock_server.images.identity import identity_of

# What image models give. Pillow reads fifty more kinds, some of them at a cost that has no bound.
KINDS: Final[dict[str, type[ImageFile]]] = {
    "PNG": PngImageFile,
    "JPEG": JpegImageFile,
    "WEBP": WebPImageFile,
    "AVIF": AvifImageFile,
}
SHOWN = 40  # characters of a media type


def inspect(content: bytes, key: str, link: str, media_type: str, limits: Limits) -> Image | BrokenImage:
    """What the bytes are. `link` is "" where they came within the answer; then the bytes say the media type."""
    try:
        picture = opened(content, media_type, limits)
        width, height = picture.size
        check(picture, content, limits)
    except Trouble as trouble:
        return BrokenImage(key, link, str(trouble))
    kind = str(picture.format)
    said = media_type if link else Pillow.MIME[kind]
    digest = hashlib.sha256(content).hexdigest()
    return Image(key, link, said, kind, width, height, digest, identity_of(content))


def opened(content: bytes, media_type: str, limits: Limits) -> ImageFile:
    """The image with its header read. Not by Pillow's `open`: that warns of big ones by a setting of the process."""
    if not content:
        raise Trouble("no bytes where an image should be")
    if len(content) > limits.image_bytes:
        raise Trouble(f"an image of more than {in_bytes(limits.image_bytes)}")
    for kind in KINDS:
        _, accepts = Pillow.OPEN[kind]
        if accepts and accepts(content[:16]) is True:
            return header_of(kind, content)
    said = f" ({media_type[:SHOWN]})" if media_type else ""
    raise Trouble(f"no PNG, JPEG, WebP or AVIF image{said}")


def header_of(kind: str, content: bytes) -> ImageFile:
    check_parts(kind, content)
    try:
        return KINDS[kind](io.BytesIO(content))
    except Pillow.DecompressionBombError:
        raise Trouble(f"a {kind} image that claims too many pixels") from None
    except Exception as error:
        raise Trouble(f"a {kind} image whose header cannot be read") from error


def check(picture: ImageFile, content: bytes, limits: Limits) -> None:
    """Raise Trouble where the image is too big or not whole."""
    width, height = picture.size
    if width * height > limits.pixels:
        raise Trouble(f"a {picture.format} image that claims {width} x {height} pixels")
    try:
        read_through(picture, content)
    except Exception as error:
        raise Trouble(f"a {picture.format} image that is cut or damaged") from error


def read_through(picture: ImageFile, content: bytes) -> None:
    """Read the image to its end at the least cost: a PNG without drawing it, a JPEG at an eighth of its size."""
    if isinstance(picture, PngImageFile):
        picture.verify()
        check_pixels(content)
        return
    picture.draft(picture.mode, (picture.width // 8, picture.height // 8))
    picture.load()
