"""A stored exchange can be sent again, and says what changed."""

import itertools
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from io import StringIO
from pathlib import Path

import orjson
import pytest
from rich.console import Console
from starlette.types import ASGIApp

from contract_tests.client.case import Case
from contract_tests.command.configuration import find_configuration
from contract_tests.command.option_values import Values, resolve
from contract_tests.command.rerun_command import rerun_exchange, rerun_values
from contract_tests.execution.observer import serve_upstream
from contract_tests.report.json_report import write_report
from contract_tests.rerun import (
    ExchangeChange,
    changes,
    failing_rules,
    played_fault,
    print_changes,
    send_again,
)
from contract_tests.results import Run
from contract_tests.run import PreparedRun, prepare, run
from contract_tests.selftest.trials import AppOf
from contract_tests.settings import Settings
from contract_tests.stored_exchange import StoredError, read_stored
from contract_tests.target import BUNDLED_TOKEN, bundled_gateway
from gateway_contract.contract.definition import Contract
from gateway_contract.values.json_value import ABSENT, Json
from gateway_contract.values.pointer import placed, read, removed
from mock_server.defects.catalogue import defects_named
from mock_server.defects.wrapping import ChangedTransport, no_answer_yet
from mock_server.gateway.gateway_app import gateway_app
from mock_server.gateway.stages import Gateway, GatewayRequest, GatewayResponse, MapStage, answer, generate, map_body
from mock_server.serving.error_response import ErrorResponse
from mock_server.serving.server import serving
from mock_server.upstream.client import http_transport
from tests.ports import free_port

pytestmark = pytest.mark.slow

LOST = "powerbuyin/seed/preserves-0"


def loses_zero(gateway: Gateway, body: Json) -> Json:
    call = map_body(gateway, body)
    for field in gateway.contract.mapped:
        if read(call, field.upstream) == 0:
            call = removed(call, field.upstream)
    return call


@contextmanager
def gateway_before(port: int, contract: Contract, mapping: MapStage, app_of: AppOf = gateway_app) -> Iterator[str]:
    """A gateway whose upstream is at a port where somebody will listen."""
    with serve_upstream(contract, "127.0.0.1", 0) as elsewhere:
        gateway = bundled_gateway(contract, elsewhere)
    assert contract.upstream is not None
    url = f"http://127.0.0.1:{port}{contract.upstream.base}"
    upstream = replace(gateway.upstream, url=url, transport=http_transport())
    with serving(app_of(replace(gateway, upstream=upstream, map=mapping))) as url:
        yield url


def ready_for(url: str, port: int) -> PreparedRun:
    settings = Settings("powerbuyin", url, token=BUNDLED_TOKEN, upstream=f"127.0.0.1:{port}", slow_upstream=0.1)
    return prepare(settings)


def values_for(url: str, upstream: str | None = None) -> Values:
    return resolve({"url": url, "token": BUNDLED_TOKEN, "upstream_listen": upstream}, {})


def about(ready: PreparedRun, *rules: str) -> PreparedRun:
    return replace(ready, selected=frozenset(rules))


def run_about(ready: PreparedRun, *rules: str) -> Run:
    return run(about(ready, *rules), lambda *_: None)


@pytest.fixture(scope="module")
def lossy_report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first exchange of the report on a gateway that loses every 0."""
    folder, port = tmp_path_factory.mktemp("report"), free_port()
    contract = prepare(Settings("powerbuyin")).contract
    with gateway_before(port, contract, loses_zero) as url:
        report = write_report(run_about(ready_for(url, port), LOST), folder, [BUNDLED_TOKEN])
    rules = {rule["id"]: rule for rule in orjson.loads(report.read_bytes())["rules"]}
    return report.parent / str(rules[LOST]["failures"][0]["exchange"])


@pytest.mark.parametrize(("mapping", "breaks"), [(loses_zero, [LOST]), (map_body, [])])
def test_a_rerun_tells_whether_the_rule_is_broken_still(
    lossy_report: Path, mapping: MapStage, breaks: list[str]
) -> None:
    found, port = read_stored(lossy_report), free_port()
    contract = prepare(Settings("powerbuyin")).contract
    with gateway_before(port, contract, mapping) as url:
        ready = ready_for(url, port)
        exchange = send_again(found, ready)
    failing = failing_rules(ready, exchange)
    assert list(failing) == breaks
    seen = {change.what: (change.before, change.after) for change in changes(found, ready, exchange, failing)}
    expected = {LOST: ("dropped", "passes"), "/upstream/0/body/parameters/seed": ("nothing", "0")}
    assert {what: seen.get(what) for what in expected} == ({} if breaks else expected) or (breaks and seen == {})


def reported(
    folder: Path, mapping: MapStage, *rules: str, app_of: AppOf | None = None
) -> list[tuple[str, set[str], bool]]:
    """The exchanges of a report, each sent again at once: its name, what is told as changed, and whether it fails."""
    port, contract = free_port(), prepare(Settings("powerbuyin")).contract
    found = []
    with gateway_before(port, contract, mapping, app_of or gateway_app) as url:
        ready = ready_for(url, port)
        report = write_report(run_about(ready, *rules), folder, [BUNDLED_TOKEN])
        for path in sorted((report.parent / "exchanges").glob("*.json")):
            kept = read_stored(path)
            exchange = send_again(kept, ready)
            now = failing_rules(ready, exchange)
            changed = {change.what for change in changes(kept, ready, exchange, now)}
            found.append((str(kept.document["name"]), changed, bool(now)))
    return found


def test_what_a_failure_takes_is_no_change_nor_are_other_images_and_times(tmp_path: Path) -> None:
    def loses_the_seed_of_several(gateway: Gateway, body: Json) -> Json:
        call = map_body(gateway, body)
        return call if read(call, "/parameters/n") in {ABSENT, 1} else removed(call, "/parameters/seed")

    found = reported(tmp_path, loses_the_seed_of_several, LOST, "powerbuyin/seed/mapped")
    assert any("again" in name for name, _, _ in found)
    assert [(name, changed) for name, changed, _ in found if changed] == []
    assert all(breaks for _, _, breaks in found)


def test_a_failure_by_chance_that_does_not_come_again_says_how_often_it_came(tmp_path: Path) -> None:
    calls = itertools.count()

    def loses_zero_now_and_then(gateway: Gateway, body: Json) -> Json:
        return loses_zero(gateway, body) if next(calls) % 3 == 0 else map_body(gateway, body)

    port, contract = free_port(), prepare(Settings("powerbuyin")).contract
    with gateway_before(port, contract, loses_zero_now_and_then) as url:
        report = write_report(run_about(ready_for(url, port), LOST), tmp_path, [BUNDLED_TOKEN])
    rules = {rule["id"]: rule for rule in orjson.loads(report.read_bytes())["rules"]}
    kept = read_stored(report.parent / rules[LOST]["failures"][0]["exchange"])
    with gateway_before(port, contract, map_body) as url:
        ready = ready_for(url, port)
        exchange = send_again(kept, ready)
        found = changes(kept, ready, exchange, failing_rules(ready, exchange))
        lost = next(change for change in found if change.what == LOST)
    assert re.fullmatch(r"dropped, in \d of 10 tries", lost.before)
    assert lost.after == "passes"


def test_the_failure_before_a_request_is_played_again(tmp_path: Path) -> None:
    fails_next = defects_named("upstream-failure-next-request-fails", [prepare(Settings("powerbuyin")).contract])
    found = reported(tmp_path, map_body, "powerbuyin/upstream-failure/recovers", app_of=fails_next["powerbuyin"].app)
    assert found
    assert all(name.startswith("after ") for name, _, _ in found)
    assert [(name, changed, breaks) for name, changed, breaks in found if changed or not breaks] == []


def test_the_other_layout_is_played_again(tmp_path: Path) -> None:
    def first_choice_only(gateway: Gateway) -> ASGIApp:
        return gateway_app(replace(gateway, call=from_one_choice))

    found = reported(tmp_path, map_body, "powerbuyin/data/length", app_of=first_choice_only)
    assert [(name, breaks) for name, _, breaks in found] == [("three images in the other layout", True)]


def test_the_request_that_must_make_the_same_call_is_sent_again_too(tmp_path: Path) -> None:
    confuses = defects_named("seed-other-case-wins", [prepare(Settings("powerbuyin")).contract])["powerbuyin"]
    found = reported(tmp_path, map_body, "powerbuyin/seed/exact-name", app_of=confuses.app)
    assert found
    assert [(name, changed) for name, changed, breaks in found if changed or not breaks] == []


def test_the_images_of_a_request_for_another_form_are_made_again(tmp_path: Path) -> None:
    grey = defects_named("images-grey-within-response", [prepare(Settings("powerbuyin")).contract])["powerbuyin"]
    found = reported(tmp_path, map_body, "powerbuyin/images/same-in-each-form", app_of=grey.app)
    assert found == [("the same images as b64_json", set(), True)]


async def from_one_choice(
    gateway: Gateway, _body: Json, call: Json, _request: GatewayRequest
) -> list[str] | ErrorResponse:
    """Knows one choice with all images, and takes the first image where there are several choices."""
    heard = no_answer_yet()
    transport = ChangedTransport(gateway.upstream.transport, last_answer=heard)
    links = await replace(gateway.upstream, transport=transport).generate(call)
    answer = heard.get()
    choices = [] if answer is None else read(answer.body, "/output/choices")
    several = isinstance(choices, list) and len(choices) > 1
    return links[:1] if several and not isinstance(links, ErrorResponse) else links


@pytest.mark.parametrize("kept", ["{}", '{"rules": 1}', '{"rules": [{"id": 1}]}', "[]", '{"rules": ['])
def test_a_report_that_is_cut_or_another_thing_says_what_to_give(kept: str, lossy_report: Path, tmp_path: Path) -> None:
    (tmp_path / "exchanges").mkdir()
    path = tmp_path / "exchanges" / "0001.json"
    path.write_bytes(lossy_report.read_bytes())
    (tmp_path / "report.json").write_text(kept)
    with pytest.raises(StoredError, match="give a file like report/"):
        read_stored(path)


def test_the_gateways_own_key_is_not_printed(lossy_report: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key = "own-key-of-the-gateway"

    async def telling(gateway: Gateway, body: Json, links: list[str], request: GatewayRequest) -> GatewayResponse:
        told = await answer(gateway, body, links, request)
        return replace(told, body=placed(told.body, "/created", f"with {key}"))

    def tells_its_key(gateway: Gateway) -> ASGIApp:
        return gateway_app(replace(gateway, answer=telling, upstream=replace(gateway.upstream, key=key)))

    port, contract = free_port(), prepare(Settings("powerbuyin")).contract
    with gateway_before(port, contract, map_body, tells_its_key) as url:
        assert rerun_exchange(read_stored(lossy_report), values_for(url, upstream=f"127.0.0.1:{port}")) == 1
    printed = capsys.readouterr().out
    assert "with [redacted]" in printed
    assert key not in printed


def test_a_rule_of_which_not_every_failure_is_listed_is_told_as_no_change(lossy_report: Path) -> None:
    kept, port = read_stored(lossy_report), free_port()
    unlisted = replace(kept, failed={}, listed_in_part=frozenset({LOST}))
    contract = prepare(Settings("powerbuyin")).contract
    with gateway_before(port, contract, loses_zero) as url:
        ready = ready_for(url, port)
        exchange = send_again(unlisted, ready)
    now = failing_rules(ready, exchange)
    assert [change.what for change in changes(unlisted, ready, exchange, now)] == []
    assert [change.what for change in changes(replace(unlisted, listed_in_part=frozenset()), ready, exchange, now)] == [
        LOST
    ]


def changed_copy(report: Path, folder: Path, changed: dict[str, Json]) -> Path:
    """A copy of a stored exchange and its report, in which parts of the exchange are others."""
    path = folder / "exchanges" / report.name
    path.parent.mkdir()
    path.write_bytes(orjson.dumps({**orjson.loads(report.read_bytes()), **changed}))
    (folder / "report.json").write_bytes((report.parent.parent / "report.json").read_bytes())
    return path


def test_a_rerun_listens_where_the_run_listened_and_says_where_it_sends(
    lossy_report: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    address = str(read_stored(lossy_report).upstream_address)
    contract = prepare(Settings("powerbuyin")).contract
    with gateway_before(int(address.rpartition(":")[2]), contract, map_body) as url:
        assert rerun_exchange(read_stored(lossy_report), values_for(url)) == 0
    first, *_, last = capsys.readouterr().out.splitlines()
    assert first == f"sends to {url}, given by --gateway; the upstream listens at {address}"
    assert last == "it breaks no rule now"


def test_a_rerun_reaches_a_named_gateway_as_the_configuration_says(
    lossy_report: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stored = replace(read_stored(lossy_report), name="local", gateway="http://gw.example.com")
    contract, file = prepare(Settings("powerbuyin")).contract, tmp_path / "gateway.yaml"
    with gateway_before(int(str(stored.upstream_address).rpartition(":")[2]), contract, map_body) as url:
        (tmp_path / "token").write_text(BUNDLED_TOKEN)
        file.write_text(f"gateways: {{local: {{url: '{url}', token: {{file: token}}}}}}")
        assert rerun_exchange(stored, rerun_values(stored, find_configuration(file), {}, {})) == 0
    first = capsys.readouterr().out.splitlines()[0]
    assert first.startswith(f"sends to {url}, named by {file}:1: url; the upstream listens at ")


async def call_named(gateway: Gateway, body: Json, call: Json, request: GatewayRequest) -> list[str] | ErrorResponse:
    """Calls the upstream that the client names."""
    named = read(body, "/base_url")
    upstream = replace(gateway.upstream, url=named) if isinstance(named, str) else gateway.upstream
    return await generate(replace(gateway, upstream=upstream), body, call, request)


def test_a_request_that_names_the_upstream_of_the_run_names_the_one_of_now(
    lossy_report: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stored = read_stored(lossy_report)
    assert isinstance(stored.request.body, dict)
    named: Json = {**stored.request.body, "base_url": f"http://{stored.upstream_address}/chosen-by-the-client"}
    document = orjson.loads(lossy_report.read_bytes())
    changed: dict[str, Json] = {"name": "names another upstream", "request": {**document["request"], "body": named}}
    path, port = changed_copy(lossy_report, tmp_path, changed), free_port()
    contract = prepare(Settings("powerbuyin")).contract

    def app_of(gateway: Gateway) -> ASGIApp:
        return gateway_app(replace(gateway, call=call_named))

    with gateway_before(port, contract, map_body, app_of) as url:
        assert rerun_exchange(read_stored(path), values_for(url, upstream=f"127.0.0.1:{port}")) == 1
    assert "it breaks powerbuyin/upstream/not-overridden" in capsys.readouterr().out


def test_a_rule_about_the_upstream_is_not_fixed_where_nobody_looks(
    lossy_report: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, port = changed_copy(lossy_report, tmp_path, {"upstream_address": None}), free_port()
    contract = prepare(Settings("powerbuyin")).contract
    with serve_upstream(contract, "127.0.0.1", port), gateway_before(port, contract, loses_zero) as url:
        assert rerun_exchange(read_stored(path), values_for(url)) == 2
    assert f"NOT TESTED  {LOST}: " in capsys.readouterr().out


def test_a_rule_is_not_fixed_where_nobody_answers(lossy_report: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nobody, upstream = f"http://127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"
    assert rerun_exchange(read_stored(lossy_report), values_for(nobody, upstream=upstream)) == 2
    assert capsys.readouterr().out.endswith("NOT TESTED  no answer: connection refused\n")


def test_a_file_that_is_no_exchange_says_what_to_give(tmp_path: Path) -> None:
    path = tmp_path / "0001.json"
    path.write_text("[]")
    with pytest.raises(StoredError, match=r"0001\.json is not a stored exchange: .* give a file like report/"):
        read_stored(path)


def test_the_failure_that_the_upstream_played_is_played_again() -> None:
    cases = [Case("a", b"", failure="no-images")]
    assert played_fault({"upstream": [{"played": None}, {"played": "no-images"}]}, cases) == "no-images"
    assert played_fault({"upstream": [{"played": "what nobody plays"}]}, cases) is None
    assert played_fault({"upstream": None}, cases) is None


def test_changes_are_listed_short_and_without_secrets() -> None:
    console = Console(file=StringIO(), width=80)
    print_changes(
        [ExchangeChange(f"/at/{index}", "sk-secret-token", "x" * 100) for index in range(25)],
        console,
        ["sk-secret-token"],
    )
    text = console.file.getvalue()  # type: ignore[attr-defined] # a StringIO
    assert text.splitlines()[0] == f"/at/0: [redacted] -> {'x' * 60}"
    assert text.splitlines()[-1] == "and 5 more"


def test_nothing_changed_is_said() -> None:
    console = Console(file=StringIO(), width=80)
    print_changes([], console, [])
    assert console.file.getvalue() == "nothing changed\n"  # type: ignore[attr-defined] # a StringIO
