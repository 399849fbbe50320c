"""What came in and what was answered: the last requests of a mock, for whoever wants to see them."""

import asyncio
from collections import deque
from dataclasses import dataclass, field, replace
from typing import Literal

from gateway_contract.exchange import Headers, UpstreamCall
from gateway_contract.read_json import read_json
from gateway_contract.values import Json, Nothing

OVERHEAD = 2_000  # bytes that an entry takes beside its contents, roughly
MOST_BYTES = 32 * 2**20


@dataclass(frozen=True, slots=True)
class Entry:
    """One request with all that came of it, without secrets. `number` is its id: the order in which they ended.

    `status` is None where the connection ended before an answer began; `whole` is whether the answer came to its end.
    Images within the answer are replaced by their digest and size.
    """

    number: int
    gateway: str
    at: float  # Unix time
    method: str
    path: str  # with the query
    headers: Headers
    content: bytes
    status: int | None
    answer_headers: Headers
    answer_content: bytes
    whole: bool
    seconds: float
    upstream: tuple[UpstreamCall, ...]
    scenario: str | None
    mode: str

    @property
    def body(self) -> Json | Literal[Nothing.ABSENT]:
        """What the client sent as JSON, ABSENT where it is none."""
        return read_json(self.content)

    @property
    def answer(self) -> Json | Literal[Nothing.ABSENT]:
        return read_json(self.answer_content)

    @property
    def size(self) -> int:
        """Bytes that it takes in memory, roughly: upstream calls hold what the request does."""
        sent = len(self.content) * (1 + len(self.upstream)) + len(self.path)
        return OVERHEAD + sent + len(self.answer_content) + sum(len(name) + len(value) for name, value in self.headers)


@dataclass(slots=True, eq=False)
class Journal:
    """The last entries: at most so many, and at most so many bytes of them; the oldest are forgotten first.

    Filled by the loop that serves; read from any thread.
    """

    most: int
    most_bytes: int = MOST_BYTES
    kept: deque[Entry] = field(default_factory=deque)
    held: int = 0  # bytes
    last: int = 0  # the newest entry's number
    waiting: set[asyncio.Event] = field(default_factory=set)

    def add(self, entry: Entry) -> Entry:
        """The entry as it is kept, under the next number."""
        self.last += 1
        entry = replace(entry, number=self.last)
        self.kept.append(entry)
        self.held += entry.size
        while len(self.kept) > self.most or (self.held > self.most_bytes and len(self.kept) > 1):
            self.held -= self.kept.popleft().size
        for waiter in self.waiting:
            waiter.set()
        return entry

    def entries(self) -> tuple[Entry, ...]:
        """All, oldest first."""
        return tuple(self.kept)

    def entry(self, number: int) -> Entry | None:
        return next((entry for entry in self.entries() if entry.number == number), None)

    def since(self, number: int) -> tuple[Entry, ...]:
        """Those with a greater number, oldest first."""
        return tuple(entry for entry in self.entries() if entry.number > number)

    def clear(self) -> None:
        """Forgets all. Numbers go on."""
        self.kept.clear()
        self.held = 0

    async def news(self, after: int, seconds: float) -> tuple[Entry, ...]:
        """Entries with a greater number, as soon as there are any; none where none came in time."""
        waiter = asyncio.Event()
        self.waiting.add(waiter)
        try:
            if not self.since(after):
                async with asyncio.timeout(seconds):
                    await waiter.wait()
        except TimeoutError:
            return ()
        finally:
            self.waiting.discard(waiter)
        return self.since(after)
