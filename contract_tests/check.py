"""`check-gateway check`: whether a contract loads, and what of it a run would not test."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

from contract_tests.planning.beyond_upstream import beyond_upstream
from contract_tests.planning.plan import plan
from contract_tests.planning.untested import untested_statements
from contract_tests.report.wording import counted, one_line
from contract_tests.run import prepare
from contract_tests.settings import Settings
from gateway_contract.contract.coverage import Untested
from gateway_contract.contract.definition import Contract
from gateway_contract.contract.extensions import ignored_keywords
from gateway_contract.document.node import read_all
from gateway_contract.traffic.exchange import Observation


def check_contracts(names: Sequence[str], overlays: tuple[Path, ...], *, complete: bool) -> int:
    """Prints what each contract leaves untested; 1 where that must be nothing and is not, else 0.

    Raises DocumentError.
    """
    console, found = Console(highlight=False), list[Untested]()
    for ready in read_all(names, lambda name: prepare(Settings(contract=name, overlays=overlays))):
        contract = ready.contract
        observed = Observation.NORTH_ONLY if contract.upstream is None else Observation.TWO_SIDED
        statements = untested_statements(contract, plan(contract, observed, seed=1))
        found += statements
        print_coverage(contract, len(ready.rules), statements, console)
    return 1 if complete and found else 0


def print_coverage(contract: Contract, rules: int, statements: Sequence[Untested], console: Console) -> None:
    """One line for the contract, and one for each statement that is not tested."""
    operation = contract.operation
    head = f"{operation.method} {operation.path} ({operation.id})"
    sums = f"{counted(rules, 'rule')}, {counted(len(statements), 'statement')} not tested"
    console.print(Text.assemble((contract.name, "bold"), f"  {head}  {sums}"), soft_wrap=True)
    for statement in statements:
        console.print(Text(f"  {one_line(str(statement))}"), soft_wrap=True)
    for beyond in beyond_upstream(contract):
        console.print(Text(f"  {one_line(str(beyond))}"), soft_wrap=True)
    if contract.document.upgraded:
        read_as = ", ".join(f"{keyword} ({times})" for keyword, times in contract.document.upgraded.items())
        console.print(Text(f"  read as 3.1: {one_line(read_as)}", "dim"), soft_wrap=True)
    for keyword, times in ignored_keywords(contract.document).items():
        console.print(Text(f"  ignored: {one_line(keyword)} ({times})", "dim"), soft_wrap=True)
    for warning in contract.warnings:
        console.print(Text(f"  {one_line(str(warning))}", "yellow"), soft_wrap=True)
