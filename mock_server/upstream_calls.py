"""What arrived upstream: every call, kept in order, for whoever asks."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from gateway_contract.exchange import UpstreamCall

KEPT = 20_000


@dataclass(frozen=True, slots=True)
class UpstreamCalls:
    """A bounded record of calls, the oldest forgotten first."""

    kept: deque[UpstreamCall] = field(default_factory=lambda: deque(maxlen=KEPT))

    def add(self, call: UpstreamCall) -> None:
        self.kept.append(call)

    def __iter__(self) -> Iterator[UpstreamCall]:
        return iter(tuple(self.kept))

    def __len__(self) -> int:
        return len(self.kept)

    def since(self, count: int) -> tuple[UpstreamCall, ...]:
        """The calls after the first `count` ones."""
        return tuple(self.kept)[count:]

    def clear(self) -> None:
        self.kept.clear()
