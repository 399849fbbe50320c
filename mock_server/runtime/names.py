"""The names at the root of the mock: those of contracts, of the upstreams behind them, and of its own pages."""

from collections.abc import Iterable, Sequence

from gateway_contract.contract.definition import Contract, Upstream
from gateway_contract.document.node import DocumentError
from mock_server.upstream.protocols import protocol_of

ADMIN_NAME = "_mock"
OWN_PAGES = frozenset({"", ADMIN_NAME, "console", "docs", "requests"})
"""What only the mock's own pages may read, since requests may be private."""


def check_names(contracts: Sequence[Contract], upstreams: Iterable[str]) -> None:
    """Raises DocumentError for a contract with the name of something else."""
    taken = dict.fromkeys(OWN_PAGES, "a page of the mock") | dict.fromkeys(upstreams, "an upstream")
    for contract in contracts:
        if contract.name in taken:
            problem = f"{taken[contract.name]} is called {contract.name}, too"
            raise DocumentError(contract.document.place(""), problem, "give the file another name")
        taken[contract.name] = "another contract"


def upstreams(contracts: Sequence[Contract]) -> list[Upstream]:
    """The upstreams behind some contracts, each once."""
    return list({found.name: found for found in map(upstream_of, contracts)}.values())


def upstream_of(contract: Contract) -> Upstream:
    """Raises DocumentError where a contract names none, or one that speaks another protocol than ours."""
    if contract.upstream is None:
        place = contract.document.place(contract.operation.pointer)
        remedy = "a mock needs one: x-upstream on the operation"
        raise DocumentError(place, f"{contract.name} names no upstream", remedy)
    protocol_of(contract.upstream)
    return contract.upstream
