"""Rows that have every valid pair or triple of values: this suite beside libraries for covering arrays.

Each is given the pairs of values that a contract rules out. "missed" counts valid combinations that are in no row. The
libraries are no dependency: `pip install allpairspy covertable` where they are to be measured.

Run it with `python -m benchmarks.combinations`; the table goes to standard output as Markdown.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from itertools import combinations
from typing import Any

from contract_tests.planning.covering_array import Combination, covering_array, lower_bound
from contract_tests.planning.fields import bases
from contract_tests.planning.valid_rows import covering_rows, longest_first, valid_combinations
from gateway_contract.contract.definition import Contract
from gateway_contract.contract.load_contract import BUNDLED, contract_path, load_contract

Made = Sequence[Sequence[int]]
Allowed = Callable[[dict[int, int]], bool]
"""Whether no pair of values is ruled out."""


def ours(sizes: Sequence[int], wanted: dict[Combination, Any], _allowed: Allowed, _strength: int) -> Made:
    cost = {(place, value): 1 for place, size in enumerate(sizes) for value in range(size)}
    rows = covering_array(sizes, wanted, cost)
    return [[row.get(place, -1) for place in range(len(sizes))] for row in rows]


def allpairspy(sizes: Sequence[int], _wanted: dict[Combination, Any], allowed: Allowed, strength: int) -> Made:
    columns = [list(range(size)) for size in sizes]
    make = import_module("allpairspy").AllPairs
    return [list(row) for row in make(columns, n=strength, filter_func=lambda row: allowed(dict(enumerate(row))))]


def covertable(sizes: Sequence[int], _wanted: dict[Combination, Any], allowed: Allowed, strength: int) -> Made:
    columns = {str(place): list(range(size)) for place, size in enumerate(sizes)}
    constraints = [
        {
            "operator": "fn",
            "requires": list(pair),
            "evaluate": lambda row, pair=pair: allowed({int(place): row[place] for place in pair}),
        }
        for pair in combinations(columns, 2)
        if not all(
            allowed({int(pair[0]): one, int(pair[1]): other}) for one in columns[pair[0]] for other in columns[pair[1]]
        )
    ]
    rows = import_module("covertable").make(columns, strength=strength, constraints=constraints)
    return [[row[place] for place in columns] for row in rows]


def rows_of(contract: Contract, strength: int) -> Iterator[str]:
    starts, columns = list(bases(contract)), longest_first(contract)
    sizes = [len(column.values) for column in columns]
    pairs = set(valid_combinations(contract, starts, columns, 2))
    wanted = valid_combinations(contract, starts, columns, strength)
    bound = lower_bound(wanted)

    def allowed(row: dict[int, int]) -> bool:
        return all(pair in pairs for pair in combinations(sorted(row.items()), 2))

    for make in (ours, allpairspy, covertable):
        began = time.process_time()
        try:
            rows = make(sizes, wanted, allowed, strength)
        except ModuleNotFoundError as error:
            yield f"| {contract.name} | {strength} | {make.__name__} | {error} | | | | |"
            continue
        seconds = time.process_time() - began
        had = {found for row in rows for found in combinations(enumerate(row), strength)}
        missed = sum(found not in had for found in wanted)
        ratio = f"{len(rows) / bound:.2f}"
        yield (
            f"| {contract.name} | {strength} | {make.__name__} | {bound} | {len(rows)} | {ratio} | {missed} "
            f"| {seconds:.3f} |"
        )
    began = time.process_time()
    requests = len(list(covering_rows(contract, strength)))
    seconds = time.process_time() - began
    yield f"| {contract.name} | {strength} | valid requests | {bound} | {requests} | | | {seconds:.3f} |"


def main() -> None:
    print("| contract | strength | by | lower bound | rows | ratio | missed | CPU seconds |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for name in BUNDLED:
        for strength in (2, 3):
            for line in rows_of(load_contract(contract_path(name)), strength):
                print(line, flush=True)


if __name__ == "__main__":
    main()
