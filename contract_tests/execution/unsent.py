"""Which planned requests a campaign did not send, or only to be throttled, and why."""

from collections.abc import Sequence

from contract_tests.client.case import Case
from contract_tests.ending import time_used_up
from contract_tests.execution.campaign import Campaign
from contract_tests.planning.unjudged import PlannedRequests
from contract_tests.results import NEEDS_UPSTREAM, UNSEEN
from gateway_contract.traffic.exchange import Observation


def planned_requests(
    campaign: Campaign, cases: Sequence[Case], failures: Sequence[Case], observed: Observation
) -> PlannedRequests:
    """What became of requests that a run without a budget sends; `failures` are those during which the upstream fails.

    Where they are not, no request is about a rule that none of the others decides.
    """
    answered = campaign.dispatch.answered
    unsent = {case: _reason(campaign, case) for case in cases if case.name not in answered}
    failed = [_reason(campaign, case) for case in failures if case.name not in answered]
    sent = [case for case in cases if case.name in answered]
    known = (reason for reason in (*unsent.values(), *failed) if reason != UNSEEN)
    otherwise = NEEDS_UPSTREAM if observed is Observation.NORTH_ONLY else next(known, "")
    return PlannedRequests(observed, sent, unsent, otherwise)


def _reason(campaign: Campaign, case: Case) -> str:
    health = campaign.health
    if health.stopped:
        return health.stopped
    return health.reason_not_run if case.name in health.throttled else left_out(campaign) or UNSEEN


def left_out(campaign: Campaign) -> str:
    """What the time or the budget was too short for, where that may be why a request was not sent."""
    if campaign.out_of_time:
        return f"{UNSEEN}; {time_used_up(campaign.time_bound.seconds)}"
    left = campaign.left_out
    return f"{UNSEEN}; --budget {campaign.ledger.budget} left out {left} requests" if left else ""
