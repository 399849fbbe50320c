"""Known failures that a user accepts until a day: what a waiver says, and the file that holds them."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fnmatch import fnmatchcase
from functools import partial
from glob import escape
from pathlib import Path

from gateway_contract.document.node import (
    DocumentError,
    Errors,
    Node,
    Place,
    did_you_mean,
    items,
    members,
    read_all,
    text,
)
from gateway_contract.document.source import read_list

SCHEMA = Path(__file__).parent / "schemas" / "waivers.schema.json"
LONGEST = timedelta(days=366)
REQUIRED, OPTIONAL = ("rule", "reason", "until"), ("gateway", "observed", "ticket")
_PLAIN = re.compile(r"[a-z]\w*/[\w./-]+")  # what YAML takes for text without quotes, as ids of rules are
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Waiver:
    """`rule` and `observed` are patterns; without `gateway` it is about all gateways."""

    place: Place
    rule: str
    reason: str
    until: date  # the last day on which it holds
    gateway: str = ""
    observed: str = ""
    ticket: str = ""

    def __str__(self) -> str:
        return f"{self.place}  {self.rule}"

    @property
    def why(self) -> str:
        """For example `fixed in 2.4 (GW-123), until 2027-01-31`."""
        return f"{self.reason}{self.ticket and f' ({self.ticket})'}, until {self.until}"

    def is_about(self, rule_id: str, gateway: str) -> bool:
        """Whether it is about a rule, with or without the contract's name, of a gateway of that name."""
        return self.gateway in {"", gateway} and is_meant(rule_id, self.rule)

    def covers(self, observed: str, day: date) -> bool:
        """Whether a failure of such a rule is accepted on a day."""
        return day <= self.until and (not self.observed or fnmatchcase(observed, self.observed))


def is_meant(rule_id: str, pattern: str) -> bool:
    """Whether a pattern means a rule, with or without the contract's name."""
    return fnmatchcase(rule_id, pattern) or fnmatchcase(rule_id.partition("/")[2], pattern)


def read_waivers(path: Path, today: date) -> tuple[Waiver, ...]:
    """The waivers of a file. Raises DocumentError for all that is wrong with it."""
    return tuple(read_all(items(read_list(path)), partial(_waiver, today=today)))


def _waiver(item: Node, today: date) -> Waiver:
    found = members(item, REQUIRED, OPTIONAL)
    errors, texts, until = Errors(), dict[str, str](), today
    for key, node in found.items():
        with errors.collect():
            texts[key] = text(node).strip()
            if not texts[key]:
                raise DocumentError(node.place, f"{key} must not be empty")
            if key == "until":
                until = _last_day_at(node, today)
    errors.raise_all()
    del texts["until"]
    return Waiver(item.place, until=until, **texts)


def _last_day_at(node: Node, today: date) -> date:
    try:
        return last_day(text(node).strip(), today)
    except ValueError as error:
        raise DocumentError(node.place, f"until {error}") from error


def last_day(written: str, today: date) -> date:
    """A day like 2027-01-31. Raises ValueError, which ends a sentence that begins with the name of the value."""
    if not _DAY.fullmatch(written):
        raise ValueError(f"must be a day like {today + timedelta(days=90)}; got {written!r}")
    try:
        day = date.fromisoformat(written)
    except ValueError:
        raise ValueError(f"must be a day of the calendar; got {written!r}") from None
    if day > today + LONGEST:
        raise ValueError(f"must be within a year, at the latest {today + LONGEST}; got {written}")
    return day


def check_rules(waivers: Iterable[Waiver], known: Sequence[tuple[str, str]], elsewhere: Sequence[str]) -> None:
    """Raises DocumentError for all waivers that are about none of the `known` rules, each with its gateway's name.

    It may be about another gateway, or a contract named `elsewhere` that is not tested this time.
    """
    errors, gateways = Errors(), {gateway for gateway, _ in known}
    tested = {rule.partition("/")[0] for _, rule in known}
    for waiver in waivers:
        is_absent = waiver.rule.partition("/")[0] in set(elsewhere) - tested
        if is_absent or waiver.gateway not in {"", *gateways}:
            continue
        if not any(waiver.is_about(rule, gateway) for gateway, rule in known):
            names = (name for _, rule in known for name in (rule, rule.partition("/")[2]))
            near = did_you_mean(waiver.rule, names, cutoff=0.7)
            remedy = near or "`check-gateway rules` lists them"
            errors.found.append(DocumentError(waiver.place, f"no rule matches {waiver.rule!r}", remedy))
    errors.raise_all()


@dataclass(frozen=True, slots=True)
class NewWaivers:
    """Where waivers are to be written, and what they say beside the rule."""

    file: Path
    reason: str
    until: date


def new_waivers(file: Path | None, reason: str | None, until: str | None, today: date) -> NewWaivers | None:
    """What three options ask for, if they do. Raises ValueError, and DocumentError for a file of anything else."""
    if file is None:
        if reason is not None or until is not None:
            raise ValueError("--reason and --until need --write-waivers FILE")
        return None
    if not reason or not reason.strip() or not reason.isprintable() or until is None:
        raise ValueError("--write-waivers needs --reason TEXT, on one line, and --until DATE")
    try:
        new = NewWaivers(file, reason.strip(), last_day(until, today))
    except ValueError as error:
        raise ValueError(f"--until {error}") from error
    try:
        _replaced(new, [("any/rule", "")], today).unlink()  # before a run, not after it
    except OSError as error:
        raise ValueError(f"--write-waivers {file}: {error.strerror}") from error
    return new


def add_waivers(new: NewWaivers, failing: Iterable[tuple[str, str]], today: date) -> int:
    """Adds an entry for each rule and gateway ("" for all) that has none which holds today; gives how many.

    Raises DocumentError for a file that holds anything else.
    """
    known = read_waivers(new.file, today) if new.file.exists() else ()
    exact = {(one.rule, one.gateway) for one in known if not one.observed and one.until >= today}
    missing = [pair for pair in dict.fromkeys(failing) if (escape(pair[0]), pair[1]) not in exact]
    if missing:
        _replaced(new, missing, today).replace(new.file)
    return len(missing)


def _replaced(new: NewWaivers, missing: Sequence[tuple[str, str]], today: date) -> Path:
    """A file beside that of the waivers, which holds these as well. Raises DocumentError if it could not be read."""
    before = new.file.read_text("utf-8") if new.file.exists() else ""
    lines = [before] if not before or before.endswith("\n") else [before, "\n"]
    lines += (_entry(rule, gateway, new) for rule, gateway in missing)
    beside = new.file.with_name(f"{new.file.name}.new")
    beside.write_text("".join(lines), "utf-8")
    try:
        read_waivers(beside, today)
    except DocumentError:
        beside.unlink()
        remedy = "write each entry of the list on lines of its own, beginning with a hyphen"
        raise DocumentError(Place(new.file, 1), "no waiver can be added to this file", remedy) from None
    return beside


def _entry(rule: str, gateway: str, new: NewWaivers) -> str:
    values = {"rule": escape(rule), "gateway": gateway, "reason": new.reason}
    written = ", ".join(f"{key}: {_scalar(value)}" for key, value in values.items() if value)
    return f"- {{{written}, until: {new.until}}}\n"


def _scalar(value: str) -> str:
    return value if _PLAIN.fullmatch(value) else json.dumps(value, ensure_ascii=False)
