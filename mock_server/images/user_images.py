"""A directory of the user's own images in place of drawn ones, scaled and cropped to the requested size.

They are served as PNG, with their identity in a text chunk. Pixels change only for a requested watermark.
"""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Final
from zlib import crc32

from PIL import Image, ImageDraw, ImageOps, UnidentifiedImageError

from mock_server.images.drawing import draw
from mock_server.images.identity import KEYWORD, with_text
from mock_server.images.lettering import write_mark
from mock_server.images.links import PictureCache
from mock_server.images.picture import Picture
from mock_server.images.scenery import LETTERING, THEMES, colours

FORMATS: Final = ("PNG", "JPEG", "WEBP")
ENDINGS: Final = (".png", ".jpg", ".jpeg", ".webp")
MOST_PIXELS: Final = 100_000_000
_WHITE: Final = (255, 255, 255)


class CannedImagesError(Exception):
    """A directory without usable images; the message says why."""


@dataclass(frozen=True, slots=True)
class FileImage:
    """One of the files in a size, with or without a watermark."""

    file: Path
    width: int
    height: int
    marked: bool


@dataclass(frozen=True, slots=True)
class CannedImages:
    """The user's images. `skipped` says what is wrong with each unusable file.

    `resized` caches scaled images, since scaling a photograph takes as long as a hundred requests.
    """

    files: tuple[Path, ...]
    skipped: tuple[str, ...] = ()
    resized: PictureCache[FileImage] = field(default_factory=lambda: PictureCache(fit), compare=False)

    def draw(self, picture: Picture) -> bytes:
        """One of them in place of a picture, the same one each time; a drawn one if its file is gone."""
        file_image = FileImage(self.file_for(picture), picture.width, picture.height, picture.marked)
        try:
            content = self.resized(file_image)
        except Exception:  # noqa: BLE001 - decoders answer broken bytes with nearly every kind of error
            return draw(picture)
        return with_text(content, KEYWORD, picture.identity)

    def file_for(self, picture: Picture) -> Path:
        """The pictures of one call get different files if there are enough."""
        first = crc32(picture.palette_key.encode("utf-8", "surrogatepass"))
        return self.files[(first + picture.place) % len(self.files)]


def fit(image: FileImage) -> bytes:
    """The file in its size, as a PNG."""
    size = (image.width, image.height)
    photo = _opened(image.file, max(size))
    resized = ImageOps.fit(photo, size, Image.Resampling.BICUBIC, centering=(0.5, 0.4))
    if image.marked:
        _write_mark(resized)
    out = BytesIO()
    resized.save(out, "PNG", compress_level=1)
    return out.getvalue()


def canned_images(folder: Path) -> CannedImages:
    """All images of a directory, by their names. Raises CannedImagesError if there is none."""
    files, skipped = [], []
    for path in _listed(folder):
        problem = _problem(path)
        if problem is None:
            files.append(path)
        else:
            skipped.append(f"{path.name}: {problem}")
    if not files:
        found = "; ".join(skipped) or "it holds no file that ends in " + ", ".join(ENDINGS)
        raise CannedImagesError(f"no picture can be taken from {folder}: {found}")
    return CannedImages(tuple(files), tuple(skipped))


def _listed(folder: Path) -> Iterator[Path]:
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise CannedImagesError(f"no picture can be taken from {folder}: {error.strerror}") from error
    return (entry for entry in entries if entry.suffix.lower() in ENDINGS and entry.is_file())


def _problem(path: Path) -> str | None:
    try:
        _opened(path, 64)
    except UnidentifiedImageError:
        return "neither PNG nor JPEG nor WebP"
    except Exception as error:  # noqa: BLE001 - as above
        return getattr(error, "strerror", None) or str(error)
    return None


def _opened(path: Path, side: int) -> Image.Image:
    """The image upright, without transparency; of a JPEG no more pixels are decoded than a square needs."""
    with warnings.catch_warnings(action="ignore"):  # damaged metadata is no reason to refuse a picture
        with Image.open(path, formats=FORMATS) as image:
            if image.width * image.height > MOST_PIXELS:
                raise ValueError(f"{image.width}x{image.height} pixels are too many")
            image.draft("RGB", (side, side))
            upright = ImageOps.exif_transpose(image)
        if not upright.has_transparency_data:
            return upright.convert("RGB")
        ground = Image.new("RGB", upright.size, _WHITE)
        seen = upright.convert("RGBA")
        ground.paste(seen, mask=seen)
        return ground


def _write_mark(image: Image.Image) -> None:
    """The same label as on drawn pictures, laid over the photograph."""
    label = Image.new("P", image.size)
    label.putpalette(colours(THEMES[0]))
    write_mark(label, ImageDraw.Draw(label))
    image.paste(label.convert("RGB"), mask=_where(label))


def _where(label: Image.Image) -> Image.Image:
    """255 where something is written."""
    return Image.frombytes("L", label.size, label.tobytes()).point([255 * (index in LETTERING) for index in range(256)])
