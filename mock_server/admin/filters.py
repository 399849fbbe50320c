"""Filters for the journal's requests, as in a query."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TypeAlias

import orjson

from gateway_contract.document.node import did_you_mean
from gateway_contract.values.json_value import ABSENT
from mock_server.admin.api import ProblemError, bad_request, whole_number
from mock_server.gateway.modes import Mode
from mock_server.journal.entries import JournalEntry
from mock_server.journal.verdict import EntryVerdict, VerdictStatus

NONE = "none"
"""Selects requests without a response, without a scenario, or without a session."""
STATUS = re.compile(r"[1-5](\d\d|xx)", re.IGNORECASE)
Judge: TypeAlias = Callable[[JournalEntry], EntryVerdict]
Filter: TypeAlias = Callable[[JournalEntry, Judge], bool]


@dataclass(frozen=True, slots=True)
class EntrySelection:
    """Selects the entries that pass every filter, in an order and up to a limit."""

    filters: Sequence[Filter] = field(default=())
    limit: int | None = None
    newest_first: bool = True

    def of(self, entries: Iterable[JournalEntry], judge: Judge) -> list[JournalEntry]:
        """All entries that pass, oldest first."""
        return [entry for entry in entries if all(passes(entry, judge) for passes in self.filters)]

    def shown(self, passing: list[JournalEntry]) -> list[JournalEntry]:
        """The newest of those that pass, or the oldest, up to the limit."""
        ordered = passing[::-1] if self.newest_first else passing
        return ordered if self.limit is None else ordered[: self.limit]


def selection(pairs: Iterable[tuple[str, str]], defaults: EntrySelection) -> EntrySelection:
    """The selection of a query; what the query omits is taken from `defaults`. Raises ProblemError."""
    query = once_each(pairs)
    order, limit = query.pop("order", None), query.pop("limit", None)
    if order not in {"newest", "oldest", None}:
        raise _bad("order", str(order), "newest or oldest")
    return EntrySelection(
        filters(query),
        defaults.limit if limit is None else _number("limit", limit),
        defaults.newest_first if order is None else order == "newest",
    )


def filters(query: Mapping[str, str]) -> list[Filter]:
    """Raises ProblemError."""
    for name in query:
        if name not in FILTERS:
            raise unknown_filter(name, FILTERS)
    return [FILTERS[name](value) for name, value in query.items()]


def once_each(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    query: dict[str, str] = {}
    for name, value in pairs:
        if name in query:
            raise bad_request(f"{name} must not be repeated; separate its values by commas: {name}=a,b.")
        query[name] = value
    return query


def unknown_filter(name: str, known: Iterable[str]) -> ProblemError:
    names = list(known)
    hint = did_you_mean(name, names)
    detail = f"Unknown filter {name!r}{'; ' if hint else '.'}{hint}"
    return bad_request(f"{detail} Filters: {', '.join(names)}; also order and limit.")


def _number(name: str, value: str) -> int:
    number = whole_number(value)
    if number is None:
        raise _bad(name, value, "a non-negative integer")
    return number


def _bad(name: str, value: str, expected: str) -> ProblemError:
    return bad_request(f"{name} must be {expected}; got {value!r}.")


def _any_of(value: str) -> list[str]:
    return [one.strip() for one in value.split(",")]


def _known(name: str, value: str, known: Iterable[str]) -> set[str]:
    names = list(known)
    for one in _any_of(value):
        if one not in names:
            raise _bad(name, one, f"one of {', '.join(names)}")
    return set(_any_of(value))


def _gateway(value: str) -> Filter:
    accepted = set(_any_of(value))
    return lambda entry, _: entry.gateway in accepted


def _session(value: str) -> Filter:
    accepted = set(_any_of(value))
    return lambda entry, _: (entry.session or NONE) in accepted


def _status(value: str) -> Filter:
    accepted = [one.lower() for one in _any_of(value)]
    for one in accepted:
        if one != NONE and not STATUS.fullmatch(one):
            raise _bad("status", one, f"a status such as 400, a class such as 4xx, or {NONE}")
    return lambda entry, _: (
        not {NONE if entry.status is None else str(entry.status), _class(entry)}.isdisjoint(accepted)
    )


def _class(entry: JournalEntry) -> str:
    return NONE if entry.status is None else f"{entry.status // 100}xx"


def _method(value: str) -> Filter:
    accepted = {one.upper() for one in _any_of(value)}
    return lambda entry, _: entry.method in accepted


def _path(value: str) -> Filter:
    return lambda entry, _: fnmatchcase(entry.path.partition("?")[0], value)


def _mode(value: str) -> Filter:
    accepted = _known("mode", value, [mode.value for mode in Mode])
    return lambda entry, _: entry.mode in accepted


def _scenario(value: str) -> Filter:
    return lambda entry, _: value in {scenario := entry.scenario or NONE, scenario.partition("(")[0]}


def _verdict(value: str) -> Filter:
    accepted = _known("verdict", value, [status.value for status in VerdictStatus])
    return lambda entry, judge: judge(entry).status.value in accepted


def _contains(value: str) -> Filter:
    text_sought = value.casefold()
    return lambda entry, _: any(text_sought in text.casefold() for text in _texts(entry))


def _texts(entry: JournalEntry) -> Iterator[str]:
    """The request's body as sent, and with its JSON escapes decoded."""
    yield entry.content.decode("utf-8", "replace")
    body = entry.body
    if body is not ABSENT:
        yield orjson.dumps(body).decode()


def _since(value: str) -> Filter:
    after = _number("since", value)
    return lambda entry, _: entry.id > after


FILTERS: Mapping[str, Callable[[str], Filter]] = {
    "gateway": _gateway,
    "session": _session,
    "status": _status,
    "method": _method,
    "path": _path,
    "mode": _mode,
    "scenario": _scenario,
    "verdict": _verdict,
    "contains": _contains,
    "since": _since,
}
"""Makes a filter of its value in a query; raises ProblemError if the value is invalid."""
