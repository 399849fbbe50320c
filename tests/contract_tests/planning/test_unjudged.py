"""A rule that was not judged says why: by what its requests would have shown, and what became of them."""

from dataclasses import replace

from contract_tests.client.case import Case
from contract_tests.planning.plan import plan
from contract_tests.planning.unjudged import NOTHING_SHOWN, PlannedRequests, with_reasons
from contract_tests.planning.worth import shown_by
from contract_tests.results import MISSING, NEEDS_UPSTREAM, RuleVerdict, Verdict
from contract_tests.rule_sums import sum_up
from gateway_contract.rules.derive import derive_rules
from gateway_contract.rules.rule import Shown
from gateway_contract.traffic.exchange import Observation
from tests.contract_tests.three_contracts import POWERTOKENS

NORTH, BOTH = Observation.NORTH_ONLY, Observation.TWO_SIDED
RULES = derive_rules(POWERTOKENS)
CASES = plan(POWERTOKENS, NORTH, 1).cases
THROTTLED = "the gateway responded 429 to 1 request."


def about(name: str, side: Shown | None = None) -> list[Case]:
    """The planned requests that decide a rule."""
    return [
        case for case in CASES if any(rule.id == f"powertokens/{name}" and side in {None, shown}
                                      for rule, shown, _ in shown_by(POWERTOKENS, RULES, case))
    ]  # fmt: skip # one condition


def explained(name: str, requests: PlannedRequests, found: RuleVerdict | None = None) -> tuple[Verdict, str]:
    verdicts = sum_up(RULES, []) if found is None else [found]
    explained = with_reasons(POWERTOKENS, verdicts, requests)
    (one,) = (one for one in explained if one.rule.id == f"powertokens/{name}")
    assert one.is_left_out is (one.reason == THROTTLED)
    return one.verdict, one.reason


def test_a_rule_whose_requests_were_not_sent_is_not_run_for_their_reason() -> None:
    cases = about("n/maximum")
    unsent = dict.fromkeys(cases, THROTTLED)
    others = [case for case in CASES if case not in cases]
    requests = PlannedRequests(NORTH, others, unsent)
    assert explained("n/maximum", requests) == (Verdict.NOT_RUN, THROTTLED)


def test_a_rule_whose_requests_were_sent_and_showed_nothing_is_inconclusive() -> None:
    assert explained("data/length", PlannedRequests(NORTH, CASES, {})) == (Verdict.INCONCLUSIVE, NOTHING_SHOWN)


def test_a_rule_of_which_only_some_requests_were_sent_is_inconclusive_for_the_reason_of_the_others() -> None:
    first, *others = about("data/length")
    sent = [case for case in CASES if case is not first]
    assert others
    assert explained("data/length", PlannedRequests(NORTH, sent, {first: THROTTLED})) == (
        Verdict.INCONCLUSIVE,
        THROTTLED,
    )


def test_a_rule_that_no_response_shows_is_inconclusive_whatever_was_sent() -> None:
    why = (Verdict.INCONCLUSIVE, "the upstream is not observed")
    assert explained("seed/preserves-0", PlannedRequests(NORTH, CASES, {})) == why
    assert explained("seed/preserves-0", PlannedRequests(NORTH, [], dict.fromkeys(CASES, THROTTLED))) == why


def test_where_the_upstream_is_seen_such_a_rule_was_kept_from_running() -> None:
    requests = PlannedRequests(BOTH, [], dict.fromkeys(CASES, THROTTLED), THROTTLED)
    assert explained("seed/preserves-0", requests) == (Verdict.NOT_RUN, THROTTLED)
    assert explained("upstream-failure/answered", requests) == (Verdict.NOT_RUN, THROTTLED)


def test_a_rule_about_which_nothing_is_planned_is_not_run_for_no_reason_of_others() -> None:
    requests = PlannedRequests(NORTH, CASES[1:], {CASES[0]: THROTTLED}, NEEDS_UPSTREAM)
    assert explained("upstream-failure/answered", requests) == (Verdict.NOT_RUN, NEEDS_UPSTREAM)
    requests = PlannedRequests(BOTH, CASES, {})
    assert explained("upstream-failure/answered", requests) == (Verdict.NOT_RUN, "no request led to a verdict")


def test_a_limit_of_which_one_side_is_missing_says_whether_that_side_was_sent() -> None:
    limit = next(rule for rule in RULES if rule.id == "powertokens/n/maximum")
    half = RuleVerdict(limit, Verdict.INCONCLUSIVE, 1, reason=MISSING[Shown.REFUSED])
    allowed, breaking = about("n/maximum", Shown.ACCEPTED), about("n/maximum", Shown.REFUSED)
    lost = PlannedRequests(NORTH, allowed, dict.fromkeys(breaking, THROTTLED))
    assert explained("n/maximum", lost, half) == (Verdict.INCONCLUSIVE, THROTTLED)
    vain = PlannedRequests(NORTH, breaking, dict.fromkeys(allowed, THROTTLED))
    assert explained("n/maximum", vain, half) == (half.verdict, half.reason)


def test_what_is_judged_stays_as_it_is() -> None:
    passed = [replace(one, verdict=Verdict.PASS, reason="") for one in sum_up(RULES, [])]
    assert [*with_reasons(POWERTOKENS, passed, PlannedRequests(NORTH, CASES, {}))] == passed
