"""Check how many requests match a JSON Schema; if too few do, find the closest ones and their errors."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import cast

import jsonschema_rs

from gateway_contract.values.json_value import ABSENT, Json
from mock_server.admin.api import bad_request, errors, parse_body
from mock_server.admin.assertion_schema import assertion_schema
from mock_server.admin.filters import EntrySelection, Judge, filters
from mock_server.journal.entries import JournalEntry
from mock_server.journal.serialize import serialize_headers

CLOSEST = 3  # requests reported
MOST_ERRORS = 5  # of each
COUNTED_ERRORS = 100  # of each, by which the closest are found


@dataclass(frozen=True, slots=True)
class Assertion:
    """How many requests of a selection must match a schema; `at_most` is None if there is no upper bound."""

    selection: EntrySelection
    schema: jsonschema_rs.Draft202012Validator
    at_least: int
    at_most: int | None

    @property
    def expected(self) -> str:
        match self.at_least, self.at_most:
            case least, None:
                return f"at least {least}"
            case least, most if least == most:
                return f"exactly {least}"
            case 0, most:
                return f"at most {most}"
            case least, most:
                return f"{least} to {most}"

    def allows(self, count: int) -> bool:
        return self.at_least <= count and (self.at_most is None or count <= self.at_most)


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A request that passes the filters and does not match the schema."""

    id: int
    errors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AssertionResult:
    """`ids` are the requests that match; `closest` those that nearly match, if too few do."""

    passed: bool
    message: str
    ids: tuple[int, ...]
    closest: tuple[Mismatch, ...]


def read_assertion(content: bytes) -> Assertion:
    """Raises ProblemError."""
    body = parse_body("Assertion", content)
    least, most = _bounds(body)
    query = {name: str(value) for name, value in cast("dict[str, Json]", body.get("filters", {})).items()}
    return Assertion(EntrySelection(filters(query)), assertion_schema(body), least, most)


def _bounds(body: dict[str, Json]) -> tuple[int, int | None]:
    exactly = cast("int | None", body.get("count"))
    if exactly is not None:
        return exactly, exactly
    most = cast("int | None", body.get("at_most"))
    least = cast("int", body.get("at_least", 1 if most is None else 0))
    if most is not None and least > most:
        raise bad_request(f"at_least must not exceed at_most; got {least} and {most}.")
    return least, most


def check(assertion: Assertion, entries: Iterable[JournalEntry], judge: Judge) -> AssertionResult:
    selected = assertion.selection.of(entries, judge)
    errors_by_id = {
        entry.id: tuple(islice(errors(assertion.schema, instance_of(entry)), COUNTED_ERRORS)) for entry in selected
    }
    ids = tuple(id_ for id_, errors in errors_by_id.items() if not errors)
    mismatches = [Mismatch(id_, errors) for id_, errors in errors_by_id.items() if errors]
    too_few = len(ids) < assertion.at_least
    return AssertionResult(
        passed=assertion.allows(len(ids)),
        message=_message(assertion, len(ids), selected),
        ids=ids,
        closest=closest(mismatches) if too_few else (),
    )


def closest(mismatches: Sequence[Mismatch]) -> tuple[Mismatch, ...]:
    """The requests with the fewest errors; among equals, the newest."""
    ordered = sorted(mismatches, key=lambda mismatch: (len(mismatch.errors), -mismatch.id))
    return tuple(Mismatch(mismatch.id, mismatch.errors[:MOST_ERRORS]) for mismatch in ordered[:CLOSEST])


def _message(assertion: Assertion, count: int, selected: Sequence[JournalEntry]) -> str:
    actual = f"{count} of {len(selected)} requests match" if selected else "no request passed the filters"
    return f"{assertion.expected} expected; {actual}."


def instance_of(entry: JournalEntry) -> Json:
    """The object that a schema checks: without `body` if it is not JSON, without `status` if there was no response."""
    body = entry.body
    call: dict[str, Json] = {
        "method": entry.method,
        "path": entry.path,
        "gateway": entry.gateway,
        "headers": serialize_headers(entry.headers),
    }
    call |= {} if body is ABSENT else {"body": body}
    return call if entry.status is None else call | {"status": entry.status}
