"""A report.json as it was written, with the folder in which it and its exchanges are."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import jsonschema_rs

from contract_tests.images_needed import ImagesNeeded
from contract_tests.report.command_line import command
from contract_tests.report.json_report import SCHEMA
from contract_tests.report.wording import images_needed

Listed: TypeAlias = Mapping[str, Any]
"""A part of report.json, or of an exchange, as its schema describes it."""

FILE = "report.json"
WARN = "warn"
"""The outcome of a rule that fails and does not count."""


class NoReportError(Exception):
    """There is no report, or one that cannot be shown; says why."""


@dataclass(frozen=True, slots=True)
class StoredReport:
    home: Path
    listed: Listed

    @property
    def subject(self) -> str:
        """The gateway's name, if it has one, and the contract's: `staging.powerbuyin`."""
        return ".".join(filter(None, (self.listed.get("name"), self.listed["contract"])))

    @property
    def gateway(self) -> str:
        """The gateway's name in the configuration, else its address."""
        return str(self.listed.get("name") or self.listed["gateway"])

    @property
    def is_partial(self) -> bool:
        """Whether it is about a selection of the rules."""
        return bool(self.listed["selection"]["selected"] < self.listed["selection"]["of"])

    @property
    def reason(self) -> str:
        """Why there was no test; empty where there was one."""
        return str(self.listed.get("reason") or "; ".join(self.listed.get("errors", ())))

    @property
    def images_needed(self) -> str:
        """What the images were for, and what a larger budget would add; empty where nobody pays for them."""
        listed = self.listed.get("images_needed")
        return "" if listed is None else images_needed(ImagesNeeded(**listed), self.listed["cost"]["budget"])

    def outcome(self, rule: Listed) -> str:
        """The verdict on a rule, or `warn` for a failure that does not count."""
        strict = self.listed["options"].get("strict", {}).get("value") is True
        is_warning = rule["verdict"] == "fail" and rule["level"] == "expected" and not strict
        return WARN if is_warning else str(rule["verdict"])


def read_reports(homes: Iterable[Path]) -> list[StoredReport]:
    """The reports of the suite's own, in some folders."""
    return [StoredReport(home, json.loads((home / FILE).read_bytes())) for home in homes]


def find_reports(folder: Path) -> list[StoredReport]:
    """All reports in a folder and below it, in the order in which their runs began.

    Raises NoReportError where there is none, or one that is not valid.
    """
    homes = sorted(path.parent for path in folder.glob(f"**/{FILE}"))
    if not homes:
        raise NoReportError(f"No report in {folder}. Run `{command('run')}` first, or name the folder of its report.")
    validator = jsonschema_rs.validator_for(json.loads(SCHEMA.read_bytes()))
    for home in homes:
        try:
            validator.validate(json.loads((home / FILE).read_bytes()))
        except (ValueError, OSError, RecursionError) as error:
            at = error.message if isinstance(error, jsonschema_rs.ValidationError) else str(error)
            raise NoReportError(f"{home / FILE} is not a report of version 2 ({at})") from error
    return sorted(read_reports(homes), key=lambda report: str(report.listed["started_at"]))
