"""What arrived upstream: every call, kept in order, for whoever asks."""

from collections import deque
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field, replace

from gateway_contract.exchange import UpstreamCall

KEPT = 20_000
UPSTREAM_SEEN: ContextVar[list[UpstreamCall] | None] = ContextVar("upstream calls of this request", default=None)
"""Where the calls of the request that is under way are noted, for whoever sets it."""


@dataclass(frozen=True, slots=True)
class UpstreamCalls:
    """A bounded record of calls, the oldest forgotten first."""

    kept: deque[UpstreamCall] = field(default_factory=lambda: deque(maxlen=KEPT))

    def add(self, call: UpstreamCall) -> None:
        self.kept.append(call)

    def brought(self, call: UpstreamCall, images: tuple[str, ...]) -> None:
        """Notes what came of a call that was recorded before that was known, if it is still kept."""
        for index in range(len(self.kept) - 1, -1, -1):
            if self.kept[index] is call:
                self.kept[index] = replace(call, images=images)
                return

    def __iter__(self) -> Iterator[UpstreamCall]:
        return iter(tuple(self.kept))

    def __len__(self) -> int:
        return len(self.kept)

    def since(self, count: int) -> tuple[UpstreamCall, ...]:
        """The calls after the first `count` ones."""
        return tuple(self.kept)[count:]

    def clear(self) -> None:
        self.kept.clear()
