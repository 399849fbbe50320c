"""An error of the suite itself ends what it happened in, is told apart, and lets the rest of the run go on."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from contract_tests.client.case import Case
from contract_tests.client.limits import UnsendableError
from contract_tests.client.send import Sender
from contract_tests.client.send import send as send_case
from contract_tests.execution.internal_errors import CaseError, InternalErrors, describe_errors
from contract_tests.results import Conformance, Run, Verdict
from contract_tests.run import prepare, run
from contract_tests.settings import Settings
from gateway_contract.rules.judge import JudgeError
from gateway_contract.traffic.exchange import Exchange
from gateway_contract.values.json_value import Json
from gateway_contract.values.pointer import read, removed
from mock_server.gateway.openai_errors import NOT_JSON
from mock_server.gateway.stages import Gateway, map_body, validate
from mock_server.serving.error_response import ErrorResponse
from tests.contract_tests.fuzzed_runs import fuzzed, unchanged
from tests.contract_tests.gateways import run_with, silent
from tests.contract_tests.report_examples import made_up_rule
from tests.contract_tests.three_contracts import exchange

pytestmark = pytest.mark.slow

RULE = made_up_rule("seed/mapped")
Send = Callable[[Sender, Case], Awaitable[Exchange]]


def raising(*about: str) -> Send:
    """Sends cases, but for those with one of the words in their name."""

    async def send(sender: Sender, case: Case) -> Exchange:
        for words in about:
            if words in case.name:
                raise ZeroDivisionError(f"in {words}")
        return await send_case(sender, case)

    return send


def passes(found: Run) -> int:
    return sum(one.verdict is Verdict.PASS for one in found.verdicts)


def test_a_case_that_raises_is_our_error_and_the_others_are_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    about = ("the page's example", "one of many", "the upstream plays no-images")  # one of each phase
    monkeypatch.setattr("contract_tests.execution.dispatch.send", raising(*about))
    found = run(prepare(Settings("powertokens")), silent)
    assert found.conformance is Conformance.NOT_TESTED
    assert len(found.our_errors) == len(about)
    for words in about:
        assert any(f"case {words}" in told and f"ZeroDivisionError: in {words} (" in told for told in found.our_errors)
    assert passes(found) > 80


def test_what_raises_while_a_failure_is_looked_into_does_not_hide_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("contract_tests.execution.dispatch.send", raising("made smaller", "alone", "again"))
    found = run_with(refusing_and_losing)
    assert any(one.verdict is Verdict.FAIL for one in found.verdicts)
    assert passes(found) > 70


def refusing_and_losing(gateway: Gateway) -> Gateway:
    """Refuses a number of images, and loses the seed."""

    def picky(own: Gateway, body: Json) -> Json | ErrorResponse:
        return NOT_JSON if read(body, "/n") == 6 else validate(own, body)

    def lossy(own: Gateway, body: Json) -> Json:
        return removed(map_body(own, body), "/parameters/seed")

    return replace(gateway, validate=picky, map=lossy)


def test_a_case_of_the_fuzzer_that_raises_is_our_error_and_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("contract_tests.execution.dispatch.send", raising("odd (fuzzed)"))
    found = fuzzed(unchanged, tmp_path, fuzz=5).run
    (told,) = found.our_errors
    assert told.startswith("case odd (fuzzed): ZeroDivisionError: in odd (fuzzed) (")
    assert found.fuzzed is not None
    assert found.fuzzed.requests > 10
    assert passes(found) > 80


def test_fuzzing_that_raises_leaves_what_the_plan_has_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("in the fuzzer")

    monkeypatch.setattr("contract_tests.fuzzing.fuzz.fuzz", broken)
    found = fuzzed(unchanged, tmp_path, fuzz=5).run
    (told,) = found.our_errors
    assert told.startswith("case fuzzing: ZeroDivisionError: in the fuzzer (")
    assert passes(found) > 80


def test_what_cannot_be_sent_is_no_error_of_ours() -> None:
    errors = InternalErrors()
    with pytest.raises(UnsendableError), errors.catch("row 1"):
        raise UnsendableError("the token")
    assert errors.errors == []


def test_each_way_of_raising_is_told_once() -> None:
    rule = [JudgeError(RULE, exchange({"seed": 0}), KeyError("n")), JudgeError(RULE, exchange({}), KeyError("n"))]
    cases = [CaseError("row 1", KeyError("n")), CaseError("row 2", KeyError("n")), CaseError("row 3", KeyError("m"))]
    assert describe_errors([*rule, *cases]) == (
        "rule powerbuyin/seed/mapped could not judge row 1: KeyError: 'n'",
        "case row 1: KeyError: 'n' ()",
        "case row 3: KeyError: 'm' ()",
    )
