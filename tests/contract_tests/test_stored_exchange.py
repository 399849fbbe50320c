"""A report is untrusted input: it names no place for a token, and nothing of it is taken for what it is not."""

from base64 import b64encode
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from contract_tests.planning.plan import overriding_cases
from contract_tests.report.exchange_file import request_from_json
from contract_tests.stored_exchange import (
    StoredError,
    StoredExchange,
    check_requests,
    destination,
    listening_address,
    read_stored,
    restored,
)
from gateway_contract.contract.load_contract import contract_path, load_contract
from gateway_contract.traffic.redaction import redact
from gateway_contract.values.json_value import Json

CONTRACT = load_contract(contract_path("powerbuyin"))
REQUEST: dict[str, Json] = {"method": "POST", "path": "/v1", "headers": [], "credential": "right", "body": {"a": 1}}
EXCHANGE: dict[str, Json] = {"name": "plain", "request": REQUEST, "answer": {"status": 200}}
REPORT: dict[str, Json] = {"contract": "powerbuyin", "gateway": "http://127.0.0.1:3000", "rules": []}


def stored(**changed: Json) -> StoredExchange:
    document = {**EXCHANGE, **changed}
    return StoredExchange(document, request_from_json(document), "http://127.0.0.1:3000", "powerbuyin", {}, frozenset())


def written(folder: Path, exchange: Json, report: Json) -> Path:
    path = folder / "exchanges" / "0001.json"
    path.parent.mkdir()
    path.write_bytes(orjson.dumps(exchange))
    (folder / "report.json").write_bytes(orjson.dumps(report))
    return path


@pytest.mark.parametrize("gateway", ["http://127.0.0.1:3000", "http://localhost/gw", "https://[::1]:8443"])
def test_a_gateway_on_this_machine_may_come_from_the_report(gateway: str) -> None:
    assert destination(replace(stored(), gateway=gateway), None) == gateway


@pytest.mark.parametrize(
    "gateway",
    [
        "https://gw.example.com",
        "http://127.0.0.1.example.com",
        "http://127.0.0.1@example.com",
        "http://localhost.example.com",
        "http://10.0.0.1",
        "the bundled mock",
        "http://[",
    ],
)
def test_another_gateway_must_be_given(gateway: str) -> None:
    found = replace(stored(), gateway=gateway)
    with pytest.raises(StoredError, match=r"a token is sent to no other machine .*: give --gateway URL"):
        destination(found, None)
    assert destination(found, "https://mine.example.com") == "https://mine.example.com"


A_NUMBER: Json = ["a", 1]
MALFORMED: list[tuple[dict[str, Json], str]] = [
    ({"request": {**REQUEST, "path": "@example.com/v1"}}, "/request/path"),
    ({"request": {**REQUEST, "path": ".example.com/v1"}}, "/request/path"),
    ({"request": {**REQUEST, "headers": [["a"]]}}, "/request/headers/0"),
    ({"request": {**REQUEST, "headers": [A_NUMBER]}}, "/request/headers/0/1"),
    ({"request": {**REQUEST, "credential": "any"}}, "/request/credential"),
    ({"request": {**REQUEST, "base64": "a"}}, "/request/base64"),
    ({"request": 1}, "/request"),
    ({"upstream_address": 9900}, "/upstream_address"),
]


@pytest.mark.parametrize(("changed", "where"), MALFORMED)
def test_a_malformed_exchange_says_where_it_is_malformed(tmp_path: Path, changed: dict[str, Json], where: str) -> None:
    path = written(tmp_path, {**EXCHANGE, **changed}, REPORT)
    with pytest.raises(StoredError, match=rf"0001\.json is not a stored exchange: (at )?{where}\b"):
        read_stored(path)


def test_a_malformed_report_says_where_it_is_malformed(tmp_path: Path) -> None:
    path = written(tmp_path, EXCHANGE, {**REPORT, "rules": [{"id": 1, "failures": []}]})
    with pytest.raises(StoredError, match=r"report\.json is not a report: at /rules/0/id, "):
        read_stored(path)


@pytest.mark.parametrize("address", ["0.0.0.0:22", "10.0.0.1:9900", "[::]:9900", "host:9900"])
def test_another_address_to_listen_at_must_be_given(address: str) -> None:
    with pytest.raises(StoredError, match="is not taken from a report: give --upstream HOST:PORT"):
        listening_address(stored(upstream_address=address), None)
    assert listening_address(stored(upstream_address=address), "0.0.0.0:9900") == "0.0.0.0:9900"


@pytest.mark.parametrize("address", ["127.0.0.1:9900", "[::1]:9900", "localhost:9900", None])
def test_an_address_on_the_loopback_device_may_come_from_the_report(address: str | None) -> None:
    assert listening_address(stored(upstream_address=address), None) == address


OWN: dict[str, Json] = {**REQUEST, "path": "/v1/images/generations"}
DELETES: dict[str, Json] = {**OWN, "method": "DELETE"}
WITHOUT_BODY: dict[str, Json] = {"base64": "", "body": None}


@pytest.mark.parametrize(
    "changed",
    [
        {"request": DELETES},
        {"request": DELETES, "name": "DELETE on the path"},
        {"request": {**DELETES, **WITHOUT_BODY}},
        {"request": {**OWN, "path": "/v1/models"}},
        {"request": {**OWN, "path": "/v1/images/generations?all=1"}},
        {"request": OWN, "compared": {"relation": "repeated", "request": DELETES}},
    ],
)
def test_a_request_that_the_suite_does_not_send_is_refused(changed: dict[str, Json]) -> None:
    with pytest.raises(StoredError, match=r"is not a stored exchange of powerbuyin: it asks .*, not POST /v1/images"):
        check_requests(stored(**changed), CONTRACT)


def test_what_the_suite_sends_is_not_refused() -> None:
    check_requests(stored(request=OWN), CONTRACT)
    check_requests(stored(request={**DELETES, **WITHOUT_BODY}, name="DELETE on the path"), CONTRACT)


def test_what_the_suite_wrote_is_restored_and_other_redacted_parts_are_refused() -> None:
    case = next(case for case in overriding_cases(CONTRACT) if case.name == "names another key")
    content = redact(case.content)
    assert content != case.content
    found = stored(name=case.name, request={**REQUEST, "base64": b64encode(content).decode()})
    assert restored(found, CONTRACT).content == case.content
    with pytest.raises(StoredError, match=r"cannot be sent again as it was: the report holds \[redacted\]"):
        restored(replace(found, document={**found.document, "name": "plain"}), CONTRACT)
