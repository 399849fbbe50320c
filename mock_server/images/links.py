"""Links to pictures. A link contains all that a picture depends on, so any process with the key can serve it."""

from base64 import b64decode, b64encode
from binascii import b2a_base64
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, fields
from functools import lru_cache, partial
from operator import attrgetter
from threading import Lock
from typing import Final, Generic, TypeVar
from urllib.parse import parse_qsl, quote, urlsplit

from starlette.responses import PlainTextResponse, Response

from mock_server.images.picture import Picture, PictureValues
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

KEY_ID: Final = "LTAI5tStubOfThisMock"
"""The key id that links name, as those of the vendor's storage service do."""

HEAD: Final = b"\xfb\xff\xbf"
"""Begins each signature: in Base64 it is `+/+/`, so that every link has characters that must be escaped in a query."""

BEGINNING: Final = f"OSSAccessKeyId={KEY_ID}&Signature={quote(b64encode(HEAD), safe='')}".encode()
"""What is the same in the query of each link: up to the signature behind its head."""

values_of: Callable[[Picture], PictureValues] = attrgetter(*(field.name for field in fields(Picture)))
"""The values of a picture's fields, in their order."""


def draw(picture: Picture, *, stamped: bool = True) -> bytes:
    """The picture as a PNG, as `drawing` makes it."""
    from mock_server.images.drawing import draw as draw_now

    return draw_now(picture, stamped=stamped)


draw_cached = PictureCache(draw)
"""The pictures that this process has drawn; equal pictures are equal bytes."""

draw_clean_cached = PictureCache(partial(draw, stamped=False))
"""The same without the stamp in the corner."""


@dataclass(frozen=True, slots=True)
class PictureLinks:
    """Links as the vendor signs them: when they expire, the key's id and the signature are parameters of the query."""

    signer: Signer
    base: str  # URL without a slash at its end
    expires_at: float  # Unix time

    def link_to(self, picture: Picture) -> str:
        return picture_linker(self.signer, self.base)(values_of(picture), int(self.expires_at))


def picture_linker(signer: Signer, base: str) -> Callable[[PictureValues, int], str]:
    """Makes the links to pictures with some values until a Unix time."""
    base_path = f"{base}/pictures/"

    def link_to(values: PictureValues, expires_at: int) -> str:
        signed, signature = signer.sign_apart(values, expires_at)
        escaped = b2a_base64(signature, newline=False).replace(b"+", b"%2B").replace(b"/", b"%2F").replace(b"=", b"%3D")
        query = b"Expires=%d&%b%b" % (expires_at, BEGINNING, escaped)
        return f"{base_path}{signed}.png?{query.decode()}"

    return link_to


def picture_behind(signer: Signer, link: str, draws: Callable[[Picture], bytes] = draw_cached) -> bytes | None:
    """The picture behind a link, whatever its base; None if the link is not valid."""
    try:
        parts = urlsplit(link)
        return draws(signed_picture(signer, parts.path.rpartition("/")[2].removesuffix(".png"), parts.query))
    except (BadSignatureError, ValueError):
        return None


def picture_response(
    signer: Signer, signed: str, query: str, draws: Callable[[Picture], bytes] = draw_cached
) -> Response:
    """The picture of a link's path and query as a response, or the reason why there is none."""
    try:
        return Response(draws(signed_picture(signer, signed, query)), media_type="image/png")
    except BadSignatureError as error:
        return PlainTextResponse(f"{error}\n", 403)


def signed_picture(signer: Signer, signed: str, query: str) -> Picture:
    """The picture that a link stands for. Parameters are compared decoded. Raises BadSignatureError."""
    picture, expires_at = _read_link(signer, signed, query)
    if signer.clock() > expires_at:
        raise BadSignatureError("expired")
    return picture


@lru_cache(maxsize=1024)  # links are asked for again and again
def _read_link(signer: Signer, signed: str, query: str) -> tuple[Picture, int]:
    """The picture that a link stands for, and the Unix time until which it does. Raises BadSignatureError."""
    parameters = dict(parse_qsl(query))
    try:
        expires_at, signature = int(parameters["Expires"]), b64decode(parameters["Signature"], validate=True)
    except (KeyError, ValueError) as error:
        raise BadSignatureError("not a signed link") from error
    if not signature.startswith(HEAD) or parameters.get("OSSAccessKeyId") != KEY_ID:
        raise BadSignatureError("the signature does not match")
    values = signer.read_apart(signed, expires_at, signature.removeprefix(HEAD))
    return Picture(*values), expires_at  # type: ignore[misc] # as signed by link_to
