"""A gateway that cannot be tested ends the run at once, with status 2 and a sentence that says what to do."""

import asyncio
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner, Result
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from contract_tests.command.cli import main
from contract_tests.execution.health import MOST_THROTTLED, Health
from gateway_contract.traffic.exchange import Exchange
from gateway_contract.values.json_value import Json
from tests.contract_tests import hostile
from tests.contract_tests.gateways import TOKEN, Reply, as_json, generated, replying
from tests.contract_tests.three_contracts import exchange
from tests.gateway_contract.invented import write_invented
from tests.ports import free_port

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(("plain", "is_stopped"), [(200, False), (429, True), (None, True)])
def test_throttled_requests_end_a_run_only_if_a_plain_one_is_throttled_too(plain: int | None, is_stopped: bool) -> None:  # noqa: FBT001 # a case of a table
    async def send_plain() -> Exchange | None:
        return None if plain is None else exchange({}, plain)

    async def record() -> Health:
        health = Health(send_plain, lambda _: True)
        for number in range(MOST_THROTTLED):
            await health.record(replace(exchange({"n": 6}, 429), name=f"row {number}"))
        return health

    health = asyncio.run(record())
    told = f"the gateway responded 429 to {MOST_THROTTLED} requests." if is_stopped else ""
    assert health.stopped[: len(told) or None] == told


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "report"


def ran(folder: Path, gateway: str, *more: str) -> Result:
    asked = ["run", "--gateway", gateway, "--contract", "powertokens", "--report", str(folder), "--timeout", "30"]
    return CliRunner().invoke(main, [*asked, *more], env={"GATEWAY_TOKEN": TOKEN, "COLUMNS": "400"})


def told(result: Result) -> str:
    """What was said, on one line; the run must have ended without a test."""
    assert result.exit_code == 2, result.output
    assert "CONFORMS" not in result.output
    return " ".join(result.output.split())


def test_a_gateway_that_does_not_run(folder: Path) -> None:
    port = free_port()
    said = told(ran(folder, f"http://127.0.0.1:{port}"))
    assert f"http://127.0.0.1:{port} cannot be used: connection refused." in said
    assert "Check that it runs and that --gateway is right." in said


def test_a_gateway_that_speaks_no_tls(folder: Path) -> None:
    with hostile.serving(hostile.answering(b"{}")) as served:
        said = told(ran(folder, served.base.replace("http:", "https:")))
    assert "cannot be used: TLS: wrong version number." in said
    assert "If it does not speak TLS, --gateway must begin with http://." in said
    assert "SSL_CERT_FILE" in said


def test_a_gateway_whose_name_leads_nowhere(folder: Path) -> None:
    assert "the host name has no address" in told(ran(folder, "http://no-such-host.invalid"))


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        (401, 'the gateway rejects the token (HTTP 401 "no"). Set GATEWAY_TOKEN to a valid one.'),
        (
            404,
            'the gateway has no POST /v1/images/generations (HTTP 404 "no"). --gateway must be the URL before /v1',
        ),
        (405, 'the gateway has no POST /v1/images/generations (HTTP 405 "no").'),
        (301, 'the gateway redirects (HTTP 301 "no"). Set --gateway to the URL that it redirects to.'),
        (302, 'the gateway redirects (HTTP 302 "no"). Set --gateway to the URL that it redirects to.'),
        (308, 'the gateway redirects (HTTP 308 "no"). Set --gateway to the URL that it redirects to.'),
        (
            429,
            'the gateway responds 429 to a single request (HTTP 429 "no"). Wait, or raise the rate limits of this',
        ),
    ],
)
def test_a_gateway_that_answers(status: int, advice: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("contract_tests.client.limits.WAITS", (0.01, 0.02))
    with replying(lambda *_: as_json({"error": "no"}, status)) as gateway:
        assert advice in told(ran(folder, gateway.url))
    assert len(gateway.asked) == (3 if status == 429 else 1)


@pytest.mark.parametrize("status", [200, 400, 500, 502])
def test_something_that_answers_with_a_page(status: int, folder: Path) -> None:
    with replying(lambda *_: HTMLResponse("<html>Welcome</html>", status)) as gateway:
        said = told(ran(folder, gateway.url))
    assert f'the response (HTTP {status} "Welcome") is not JSON. Is {gateway.url} an image gateway?' in said


def calling(path: str, upstream: str) -> Reply:
    """A gateway that calls its upstream in its own way, and answers well."""

    def reply(_request: Request, _content: bytes) -> Response:
        httpx.post(f"http://{upstream}{path}", json={}, headers={"Authorization": "Bearer a"}, trust_env=False)
        return generated({"url": "http://127.0.0.1/1.png"})

    return reply


def observed_at() -> str:
    return f"127.0.0.1:{free_port()}"


def test_a_gateway_that_calls_another_upstream(folder: Path) -> None:
    upstream = observed_at()
    with replying(lambda *_: generated({"url": "http://127.0.0.1/1.png"})) as gateway:
        said = told(ran(folder, gateway.url, "--upstream", upstream))
    assert f"the gateway responded 200 but nothing reached the upstream at {upstream}." in said
    assert f"Set the gateway's upstream to http://{upstream}/api/v1, or omit --upstream." in said


def test_a_gateway_that_calls_another_path_of_the_upstream(folder: Path) -> None:
    upstream = observed_at()
    with replying(calling("/api/v2/images?a=b", upstream)) as gateway:
        said = told(ran(folder, gateway.url, "--upstream", upstream))
    assert "responded 200 and called POST /api/v2/images?a=b upstream, where POST /api/v1/services/aigc/" in said
    assert f"Set the gateway's upstream to http://{upstream}/api/v1" in said


def test_a_gateway_whose_own_upstream_is_down(folder: Path) -> None:
    upstream = observed_at()
    with replying(lambda *_: as_json({"error": "bad gateway"}, 502)) as gateway:
        said = told(ran(folder, gateway.url, "--upstream", upstream))
    assert f"the gateway responded 502 but nothing reached the upstream at {upstream}." in said


def test_a_place_to_listen_that_is_taken(folder: Path) -> None:
    with replying(lambda *_: generated()) as gateway:
        said = told(ran(folder, gateway.url, "--upstream", gateway.url.removeprefix("http://")))
    assert f"cannot listen on {gateway.url.removeprefix('http://')}: Address already in use." in said
    assert "Is another run or the gateway itself listening there?" in said
    assert gateway.asked == []


def test_a_place_to_listen_that_is_no_address_of_this_machine(folder: Path) -> None:
    with replying(lambda *_: generated()) as gateway:
        said = told(ran(folder, gateway.url, "--upstream", "198.51.100.7:9900"))
    assert "--upstream must be a free port of this machine." in said


@pytest.mark.parametrize("more", [(), ("--gateway", "http://127.0.0.1:9", "--upstream", "127.0.0.1:0")])
def test_a_contract_that_names_no_upstream_cannot_be_observed(more: tuple[str, ...], tmp_path: Path) -> None:
    alone = tmp_path / "alone.yaml"
    lines = write_invented(tmp_path).read_text("utf-8").splitlines()
    start = next(number for number, line in enumerate(lines) if line.strip() == "x-upstream:")
    kept = [*lines[:start], *lines[start + 4 :]]
    alone.write_text("\n".join(line for line in kept if "judged: false" not in line and "x-upstream" not in line))
    asked = ["run", "--contract", str(alone), "--report", str(tmp_path / "report"), *more]
    said = told(CliRunner().invoke(main, asked, env={"GATEWAY_TOKEN": TOKEN, "COLUMNS": "400"}))
    assert "alone names no upstream to observe. Omit --upstream" in said


def test_a_place_for_reports_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with replying(lambda *_: generated()) as gateway:
        said = told(ran(tmp_path / "file" / "report", gateway.url))
    assert "--report must be a writable folder; got" in said
    assert ": Not a directory" in said
    assert gateway.asked == []


def test_an_address_with_a_password_is_not_taken_and_not_shown(folder: Path) -> None:
    said = told(ran(folder, "http://someone:pass-word@127.0.0.1:9"))
    assert "--gateway must not contain a user or password" in said
    assert "pass-word" not in said


def test_the_report_says_that_nothing_was_tested(folder: Path) -> None:
    with replying(lambda *_: as_json({}, 401)) as gateway:
        ran(folder, gateway.url)
    report = (folder / "powertokens" / "report.json").read_text("utf-8")
    assert '"verdict": "not-tested"' in report
    assert TOKEN not in report


def test_a_refusal_of_the_plain_request_is_a_violation_and_is_tested(folder: Path) -> None:
    told: dict[str, Json] = {"message": "no", "type": "invalid_request_error", "code": None, "param": None}
    with replying(lambda *_: as_json({"error": told}, 400)) as gateway:
        result = ran(folder, gateway.url)
    assert result.exit_code == 1
    assert "request/accepted" in result.output
