"""Room for large bodies: how much of them a run holds at once, from their reception until they were looked at."""

import asyncio
from dataclasses import dataclass, field

SMALL = 4 * 2**20
"""Bytes of a body that need no room: all of a usual one."""


@dataclass(slots=True)
class Room:
    """Bytes that large bodies share. Who finds too few waits, in order; a body beyond `size` has the room alone."""

    size: int = 64 * 2**20
    small: int = SMALL
    taken: int = 0
    _queue: asyncio.Lock = field(default_factory=asyncio.Lock)
    _freed: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, count: int) -> None:
        async with self._queue:
            while self.taken and self.taken + count > self.size:
                self._freed.clear()
                await self._freed.wait()
            self.taken += count

    def give_back(self, count: int) -> None:
        self.taken -= count
        self._freed.set()


@dataclass(slots=True)
class Share:
    """What one body takes of a room. `turn` is for what takes several times as much for a moment; seconds `waited`."""

    room: Room = field(default_factory=Room)
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    taken: int = 0
    waited: float = 0.0

    async def take(self, count: int, bound: asyncio.Timeout) -> None:
        """Take so many bytes. The time to wait for them does not count against `bound`."""
        clock = asyncio.get_running_loop().time
        began, due = clock(), bound.when()
        bound.reschedule(None)
        await self.room.take(count)
        self.taken += count
        waited = clock() - began
        self.waited += waited
        bound.reschedule(None if due is None else due + waited)

    def give_back(self) -> None:
        """Give back all of it; whoever takes room must do so in the end."""
        self.room.give_back(self.taken)
        self.taken = 0
