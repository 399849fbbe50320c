"""A rule's findings are summed up without hollow green: what was not seen is not passed."""

from dataclasses import replace
from itertools import permutations

import pytest

from contract_tests.ending import Ended
from contract_tests.results import (
    EXIT_STATUS,
    MISSING,
    NO_ACCEPTED,
    UNBREAKABLE,
    UNSEEN,
    Conformance,
    RuleVerdict,
    Verdict,
    require_judgements,
)
from contract_tests.rule_sums import state_body_limit, sum_up
from gateway_contract.rules.judge import Judgement
from gateway_contract.rules.rule import ACCEPTED as ALLOWED_ACCEPTED
from gateway_contract.rules.rule import BOTH_SIDES, PASS, Finding, FindingKind, Rule, Shown, failing, inconclusive
from gateway_contract.rules.rule import REFUSED as OTHERS_REFUSED
from gateway_contract.schema.constraint import Level
from gateway_contract.traffic.exchange import Exchange
from tests.contract_tests.report_examples import made_up_rule, passed, run_of, undecided
from tests.contract_tests.three_contracts import exchange

RULE = made_up_rule("seed/mapped")
OTHER = made_up_rule("seed/minimum")
SLEEPING = made_up_rule("size/enum", untestable="no model listed here is max and plus")
EXPECTED = made_up_rule("upstream/one-call", level=Level.EXPECTED)
ACCEPTED = exchange({"seed": 0})
REFUSED = exchange({"seed": -1, "prompt": "a"}, 400)
DOUBT = "the gateway responded 429 to 7 requests."


def left_out(rule: Rule) -> RuleVerdict:
    return replace(undecided(rule, Verdict.NOT_RUN, DOUBT), is_left_out=True)


def verdict(*findings: Finding, of: Exchange = ACCEPTED) -> Verdict:
    (summed,) = sum_up([RULE], [Judgement(RULE, of, finding) for finding in findings])
    return summed.verdict


def test_the_worst_finding_counts() -> None:
    assert verdict(PASS) is Verdict.PASS
    assert verdict(PASS, inconclusive("unseen")) is Verdict.PASS
    assert verdict(inconclusive("unseen")) is Verdict.INCONCLUSIVE
    assert verdict(PASS, inconclusive("unseen"), failing("0", "dropped")) is Verdict.FAIL


def test_a_rule_that_nothing_bears_on_is_not_run_and_says_why() -> None:
    unseen, sleeping = sum_up([RULE, SLEEPING], [])
    assert (unseen.verdict, unseen.reason) == (Verdict.NOT_RUN, "no request led to a verdict")
    assert (sleeping.verdict, sleeping.reason) == (Verdict.NOT_RUN, SLEEPING.untestable)


def test_the_smallest_failing_request_comes_first() -> None:
    small, large = exchange({}, 400), exchange({"prompt": "a" * 100}, 400)
    judged = [Judgement(RULE, one, failing("a", "b")) for one in (large, small)]
    (summed,) = sum_up([RULE], judged)
    assert [failure.exchange for failure in summed.failures] == [small, large]


def test_what_follows_from_another_fields_failure_comes_last_and_equal_requests_in_one_order() -> None:
    field = replace(RULE, pointer="/seed")
    small, large = exchange({"n": 2}, 400), exchange({"seed": 1, "prompt": "a"}, 400)
    of_another = replace(small, essential=frozenset({"/n"}))
    own = [replace(large, essential=frozenset({"/seed"}), name=name) for name in ("row 2", "row 1")]
    rejected = failing("accepted", "HTTP 400", FindingKind.REJECTED)
    for exchanges in permutations([of_another, *own]):
        (summed,) = sum_up([field], [Judgement(field, one, rejected) for one in exchanges])
        assert [failure.exchange for failure in summed.failures] == [own[1], own[0], of_another]


def test_refusals_prove_nothing_where_nothing_was_ever_accepted() -> None:
    hollow, _ = sum_up([RULE, OTHER], [Judgement(RULE, REFUSED, PASS)])
    assert (hollow.verdict, hollow.reason) == (Verdict.INCONCLUSIVE, NO_ACCEPTED)
    solid, _ = sum_up([RULE, OTHER], [Judgement(RULE, REFUSED, PASS), Judgement(OTHER, ACCEPTED, PASS)])
    assert solid.verdict is Verdict.PASS


def test_a_gateway_that_breaks_on_everything_is_not_blamed_for_each_refusal_that_it_owes() -> None:
    broken, limit = exchange({"seed": -1}, 500), replace(OTHER, subject="seed")
    owed = Judgement(limit, broken, failing("-1 refused with 4xx", "HTTP 500"))
    accepted = made_up_rule("request/accepted")
    valid = Judgement(accepted, exchange({"seed": 0}, 500), failing("accepted", "HTTP 500"))
    hollow, kept = sum_up([limit, accepted], [owed, valid])
    assert (hollow.verdict, hollow.reason) == (Verdict.INCONCLUSIVE, NO_ACCEPTED)
    assert kept.verdict is Verdict.FAIL
    solid, _ = sum_up([limit, OTHER], [owed, Judgement(OTHER, ACCEPTED, PASS)])
    assert solid.verdict is Verdict.FAIL


def test_a_limit_passes_only_if_both_its_sides_were_seen() -> None:
    limit = replace(OTHER, needs=BOTH_SIDES)
    kept, refused = Judgement(limit, ACCEPTED, ALLOWED_ACCEPTED), Judgement(limit, REFUSED, OTHERS_REFUSED)
    accepted = Judgement(RULE, ACCEPTED, PASS)

    def summed(*judged: Judgement, unbreakable: bool = False) -> tuple[Verdict, str]:
        found = sum_up([limit], [accepted, *judged], frozenset({limit.id}) if unbreakable else frozenset())[0]
        assert found.verdict is not Verdict.NOT_RUN or found.exchanges == found.judged == 0
        return found.verdict, found.reason

    assert summed(kept, refused) == (Verdict.PASS, "")
    assert summed(kept) == (Verdict.INCONCLUSIVE, MISSING[Shown.REFUSED])
    assert summed(refused) == (Verdict.INCONCLUSIVE, MISSING[Shown.ACCEPTED])
    assert summed(kept, unbreakable=True) == (Verdict.NOT_RUN, UNBREAKABLE)
    assert summed(unbreakable=True) == (Verdict.NOT_RUN, UNBREAKABLE)


def test_an_expected_rule_fails_a_strict_run_only() -> None:
    broken = replace(passed(EXPECTED), verdict=Verdict.FAIL)
    assert run_of(broken).conformance is Conformance.CONFORMS
    assert run_of(broken, strict=True).conformance is Conformance.VIOLATES
    assert run_of(replace(broken, rule=RULE)).conformance is Conformance.VIOLATES


def test_what_could_not_be_tested_is_neither_green_nor_red() -> None:
    broken = replace(passed(RULE), verdict=Verdict.FAIL)
    assert run_of(broken, not_tested="no gateway").conformance is Conformance.NOT_TESTED
    assert run_of(passed(RULE), errors=("rule raised",)).conformance is Conformance.NOT_TESTED


def test_exit_statuses_are_the_documented_ones() -> None:
    assert {word.value: status for word, status in EXIT_STATUS.items()} == {
        "conforms": 0,
        "violates": 1,
        "not-tested": 2,
    }


def test_required_rules_must_pass_or_fail() -> None:
    broken = replace(passed(RULE), verdict=Verdict.FAIL)
    unseen, asleep = undecided(OTHER, Verdict.NOT_RUN, DOUBT), undecided(SLEEPING, Verdict.NOT_RUN, "asleep")
    doubtful = undecided(EXPECTED, Verdict.INCONCLUSIVE, "unseen")
    run = run_of(broken, unseen, asleep, doubtful)

    def missed(pattern: str) -> list[str]:
        return [one.rule.id for one in replace(run, demand=pattern).undecided_demands]

    assert missed("") == [OTHER.id]
    assert missed("*") == [OTHER.id, EXPECTED.id]
    assert missed("upstream/*") == missed("powerbuyin/upstream/*") == [EXPECTED.id]
    assert missed("size/*") == missed("seed/mapped") == []


@pytest.mark.parametrize("word", [Verdict.NOT_RUN, Verdict.INCONCLUSIVE])
def test_a_run_in_which_nothing_was_judged_is_no_test(word: Verdict) -> None:
    hollow = require_judgements(run_of(undecided(RULE, word, "no request led to a verdict")), {RULE.id})
    assert hollow.conformance is Conformance.NOT_TESTED
    assert hollow.not_tested == "no rule could be judged: no request led to a verdict"


def test_rules_that_were_kept_from_running_make_a_green_run_no_test() -> None:
    run = replace(run_of(passed(RULE), left_out(OTHER)), reason_not_run=DOUBT)
    assert run.conformance is Conformance.CONFORMS
    assert require_judgements(run, {RULE.id, OTHER.id}).not_tested == DOUBT
    assert require_judgements(run, {RULE.id}) is run


@pytest.mark.parametrize("ended", [Ended.COMPLETE, Ended.STOPPED])
def test_expected_rules_that_were_kept_from_running_matter_only_in_a_run_that_was_stopped(ended: Ended) -> None:
    run = replace(run_of(passed(RULE), left_out(EXPECTED)), reason_not_run=DOUBT, ended=ended)
    assert bool(require_judgements(run, {RULE.id, EXPECTED.id}).not_tested) is (ended is Ended.STOPPED)


def test_a_rule_that_was_not_run_for_another_reason_is_not_one_that_was_throttled() -> None:
    run = replace(run_of(passed(RULE), undecided(OTHER, Verdict.NOT_RUN, UNSEEN)), reason_not_run=DOUBT)
    assert require_judgements(run, {RULE.id, OTHER.id}) is run


def test_a_dormant_rule_casts_no_doubt() -> None:
    run = replace(run_of(passed(RULE), undecided(SLEEPING, Verdict.NOT_RUN, "asleep")), reason_not_run=DOUBT)
    assert require_judgements(run, {RULE.id, SLEEPING.id}) is run


def test_a_violation_stays_one_whatever_was_not_run() -> None:
    broken = replace(passed(RULE), verdict=Verdict.FAIL)
    run = replace(run_of(broken, left_out(OTHER)), reason_not_run=DOUBT)
    assert require_judgements(run, {RULE.id, OTHER.id}) is run


def test_bodies_that_are_too_long_are_told_by_their_length() -> None:
    accepted = replace(OTHER, id="powertokens/request/accepted")

    def judged(length: int, status: int) -> Judgement:
        one = exchange({"prompt": "a" * length}, status)
        return Judgement(
            accepted, one, PASS if one.accepted else failing("accepted", f"HTTP {status}", FindingKind.REJECTED)
        )

    found = state_body_limit([judged(100, 200), judged(500, 413), judged(200, 413), judged(9, 400)])
    lengths = [len(one.exchange.request.content) for one in found]
    assert [one.finding.observed for one in found[1:]] == [
        *[f"413: bodies from {lengths[2]} bytes on are refused"] * 2,
        "HTTP 400",
    ]
    assert found[1].finding.note == f"bodies of {lengths[0]} bytes are accepted"


def test_a_413_that_is_not_about_the_length_is_told_as_it_is() -> None:
    accepted = replace(OTHER, id="powertokens/request/accepted")
    short = Judgement(accepted, exchange({}, 413), failing("accepted", "HTTP 413"))
    long = Judgement(accepted, exchange({"prompt": "a"}), PASS)
    assert state_body_limit([short, long]) == [short, long]
