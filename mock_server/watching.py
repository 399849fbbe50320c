"""Files that are read anew when they change: whoever edits one sees the new state a moment later."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from watchfiles import awatch

Changed = Callable[[], Iterable[Path]]
"""Reads what has changed; gives the files to watch from then on."""


@asynccontextmanager
async def watching(files: Iterable[Path], changed: Changed) -> AsyncIterator[None]:
    """Calls `changed` after every change of some files, as long as the block lasts."""
    watcher = asyncio.create_task(_watch(files, changed))
    try:
        yield
    finally:
        watcher.cancel()
        with suppress(asyncio.CancelledError):
            await watcher


async def _watch(files: Iterable[Path], changed: Changed) -> None:
    known = _absolute(files)
    while True:
        known = await _next_change(known, changed)


async def _next_change(known: frozenset[Path], changed: Changed) -> frozenset[Path]:
    """Editors replace files as they save, so their folders are watched."""
    folders = {file.parent for file in known if file.parent.is_dir()}
    async for changes in awatch(*folders, recursive=False, watch_filter=None, debounce=100, step=20):
        if any(Path(path) in known for _, path in changes):
            return _absolute(changed())
    return known


def _absolute(files: Iterable[Path]) -> frozenset[Path]:
    return frozenset(file.resolve() for file in files)
