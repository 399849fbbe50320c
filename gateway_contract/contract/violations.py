"""What a body breaks and what its contract leaves open, each in a line for somebody who wants to fix the request."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from gateway_contract.contract.definition import Contract
from gateway_contract.document.node import did_you_mean
from gateway_contract.schema.constraint import ANY_NAME, Constraint, fast_failures
from gateway_contract.schema.keywords import KEYWORDS, requirement
from gateway_contract.values.json_value import ABSENT, Json, shortened
from gateway_contract.values.pointer import as_schema_pointer, below, leaf_name, members, parent, read, tokens, values


@dataclass(frozen=True, slots=True)
class Violation:
    """One rule that a request breaks: `subject` is its field as people say it, `clause` the statement of the page.

    `pointer` leads to the field in the body; None where the rule is about something else.
    """

    subject: str
    pointer: str | None
    clause: str | None
    message: str


def violations(contract: Contract, body: Json, broken: Iterable[Constraint]) -> tuple[Violation, ...]:
    """A line per broken rule, in the order of the contract."""
    order = {constraint: index for index, constraint in enumerate(contract.request.constraints.values())}
    ordered = sorted(broken, key=order.__getitem__)
    return tuple(dict.fromkeys(line for constraint in ordered for line in violations_of(contract, body, constraint)))


def unknown_names(contract: Contract, body: Json, pointer: str) -> Iterator[str]:
    """Pointers to what a body holds beside the names that its contract lists; `pointer` ends in ANY_NAME."""
    known = {part.pointer for part in contract.request.parts}
    holder = read(body, parent(pointer))
    for name, _ in [] if holder is ABSENT else members(holder):
        found = below(parent(pointer), name)
        if as_schema_pointer(found) not in known:
            yield found


def dotted(pointer: str) -> str:
    """A pointer as people write it: `messages.0.role`; `body` where it points to all of it."""
    return ".".join(tokens(pointer)) or "body"


def suggestion(contract: Contract, pointer: str) -> str:
    """`did you mean 'name'?` for an unknown name that resembles a known one; empty where none does."""
    siblings = [part.pointer for part in contract.request.parts if parent(part.pointer) == parent(pointer)]
    return did_you_mean(leaf_name(pointer), map(leaf_name, filter(None, siblings)))


def violations_of(contract: Contract, body: Json, constraint: Constraint) -> Iterator[Violation]:
    """The lines for one broken rule: one for each unknown field where those are forbidden."""
    if leaf_name(constraint.pointer) == ANY_NAME:
        for pointer in unknown_names(contract, body, constraint.pointer):
            message = "; ".join(filter(None, [f"unknown field: {dotted(pointer)}", suggestion(contract, pointer)]))
            yield Violation(dotted(pointer), pointer, constraint.clause, message)
        return
    subject = constraint.subject if constraint.pointer else "body"
    yield Violation(subject, constraint.pointer, constraint.clause, violation_message(body, constraint))


def violation_message(body: Json, constraint: Constraint) -> str:
    """For example `n must be at most 6; got 7`, or `n must be at most 1 for model wan2.7-image-pro; got 2`."""
    sentence = requirement(constraint, *_cases(body, constraint))
    if constraint.keyword == "required":
        return sentence
    found = _found_at(body, constraint.pointer)
    described = map(KEYWORDS[constraint.keyword].describe, _culprits(constraint, found))
    return f"{sentence}; got {' and '.join(described)}"


def _cases(body: Json, constraint: Constraint) -> Iterator[str]:
    """The fields that the constraint depends on with their values in a body; the condition's title if it has none."""
    condition = constraint.condition
    if condition is None:
        return
    holder, names = read(body, condition.pointer), condition.schema.get("properties")
    found = [(name, read(holder, below("", name))) for name in names] if isinstance(names, dict) else []
    listed = [
        f"{name} {value if isinstance(value, str) else shortened(value)}"
        for name, value in found
        if value is not ABSENT
    ]
    yield from listed or [condition.title]


def _found_at(body: Json, pointer: str) -> list[Json]:
    """The values at a pointer as schemas know it, which leads to every item of a list."""
    if not any(token.isdecimal() for token in tokens(pointer)):
        found = read(body, pointer)
        return [] if found is ABSENT else [found]
    return [value for at, value in values(body) if as_schema_pointer(at) == pointer]


def _culprits(constraint: Constraint, found: list[Json]) -> list[Json]:
    """Of several items, those that break the rule on their own."""
    if len(found) == 1 or constraint.keyword == "forbidden":
        return found
    keyword, _, bound = constraint.keyword.partition("/")
    failures = fast_failures({keyword: {bound: constraint.value} if bound else constraint.value})
    return [value for value in found if failures(value)] or found
