"""Links to pictures: everything that a picture is stands in its link, so that any process with the key can serve it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, fields
from operator import attrgetter

from starlette.responses import PlainTextResponse, Response

from mock_server.images.cache import PictureCache
from mock_server.images.drawing import Picture, draw
from mock_server.signing import BadSignatureError, Signer

PICTURE_PATH = "/pictures/{signed}.png"

values_of = attrgetter(*(field.name for field in fields(Picture)))
"""All that a picture is, in the order in which it is made of it."""

drawn = PictureCache(draw)
"""The pictures that this process has drawn; equal ones are equal bytes, whoever asks for them."""


@dataclass(frozen=True, slots=True)
class PictureLinks:
    signer: Signer
    base: str  # URL without a slash at its end
    expires_at: float  # Unix time

    def link_to(self, picture: Picture) -> str:
        return f"{self.base}/pictures/{self.signer.sign(values_of(picture), self.expires_at)}.png"


def picture_content(signer: Signer, signed: str, draws: Callable[[Picture], bytes] = drawn) -> bytes | None:
    """The picture that a signed text stands for; None where it stands for none."""
    try:
        return draws(picture_behind(signer, signed))
    except BadSignatureError:
        return None


def picture_response(signer: Signer, signed: str, draws: Callable[[Picture], bytes] = drawn) -> Response:
    """The same for a browser, which is told why there is none."""
    try:
        return Response(draws(picture_behind(signer, signed)), media_type="image/png")
    except BadSignatureError as error:
        return PlainTextResponse(f"{error}\n", 403)


def picture_behind(signer: Signer, signed: str) -> Picture:
    """Raises BadSignatureError."""
    return Picture(*signer.read(signed, time.time()))  # type: ignore[misc] # as signed by link_to
