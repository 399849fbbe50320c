"""What a whole run of the gate costs, beside stock Schemathesis on the same mock.

Both are whole processes; stock has its mock in another one, whose share is counted, and the gate has it within. CPU is
user and system time as the operating system accounts for it. Run it with `python -m benchmarks.gate`; times are from a
noisy machine, the ratios are what counts. They take turns, and the median of the runs is shown. The gate runs
two-sided, a silent upstream among its failures, once without random requests and once with some of each kind.
"""

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
CONTRACTS = ("powertokens", "powerbuyin")
TOKEN = "sk-for-the-benchmark"  # noqa: S105 # the mock is told to take it
ENVIRONMENT = {**os.environ, "GATEWAY_TOKEN": TOKEN, "PYTHONPATH": str(ROOT)}
EXAMPLES = 100
RANDOM_REQUESTS = 50
RUNS = 3
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Measured:
    """One run: CPU seconds of the tester and of the mock, wall seconds, requests and images as the tester counts."""

    cpu: float
    mock_cpu: float
    wall: float
    requests: int
    images: int | None


@contextmanager
def mock(*options: str) -> Iterator[tuple[str, int]]:
    """The mock in a process of its own: its URL and process id."""
    command = [sys.executable, "-m", "mock_server", "--port", "0", *options]
    with subprocess.Popen(command, cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True) as process:
        try:
            found = re.search(r"http://\S+", process.stdout.readline() if process.stdout else "")
            if found is None:
                raise SystemExit("the mock did not start")
            yield found.group(), process.pid
        finally:
            process.terminate()


def cpu_of(pid: int) -> float:
    """User and system seconds of a running process so far."""
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / TICKS


def measured(command: list[str], pid: int) -> tuple[float, float, float, str]:
    """CPU of a command, CPU of the mock meanwhile, wall time, and what the command printed."""
    before, began = cpu_of(pid), time.monotonic()
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(command, cwd=folder, env=ENVIRONMENT, stdout=output, stderr=subprocess.STDOUT)
        _, _, usage = os.wait4(process.pid, 0)
        process.returncode = 0
        wall = time.monotonic() - began
        output.seek(0)
        printed = output.read()
    return usage.ru_utime + usage.ru_stime, cpu_of(pid) - before, wall, printed


def gate(contract: str, random_requests: int = 0) -> Measured:
    """`make contract` for one contract: the bundled mock and the upstream run in its own process."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "contract_tests", "run", "--contract", contract, "--report", folder]
        command += ["--fuzz", str(random_requests)]
        cpu, _, wall, printed = measured(command, os.getpid())
        report = json.loads(Path(folder, contract, "report.json").read_text())
    if report["verdict"] != "conforms":
        raise SystemExit(f"the mock should conform:\n{printed}")
    return Measured(cpu, 0.0, wall, report["cost"]["requests"], report["cost"]["images"])


def schemathesis_command(contract: str, url: str, token: str = TOKEN) -> list[str]:
    """Stock Schemathesis with all checks, given the plain contract and the gateway's URL."""
    command = [str(Path(sys.executable).parent / "schemathesis"), "run", str(ROOT / "openapi" / f"{contract}.yaml")]
    command += ["--url", url, "-H", f"Authorization: Bearer {token}", "--seed", "1"]
    return [*command, "--max-examples", str(EXAMPLES), "--continue-on-failure", "--generation-database", "none"]


def stock_schemathesis(contract: str) -> Measured:
    with mock() as (url, pid):
        cpu, mock_cpu, wall, printed = measured(schemathesis_command(contract, f"{url}/{contract}"), pid)
    cases = re.search(r"(\d+) generated", printed)
    if cases is None:
        raise SystemExit(f"Schemathesis did not run:\n{printed}")
    return Measured(cpu, mock_cpu, wall, int(cases.group(1)), None)


def median(runs: list[Measured]) -> Measured:
    return Measured(
        cpu=statistics.median(run.cpu for run in runs),
        mock_cpu=statistics.median(run.mock_cpu for run in runs),
        wall=statistics.median(run.wall for run in runs),
        requests=runs[0].requests,
        images=runs[0].images,
    )


def row(found: Measured) -> str:
    images = "-" if found.images is None else str(found.images)
    return f"{found.requests:9}{images:>8}{found.cpu:8.2f}{found.mock_cpu:8.2f}{found.wall:8.2f}"


def compared(ours: list[Measured], theirs: list[Measured]) -> str:
    """The medians of the ratios of runs that took turns."""
    pairs = list(zip(ours, theirs, strict=True))
    cpu = statistics.median((mine.cpu + mine.mock_cpu) / (other.cpu + other.mock_cpu) for mine, other in pairs)
    wall = statistics.median(mine.wall / other.wall for mine, other in pairs)
    return f"gate / stock: CPU with the mock {cpu:.2f}, wall {wall:.2f}"


def main() -> None:
    print(f"{'':41}{'requests':>9}{'images':>8}{'CPU s':>8}{'+ mock':>8}{'wall s':>8}")
    for contract in CONTRACTS:
        planned, with_random, theirs = [], [], []
        for _ in range(RUNS):
            planned.append(gate(contract))
            with_random.append(gate(contract, RANDOM_REQUESTS))
            theirs.append(stock_schemathesis(contract))
        print(f"{contract:12}{f'schemathesis run, {EXAMPLES} examples':29}{row(median(theirs))}")
        for name, ours in (("the gate", planned), (f"the gate, --fuzz {RANDOM_REQUESTS}", with_random)):
            print(f"{contract:12}{name:29}{row(median(ours))}   {compared(ours, theirs)}")


if __name__ == "__main__":
    main()
