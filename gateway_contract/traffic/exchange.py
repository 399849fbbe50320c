"""What was asked, what was answered, what went upstream, which images came: all that rules may look at."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import Literal, TypeAlias

from gateway_contract.values.json_value import UNOBSERVED, Json, Nothing

Headers: TypeAlias = tuple[tuple[str, str], ...]


def header(headers: Headers, name: str) -> str | None:
    """The first value of a header, by its case-insensitive name (RFC 9110, 5.1)."""
    wanted = name.lower()
    return next((value for key, value in headers if key.lower() == wanted), None)


class Observation(StrEnum):
    """What is seen of a gateway's exchanges."""

    TWO_SIDED = "two-sided"  # requests, responses and upstream calls
    NORTH_ONLY = "north-only"  # requests and responses alone


class Credential(Enum):
    """What a request's Authorization header amounts to, for a gateway whose right token is known."""

    RIGHT = "the right token"
    MISSING = "no Authorization header"
    EMPTY = "an empty token"
    OTHER_SCHEME = "another scheme"
    WRONG = "a wrong token"
    UNKNOWN = "not known"


class RequestForm(Enum):
    """How a request is sent, as ordinary clients do it; each value says what is special."""

    PLAIN = "nothing special"
    CHARSET = "a charset in Content-Type"
    CHARSET_IN_CAPITALS = "application/json;charset=UTF-8"  # as Java's clients write it
    CHUNKED = "a chunked body"
    EXPECT = "Expect: 100-continue"
    UPGRADE = "Upgrade: h2c"  # as Java's default client sends it over a connection without TLS
    ANY_MEDIA_TYPE = "Accept: */*"
    SEVERAL_MEDIA_TYPES = "Accept: application/json, text/plain, */*"  # as axios sends it
    CLOSE = "Connection: close"
    LOWER_CASE = "header names in lower case"
    UPPER_CASE = "header names in upper case"
    IDENTITY = "Accept-Encoding: identity"
    OWN_SECRETS = "a cookie and proxy credentials"  # that are nobody's business but the gateway's

    @property
    def is_special(self) -> bool:
        return self is not RequestForm.PLAIN


@dataclass(frozen=True, slots=True)
class Request:
    """One request to the gateway, as sent. `body` is `content` as JSON, ABSENT where it is none."""

    method: str
    path: str
    headers: Headers
    content: bytes
    body: Json | Literal[Nothing.ABSENT]
    credential: Credential = Credential.UNKNOWN
    form: RequestForm = RequestForm.PLAIN


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of the gateway. `body` is `content` as JSON, ABSENT where it is none; times in seconds."""

    status: int
    headers: Headers
    content: bytes
    body: Json | Literal[Nothing.ABSENT]
    seconds: float
    received_at: float  # Unix time

    @property
    def successful(self) -> bool:
        return 200 <= self.status < 300

    @property
    def refusing(self) -> bool:
        return 400 <= self.status < 500


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """The gateway gave no whole answer; `problem` says why in words that can stand in a report.

    `timed_out` is whether we gave up waiting; `repeated`, that this was the second time, with no other request under
    way and a limit far beyond what the gateway takes otherwise. `hung_up`: we closed the connection on purpose.
    `unsent`: no connection was made, so the gateway received nothing.
    """

    problem: str
    seconds: float
    timed_out: bool = False
    repeated: bool = False
    hung_up: bool = False
    unsent: bool = False


class FaultCause(Enum):
    """Who causes a fault of the upstream."""

    REQUEST = "the client's request"
    CONTENT = "the client's content"
    CREDENTIALS = "the gateway's own account"
    THROTTLING = "too many requests"
    VENDOR = "the vendor"
    FEWER_IMAGES = "the vendor, who gave a part of the images"
    SLOWNESS = "nobody: the upstream is slow"
    OTHER_HTTP = "nobody: the upstream uses HTTP in another way"

    @property
    def is_failure(self) -> bool:
        """Whether something failed, so that a request need not succeed."""
        return self not in {FaultCause.SLOWNESS, FaultCause.OTHER_HTTP}


@dataclass(frozen=True, slots=True)
class PlayedFault:
    """A fault that an upstream of ours played on purpose."""

    name: str
    cause: FaultCause
    retry_after: int | None = None  # seconds, where it said so
    may_be_billed: bool = False  # the call was accepted, whatever the gateway got of the response


@dataclass(frozen=True, slots=True)
class UpstreamCall:
    """One call that arrived upstream, what the upstream answered, and the identities of the images it made."""

    method: str
    path: str  # with the query
    headers: Headers
    body: Json | Literal[Nothing.ABSENT]
    at: float  # Unix time
    status: int
    images: tuple[str, ...] = ()
    played: PlayedFault | None = None
    message: str = ""  # in the upstream's words, why it rejected the call
    canary: str = ""  # in headers of the upstream's answer that are for the gateway alone

    @property
    def generated(self) -> bool:
        return bool(self.images)


@dataclass(frozen=True, slots=True)
class Image:
    """A usable image of the answer: decoded as far as its header says what it is."""

    key: str  # the item's property that carried it
    link: str  # "" where it came within the answer
    media_type: str  # as the link's answer said, or as the bytes show
    format: str  # "PNG", "JPEG", ... as the bytes show
    width: int
    height: int
    digest: str  # SHA-256 of the bytes, hexadecimal
    identity: str | None  # which of the upstream's images it is; None where it cannot be told
    pixels: str | None = None  # SHA-256 of the pixels, hexadecimal; None where they were not read
    preview: bytes = field(default=b"", compare=False, repr=False)  # the image itself if it is small, or a small PNG

    @property
    def is_lossless(self) -> bool:
        """Whether the format keeps pixels as they are."""
        return self.format == "PNG"


@dataclass(frozen=True, slots=True)
class BrokenImage:
    """An image field without a usable image; `problem` says why. `skipped`: it was not fetched."""

    key: str
    link: str
    problem: str
    skipped: bool = False


class Relation(Enum):
    """How a request of a run is related to another one, on whose upstream call it depends what its own must be."""

    REPEATED = "the same request, sent before"
    ALONE = "the same request, sent while no other was under way"
    EXACT_NAMES = "the same request without names that differ in case only"
    OTHER_FORM = "the same request for images in another form"
    WITHOUT_KEY = "the same request without an idempotency key"
    SAME_KEY = "the same request with the same idempotency key"
    SAME_KEY_AT_ONCE = "the same request with the same idempotency key, sent at the same time"
    OTHER_KEY = "the same request with another idempotency key"
    OTHER_REQUEST = "another request with the same idempotency key"

    @property
    def is_about_keys(self) -> bool:
        return self in ABOUT_KEYS


ABOUT_KEYS = frozenset(
    {
        Relation.WITHOUT_KEY,
        Relation.SAME_KEY,
        Relation.SAME_KEY_AT_ONCE,
        Relation.OTHER_KEY,
        Relation.OTHER_REQUEST,
    }
)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Another exchange of the run, with the upstream call that it came to."""

    relation: Relation
    exchange: "Exchange"


@dataclass(frozen=True, slots=True)
class CarriedValue:
    """A value that another request sent at `pointer` and that came up in this exchange.

    `place` says where, as in `/parameters/x upstream` or `in the response`; `source` and `content` are the name and
    the body of the other request.
    """

    pointer: str
    value: str  # as text
    place: str
    source: str
    content: bytes


@dataclass(frozen=True, slots=True)
class KeptUse:
    """That an exchange went over a connection that is kept, and what did so just `before`; empty for the first one.

    `repeats`: it has images of an earlier one. `to_blame`: on connections of their own the same requests are right.
    """

    before: str
    repeats: bool
    to_blame: bool


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request with all that was seen of it.

    `images` has one entry per item of the answer, in order, each with an entry per property that carried something.
    `essential` names the JSON Pointers of a refused request's fields without which it was not refused; None where
    nobody narrowed it down. `spelling_refused`: the same request in the usual spelling was accepted, before and after.
    `follows` is the failure that the upstream played just before. `carried` are values of other requests; None where
    nobody looked for any. `compared` is what the upstream call is compared with. `upstream_address` is where the
    upstream was reached, as host:port, where known.
    """

    request: Request
    answer: Answer | NoAnswer
    upstream: tuple[UpstreamCall, ...] | Literal[Nothing.UNOBSERVED] = UNOBSERVED
    images: tuple[tuple[Image | BrokenImage, ...], ...] | Literal[Nothing.UNOBSERVED] = UNOBSERVED
    essential: frozenset[str] | None = None
    spelling_refused: bool = False
    upstream_address: str | None = None
    follows: PlayedFault | None = None
    carried: tuple[CarriedValue, ...] | None = None
    kept: KeptUse | None = None
    compared: Comparison | None = field(default=None, compare=False, repr=False)
    name: str = field(default="", compare=False)

    @property
    def played(self) -> PlayedFault | None:
        """The failure that the upstream played on purpose in this exchange."""
        calls = () if self.upstream is UNOBSERVED else self.upstream
        return next((call.played for call in calls if call.played is not None), None)

    @property
    def is_connections_fault(self) -> bool:
        """Whether what came of it is the fault of nothing but the connection that it went over."""
        return self.kept is not None and self.kept.to_blame

    @property
    def is_about_keys(self) -> bool:
        """Whether it was sent to see what its idempotency key does: it may be a response that another one paid for."""
        return self.compared is not None and self.compared.relation.is_about_keys

    @property
    def accepted(self) -> bool:
        return isinstance(self.answer, Answer) and self.answer.successful

    @property
    def refused(self) -> bool:
        return isinstance(self.answer, Answer) and self.answer.refusing


def images_shown(exchange: Exchange) -> tuple[Image, ...]:
    """The usable images of a response."""
    items = () if exchange.images is UNOBSERVED else exchange.images
    return tuple(image for item in items for image in usable(item))


def made_for(exchange: Exchange) -> set[str]:
    """The identities of the images that the upstream made for an exchange."""
    calls = () if exchange.upstream is UNOBSERVED else exchange.upstream
    return {identity for call in calls for identity in call.images}


def usable(images: Iterable[Image | BrokenImage]) -> tuple[Image, ...]:
    return tuple(image for image in images if isinstance(image, Image))
