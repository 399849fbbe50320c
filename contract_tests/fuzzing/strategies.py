"""Request bodies drawn at random from a contract alone: what each is worth is for the contract to say, not for us."""

from collections.abc import Callable, Iterable

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from contract_tests.client.correlation import LENGTH, PATTERN, PLACEHOLDER, text_with_id_within
from contract_tests.fuzzing.field_values import anything, beyond, fitting
from contract_tests.planning.fields import RequestField, bases, fields_of
from contract_tests.planning.invalid_values import invalid_values
from contract_tests.planning.plan import constraints
from contract_tests.planning.valid_rows import with_value
from gateway_contract.contract.definition import Contract
from gateway_contract.contract.validity import validity_of
from gateway_contract.schema.keyword_values import WRONG_TYPES
from gateway_contract.values.json_value import ABSENT, Json, Nothing
from gateway_contract.values.pointer import below, placed, read
from gateway_contract.values.pointer import values as values_in

Change = tuple[str, Json | Nothing]
"""A pointer into a body and what to put there; ABSENT takes away what is there."""


def ordinary_bodies(contract: Contract) -> SearchStrategy[Json]:
    """Valid bodies: some of the fields, each with a value that its own bounds allow and the others bear with."""
    starts = st.sampled_from(list(bases(contract)))
    known = [(field, values) for field in fields_of(contract) if (values := fitting(contract, field)) is not None]
    chosen = st.tuples(*(_mostly(values.map(_at(field))) for field, values in known))
    return st.builds(lambda start, changes: _valid_with(contract, start, changes), starts, chosen)


def _mostly(changes: SearchStrategy[Change]) -> SearchStrategy[Change | None]:
    """A change three times out of four."""
    return st.one_of(st.none(), changes, changes, changes)


def _valid_with(contract: Contract, body: Json, changes: Iterable[Change | None]) -> Json:
    """A valid body with those changes after which it is valid still."""
    for change in changes:
        attempt = carrying_mark(contract, _changed(body, [change]))
        body = attempt if validity_of(contract, attempt).valid else body
    return body


def odd_bodies(contract: Contract) -> SearchStrategy[Json]:
    """Such bodies with something odd in one place or two: beyond a bound, of a wrong type, unknown, or forbidden."""
    changes = st.lists(odd_changes(contract), min_size=1, max_size=2)
    return st.builds(
        lambda body, found: carrying_mark(contract, _changed(body, found)), ordinary_bodies(contract), changes
    )


def odd_changes(contract: Contract) -> SearchStrategy[Change]:
    fields = fields_of(contract)
    forbidden = [(found.pointer, value) for found in constraints(contract) for value in invalid_values(contract, found)]
    wrong = [value for some in WRONG_TYPES.values() for value in some]
    anywhere = st.sampled_from([field.pointer for field in fields])
    plain = bases(contract)[0]  # what it has not is left out often enough
    needed = st.sampled_from([field.pointer for field in fields if read(plain, field.pointer) is not ABSENT])
    return st.one_of(
        *(beyond(contract, field).map(_at(field)) for field in fields),
        *([st.sampled_from(forbidden)] if forbidden else []),
        st.tuples(needed, st.just(ABSENT)),
        st.tuples(anywhere, st.sampled_from([None, *wrong])),
        st.tuples(anywhere, anything()),
        unknown_fields(contract),
    )


@st.composite
def unknown_fields(draw: DrawFn, contract: Contract) -> Change:
    """A field that no schema names, at the top or in any object of the request."""
    base = bases(contract)[0]
    holders = [pointer for pointer, value in values_in(base) if isinstance(value, dict)]
    name = draw(st.sampled_from(["unknown", "extra_body", "__proto__", ""]))
    return below(draw(st.sampled_from(holders)), name), draw(anything())


def _at(field: RequestField) -> Callable[[Json], Change]:
    return lambda value: (field.pointer, value)


def _changed(body: Json, changes: Iterable[Change | None]) -> Json:
    for change in changes:
        if change is not None:
            try:
                body = with_value(body, *change)
            except ValueError:
                continue  # an earlier change took the place where this one belongs
    return body


def carrying_mark(contract: Contract, body: Json) -> Json:
    """A body with a mark in every text that may hold one; an empty text has a meaning of its own, and stays."""
    for pointer in contract.marks:
        text = read(body, pointer)
        if isinstance(text, str) and text and not PATTERN.search(text):
            long = len(text) > 3 * LENGTH
            body = placed(body, pointer, text_with_id_within(text) if long else f"{PLACEHOLDER} {text}")
    return body


def judged_parts(contract: Contract, body: Json) -> Json:
    """A body with ordinary values in the place of those on which the page is silent: so the rest of it can be judged.

    Unknown fields stay.
    """
    base = bases(contract)[0]
    for pointer in sorted(validity_of(contract, body).open_fields):
        if "*" not in pointer:
            body = _changed(body, [(pointer, read(base, pointer))])
    return body
