"""One cause of failures as a person reads it: what goes wrong, what shows it, how to see it again, and the rules."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from contract_tests.report.causes import Cause
from contract_tests.report.request_difference import request_difference
from contract_tests.report.wording import GAP, first_of, one_line
from contract_tests.results import FailingExchange, Run
from gateway_contract.traffic.curl import curl
from gateway_contract.traffic.exchange import Answer
from gateway_contract.traffic.redaction import redact
from gateway_contract.traffic.response_message import quoted_response

LONGEST_CURL = 600  # characters; a longer request is sent again from its file


@dataclass(frozen=True, slots=True)
class Entry:
    """`command` is empty where the cause does not make the gateway fail. Each text is one line without secrets."""

    counts: bool
    title: str
    seen: str
    command: str
    rules: str


@dataclass(frozen=True, slots=True)
class EntryWriter:
    """Writes the entries of one run. `folder` holds its report and `names` its exchange files, by identity."""

    run: Run
    folder: Path | None
    names: Mapping[int, str]
    secrets: Sequence[str]

    def write(self, cause: Cause) -> Entry:
        shown = cause.shown
        first = shown.failures[0]
        return Entry(
            counts=cause.counts,
            title=self._line(cause.title),
            seen=self._line(self._seen(first)),
            command=self._command(first) if cause.counts else "",
            rules=first_of([self._rule(one.rule.id, one.rule.clause) for one in cause.verdicts]),
        )

    def _line(self, text: str) -> str:
        return one_line(redact(text, self.secrets))

    def _seen(self, failure: FailingExchange) -> str:
        """What the request was, what was expected, and what was observed, in the gateway's own words."""
        exchange, finding = failure.exchange, failure.finding
        request = request_difference(exchange, self.run.baseline)
        observed, answer = finding.told, exchange.answer
        if isinstance(answer, Answer) and not answer.successful:
            status, quoted = f"HTTP {answer.status}", quoted_response(answer, self.secrets)
            observed = observed.replace(status, quoted, 1) if status in observed else f"{observed}; response {quoted}"
        return GAP.join((request, f"expected {finding.expected}", f"observed {observed}"))

    def _command(self, failure: FailingExchange) -> str:
        """The curl line; what curl cannot repeat, or only in a very long line, is sent again from its file."""
        exchange = failure.exchange
        line = curl(exchange.request, self.run.gateway, self.secrets)
        file = None if self.folder is None else self.folder / self.run.contract / self.names[id(exchange)]
        injected = exchange.played is not None or exchange.follows is not None
        return (
            f"check-gateway rerun {shlex.quote(str(file))}" if file and (injected or len(line) > LONGEST_CURL) else line
        )

    def _rule(self, name: str, clause: str | None) -> str:
        return " ".join(filter(None, (name.removeprefix(f"{self.run.contract}/"), clause)))
