"""A stored exchange, sent again: what the same request gets now, and which rules it breaks now."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import orjson

from contract_tests import wire
from contract_tests.case import Case
from contract_tests.marks import marks_in
from contract_tests.observation import Observation
from contract_tests.report.exchange_file import exchange_to_json, request_from_json, with_token
from contract_tests.running import Loaded, observed, own_addresses
from contract_tests.sending import Sender, exchanged
from contract_tests.target import target
from gateway_contract.exchange import Exchange, Request
from gateway_contract.judge import Judgement, judge
from gateway_contract.pointer import leaves, read
from gateway_contract.rules.finding import Outcome
from gateway_contract.values import ABSENT, Json
from mock_server.upstream_failures import FAILURE_NAMED

COMPARED = ("/answer/status", "/answer/problem", "/answer/body", "/upstream", "/images")
VOLATILE = frozenset(
    {"at", "seconds", "received_at", "identity", "digest", "link", "images", "headers", "x-request-id"}
)
"""Parts that differ from time to time though nothing changed."""


class StoredError(Exception):
    """A file that is no exchange of a report; says what to give instead."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An exchange as a report keeps it, and the rules that rested on it with what they saw."""

    document: Mapping[str, Json]
    request: Request
    gateway: str
    contract: str
    failed: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Change:
    what: str
    before: str
    after: str


def stored(path: Path) -> Stored:
    """What a report keeps in a file below its `exchanges`. Raises StoredError."""
    try:
        document = orjson.loads(path.read_bytes())
        report = orjson.loads((path.parent.parent / "report.json").read_bytes())
        request = request_from_json(document)
    except (OSError, orjson.JSONDecodeError, KeyError, TypeError) as error:
        told = "give a file like report/powerbuyin/exchanges/0001.json, with its report.json two folders up"
        raise StoredError(f"{path} is no stored exchange ({error}); {told}") from error
    own = f"{path.parent.name}/{path.name}"
    failed = {
        rule["id"]: failure["observed"]
        for rule in report["rules"]
        for failure in rule["failures"]
        if failure["exchange"] == own
    }
    return Stored(document, request, report["gateway"], report["contract"], failed)


def sent_again(found: Stored, ready: Loaded) -> Exchange:
    """The exchange that the same request gives now, against the gateway of the settings. Raises PortInUseError."""
    settings = ready.settings
    with observed(ready.contract, settings) as observation, target(ready.contract, settings, observation) as reached:
        request = with_token(found.request, reached.token)
        return asyncio.run(_exchange(ready, request, reached.url, reached.token, observation, found))


async def _exchange(
    ready: Loaded, request: Request, url: str, token: str, observation: Observation | None, found: Stored
) -> Exchange:
    async with wire.connections() as transport:
        own = await own_addresses(url, observation)
        address = None if observation is None else observation.address
        from_here = str if observation is None else observation.from_here
        sender = Sender(ready.contract, transport, url, token, own, ready.settings.limits, address, from_here)
        case = Case(str(found.document.get("name", "")), request.content, failure=played_in(found.document))
        if observation is not None and case.failure is not None:
            marks = marks_in(request.body)
            observation.failures.update(dict.fromkeys(marks, FAILURE_NAMED[case.failure]))
        exchange = await exchanged(sender, case, request)
    essential = found.document.get("essential")
    known = frozenset(map(str, essential)) if isinstance(essential, list) else None
    exchange = replace(exchange, essential=known)
    return exchange if observation is None else replace(exchange, upstream=observation.since(0))


def played_in(document: Mapping[str, Json]) -> str | None:
    """The name of the failure that the upstream played in a stored exchange."""
    calls = document.get("upstream")
    names = [read(call, "/played") for call in calls] if isinstance(calls, list) else []
    return next((name for name in names if isinstance(name, str) and name in FAILURE_NAMED), None)


def failing_rules(ready: Loaded, exchange: Exchange) -> dict[str, str]:
    """The rules that an exchange breaks, with what was observed."""
    judged = [one for one in judge(ready.contract, ready.rules, exchange) if isinstance(one, Judgement)]
    return {one.rule.id: one.finding.observed for one in judged if one.finding.outcome is Outcome.FAIL}


def changes(found: Stored, ready: Loaded, exchange: Exchange, failing: Mapping[str, str]) -> Iterator[Change]:
    """What is not as it was: verdicts first, then what was answered, seen upstream, and shown in images."""
    for rule in sorted(found.failed.keys() | failing.keys()):
        before, after = found.failed.get(rule, "passes"), failing.get(rule, "passes")
        if before != after:
            yield Change(rule, before, after)
    times = frozenset(f"/answer/body{time.pointer}" for time in ready.contract.times)
    yield from differences(found.document, exchange_to_json(exchange, [ready.settings.token]), times)


def differences(before: Mapping[str, Json], after: Mapping[str, Json], times: frozenset[str]) -> Iterator[Change]:
    """The leaves that differ, but for `times`, which do so whenever anything is sent."""
    for part in COMPARED:
        left, right = (
            {at: seen for at, seen in steady(read(document, part), part).items() if at not in times}
            for document in (before, after)
        )
        for pointer in [*left, *(pointer for pointer in right if pointer not in left)]:
            if left.get(pointer) != right.get(pointer):
                yield Change(pointer, left.get(pointer, "nothing"), right.get(pointer, "nothing"))


def steady(value: object, pointer: str) -> dict[str, str]:
    """The leaves of a part, as text, but for those that differ each time."""
    if value is ABSENT or value is None:
        return {}
    return {
        pointer + at: orjson.dumps(leaf).decode()
        for at, leaf in leaves(cast("Json", value))
        if VOLATILE.isdisjoint(at.split("/")) and not (isinstance(leaf, str) and "://" in leaf)
    }
