"""Whether whoever is meant can behave so: one gateway, all of them, or the upstream behind them."""

from collections.abc import Mapping, Sequence

from gateway_contract.contract import Contract
from mock_server.scenarios.catalogue import fits
from mock_server.scenarios.kind import NamedScenario
from mock_server.scenarios.switchboard import NONE
from mock_server.scenarios.upstream import change_of
from mock_server.scenarios.written import ScenarioError


def fits_who_is_meant(
    text: str, name: str | None, contracts: Sequence[Contract], named: Mapping[str, NamedScenario]
) -> None:
    """Raises ScenarioError for what those of that name cannot do, or for a name that nobody has."""
    is_upstream = name in upstream_names(contracts)
    meant = [] if is_upstream else gateways_meant(name, contracts)
    if text.strip().lower() in NONE:
        return
    if is_upstream:
        change_of(text)
    else:
        fits(text, meant, named)


def gateways_meant(name: str | None, contracts: Sequence[Contract]) -> list[Contract]:
    """Raises ScenarioError where there is none."""
    meant = [contract for contract in contracts if name in {None, contract.name}]
    if contracts and not meant:
        known = [*(contract.name for contract in contracts), *upstream_names(contracts)]
        raise ScenarioError(f"no gateway is called {name!r}, but {', '.join(known)}")
    return meant


def upstream_names(contracts: Sequence[Contract]) -> list[str]:
    return sorted({contract.upstream.name for contract in contracts if contract.upstream is not None})


def gateways_know(text: str, contracts: Sequence[Contract], named: Mapping[str, NamedScenario]) -> bool:
    """Whether any gateway can behave so."""
    try:
        fits(text, contracts, named)
    except ScenarioError:
        return False
    return True
