"""Every rule can find something: for each a defect is named that breaks it, by the recorded matrix.

`make selftest` tries all of them and says which rule none breaks: its line in `broken_by.json` is written by hand.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import orjson

from contract_tests.selftest.trials import Trial, TrialKind, defects_of, prepared_for, short_name
from gateway_contract.contract.load_contract import BUNDLED
from tests.kill_matrix import RECORDED, read_matrix

BROKEN_BY: dict[str, dict[str, str]] = orjson.loads(Path(__file__).with_name("broken_by.json").read_bytes())


def named() -> Iterator[Trial]:
    for name in BUNDLED:
        yield from (Trial(name, TrialKind.DEFECT, defect) for defect in sorted(set(BROKEN_BY[name].values())))


def test_every_rule_has_a_defect_that_breaks_it() -> None:
    for name in BUNDLED:
        awake = {short_name(rule) for rule in prepared_for(name).rules if rule.untestable is None}
        assert BROKEN_BY[name].keys() == awake


def test_every_defect_that_is_named_is_in_the_catalogue() -> None:
    assert [trial for trial in named() if trial.name not in defects_of(trial.contract)] == []


def test_a_defect_breaks_the_rules_for_which_it_is_named() -> None:
    recorded = read_matrix(RECORDED)
    pairs = [(name, rule, defect) for name in BUNDLED for rule, defect in BROKEN_BY[name].items()]
    assert [pair for pair in pairs if pair[1] not in recorded[pair[0], pair[2]].broken] == []


def test_each_rule_has_two_defects_that_break_it() -> None:
    broken = Counter(
        (name, rule) for (name, _), row in read_matrix(RECORDED).items() if row.level for rule in row.broken
    )
    assert [(name, rule) for name in BUNDLED for rule in BROKEN_BY[name] if broken[name, rule] < 2] == []
