"""report.json is of the shape that its schema describes, and no secret reaches a file."""

import base64
import json
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from signal import SIGTERM
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from contract_tests.chance import Confidence, Repeated
from contract_tests.ending import Cause, Ended
from contract_tests.report.exchange_file import request_from_json
from contract_tests.report.json_report import SCHEMA, write_report
from contract_tests.results import Run, Verdict
from gateway_contract.contract.validity import BeyondUpstream
from gateway_contract.document.node import Place
from gateway_contract.schema.constraint import Level
from gateway_contract.traffic.exchange import Answer, BrokenImage, Exchange, NoAnswer, Observation
from gateway_contract.values.json_value import ABSENT, Json
from tests.contract_tests.report_examples import (
    CALLED_TWICE,
    CONTRACT,
    DOCUMENTED,
    LOST_SEED,
    RULES,
    TOKEN,
    UPSTREAM_KEY,
    answering,
    asking,
    clean_run,
    exchange,
    failed,
    made_up_rule,
    mixed_run,
    passed,
    rule,
    run_of,
    undecided,
    upstream_call,
)

VALIDATOR = Draft202012Validator(json.loads(SCHEMA.read_text("utf-8")))
UNTESTED = run_of(
    *(undecided(one, Verdict.NOT_RUN, "no request led to a verdict") for one in RULES),
    not_tested="every answer was 401: give the gateway's token with TOKEN",
)
BROKEN = run_of(*map(passed, RULES), errors=("rule x could not judge y: KeyError: 'z'",))
ALL = {
    "clean": clean_run(),
    "mixed": mixed_run(),
    "strict": mixed_run(strict=True),
    "only expected": run_of(CALLED_TWICE),
    "not tested": UNTESTED,
    "errors": BROKEN,
    "no rules": run_of(not_tested="nothing to test"),
    "whole exchange": run_of(passed(made_up_rule("x/y", Level.EXPECTED))),
    "repeated": replace(clean_run(), repeated=Repeated(Confidence(0.99, 0.05), 150, ("powerbuyin/n/mapped",))),
    "interrupted": replace(UNTESTED, ended_by=SIGTERM, ended=Ended.INTERRUPTED),
    "running": replace(mixed_run(), ended=Ended.RUNNING, not_tested="the run has not ended"),
    "north-only": replace(clean_run(), observed=Observation.NORTH_ONLY),
}


def report_of(run: Run, folder: Path, *secrets: str) -> dict[str, Any]:
    report = json.loads(write_report(run, folder, secrets).read_bytes())
    assert isinstance(report, dict)
    return report


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(VALIDATOR.schema)


@pytest.mark.parametrize("name", ALL)
def test_a_report_has_the_shape_that_the_schema_describes(name: str, tmp_path: Path) -> None:
    VALIDATOR.validate(report_of(ALL[name], tmp_path))


def drifted(report: dict[str, Any], pointer: tuple[str | int, ...], value: object) -> dict[str, Any]:
    """A report with one thing changed; None takes it out."""
    holder: Any = report
    for step in pointer[:-1]:
        holder = holder[step]
    if value is None:
        del holder[pointer[-1]]
    else:
        holder[pointer[-1]] = value
    return report


LOST = ("rules", 1)


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        (("extra",), 1),
        (("seed",), None),
        (("verdict",), "passed"),
        (("schema_version",), 1),
        (("exit_status",), 4),
        (("contract_digest",), "sha256:0"),
        (("selection",), None),
        (("beyond_upstream",), None),
        (("options",), None),
        (("options", "jobs"), {"from": "the moon", "value": 8}),
        (("options", "jobs"), {"value": 8}),
        (("reason",), "no reason where there was a test"),
        (("cost", "euros"), 1),
        (("cost", "images"), None),
        ((*LOST, "extra"), 1),
        ((*LOST, "clause"), None),
        ((*LOST, "clause_text"), None),
        ((*LOST, "kind"), "other"),
        ((*LOST, "verdict"), "pass"),
        ((*LOST, "failures"), []),
        ((*LOST, "reason"), "a failure needs none"),
        ((*LOST, "failures", 0, "extra"), 1),
        ((*LOST, "failures", 0, "curl"), None),
        ((*LOST, "failures", 0, "exchange"), "../elsewhere.json"),
        (("rules", 2, "reason"), None),
        (("rules",), []),
    ],
)
def test_the_schema_notices_drift(pointer: tuple[str | int, ...], value: object, tmp_path: Path) -> None:
    report = report_of(mixed_run(), tmp_path)
    assert VALIDATOR.is_valid(report)
    assert not VALIDATOR.is_valid(drifted(report, pointer, value))


def test_a_failure_is_told_as_documented(tmp_path: Path) -> None:
    report = report_of(mixed_run(), tmp_path, TOKEN)
    told = report["rules"][1]
    failure = told["failures"][0]
    assert failure.pop("curl").startswith("curl http://127.0.0.1:3000/v1/images/generations -H ")
    assert failure == {
        "expected": "0 at /parameters/seed",
        "observed": "dropped",
        "request": '"seed": 0',
        "response": {"status": 200, "message": ""},
        "exchange": "exchanges/0002.json",
    }
    assert {key: told[key] for key in told if key != "failures"} == {
        "id": "powerbuyin/seed/preserves-0",
        "kind": "preservation",
        "field": "seed",
        "level": "documented",
        "clause": "PB-12",
        "clause_text": CONTRACT.clauses["PB-12"].says,
        "statement": rule("seed/preserves-0").statement,
        "verdict": "fail",
        "exchanges": 9,
        "judged": 9,
        "failed": 2,
    }


@pytest.mark.parametrize(
    ("answer", "response"),
    [
        (answering({"error": {"message": f"{TOKEN} is busy", "code": "E7"}}, 503), (503, "[redacted] is busy (E7)")),
        (replace(answering(None, 502), content=b"<h1>Bad gateway</h1>", body=ABSENT), (502, "Bad gateway")),
    ],
)
def test_a_rejection_is_quoted(answer: Answer, response: tuple[int, str], tmp_path: Path) -> None:
    failure = failed(DOCUMENTED[0], "accepted", "HTTP 503", exchange(answer=answer))
    report = report_of(run_of(failure), tmp_path, TOKEN)
    VALIDATOR.validate(report)
    assert report["rules"][0]["failures"][0]["response"] == dict(zip(("status", "message"), response, strict=True))


def test_a_passed_rule_says_how_rare_a_fault_is_excluded(tmp_path: Path) -> None:
    report = report_of(run_of(passed(DOCUMENTED[0]), LOST_SEED), tmp_path)
    assert [one.get("excludes") for one in report["rules"]] == [{"rate": 0.683772, "confidence": 0.99}, None]


def test_no_response_is_not_quoted(tmp_path: Path) -> None:
    failure = failed(DOCUMENTED[0], "an answer", "timed out", exchange(answer=NoAnswer("timed out", 1.0)))
    assert "response" not in report_of(run_of(failure), tmp_path)["rules"][0]["failures"][0]


def test_the_head_of_a_report_tells_of_the_run(tmp_path: Path) -> None:
    report = report_of(mixed_run(), tmp_path)
    del report["rules"]
    assert report == {
        "schema_version": 2,
        "suite_version": version("image-gateway-contract"),
        "started_at": "2026-01-02T03:04:05+00:00",
        "ended": "complete",
        "exit_status": 1,
        "contract": "powerbuyin",
        "contract_digest": CONTRACT.digest,
        "gateway": "http://127.0.0.1:3000",
        "observed": "two-sided",
        "verdict": "violates",
        "seed": 1,
        "duration_seconds": 3.142,
        "cost": {
            "requests": 212,
            "images": 61,
            "images_asked": 140,
            "images_billed": 61,
            "budget": None,
            "upstream_calls": 58,
            "foreign_calls": 0,
        },
        "strength": 0,
        "stale_waivers": [],
        "expired_waivers": [],
        "selection": {"keyword": "", "selected": len(RULES), "of": len(RULES)},
        "options": {},
        "untested": [],
        "beyond_upstream": [],
        "slow": [],
        "information": [],
    }


def test_values_beyond_the_upstream_are_listed(tmp_path: Path) -> None:
    beyond = BeyondUpstream(Place(Path("own.yaml"), 31), "n 7 to 10", "engine", "engine.yaml:22 (maximum 6)")
    report = report_of(replace(clean_run(), beyond_upstream=(beyond,)), tmp_path)
    VALIDATOR.validate(report)
    reason = "engine refuses it: engine.yaml:22 (maximum 6)"
    assert report["beyond_upstream"] == [{"at": "own.yaml:31", "what": "n 7 to 10", "reason": reason}]


def test_a_run_that_was_none_says_why(tmp_path: Path) -> None:
    assert report_of(UNTESTED, tmp_path)["reason"].startswith("every answer was 401")
    assert report_of(BROKEN, tmp_path)["errors"] == ["rule x could not judge y: KeyError: 'z'"]


@pytest.mark.parametrize(
    ("run", "ended", "cause"),
    [
        (UNTESTED, "complete", "gateway"),
        (replace(UNTESTED, problem=Cause.USAGE, ended=Ended.STOPPED), "stopped", "usage"),
        (replace(UNTESTED, ended=Ended.MAX_TIME), "max-time", "time"),
        (replace(UNTESTED, ended=Ended.BUDGET), "budget", "budget"),
        (replace(UNTESTED, token_lost="since request 7"), "complete", "token"),
        (BROKEN, "complete", "suite"),
        (replace(UNTESTED, ended=Ended.RUNNING), "running", None),
        (replace(UNTESTED, ended=Ended.INTERRUPTED, ended_by=SIGTERM), "interrupted", None),
        (replace(mixed_run(), ended=Ended.BUDGET), "budget", None),
    ],
)
def test_a_report_says_how_the_run_ended_and_what_kept_the_gateway_from_being_tested(
    run: Run, ended: str, cause: str | None, tmp_path: Path
) -> None:
    report = report_of(run, tmp_path)
    assert (report["ended"], report.get("cause")) == (ended, cause)


def test_at_most_five_failures_of_a_rule_are_listed(tmp_path: Path) -> None:
    many = [exchange(asking({"seed": number})) for number in range(8)]
    report = report_of(run_of(failed(DOCUMENTED[0], "a", "b", *many)), tmp_path)
    listed = [failure["exchange"] for failure in report["rules"][0]["failures"]]
    assert listed == [f"exchanges/000{number}.json" for number in (1, 2, 3, 4, 5)]
    assert report["rules"][0]["exchanges"] == 8
    assert len(list((tmp_path / "powerbuyin" / "exchanges").iterdir())) == 5


def test_an_exchange_that_breaks_several_rules_is_written_once(tmp_path: Path) -> None:
    one = exchange()
    report = report_of(run_of(failed(DOCUMENTED[0], "a", "b", one), failed(DOCUMENTED[1], "c", "d", one)), tmp_path)
    assert [told["failures"][0]["exchange"] for told in report["rules"]] == ["exchanges/0001.json"] * 2
    written = json.loads((tmp_path / "powerbuyin" / "exchanges" / "0001.json").read_bytes())
    assert request_from_json(written).content == one.request.content


def test_an_earlier_report_is_replaced_whole(tmp_path: Path) -> None:
    write_report(run_of(LOST_SEED), tmp_path, [])
    report = report_of(clean_run(), tmp_path)
    assert report["verdict"] == "conforms"
    assert [path.name for path in (tmp_path / "powerbuyin").rglob("*.*")] == ["report.json"]


def everything_written(folder: Path) -> str:
    """All files as text, with whatever is Base64 in them unpacked."""
    texts = [path.read_text("utf-8") for path in folder.rglob("*") if path.is_file()]
    assert texts
    unpacked = (
        base64.b64decode(told["request"].get("base64", "")) for told in map(json.loads, texts) if "request" in told
    )
    return "\n".join([*texts, *(content.decode("utf-8", "replace") for content in unpacked)])


def planted(secret: str) -> Run:
    """A run with a secret wherever the other side, or a careless client, could have put one."""
    note, link, deep = f"see {secret} there", f"http://127.0.0.1/a.png?key={secret}", f"<{secret}>"
    body: Json = {"prompt": note, "deep": {secret: [deep]}}
    call = upstream_call(body, f"/api?key={secret}", ("X-Api-Key", secret), ("X-Note", note))
    answer = answering({"error": {"message": note}}, 400, ("Location", link), ("Set-Cookie", f"a={secret}"))
    first = Exchange(
        asking(body, ("X-Note", note), path=f"/v1/images?key={secret}"),
        answer,
        (call,),
        ((BrokenImage("url", link, f"{note}: 404"),),),
        frozenset({f"/{secret}"}),
        name=note,
    )
    no_json = replace(asking(), content=b"\xff " + note.encode(), body=ABSENT)
    second = Exchange(no_json, NoAnswer(note, 1.0), (call,))
    third = replace(first, answer=replace(answer, content=note.encode(), body=ABSENT))
    failures = failed(rule("seed/preserves-0"), note, note, first, second, third)
    unsure = undecided(rule("n/mapped"), Verdict.INCONCLUSIVE, note)
    run = run_of(failures, unsure, not_tested=note, errors=(note,))
    return replace(run, gateway=f"http://user:{secret}@127.0.0.1:3000/?key={secret}")


@pytest.mark.parametrize(
    ("secret", "known"),
    [
        (TOKEN, [TOKEN]),
        (TOKEN, []),  # found as the request's own, and by its shape
        (UPSTREAM_KEY, [TOKEN]),  # found in the upstream calls
        ("plain word+/=token", ["plain word+/=token"]),
    ],
)
def test_no_secret_reaches_a_file(secret: str, known: list[str], tmp_path: Path) -> None:
    write_report(planted(secret), tmp_path, known)
    written = everything_written(tmp_path)
    assert "[redacted]" in written
    assert [line for line in written.splitlines() if secret in line or UPSTREAM_KEY in line or TOKEN in line] == []
