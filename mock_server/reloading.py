"""Contracts that are edited while a mock serves them: the new state is served, a broken one is told and left alone."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import click

from gateway_contract.contract import Contract
from gateway_contract.document import Document, DocumentError
from mock_server.defects.catalogue import UnknownDefectError
from mock_server.gateway.front import hold
from mock_server.mock import Mock, serve
from mock_server.scenarios.named import scenario_file
from mock_server.watching import watching

Load = Callable[[], Sequence[Contract]]
"""Reads all contracts. Raises DocumentError."""


def reloading(mock: Mock, load: Load, scenarios: Path | None = None) -> AbstractAsyncContextManager[None]:
    """Serves contracts and scenarios anew after each change of their files, as long as the block lasts."""
    also = frozenset() if scenarios is None else frozenset({scenarios})

    def changed() -> frozenset[Path]:
        serve_anew(mock, load, scenarios)
        return files(mock) | also

    return watching(files(mock) | also, changed)


def serve_anew(mock: Mock, load: Load, scenarios: Path | None = None) -> None:
    """Reads everything and serves it; where something is broken, says so and serves on what was served before."""
    try:
        contracts = load()
        found = None if scenarios is None else scenario_file(scenarios, contracts)
        serve(mock, contracts)
    except (DocumentError, UnknownDefectError) as error:
        mock.problem = str(error)
        click.echo(f"What was read before is served on: {error}", err=True)
        return
    mock.problem = None
    if found is not None and found != mock.controls.scenarios:
        hold(mock.controls, found)
    click.echo(f"Read anew: {', '.join(mock.served)}", err=True)


def files(mock: Mock) -> frozenset[Path]:
    """Every file that what is served at the moment was read from, those that others refer to among them."""
    contracts = [served.gateway.contract for served in mock.served.values()]
    documents = [contract.document for contract in contracts]
    documents += [stub.upstream.document for stub in mock.stubs.values()]
    return frozenset(_files(documents))


def _files(documents: Iterable[Document]) -> Iterable[Path]:
    return (place.file for document in documents for place in document.places.values())
