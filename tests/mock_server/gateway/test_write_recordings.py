"""What a real upstream brings is recorded without secrets, and replayed by another mock."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from gateway_contract.contract.definition import Contract
from mock_server.cli import main
from mock_server.gateway.recordings import RecordingError, read_recordings
from mock_server.gateway.write_recordings import REDACTED_REQUEST, without_secrets
from mock_server.runtime.mock import MockSettings
from mock_server.upstream.stub import UpstreamStub
from tests.mock_server.admin.seen import TOKEN, Body, Seen, seen
from tests.mock_server.served import DASHSCOPE, fault_named, served, stub_served

OUR_KEY = "sk-that-costs-money"
WISH = "a kite that costs nothing"
MODERATED = "what the moderation rejects"


@contextmanager
def recording(contract: Contract, folder: Path) -> Iterator[Seen]:
    """A mock before a real upstream, which is another mock's."""

    def settings(own: str) -> MockSettings:
        return MockSettings(own, proxy_upstream=real.url, upstream_key=OUR_KEY, record=folder)

    with stub_served(contract) as real, seen([contract], settings) as mock:
        yield mock


@pytest.fixture(scope="module")
def recorded(powertokens: Contract, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What three requests left behind: for links, for images within the response, and one that fails."""
    folder = tmp_path_factory.mktemp("recorded")
    asked: Body = {"model": "qwen-image-2.0-pro", "prompt": f"{WISH} {OUR_KEY}", "size": "512*512", "n": 2}
    with recording(powertokens, folder) as mock:
        assert mock.ask("powertokens", asked).headers["x-mock-warning"] == REDACTED_REQUEST
        assert (
            mock.ask("powertokens", asked | {"prompt": WISH, "response_format": "b64_json", "n": 1}).status_code == 200
        )
        scenario = {"x-mock-scenario": "fewer-images"}
        assert mock.ask("powertokens", asked | {"prompt": "under a scenario"}, scenario).status_code == 200
        assert mock.ask("powertokens", asked | {"n": 99}).status_code == 400
        assert "x-mock-warning" not in mock.ask("powertokens", asked | {"prompt": WISH}).headers
    return folder


def contents(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))]


def test_only_requests_that_reached_the_upstream_are_recorded(recorded: Path) -> None:
    prompts = sorted(one["request"]["prompt"] for one in contents(recorded))
    assert prompts == [WISH, WISH, f"{WISH} [redacted]"]


def test_a_request_that_had_to_be_redacted_is_not_recorded_as_exact(recorded: Path) -> None:
    exact = {one["request"]["prompt"]: one["exact"] for one in contents(recorded)}
    assert exact == {WISH: True, f"{WISH} [redacted]": False}


def test_no_file_holds_a_secret_and_only_its_owner_can_read_it(recorded: Path) -> None:
    for path in recorded.iterdir():
        content = path.read_bytes()
        assert path.stat().st_mode & 0o777 == 0o600
        for secret in (OUR_KEY, TOKEN, "Signature", "OSSAccessKeyId", "http://"):
            assert secret.encode() not in content, path


def test_another_mock_replays_what_was_recorded(powertokens: Contract, recorded: Path) -> None:
    asked: Body = {"model": "qwen-image-2.0-pro", "prompt": WISH, "size": "512*512", "n": 2}
    with seen([powertokens], lambda own: MockSettings(own, recordings=read_recordings(recorded))) as mock:
        for _ in range(2):
            links = [item["url"] for item in mock.ask("powertokens", asked).json()["data"]]
            found = {mock.http.get(link).content for link in links}
            assert found <= {path.read_bytes() for path in recorded.glob("*.png")}
            assert len(found) == 2
        inline = mock.ask("powertokens", asked | {"response_format": "b64_json", "n": 1})
        assert inline.json()["data"][0]["b64_json"] in {
            item.get("b64_json") for one in contents(recorded) for item in one["response"]["body"]["data"]
        }
        assert len(mock.mock.stubs["dashscope"].calls) == 0
        assert mock.ask("powertokens", asked | {"n": 1}).status_code == 200  # no recording equals it
        assert len(mock.mock.stubs["dashscope"].calls) == 1


def test_an_error_of_the_upstream_is_recorded_and_replayed(powertokens: Contract, tmp_path: Path) -> None:
    asked: Body = {"model": "qwen-image-2.0-pro", "prompt": MODERATED}
    assert powertokens.upstream is not None
    stub = UpstreamStub(powertokens.upstream, DASHSCOPE, fault_of=lambda _: fault_named("rate-limit(retry_after=2)"))
    with (
        served(stub) as real,
        seen([powertokens], lambda own: MockSettings(own, proxy_upstream=real.url, record=tmp_path)) as mock,
    ):
        first = mock.ask("powertokens", asked)
    with seen([powertokens], lambda own: MockSettings(own, recordings=read_recordings(tmp_path))) as mock:
        again = mock.ask("powertokens", asked)
    assert (again.status_code, again.json(), again.headers["retry-after"]) == (429, first.json(), "2")


def test_what_cannot_be_written_is_told_and_the_client_is_answered(powertokens: Contract, tmp_path: Path) -> None:
    with recording(powertokens, tmp_path / "gone") as mock:
        answer = mock.ask("powertokens", {"model": "qwen-image-2.0-pro", "prompt": WISH})
    assert (answer.status_code, answer.headers["x-mock-warning"]) == (200, "not recorded: No such file or directory")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("see https://u:p@x.example/a.png?Signature=abc&b=1, or not", "see https://x.example/a.png?[redacted] or not"),
        ("https://x.example/images/" + "a" * 64 + ".png", "https://x.example/images/[redacted].png"),
        ("https://x.example/a.png", "https://x.example/a.png"),
        ("is it 1://2?", "is it 1://2?"),
    ],
)
def test_links_lose_what_signs_them(text: str, shown: str) -> None:
    assert without_secrets({"a": [text]}, ()) == {"a": [shown]}


@pytest.mark.parametrize("name", ["../secret.png", "gone.png", ".", "/etc/passwd", ""])
def test_a_recording_must_name_images_beside_it(tmp_path: Path, name: str) -> None:
    tmp_path.with_name("secret.png").write_bytes(b"")
    content = {"request": {}, "response": {"body": {"data": [{"url": f"recorded:{name}"}]}}}
    (tmp_path / "a.json").write_text(json.dumps(content), "utf-8")
    with pytest.raises(RecordingError, match="must name an image in the same directory"):
        read_recordings(tmp_path)


def test_recording_needs_a_real_upstream(tmp_path: Path) -> None:
    outcome = CliRunner().invoke(main, ["--record", str(tmp_path / "new")])
    assert outcome.exit_code == 2
    assert "--record needs --proxy-upstream or --upstream-url" in outcome.output
