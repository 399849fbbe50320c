"""Every clause of the two pages is checked by a rule or excused with a reason."""

import pytest

from gateway_contract.contract.definition import Contract
from tests.gateway_contract.exchanges import rules_of

CLAUSES = {
    "powertokens": [f"PT-{number:02}" for number in range(1, 24)],
    "powerbuyin": [f"PB-{number:02}" for number in range(1, 16)],
}
NOT_JUDGED = {"PT-14"}  # "similar" has no measure
EXPECTED = {"PT-23"}


@pytest.fixture(params=sorted(CLAUSES))
def contract(request: pytest.FixtureRequest) -> Contract:
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Contract)
    return found


def test_every_clause_of_the_page_is_listed_at_its_level(contract: Contract) -> None:
    own = {name: clause.level for name, clause in contract.clauses.items() if not name.startswith("EX-")}
    assert list(own) == CLAUSES[contract.name]
    assert {name for name, level in own.items() if level == "not-judged"} == NOT_JUDGED & own.keys()
    assert {name for name, level in own.items() if level == "expected"} == EXPECTED & own.keys()


def test_every_clause_has_a_rule_or_an_excuse(contract: Contract) -> None:
    covered = {rule.clause for rule in rules_of(contract)}
    for name in CLAUSES[contract.name]:
        assert (name in covered) != bool(contract.clauses[name].excused), name


def test_every_documented_clause_has_a_documented_rule(contract: Contract) -> None:
    covered = {rule.clause for rule in rules_of(contract) if rule.level == "documented"}
    documented = {name for name in CLAUSES[contract.name] if contract.clauses[name].level == "documented"}
    assert documented <= covered


def test_no_rule_of_what_no_page_says_is_documented(contract: Contract) -> None:
    shared = [rule for rule in rules_of(contract) if (rule.clause or "").startswith("EX-")]
    assert shared
    assert {rule.level for rule in shared} == {"expected"}


def test_every_shared_expectation_is_a_rule_of_some_contract(powertokens: Contract, powerbuyin: Contract) -> None:
    covered = {rule.clause for contract in (powertokens, powerbuyin) for rule in rules_of(contract)}
    assert {name for name in powertokens.clauses if name.startswith("EX-")} <= covered
