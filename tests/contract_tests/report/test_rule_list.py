"""The list of rules says of each what it is about, how strongly it is promised, and why it may not be testable."""

from contract_tests.report.rule_list import print_rules
from tests.contract_tests.report_examples import DOCUMENTED, EXPECTED, RULES, console, made_up_rule, rule, text_of


def test_rules_are_listed_with_level_clause_and_sentence() -> None:
    on = console(80)
    print_rules([*RULES, made_up_rule("x/y", untestable="no model listed here is of that series")], on)
    lines = text_of(on).splitlines()
    index = next(index for index, line in enumerate(lines) if "seed/preserves-0" in line)
    assert lines[index].split() == ["powerbuyin/seed/preserves-0", "PB-12", "documented"]
    assert lines[index + 1].strip() == rule("seed/preserves-0").statement
    assert "    untestable: no model listed here is of that series" in lines
    assert (
        lines[-1] == f"{len(RULES) + 1} rules: {len(DOCUMENTED) + 1} documented, {len(EXPECTED)} expected; 1 untestable"
    )


def test_a_list_without_rules_is_a_list() -> None:
    on = console(80)
    print_rules([], on)
    assert text_of(on).strip() == "0 rules: 0 documented, 0 expected"
