"""Mutations of source code, one line each, and how a recorded one is found again in code that has changed."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from functools import cache
from pathlib import Path
from random import Random

PACKAGES = ("gateway_contract", "mock_server", "contract_tests")
SIMILAR = 0.75  # from 0 to 1: lines that are less similar are not taken for the same line
SIMILAR_IN_FUNCTION = 0.6  # likewise, within a function of the same name


class MutationKind(StrEnum):
    COMPARISON = "comparison swapped"
    BOOLEAN = "boolean negated"
    CONSTANT = "constant changed"
    RETURN = "return value dropped"
    CONDITION = "condition removed"


@dataclass(frozen=True, slots=True)
class Mutant:
    """A change of one line. Lines are without the space around them."""

    module: str
    function: str
    kind: MutationKind
    line: str
    mutated: str


@dataclass(frozen=True, slots=True)
class Edit:
    """A mutant at a place of the source: line number and bytes from, to and instead."""

    mutant: Mutant
    number: int
    start: int
    end: int
    text: str

    def applied(self, source: str) -> str:
        lines = source.splitlines(keepends=True)
        lines[self.number - 1] = replaced(lines[self.number - 1], self.start, self.end, self.text)
        return "".join(lines)


def replaced(line: str, start: int, end: int, text: str) -> str:
    """A line with other text between two offsets in bytes, which is how `ast` counts."""
    content = line.encode()
    return (content[:start] + text.encode() + content[end:]).decode()


OPPOSITES: dict[type[ast.cmpop], str] = {
    ast.Eq: "!=",
    ast.NotEq: "==",
    ast.Lt: "<=",
    ast.LtE: "<",
    ast.Gt: ">=",
    ast.GtE: ">",
    ast.In: "not in",
    ast.NotIn: "in",
    ast.Is: "is not",
    ast.IsNot: "is",
}

Change = tuple[MutationKind, ast.expr, str]
"""An expression, and the code that stands in its place."""


def changes(node: ast.AST) -> Iterator[Change]:
    """The mutations of one node of the syntax tree."""
    match node:
        case ast.Compare(left=left, ops=[operator], comparators=[right]):
            code = f"{ast.unparse(left)} {OPPOSITES[type(operator)]} {ast.unparse(right)}"
            yield MutationKind.COMPARISON, node, f"({code})"
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield MutationKind.BOOLEAN, node, f"bool({ast.unparse(operand)})"
        case ast.BoolOp(op=operator, values=values):
            other = " and " if isinstance(operator, ast.Or) else " or "
            yield MutationKind.BOOLEAN, node, f"({other.join(f'({ast.unparse(value)})' for value in values)})"
            for value in values:
                yield MutationKind.CONDITION, value, str(isinstance(operator, ast.And))
        case ast.Constant(value=bool() | int() | str() as value) if " " not in str(value):
            yield MutationKind.CONSTANT, node, ast.unparse(ast.Constant(another(value)))
        case ast.Return(value=ast.expr() as value) if not isinstance(value, ast.Constant):
            yield MutationKind.RETURN, value, "None"
        case ast.If(test=test) | ast.IfExp(test=test) | ast.comprehension(ifs=[test, *_]):
            yield MutationKind.CONDITION, test, "True"


def another(value: bool | int | str) -> bool | int | str:  # noqa: FBT001 # a constant
    """A value of the same type."""
    match value:
        case bool():
            return not value
        case int():
            return value + 1
        case _:
            return f"not-{value}"


def edits(module: str, source: str) -> Iterator[Edit]:
    """Every mutant of a module that is a change within one line of a function."""
    lines = source.splitlines()
    for function, node in nodes_of_functions(ast.parse(source)):
        for kind, changed, text in changes(node):
            if changed.lineno != changed.end_lineno or changed.end_col_offset is None:
                continue
            line = lines[changed.lineno - 1]
            mutated = replaced(line, changed.col_offset, changed.end_col_offset, text)
            mutant = Mutant(module, function, kind, line.strip(), mutated.strip())
            yield Edit(mutant, changed.lineno, changed.col_offset, changed.end_col_offset, text)


def nodes_of_functions(node: ast.AST, function: str = "") -> Iterator[tuple[str, ast.AST]]:
    """Every node of code within functions, with the innermost function's name.

    Without f-strings, within which Python 3.11 does not know the places; without docstrings, types and decorators.
    """
    match node:
        case ast.FunctionDef(name=name, body=body) | ast.AsyncFunctionDef(name=name, body=body):
            for statement in body[1:] if ast.get_docstring(node) else body:
                yield from nodes_of_functions(statement, name)
        case ast.JoinedStr():
            return
        case _:
            if function:
                yield function, node
            for child in ast.iter_child_nodes(node):
                yield from nodes_of_functions(child, function)


def sampled(module: str, source: str, count: int) -> list[Mutant]:
    """The same mutants of the same source: of all kinds alike, and no two of one line if there are others."""
    random = Random(module)  # noqa: S311 # a sample is no secret
    pools = {kind: [one.mutant for one in edits(module, source) if one.mutant.kind is kind] for kind in MutationKind}
    for pool in pools.values():
        random.shuffle(pool)
    chosen: list[Mutant] = []
    while len(chosen) < count and any(pools.values()):
        for pool in filter(None, pools.values()):
            pool.sort(key=lambda mutant: mutant.line in {one.line for one in chosen}, reverse=True)
            chosen.append(pool.pop())
    return chosen[:count]


def sources(root: Path) -> Iterator[tuple[str, str]]:
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            yield path.relative_to(root).as_posix(), path.read_text("utf-8")


@cache
def all_edits(root: Path) -> tuple[Edit, ...]:
    return tuple(edit for module, source in sources(root) for edit in edits(module, source))


def found_again(mutant: Mutant, known: Sequence[Edit]) -> Edit | None:
    """The mutant that a recorded one has become; None where no line is similar enough."""
    alike = [edit for edit in known if edit.mutant.kind is mutant.kind]
    exact = [edit for edit in alike if (edit.mutant.line, edit.mutant.mutated) == (mutant.line, mutant.mutated)]
    best = max(exact or alike, key=lambda edit: likeness(mutant, edit.mutant), default=None)
    if best is None or exact:
        return best
    needed = SIMILAR_IN_FUNCTION if best.mutant.function == mutant.function else SIMILAR
    return best if line_likeness(mutant, best.mutant) >= needed else None


def likeness(first: Mutant, second: Mutant) -> float:
    """How much two mutants are alike: by their lines first, then by their function and module."""
    return (
        line_likeness(first, second)
        + 0.2 * ratio(first.function, second.function)
        + 0.1 * ratio(Path(first.module).stem, Path(second.module).stem)
    )


def line_likeness(first: Mutant, second: Mutant) -> float:
    return min(ratio(first.line, second.line), ratio(first.mutated, second.mutated))


@cache
def ratio(first: str, second: str) -> float:
    matcher = SequenceMatcher(None, first, second, autojunk=False)
    return matcher.ratio() if matcher.quick_ratio() >= SIMILAR / 2 else 0.0
