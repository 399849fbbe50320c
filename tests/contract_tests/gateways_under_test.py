"""The whole suite against a gateway that a test makes, on real sockets."""

from dataclasses import replace
from functools import cache

from contract_tests.results import Run, Verdict
from contract_tests.run import PreparedRun
from contract_tests.selftest.trials import AppOf, about_failures
from contract_tests.selftest.trials import run_against as run_of
from contract_tests.settings import Settings
from gateway_contract.rules.derive import derive_rules
from mock_server.gateway.gateway_app import gateway_app
from tests.contract_tests.three_contracts import contract_named


@cache
def ready_for(name: str) -> PreparedRun:
    contract = contract_named(name)
    rules = derive_rules(contract)
    return PreparedRun(Settings(contract=name), contract, rules, frozenset(rule.id for rule in rules))


@cache
def without_failures(name: str) -> PreparedRun:
    """Everything but what only failures of the upstream tell: these take longest."""
    ready = ready_for(name)
    return replace(ready, selected=frozenset(rule.id for rule in ready.rules if not about_failures(rule)))


def run_against(contract: str, app_of: AppOf = gateway_app) -> Run:
    """A run by a contract, by its name, against what is made of its bundled gateway; no failures are played."""
    return run_of(without_failures(contract), app_of)


@cache
def right_run(contract: str) -> Run:
    """What the suite says of the bundled gateway as it is."""
    return run_against(contract)


def hidden(found: Run, right: Run) -> set[str]:
    """The subjects of the rules about requests on which a run says nothing, though the other one does."""
    decided = {one.rule.id for one in right.verdicts if one.verdict is Verdict.PASS}
    silent = {Verdict.NOT_RUN, Verdict.INCONCLUSIVE}
    return {
        one.rule.subject or "request"
        for one in found.verdicts
        if one.verdict in silent and one.rule.id in decided and one.rule.kind not in ABOUT_ANSWERS
        if not one.rule.id.endswith(REPEATED_NAMES)
    }


ABOUT_ANSWERS = frozenset({"response", "error", "isolation", "default", "resilience"})
"""Kinds of rules that have nothing to judge where an answer, or a call, lacks what they are about."""
REPEATED_NAMES = "/body/repeated-names"
"""Its request has every field: a gateway that rejects one of them says nothing about it."""
