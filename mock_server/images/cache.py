"""Pictures that were drawn once and are kept, as long as there is room."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from threading import Lock
from typing import Final, Generic, TypeVar

Asked = TypeVar("Asked", bound=Hashable)
"""All that a picture follows from."""
KEPT_BYTES: Final = 64_000_000
_BESIDE_THE_BYTES: Final = 1000  # what an entry takes besides, generously


@dataclass(slots=True, eq=False)
class PictureCache(Generic[Asked]):
    """Gives the bytes of pictures; draws those that it does not hold, and lets the longest unused ones go."""

    draws: Callable[[Asked], bytes]
    limit: int = KEPT_BYTES
    size: int = 0
    _kept: OrderedDict[Asked, bytes] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)  # servers in several threads may share a cache

    def __call__(self, picture: Asked) -> bytes:
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

    def _keep(self, picture: Asked, content: bytes) -> None:
        taken = len(content) + _BESIDE_THE_BYTES
        if taken > self.limit or picture in self._kept:
            return
        self._kept[picture] = content
        self.size += taken
        while self.size > self.limit:
            _, gone = self._kept.popitem(last=False)
            self.size -= len(gone) + _BESIDE_THE_BYTES
