"""One cause of failures as a person reads it: what goes wrong, what shows it, how to see it again, and the rules."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from contract_tests.report.causes import CauseGroup
from contract_tests.report.command_line import command
from contract_tests.report.request_difference import request_difference
from contract_tests.report.wording import GAP, first_of, one_line
from contract_tests.results import FailingExchange, Run
from gateway_contract.rules.rule import Rule, RuleKind
from gateway_contract.traffic.curl import curl
from gateway_contract.traffic.exchange import Answer, Exchange
from gateway_contract.traffic.redaction import redact
from gateway_contract.traffic.response_message import quoted_rejection
from gateway_contract.values.json_value import UNOBSERVED

LONGEST_CURL = 230  # characters, two lines of a screen; a longer request is sent again from its file
LONGEST_SEEN = 210  # likewise; lines end where words end


ABOUT_UPSTREAM = frozenset({RuleKind.MAPPING, RuleKind.PRESERVATION, RuleKind.DEFAULT, RuleKind.ISOLATION})


def is_shown_by_curl(rule: Rule, exchange: Exchange) -> bool:
    """Whether the response to the request alone shows a failure: no call of the upstream's, and no failure of it."""
    injected = exchange.played is not None or exchange.follows is not None
    return not injected and (exchange.upstream is UNOBSERVED or rule.kind not in ABOUT_UPSTREAM)


def _fit(parts: Sequence[str]) -> str:
    """The parts beside each other, the longest cut in their middle: none takes the room of the one behind it."""
    room, fitting = LONGEST_SEEN - len(GAP) * (len(parts) - 1), list(parts)
    by_length = sorted(range(len(parts)), key=lambda index: len(parts[index]))
    for done, index in enumerate(by_length):
        fitting[index] = _cut(parts[index], room // (len(parts) - done))
        room -= len(fitting[index])
    return GAP.join(fitting)


def _cut(text: str, longest: int) -> str:
    end = longest // 3
    return text if len(text) <= longest else f"{text[: longest - end - 1]}…{text[-end:]}"


@dataclass(frozen=True, slots=True)
class Entry:
    """Each text is one line without secrets."""

    counts: bool
    title: str
    seen: str
    command: str
    rule: str  # the id of the one that is shown, behind the contract's name
    rules: str


@dataclass(frozen=True, slots=True)
class EntryWriter:
    """Writes the entries of one run. `folder` holds its report and `names` its exchange files, by identity."""

    run: Run
    folder: Path | None
    names: Mapping[int, str]
    secrets: Sequence[str]

    def write(self, cause: CauseGroup) -> Entry:
        shown = cause.shown
        first = shown.failures[0]
        return Entry(
            counts=cause.counts,
            title=self._line(cause.title),
            seen=_fit([self._line(part) for part in self._seen(first)]),
            command=self._command(shown.rule, first),
            rule=self._rule(shown.rule.id, None),
            rules=first_of([self._rule(one.rule.id, one.rule.clause) for one in cause.verdicts]),
        )

    def _line(self, text: str) -> str:
        return one_line(redact(text, self.secrets))

    def _seen(self, failure: FailingExchange) -> Sequence[str]:
        """What the request was, what was expected, and what was observed, in the gateway's own words."""
        exchange, finding = failure.exchange, failure.finding
        request = request_difference(exchange, self.run.baseline)
        observed, answer = finding.told, exchange.answer
        if isinstance(answer, Answer) and not answer.successful:
            status, quoted = f"HTTP {answer.status}", quoted_rejection(exchange, self.secrets)
            observed = observed.replace(status, quoted, 1) if status in observed else f"{observed}; response {quoted}"
        return request, f"expected {finding.expected}", f"observed {observed}"

    def _command(self, rule: Rule, failure: FailingExchange) -> str:
        """The curl line; what curl does not show, or only in a very long line, is sent again from its file."""
        exchange = failure.exchange
        line = curl(exchange.request, self.run.gateway, self.secrets)
        if self.folder is None or (is_shown_by_curl(rule, exchange) and len(line) <= LONGEST_CURL):
            return line
        file = self.folder / self.run.contract / self.names[id(exchange)]
        return command("rerun", shlex.quote(str(file)))

    def _rule(self, name: str, clause: str | None) -> str:
        return " ".join(filter(None, (name.removeprefix(f"{self.run.contract}/"), clause)))
