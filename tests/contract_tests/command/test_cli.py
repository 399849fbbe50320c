"""The command says what it found by its exit status and in words, tells no token, and writes what machines read."""

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from starlette.requests import Request
from starlette.responses import Response

from contract_tests.command.cli import main
from gateway_contract.rules.derive import derive_rules
from tests.contract_tests.gateways import TOKEN, as_json, generated, replying
from tests.contract_tests.three_contracts import PLUS, POWERTOKENS, with_plus
from tests.gateway_contract.invented import write_invented

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]


def ran(*asked: str, token: str = TOKEN) -> Result:
    return CliRunner().invoke(main, [*asked], env={"GATEWAY_TOKEN": token, "COLUMNS": "400"})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "report"


def report(folder: Path, contract: str = "powertokens") -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / contract / "report.json").read_text("utf-8"))
    return found


def cases(folder: Path) -> list[ET.Element]:
    return list(ET.parse(folder / "junit.xml").getroot().iter("testcase"))  # noqa: S314 # our own file


def test_the_bundled_mock_conforms_to_both_contracts(folder: Path) -> None:
    result = ran("run", "--report", str(folder))
    assert result.exit_code == 0, result.output
    assert "CONFORMS  the gateway conforms to powertokens." in result.output
    assert "CONFORMS  the gateway conforms to powerbuyin." in result.output
    assert result.output.count("no gateway was named: this run tested the bundled mock") == 2
    rules = sum(len(report(folder, name)["rules"]) for name in ("powertokens", "powerbuyin"))
    assert len(cases(folder)) == rules > 150
    planned = json.loads(ran("plan", "--format", "json").output)
    for found in planned:
        cost = report(folder, found["contract"])["cost"]
        assert found["requests"] == pytest.approx(cost["requests"], rel=0.1)
        assert found["images"] == pytest.approx(cost["images_billed"], rel=0.1)
    assert len(planned) == 2


def test_a_gateway_that_violates_ends_with_1_and_a_curl_line(folder: Path) -> None:
    with replying(lambda *_: generated({"url": "http://10.0.0.1/1.png"})) as gateway:
        result = ran("run", "--gateway", gateway.url, "--contract", "powertokens", "--report", str(folder))
    assert result.exit_code == 1
    assert "VIOLATES  the gateway violates powertokens" in result.output
    assert f"curl {gateway.url}/v1/images/generations" in result.output
    assert report(folder)["verdict"] == "violates"


def test_as_a_process_of_its_own_it_ends_with_the_same_statuses(folder: Path) -> None:
    command = [sys.executable, "-m", "contract_tests", "run", "--contract", "powertokens", "--report", str(folder)]
    environment = {**os.environ, "PYTEST_ADDOPTS": "", "GATEWAY_TOKEN": TOKEN}

    def status(*more: str) -> tuple[int, str]:
        ended = subprocess.run([*command, *more], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)  # noqa: S603, PLW1510 # our own command, whose status is the point
        return ended.returncode, ended.stdout + ended.stderr

    assert status("-k", "seed")[0] == 0
    refused, said = status("--gateway", "http://127.0.0.1:1")
    assert refused == 2
    assert "connection refused" in said
    assert "Traceback" not in said
    with replying(lambda *_: as_json({"created": 0, "data": []})) as gateway:
        assert status("--gateway", gateway.url, "-k", "created")[0] == 1


@pytest.mark.parametrize("asked", [("rules",), ("run", "-k", "n/maximum")], ids=lambda asked: asked[0])
def test_without_a_reader_it_ends_with_2_and_in_silence(asked: tuple[str, ...], tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "contract_tests", *asked, "--contract", "powertokens"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with os.fdopen(writing, "wb") as output:
        ended = subprocess.run(  # noqa: S603 # our own command
            command, cwd=tmp_path, env=environment, stdout=output, stderr=subprocess.PIPE, timeout=60, check=False
        )
    assert (ended.returncode, ended.stderr) == (2, b"")


GATEWAY = ("--gateway", "http://127.0.0.1:3000")
BAD = {
    "no contract for a gateway": (
        GATEWAY,
        "--contract must be powertokens or powerbuyin, or a file, when --gateway is given",
    ),
    "gateway that is not a URL": (
        ("--gateway", "127.0.0.1:3000", "--contract", "powerbuyin"),
        "--gateway must be an HTTP URL; got '127.0.0.1:3000'",
    ),
    "upstream without a host": (
        (*GATEWAY, "--contract", "powerbuyin", "--upstream", "9900"),
        "--upstream must be host:port; got '9900'",
    ),
    "no such contract": (
        ("--contract", "powerbuyer"),
        "no contract 'powerbuyer'; there are powertokens and powerbuyin",
    ),
    "no such file": (("--contract", "/no/such/contract.yaml"), "/no/such/contract.yaml does not exist"),
    "no such overlay": (
        ("--contract", "powertokens", "--overlay", "/no/overlay.yaml"),
        "/no/overlay.yaml does not exist",
    ),
}


@pytest.mark.parametrize("what", BAD)
def test_what_makes_no_sense_is_told_in_one_sentence(what: str, folder: Path) -> None:
    options, sentence = BAD[what]
    result = ran("run", *options, "--report", str(folder))
    assert result.exit_code == 2
    assert result.output.startswith(f"Error: {sentence}")
    assert len(result.output.splitlines()) == 1
    assert not folder.exists()


def test_a_gateway_without_a_token_is_not_asked(folder: Path) -> None:
    result = ran("run", *GATEWAY, "--contract", "powerbuyin", "--report", str(folder), token="")
    assert result.exit_code == 2
    assert result.output == "Error: No token. Set GATEWAY_TOKEN.\n"


@pytest.mark.parametrize(
    "options", [("--jobs", "0"), ("--budget", "0"), ("--timeout", "0"), ("--seed", "one"), ("--nonsense",)]
)
def test_an_option_that_makes_no_sense_ends_with_2(options: tuple[str, ...]) -> None:
    assert ran("run", *options).exit_code == 2


@pytest.mark.parametrize("command", ["run", "rules"])
def test_a_broken_contract_is_told_with_its_file_and_line(command: str, tmp_path: Path) -> None:
    path = write_invented(tmp_path)
    path.write_text(path.read_text("utf-8").replace("x-mark: true", "x-marc: true"), "utf-8")
    line = path.read_text("utf-8").splitlines().index("              x-marc: true") + 1
    result = ran(command, "--contract", str(path))
    assert result.exit_code == 2
    assert f"{path.name}:{line}" in result.output
    assert "x-mark" in result.output


@pytest.mark.parametrize("command", ["rules", "run"])
def test_a_warning_about_a_contract_goes_to_standard_error(command: str, tmp_path: Path, folder: Path) -> None:
    path = write_invented(tmp_path)
    path.write_text(path.read_text("utf-8").replace("{engine: {const: fine}}", "{engine: {minLength: 5}}"), "utf-8")
    options = ("-k", "no-such-rule", "--report", str(folder)) if command == "run" else ()
    result = ran(command, "--contract", str(path), *options)
    assert f"warning: {path}:" in result.stderr
    assert "this `if` also holds where /engine is null" in result.stderr
    assert "warning" not in result.stdout


def test_the_rules_are_listed_with_clause_level_and_sentence() -> None:
    result = ran("rules", "--contract", "powertokens")
    assert result.exit_code == 0
    for rule in derive_rules(POWERTOKENS):
        assert rule.id in result.output
    assert "PT-13" in result.output
    assert "documented" in result.output
    assert "untestable: no model listed here is max and plus" in result.output


def test_a_keyword_selects_rules_and_sends_fewer_requests(folder: Path) -> None:
    result = ran("run", "--contract", "powertokens", "-k", "seed and preserves", "--report", str(folder))
    assert result.exit_code == 0, result.output
    (case,) = cases(folder)
    assert case.get("name") == "powertokens/seed/preserves-0"
    told = report(folder)
    assert [rule["id"] for rule in told["rules"]] == ["powertokens/seed/preserves-0"]
    assert told["cost"]["requests"] < 150


def test_rules_that_nobody_asked_about_do_not_fail_the_run(folder: Path) -> None:
    with replying(lambda *_: as_json({"created": 0, "data": []})) as gateway:
        asked = ("run", "--gateway", gateway.url, "--contract", "powertokens", "--report", str(folder))
        assert ran(*asked, "-k", "answer and content").exit_code == 0
        assert ran(*asked, "-k", "created").exit_code == 1


def test_a_keyword_that_matches_nothing_is_no_green_run(folder: Path) -> None:
    result = ran("run", "-k", "nonsense", "--report", str(folder))
    assert result.exit_code == 2
    assert result.output == "NOT TESTED  -k matches no rule; `check-gateway rules` lists them\n"


@pytest.mark.parametrize("command", ["run", "plan"])
def test_a_keyword_that_is_no_expression_is_told_in_one_sentence(
    command: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder.parent)
    result = ran(command, "-k", "(")
    assert result.exit_code == 2
    assert (
        result.output.removeprefix("NOT TESTED  ").removeprefix("Error: ")
        == "-k must be words joined by and, or, not\n"
    )


def test_a_keyword_that_matches_only_what_sleeps_is_no_green_run(folder: Path) -> None:
    result = ran("run", "--contract", "powertokens", "-k", "max-and-plus", "--report", str(folder))
    assert result.exit_code == 2
    assert "no rule could be judged: no model listed here is max and plus" in result.output


def test_junit_has_one_test_case_per_rule(folder: Path) -> None:
    with replying(lambda *_: generated({"url": "http://10.0.0.1/1.png"})) as gateway:
        ran("run", "--gateway", gateway.url, "--contract", "powertokens", "--report", str(folder))
    names = [case.get("name") for case in cases(folder)]
    assert names == [rule.id for rule in derive_rules(POWERTOKENS)]
    failed = [case for case in cases(folder) if case.find("failure") is not None]
    rules = [rule for rule in report(folder)["rules"] if rule["verdict"] == "fail"]
    assert len(failed) == sum(rule["level"] == "documented" for rule in rules) > 10


def written(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*"):
        if path.is_file():
            yield path.read_text("utf-8", "replace")


def telling_the_token(request: Request, content: bytes) -> Response:
    """Echoes the Authorization header wherever it can."""
    told = request.headers.get("authorization", "none")
    headers = {"X-Echo": told, "Set-Cookie": f"token={told.split(' ')[-1]}"}
    if b'"n":' in content or not content:
        return as_json({"error": {"message": f"no: {told}", "type": told, "code": told, told: told}}, 400, headers)
    item = {"url": f"http://10.0.0.1/{told}?key={told}", "b64_json": told, "revised_prompt": told}
    return as_json({"created": told, "data": [{**item}], told: told}, 200, headers)


def test_the_token_is_nowhere_in_what_is_printed_or_written(folder: Path) -> None:
    with replying(telling_the_token) as gateway:
        result = ran("run", "--gateway", gateway.url, "--contract", "powertokens", "--report", str(folder))
    assert result.exit_code == 1
    assert "$GATEWAY_TOKEN" in result.output
    texts = [result.output, *written(folder)]
    assert len(texts) > 10
    assert not [text for text in texts if TOKEN in text]


def test_a_deployment_with_one_more_model_is_an_overlay_and_wakes_its_rule(folder: Path) -> None:
    result = ran("run", "--contract", "powertokens", "--overlay", str(PLUS), "--report", str(folder))
    assert result.exit_code == 0, result.output
    verdicts = {rule["id"]: rule["verdict"] for rule in report(folder)["rules"]}
    assert verdicts["powertokens/size/enum-for-max-and-plus"] == "pass"
    assert set(verdicts.values()) == {"pass"}


def test_the_overlay_adds_no_rule_and_takes_none_away() -> None:
    plain, plus = derive_rules(POWERTOKENS), derive_rules(with_plus())
    assert [rule.id for rule in plain] == [rule.id for rule in plus]
    woken = [rule.id for rule, other in zip(plain, plus, strict=True) if rule.untestable != other.untestable]
    assert woken == ["powertokens/size/enum-for-max-and-plus"]
