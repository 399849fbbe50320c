"""A stored exchange can be sent again, and says what changed."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from io import StringIO
from pathlib import Path

import orjson
import pytest
from rich.console import Console

from contract_tests.observation import observing
from contract_tests.report.changes_list import print_changes
from contract_tests.report.json_report import write_report
from contract_tests.rerun import Change, StoredError, changes, failing_rules, played_in, sent_again, stored
from contract_tests.running import Loaded, loaded, run
from contract_tests.settings import Settings
from contract_tests.target import BUNDLED_TOKEN, bundled_gateway
from contract_tests.verdicts import Run
from gateway_contract.contract import Contract
from gateway_contract.pointer import read, removed
from gateway_contract.values import Json
from mock_server.gateway import Gateway, Map, map_body
from mock_server.gateway_app import gateway_app
from mock_server.serving import listen, serving

LOST = "powerbuyin/seed/preserves-0"


def loses_zero(gateway: Gateway, body: Json) -> Json:
    call = map_body(gateway, body)
    for field in gateway.contract.mapped:
        if read(call, field.upstream) == 0:
            call = removed(call, field.upstream)
    return call


def free_port() -> int:
    with listen("127.0.0.1", 0) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def gateway_before(port: int, contract: Contract, mapping: Map) -> Iterator[str]:
    """A gateway whose upstream is at a port where somebody will listen."""
    with observing(contract, "127.0.0.1", 0) as elsewhere:
        gateway = bundled_gateway(contract, elsewhere)
    assert contract.upstream is not None
    upstream = replace(gateway.upstream, url=f"http://127.0.0.1:{port}{contract.upstream.base}")
    with serving(gateway_app(replace(gateway, upstream=upstream, map=mapping))) as url:
        yield url


def ready_for(url: str, port: int) -> Loaded:
    return loaded(Settings("powerbuyin", url, token=BUNDLED_TOKEN, upstream=f"127.0.0.1:{port}"))


def about(ready: Loaded, *rules: str) -> Loaded:
    return replace(ready, selected=frozenset(rules))


def run_about(ready: Loaded, *rules: str) -> Run:
    return run(about(ready, *rules), lambda *_: None)


@pytest.fixture(scope="module")
def lossy_report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first exchange of the report on a gateway that loses every 0."""
    folder, port = tmp_path_factory.mktemp("report"), free_port()
    contract = loaded(Settings("powerbuyin")).contract
    with gateway_before(port, contract, loses_zero) as url:
        report = write_report(run_about(ready_for(url, port), LOST), folder, [BUNDLED_TOKEN])
    rules = {rule["id"]: rule for rule in orjson.loads(report.read_bytes())["rules"]}
    return report.parent / str(rules[LOST]["failures"][0]["exchange"])


@pytest.mark.parametrize(("mapping", "breaks"), [(loses_zero, [LOST]), (map_body, [])])
def test_a_rerun_tells_whether_the_rule_is_broken_still(lossy_report: Path, mapping: Map, breaks: list[str]) -> None:
    found, port = stored(lossy_report), free_port()
    contract = loaded(Settings("powerbuyin")).contract
    with gateway_before(port, contract, mapping) as url:
        ready = ready_for(url, port)
        exchange = sent_again(found, ready)
    failing = failing_rules(ready, exchange)
    assert list(failing) == breaks
    seen = {change.what: (change.before, change.after) for change in changes(found, ready, exchange, failing)}
    expected = {LOST: ("dropped", "passes"), "/upstream/0/body/parameters/seed": ("nothing", "0")}
    assert {what: seen.get(what) for what in expected} == ({} if breaks else expected) or (breaks and seen == {})


def test_a_file_that_is_no_exchange_says_what_to_give(tmp_path: Path) -> None:
    path = tmp_path / "0001.json"
    path.write_text("[]")
    with pytest.raises(StoredError, match=r"0001\.json is no stored exchange .* give a file like report/"):
        stored(path)


def test_the_failure_that_the_upstream_played_is_played_again() -> None:
    assert played_in({"upstream": [{"played": None}, {"played": "no-choices"}]}) == "no-choices"
    assert played_in({"upstream": [{"played": "what nobody plays"}]}) is None
    assert played_in({"upstream": None}) is None


def test_changes_are_listed_short_and_without_secrets() -> None:
    console = Console(file=StringIO(), width=80)
    print_changes(
        [Change(f"/at/{index}", "sk-secret-token", "x" * 100) for index in range(25)], console, ["sk-secret-token"]
    )
    text = console.file.getvalue()  # type: ignore[attr-defined] # a StringIO
    assert text.splitlines()[0] == f"/at/0: [redacted] -> {'x' * 60}"
    assert text.splitlines()[-1] == "and 5 more"


def test_nothing_changed_is_said() -> None:
    console = Console(file=StringIO(), width=80)
    print_changes([], console, [])
    assert console.file.getvalue() == "nothing changed\n"  # type: ignore[attr-defined] # a StringIO
