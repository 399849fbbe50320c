"""Links to pictures: everything that a picture is stands in its link, so that any process with the key can serve it."""

import time
from dataclasses import astuple, dataclass
from functools import lru_cache

from starlette.responses import PlainTextResponse, Response

from mock_server.images import Picture, draw
from mock_server.signing import BadSignatureError, Signer

PICTURE_PATH = "/pictures/{signed}.png"
CACHED = 256


@dataclass(frozen=True, slots=True)
class PictureLinks:
    signer: Signer
    base: str  # URL without a slash at its end
    expires_at: float  # Unix time

    def link_to(self, picture: Picture) -> str:
        return f"{self.base}/pictures/{self.signer.sign(list(astuple(picture)), self.expires_at)}.png"


def picture_response(signer: Signer, signed: str) -> Response:
    try:
        value = signer.read(signed, time.time())
    except BadSignatureError as error:
        return PlainTextResponse(f"{error}\n", 403)
    return Response(drawn(Picture(*value)), media_type="image/png")  # type: ignore[misc] # as signed by link_to


@lru_cache(maxsize=CACHED)
def drawn(picture: Picture) -> bytes:
    return draw(picture)
