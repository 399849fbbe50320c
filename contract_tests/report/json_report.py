"""The report for machines: report.json and, beside it, the exchanges that its failures point to."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import NotRequired, TypedDict

from contract_tests.chance import rarest_excluded
from contract_tests.images_needed import ImagesNeeded
from contract_tests.report.exchange_file import exchange_to_json, write_whole
from contract_tests.report.folder import remove_exchanges
from contract_tests.report.request_difference import request_difference
from contract_tests.report.thumbnails import report_thumbnails
from contract_tests.results import UNDECIDED, Conformance, FailingExchange, RuleVerdict, Run, UsedOption, Verdict
from contract_tests.waived_failures import expired
from contract_tests.waivers import Waiver
from gateway_contract.contract.validity import BeyondUpstream
from gateway_contract.extras import DISTRIBUTION
from gateway_contract.traffic.curl import curl
from gateway_contract.traffic.exchange import Answer, Exchange
from gateway_contract.traffic.redaction import all_secrets, redact, redact_url
from gateway_contract.traffic.response_message import response_message, upstream_rejection
from gateway_contract.values.json_value import ABSENT, Json

SCHEMA = Path(__file__).parent / "schema.json"
MOST_FAILURES = 5  # listed of one rule


class QuotedResponse(TypedDict):
    status: int
    message: str  # the gateway's own words, at most 200 characters


class ListedFailure(TypedDict):
    expected: str
    observed: str
    request: str  # how it differs from the plain valid request of the run, in a few words
    curl: str
    exchange: str  # path from the report's folder
    note: NotRequired[str]  # what it takes
    response: NotRequired[QuotedResponse]  # missing where the gateway gave no response
    upstream_response: NotRequired[QuotedResponse]  # where the upstream rejected the gateway's call


class ListedWaiver(TypedDict):
    reason: str
    until: str  # the last day, ISO 8601
    at: str  # file and line
    ticket: NotRequired[str]


class ExcludedFault(TypedDict):
    rate: float  # the share of exchanges in which such a fault shows
    confidence: float


class RepeatedRequests(TypedDict):
    confidence: float
    rare: float  # the share of exchanges in which a fault to be excluded shows
    requests: int
    short: list[str]  # ids of rules that too few exchanges judged


class ListedRule(TypedDict):
    id: str
    kind: str
    field: str | None
    level: str
    clause: str | None
    clause_text: str | None  # what the page says
    statement: str
    verdict: str
    exchanges: int
    judged: int
    failed: int
    failures: list[ListedFailure]
    excludes: NotRequired[ExcludedFault]  # by a rule that passed
    reason: NotRequired[str]
    waiver: NotRequired[ListedWaiver]


class ListedStatement(TypedDict):
    at: str  # file and line
    what: str
    reason: str


class ListedSelection(TypedDict):
    keyword: str
    selected: int
    of: int


ListedOption = TypedDict("ListedOption", {"from": str, "value": NotRequired[Json]})  # no value of a secret


class Report(TypedDict):
    schema_version: int
    suite_version: str
    started_at: str  # ISO 8601, UTC
    ended: str
    exit_status: int
    contract: str
    contract_digest: str
    gateway: str
    observed: str
    verdict: str
    seed: int
    duration_seconds: float
    cost: dict[str, int | None]
    strength: int
    rules: list[ListedRule]
    selection: ListedSelection
    untested: list[ListedStatement]
    beyond_upstream: list[ListedStatement]
    slow: list[str]
    information: list[str]
    options: dict[str, ListedOption]
    stale_waivers: list[str]
    expired_waivers: list[str]
    name: NotRequired[str]  # of the gateway in the configuration
    reason: NotRequired[str]
    images_needed: NotRequired[dict[str, Json]]  # where somebody pays for images
    repeated: NotRequired[RepeatedRequests]  # where the user asked for a confidence
    cause: NotRequired[str]  # of a verdict not-tested; missing while the run goes on, or if a signal ended it
    errors: NotRequired[list[str]]


def write_report(run: Run, folder: Path, secrets: Sequence[str]) -> Path:
    """Writes the report of one run in a folder named after its gateway, if it has a name, and its contract."""
    listed = _listed_exchanges(run)
    known = all_secrets(listed, secrets)
    home = folder / run.name / run.contract
    remove_exchanges(home)
    thumbnails = report_thumbnails(run)
    for number, exchange in enumerate(listed, 1):
        _write(home / _file_name(number), exchange_to_json(exchange, known, thumbnails))
    names = exchange_names(run)
    path = home / "report.json"
    _write(path, report_of(run, names, known))
    return path


def report_of(run: Run, names: dict[int, str], secrets: Sequence[str]) -> Report:
    """The report as its schema describes it; `names` are the files of the listed exchanges, by identity."""
    chosen = run.selection
    report = Report(
        schema_version=2,
        suite_version=version(DISTRIBUTION),
        started_at=run.started_at.isoformat(timespec="seconds"),
        ended=run.ended,
        exit_status=run.exit_status,
        contract=run.contract,
        contract_digest=run.contract_digest,
        gateway=redact_url(run.gateway, secrets),
        observed=run.observed,
        verdict=run.conformance.value,
        seed=run.seed,
        duration_seconds=round(run.seconds, 3),
        cost=asdict(run.cost),
        strength=run.strength,
        rules=[_rule(verdict, run, names, secrets) for verdict in run.verdicts],
        selection=ListedSelection(keyword=chosen.keyword, selected=chosen.selected, of=chosen.of),
        untested=[ListedStatement(at=str(one.place), what=one.what, reason=one.reason) for one in run.untested],
        beyond_upstream=[listed_beyond(one) for one in run.beyond_upstream],
        slow=[redact(one, secrets) for one in run.slow],
        information=[redact(one, secrets) for one in run.information],
        stale_waivers=[redact(str(one), secrets) for one in run.stale_waivers],
        expired_waivers=[redact(str(one), secrets) for one in expired(run)],
        options={option.key: _option(option, secrets) for option in run.options},
    )
    if run.name:
        report["name"] = run.name
    if run.conformance is Conformance.NOT_TESTED and run.not_tested:
        report["reason"] = redact(run.not_tested, secrets)
    if run.cause is not None:
        report["cause"] = run.cause
    if run.images_needed is not None:
        report["images_needed"] = listed_images(run.images_needed)
    if run.repeated is not None:
        repeated, confidence = run.repeated, run.repeated.confidence
        report["repeated"] = RepeatedRequests(
            confidence=confidence.level, rare=confidence.rare, requests=repeated.requests, short=list(repeated.short)
        )
    if run.our_errors:
        report["errors"] = [redact(error, secrets) for error in run.our_errors]
    return report


def listed_beyond(one: BeyondUpstream) -> ListedStatement:
    return ListedStatement(at=str(one.place), what=one.what, reason=f"{one.upstream} refuses it: {one.refusal}")


def listed_images(needed: ImagesNeeded) -> dict[str, Json]:
    return {**asdict(needed), "expected": list(needed.expected)}


def _option(option: UsedOption, secrets: Sequence[str]) -> ListedOption:
    listed = ListedOption({"from": option.origin})
    if option.value is not ABSENT:
        listed["value"] = _without_secrets(option.value, secrets)
    return listed


def _without_secrets(value: Json, secrets: Sequence[str]) -> Json:
    """A value in which no text holds a secret or the user and password of a URL."""
    match value:
        case str():
            return redact_url(value, secrets)
        case list():
            return [_without_secrets(item, secrets) for item in value]
        case dict():
            return {redact_url(key, secrets): _without_secrets(item, secrets) for key, item in value.items()}
    return value


def _rule(verdict: RuleVerdict, run: Run, names: dict[int, str], secrets: Sequence[str]) -> ListedRule:
    rule = verdict.rule
    listed = ListedRule(
        id=rule.id,
        kind=rule.kind,
        field=rule.subject,
        level=rule.level,
        clause=rule.clause,
        clause_text=rule.clause_text,
        statement=rule.statement,
        verdict=verdict.verdict.value,
        exchanges=verdict.exchanges,
        judged=verdict.judged,
        failed=len(verdict.failures),
        failures=[_failure(failure, run, names, secrets) for failure in verdict.failures[:MOST_FAILURES]],
    )
    if verdict.verdict is Verdict.PASS and verdict.judged:
        rate = round(rarest_excluded(verdict.judged, run.confidence), 6)
        listed["excludes"] = ExcludedFault(rate=rate, confidence=run.confidence)
    if verdict.verdict in UNDECIDED:
        listed["reason"] = redact(verdict.reason, secrets)
    if verdict.waiver is not None:
        listed["waiver"] = _waiver(verdict.waiver, secrets)
    return listed


def _waiver(waiver: Waiver, secrets: Sequence[str]) -> ListedWaiver:
    listed = ListedWaiver(
        reason=redact(waiver.reason, secrets), until=waiver.until.isoformat(), at=redact(str(waiver.place), secrets)
    )
    if waiver.ticket:
        listed["ticket"] = redact(waiver.ticket, secrets)
    return listed


def _failure(failure: FailingExchange, run: Run, names: dict[int, str], secrets: Sequence[str]) -> ListedFailure:
    listed = ListedFailure(
        expected=redact(failure.finding.expected, secrets),
        observed=redact(failure.finding.observed, secrets),
        request=redact(request_difference(failure.exchange, run.baseline), secrets),
        curl=curl(failure.exchange.request, run.gateway, secrets),
        exchange=names[id(failure.exchange)],
    )
    if failure.finding.note:
        listed["note"] = redact(failure.finding.note, secrets)
    answer = failure.exchange.answer
    if isinstance(answer, Answer):
        message = "" if answer.successful else response_message(answer, secrets)
        listed["response"] = QuotedResponse(status=answer.status, message=message)
    rejected = upstream_rejection(failure.exchange)
    if rejected is not None:
        message = redact(rejected.message, secrets)
        listed["upstream_response"] = QuotedResponse(status=rejected.status, message=message)
    return listed


def _listed_exchanges(run: Run) -> list[Exchange]:
    """Each exchange that a listed failure points to, once."""
    listed = (failure.exchange for verdict in run.verdicts for failure in verdict.failures[:MOST_FAILURES])
    return list({id(exchange): exchange for exchange in listed}.values())


def exchange_names(run: Run) -> dict[int, str]:
    """The files of the listed exchanges, by identity, as paths from the report's folder."""
    return {id(exchange): _file_name(number) for number, exchange in enumerate(_listed_exchanges(run), 1)}


def _file_name(number: int) -> str:
    return f"exchanges/{number:04}.json"


def _write(path: Path, value: object) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=1)
    write_whole(path, text.encode("utf-8", "backslashreplace") + b"\n")
