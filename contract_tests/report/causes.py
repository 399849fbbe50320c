"""Failing rules put together by what is probably one cause: one entry for a reader, the most serious one first."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from operator import attrgetter
from typing import TypeAlias

from contract_tests.results import FailingExchange, RuleVerdict, Run, Verdict
from gateway_contract.rules.rule import FindingKind, RuleKind
from gateway_contract.schema.constraint import Level
from gateway_contract.traffic.exchange import Answer, usable
from gateway_contract.traffic.redaction import OWNED
from gateway_contract.traffic.response_message import response_message
from gateway_contract.values.json_value import UNOBSERVED

MOST_SUBJECTS = 6


class Family(IntEnum):
    """What goes wrong in general, the most serious first."""

    CACHED = 0  # all else is said about requests that were never looked at
    CARRIED = 1  # values of one request into another, which may break whatever else is judged
    ADMITS = 2  # a request without a valid token
    SECURITY = 3
    REJECTS = 4  # a valid request
    ISOLATION = 5
    MAPPING = 6
    PRESERVATION = 7
    DEFAULT = 8
    BREAKS = 9  # on an invalid request
    ACCEPTS = 10  # an invalid request
    FORM = 11  # rejects a valid request for how it was sent
    RESPONSE = 12
    RESILIENCE = 13
    ERROR = 14


_FAMILIES = {
    RuleKind.RANGE: Family.ACCEPTS,
    RuleKind.AUTHORIZATION: Family.SECURITY,
    RuleKind.ISOLATION: Family.ISOLATION,
    RuleKind.MAPPING: Family.MAPPING,
    RuleKind.PRESERVATION: Family.PRESERVATION,
    RuleKind.DEFAULT: Family.DEFAULT,
    RuleKind.RESPONSE: Family.RESPONSE,
    RuleKind.RESILIENCE: Family.RESILIENCE,
    RuleKind.ERROR: Family.ERROR,
}
_ARRIVALS: Mapping[FindingKind, str] = {
    FindingKind.DROPPED: "drops {what} on the way upstream",
    FindingKind.CHANGED: "changes {what} on the way upstream",
    FindingKind.MISPLACED: "puts {what} in the wrong place upstream",
    FindingKind.INJECTED: "sends upstream what the client left out",
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

FROM_CACHE = "answers from a cache, with the images of an earlier request"
Key: TypeAlias = tuple[Family, FindingKind, str, str]
"""What failures of one cause have alike: the last two are of which requests or properties, and the gateway's words."""
_CACHED: Key = (Family.CACHED, FindingKind.OTHER, "", "")


@dataclass(frozen=True, slots=True)
class CauseGroup:
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


def causes(run: Run, level: Level) -> list[CauseGroup]:
    """The failures of a level: the most serious cause first, of equal ones that of more rules."""
    failing = [one for one in run.verdicts if one.verdict is Verdict.FAIL and one.rule.level is level]
    grouped: dict[Key, list[RuleVerdict]] = {}
    for one in failing:
        key = _CACHED if all(map(_is_from_cache, one.failures)) else _key(one, failing)
        grouped.setdefault(key, []).append(one)
    found = [
        CauseGroup(key[0], _title(verdicts, *key[:3]), tuple(verdicts), any(map(run.counts, verdicts)))
        for key, verdicts in grouped.items()
    ]
    return sorted(found, key=lambda cause: (cause.family, -len(cause.verdicts)))


def _key(verdict: RuleVerdict, failing: Iterable[RuleVerdict]) -> Key:
    first, kind = verdict.failures[0], _kind(verdict)
    if first.exchange.accepted and first.exchange.request.credential not in OWNED:
        return Family.ADMITS, FindingKind.OTHER, "", ""
    family, detail, words = _FAMILIES[verdict.rule.kind], _property(verdict), ""
    match kind:
        case FindingKind.CARRIED:
            family, detail = Family.CARRIED, ""
        case FindingKind.CONVERTED:
            detail = "" if first.finding.conversion is None else first.finding.conversion.allowed
        case FindingKind.BROKE:
            family, detail = Family.BREAKS, first.finding.observed
        case FindingKind.REJECTED:
            family = Family.FORM if first.exchange.request.form.is_special else Family.REJECTS
            detail = first.finding.observed
            words = response_message(first.exchange.answer) if isinstance(first.exchange.answer, Answer) else ""
        case _ if kind in _ARRIVALS:
            lost = {(one.rule.subject, _kind(one)) for one in failing if one.rule.kind is RuleKind.MAPPING}
            family, detail = Family.MAPPING if (verdict.rule.subject, kind) in lost else family, ""
    return family, kind, detail, words


def _is_from_cache(failure: FailingExchange) -> bool:
    """Whether images were answered for which no upstream call was made."""
    exchange = failure.exchange
    if exchange.upstream is UNOBSERVED or exchange.upstream or exchange.images is UNOBSERVED:
        return False
    return any(image.identity is not None for item in exchange.images for image in usable(item))


def _kind(verdict: RuleVerdict) -> FindingKind:
    return verdict.failures[0].finding.kind


def _property(verdict: RuleVerdict) -> str:
    """What a rule is about, without the condition under which it holds."""
    return verdict.rule.id.rpartition("/")[2].partition("-for-")[0].removesuffix("-otherwise")


def _title(verdicts: Sequence[RuleVerdict], family: Family, kind: FindingKind, detail: str) -> str:
    if family is Family.CACHED:
        return FROM_CACHE
    if family is Family.ADMITS:
        credentials = dict.fromkeys(one.failures[0].exchange.request.credential.value for one in verdicts)
        return f"accepts requests with {', '.join(credentials)}"
    subjects, end = _subjects(verdicts), ""
    match kind:
        case FindingKind.OTHER:
            return _promise(verdicts, _PLACES.get(family, "") if subjects else "")
        case FindingKind.REJECTED:
            fields = any(one.rule.pointer is not None for one in verdicts)
            whole = f"rejects valid requests{_forms(verdicts)}"
            does, subjects = ("rejects valid values", subjects) if fields else (whole, "")
        case FindingKind.CARRIED:
            does = "carries values of one request into another"
        case FindingKind.BROKE:
            does = f"fails on invalid requests ({detail})"
        case FindingKind.ACCEPTED:
            does = _accepted(detail)
        case FindingKind.CONVERTED:
            does, end = _conversion(verdicts[0]), f" ({verdicts[0].rule.level}; the page says {detail})"
        case _:
            does = _ARRIVALS[kind].format(what=_lost(family, verdicts))
    return f"{does}: {subjects}{end}" if subjects else f"{does}{end}"


def _forms(verdicts: Sequence[RuleVerdict]) -> str:
    """What is special about the rejected requests, where that is how they were sent."""
    forms = dict.fromkeys(one.failures[0].exchange.request.form for one in verdicts)
    special = [form.value for form in forms if form.is_special]
    return f" with {', '.join(special)}" if len(special) == len(forms) else ""


def _accepted(name: str) -> str:
    return f"accepts {_ACCEPTS.get(name) or _ACCEPTS.get(name.partition('-')[0]) or 'invalid values'}"


def _conversion(verdict: RuleVerdict) -> str:
    """For example `takes "2" for 2`."""
    found = verdict.failures[0].finding.conversion
    return "converts invalid values" if found is None else f"takes {found.sent} for {found.meaning}"


def _lost(family: Family, verdicts: Sequence[RuleVerdict]) -> str:
    """The values that are easily taken for nothing, where it is only these that do not arrive."""
    if family is not Family.PRESERVATION:
        return "values"
    values = dict.fromkeys(one.failures[0].finding.expected.partition(" at ")[0] for one in verdicts)
    return " and ".join(values) if len(values) <= 3 else "values"


def _promise(verdicts: Sequence[RuleVerdict], place: str) -> str:
    """What the rules say, so that it cannot be taken for what was observed."""
    said = _statement(verdicts)
    words = [place] if " must " in said else ["does not hold", place]
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
