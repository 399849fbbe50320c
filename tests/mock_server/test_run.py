"""The command behind `make mock`: in a process of its own, and within this one where that shows more."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner
from PIL import Image

from gateway_contract.contract.definition import Contract
from mock_server.cli import main
from mock_server.options import Options
from mock_server.run import greeting, token_notices
from tests.gateway_contract.invented import write_invented
from tests.mock_server.served import ServedStub
from tests.waiting import wait_until

pytestmark = pytest.mark.slow

FLAT = {"model": "qwen-image-2.0-pro", "prompt": "a lighthouse", "size": "512*512"}
ROOT = Path(__file__).parents[2]
GREETING = 5  # lines: where it listens, the console, two gateways, their upstream


@contextmanager
def started(*options: str) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """The command on a free port, and the lines with which it greets."""
    process = subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", "mock_server", "--port", "0", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert process.stdout is not None
    try:
        yield process, [process.stdout.readline().strip() for _ in range(GREETING)]
    finally:
        process.kill()
        process.communicate()


def url_of(lines: list[str]) -> str:
    assert lines[0].startswith("Listening on http://127.0.0.1:"), lines
    return lines[0].removeprefix("Listening on ")


@pytest.mark.parametrize("stopping", [signal.SIGINT, signal.SIGTERM], ids=lambda stopping: stopping.name)
def test_it_says_where_it_listens_answers_and_stops_quietly(stopping: signal.Signals) -> None:
    with started() as (process, lines):
        url = url_of(lines)
        answer = httpx.post(
            f"{url}/powertokens/v1/images/generations",
            json=FLAT,
            headers={"authorization": "Bearer x"},
            timeout=30,
            trust_env=False,
        )
        assert httpx.get(answer.json()["data"][0]["url"], trust_env=False).content.startswith(b"\x89PNG")
        process.send_signal(stopping)
        said, complained = process.communicate(timeout=30)
    assert (process.returncode, said, complained) == (0, "", "")
    assert [line.split()[-1] for line in lines[1:]] == [
        f"{url}/",
        f"{url}/powertokens/v1/images/generations",
        f"{url}/powerbuyin/v1/images/generations",
        f"{url}/dashscope/api/v1",
    ]


@pytest.mark.parametrize("stopping", [signal.SIGINT, signal.SIGTERM], ids=lambda stopping: stopping.name)
def test_it_stops_quietly_even_before_it_was_called(stopping: signal.Signals) -> None:
    with started() as (process, _):
        process.send_signal(stopping)
        _, complained = process.communicate(timeout=30)
    assert (process.returncode, complained) == (0, "")


@pytest.mark.parametrize(("scenario", "presses"), [("latency(60s)", 1), ("latency(60s)", 2), ("slow-body(60s)", 1)])
def test_it_stops_quietly_and_soon_while_it_answers(scenario: str, presses: int) -> None:
    with started() as (process, lines), ThreadPoolExecutor() as threads:
        url = f"{url_of(lines)}/powertokens/v1/images/generations"
        headers = {"authorization": "Bearer x", "x-mock-scenario": scenario}
        slow = threads.submit(httpx.post, url, json=FLAT, headers=headers, timeout=30, trust_env=False)
        # Only once it is under way has the server surely accepted a request; an earlier signal would reset it.
        wait_until(lambda: scenario in httpx.get(f"{url_of(lines)}/_mock/requests", trust_env=False, timeout=30).text)
        with httpx.stream("GET", f"{url_of(lines)}/_mock/events", timeout=30, trust_env=False) as events:
            for _ in range(presses):
                process.send_signal(signal.SIGINT)
                time.sleep(0.2)
            _, complained = process.communicate(timeout=20)
            assert isinstance(slow.exception(), httpx.TransportError)
            events.read()  # to its end, without an error
        assert events.status_code == 200
    assert (process.returncode, complained) == (0, "")


def test_help_answers_without_serving_anything() -> None:
    result = CliRunner().invoke(main, ["--help"])
    assert result.exit_code == 0
    assert {"--port", "--host", "--contract", "--token", "--upstream-url"} <= set(result.output.split())


def failed(*options: str) -> str:
    """The one line with which the command gives up."""
    result = CliRunner().invoke(main, options)
    assert result.exit_code != 0
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    return line


def test_a_port_in_use_is_told_in_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert failed("--port", str(port)) == f"Error: cannot listen on 127.0.0.1:{port}: Address already in use"


def test_an_unknown_contract_is_told_in_one_sentence() -> None:
    assert failed("--contract", "nobody") == (
        "Error: no contract 'nobody'; there are powertokens and powerbuyin; or give a file's path"
    )
    assert failed("--contract", "nobody.yaml") == "Error: nobody.yaml does not exist"


def test_a_document_that_is_no_contract_is_told_in_one_sentence() -> None:
    line = failed("--port", "0", "--contract", str(ROOT / "openapi" / "dashscope.yaml"))
    assert line.endswith(": 5 operations; a contract describes exactly one operation")


def test_two_contracts_of_one_name_are_told_in_one_sentence() -> None:
    line = failed("--port", "0", "--contract", "powertokens", "--contract", "powertokens")
    assert line.endswith(": another contract is called powertokens, too; give the file another name")


def test_a_file_of_scenarios_is_read_before_anything_is_served(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("scenarios:\n- {name: a, apply: reste}\n")
    line = failed("--port", "0", "--scenario-file", str(tmp_path / "mine.yaml"))
    assert line.startswith(f"Error: {tmp_path / 'mine.yaml'}:2: Unknown scenario 'reste'. Did you mean reset")


def test_a_folder_without_pictures_is_told_in_one_sentence(tmp_path: Path) -> None:
    assert failed("--port", "0", "--image-dir", str(tmp_path)).startswith(
        f"Error: no picture can be taken from {tmp_path}"
    )


def test_a_folder_without_recorded_answers_is_told_in_one_sentence(tmp_path: Path) -> None:
    said = failed("--port", "0", "--recordings", str(tmp_path))
    assert said == f"Error: no recordings in {tmp_path}: it has no .json file"


def test_own_pictures_and_recorded_answers_come_in_place_of_made_ones(tmp_path: Path) -> None:
    Image.new("RGB", (64, 64), "#c03020").save(tmp_path / "red.png")
    options = ["--image-dir", str(tmp_path), "--recordings", str(ROOT / "fixtures" / "recorded"), "--link-ttl", "60"]
    with started(*options) as (_, lines), httpx.Client(trust_env=False, timeout=30) as http:
        url = f"{url_of(lines)}/powertokens/v1/images/generations"
        answer = http.post(url, json=FLAT, headers={"authorization": "Bearer x"})
        picture = Image.open(BytesIO(http.get(answer.json()["data"][0]["url"]).content)).convert("RGB")
    assert picture.size == (512, 512)
    assert picture.getpixel((256, 256)) == (0xC0, 0x30, 0x20)


def test_a_mock_with_the_same_key_serves_the_links_of_another() -> None:
    key = ["--link-signing-key", "shared"]
    with started(*key) as (_, ours), started(*key) as (_, theirs), httpx.Client(trust_env=False, timeout=30) as http:
        asked = http.post(
            f"{url_of(ours)}/powertokens/v1/images/generations", json=FLAT, headers={"authorization": "Bearer x"}
        )
        link = asked.json()["data"][0]["url"]
        elsewhere = http.get(link.replace(url_of(ours), url_of(theirs)))
        assert elsewhere.content == http.get(link).content


def test_whatever_comes_to_the_stub_is_passed_on(stub: ServedStub) -> None:
    body = {"model": FLAT["model"], "input": {"messages": [{"role": "user", "content": [{"text": "a kite"}]}]}}
    with started("--proxy-upstream", f"{stub.url}/api/v1") as (process, lines), httpx.Client(trust_env=False) as http:
        assert process.stdout is not None
        warning = process.stdout.readline().strip()
        url = f"{url_of(lines)}/dashscope{stub.stub.path}"
        answer = http.post(url, json=body, headers={"authorization": "Bearer x"}, timeout=30)
    assert answer.json()["output"]["choices"][0]["message"]["content"][0]["image"].startswith(stub.url)
    assert warning == f"Proxy: calls to dashscope go to {stub.url}/api/v1 and may be billed."


@pytest.mark.parametrize("option", ["--upstream-url", "--proxy-upstream"])
@pytest.mark.parametrize(
    "address", ["dashscope.aliyuncs.com", "ftp://example.com", "http://", "http://[", "http://127.0.0.1:99999"]
)
def test_an_address_that_nobody_could_call_is_told_at_once(option: str, address: str) -> None:
    result = CliRunner().invoke(main, ["--port", "0", option, address])
    assert result.exit_code == 2
    assert f"must be an http:// or https:// URL; got {address!r}" in result.stderr


@pytest.mark.parametrize("option", ["--upstream-url", "--proxy-upstream"])
def test_an_address_with_a_password_is_refused_and_not_repeated(option: str) -> None:
    result = CliRunner().invoke(main, ["--port", "0", option, "http://user:of-nobody@127.0.0.1:9/api/v1"])
    assert result.exit_code == 2
    assert "must not contain a user or a password" in result.stderr
    assert "of-nobody" not in result.output


def test_a_token_that_nobody_can_send_is_told_at_once() -> None:
    assert "the token must not be blank" in CliRunner().invoke(main, ["--port", "0", "--token", " "]).stderr


@pytest.mark.parametrize(("host", "warned"), [("0.0.0.0", True), ("0", True), ("", True), ("localhost", False)])
def test_it_warns_where_other_machines_reach_it(host: str, warned: bool) -> None:  # noqa: FBT001 - the table
    with started("--host", host) as (process, lines):
        httpx.get(f"{lines[0].removeprefix('Listening on ')}/_mock", timeout=30, trust_env=False).raise_for_status()
        process.send_signal(signal.SIGINT)
        _, complained = process.communicate(timeout=30)
    assert ("there is no real authentication" in complained) is warned


def test_the_greeting_names_everything_that_is_served(powertokens: Contract, invented: Contract) -> None:
    assert greeting([powertokens, invented], "http://127.0.0.1:8080") == [
        "Listening on http://127.0.0.1:8080",
        "  console      http://127.0.0.1:8080/",
        "  powertokens  http://127.0.0.1:8080/powertokens/v1/images/generations",
        "  paintbox     http://127.0.0.1:8080/paintbox/draw",
        "  dashscope    http://127.0.0.1:8080/dashscope/api/v1",
        "  engine       http://127.0.0.1:8080/engine/engine/v2",
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], ["Only the token of GATEWAY_TOKEN is accepted; any other gets 401."]),
        (["--token", "another-secret"], ["Only the token of --token is accepted; any other gets 401."]),
    ],
)
def test_it_says_whose_token_is_the_only_one(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: list[str]
) -> None:
    given: list[Options] = []
    monkeypatch.setattr("mock_server.run.serve_until_stopped", given.append)
    assert CliRunner(env={"GATEWAY_TOKEN": "the-secret"}).invoke(main, arguments).exit_code == 0
    assert [token_notices(options.token, options.token_source) for options in given] == [said]
    assert token_notices(None, "GATEWAY_TOKEN") == []


def test_help_names_the_variable_of_the_token() -> None:
    assert "env var: GATEWAY_TOKEN" in CliRunner().invoke(main, ["--help"]).stdout


@pytest.fixture
def _handlers_put_back() -> Iterator[None]:
    before = {stopping: signal.getsignal(stopping) for stopping in (signal.SIGINT, signal.SIGTERM)}
    yield
    for stopping, handler in before.items():
        signal.signal(stopping, handler)


def answers_within(url: str, seconds: float) -> httpx.Response:
    give_up = time.monotonic() + seconds
    while True:
        try:
            return httpx.get(url, trust_env=False)
        except httpx.TransportError:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.02)


@pytest.mark.usefixtures("_handlers_put_back")
def test_a_contract_from_a_file_is_served_to_whoever_reaches_the_machine(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = int(listener.getsockname()[1])
    url = f"http://127.0.0.1:{port}"
    answers: list[httpx.Response] = []

    def order_and_stop() -> None:
        try:
            answers.append(answers_within(f"{url}/_mock", 30))
            order = {"engine": "quick", "wish": {"words": "a kite"}}
            headers = {"authorization": "Bearer pass"}
            answers.append(httpx.post(f"{url}/paintbox/draw", json=order, headers=headers, trust_env=False))
        finally:
            os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=order_and_stop)
    thread.start()
    options = ["--host", "0.0.0.0", "--port", str(port), "--contract", str(write_invented(tmp_path))]
    result = CliRunner().invoke(main, options)
    thread.join(60)
    assert result.exit_code == 0
    assert result.stdout.startswith(f"Listening on {url}\n")
    assert "there is no real authentication" in result.stderr
    assert list(answers[0].json()["gateways"]) == ["paintbox"]
    (page,) = answers[1].json()["album"]["pages"]
    assert page["address"].startswith(f"{url}/paintbox/images/")


def test_the_token_can_be_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("sk-in-a-file\n")
    with started("--token-file", str(tmp_path / "token")) as (_, lines):
        url = f"{url_of(lines)}/powertokens/v1/images/generations"
        statuses = [
            httpx.post(url, json=FLAT, headers={"authorization": f"Bearer {token}"}, trust_env=False).status_code
            for token in ("sk-in-a-file", "sk-any")
        ]
    assert statuses == [200, 401]


@pytest.mark.parametrize("content", [b"", b" \n", b"a\nb\n", b"\xff"])
def test_a_file_without_a_token_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "token").write_bytes(content)
    result = CliRunner().invoke(main, ["--token-file", str(tmp_path / "token")])
    assert result.exit_code == 2
    assert "--token-file" in result.stderr


def test_the_command_imports_nothing_that_takes_time_before_it_runs() -> None:
    code = "import sys, mock_server.cli; print({'uvicorn', 'httpx', 'starlette', 'jsonschema_rs'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603 # our own code
    assert done.stdout == "set()\n"
