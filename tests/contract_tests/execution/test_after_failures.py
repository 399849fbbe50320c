"""What comes directly after an injected failure: a circuit breaker is found, and a rate limit is not taken for one."""

from collections.abc import Callable
from dataclasses import replace
from itertools import dropwhile

import pytest
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from contract_tests.results import RuleVerdict, Verdict
from contract_tests.run import prepare, run
from contract_tests.selftest.trials import replace_gateway
from contract_tests.settings import Settings
from mock_server.gateway.gateway_app import gateway_app
from mock_server.gateway.stages import Gateway

pytestmark = pytest.mark.slow

RECOVERS = "powerbuyin/upstream-failure/recovers"
TRY_LATER = Response(status_code=429, headers={"Retry-After": "0"})


def verdict_on(throttled: Callable[[list[int]], bool]) -> RuleVerdict:
    """The verdict about a gateway that throttles by the statuses that it gave before."""

    def app_of(gateway: Gateway) -> ASGIApp:
        app, statuses = gateway_app(gateway), list[int]()

        async def throttling(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http" or scope["method"] != "POST":
                await app(scope, receive, send)
                return

            async def noting(message: Message) -> None:
                if message["type"] == "http.response.start":
                    statuses.append(message["status"])
                await send(message)

            await (TRY_LATER if throttled(statuses) else app)(scope, receive, noting)

        return throttling

    prepared = replace(prepare(Settings("powerbuyin", jobs=1)), selected=frozenset({RECOVERS}))
    found = run(prepared, lambda *_: None, replace_gateway(app_of))
    return next(one for one in found.verdicts if one.rule.id == RECOVERS)


def is_failed(status: int) -> bool:
    return status >= 500


def test_a_circuit_breaker_fails_what_comes_after_a_failure() -> None:
    verdict = verdict_on(lambda statuses: any(map(is_failed, statuses[-1:])))
    assert verdict.verdict is Verdict.FAIL
    assert verdict.failures[0].finding.observed == "HTTP 429"


def test_a_rate_limit_is_not_taken_for_a_circuit_breaker() -> None:
    """Every other request is throttled, for a while from the first failure on."""

    def limited(statuses: list[int]) -> bool:
        since = list(dropwhile(lambda status: not is_failed(status), statuses))
        return len(since) in {1, 3}

    assert verdict_on(limited).verdict is Verdict.PASS
