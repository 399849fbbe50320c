"""What fuzzing found is kept whole, once, and without secrets."""

from pathlib import Path

import orjson
import pytest

from contract_tests.fuzzing.regressions import FILE, Regression, RegressionsError, keep, regressions
from contract_tests.run import prepare, run
from contract_tests.settings import Settings
from gateway_contract.traffic.exchange import Answer, Exchange
from tests.contract_tests.gateways import TOKEN, silent
from tests.contract_tests.three_contracts import request


def found(content: bytes) -> Exchange:
    return Exchange(request(content), Answer(500, (), b"", None, 0.1, 0.0))


@pytest.mark.parametrize("content", [b'{"a":1}', b'{"a": 1}', b"\xff{", b"", '{"a":"灯塔"}'.encode()])
def test_what_is_kept_is_what_was_sent_to_the_byte(tmp_path: Path, content: bytes) -> None:
    keep(tmp_path, [("paintbox/a/type", found(content))], [])
    assert regressions(tmp_path) == (Regression("paintbox/a/type", content),)


def test_finds_are_added_in_their_order_and_once(tmp_path: Path) -> None:
    keep(tmp_path / "new", [("b", found(b"{}"))], [])
    keep(tmp_path / "new", [("a", found(b"{}")), ("b", found(b"{}"))], [])
    assert [entry.rule for entry in regressions(tmp_path / "new")] == ["b", "a"]


def test_a_body_can_be_read_and_holds_no_token(tmp_path: Path) -> None:
    keep(tmp_path, [("a", found(orjson.dumps({"text": f"say {TOKEN}"})))], [TOKEN])
    text = (tmp_path / FILE).read_text("utf-8")
    assert TOKEN not in text
    assert orjson.loads(text) == [{"rule": "a", "body": {"text": "say [redacted]"}}]


def test_nothing_found_writes_nothing(tmp_path: Path) -> None:
    keep(tmp_path, [], [])
    assert list(tmp_path.iterdir()) == []
    assert regressions(tmp_path) == ()


@pytest.mark.parametrize("content", [b"{", b'[{"rule": "a"}]', b"[1]", b'[{"rule": "a", "base64": "?"}]'])
def test_a_file_that_was_spoilt_is_told_before_anything_is_sent(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "powertokens").mkdir()
    (tmp_path / "powertokens" / FILE).write_bytes(content)
    with pytest.raises(RegressionsError, match="Fix or delete it"):
        regressions(tmp_path / "powertokens")
    ended = run(prepare(Settings("powertokens", report=tmp_path, fuzz=1)), silent)
    assert "Fix or delete it" in ended.not_tested
    assert ended.cost.requests == 0
