"""Exchanges with those of the run that must have come to the same upstream call."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from contract_tests.client.case import Case
from gateway_contract.traffic.exchange import Comparison, Exchange, Relation


def with_comparisons(cases: Iterable[Case], exchanges: Iterable[Exchange], *, in_parallel: bool) -> Iterator[Exchange]:
    """The exchanges in order. Those sent one at a time show nothing about requests beside each other."""
    sent = list(exchanges)
    by_name = {one.name: one for one in sent}
    related = {case.name: case.compared for case in cases if case.compared is not None}
    for one in sent:
        relation, name = related.get(one.name, (None, ""))
        other = by_name.get(name)
        is_shown = in_parallel or relation is not Relation.ALONE
        yield replace(one, compared=Comparison(relation, other)) if relation and other and is_shown else one
