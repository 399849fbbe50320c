"""The catalogue of defects against stock Schemathesis and against this suite: caught, how soon, cost, false alarms.

Stock is `schemathesis run` with all checks and 100 examples, given the plain contract; a check that fails for the same
request to the right gateway as well counts as no catch and as no alarm. Each way of being broken is tried at one part
of one contract, each benign variant at every contract that it fits.

Run it with `python -m benchmarks.kill [--every N] [--jobs N]`; the tables go to standard output as Markdown.
"""

import argparse
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import yaml

from benchmarks.gate import ENVIRONMENT, schemathesis_command
from contract_tests.execution.observer import serve_upstream
from contract_tests.selftest.trials import (
    AppOf,
    Trial,
    TrialKind,
    defects_of,
    failing,
    first_failing,
    prepared_about,
    prepared_for,
    run_against,
    without_failures,
)
from contract_tests.target import BUNDLED_TOKEN, bundled_gateway
from gateway_contract.contract.load_contract import BUNDLED
from gateway_contract.schema.constraint import Level
from mock_server.defects.catalogue import each_operator_once
from mock_server.defects.conforming import CONFORMING, variants
from mock_server.gateway.gateway_app import gateway_app
from mock_server.serving.server import serving

STOCK, SUITE = "`schemathesis run`, all checks, 100 examples", "this suite"


@dataclass(frozen=True)
class Tried:
    """One gateway as one tester saw it. `after` is how many requests it took to report something of it."""

    reported: frozenset[str]
    requests: int
    after: int | None
    cpu: float


@dataclass(frozen=True)
class Pair:
    """One gateway as both testers saw it; `theirs` without what stock says of the right gateway as well."""

    trial: Trial
    theirs: Tried
    ours: Tried


def app_of(trial: Trial) -> AppOf:
    match trial.kind:
        case TrialKind.DEFECT:
            return defects_of(trial.contract)[trial.name].app
        case TrialKind.BENIGN:
            return CONFORMING[trial.name]
    return gateway_app


def pair(trial: Trial) -> Pair:
    right = failed_by_the_right(trial.contract)
    return Pair(trial, stock(trial, right), suite(trial))


@cache
def failed_by_the_right(contract: str) -> frozenset[str]:
    return stock(Trial(contract, TrialKind.RIGHT, ""), frozenset()).reported


def stock(trial: Trial, apart_from: frozenset[str]) -> Tried:
    """The checks that Schemathesis sees failing; the gateway and its upstream are in this process."""
    contract = prepared_for(trial.contract).contract
    with (
        serve_upstream(contract, "127.0.0.1", 0) as observer,
        serving(app_of(trial)(bundled_gateway(contract, observer))) as url,
        tempfile.TemporaryDirectory() as folder,
    ):
        began, cassette = time.process_time(), Path(folder, "cassette.yaml")
        command = schemathesis_command(trial.contract, url, BUNDLED_TOKEN)
        cpu = cpu_of([*command, "--report", "vcr", "--report-vcr-path", str(cassette)], folder)
        cpu += time.process_time() - began
        sent = yaml.load(cassette.read_bytes(), yaml.CSafeLoader)["http_interactions"]
    failed = [failed_checks(one) - apart_from for one in sent]
    after = next((number for number, checks in enumerate(failed, 1) if checks), None)
    return Tried(frozenset().union(*failed), len(sent), after, cpu)


def failed_checks(interaction: dict[str, Any]) -> frozenset[str]:
    """The checks that failed, each with the request; the same seed sends the same requests to every gateway."""
    asked = interaction["request"]
    request = f"{asked['method']} {asked['headers'].get('Authorization')} {asked.get('body')}"
    return frozenset(f"{check['name']}: {request}" for check in interaction["checks"] if check["status"] == "FAILURE")


def cpu_of(command: list[str], folder: str) -> float:
    process = subprocess.Popen(  # its own processor time is wanted, which `run` does not tell
        command, cwd=folder, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in {0, 1}:
        raise SystemExit(f"Schemathesis did not run: it ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime


def suite(trial: Trial) -> Tried:
    """The rules that the suite finds broken, of a benign variant the documented ones."""
    ready, level = without_failures(trial.contract), None
    match trial.kind:
        case TrialKind.DEFECT:
            ready = prepared_about(trial.contract, defects_of(trial.contract)[trial.name])
        case _:
            level = Level.DOCUMENTED
    began = time.process_time()
    found = run_against(ready, app_of(trial))
    cpu = time.process_time() - began
    reported = frozenset(failing(found, level))
    return Tried(reported, found.cost.requests, first_failing(trial.contract, found) if reported else None, cpu)


def trials(every: int) -> list[Trial]:
    contracts = [prepared_for(name).contract for name in BUNDLED]
    tried = each_operator_once(contracts)
    broken = [Trial(contract.name, TrialKind.DEFECT, str(defect)) for contract, defect in tried]
    benign = [Trial(name, TrialKind.BENIGN, variant) for name in BUNDLED for variant in variants(name)]
    return [*broken[::every], *benign]


def summary(name: str, broken: Sequence[Tried], benign: Sequence[Tried]) -> str:
    caught = [one for one in broken if one.reported]
    alarms = sum(bool(one.reported) for one in benign)
    after = statistics.median(one.after for one in caught if one.after is not None)
    cpu, requests = (statistics.median(one) for one in ([one.cpu for one in broken], [one.requests for one in broken]))
    return (
        f"| {name} | {len(caught)} of {len(broken)} | {after:.0f} | {requests:.0f} | {cpu:.1f} "
        f"| {alarms} of {len(benign)} |"
    )


def print_tables(found: Sequence[Pair]) -> None:
    broken = [one for one in found if one.trial.kind is TrialKind.DEFECT]
    benign = [one for one in found if one.trial.kind is TrialKind.BENIGN]
    print("| | caught | requests until caught | requests of a run | CPU seconds of a run | false alarms |")
    print("| --- | --- | --- | --- | --- | --- |")
    print(summary(STOCK, [one.theirs for one in broken], [one.theirs for one in benign]))
    print(summary(SUITE, [one.ours for one in broken], [one.ours for one in benign]))
    alone = [one for one in broken if one.theirs.reported and not one.ours.reported]
    print(f"\nCaught by stock alone: {listed(alone)}.\n")
    print(
        f"Benign variants of which stock reports something: {listed([one for one in benign if one.theirs.reported])}.\n"
    )
    print("| contract | defect | stock: requests until caught | this suite |")
    print("| --- | --- | --- | --- |")
    for one in broken:
        print(f"| {one.trial.contract} | {one.trial.name} | {one.theirs.after or '-'} | {one.ours.after or '-'} |")


def listed(some: Sequence[Pair]) -> str:
    return ", ".join(f"{one.trial.contract} {one.trial.name}" for one in some) or "none"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--every", type=int, default=4, help="take every n-th way of being broken")
    parser.add_argument("--jobs", type=int, default=1, help="so many at once")
    asked = parser.parse_args()
    with ProcessPoolExecutor(asked.jobs, mp_context=get_context("spawn")) as pool:
        found = list(pool.map(pair, trials(asked.every)))
    print_tables(found)


if __name__ == "__main__":
    main()
