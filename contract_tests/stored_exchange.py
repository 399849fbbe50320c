"""An exchange as a report keeps it: read as untrusted input, and completed for being sent again."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs
import orjson

from contract_tests.client.reach import SELF_SIGNED, is_host
from contract_tests.planning.other_invalid_cases import method_cases
from contract_tests.planning.plan import overriding_cases
from contract_tests.report.exchange_file import request_from_json
from contract_tests.report.json_report import MOST_FAILURES
from contract_tests.report.wording import one_line
from gateway_contract.contract.definition import Contract
from gateway_contract.rules.rule import Finding, Outcome
from gateway_contract.traffic.curl import UNIX
from gateway_contract.traffic.exchange import Credential, Relation, Request, RequestForm
from gateway_contract.traffic.redaction import REDACTED, redact, redact_url
from gateway_contract.values.json_value import ABSENT, Json, compact, read_json
from gateway_contract.values.pointer import leaves, placed, read

LONGEST_MESSAGE = 200  # characters; a message of the validator quotes the value
_TEXT: dict[str, Json] = {"type": "string"}
_BASE64 = "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"
_REQUEST: dict[str, Json] = {
    "type": "object",
    "required": ["method", "path", "headers", "credential"],
    "anyOf": [{"required": ["body"]}, {"required": ["base64"]}],
    "properties": {
        "method": {"type": "string", "pattern": "^[A-Z]+$"},
        "path": {"type": "string", "pattern": "^/"},  # anything else would change the host before it
        "headers": {"type": "array", "items": {"type": "array", "prefixItems": [_TEXT, _TEXT], "minItems": 2}},
        "credential": {"enum": [credential.name.lower() for credential in Credential]},
        "form": {"enum": [form.name.lower() for form in RequestForm]},
        "base64": _TEXT,
    },
}
_COMPARED: dict[str, Json] = {
    "type": ["object", "null"],
    "required": ["relation", "request"],
    "properties": {"relation": {"enum": [relation.name.lower() for relation in Relation]}, "request": _REQUEST},
}
_EXCHANGE: dict[str, Json] = {
    "type": "object",
    "required": ["request", "answer"],
    "properties": {
        "name": _TEXT,
        "request": _REQUEST,
        "compared": _COMPARED,
        "answer": {"type": "object"},
        "upstream": {"type": ["array", "null"]},
        "upstream_address": {"type": ["string", "null"]},
        "minimal_fields": {"type": ["array", "null"]},
        "earlier": {
            "type": ["object", "null"],
            "required": ["name", "base64"],
            "properties": {"name": _TEXT, "base64": {"type": "string", "pattern": _BASE64}},
        },
        "spelling_rejected": {"type": "boolean"},
    },
}
_REPORT: dict[str, Json] = {
    "type": "object",
    "required": ["contract", "gateway", "rules"],
    "properties": {
        "contract": _TEXT,
        "gateway": _TEXT,
        "name": _TEXT,
        "rules": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["id", "failures"],
                "properties": {
                    "id": _TEXT,
                    "failures": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["expected", "observed", "exchange"],
                            "properties": dict.fromkeys(("expected", "observed", "exchange", "note"), _TEXT),
                        },
                    },
                },
            },
        },
    },
}
HINT = "give a file like report/powerbuyin/exchanges/0001.json, with its report.json two folders up"


class StoredError(Exception):
    """A stored exchange that cannot be read, or cannot be sent again as it was; says what to give instead."""


@dataclass(frozen=True, slots=True)
class StoredExchange:
    """An exchange as a report keeps it, and the rules that rested on it with what they saw and what that took.

    `listed_in_part` are the rules of whose failures the report has the first ones only: of others nothing is known.
    """

    document: Mapping[str, Json]
    request: Request
    gateway: str
    contract: str
    failed: Mapping[str, Finding]
    listed_in_part: frozenset[str]
    name: str = ""  # of the gateway in the configuration
    folder: Path = Path("report")  # of the report's gateway, which holds a folder for each contract

    upstream_tls: bool = False  # whether the suite served as the upstream over TLS
    upstream_names: tuple[str, ...] = ()  # that its certificate was for

    @property
    def upstream_address(self) -> str | None:
        """Where the suite listened as the upstream, as host:port."""
        address = self.document.get("upstream_address")
        return address if isinstance(address, str) else None


def read_stored(path: Path) -> StoredExchange:
    """What a report keeps in a file below its `exchanges`. Raises StoredError, which says what is wrong and where."""
    document = _document(path, _EXCHANGE)
    report = _document(path.parent.parent / "report.json", _REPORT)
    try:
        request = request_from_json(document)
    except ValueError as error:
        raise StoredError(f"{path} is not a stored exchange: /request/base64 is not Base64; {HINT}") from error
    own = f"{path.parent.name}/{path.name}"
    failed = {
        str(rule["id"]): Finding(Outcome.FAIL, failure["expected"], failure["observed"], failure.get("note", ""))
        for rule in report["rules"]
        for failure in rule["failures"]
        if failure["exchange"] == own
    }
    in_part = frozenset(rule["id"] for rule in report["rules"] if len(rule["failures"]) == MOST_FAILURES)
    return StoredExchange(
        document,
        request,
        report["gateway"],
        report["contract"],
        failed,
        in_part,
        report.get("name", ""),
        path.parent.parent.parent,
        _option(report, "upstream.tls") == SELF_SIGNED,
        _hosts(_option(report, "upstream.names")),
    )


def _option(report: Mapping[str, Json], key: str) -> Json:
    """What a report says that an option was; None where it says nothing."""
    found = read(report, f"/options/{key}/value")
    return None if found is ABSENT else found


def _hosts(value: Json) -> tuple[str, ...]:
    listed = value if isinstance(value, list) else [value]
    return tuple(host for host in listed if isinstance(host, str) and is_host(host))


def _document(path: Path, schema: dict[str, Json]) -> Any:  # noqa: ANN401 # checked by the schema
    kind = "stored exchange" if schema is _EXCHANGE else "report"
    try:
        document = orjson.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise StoredError(f"{path} is not a {kind}: {reason}; {HINT}") from error
    for problem in jsonschema_rs.validator_for(schema).iter_errors(document):
        where = "".join(f"/{part}" for part in problem.instance_path) or "the document"
        message = one_line(redact(problem.message))[-LONGEST_MESSAGE:]
        raise StoredError(f"{path} is not a {kind}: at {where}, {message}; {HINT}")
    return document


def destination(found: StoredExchange, gateway: str | None) -> str:
    """Where the request and the token go: where the user says, or to the report's gateway on this machine.

    Raises StoredError: whoever writes a report must not receive a token by it.
    """
    if gateway is not None:
        return gateway
    if not _is_loopback(found.gateway):
        told = "a token is sent to no other machine that only a report names"
        raise StoredError(
            f"the report names the gateway {one_line(redact_url(found.gateway, ()))}; {told}: give --gateway URL"
        )
    return found.gateway


def listening_address(found: StoredExchange, upstream: str | None) -> str | None:
    """Where to listen as the upstream, as host:port: where the user says, or where the run did on the loopback device.

    Raises StoredError: whoever writes a report must not open a port to others by it.
    """
    address = upstream or found.upstream_address
    if upstream is None and address is not None and not _is_loopback(f"http://{address}"):
        told = "an address that others reach is not taken from a report"
        raise StoredError(f"the report names the upstream {one_line(address)}; {told}: give --upstream HOST:PORT")
    return address


def check_requests(found: StoredExchange, contract: Contract) -> None:
    """Raises StoredError for a request that the suite does not send: of another path, or with another method."""
    operation, compared = contract.operation, found.document.get("compared")
    others = {case.name: case.method for case in method_cases()}  # which have no body
    for stored in (found.document, compared):
        if not isinstance(stored, Mapping):
            continue
        request = request_from_json(stored)
        other = others.get(str(stored.get("name"))) if not request.content else None
        if request.path != operation.path or request.method not in {operation.method, other}:
            asked, own = one_line(f"{request.method} {request.path}"), f"{operation.method} {operation.path}"
            raise StoredError(f"this is not a stored exchange of {contract.name}: it asks {asked}, not {own}; {HINT}")


def _is_loopback(gateway: str) -> bool:
    if gateway.startswith(UNIX):
        return True
    try:
        host = httpx.URL(gateway).host
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except (httpx.InvalidURL, ValueError):  # ValueError: a name
        return False


def restored(found: StoredExchange, contract: Contract) -> Request:
    """The request with what the suite itself wrote where the report redacts it.

    Raises StoredError if more than that is redacted: a request with other values tests something else.
    """
    request, body = found.request, found.request.body
    case = next((case for case in overriding_cases(contract) if case.name == found.document.get("name")), None)
    if case is not None and REDACTED.encode() in request.content:
        planned = read_json(case.content)
        for pointer, leaf in leaves(body):  # type: ignore[arg-type] # JSON or ABSENT
            written = read(planned, pointer)
            if leaf == REDACTED and isinstance(written, str):
                body = placed(body, pointer, written)  # type: ignore[arg-type] # as above
        request = replace(request, body=body, content=compact(body))  # type: ignore[arg-type] # as above
    if REDACTED.encode() in request.content or REDACTED in request.path:
        raise StoredError(f"the request cannot be sent again as it was: the report holds {REDACTED} for a part of it")
    return request
