"""The whole suite against a gateway that a test makes, on real sockets."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

from starlette.types import ASGIApp

from contract_tests.observation import Observation
from contract_tests.running import Loaded, UnderTest, run
from contract_tests.settings import Settings
from contract_tests.target import BUNDLED_TOKEN, Target, bundled_gateway
from contract_tests.verdicts import Run, Verdict
from gateway_contract.contract import Contract
from gateway_contract.rules.derivation import derive_rules
from mock_server.gateway import Gateway
from mock_server.gateway_app import gateway_app
from mock_server.serving import serving
from tests.contract_tests.three_contracts import contract_named

AppOf = Callable[[Gateway], ASGIApp]


@cache
def ready_for(name: str) -> Loaded:
    contract = contract_named(name)
    rules = derive_rules(contract)
    return Loaded(Settings(contract=name), contract, rules, frozenset(rule.id for rule in rules))


def run_against(contract: str, app_of: AppOf = gateway_app) -> Run:
    """A run of every rule of a contract, by its name, against what is made of its bundled gateway."""
    return run(ready_for(contract), lambda *_: None, serving_instead(app_of))


@cache
def right_run(contract: str) -> Run:
    """What the suite says of the bundled gateway as it is."""
    return run_against(contract)


def serving_instead(app_of: AppOf) -> UnderTest:
    @contextmanager
    def under_test(contract: Contract, _settings: Settings, observation: Observation | None) -> Iterator[Target]:
        assert observation is not None
        with serving(app_of(bundled_gateway(contract, observation))) as url:
            yield Target(url, BUNDLED_TOKEN)

    return under_test


def failing(found: Run, level: str | None = None) -> set[str]:
    """The rules that failed, as their ids say it behind the contract's name."""
    return {
        one.rule.id.partition("/")[2]
        for one in found.verdicts
        if one.verdict is Verdict.FAIL and level in {None, one.rule.level}
    }


def blamed(found: Run, level: str | None = None) -> set[str]:
    """The subjects of the rules that failed; `request` or `example` where a rule is about the whole."""
    return {name.partition("/")[0] for name in failing(found, level)}


def hidden(found: Run, right: Run) -> set[str]:
    """The subjects of the rules about requests on which a run says nothing, though the other one does."""
    decided = {one.rule.id for one in right.verdicts if one.verdict is Verdict.PASS}
    silent = {Verdict.NOT_RUN, Verdict.INCONCLUSIVE}
    return {
        one.rule.subject or "request"
        for one in found.verdicts
        if one.verdict in silent and one.rule.id in decided and one.rule.kind not in ABOUT_ANSWERS
    }


ABOUT_ANSWERS = frozenset({"response", "error", "isolation", "default", "resilience"})
"""Kinds of rules that have nothing to judge where an answer, or a call, lacks what they are about."""
