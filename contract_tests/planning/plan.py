"""Which requests are sent to learn about every rule of a contract: finite, in order, the same for the same seed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

import orjson

from contract_tests.client.case import Case, json_case
from contract_tests.client.correlation import content_with_id, correlation_id, text_with_id_within
from contract_tests.planning.fields import base_for, base_request, bases, requested_images
from contract_tests.planning.image_forms import image_form_cases
from contract_tests.planning.invalid_values import allowed_samples, invalid_values, made_bodies
from contract_tests.planning.spellings import notation_cases, repeated_cases, spelling_cases
from contract_tests.planning.valid_rows import covering_rows, rows_with_every_value, with_unique_integers, with_value
from gateway_contract.contract.definition import Contract
from gateway_contract.contract.validity import NOT_JUDGED, Validity, validity_of
from gateway_contract.rules.constraint_rules import exercises
from gateway_contract.rules.statements import constraint_property
from gateway_contract.schema.constraint import Constraint
from gateway_contract.schema.keywords import KEYWORDS
from gateway_contract.traffic.exchange import Credential, Observation, RequestForm
from gateway_contract.values.json_value import Json, read_json
from gateway_contract.values.pointer import below, placed, read
from mock_server.faults.fault import FEWER_IMAGES, LINK_404, Fault
from mock_server.faults.unusual import SLOW_IMAGE, SLOW_RESPONSE, UNUSUAL
from mock_server.upstream.protocols import protocol_of

HANGS_UP = "a client that hangs up"
SEVERAL = 3  # images, of which one can be missing; the plain request afterwards asks for one more


def failure_cases(contract: Contract) -> Iterator[Case]:
    """A valid request for each fault of the upstream and each listed value of the required fields that can meet it."""
    for fault in () if contract.upstream is None else (*UNUSUAL, *protocol_of(contract.upstream).faults):
        for number, base in enumerate(bases(contract), 1):
            body = body_for(contract, fault, base)
            if validity_of(contract, body).valid:
                name = f"the upstream plays {fault}" if number == 1 else f"the upstream plays {fault}, {number}"
                yield json_case(name, body, failure=str(fault), images=SEVERAL + 1)
                if fault.name == SLOW_RESPONSE and number == 1:
                    yield json_case(HANGS_UP, body, failure=str(fault), images=SEVERAL + 1, hangs_up=True)


def body_for(contract: Contract, fault: Fault, body: Json) -> Json:
    """A request that the fault shows in: several images where one is missing, images within the answer for links."""
    images = contract.images
    if images is None:
        return body
    if fault.name == FEWER_IMAGES:
        return placed(body, images.count, SEVERAL)
    inline = next((image_field for image_field in images.image_fields if image_field.inline), None)
    if fault.name in {LINK_404, SLOW_IMAGE} and inline is not None:
        return placed(body, inline.asked_by, inline.value)
    return body


PAIRS = 2  # the strength of a plan: how many fields have all combinations of their values
PROOFS_PER_RULE = 24
PROOFS_OF_MADE = 3  # where values had to be made from a schema
CROWD = 12  # requests at once, to see whether answers are mixed up


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


def plan(contract: Contract, observed: Observation, seed: int, strength: int = PAIRS) -> Plan:
    """All cases for a contract. Where every image costs money, because only one side is observed, the strength is 1."""
    if observed is not Observation.TWO_SIDED:
        strength = 1
    found = rows_with_every_value(contract) if strength == 1 else covering_rows(contract, strength)
    rows = list(with_unique_integers(contract, found))
    broken = {constraint: list(breaking_cases(contract, constraint)) for constraint in constraints(contract)}
    cases = [
        *example_cases(contract),
        *spread(
            [valid_case(contract, f"row {index}", row) for index, row in enumerate(rows, 1)], [*form_cases(contract)]
        ),
        *(case for cases in broken.values() for case in cases),
        *keeping_cases(contract, [*rows, *(example.body for example in contract.examples)]),
        *malformed_cases(contract),
        *unauthorized_cases(contract),
        *method_cases(),
        *notation_cases(contract, "{}.0"),
        *(notation_cases(contract, "{}e0") if observed is Observation.TWO_SIDED else ()),
        *(spelling_cases(contract) if observed is Observation.TWO_SIDED else ()),
        *(overriding_cases(contract) if observed is Observation.TWO_SIDED else ()),
        *(concurrent_cases(contract) if observed is Observation.TWO_SIDED else ()),
        *(layout_cases(contract) if observed is Observation.TWO_SIDED else ()),
        *(repeated_cases(contract) if observed is Observation.TWO_SIDED else ()),
        *repeated_prompt_cases(contract),
        *(image_form_cases(contract) if observed is Observation.TWO_SIDED else ()),
    ]
    return Plan(
        cases=tuple(
            with_own_id(contract, case, seed, "again" if case.same_text else index) for index, case in enumerate(cases)
        ),
        failures=tuple(
            with_own_id(contract, case, seed, case.name)
            for case in (failure_cases(contract) if observed is Observation.TWO_SIDED else ())
        ),
        unbreakable=frozenset(rule_id(contract, constraint) for constraint, found in broken.items() if not found),
        strength=strength,
    )


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


def valid_case(contract: Contract, name: str, body: Json, **more: object) -> Case:
    return json_case(name, body, images=requested_images(contract, body), **more)


def example_cases(contract: Contract) -> Iterator[Case]:
    """The page's own examples as they stand: without a mark, so alone."""
    for example in contract.examples:
        yield valid_case(contract, f"the page's example {example.name}", example.body, alone=True)


def breaking_cases(contract: Contract, constraint: Constraint) -> Iterator[Case]:
    """Requests that break one constraint and no other; a request that breaks two proves nothing."""
    base = base_for(contract, constraint.condition)
    if base is None:
        return
    values = (with_value(base, constraint.pointer, value) for value in invalid_values(contract, constraint))
    proven = list(_proven(contract, constraint, values, PROOFS_PER_RULE))
    yield from proven or _proven(contract, constraint, made_bodies(contract, constraint, base), PROOFS_OF_MADE)


def _proven(contract: Contract, constraint: Constraint, bodies: Iterable[Json], most: int) -> Iterator[Case]:
    """A case for each of the first bodies that break one constraint and no other."""
    proven = 0
    for body in bodies:
        text = read(body, constraint.pointer)
        if isinstance(text, str) and constraint.pointer in contract.marks:
            body = placed(body, constraint.pointer, text_with_id_within(text))  # noqa: PLW2901 # the same body, with its own id
        name = f"breaks {constraint.subject} {constraint_property(constraint)}, {proven + 1}"
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


MALFORMED = {
    "no content": b"",
    "no JSON": b"{",
    "cut JSON": b'{"a": "b',
    "two values": b"{} {}",
    "a form": b"a=b&c=d",
    "invalid UTF-8": b'{"a": "\xff\xfe"}',
}


def malformed_cases(contract: Contract) -> Iterator[Case]:
    whole = orjson.dumps(base_request(contract))
    yield Case("cut in the middle", whole[: len(whole) // 2])
    for name, content in MALFORMED.items():
        yield Case(name, content)


def unauthorized_cases(contract: Contract) -> Iterator[Case]:
    """Each lack of a token, over the connection that had requests with one: a token counts for its own request only."""
    if contract.operation.secured is not None:
        body = base_request(contract)
        for credential in (Credential.MISSING, Credential.EMPTY, Credential.OTHER_SCHEME, Credential.WRONG):
            yield json_case(credential.value, body, credential=credential, kept=True, alone=True)


def method_cases() -> Iterator[Case]:
    yield from (Case(f"{method} on the path", b"", method=method) for method in ("GET", "PUT", "DELETE"))


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


def concurrent_cases(contract: Contract) -> Iterator[Case]:
    """Many requests that differ in nothing but their text, at once."""
    base = base_request(contract)
    yield from (valid_case(contract, f"one of many {index}", base) for index in range(CROWD))


def form_cases(contract: Contract) -> Iterator[Case]:
    """The plain request in each form in which ordinary clients send it."""
    base = base_request(contract)
    yield from (valid_case(contract, form.value, base, form=form) for form in RequestForm if form.is_special)


def layout_cases(contract: Contract) -> Iterator[Case]:
    """Several images in the layout that the upstream uses less often: both are the vendor's."""
    if contract.images is not None:
        body = placed(base_request(contract), contract.images.count, 3)
        if validity_of(contract, body).valid:
            yield valid_case(contract, "three images in the other layout", body, other_layout=True)


def repeated_prompt_cases(contract: Contract) -> Iterator[Case]:
    """The same text with other parameters: an answer from a cache shows."""
    base = base_request(contract)
    rows = [body for body in _variations(contract, base) if validity_of(contract, body).valid][:3]
    for index, body in enumerate(rows):
        yield valid_case(contract, f"the same text again {index}", body, alone=True, same_text=True)


def _variations(contract: Contract, base: Json) -> Iterable[Json]:
    yield base
    images = contract.images
    if images is not None:
        yield placed(base, images.count, 2)
        if images.size is not None:
            yield from (placed(base, images.size.pointer, size) for size in ("768*1024", "1024*768"))
