"""Nothing in the suite knows the real contracts: one that is made up, with its own upstream, is tested as well."""

from io import StringIO

import pytest
from rich.console import Console

from contract_tests.report.rule_list import print_rules
from contract_tests.results import Conformance, Verdict
from contract_tests.selftest.trials import blamed
from mock_server.defects.catalogue import defects
from tests.contract_tests.gateways_under_test import hidden, ready_for, right_run, run_against

# What only this contract has: fractions, lists of words, proportions, and nothing beside what it lists.
PLANTED = {
    "bound-per-side": "canvas",
    "dropped": "colours",
    "accepted-when-empty": "body",
    "constraint-ignored": "canvas",
    "dropped-when-falsy": "strength",
    "default-injected": "signed",
    "not-normalized": "canvas",
    "string-as-number": "strength",
    "boundary-rejected": "colours",
}


def test_its_rules_are_listed() -> None:
    ready, shown = ready_for("paintbox"), StringIO()
    print_rules(ready.rules, Console(file=shown, width=300))
    assert all(rule.id in shown.getvalue() for rule in ready.rules)
    assert {"paintbox/chaos/preserves-0", "paintbox/canvas/normalized", "paintbox/colours/item-max-length"} <= {
        rule.id for rule in ready.rules
    }


def test_the_bundled_mock_keeps_every_one_of_them() -> None:
    found = right_run("paintbox")
    assert found.conformance is Conformance.CONFORMS
    assert {one.rule.id: one.verdict for one in found.verdicts if one.verdict is not Verdict.PASS} == {}


@pytest.mark.parametrize(("operator", "subject"), PLANTED.items(), ids=PLANTED)
def test_a_planted_fault_is_found(operator: str, subject: str) -> None:
    known = defects(ready_for("paintbox").contract)
    planted = next(one for one in known if (one.operator.name, one.subject) == (operator, subject))
    found = run_against("paintbox", planted.app)
    assert (found.not_tested, found.our_errors) == ("", ())
    assert subject in blamed(found)
    assert len(blamed(found)) <= 3
    assert hidden(found, right_run("paintbox")) <= blamed(found)
