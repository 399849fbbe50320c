"""A token that dies within a run is renewed, or ends the run; no rule fails by it."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from contract_tests.client.case import Case
from contract_tests.client.limits import Limits
from contract_tests.client.tokens import IssuedToken, Tokens, issue_tokens
from contract_tests.execution.observer import UpstreamObserver
from contract_tests.execution.token_watch import TokenWatch
from contract_tests.report.json_report import write_report
from contract_tests.results import Conformance, Run
from contract_tests.run import prepare, run
from contract_tests.settings import Settings
from contract_tests.target import GatewayTarget, bundled_gateway
from gateway_contract.contract.definition import Contract
from gateway_contract.traffic.exchange import Answer, Credential, Exchange
from mock_server.gateway.gateway_app import gateway_app
from mock_server.gateway.openai_errors import WRONG_TOKEN
from mock_server.gateway.stages import Gateway, GatewayRequest, authenticate
from mock_server.serving.error_response import ErrorResponse
from mock_server.serving.server import serving
from tests.contract_tests.gateways import failing, silent
from tests.contract_tests.three_contracts import exchange

FIRST, SECOND = "first-token-of-the-run", "second-token-of-the-run"
DIES_AT = 50  # requests


def answered(status: int, received_at: float, credential: Credential = Credential.RIGHT) -> Exchange:
    one = exchange({}, status)
    assert isinstance(one.answer, Answer)
    request = replace(one.request, credential=credential)
    return replace(one, request=request, answer=replace(one.answer, received_at=received_at))


def watching(plain: Exchange | None) -> tuple[TokenWatch, list[int]]:
    asked = list[int]()

    async def send(_case: Case) -> Exchange | None:
        asked.append(1)
        return plain

    return TokenWatch(Tokens(FIRST), send, send, pause=0, began=1000), asked


def settle(watch: TokenWatch, *exchanges: Exchange) -> None:
    async def settle() -> None:
        for number, one in enumerate(exchanges, 1):
            await watch.settle(number, Case("", b"{}"), one, is_outdated=False)

    asyncio.run(settle())


def test_a_token_that_worked_and_is_rejected_twice_is_lost() -> None:
    watch, asked = watching(answered(401, 1814))
    settle(watch, *[answered(200, 1000 + number) for number in range(142)], answered(200, 1812), answered(401, 1813))
    assert watch.lost.startswith("the token was accepted until request 143 (812 s). ")
    assert len(asked) == 1
    assert watch.is_unusable(answered(401, 1813))
    assert not watch.is_unusable(answered(401, 1811))
    assert not watch.is_unusable(answered(401, 1813, Credential.WRONG))


def test_a_status_that_one_request_gets_says_nothing_about_the_token() -> None:
    watch, asked = watching(answered(200, 1003))
    settle(watch, answered(200, 1001), answered(403, 1002), answered(403, 1004), answered(200, 1005))
    assert (watch.lost, len(asked)) == ("", 1)


def test_a_status_that_was_about_a_request_is_asked_about_again_after_three_in_a_row() -> None:
    watch, asked = watching(answered(200, 1003))
    settle(watch, answered(200, 1001), *[answered(403, 1004 + number) for number in range(7)])
    assert (watch.lost, len(asked)) == ("", 3)


def test_a_token_that_never_worked_is_not_lost() -> None:
    watch, asked = watching(answered(401, 1001))
    settle(watch, answered(401, 1001), answered(401, 1002, Credential.MISSING))
    assert (watch.lost, asked) == ("", [])


def run_with_mortal_token(tokens: Tokens) -> Run:
    """A whole run against a gateway that takes the first token for so many requests, and then the second."""
    count = [0]

    def dies(own: Gateway, request: GatewayRequest) -> ErrorResponse | None:
        error = authenticate(replace(own, token=FIRST if count[0] < DIES_AT else SECOND), request)
        count[0] += error is None
        return None if error is None else WRONG_TOKEN

    @contextmanager
    def target(contract: Contract, _: Settings, observer: UpstreamObserver | None) -> Iterator[GatewayTarget]:
        assert observer is not None
        gateway = replace(bundled_gateway(contract, observer), authenticate=dies)
        with serving(gateway_app(gateway)) as url:
            yield GatewayTarget(url, tokens.current, tokens)

    settings = Settings("powertokens", token=FIRST, tokens=tokens, limits=Limits(answer=20, per_image=0))
    ready = prepare(settings)
    return run(replace(ready, selected=frozenset({"powertokens/seed/preserves-0"})), silent, target)


@pytest.mark.slow
def test_a_token_that_dies_is_replaced_and_no_token_is_written(tmp_path: Path) -> None:
    values = iter([FIRST, SECOND])
    tokens = issue_tokens(lambda: IssuedToken(next(values)))
    found = run_with_mortal_token(tokens)
    assert (found.conformance, failing(found)) == (Conformance.CONFORMS, set())
    assert tokens.current == SECOND
    secrets = Settings("powertokens", token=FIRST, tokens=tokens).secrets
    assert {FIRST, SECOND} <= set(secrets)
    failed = replace(found, not_tested=f"{FIRST} {SECOND}")
    assert "token-of-the-run" not in write_report(failed, tmp_path, secrets).read_text("utf-8")


@pytest.mark.slow
def test_a_token_that_dies_without_another_ends_the_run_and_fails_no_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("contract_tests.execution.token_watch.PAUSE", 0.1)
    found = run_with_mortal_token(Tokens(FIRST))
    assert failing(found) == set()
    assert found.conformance is Conformance.NOT_TESTED
    assert re.match(r"the token was accepted until request (4[3-9]|5\d) ", found.not_tested)  # eight are under way
    assert [one.reason for one in found.verdicts if "401" in one.reason] == []
