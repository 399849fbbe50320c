"""Reload contracts and scenarios when their files change; an invalid edit is reported, the old version served."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path

import click
from watchfiles import awatch

from gateway_contract.contract.definition import Contract
from gateway_contract.document.load_document import Document
from gateway_contract.document.node import DocumentError
from mock_server.defects.catalogue import UnknownDefectError
from mock_server.runtime.mock import Mock, serve_contracts
from mock_server.scenarios.scenario_file import scenario_file

Changed = Callable[[], Iterable[Path]]
"""Reloads what has changed; returns the files to watch from then on."""


@asynccontextmanager
async def watching(files: Iterable[Path], changed: Changed) -> AsyncIterator[None]:
    """Call `changed` after every change of `files`, as long as the block lasts."""
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
    """Watches the directories, since editors replace a file when they save it."""
    folders = {file.parent for file in known if file.parent.is_dir()}
    async for changes in awatch(*folders, recursive=False, watch_filter=None, debounce=100, step=20):
        if any(Path(path) in known for _, path in changes):
            return _absolute(changed())
    return known


def _absolute(files: Iterable[Path]) -> frozenset[Path]:
    return frozenset(file.resolve() for file in files)


Load = Callable[[], Sequence[Contract]]
"""Loads all contracts. Raises DocumentError."""


def reloading(mock: Mock, load: Load, scenarios: Path | None = None) -> AbstractAsyncContextManager[None]:
    """Reload contracts and scenarios after each change of their files, as long as the block lasts."""
    also = frozenset() if scenarios is None else frozenset({scenarios})

    def changed() -> frozenset[Path]:
        reload(mock, load, scenarios)
        return files(mock) | also

    return watching(files(mock) | also, changed)


def reload(mock: Mock, load: Load, scenarios: Path | None = None) -> None:
    """Load everything and serve it; if anything is invalid, report it and keep serving the old version."""
    try:
        contracts = load()
        found = None if scenarios is None else scenario_file(scenarios, contracts)
        serve_contracts(mock, contracts)
    except (DocumentError, UnknownDefectError) as error:
        mock.reload_error = str(error)
        click.echo(f"Reload failed; old version still served: {error}", err=True)
        return
    mock.reload_error = None
    if found is not None and found != mock.controls.scenarios:
        mock.apply_scenario_file(found)
    click.echo(f"Reloaded: {', '.join(mock.served)}", err=True)


def files(mock: Mock) -> frozenset[Path]:
    """Every file that the served contracts were loaded from, referenced documents included."""
    documents = [contract.document for contract in mock.contracts]
    documents += [stub.upstream.document for stub in mock.stubs.values()]
    return frozenset(_files(documents))


def _files(documents: Iterable[Document]) -> Iterable[Path]:
    return (place.file for document in documents for place in document.places.values())
