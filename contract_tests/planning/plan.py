"""Which requests are sent to learn about every rule of a contract: finite, in order, the same for the same seed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from contract_tests.client.case import Case, json_case
from contract_tests.client.correlation import content_with_id, correlation_id, text_with_id_within
from contract_tests.planning.failure_cases import failure_cases
from contract_tests.planning.fields import base_for, base_request, bases
from contract_tests.planning.image_forms import image_form_cases
from contract_tests.planning.invalid_values import allowed_samples, invalid_values, made_bodies
from contract_tests.planning.other_invalid_cases import other_invalid_cases
from contract_tests.planning.paid_cases import paid_cases
from contract_tests.planning.spellings import notation_cases, repeated_cases, spelling_cases
from contract_tests.planning.valid_cases import (
    concurrent_cases,
    example_cases,
    form_cases,
    layout_cases,
    repeated_prompt_cases,
    valid_case,
)
from contract_tests.planning.valid_rows import covering_rows, rows_with_every_value, with_unique_integers, with_value
from contract_tests.planning.worth import best_first
from gateway_contract.contract.definition import Contract
from gateway_contract.contract.validity import NOT_JUDGED, Validity, validity_of
from gateway_contract.rules.constraint_rules import exercises
from gateway_contract.rules.derive import derive_rules
from gateway_contract.rules.statements import constraint_property
from gateway_contract.schema.constraint import Constraint
from gateway_contract.schema.keyword_type import Candidate
from gateway_contract.schema.keywords import KEYWORDS
from gateway_contract.traffic.exchange import Observation, RequestForm
from gateway_contract.values.json_value import ABSENT, Json, read_json, same
from gateway_contract.values.pointer import below, placed, read

LOOK = "look"  # what the plain request before the plan is made from: its correlation id
PAIRS = 2  # the strength of a plan: how many fields have all combinations of their values
PROOFS_PER_RULE = 24
PROOFS_OF_MADE = 3  # where values had to be made from a schema
MOST_OTHER_BASES = 3  # beside which one invalid value is sent, too


@dataclass(frozen=True, slots=True)
class Plan:
    """The cases in order. `unbreakable` are the ids of rules that no known value breaks alone."""

    cases: tuple[Case, ...]
    unbreakable: frozenset[str]
    failures: tuple[Case, ...] = ()  # during which the upstream fails
    left_out: int = 0  # cases that the budget has no images for
    strength: int = 1  # the rows have every valid combination of values of so many fields

    @property
    def requests(self) -> int:
        """How many requests are planned: a plain one follows each failure."""
        return len(self.cases) + 2 * len(self.failures)


FORMS = tuple(form for form in RequestForm if form.is_special)
"""In which ordinary clients send a request."""


def plan(
    contract: Contract,
    observed: Observation,
    seed: int,
    strength: int = PAIRS,
    forms: Sequence[RequestForm] = FORMS,
) -> Plan:
    """All cases for a contract. Where every image costs money, because only one side is observed, the strength is 1."""
    is_free = observed is Observation.TWO_SIDED
    strength = strength if is_free else 1
    broken = {constraint: list(breaking_cases(contract, constraint)) for constraint in constraints(contract)}
    invalid = [case for cases in broken.values() for case in cases]
    cases = _free_images(contract, invalid, strength, forms) if is_free else _paid_images(contract, invalid, forms)
    failures = failure_cases(contract) if is_free else ()
    same_text = "again" if is_free else LOOK
    return Plan(
        cases=tuple(
            with_own_id(contract, case, seed, same_text if case.same_text else index)
            for index, case in enumerate(cases)
        ),
        failures=tuple(with_own_id(contract, case, seed, case.name) for case in failures),
        unbreakable=frozenset(rule_id(contract, constraint) for constraint, found in broken.items() if not found),
        strength=strength,
    )


def _free_images(
    contract: Contract, invalid: Sequence[Case], strength: int, forms: Sequence[RequestForm]
) -> Iterator[Case]:
    """The cases where images cost nothing: whatever may show something is sent."""
    found = rows_with_every_value(contract) if strength == 1 else covering_rows(contract, strength)
    rows = list(with_unique_integers(contract, found))
    yield from example_cases(contract)
    yield from spread(
        [valid_case(contract, f"row {index}", row) for index, row in enumerate(rows, 1)],
        [*form_cases(contract, forms)],
    )
    yield from invalid
    yield from keeping_cases(contract, [*rows, *(example.body for example in contract.examples)])
    yield from unconditional_cases(contract, rows)
    yield from other_invalid_cases(contract)
    yield from notation_cases(contract, "{}.0")
    yield from notation_cases(contract, "{}e0")
    yield from spelling_cases(contract)
    yield from overriding_cases(contract)
    yield from concurrent_cases(contract)
    yield from layout_cases(contract)
    yield from repeated_cases(contract)
    yield from repeated_prompt_cases(contract)
    yield from image_form_cases(contract)


def _paid_images(contract: Contract, invalid: Sequence[Case], forms: Sequence[RequestForm]) -> Iterator[Case]:
    """The cases where images cost money: what costs some and shows most comes first."""
    paid = list(paid_cases(contract, forms))
    bodies = [body for case in paid if (body := read_json(case.content)) is not ABSENT]
    free = [*invalid, *other_invalid_cases(contract)]
    look = valid_case(contract, LOOK, base_request(contract))
    rules = derive_rules(contract)
    yield from best_first(contract, rules, [*paid, *keeping_cases(contract, bodies)], [look, *free])
    yield from free


def spread(rows: Sequence[Case], plain: Sequence[Case]) -> Iterator[Case]:
    """The rows with plain cases between them: in those it shows if a gateway keeps what others said."""
    between = list(reversed(plain))
    distance = max(1, len(rows) // (len(plain) or 1))
    for number, row in enumerate(rows, 1):
        yield row
        if number % distance == 0 and between:
            yield between.pop()
    yield from reversed(between)


def is_row(contract: Contract, case: Case) -> bool:
    """Whether a case is a valid request: what is neither valid nor invalid is sent with what should be rejected."""
    return case.method is None and validity_of(contract, read_json(case.content)).valid


def constraints(contract: Contract) -> Iterator[Constraint]:
    return (found for found in contract.request.constraints.values() if found.keyword != NOT_JUDGED)


def with_own_id(contract: Contract, case: Case, seed: int, *attempt: object) -> Case:
    """A case with its own correlation id in its free text; one that is not JSON stays as it is."""
    mark = correlation_id(contract.name, seed, *attempt)
    return replace(case, content=content_with_id(case.content, contract.marks, mark))


def breaking_cases(contract: Contract, constraint: Constraint, start: Json | None = None) -> Iterator[Case]:
    """Requests that break one constraint and no other; a request that breaks two proves nothing.

    They are made from a valid body; without one from the smallest.
    """
    base = base_for(contract, constraint.condition) if start is None else start
    if base is None:
        return
    values = list(invalid_values(contract, constraint))
    bodies = (with_value(base, constraint.pointer, value) for value in values)
    proven = list(_proven(contract, constraint, bodies, PROOFS_PER_RULE))
    proven += _proven_elsewhere(contract, constraint, values, proven)
    yield from proven or _proven(contract, constraint, made_bodies(contract, constraint, base), PROOFS_OF_MADE)


def _proven_elsewhere(
    contract: Contract, constraint: Constraint, values: Sequence[Candidate], proven: Sequence[Case]
) -> Iterator[Case]:
    """One of the values beside other listed values of the required fields: a gateway may check one model's alone.

    Of the wrong types the last value is taken: the first may be converted.
    """
    telling, sent = list(reversed(values)) if constraint.keyword == "type" else values, [*proven]
    for other in bases(contract)[1 : MOST_OTHER_BASES + 1] if proven else ():
        if constraint.condition is None or constraint.condition.holds(other):
            bodies = (with_value(other, constraint.pointer, value) for value in telling)
            found = [*_proven(contract, constraint, bodies, 1, len(sent))]
            sent += [case for case in found if case.content not in {one.content for one in sent}]
    yield from sent[len(proven) :]


def _proven(
    contract: Contract, constraint: Constraint, bodies: Iterable[Json], most: int, before: int = 0
) -> Iterator[Case]:
    """A case for each of the first bodies that break one constraint and no other; `before` are there already."""
    proven = 0
    for body in bodies:
        text = read(body, constraint.pointer)
        if isinstance(text, str) and constraint.pointer in contract.marks:
            body = placed(body, constraint.pointer, text_with_id_within(text))  # noqa: PLW2901 # the same body, with its own id
        name = f"breaks {constraint.subject} {constraint_property(constraint)}, {before + proven + 1}"
        case = json_case(name, body, about=rule_id(contract, constraint))
        if proven < most and validity_of(contract, read_json(case.content)) == Validity(frozenset({constraint})):
            proven += 1
            yield case


def keeping_cases(contract: Contract, valid: Sequence[Json]) -> Iterator[Case]:
    """The last allowed value of each constraint of which no other valid request holds one.

    Each is sent alone: its text may be too short for a correlation id.
    """
    for constraint in constraints(contract):
        base = base_for(contract, constraint.condition)
        if base is None or any(exercises(constraint, body) for body in valid):
            continue
        for value in chain(
            KEYWORDS[constraint.keyword].boundary(constraint.value), allowed_samples(contract, constraint)
        ):
            body = with_value(base, constraint.pointer, value)
            if exercises(constraint, body) and validity_of(contract, body).valid:
                name = f"keeps {constraint.subject} {constraint_property(constraint)}"
                yield valid_case(contract, name, body, alone=True)
                break


def unconditional_cases(contract: Contract, rows: Sequence[Json]) -> Iterator[Case]:
    """A value that breaks a constraint on some requests only, in a request where it is valid, if no row has it."""
    for constraint in constraints(contract):
        condition, pointer = constraint.condition, constraint.pointer
        if condition is None:
            continue
        values = list(invalid_values(contract, constraint))
        others = [base for base in bases(contract) if not condition.holds(base)]
        bodies = (with_value(other, pointer, value) for other in others for value in values)
        sent = (read(row, pointer) for row in rows if not condition.holds(row))
        found = next((body for body in bodies if validity_of(contract, body).valid), None)
        if found is not None and not any(same(held, value) for held in sent for value in values):
            yield valid_case(contract, f"beyond {constraint.subject} {constraint_property(constraint)}", found)


def within_budget(planned: Plan, images: int) -> Plan:
    """A plan that asks for at most so many images; what comes first in the plan goes first."""
    kept: set[Case] = set()
    for case in (*planned.cases, *planned.failures):
        if case.images <= images:
            kept.add(case)
            images -= case.images
    cases, failures = (tuple(case for case in every if case in kept) for every in (planned.cases, planned.failures))
    left_out = len(planned.cases) + len(planned.failures) - len(cases) - len(failures)
    return replace(planned, cases=cases, failures=failures, left_out=left_out)


def rule_id(contract: Contract, constraint: Constraint) -> str:
    return f"{contract.name}/{constraint.subject}/{constraint_property(constraint)}"


def for_rules(planned: Plan, selected: frozenset[str]) -> Plan:
    """A plan without the requests that break rules which are not selected."""
    return replace(planned, cases=tuple(case for case in planned.cases if case.about is None or case.about in selected))


KEY_NAMES = ("api_key", "apiKey", "token", "authorization")
ADDRESS_NAMES = ("base_url", "api_base", "endpoint", "upstream")
PLANNED_ADDRESS = "http://127.0.0.1:9"
"""Stands for the address of the suite's upstream, where it listens only when a run has begun."""
OVERRIDING: Mapping[str, dict[str, Json]] = {
    "key": dict.fromkeys(KEY_NAMES, "sk-chosen-by-the-client"),
    "upstream": dict.fromkeys(ADDRESS_NAMES, f"{PLANNED_ADDRESS}/chosen-by-the-client"),
}
"""Fields that a careless gateway may hand to the library with which it calls its upstream."""


def overriding_cases(contract: Contract) -> Iterator[Case]:
    """Requests that name another upstream, or another key for it, where the page leaves open what comes of that."""
    for name, fields in OVERRIDING.items():
        body = base_request(contract)
        for field, value in fields.items():
            body = placed(body, below("", field), value)
        if validity_of(contract, body).open_because:
            yield valid_case(contract, f"names another {name}", body)
