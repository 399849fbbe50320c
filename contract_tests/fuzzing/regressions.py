"""What fuzzing found, kept beside the report: the next run with the same folder begins with it."""

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from contract_tests.report.exchange_file import write_whole
from gateway_contract.traffic.exchange import Exchange
from gateway_contract.traffic.redaction import all_secrets, redact
from gateway_contract.values.json_value import ABSENT, Json, compact, read_json

FILE = "regressions.json"


class RegressionsError(Exception):
    """A file that does not hold what fuzzing found; says what to do."""


@dataclass(frozen=True, slots=True)
class Regression:
    """The smallest request that broke a rule, without secrets."""

    rule: str
    content: bytes


def regressions(folder: Path) -> tuple[Regression, ...]:
    """What earlier runs found, in the order in which they did. Raises RegressionsError."""
    path = folder / FILE
    if not path.is_file():
        return ()
    try:
        return tuple(_from_json(entry) for entry in orjson.loads(path.read_bytes()))
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise RegressionsError(f"{path} is not a valid list of regressions ({error!r}). Fix or delete it.") from error


def keep(folder: Path, found: Iterable[tuple[str, Exchange]], secrets: Sequence[str]) -> None:
    """Adds the exchanges to what is kept, each with the rule that it broke; one that is kept already counts once."""
    entries = dict.fromkeys(regressions(folder))
    for rule, exchange in found:
        content = redact(exchange.request.content, all_secrets([exchange], secrets))
        entries[Regression(rule, content)] = None
    if entries:
        folder.mkdir(parents=True, exist_ok=True)
        text = orjson.dumps([_to_json(entry) for entry in entries], option=orjson.OPT_INDENT_2)
        write_whole(folder / FILE, text + b"\n")


def _to_json(entry: Regression) -> dict[str, Json]:
    body = read_json(entry.content)
    if body is not ABSENT and compact(body) == entry.content:
        return {"rule": entry.rule, "body": body}
    return {"rule": entry.rule, "base64": base64.b64encode(entry.content).decode()}


def _from_json(entry: dict[str, Json]) -> Regression:
    if "base64" in entry:
        return Regression(str(entry["rule"]), base64.b64decode(str(entry["base64"]), validate=True))
    return Regression(str(entry["rule"]), compact(entry["body"]))
