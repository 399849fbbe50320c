"""Exchanges are compared with those that the plan names, and only as far as they were sent in that way."""

from contract_tests.client.case import Case
from contract_tests.execution.comparison import with_comparisons
from gateway_contract.traffic.exchange import Exchange, NoAnswer, Relation, Request
from gateway_contract.values.json_value import ABSENT


def exchange(name: str) -> Exchange:
    return Exchange(Request("POST", "/", (), b"", ABSENT), NoAnswer("no answer", 1.0), name=name)


CASES = (
    Case("first", b""),
    Case("again", b"", compared=(Relation.REPEATED, "first")),
    Case("beside", b"", compared=(Relation.ALONE, "first")),
    Case("after what was not sent", b"", compared=(Relation.REPEATED, "missing")),
)


def compared(*, in_parallel: bool) -> dict[str, str]:
    found = with_comparisons(CASES, [exchange(case.name) for case in CASES], in_parallel=in_parallel)
    return {one.name: one.compared.exchange.name for one in found if one.compared is not None}


def test_an_exchange_is_compared_with_the_one_that_the_plan_names() -> None:
    assert compared(in_parallel=True) == {"again": "first", "beside": "first"}


def test_requests_that_are_sent_one_at_a_time_show_nothing_about_others_beside_them() -> None:
    assert compared(in_parallel=False) == {"again": "first"}
