"""Links to pictures: everything that a picture is stands in its link, so that any process with the key can serve it."""

import time
from collections.abc import Callable
from dataclasses import astuple, dataclass

from starlette.responses import PlainTextResponse, Response

from mock_server.images import Picture, draw
from mock_server.picture_cache import PictureCache
from mock_server.signing import BadSignatureError, Signer

PICTURE_PATH = "/pictures/{signed}.png"

drawn = PictureCache(draw)
"""The pictures that this process has drawn; equal ones are equal bytes, whoever asks for them."""


@dataclass(frozen=True, slots=True)
class PictureLinks:
    signer: Signer
    base: str  # URL without a slash at its end
    expires_at: float  # Unix time

    def link_to(self, picture: Picture) -> str:
        return f"{self.base}/pictures/{self.signer.sign(list(astuple(picture)), self.expires_at)}.png"


def picture_content(signer: Signer, signed: str, draws: Callable[[Picture], bytes] = drawn) -> bytes | None:
    """The picture that a signed text stands for; None where it stands for none."""
    try:
        value = signer.read(signed, time.time())
    except BadSignatureError:
        return None
    return draws(Picture(*value))  # type: ignore[misc] # as signed by link_to


def picture_response(signer: Signer, signed: str, draws: Callable[[Picture], bytes] = drawn) -> Response:
    try:
        value = signer.read(signed, time.time())
    except BadSignatureError as error:
        return PlainTextResponse(f"{error}\n", 403)
    return Response(draws(Picture(*value)), media_type="image/png")  # type: ignore[misc] # as signed by link_to
