"""Whether so many calls came in that match a JSON Schema; where not, which came nearest and why they miss."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import cast

import jsonschema_rs

from gateway_contract.values.json_value import ABSENT, Json
from mock_server.admin.filters import Judge, Selection, filters
from mock_server.admin.openapi import errors, read_by
from mock_server.admin.problem import misunderstood
from mock_server.journal.entries import Entry
from mock_server.journal.serialize import headers_told

NEAREST = 3  # misses that are told
MOST_ERRORS = 5  # of each


@dataclass(frozen=True, slots=True)
class Assertion:
    """At least and at most so many calls of a selection match a schema; `most` is None where there is no bound."""

    selection: Selection
    schema: jsonschema_rs.Draft202012Validator
    least: int
    most: int | None

    @property
    def wanted(self) -> str:
        match self.least, self.most:
            case least, None:
                return f"at least {least}"
            case least, most if least == most:
                return f"exactly {least}"
            case 0, most:
                return f"at most {most}"
            case least, most:
                return f"{least} to {most}"

    def holds_for(self, count: int) -> bool:
        return self.least <= count and (self.most is None or count <= self.most)


@dataclass(frozen=True, slots=True)
class Miss:
    """A call that passed the filters and does not match."""

    number: int
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """`numbers` are the calls that match; `nearest` those that come next to it, told where too few match."""

    holds: bool
    says: str
    numbers: tuple[int, ...]
    nearest: tuple[Miss, ...]


def read_assertion(content: bytes) -> Assertion:
    """Raises ProblemError."""
    said = read_by("Assertion", content)
    least, most = _bounds(said)
    query = {name: str(value) for name, value in cast("dict[str, Json]", said.get("filters", {})).items()}
    return Assertion(Selection(filters(query)), compiled(_schema(said)), least, most)


def _bounds(said: dict[str, Json]) -> tuple[int, int | None]:
    exactly = cast("int | None", said.get("count"))
    if exactly is not None:
        return exactly, exactly
    most = cast("int | None", said.get("at_most"))
    least = cast("int", said.get("at_least", 1 if most is None else 0))
    if most is not None and least > most:
        raise misunderstood(f"No count is at least {least} and at most {most}.")
    return least, most


def _schema(said: dict[str, Json]) -> Json:
    """The schema for a whole call, whether it was given or one for the body alone."""
    body: Json = {"properties": {"body": said["body"]}, "required": ["body"]} if "body" in said else True
    return {"allOf": [said.get("matches", True), body]}


def compiled(schema: Json) -> jsonschema_rs.Draft202012Validator:
    """Raises ProblemError for what is no schema. It fetches nothing, whatever a `$ref` says."""
    try:
        return jsonschema_rs.Draft202012Validator(cast("dict[str, Json]", schema), offline=True)
    except (ValueError, jsonschema_rs.ReferencingError) as error:
        why = str(error).partition("\n")[0]
        raise misunderstood(f"This is no JSON Schema (draft 2020-12): {why}.") from error


def outcome(assertion: Assertion, entries: Iterable[Entry], judge: Judge) -> Outcome:
    selected = assertion.selection.of(entries, judge)
    why = {entry.number: tuple(errors(assertion.schema, call_told(entry))) for entry in selected}
    numbers = tuple(number for number, errors in why.items() if not errors)
    misses = [Miss(number, errors) for number, errors in why.items() if errors]
    few = len(numbers) < assertion.least
    return Outcome(
        holds=assertion.holds_for(len(numbers)),
        says=_said(assertion, len(numbers), selected),
        numbers=numbers,
        nearest=nearest(misses) if few else (),
    )


def nearest(misses: Sequence[Miss]) -> tuple[Miss, ...]:
    """Those with the fewest errors, of them the newest."""
    ordered = sorted(misses, key=lambda miss: (len(miss.why), -miss.number))
    return tuple(Miss(miss.number, miss.why[:MOST_ERRORS]) for miss in ordered[:NEAREST])


def _said(assertion: Assertion, count: int, selected: Sequence[Entry]) -> str:
    came = f"{count} of {len(selected)} calls match" if selected else "no call passed the filters"
    return f"{assertion.wanted} wanted; {came}."


def call_told(entry: Entry) -> Json:
    """A call as a schema sees it: without a body where that is no JSON, without a status where none was answered."""
    body = entry.body
    call: dict[str, Json] = {
        "method": entry.method,
        "path": entry.path,
        "gateway": entry.gateway,
        "headers": headers_told(entry.headers),
    }
    call |= {} if body is ABSENT else {"body": body}
    return call if entry.status is None else call | {"status": entry.status}
