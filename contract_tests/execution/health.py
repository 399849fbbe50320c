"""Whether there is still a gateway to test: one that fell silent, or that has had enough, ends or spoils a run."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace

from contract_tests.client.case import Case
from contract_tests.client.correlation import correlation_ids
from contract_tests.client.send import Sender
from contract_tests.ending import Cause
from contract_tests.execution.ledger import BudgetUsedUpError
from contract_tests.execution.observer import UpstreamObserver
from contract_tests.planning.fields import base_request
from contract_tests.planning.plan import LOOK, with_own_id
from contract_tests.planning.valid_cases import valid_case
from gateway_contract.traffic.exchange import Answer, Exchange, NoAnswer, UpstreamCall
from gateway_contract.traffic.response_message import quoted_response
from gateway_contract.traffic.statuses import is_broken, is_throttled
from gateway_contract.values.json_value import ABSENT

MOST_SILENT = 10
"""Requests in a row without an answer before a plain request checks that the gateway is alive."""

MOST_THROTTLED = 3
"""Requests in a row that were throttled however long was waited, before the run ends."""

STOPPED = (
    f"the gateway did not respond to {MOST_SILENT} requests in a row, nor to a plain one after them ({{problem}}): "
    "the run was stopped. Check that the gateway still runs."
)
MOST_BROKEN = 10
"""Valid requests in a row with a 5xx before a plain request checks that the gateway works at all."""

BROKE_DOWN = (
    f"the gateway responded {{response}} to a plain request after {MOST_BROKEN} valid ones in a row that got a 5xx: "
    "the run was stopped."
)
THROTTLED = "the gateway responded 429 to {count}. Raise the rate limits of this token, or set --jobs 1."


@dataclass(slots=True)
class Health:
    """`send_plain` sends a plain request, alone in its kind; a gateway that answers it is there, however it fails.

    It gives None where the budget or the time has none left for it.
    """

    send_plain: Callable[[], Awaitable[Exchange | None]]
    is_valid: Callable[[Exchange], bool]
    silent: int = 0
    broken: int = 0  # valid requests in a row with a 5xx
    throttled: set[str] = field(default_factory=set)  # names of exchanges, the last of which got a 429
    throttled_in_a_row: int = 0
    stopped: str = ""  # why nothing more is sent
    broke_down: bool = False  # it is stopped since the gateway breaks on every request

    async def record(self, exchange: Exchange) -> None:
        """Takes note of an exchange; after too many in a row without an answer, finds out what that means."""
        if isinstance(exchange.answer, Answer):
            self.silent = 0
            await self._record_status(exchange)
            if exchange.played is None and self.is_valid(exchange):
                await self._record_valid(exchange)
            return
        self.silent += 1
        if self.silent >= MOST_SILENT and not self.stopped:
            self.silent = 0
            sign = await self.send_plain()
            if sign is not None and isinstance(sign.answer, NoAnswer):
                self.stopped = STOPPED.format(problem=sign.answer.problem)

    async def _record_valid(self, exchange: Exchange) -> None:
        if not is_broken(exchange.answer):
            self.broken = 0
            return
        self.broken += 1
        if self.broken >= MOST_BROKEN and not self.stopped:
            self.broken = 0
            sign = await self.send_plain()
            if sign is not None and isinstance(sign.answer, Answer) and is_broken(sign.answer):
                self.broke_down, self.stopped = True, BROKE_DOWN.format(response=quoted_response(sign.answer))

    async def _record_status(self, exchange: Exchange) -> None:
        if exchange.played is not None:
            return
        if not is_throttled(exchange.answer):
            self.throttled_in_a_row = 0
            self.throttled.discard(exchange.name)
            return
        self.throttled.add(exchange.name)
        self.throttled_in_a_row += 1
        if self.throttled_in_a_row >= MOST_THROTTLED and not self.stopped:
            told, self.throttled_in_a_row = self._told_throttled(), 0
            sign = await self.send_plain()
            if sign is None or is_throttled(sign.answer):
                self.stopped = told

    def _told_throttled(self) -> str:
        count = max(len(self.throttled), self.throttled_in_a_row)  # random requests share a few names
        return THROTTLED.format(count=f"{count} request" if count == 1 else f"{count} requests")

    @property
    def reason_not_run(self) -> str:
        """Why rules may not have been run although the plan covers them."""
        return self.stopped or (self._told_throttled() if self.throttled else "")


ADVICE = "Check that it runs and that --gateway is right."
PROXY_ADVICE = "Check --proxy, and that the proxy reaches the gateway."
TLS_ADVICE = (
    "If it does not speak TLS, --gateway must begin with http://. To trust your own certificate authority, name its "
    "certificate by --ca or SSL_CERT_FILE."
)
UNAUTHORIZED = "the gateway rejects the token ({response}). Set GATEWAY_TOKEN to a valid one."
NO_SUCH_PATH = "the gateway has no {method} {path} ({response}). --gateway must be the URL before {path}."
UNUSABLE: Mapping[int, str] = {
    300: "the gateway redirects ({response}). Set --gateway to the URL that it redirects to.",
    401: UNAUTHORIZED,
    404: NO_SUCH_PATH,
    405: NO_SUCH_PATH,
    429: "the gateway responds 429 to a single request ({response}). Wait, or raise the rate limits of this token.",
}
"""What an answer to a plain valid request means where it ends the run, and what to do."""


@dataclass(frozen=True, slots=True)
class Look:
    """`problem` says why nothing can be tested, and what to do. `marks_arrive`: correlation ids arrive upstream."""

    exchange: Exchange
    problem: str = ""
    cause: Cause = Cause.GATEWAY  # what the problem is about
    marks_arrive: bool = True
    failed: Exchange | None = None  # an earlier one that the gateway broke on


Send = Callable[[Case], Awaitable[Exchange]]


def plain_case(sender: Sender, seed: int, *attempt: object) -> Case:
    case = valid_case(sender.contract, "a look before the run", base_request(sender.contract))
    return with_own_id(sender.contract, case, seed, LOOK, *attempt)


async def look(sender: Sender, send: Send, observer: UpstreamObserver | None, seed: int) -> Look:
    """One plain valid request, alone; a gateway that breaks on it is given a second one, if the budget allows it."""
    first = await _judge_look(sender, send, observer, plain_case(sender, seed))
    answer = first.exchange.answer
    if isinstance(answer, NoAnswer) or answer.status < 500:
        return first
    try:
        second = await _judge_look(sender, send, observer, plain_case(sender, seed, "again"))
    except BudgetUsedUpError:
        return first
    return replace(second, failed=first.exchange)


async def _judge_look(sender: Sender, send: Send, observer: UpstreamObserver | None, case: Case) -> Look:
    before = observer.count() if observer is not None else 0
    exchange = await send(case)
    problem = _unusable(exchange.answer, sender)
    if problem or observer is None:
        unauthorized = isinstance(exchange.answer, Answer) and exchange.answer.status == 401
        return Look(exchange, problem, Cause.TOKEN if unauthorized else Cause.GATEWAY)
    calls = observer.calls_since(before)
    sent = correlation_ids(exchange.request.body)
    return Look(
        replace(exchange, upstream=calls),
        _nothing_arrived(exchange.answer, calls, observer),
        marks_arrive=not calls or any(sent & correlation_ids(call.body) for call in calls),
    )


def _unusable(answer: Answer | NoAnswer, sender: Sender) -> str:
    if isinstance(answer, NoAnswer):
        plain = ADVICE if sender.access.proxy is None else PROXY_ADVICE
        advice = TLS_ADVICE if answer.problem.startswith("TLS: ") else plain
        return f"{sender.address} cannot be used: {answer.problem}. {advice}"
    response = quoted_response(answer, sender.secrets)
    problem = UNUSABLE.get(answer.status // 100 * 100 if answer.status < 400 else answer.status)
    if problem is not None:
        operation = sender.contract.operation
        return problem.format(response=response, method=operation.method, path=operation.path)
    if answer.body is ABSENT and answer.status not in {403, 413}:  # these are often said by a proxy
        return f"the response ({response}) is not JSON. Is {sender.address} an image gateway?"
    return ""


def _nothing_arrived(answer: Answer | NoAnswer, calls: tuple[UpstreamCall, ...], observer: UpstreamObserver) -> str:
    if isinstance(answer, NoAnswer) or answer.refusing:
        return ""
    expected = f"{observer.stub.upstream.operation.method} {observer.stub.path}"
    advice = observer.advice
    if not calls:
        return f"the gateway responded {answer.status} but nothing reached the upstream at {observer.address}. {advice}"
    if not any(call.path.partition("?")[0] == observer.stub.path for call in calls):
        return (
            f"the gateway responded {answer.status} and called {calls[0].method} {calls[0].path} upstream, "
            f"where {expected} was expected. {advice}"
        )
    return ""
