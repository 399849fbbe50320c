"""The installed command, run as its users run it."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

COMMAND = Path(sys.executable).with_name("check-gateway")
TOKEN = "sk-token-of-the-client-0123456789"
MOST_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended: its exit status, what it printed, and the report of the one contract that it tested."""

    status: int
    output: str
    report: dict[str, Any]

    def rules(self, verdict: str) -> frozenset[str]:
        """The ids of the rules with that verdict, without the contract's name."""
        listed = (rule for rule in self.report["rules"] if rule["verdict"] == verdict)
        return frozenset(rule["id"].partition("/")[2] for rule in listed)


def check_gateway(
    gateway: str, contract: str, folder: Path, *options: str, environment: Mapping[str, str] | None = None
) -> Outcome:
    """Test a gateway that takes TOKEN, with reports in `folder`."""
    done = subprocess.run(  # noqa: S603 # our own command
        [COMMAND, "run", "--gateway", gateway, "--contract", contract, "--report", folder, *options],
        env={**os.environ, "GATEWAY_TOKEN": TOKEN, **(environment or {})},
        capture_output=True,
        text=True,
        timeout=MOST_SECONDS,
        check=False,  # the status is what the tests are about
    )
    path = folder / contract / "report.json"
    report = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return Outcome(done.returncode, done.stdout + done.stderr, report)
