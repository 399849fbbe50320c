"""A rule has the level of its clause, or the one that it says itself."""

from dataclasses import replace

import pytest

from gateway_contract.contract.definition import Contract
from gateway_contract.document.node import DocumentError
from gateway_contract.rules.rule import Evidence, Rule, RuleKind, Source
from gateway_contract.schema.constraint import Level


def nothing(_: Evidence) -> None:
    """Judges no exchange."""


def made(contract: Contract, clause: str | None, level: Level | None = None, subject: str | None = "engine") -> Rule:
    place = contract.document.place("/paths")
    source = Source(contract)
    rule = source.rule(RuleKind.RANGE, subject, "maximum", clause, "", place, nothing, level=level, named="request")
    source.errors.raise_all()
    return rule


@pytest.mark.parametrize(
    ("clause", "level", "found"),
    [("PX-01", None, "documented"), ("PX-09", None, "expected"), ("PX-01", Level.EXPECTED, Level.EXPECTED),
     (None, Level.EXPECTED, Level.EXPECTED)],
)  # fmt: skip
def test_the_level_is_the_clauses_or_its_own(
    clause: str | None, level: Level | None, found: str, invented: Contract
) -> None:
    assert made(invented, clause, level).level == found


@pytest.mark.parametrize(
    ("clause", "level", "problem"),
    [("PX-99", None, "clause PX-99 is not listed"), ("PX-99", Level.EXPECTED, "clause PX-99 is not listed"),
     (None, None, "no clause"), ("PX-15", None, "clause PX-15 is not judged")],
)  # fmt: skip
def test_a_rule_needs_a_clause_that_is_judged(
    clause: str | None, level: Level | None, problem: str, invented: Contract
) -> None:
    with pytest.raises(DocumentError, match=problem):
        made(invented, clause, level)


def test_a_contract_without_clauses_has_documented_rules(invented: Contract) -> None:
    without = replace(invented, clauses={})
    assert made(without, None).level == "documented"
    assert made(without, None, Level.EXPECTED).level is Level.EXPECTED


def test_an_id_begins_with_the_contract_and_the_subject(invented: Contract) -> None:
    assert made(invented, "PX-01").id == "paintbox/engine/maximum"
    assert made(invented, "PX-01", subject=None).id == "paintbox/request/maximum"
