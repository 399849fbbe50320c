"""The names under which a mock serves things on its port: each begins a path, and leads to one of them."""

from collections.abc import Iterable, Sequence

from gateway_contract.contract import Contract
from gateway_contract.document import DocumentError

OWN_PAGES = frozenset({"", "_mock", "console", "docs", "requests"})
"""What only the mock's own pages may read: what came in is nobody else's business."""


def check_names(contracts: Sequence[Contract], upstreams: Iterable[str]) -> None:
    """Raises DocumentError for a contract with the name of something else."""
    taken = dict.fromkeys(OWN_PAGES, "a page of the mock") | dict.fromkeys(upstreams, "an upstream")
    for contract in contracts:
        if contract.name in taken:
            problem = f"{taken[contract.name]} is called {contract.name}, too"
            raise DocumentError(contract.document.place(""), problem, "give the file another name")
        taken[contract.name] = "another contract"
