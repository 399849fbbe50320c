"""The journal: the last requests of a mock, with their responses."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import count
from threading import Lock
from typing import Literal, TypeAlias

from gateway_contract.traffic.exchange import Headers, UpstreamCall
from gateway_contract.values.json_value import Json, Nothing, read_json

OVERHEAD = 500  # approximate bytes per entry beside its content
MAX_BYTES = 32 * 2**20


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One request with its response and its upstream calls, without secrets. Ids count up in the order of completion.

    `status` is None if the connection ended before a response began; `complete` is False if it ended before the
    response did; `client_gone` says that it was the client who ended it. Images within the response are replaced by
    their digest and size.
    """

    id: int
    gateway: str
    timestamp: float  # Unix time
    method: str
    path: str  # with the query
    headers: Headers
    content: bytes
    status: int | None
    response_headers: Headers
    response_content: bytes
    complete: bool
    duration_seconds: float
    upstream_calls: tuple[UpstreamCall, ...]
    scenario: str | None
    mode: str
    session: str | None = None
    client_gone: bool = False

    @property
    def body(self) -> Json | Literal[Nothing.ABSENT]:
        """The request's body as JSON; ABSENT if it is not JSON."""
        return read_json(self.content)

    @property
    def response(self) -> Json | Literal[Nothing.ABSENT]:
        """The response's body as JSON; ABSENT if it is not JSON."""
        return read_json(self.response_content)


class Progress(StrEnum):
    RECEIVING = "receiving"  # the body of the request
    WAITING = "waiting"  # for the response
    RESPONDING = "responding"
    CLIENT_GONE = "client went away"  # and the mock has not noticed yet, since it has nothing to send


@dataclass(frozen=True, slots=True)
class RequestUnderWay:
    """A request that has not ended, without secrets. It gets an id when it ends."""

    gateway: str
    session: str | None
    timestamp: float  # Unix time
    method: str
    path: str  # with the query
    scenario: str | None
    mode: str
    progress: Progress
    seconds: float  # since its first byte


RawHeaders: TypeAlias = Sequence[tuple[bytes, bytes]]
ShowUnderWay: TypeAlias = Callable[[], RequestUnderWay]
MakeEntry: TypeAlias = Callable[[int], JournalEntry]
"""Makes an entry with the given id."""


@dataclass(slots=True, eq=False)
class StoredEntry:
    """An entry that is made on demand, since most are never looked at."""

    id: int
    size: int  # approximate bytes in memory
    make: MakeEntry
    session: str | None

    def entry(self) -> JournalEntry:
        return self.make(self.id)


@dataclass(slots=True, eq=False)
class Journal:
    """The last entries, bounded in number and in bytes; the oldest are dropped first.

    Written by the event loop that serves; read and awaited in any thread and any loop.
    """

    max_entries: int
    max_bytes: int = MAX_BYTES
    stored: deque[StoredEntry] = field(default_factory=deque)
    stored_bytes: int = 0
    last_id: int = 0  # of the newest entry
    waiting: set[Callable[[], object]] = field(default_factory=set)  # each wakes a reader
    lock: Lock = field(default_factory=Lock)  # for changes of what is stored
    started: dict[int, tuple[ShowUnderWay, RawHeaders]] = field(default_factory=dict, repr=False)
    """The requests that have not ended, each with the credentials of its client."""
    numbers: Iterator[int] = field(default_factory=count)

    def start(self, show: ShowUnderWay, credentials: RawHeaders = ()) -> int:
        """Show a request while it is under way. Returns the number by which `end` ends that."""
        number = next(self.numbers)
        self.started[number] = show, credentials
        return number

    def end(self, number: int) -> None:
        del self.started[number]

    def credentials_under_way(self) -> RawHeaders:
        """The headers with secrets of the requests that have not ended, each once."""
        return tuple({header for _, headers in tuple(self.started.values()) for header in headers})

    def under_way(self, session: str | None = None) -> tuple[RequestUnderWay, ...]:
        """The requests that have not ended, or those of one session, newest first."""
        shown = [show() for show, _ in tuple(self.started.values())]
        return tuple(one for one in reversed(shown) if session in {None, one.session})

    def add(self, make: MakeEntry, size: int, session: str | None = None) -> None:
        """Add an entry under the next id. `size` is its size in bytes, without the overhead of an entry."""
        with self.lock:
            self.last_id += 1
            self.stored.append(StoredEntry(self.last_id, OVERHEAD + size, make, session))
            self.stored_bytes += OVERHEAD + size
            while len(self.stored) > self.max_entries or (self.stored_bytes > self.max_bytes and len(self.stored) > 1):
                self.stored_bytes -= self.stored.popleft().size
        if self.waiting:
            for wake in tuple(self.waiting):
                wake()

    def stored_of(self, session: str | None) -> tuple[StoredEntry, ...]:
        """The entries of one session, or those of all and of none if it is None; oldest first."""
        return tuple(one for one in tuple(self.stored) if session in {None, one.session})

    def entries(self, session: str | None = None) -> tuple[JournalEntry, ...]:
        """All entries, or those of one session, oldest first."""
        return tuple(one.entry() for one in self.stored_of(session))

    def newest(self, most: int, after: int = 0, before: int | None = None) -> tuple[JournalEntry, ...]:
        """The last entries, or those with ids between two, newest first."""
        found = [one for one in tuple(self.stored) if after < one.id and (before is None or one.id < before)]
        return tuple(one.entry() for one in found[: -most - 1 : -1])

    def entry(self, id_: int, session: str | None = None) -> JournalEntry | None:
        return next((one.entry() for one in self.stored_of(session) if one.id == id_), None)

    def since(self, id_: int, session: str | None = None) -> tuple[JournalEntry, ...]:
        """The entries with a greater id, oldest first."""
        return tuple(one.entry() for one in self.stored_of(session) if one.id > id_)

    def clear(self, session: str | None = None) -> None:
        """Drop all entries, or those of one session. Ids keep counting up."""
        with self.lock:
            self.stored = deque(one for one in self.stored if session not in {None, one.session})
            self.stored_bytes = sum(one.size for one in self.stored)

    async def news(self, after: int, seconds: float, session: str | None = None) -> tuple[JournalEntry, ...]:
        """Wait for entries with a greater id, up to a timeout; return none if none came."""
        came = asyncio.Event()
        wake = waker(asyncio.get_running_loop(), came)
        self.waiting.add(wake)
        try:
            async with asyncio.timeout(seconds):
                while not (found := self.since(after, session)):
                    await came.wait()
                    came.clear()
        except TimeoutError:
            return ()
        finally:
            self.waiting.discard(wake)
        return found


def waker(loop: asyncio.AbstractEventLoop, came: asyncio.Event) -> Callable[[], None]:
    """A function that sets an event from any thread; it does nothing once the loop is closed."""

    def wake() -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(came.set)

    return wake
