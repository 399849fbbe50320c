"""Which of the journal's requests somebody wants: filters, as a query says them."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TypeAlias

import orjson

from gateway_contract.document.node import did_you_mean
from gateway_contract.values.json_value import ABSENT
from mock_server.admin.problem import ProblemError, misunderstood
from mock_server.gateway.modes import Mode
from mock_server.journal.entries import Entry
from mock_server.journal.verdict import EntryVerdict, Kind

NONE = "none"
"""Stands for requests that have no answer, or no scenario."""
STATUS = re.compile(r"[1-5](\d\d|xx)", re.IGNORECASE)
Judge: TypeAlias = Callable[[Entry], EntryVerdict]
Wanted: TypeAlias = Callable[[Entry, Judge], bool]


@dataclass(frozen=True, slots=True)
class Selection:
    """What is wanted of the journal: entries that pass every filter, so many of them, in that order."""

    passes: Sequence[Wanted] = field(default=())
    limit: int | None = None
    newest_first: bool = True

    def of(self, entries: Iterable[Entry], judge: Judge) -> list[Entry]:
        """All that pass, oldest first."""
        return [entry for entry in entries if all(wanted(entry, judge) for wanted in self.passes)]

    def shown(self, passing: list[Entry]) -> list[Entry]:
        """The newest of those that pass, or the oldest, up to the limit."""
        ordered = passing[::-1] if self.newest_first else passing
        return ordered if self.limit is None else ordered[: self.limit]


def selection(said: Iterable[tuple[str, str]], usual: Selection) -> Selection:
    """What a query's pairs ask for; in what they leave open it is as usual.

    Raises ProblemError for what it does not know, naming what it does.
    """
    query = once_each(said)
    order, limit = query.pop("order", None), query.pop("limit", None)
    if order not in {"newest", "oldest", None}:
        raise _bad("order", str(order), "newest or oldest")
    return Selection(
        filters(query),
        usual.limit if limit is None else number("limit", limit),
        usual.newest_first if order is None else order == "newest",
    )


def filters(query: Mapping[str, str]) -> list[Wanted]:
    """Raises ProblemError."""
    for name in query:
        if name not in FILTERS:
            raise unknown_filter(name, FILTERS)
    return [FILTERS[name](said) for name, said in query.items()]


def once_each(said: Iterable[tuple[str, str]]) -> dict[str, str]:
    query: dict[str, str] = {}
    for name, value in said:
        if name in query:
            raise misunderstood(f"{name} is given twice; several values of one filter are written {name}=a,b.")
        query[name] = value
    return query


def unknown_filter(name: str, known: Iterable[str]) -> ProblemError:
    names = list(known)
    hint = did_you_mean(name, names)
    detail = f"There is no filter {name!r}{'; ' if hint else '.'}{hint}"
    return misunderstood(f"{detail} The filters are {', '.join(names)}; order and limit say how many of them are told.")


def number(name: str, said: str) -> int:
    if not (said.isascii() and said.isdecimal() and len(said) < 16):
        raise _bad(name, said, "a whole number that is not negative")
    return int(said)


def _bad(name: str, said: str, wanted: str) -> ProblemError:
    return misunderstood(f"{name} is {wanted}, not {said!r}.")


def _any_of(said: str) -> list[str]:
    return [one.strip() for one in said.split(",")]


def _known(name: str, said: str, known: Iterable[str]) -> set[str]:
    names = list(known)
    for one in _any_of(said):
        if one not in names:
            raise _bad(name, one, f"one of {', '.join(names)}")
    return set(_any_of(said))


def _gateway(said: str) -> Wanted:
    wanted = set(_any_of(said))
    return lambda entry, _: entry.gateway in wanted


def _status(said: str) -> Wanted:
    wanted = [one.lower() for one in _any_of(said)]
    for one in wanted:
        if one != NONE and not STATUS.fullmatch(one):
            raise _bad("status", one, f"a status such as 400, a class such as 4xx, or {NONE}")
    return lambda entry, _: not {NONE if entry.status is None else str(entry.status), _class(entry)}.isdisjoint(wanted)


def _class(entry: Entry) -> str:
    return NONE if entry.status is None else f"{entry.status // 100}xx"


def _method(said: str) -> Wanted:
    wanted = {one.upper() for one in _any_of(said)}
    return lambda entry, _: entry.method in wanted


def _path(said: str) -> Wanted:
    return lambda entry, _: fnmatchcase(entry.path.partition("?")[0], said)


def _mode(said: str) -> Wanted:
    wanted = _known("mode", said, [mode.value for mode in Mode])
    return lambda entry, _: entry.mode in wanted


def _scenario(said: str) -> Wanted:
    return lambda entry, _: said in {scenario := entry.scenario or NONE, scenario.partition("(")[0]}


def _verdict(said: str) -> Wanted:
    wanted = _known("verdict", said, [kind.value for kind in Kind])
    return lambda entry, judge: judge(entry).kind.value in wanted


def _contains(said: str) -> Wanted:
    wanted = said.casefold()
    return lambda entry, _: any(wanted in text.casefold() for text in _texts(entry))


def _texts(entry: Entry) -> Iterator[str]:
    """A request's body as it was sent, and without the escapes that its JSON may have."""
    yield entry.content.decode("utf-8", "replace")
    body = entry.body
    if body is not ABSENT:
        yield orjson.dumps(body).decode()


def _since(said: str) -> Wanted:
    after = number("since", said)
    return lambda entry, _: entry.number > after


FILTERS: Mapping[str, Callable[[str], Wanted]] = {
    "gateway": _gateway,
    "status": _status,
    "method": _method,
    "path": _path,
    "mode": _mode,
    "scenario": _scenario,
    "verdict": _verdict,
    "contains": _contains,
    "since": _since,
}
"""Each takes what a query says of it, and raises ProblemError where that makes no sense."""
