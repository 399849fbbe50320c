"""The catalogue of defects against stock Schemathesis and against this suite: caught, cost, false alarms.

Stock is `schemathesis run` with all checks and 100 examples, given the plain contract; what it reports of the right
gateway as well counts as no catch. Each way of being broken is tried at one part of one contract; `--every 1` takes
them all, at ten seconds each for stock.

Run it with `python -m benchmarks.kill [--every N]`; the table goes to standard output as Markdown.
"""

import argparse
import re
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.gate import measured, mock, schemathesis_command
from contract_tests.selftest import ready_about, ready_for, without_failures
from contract_tests.trial import failing, run_against
from gateway_contract.catalogue import BUNDLED
from mock_server.defects.benign import VARIANTS, variants
from mock_server.defects.catalogue import each_way_once
from mock_server.defects.way import Defect


@dataclass(frozen=True)
class Tried:
    """One gateway as one tester saw it: what it reported, after how many requests, at which CPU seconds."""

    reported: frozenset[str]
    requests: int
    cpu: float


def stock(contract: str, *options: str) -> Tried:
    """The failures that Schemathesis reports of the mock, by their codes."""
    with mock(*options) as (url, pid):
        cpu, mock_cpu, _, printed = measured(schemathesis_command(contract, url), pid)
    cases = re.search(r"(\d+) generated", printed)
    if cases is None:
        raise SystemExit(f"Schemathesis did not run:\n{printed}")
    return Tried(frozenset(re.findall(r"❌ (ST\d+)", printed)), int(cases.group(1)), cpu + mock_cpu)


def suite(contract: str, defect: Defect) -> Tried:
    """The rules that the suite finds broken; it runs in this process, the gateway and the upstream with it."""
    began = time.process_time()
    found = run_against(ready_about(contract, defect), defect.app)
    return Tried(frozenset(failing(found)), found.cost.requests, time.process_time() - began)


def row(name: str, total: int, caught: Sequence[Tried], tried: Sequence[Tried], alarms: str) -> str:
    requests = statistics.median(one.requests for one in tried)
    cpu = statistics.median(one.cpu for one in tried)
    return f"| {name} | {len(caught)} of {total} | {requests:.0f} | {cpu:.1f} | {alarms} |"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--every", type=int, default=4, help="take every n-th way of being broken")
    every = parser.parse_args().every
    contracts = [ready_for(name).contract for name in BUNDLED]
    wanted = [(contract.name, defect) for contract, defect in each_way_once(contracts)][::every]
    clean = {name: stock(name) for name in BUNDLED}
    theirs, ours, only_theirs = [], [], []
    for contract, defect in wanted:
        other, mine = stock(contract, "--defect", str(defect)), suite(contract, defect)
        theirs.append((bool(other.reported - clean[contract].reported), other))
        ours.append((bool(mine.reported), mine))
        if theirs[-1][0] and not ours[-1][0]:
            only_theirs.append(f"{contract}: {defect}")
    print("| | caught | requests of a run | CPU seconds of a run | false alarms on benign variants |")
    print("| --- | --- | --- | --- | --- |")
    for name, tried, alarms in (
        ("`schemathesis run`, all checks, 100 examples", theirs, "not tried"),
        ("this suite", ours, alarms_of_the_suite()),
    ):
        print(row(name, len(wanted), [one for hit, one in tried if hit], [one for _, one in tried], alarms))
    print(f"\nCaught by stock alone: {', '.join(only_theirs) or 'none'}.")


def alarms_of_the_suite() -> str:
    """Benign variants of which the suite reports a documented rule as broken."""
    tried = [(name, variant) for name in BUNDLED for variant in variants(name)]
    alarming = [one for one in tried if failing(run_against(without_failures(one[0]), VARIANTS[one[1]]), "documented")]
    return f"{len(alarming)} of {len(tried)}"


if __name__ == "__main__":
    main()
