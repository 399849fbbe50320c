"""What changed when a stored exchange was sent again."""

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.text import Text

from contract_tests.report.confidential import without_secrets
from contract_tests.report.wording import one_line
from contract_tests.rerun import Change

MOST_CHANGES = 20
WIDEST = 60  # characters of one value


def print_changes(changes: Iterable[Change], console: Console, secrets: Sequence[str]) -> None:
    """One line per change; the first ones where there are many."""
    found = list(changes)
    if not found:
        console.print("nothing changed")
    for change in found[:MOST_CHANGES]:
        before, after = (one_line(without_secrets(value, secrets))[:WIDEST] for value in (change.before, change.after))
        console.print(Text(f"{change.what}: {before} -> {after}"), soft_wrap=True)
    if len(found) > MOST_CHANGES:
        console.print(f"and {len(found) - MOST_CHANGES} more")
