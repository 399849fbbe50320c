"""What came in and what was answered: the last requests of a mock, for whoever wants to see them."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from gateway_contract.traffic.exchange import Headers, UpstreamCall
from gateway_contract.values.json_value import Json, Nothing, read_json

OVERHEAD = 500  # bytes that an entry takes beside its contents, roughly
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


Tell: TypeAlias = Callable[[int], Entry]
"""Makes an entry, given its number, of what holds neither secrets nor images."""


@dataclass(slots=True, eq=False)
class Kept:
    """An entry that is made whenever somebody looks: nobody looks at most of them."""

    number: int
    size: int  # bytes that it takes in memory, roughly
    tell: Tell

    def entry(self) -> Entry:
        return self.tell(self.number)


@dataclass(slots=True, eq=False)
class Journal:
    """The last entries: at most so many, and at most so many bytes of them; the oldest are forgotten first.

    Filled by the loop that serves; read, and waited for, in any thread and any loop.
    """

    most: int
    most_bytes: int = MOST_BYTES
    kept: deque[Kept] = field(default_factory=deque)
    held: int = 0  # bytes
    last: int = 0  # the newest entry's number
    waiting: set[Callable[[], object]] = field(default_factory=set)  # each wakes somebody

    def add(self, tell: Tell, size: int) -> None:
        """Keeps an entry under the next number; `size` bytes of it, beside what any entry takes."""
        self.last += 1
        self.kept.append(Kept(self.last, OVERHEAD + size, tell))
        self.held += OVERHEAD + size
        while len(self.kept) > self.most or (self.held > self.most_bytes and len(self.kept) > 1):
            self.held -= self.kept.popleft().size
        if self.waiting:
            for wake in tuple(self.waiting):
                wake()

    def entries(self) -> tuple[Entry, ...]:
        """All, oldest first."""
        return tuple(one.entry() for one in tuple(self.kept))

    def entry(self, number: int) -> Entry | None:
        return next((one.entry() for one in tuple(self.kept) if one.number == number), None)

    def since(self, number: int) -> tuple[Entry, ...]:
        """Those with a greater number, oldest first."""
        return tuple(one.entry() for one in tuple(self.kept) if one.number > number)

    def clear(self) -> None:
        """Forgets all. Numbers go on."""
        self.kept.clear()
        self.held = 0

    async def news(self, after: int, seconds: float) -> tuple[Entry, ...]:
        """Entries with a greater number, as soon as there are any; none where none came in time."""
        came = asyncio.Event()
        wake = waking(asyncio.get_running_loop(), came)
        self.waiting.add(wake)
        try:
            if not self.since(after):
                async with asyncio.timeout(seconds):
                    await came.wait()
        except TimeoutError:
            return ()
        finally:
            self.waiting.discard(wake)
        return self.since(after)


def waking(loop: asyncio.AbstractEventLoop, came: asyncio.Event) -> Callable[[], None]:
    """Sets an event from whatever thread. A loop that was closed under its waiter has nobody left to be woken."""

    def wake() -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(came.set)

    return wake
