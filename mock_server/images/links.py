"""Links to pictures. A link contains all that a picture depends on, so any process with the key can serve it."""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, fields
from operator import attrgetter
from threading import Lock
from typing import Final, Generic, TypeVar

from starlette.responses import PlainTextResponse, Response

from mock_server.images.drawing import Picture, draw
from mock_server.serving.signing import BadSignatureError, Signer

Key = TypeVar("Key", bound=Hashable)
"""All that a picture depends on."""
KEPT_BYTES: Final = 64_000_000
_BESIDE_THE_BYTES: Final = 1000  # per entry, beside its content


@dataclass(slots=True, eq=False)
class PictureCache(Generic[Key]):
    """The bytes of pictures: draws those that it does not hold, and drops the least recently used."""

    draws: Callable[[Key], bytes]
    limit: int = KEPT_BYTES
    size: int = 0
    _kept: OrderedDict[Key, bytes] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)  # servers in several threads may share a cache

    def __call__(self, picture: Key) -> bytes:
        with self._lock:
            content = self._kept.get(picture)
            if content is not None:
                self._kept.move_to_end(picture)
                return content
        content = self.draws(picture)
        with self._lock:
            self._keep(picture, content)
        return content

    def __len__(self) -> int:
        return len(self._kept)

    def _keep(self, picture: Key, content: bytes) -> None:
        taken = len(content) + _BESIDE_THE_BYTES
        if taken > self.limit or picture in self._kept:
            return
        self._kept[picture] = content
        self.size += taken
        while self.size > self.limit:
            _, gone = self._kept.popitem(last=False)
            self.size -= len(gone) + _BESIDE_THE_BYTES


PICTURE_PATH = "/pictures/{signed}.png"

values_of = attrgetter(*(field.name for field in fields(Picture)))
"""The values of a picture's fields, in their order."""

draw_cached = PictureCache(draw)
"""The pictures that this process has drawn; equal pictures are equal bytes."""


@dataclass(frozen=True, slots=True)
class PictureLinks:
    signer: Signer
    base: str  # URL without a slash at its end
    expires_at: float  # Unix time

    def link_to(self, picture: Picture) -> str:
        return f"{self.base}/pictures/{self.signer.sign(values_of(picture), self.expires_at)}.png"


def picture_content(signer: Signer, signed: str, draws: Callable[[Picture], bytes] = draw_cached) -> bytes | None:
    """The picture of a signed text; None if the text is not valid."""
    try:
        return draws(signed_picture(signer, signed))
    except BadSignatureError:
        return None


def picture_response(signer: Signer, signed: str, draws: Callable[[Picture], bytes] = draw_cached) -> Response:
    """The picture of a signed text as a response, or the reason why there is none."""
    try:
        return Response(draws(signed_picture(signer, signed)), media_type="image/png")
    except BadSignatureError as error:
        return PlainTextResponse(f"{error}\n", 403)


def signed_picture(signer: Signer, signed: str) -> Picture:
    """Raises BadSignatureError."""
    return Picture(*signer.read(signed, time.time()))  # type: ignore[misc] # as signed by link_to
