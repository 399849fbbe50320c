"""Gateways of a configuration are judged one after the other, each with its own options, report and words."""

import json
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator
from starlette.requests import Request
from starlette.responses import Response

from contract_tests.command.cli import main
from contract_tests.report.json_report import SCHEMA
from tests.contract_tests.gateways import TOKEN, as_json, replying

pytestmark = pytest.mark.slow

SIGNATURE = "signature-of-the-tenant"


class Judged(NamedTuple):
    """What came of one run of two named gateways: one answers too little, the other rejects the token."""

    status: int
    lines: list[str]
    folder: Path
    urls: Mapping[str, str]
    seen: list[Request]

    def report(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / name / "powertokens" / "report.json").read_text("utf-8"))
        return found


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judged]:
    folder, seen = tmp_path_factory.mktemp("named"), list[Request]()

    def reject(request: Request, _content: bytes) -> Response:
        seen.append(request)
        return as_json({"error": {"message": f"unknown {SIGNATURE}"}}, 401)

    with replying(lambda *_: as_json({"created": 0, "data": []})) as poor, replying(reject) as closed:
        (folder / "token").write_text(json.dumps({"token": TOKEN, "expires_in": 60}), "utf-8")
        (folder / "gateway.yaml").write_text(
            f"""
            defaults: {{contract: powertokens, limits: {{answer: 5s, per_image: 0}}, jobs: 2}}
            gateways:
              poor:
                url: {poor.url}
                token: {{command: [cat, token]}}
              closed:
                url: {closed.url}
                token: {{env: OURS}}
                headers: {{X-Tenant: blue, X-Sig: {{env: SIG}}}}
                jobs: 3
            """,
            "utf-8",
        )
        result = CliRunner().invoke(
            main,
            ["run", "--config", str(folder / "gateway.yaml"), "--report", str(folder / "report"), "-k", "created"],
            env={"OURS": TOKEN, "SIG": SIGNATURE, "CHECK_GATEWAY_SEED": "7", "COLUMNS": "400"},
        )
        urls = {"poor": poor.url, "closed": closed.url}
        yield Judged(result.exit_code, result.output.splitlines(), folder / "report", urls, seen)


def test_a_violation_of_one_goes_before_the_other_that_could_not_be_tested(judged: Judged) -> None:
    assert judged.status == 1
    assert [judged.report(name)["verdict"] for name in judged.urls] == ["violates", "not-tested"]


def test_the_first_and_the_last_line_of_each_name_the_gateway(judged: Judged) -> None:
    begun = [line for line in judged.lines if ": testing " in line]
    assert begun == [f"{name}: testing powertokens at {url}, north-only" for name, url in judged.urls.items()]
    assert judged.lines[0] == begun[0]
    violates = [line for line in judged.lines if line.startswith("VIOLATES")]
    assert len(violates) == 2
    assert all('rules, selected by -k "created": poor violates powertokens: ' in line for line in violates)
    assert judged.lines[-1].startswith("NOT TESTED  closed: powertokens could not be tested: ")
    assert f"details  check-gateway show RULE {judged.folder / 'poor'}" in {
        "  ".join(line.split(None, 1)) for line in judged.lines
    }


def test_each_gateway_has_its_folder_and_one_test_case_per_rule(judged: Judged) -> None:
    assert list((judged.folder / "poor" / "powertokens" / "exchanges").glob("*.json"))
    cases = ET.parse(judged.folder / "junit.xml").getroot().iter("testcase")  # noqa: S314 # our own file
    names = [(case.get("classname", ""), case.get("name")) for case in cases]
    assert len(set(names)) == len(names)
    assert {classname.split(".")[0] for classname, _ in names} == {"poor", "closed"}


def test_each_gateway_gets_its_own_headers(judged: Judged) -> None:
    assert {(one.headers["x-tenant"], one.headers["x-sig"]) for one in judged.seen} == {("blue", SIGNATURE)}


def test_the_report_says_who_gave_each_option(judged: Judged) -> None:
    poor, closed = (judged.report(name)["options"] for name in ("poor", "closed"))
    assert poor["jobs"] == {"from": "defaults", "value": 2}
    assert closed["jobs"] == {"from": "gateway", "value": 3}
    assert poor["seed"] == {"from": "environment", "value": 7}
    assert poor["token"] == closed["token"] == closed["headers"] == {"from": "gateway"}
    assert poor["limits.answer"] == {"from": "defaults", "value": "5s"}
    assert poor["limits.budget"] == {"from": "built-in", "value": None}
    assert closed["url"] == {"from": "gateway", "value": judged.urls["closed"]}
    for name in judged.urls:
        Draft202012Validator(json.loads(SCHEMA.read_text("utf-8"))).validate(judged.report(name))


def test_no_secret_is_printed_or_written(judged: Judged) -> None:
    files = [path for path in judged.folder.rglob("*") if path.is_file()]
    texts = ["\n".join(judged.lines), *(path.read_text("utf-8") for path in files)]
    assert len(texts) > 3
    assert not [text for text in texts if TOKEN in text or SIGNATURE in text]


def test_a_wrong_configuration_ends_with_2_before_anything_is_sent(tmp_path: Path) -> None:
    file = tmp_path / "gateway.yaml"
    file.write_text("gateways: {a: {url: 'http://127.0.0.1:1', jbos: 1}}", "utf-8")
    result = CliRunner().invoke(main, ["run", "a", "--config", str(file), "--report", str(tmp_path / "report")])
    assert (result.exit_code, result.output) == (2, f"Error: {file}:1: unknown key 'jbos'; did you mean 'jobs'?\n")
    assert not (tmp_path / "report").exists()
