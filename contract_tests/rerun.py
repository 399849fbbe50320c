"""A stored exchange, sent again: what the same request gets now, and which rules it breaks now."""

import asyncio
import base64
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import orjson
from rich.console import Console
from rich.text import Text

from contract_tests.client.case import Case
from contract_tests.client.correlation import correlation_ids
from contract_tests.client.send import Sender, exchange_request
from contract_tests.client.tokens import Tokens
from contract_tests.client.transport import open_transport
from contract_tests.execution.carry_over import CarryOver
from contract_tests.execution.health import plain_case
from contract_tests.execution.internal_errors import describe_error
from contract_tests.execution.observer import UpstreamObserver, url_from_here
from contract_tests.planning.failure_cases import HANGS_UP, failure_cases
from contract_tests.planning.image_forms import image_form_cases
from contract_tests.planning.plan import with_own_id
from contract_tests.planning.valid_cases import layout_cases
from contract_tests.report.exchange_file import exchange_to_json, request_from_json, with_access
from contract_tests.report.wording import one_line
from contract_tests.run import PreparedRun
from contract_tests.stored_exchange import StoredExchange, restored
from contract_tests.target import hosts_of_images, observe, open_downloads, open_target
from gateway_contract.contract.definition import Contract
from gateway_contract.rules.judge import JudgeError, Judgement, judge
from gateway_contract.rules.rule import Finding, Outcome
from gateway_contract.traffic.exchange import Comparison, Credential, Exchange, NoAnswer, PlayedFault, Relation, Request
from gateway_contract.traffic.redaction import redact
from gateway_contract.traffic.statuses import is_throttled
from gateway_contract.values.json_value import ABSENT, UNOBSERVED, Json, read_json
from gateway_contract.values.pointer import leaves, read
from mock_server.faults.unusual import CLOSED

ONE_REQUEST = "it takes several requests over one connection; run the rule again with -k connection"
COMPARED = ("/answer/status", "/answer/error", "/answer/body", "/upstream", "/images")
TOKEN_REFUSED = frozenset({401, 403})
VOLATILE = frozenset(
    {"at", "seconds", "received_at", "identity", "digest", "pixels", "link", "images", "headers", "x-request-id"}
)
"""Parts that differ from time to time though nothing changed."""


@dataclass(frozen=True, slots=True)
class ExchangeChange:
    what: str
    before: str
    after: str


def send_again(found: StoredExchange, ready: PreparedRun) -> Exchange:
    """The exchange that the same request gives now, against the gateway of the settings.

    Raises StoredError, PortInUseError, NoUpstreamError and UnsendableError.
    """
    settings, whole = ready.settings, restored(found, ready.contract)
    with observe(ready.contract, settings) as observer, open_target(ready.contract, settings, observer) as reached:
        request = with_access(whole, settings.access, reached.token)
        return asyncio.run(_exchange(ready, request, reached.url, reached.token, observer, found))


async def _exchange(
    ready: PreparedRun, request: Request, url: str, token: str, observer: UpstreamObserver | None, found: StoredExchange
) -> Exchange:
    access = ready.settings.access
    async with open_transport(access) as transport, open_downloads(ready.settings, observer) as downloads:
        images = await hosts_of_images(url, observer, ready.settings)
        address = None if observer is None else observer.address
        from_here = str if observer is None else observer.reachable_url
        sender = Sender(
            ready.contract,
            transport,
            url,
            Tokens(token),
            images,
            ready.settings.limits,
            address,
            from_here,
            access,
            downloads,
        )
        if observer is not None:
            request = _naming_upstream_of_now(request, found, observer)
        follows = None if observer is None else await _inject_earlier_failure(sender, observer, found)
        carry_over = await _send_earlier(sender, observer, found)
        compared = None if observer is None else await _send_compared(sender, observer, found, token)
        before = 0 if observer is None else observer.count()
        played = played_fault(found.document, failure_cases(ready.contract))
        name = str(found.document.get("name", ""))
        case = _as_planned(
            ready.contract, Case(name, request.content, failure=played, first_answer=follows is not None)
        )
        if observer is not None:
            _prepare_upstream(observer, case, correlation_ids(request.body))
            slow_seconds = observer.stub.options.slow_seconds
            hangs_up = name.startswith(HANGS_UP)
            case = replace(case, hangs_up=True, upstream_seconds=slow_seconds) if hangs_up else case
            sender = replace(sender, is_called=observer.is_called)
        exchange = await exchange_request(sender, case, request)
        await asyncio.sleep(case.upstream_seconds)  # in which a gateway may call again for a client that hung up
    essential = found.document.get("minimal_fields")
    known = frozenset(map(str, essential)) if isinstance(essential, list) else None
    by_spelling = found.document.get("spelling_rejected") is True
    exchange = replace(exchange, essential=known, spelling_refused=by_spelling, follows=follows, compared=compared)
    exchange = exchange if observer is None else replace(exchange, upstream=observer.calls_since(before))
    return exchange if carry_over is None else carry_over.trace(exchange)


async def _send_earlier(sender: Sender, observer: UpstreamObserver | None, found: StoredExchange) -> CarryOver | None:
    """Sends a plain request, and the one of which values came up in the stored exchange; None where none did."""
    earlier = found.document.get("earlier")
    if not isinstance(earlier, Mapping):
        return None
    case = Case(str(earlier["name"]), base64.b64decode(str(earlier["base64"])))
    carry_over = CarryOver(sender.contract, (case,))
    for one in (plain_case(sender, 0), case):
        before = 0 if observer is None else observer.count()
        sent = await exchange_request(sender, one, sender.request(one))
        carry_over.note(sent)
        carry_over.trace(sent if observer is None else replace(sent, upstream=observer.calls_since(before)))
    return carry_over


def _naming_upstream_of_now(request: Request, found: StoredExchange, observer: UpstreamObserver) -> Request:
    """The request with our address of now where it names the one of the run: a call to that would not be seen."""
    if found.upstream_address is None:
        return request
    content = request.content
    for scheme in ("http", "https"):
        known = url_from_here(f"{scheme}://{found.upstream_address}")
        content = content.replace(known.encode(), observer.url.encode())
    return request if content == request.content else replace(request, content=content, body=read_json(content))


def _as_planned(contract: Contract, case: Case) -> Case:
    """The case with what the plan says of the pictures for the one of this name."""
    planned = {one.name: one for one in (*layout_cases(contract), *image_form_cases(contract))}.get(case.name, case)
    return replace(case, other_layout=planned.other_layout, same_pictures=planned.same_pictures)


def _prepare_upstream(observer: UpstreamObserver, case: Case, marks: set[str]) -> None:
    """The upstream answers calls with these marks as it did in the run: with a failure, or with other pictures."""
    if case.failure is not None:
        observer.will_play(case.failure, marks)
    observer.prepare(case, marks)


async def _inject_earlier_failure(
    sender: Sender, observer: UpstreamObserver, found: StoredExchange
) -> PlayedFault | None:
    """Plays the failure that came before a stored exchange, where one did."""
    name = found.document.get("previous")
    case = next((case for case in failure_cases(sender.contract) if case.failure == name), None)
    if case is None or case.failure is None:
        return None
    request = sender.request(with_own_id(sender.contract, case, 0, case.failure))
    _prepare_upstream(observer, case, correlation_ids(request.body))
    await exchange_request(sender, case, request)
    fault = observer.fault_named(case.failure)
    if fault.name == CLOSED:
        await observer.close_idle_connections()
    return fault.played


async def _send_compared(
    sender: Sender, observer: UpstreamObserver, found: StoredExchange, token: str
) -> Comparison | None:
    """The exchange that must have made the same upstream call as a stored one, sent now; None where none must."""
    compared = found.document.get("compared")
    if not isinstance(compared, dict):
        return None
    request = with_access(request_from_json(compared), sender.access, token)
    case = _as_planned(sender.contract, Case(str(compared.get("name", "")), request.content))
    _prepare_upstream(observer, case, correlation_ids(request.body))
    before = observer.count()
    exchange = await exchange_request(sender, case, request)
    seen = replace(exchange, upstream=observer.calls_since(before))
    return Comparison(Relation[str(compared["relation"]).upper()], seen)


def played_fault(document: Mapping[str, Json], cases: Iterable[Case]) -> str | None:
    """The fault that the upstream played in a stored exchange, if it is one of some cases."""
    known = {case.failure for case in cases}
    calls = document.get("upstream")
    names = [read(call, "/played") for call in calls] if isinstance(calls, list) else []
    return next((name for name in names if isinstance(name, str) and name in known), None)


def failing_rules(ready: PreparedRun, exchange: Exchange) -> dict[str, str]:
    """The rules that an exchange breaks, with what was observed."""
    judged = [one for one in judge(ready.contract, ready.rules, exchange) if isinstance(one, Judgement)]
    return {one.rule.id: one.finding.observed for one in judged if one.finding.outcome is Outcome.FAIL}


def undecided_rules(found: StoredExchange, ready: PreparedRun, exchange: Exchange) -> dict[str, str]:
    """The rules that rested on a stored exchange and about which the new one says nothing, with the reason.

    A rule that the new exchange does not bear on is decided, provided that as much was seen as in the run.
    """
    blind = exchange.upstream is UNOBSERVED and found.document.get("upstream") is not None
    unseen = "the upstream calls were not observed; give --upstream" if blind else ""
    unseen = ONE_REQUEST if found.document.get("kept_connection") else unseen
    judged = {one.rule.id: one for one in judge(ready.contract, ready.rules, exchange)}
    known = {rule.id for rule in ready.rules}
    undecided = {}
    for rule in found.failed:
        one = judged.get(rule)
        if isinstance(one, JudgeError):
            undecided[rule] = f"this is an error of the suite: {describe_error(one.error)}"
        elif one is not None and one.finding.outcome is Outcome.INCONCLUSIVE:
            undecided[rule] = one.finding.observed
        elif one is None and (rule not in known or unseen):
            undecided[rule] = unseen or f"{ready.contract.name} has no such rule"
    return undecided


def no_test(found: StoredExchange, exchange: Exchange) -> str:
    """Why an exchange says nothing about the gateway: no answer, no access or too many requests, unlike in the run."""
    before = found.document.get("answer")
    status = before.get("status") if isinstance(before, Mapping) else None
    answer = exchange.answer
    if isinstance(answer, NoAnswer):
        return f"no answer: {answer.problem}" if status is not None else ""
    refused = answer.status in TOKEN_REFUSED and exchange.request.credential is Credential.RIGHT
    stopped = (refused or is_throttled(answer)) and answer.status != status
    return f"the gateway responded {answer.status}" if stopped else ""


def changes(
    found: StoredExchange, ready: PreparedRun, exchange: Exchange, failing: Mapping[str, str]
) -> Iterator[ExchangeChange]:
    """What is not as it was: verdicts first, then what was answered, seen upstream, and shown in images."""
    for rule in sorted(found.failed.keys() | failing.keys()):
        before, after = found.failed.get(rule, Finding(Outcome.PASS, "", "passes")), failing.get(rule, "passes")
        known = rule in found.failed or rule not in found.listed_in_part
        if known and _without_time(before.observed) != _without_time(after):
            yield ExchangeChange(rule, before.told, after)
    steady = ComparedParts(ready.contract)
    yield from differences(found.document, exchange_to_json(exchange, ready.settings.secrets), steady)


def _without_time(text: str) -> str:
    """A text without what looks like a time: that is another one whenever anything is sent."""
    return re.sub(r"\d{9,}", "a time", text)


@dataclass(frozen=True, slots=True)
class ComparedParts:
    """What is compared of an exchange's document by a contract: its leaves, but for those that differ each time."""

    contract: Contract

    def leaves(self, document: Mapping[str, Json], part: str) -> dict[str, str]:
        """The leaves of a part by their pointers, as text."""
        value = read(document, part)
        found = {} if value is ABSENT or value is None else {part + at: leaf for at, leaf in leaves(value)}
        times = {f"/answer/body{time.pointer}" for time in self.contract.times}
        steady = {at: leaf for at, leaf in found.items() if at not in times and VOLATILE.isdisjoint(at.split("/"))}
        told = (self._told(at, leaf) for at, leaf in steady.items())
        return {at: text for at, text in told if "://" not in text}

    def _told(self, at: str, leaf: Json) -> tuple[str, str]:
        """A leaf's pointer and text; what an image is made of reads as that it is there."""
        for carried in self._carried():
            shown = re.match(rf"{carried}(?=/|$)", at)
            if shown is not None and leaf not in ("", None):
                return shown[0], "an image"
        return at, orjson.dumps(leaf).decode()

    def _carried(self) -> Iterator[str]:
        """Patterns of the pointers at which images stand within an answer."""
        images = self.contract.images
        for image_field in () if images is None else images.image_fields:
            if image_field.inline and images is not None:
                yield rf"/answer/body{re.escape(images.pointer)}/\d+/{re.escape(image_field.key)}"


def differences(
    before: Mapping[str, Json], after: Mapping[str, Json], steady: ComparedParts
) -> Iterator[ExchangeChange]:
    """The leaves that differ."""
    for part in COMPARED:
        left, right = (steady.leaves(document, part) for document in (before, after))
        for pointer in [*left, *(pointer for pointer in right if pointer not in left)]:
            if left.get(pointer) != right.get(pointer):
                yield ExchangeChange(pointer, left.get(pointer, "nothing"), right.get(pointer, "nothing"))


MOST_CHANGES = 20
WIDEST = 60  # characters of one value


def print_changes(changes: Iterable[ExchangeChange], console: Console, secrets: Sequence[str]) -> None:
    """One line per change; the first ones where there are many."""
    found = list(changes)
    if not found:
        console.print("nothing changed")
    for change in found[:MOST_CHANGES]:
        before, after = (one_line(redact(value, secrets))[:WIDEST] for value in (change.before, change.after))
        console.print(Text(f"{change.what}: {before} -> {after}"), soft_wrap=True)
    if len(found) > MOST_CHANGES:
        console.print(f"and {len(found) - MOST_CHANGES} more")
