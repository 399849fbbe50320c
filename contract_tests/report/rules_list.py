"""The rules of a contract, for people to read."""

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from contract_tests.report.hanging import print_hanging
from contract_tests.report.wording import counted, one_line
from gateway_contract.rules.rule import Rule

GAP = "   "
INDENT = 4


def print_rules(rules: Sequence[Rule], console: Console) -> None:
    """Each rule with its clause, its level and its sentence; a dormant one with what it lacks."""
    names = max((len(rule.id) for rule in rules), default=0)
    clauses = max((len(rule.clause or "") for rule in rules), default=0)
    for rule in rules:
        head = f"{rule.id:<{names}}{GAP}{rule.clause or '':<{clauses}}{GAP}{rule.level}"
        console.print(Text(head, style="bold" if rule.dormant is None else "dim"), soft_wrap=True)
        print_hanging(console, Text(), one_line(rule.statement), INDENT)
        if rule.dormant is not None:
            print_hanging(console, Text(" " * INDENT + "dormant: ", style="yellow"), one_line(rule.dormant), INDENT + 9)
    console.print(Text(f"\n{_summary(rules)}", style="dim"))


def _summary(rules: Sequence[Rule]) -> str:
    documented = sum(rule.level == "documented" for rule in rules)
    dormant = sum(rule.dormant is not None for rule in rules)
    said = f"{counted(len(rules), 'rule')}: {documented} documented, {len(rules) - documented} expected"
    return f"{said}; {dormant} dormant" if dormant else said
