"""What one exchange may cost, and problems as values."""

from dataclasses import dataclass, field

SILENCE = 1.25  # times the usual time for an answer
SLOW_SECONDS = 12.0
"""How long the upstream takes where it is slow on purpose: longer than common time limits of 5 and 10 s."""

WAITS = (1.0, 2.0, 4.0, 8.0, 16.0)


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one exchange or download. The byte bounds hold for what was sent and for what it unpacks to."""

    answer: float = 60.0  # seconds from connecting to the last byte, for a request that asks for no image
    per_image: float = 30.0  # seconds more for each image requested
    download: float = 60.0  # seconds for what lies behind a link
    answer_bytes: int = 64 * 2**20  # six images of 2048x2048 as Base64 fit
    image_bytes: int = 32 * 2**20
    pixels: int = 50_000_000  # of one image; three times 4096x4096
    decoded_pixels: int = 12_000_000  # of one that can only be decoded whole, at up to 28 bytes a pixel
    hashed_pixels: int = 0  # of an image whose pixels are compared with those of others
    decode_seconds: float = 10.0  # for one image
    waits: tuple[float, ...] = field(default_factory=lambda: WAITS)  # seconds before a throttled request is repeated
    redirects: int = 5

    def answer_seconds(self, images: int) -> float:
        """The time for an answer to a request for so many images."""
        return self.answer + self.per_image * images

    @property
    def silence(self) -> float:
        """The time for an answer when the upstream gives none: longer than the 60 s that proxies usually wait."""
        return self.answer * SILENCE


@dataclass(frozen=True, slots=True)
class Problem:
    """Why something could not be had, in words that can stand in a report; `is_ours` where we did not try."""

    text: str
    is_ours: bool = False


class PeerError(Exception):  # not an error of ours: what the other side did, on its way to a report
    """What went wrong with the other side, in words that can stand in a report."""


class NoConnectionError(PeerError):
    """No connection was made, so nothing was sent."""


class UnsendableError(Exception):
    """A request that HTTP cannot carry. The caller is at fault, never the gateway."""


def format_bytes(count: int) -> str:
    """A number of bytes as a reader would say it."""
    return f"{count / 2**20:g} MiB" if count >= 2**20 else f"{count:,} bytes"
