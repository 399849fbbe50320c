"""Failing rules put together by what is probably one cause: one entry for a reader, the most serious one first."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from operator import attrgetter
from typing import TypeAlias

from contract_tests.results import RuleVerdict, Run, Verdict
from gateway_contract.rules.rule import RuleKind
from gateway_contract.schema.constraint import Level
from gateway_contract.traffic.exchange import Answer
from gateway_contract.traffic.redaction import OWNED
from gateway_contract.traffic.response_message import response_message

MOST_SUBJECTS = 6


class Family(IntEnum):
    """What goes wrong in general, the most serious first."""

    ADMITS = 0  # a request without a valid token
    SECURITY = 1
    REJECTS = 2  # a valid request
    ISOLATION = 3
    MAPPING = 4
    PRESERVATION = 5
    DEFAULT = 6
    BREAKS = 7  # on an invalid request
    ACCEPTS = 8  # an invalid request
    RESPONSE = 9
    RESILIENCE = 10
    ERROR = 11


_FAMILIES = {
    RuleKind.AUTHORIZATION: Family.SECURITY,
    RuleKind.ISOLATION: Family.ISOLATION,
    RuleKind.MAPPING: Family.MAPPING,
    RuleKind.PRESERVATION: Family.PRESERVATION,
    RuleKind.DEFAULT: Family.DEFAULT,
    RuleKind.RESPONSE: Family.RESPONSE,
    RuleKind.RESILIENCE: Family.RESILIENCE,
    RuleKind.ERROR: Family.ERROR,
}
_ARRIVALS = {
    "dropped": "drops {what} on the way upstream",
    "changed": "changes {what} on the way upstream",
    "misplaced": "puts {what} in the wrong place upstream",
    "injected": "sends upstream what the client left out",
}
_ACCEPTS = {
    "type": "values of the wrong type",
    "item": "lists with invalid items",
    "required": "requests without required fields",
    "enum": "values that are not listed",
    "const": "values that are not listed",
    "format": "values in the wrong format",
    "pattern": "values in the wrong format",
    "minimum": "values below the minimum",
    "exclusive-minimum": "values below the minimum",
    "maximum": "values above the maximum",
    "exclusive-maximum": "values above the maximum",
    "min": "values that are too short",
    "max": "values that are too long",
    "unique": "lists with duplicates",
    "forbidden": "fields that must not be sent",
    "json": "a body that is not JSON",
    "converted": "values of another type or form",
}
"""What a gateway accepts that breaks a rule, by the beginning of the rule's property."""

_PLACES = {Family.RESPONSE: "in responses", Family.ERROR: "in error responses"}
_CONVERTED = "converted to "

Key: TypeAlias = tuple[Family, str, str]


@dataclass(frozen=True, slots=True)
class Cause:
    """Failing rules of one level that look alike. `counts` is whether they make the gateway fail."""

    family: Family
    title: str
    verdicts: tuple[RuleVerdict, ...]
    counts: bool

    @property
    def shown(self) -> RuleVerdict:
        """The rule with the smallest failing request."""
        return min(self.verdicts, key=_size)


def _size(verdict: RuleVerdict) -> tuple[int, bool]:
    smallest = verdict.failures[0]
    return len(smallest.exchange.request.content), not smallest.finding.note


def causes(run: Run, level: Level) -> list[Cause]:
    """The failures of a level: the most serious cause first, of equal ones that of more rules."""
    failing = [one for one in run.verdicts if one.verdict is Verdict.FAIL and one.rule.level is level]
    grouped: dict[Key, list[RuleVerdict]] = {}
    for one in failing:
        grouped.setdefault(_key(one, failing), []).append(one)
    found = [
        Cause(key[0], _title(key, verdicts), tuple(verdicts), any(map(run.counts, verdicts)))
        for key, verdicts in grouped.items()
    ]
    return sorted(found, key=lambda cause: (cause.family, -len(cause.verdicts)))


def _key(verdict: RuleVerdict, failing: Iterable[RuleVerdict]) -> Key:
    rule, first = verdict.rule, verdict.failures[0]
    accepted, observed = first.exchange.accepted, first.finding.observed
    if accepted and first.exchange.request.credential not in OWNED:
        return Family.ADMITS, "", ""
    if rule.kind is RuleKind.RANGE:
        if accepted:
            return Family.ACCEPTS, _property(verdict), observed if observed.startswith(_CONVERTED) else ""
        if first.finding.expected.endswith("accepted"):
            answer = first.exchange.answer
            return Family.REJECTS, observed, response_message(answer) if isinstance(answer, Answer) else ""
        return Family.BREAKS, observed, ""
    family = _FAMILIES[rule.kind]
    if arrival := _arrival(verdict):
        lost = {(one.rule.subject, _arrival(one)) for one in failing if one.rule.kind is RuleKind.MAPPING}
        return Family.MAPPING if (rule.subject, arrival) in lost else family, arrival, ""
    return family, _property(verdict), ""


def _arrival(verdict: RuleVerdict) -> str:
    """What became of a value on its way upstream, as one word; empty where that is not what failed."""
    word = re.match(r"\w*", verdict.failures[0].finding.observed)
    return word[0] if word is not None and word[0] in _ARRIVALS else ""


def _property(verdict: RuleVerdict) -> str:
    """What a rule is about, without the condition under which it holds."""
    return verdict.rule.id.rpartition("/")[2].partition("-for-")[0].removesuffix("-otherwise")


def _title(key: Key, verdicts: Sequence[RuleVerdict]) -> str:
    family, detail, _ = key
    subjects = _subjects(verdicts)
    of_subjects = f": {subjects}" if subjects else ""
    match family:
        case Family.ADMITS:
            credentials = dict.fromkeys(one.failures[0].exchange.request.credential.value for one in verdicts)
            return f"accepts requests with {', '.join(credentials)}"
        case Family.REJECTS:
            fields = [one for one in verdicts if one.rule.pointer is not None]
            return f"rejects valid values{of_subjects}" if fields else f"rejects valid requests{_forms(verdicts)}"
        case Family.BREAKS:
            return f"fails on invalid requests ({detail}){of_subjects}"
        case Family.ACCEPTS:
            return f"{_conversion(verdicts[0]) or _accepted(detail)}{of_subjects}"
        case _ if detail in _ARRIVALS:
            return f"{_ARRIVALS[detail].format(what=_lost(family, verdicts))}{of_subjects}"
        case _:
            return _promise(verdicts, _PLACES.get(family, "") if subjects else "")


def _forms(verdicts: Sequence[RuleVerdict]) -> str:
    """What is special about the rejected requests, where that is how they were sent."""
    forms = dict.fromkeys(one.failures[0].exchange.request.form for one in verdicts)
    special = [form.value for form in forms if form.is_special]
    return f" with {', '.join(special)}" if len(special) == len(forms) else ""


def _accepted(name: str) -> str:
    return f"accepts {_ACCEPTS.get(name) or _ACCEPTS.get(name.partition('-')[0]) or 'invalid values'}"


def _conversion(verdict: RuleVerdict) -> str:
    """For example `takes "2" for 2`, where that is what was seen."""
    finding = verdict.failures[0].finding
    if not finding.observed.startswith(_CONVERTED):
        return ""
    return f"takes {finding.expected.partition(' refused')[0]} for {finding.observed.removeprefix(_CONVERTED)}"


def _lost(family: Family, verdicts: Sequence[RuleVerdict]) -> str:
    """The values that are easily taken for nothing, where it is only these that do not arrive."""
    if family is not Family.PRESERVATION:
        return "values"
    values = dict.fromkeys(one.failures[0].finding.expected.partition(" at ")[0] for one in verdicts)
    return " and ".join(values) if len(values) <= 3 else "values"


def _promise(verdicts: Sequence[RuleVerdict], place: str) -> str:
    """What the rules say, so that it cannot be taken for what was observed."""
    said = _statement(verdicts)
    words = [place] if " must " in said else ["not true", place]
    head = " ".join(filter(None, words))
    return f"{head}: {said}" if head else said


def _statement(verdicts: Sequence[RuleVerdict]) -> str:
    """What the rules say; of several that say the same, it once."""
    said = dict.fromkeys((one.rule.statement, one.rule.subject or "") for one in verdicts)
    first, subject = next(iter(said))
    tail = first.removeprefix(f"{subject} ")
    if len(said) > 1 and all(text == f"{name} {tail}" for text, name in said):
        return f"{_subjects(verdicts)} {tail}"
    return first if len(said) == 1 else f"{first} (and {len(said) - 1} more)"


def _subjects(verdicts: Sequence[RuleVerdict]) -> str:
    names = list(dict.fromkeys(filter(None, map(attrgetter("rule.subject"), verdicts))))
    left = len(names) - MOST_SUBJECTS
    return ", ".join(names[:MOST_SUBJECTS]) + (f" and {left} more" if left > 0 else "")
