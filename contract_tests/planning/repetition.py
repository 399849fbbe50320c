"""Which planned requests to repeat so that each rule is judged often enough: few, each for as many rules as it can."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import heapify, heapreplace
from itertools import cycle

from contract_tests.client.case import Case
from gateway_contract.contract.definition import Contract
from gateway_contract.contract.validity import validity_of
from gateway_contract.traffic.exchange import RequestForm
from gateway_contract.values.json_value import ABSENT, read_json


def is_repeatable(contract: Contract, case: Case) -> bool:
    """Whether a planned request breaks no rule of the contract and can be sent again beside others."""
    body = read_json(case.content)
    is_ordinary = case.method is None and case.is_authorized and case.form is RequestForm.PLAIN
    is_special = case.alone or case.same_text or case.other_layout
    return is_ordinary and not is_special and body is not ABSENT and not validity_of(contract, body).broken


@dataclass(frozen=True, slots=True)
class Alternatives:
    """Requests that are judged by the same rules, by id; they take turns."""

    rules: frozenset[str]
    documented: frozenset[str]
    cases: Iterator[Case]

    def worth(self, needed: Mapping[str, int]) -> tuple[int, int]:
        """What its rules still need, documented ones first, as not everything may be sent."""
        return sum(map(needed.__getitem__, self.documented)), sum(map(needed.__getitem__, self.rules))


def alternatives(judged: Mapping[Case, Collection[str]], documented: frozenset[str]) -> tuple[Alternatives, ...]:
    """The cases to choose from, where it is known which rules judged each."""
    by_rules: dict[frozenset[str], list[Case]] = {}
    for case, rules in judged.items():
        by_rules.setdefault(frozenset(rules), []).append(case)
    return tuple(Alternatives(rules, rules & documented, cycle(cases)) for rules, cases in by_rules.items())


def choose(options: Sequence[Alternatives], needed: Mapping[str, int], most: int) -> list[Case]:
    """At most so many requests for rules that need this number of exchanges each; none where no request helps."""
    left = {rule: 0 for option in options for rule in option.rules} | {**needed}
    # A worth only falls, so that one which is out of date is a bound: few have to be worked out anew for each request.
    ranked = [(_descending(option.worth(left)), index) for index, option in enumerate(options)]
    heapify(ranked)
    chosen: list[Case] = []
    while ranked and len(chosen) < most:
        known, index = ranked[0]
        best = options[index]
        rank = _descending(best.worth(left))
        if rank != known:
            heapreplace(ranked, (rank, index))
        elif rank == (0, 0):
            break
        else:
            chosen.append(next(best.cases))
            left.update({rule: max(left[rule] - 1, 0) for rule in best.rules})
    return chosen


def _descending(worth: tuple[int, int]) -> tuple[int, int]:
    return -worth[0], -worth[1]
