"""docs/ci.md has a remedy for every reason for which nothing is tested, and no reason that there is not."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract_tests import results
from contract_tests.command.session import NOTHING_RAN
from contract_tests.execution import health, nothing_accepted, token_watch
from contract_tests.results import NOTHING_JUDGED, UNTESTED

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "ci.md").read_text("utf-8")
TABLE = PAGE.partition("## Not tested: reasons and remedies")[2].partition("\n## ")[0]
ROWS = dict(re.findall(r"(?m)^\| (?!reason|---)(.*?) \| (.*) \|$", TABLE))

ERRORS = frozenset({
    "AccessError", "ForeignPackageError", "NoUpstreamError", "PortInUseError", "RegressionsError", "ReportFolderError",
    "TokenError", "UnsendableError",
})  # fmt: skip # one list of words
"""Whatever raises one of these ends a run before anything is tested."""
MODULES = [
    *sorted((ROOT / "contract_tests").rglob("*.py")),
    *sorted((ROOT / "gateway_contract").glob("*.py")),
    ROOT / "mock_server" / "serving" / "server.py",
]
HOLE = "…"


def text_of(node: ast.expr) -> str:
    """A text in the code, with a hole for each value that is put in."""
    match node:
        case ast.Constant(value=str(text)):
            return re.sub(r"\{[^{}]*\}", HOLE, text)
        case ast.JoinedStr(values=parts):
            return "".join(text_of(part) if isinstance(part, ast.Constant) else HOLE for part in parts)
    return HOLE


def raised(tree: ast.Module) -> Iterator[str]:
    """The texts of errors that end a run, but those that only pass on what another one says."""
    named = {
        target.id: node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        match node:
            case ast.Raise(exc=ast.Call(func=ast.Name(id=name), args=[first, *_])) if name in ERRORS:
                text = text_of(named.get(first.id, first) if isinstance(first, ast.Name) else first)
                if re.search(r"\w", text):
                    yield text


TREES = {path: ast.parse(path.read_text("utf-8")) for path in MODULES}
TEXTS = [text_of(node) for tree in TREES.values() for node in ast.walk(tree) if isinstance(node, ast.expr)]
CONSTANTS = (
    health.BROKE_DOWN, health.THROTTLED, *health.UNUSABLE.values(), nothing_accepted.NOTHING, token_watch.LOST,
    NOTHING_JUDGED, UNTESTED, results.BUDGET_USED_UP, *NOTHING_RAN.values(),
)  # fmt: skip # one list of names
REASONS = sorted({re.sub(r"\{\w*[^{}]*\}", HOLE, text) for text in CONSTANTS} | {
    text for tree in TREES.values() for text in raised(tree)
})  # fmt: skip # as above


def is_told(row: str, text: str) -> bool:
    """Whether a row of the page, which has `...` for values, is about a text."""
    return re.search(".*".join(map(re.escape, row.replace("`", "").split("..."))), text.replace("`", "")) is not None


@pytest.mark.parametrize("reason", REASONS)
def test_a_reason_has_its_remedy(reason: str) -> None:
    assert any(is_told(row, reason) for row in ROWS)


@pytest.mark.parametrize("row", ROWS)
def test_a_row_is_about_a_reason_that_there_is(row: str) -> None:
    assert any(is_told(row, text) for text in TEXTS)
    assert ROWS[row]
