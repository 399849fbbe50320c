"""The list of a contract's rules, as `check-gateway rules` prints it."""

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from contract_tests.report.wording import GAP, counted, one_line, print_wrapped
from gateway_contract.rules.rule import Rule
from gateway_contract.schema.constraint import Level

RULE_INDENT = 4
UNTESTABLE = "untestable: "


def print_rules(rules: Sequence[Rule], console: Console) -> None:
    """Each rule with its clause, its level and its sentence; an untestable one with what it lacks."""
    names = max((len(rule.id) for rule in rules), default=0)
    clauses = max((len(rule.clause or "") for rule in rules), default=0)
    for rule in rules:
        head = f"{rule.id:<{names}}{GAP}{rule.clause or '':<{clauses}}{GAP}{rule.level}"
        console.print(Text(head, style="bold" if rule.untestable is None else "dim"), soft_wrap=True)
        print_wrapped(console, Text(), one_line(rule.statement), RULE_INDENT)
        if rule.untestable is not None:
            print_wrapped(
                console,
                Text(" " * RULE_INDENT + UNTESTABLE, style="yellow"),
                one_line(rule.untestable),
                RULE_INDENT + 9,
            )
    console.print(Text(f"\n{_summary(rules)}", style="dim"))


def _summary(rules: Sequence[Rule]) -> str:
    documented = sum(rule.level is Level.DOCUMENTED for rule in rules)
    untestable = sum(rule.untestable is not None for rule in rules)
    said = f"{counted(len(rules), 'rule')}: {documented} documented, {len(rules) - documented} expected"
    return f"{said}; {untestable} untestable" if untestable else said
