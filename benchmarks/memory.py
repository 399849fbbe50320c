"""How much memory a run takes at most against gateways that send as much as they may.

Each gateway gives all requests the same response. The run is a process of its own; its peak is as the operating system
accounts for it. Run it with `python -m benchmarks.memory [NAME...]`; it fails if a peak is above the bound.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parent.parent
ENVIRONMENT = {**os.environ, "GATEWAY_TOKEN": "sk-for-the-benchmark", "PYTHONPATH": str(ROOT)}
NAMES = ("base64", "large-images", "text", "wide-text", "gzip", "many-values", "links")
MOST = 600  # MiB of a run's memory
OPTIONS = ("--contract", "powertokens", "--budget", "10000", "--max-time", "60s")


@contextmanager
def gateway(name: str) -> Iterator[str]:
    """In a process of its own: what starts a run must be small, since its memory counts until the run is loaded."""
    command = [sys.executable, "-m", "benchmarks.large_responses", name]
    with subprocess.Popen(command, cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process.stdout.readline().strip() if process.stdout else ""
        finally:
            process.terminate()


def peak(url: str) -> tuple[int, float, str]:
    """The most MiB that a run takes, its seconds, and the first line of its result."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile("w+") as output:
        command = [sys.executable, "-m", "contract_tests", "run", "--gateway", url, *OPTIONS, "--report", folder]
        process = subprocess.Popen(command, cwd=folder, env=ENVIRONMENT, stdout=output, stderr=subprocess.STDOUT)
        _, _, usage = os.wait4(process.pid, 0)
        process.returncode = 0
        output.seek(0)
        lines = output.read().strip().splitlines()
    return usage.ru_maxrss // 1024, time.monotonic() - began, lines[-1] if lines else ""


def main() -> None:
    above = []
    for name in sys.argv[1:] or NAMES:
        with gateway(name) as url:
            taken, seconds, told = peak(url)
        print(f"{name:14}{taken:6} MiB{seconds:7.1f} s  {told[:80]}", flush=True)
        if taken > MOST:
            above.append(name)
    if above:
        raise SystemExit(f"more than {MOST} MiB: {', '.join(above)}")


if __name__ == "__main__":
    main()
