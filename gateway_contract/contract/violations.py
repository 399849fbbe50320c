"""What a body breaks and what its contract leaves open, each in a line for somebody who wants to mend the request."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from gateway_contract.contract.definition import Contract
from gateway_contract.document.node import did_you_mean
from gateway_contract.schema.constraint import ANY_NAME, Constraint, fast_failures
from gateway_contract.schema.keywords import TYPES, constraint_sentence
from gateway_contract.values.json_value import ABSENT, Json, shortened
from gateway_contract.values.pointer import as_schema_pointer, below, leaf_name, members, parent, read, tokens, values
from gateway_contract.values.size import parse_size

LENGTHS = {"minLength": "character", "maxLength": "character", "minItems": "item", "maxItems": "item"}
PIXELS = "x-pixels/"


@dataclass(frozen=True, slots=True)
class Breach:
    """One rule that a request breaks: `subject` is its field as people say it, `clause` the statement of the page.

    `pointer` leads to the field in the body; None where the rule is about something else.
    """

    subject: str
    pointer: str | None
    clause: str | None
    says: str


def breaches(contract: Contract, body: Json, broken: Iterable[Constraint]) -> tuple[Breach, ...]:
    """A line per broken rule, in the order of the contract."""
    order = {constraint: index for index, constraint in enumerate(contract.request.constraints.values())}
    told = [found for one in sorted(broken, key=order.__getitem__) for found in _told(contract, body, one)]
    return tuple(dict.fromkeys(told))


def unknown_names(contract: Contract, body: Json, pointer: str) -> Iterator[str]:
    """Pointers to what a body holds beside the names that its contract lists; `pointer` ends in ANY_NAME."""
    known = {part.pointer for part in contract.request.parts}
    holder = read(body, parent(pointer))
    for name, _ in [] if holder is ABSENT else members(holder):
        found = below(parent(pointer), name)
        if as_schema_pointer(found) not in known:
            yield found


def named(pointer: str) -> str:
    """A pointer as people write it: `messages.0.role`; the body itself where it points to all of it."""
    return ".".join(tokens(pointer)) or "body"


def meant(contract: Contract, pointer: str) -> str:
    """What an unknown name was perhaps to be."""
    siblings = [part.pointer for part in contract.request.parts if parent(part.pointer) == parent(pointer)]
    return did_you_mean(leaf_name(pointer), map(leaf_name, filter(None, siblings)))


def _told(contract: Contract, body: Json, constraint: Constraint) -> Iterator[Breach]:
    if leaf_name(constraint.pointer) == ANY_NAME:
        for pointer in unknown_names(contract, body, constraint.pointer):
            says = "; ".join(filter(None, [f"{named(pointer)}: not known here", meant(contract, pointer)]))
            yield Breach(named(pointer), pointer, constraint.clause, says)
        return
    subject = constraint.subject if constraint.pointer else "body"
    says = f"{subject}: {_claim(constraint)}; {_sent(body, constraint)}"
    yield Breach(subject, constraint.pointer, constraint.clause, says)


def _claim(constraint: Constraint) -> str:
    """`n is at most 6` as `at most 6`."""
    sentence = constraint_sentence(constraint)
    each = "every item " if constraint.in_items else ""
    claim = sentence.removeprefix(f"every item of {constraint.subject} ").removeprefix(f"{constraint.subject} ")
    return each + claim.removeprefix("is ").removeprefix("has ")


def _sent(body: Json, constraint: Constraint) -> str:
    found = [value for at, value in values(body) if as_schema_pointer(at) == constraint.pointer]
    if not found:
        return "you left it out"
    return f"you sent {' and '.join(_measured(constraint, value) for value in _culprits(constraint, found))}"


def _culprits(constraint: Constraint, found: list[Json]) -> list[Json]:
    """Of several items those that break the rule, as far as that can be told of each alone."""
    if len(found) == 1:
        return found
    keyword, _, bound = constraint.keyword.partition("/")
    failures = fast_failures({keyword: {bound: constraint.value} if bound else constraint.value})
    return [value for value in found if failures(value)] or found


def _measured(constraint: Constraint, value: Json) -> str:
    """A value as far as it matters to a rule: how long, how many pixels, of which type, or the value itself."""
    size = parse_size(value)
    if constraint.keyword in LENGTHS and isinstance(value, str | list):
        return f"{len(value)} {LENGTHS[constraint.keyword]}{'' if len(value) == 1 else 's'}"
    if constraint.keyword.startswith(PIXELS) and size is not None:
        return f"{value}: {size.pixels} pixels"
    if constraint.keyword == "type" and isinstance(value, str | list | dict):
        return f"{TYPES[_type(value)]}: {shortened(value)}"
    return shortened(value)


def _type(value: str | list[Json] | dict[str, Json]) -> str:
    return {str: "string", list: "array", dict: "object"}[type(value)]
