"""The calls that an upstream received, in order, and their record over HTTP."""

import marshal
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from random import Random
from threading import Lock
from typing import Literal, TypeAlias

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gateway_contract.traffic.exchange import FaultCause, Headers, PlayedFault, UpstreamCall
from gateway_contract.traffic.redaction import redact, secrets_of
from gateway_contract.values.json_value import ABSENT, Json, Nothing

KEPT = 20_000
KEPT_BYTES = 64_000_000
RecordedCall: TypeAlias = UpstreamCall | bytes
"""A call, or one that is packed into bytes until somebody reads it."""
PLAIN = 2
"""The version of marshal's format that does not look for duplicate values, which takes time."""
REQUEST_CALLS: ContextVar[list[RecordedCall] | None] = ContextVar("upstream calls of this request", default=None)
"""Collects the upstream calls of the current request, if it is set."""
Credentials: TypeAlias = Sequence[tuple[bytes, bytes]]
"""Headers that hold secrets, as they came."""
KeptCall: TypeAlias = tuple[RecordedCall, int, Credentials]
"""A call, its size in bytes, and the credentials of the client behind it."""
CLIENT_CREDENTIALS: ContextVar[Credentials | None] = ContextVar("credentials of this request", default=None)
"""Those of the client whose request is being handled, if it is set."""


@dataclass(slots=True, eq=False)
class UpstreamCalls:
    """A bounded record of calls, the oldest forgotten first. `arrived` is how many there ever were.

    `under_way` gives the credentials of all clients that wait for a response: a call that comes over HTTP may repeat
    any of them, and does not say whose it is.
    """

    under_way: Callable[[], Credentials] = tuple
    kept: deque[KeptCall] = field(default_factory=deque, repr=False)
    arrived: int = 0
    size: int = 0
    lock: Lock = field(default_factory=Lock)  # readers are in other threads

    def client_credentials(self) -> Credentials:
        """The credentials of the client on whose behalf a call comes now."""
        own = CLIENT_CREDENTIALS.get()
        return self.under_way() if own is None else own

    def add(self, call: RecordedCall, credentials: Credentials | None = None) -> None:
        """Record a call. `credentials` are its client's; by default those of the request that is being handled."""
        known = self.client_credentials() if credentials is None else credentials
        size = len(call) if isinstance(call, bytes) else size_of(call)
        for _, value in known:
            size += len(value)
        with self.lock:
            self.kept.append((call, size, known))
            self.arrived += 1
            self.size += size
            while len(self.kept) > KEPT or self.size > KEPT_BYTES:
                self.size -= self.kept.popleft()[1]

    def set_images(self, call: UpstreamCall, images: tuple[str, ...]) -> None:
        """Set the images of a call that was recorded before they were known, if it is still kept."""
        for index in range(len(self.kept) - 1, -1, -1):
            found, size, credentials = self.kept[index]
            if found is call:  # packed calls have their images already
                self.kept[index] = replace(call, images=images), size, credentials
                return

    def __iter__(self) -> Iterator[UpstreamCall]:
        return (unpacked(call) for call, _, _ in tuple(self.kept))

    def with_credentials(self) -> list[tuple[UpstreamCall, Credentials]]:
        """The calls, each with the credentials of its client."""
        return [(unpacked(call), credentials) for call, _, credentials in tuple(self.kept)]

    def __len__(self) -> int:
        return len(self.kept)

    def since(self, count: int) -> tuple[UpstreamCall, ...]:
        """The calls after the first `count` that arrived, as far as they are kept."""
        with self.lock:
            found = tuple(self.kept)[max(0, len(self.kept) - (self.arrived - count)) :]
        return tuple(unpacked(call) for call, _, _ in found)

    def clear(self) -> None:
        with self.lock:
            self.kept.clear()
            self.size = 0


def size_of(call: UpstreamCall) -> int:
    """The approximate size of a call in bytes: that of all parts that its caller chose."""
    return len(marshal.dumps((call.path, call.headers, None if call.body is ABSENT else call.body), PLAIN))


def pack_call(call: UpstreamCall) -> bytes:
    """Pack a call into bytes: one piece of memory in place of dozens."""
    body = () if call.body is ABSENT else (call.body,)
    fault = call.played
    played = None if fault is None else (fault.name, fault.cause.value, fault.retry_after, fault.may_be_billed)
    values = call.method, call.path, call.headers, body, call.at, call.status, call.images, played
    return marshal.dumps((*values, call.message, call.canary), PLAIN)


def pack_values(
    method: str, path: str, headers: Headers, body: Json, at: float, status: int, images: tuple[str, ...]
) -> bytes:
    """The same from the values of a call without a fault."""
    return marshal.dumps((method, path, headers, (body,), at, status, images, None, "", ""), PLAIN)


def unpacked(call: RecordedCall) -> UpstreamCall:
    if not isinstance(call, bytes):
        return call
    method, path, headers, body, at, status, images, played, message, canary = marshal.loads(call)  # noqa: S302 - ours
    fault = None if played is None else PlayedFault(played[0], FaultCause(played[1]), *played[2:])
    found: Json | Literal[Nothing.ABSENT] = body[0] if body else ABSENT
    return UpstreamCall(method, path, headers, found, at, status, images, fault, message, canary)


CALLS_PATH = "/_mock/calls"


ProblemsOf = Callable[[UpstreamCall], list[str]]
"""Lists the problems of a call."""


def record_route(calls: UpstreamCalls, problems_of: ProblemsOf) -> Route:
    """GET lists the calls, oldest first; DELETE forgets them."""

    async def record(request: Request) -> Response:
        if request.method == "DELETE":
            calls.clear()
            return Response(status_code=204)
        return JSONResponse([serialize_call(call, problems_of(call), of) for call, of in calls.with_credentials()])

    return Route(CALLS_PATH, record, methods=["GET", "DELETE"])


def serialize_call(call: UpstreamCall, problems: Sequence[str], credentials: Credentials) -> Json:
    """A call as JSON, without its own secrets and its client's; `body` is null if it is not JSON."""
    secrets = (*secrets_of(call.headers), *secrets_of(credentials))
    shown = redact(call, secrets)
    return {
        "method": call.method,
        "path": shown.path,
        "headers": [[name, value] for name, value in shown.headers],
        "body": None if shown.body is ABSENT else shown.body,
        "at": call.at,
        "status": call.status,
        "images": list(call.images),
        "problems": [redact(problem, secrets) for problem in problems],
    }


CHANCE = Random()  # noqa: S311 - an id is no secret


def new_id() -> str:
    return f"{CHANCE.getrandbits(128):032x}"
