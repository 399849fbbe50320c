"""JUnit XML as Jenkins, GitLab and GitHub's actions read it, whatever a gateway says."""

import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pytest

from contract_tests.ending import Cause
from contract_tests.report.json_report import write_report
from contract_tests.report.junit import TESTED, render_junit
from contract_tests.report.stored_report import read_reports
from contract_tests.results import RuleVerdict, Run, Verdict
from contract_tests.waivers import Waiver
from gateway_contract.document.node import Place
from tests.contract_tests.report_examples import (
    CALLED_TWICE,
    DOCUMENTED,
    EXPECTED,
    LOST_SEED,
    TOKEN,
    answering,
    asking,
    clean_run,
    exchange,
    failed,
    mixed_run,
    passed,
    run_of,
    undecided,
)

WAIVER = Waiver(Place(Path("w.yaml"), 1), "x", "fixed in 2.4", date(2027, 1, 31), ticket="GW-1")
WAIVED = replace(failed(DOCUMENTED[1], "a", "b"), verdict=Verdict.WAIVED, waiver=WAIVER)
UNSEEN = undecided(DOCUMENTED[2], Verdict.INCONCLUSIVE, "the images cannot be told apart")
UNSENT = undecided(DOCUMENTED[3], Verdict.NOT_RUN, "no request led to a verdict")
HOSTILE = 'a]]>\x00\x1b[31m\ud800￾</failure>&"\n<error/>'


@dataclass(frozen=True, slots=True)
class Element:
    """What an element of Jenkins' junit-10.xsd has. Values that no pattern is named for are any text."""

    children: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    has_text: bool = False


COUNT = re.compile(r"\d+")
SECONDS = re.compile(r"\d+\.\d{3}")
PATTERNS = {
    **dict.fromkeys(("tests", "failures", "errors", "skipped"), COUNT),
    "time": SECONDS,
    "timestamp": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"),  # Ant's schema allows no offset
    "name": re.compile(r".+"),
}
PROBLEM = Element((), (), ("type", "message"), has_text=True)
ELEMENTS = {
    "testsuites": Element(("testsuite",), (), ("name", "time", "tests", "failures", "errors")),
    "testsuite": Element(
        ("properties", "testcase", "system-out", "system-err"),
        ("name", "tests", "failures", "errors"),
        ("skipped", "time", "timestamp", "hostname", "id", "package", "file", "log", "url", "group"),
    ),
    # `properties` of a test case are pytest's: the schema has them in a suite only.
    "testcase": Element(
        ("properties", "skipped", "error", "failure", "system-out", "system-err"),
        ("name",),
        ("classname", "time", "group"),
    ),
    "properties": Element(("property",)),
    "property": Element((), ("name", "value")),
    "failure": PROBLEM,
    "error": PROBLEM,
    "skipped": PROBLEM,
    "system-out": Element(has_text=True),
}


def faults(element: ET.Element) -> list[str]:
    """Where an element breaks the schema."""
    schema = ELEMENTS[element.tag]
    found = [f"{element.tag} lacks {name}" for name in schema.required if name not in element.attrib]
    for name, value in element.attrib.items():
        if name not in (*schema.required, *schema.optional):
            found.append(f"{element.tag} must not have {name}")
        if name in PATTERNS and not PATTERNS[name].fullmatch(value):
            found.append(f"{name} must not be {value!r}")
    if (element.text or "").strip() and not schema.has_text:
        found.append(f"{element.tag} must not have text")
    for child in element:
        found += faults(child) if child.tag in schema.children else [f"{element.tag} must not have {child.tag}"]
    return found


def junit_of(folder: Path, *runs: Run) -> ET.Element:
    homes = [write_report(run, folder, (TOKEN,)).parent for run in runs]
    content = render_junit(read_reports(homes))
    assert TOKEN.encode() not in content
    root = ET.fromstring(content)  # noqa: S314 # our own
    assert faults(root) == []
    for suite in root:
        for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert suite.get(attribute) == str(len(suite.findall(f"testcase/{tag}")))
        assert suite.get("tests") == str(len(suite.findall("testcase")))
    return root


def case_of(root: ET.Element, name: str) -> ET.Element:
    (found,) = (case for case in root.iter("testcase") if case.get("name") == name)
    return found


@pytest.mark.parametrize("run", [clean_run(), mixed_run(), mixed_run(strict=True), run_of(not_tested="no route")])
def test_it_is_valid_by_the_schema_of_jenkins(tmp_path: Path, run: Run) -> None:
    junit_of(tmp_path, run)


def test_the_schema_finds_what_is_wrong() -> None:
    assert faults(ET.Element("testsuite", name="a", tests="-1", failures="0", verdict="x")) == [
        "testsuite lacks errors",
        "tests must not be '-1'",
        "testsuite must not have verdict",
    ]


def test_each_gateway_and_contract_is_a_suite_with_time_and_properties(tmp_path: Path) -> None:
    stale = Waiver(Place(Path("w.yaml"), 3), "n/*", "known", date(2026, 1, 9))
    staging, canary = (
        replace(run_of(LOST_SEED), name="staging", stale_waivers=(stale,)),
        replace(clean_run(), name="canary"),
    )
    first, second = junit_of(tmp_path, staging, canary)
    assert (first.get("name"), second.get("name")) == ("staging.powerbuyin", "canary.powerbuyin")
    assert (first.get("timestamp"), first.get("time")) == ("2026-01-02T03:04:05", "3.142")
    about = {one.get("name"): one.get("value") for one in first.iterfind("properties/property")}
    assert about["verdict"] == "violates"
    assert about["observed"] == "two-sided"
    assert about["stale_waiver"] == "w.yaml:3  n/*"
    assert about["requests"] == "212"


def test_a_failure_has_clause_request_response_and_file(tmp_path: Path) -> None:
    case = case_of(junit_of(tmp_path, replace(run_of(LOST_SEED), name="staging")), LOST_SEED.rule.id)
    assert case.get("classname") == "staging.powerbuyin.seed"
    failure = case.find("failure")
    assert failure is not None
    assert failure.get("type") == "documented"
    assert failure.get("message") == f"{LOST_SEED.rule.clause} expected 0 at /parameters/seed, observed dropped"
    text = failure.text or ""
    assert f"clause    {LOST_SEED.rule.clause} {LOST_SEED.rule.clause_text}" in text
    assert "failed    in 2 of 9 exchanges" in text
    assert "request   curl http://127.0.0.1:3000/v1/images/generations" in text
    assert "response  HTTP 200" in text
    assert re.search(r"file +\S+/staging/powerbuyin/exchanges/0001\.json\nalso +\S+/0002\.json$", text)


def test_a_long_request_is_sent_again_from_its_file(tmp_path: Path) -> None:
    run = run_of(failed(DOCUMENTED[0], "a", "b", exchange(asking({"prompt": "x" * 100_000}))))
    (failure,) = junit_of(tmp_path, run).iter("failure")
    assert "request   check-gateway rerun " in (failure.text or "")
    assert len(failure.text or "") < 2000


def test_an_expected_rule_that_does_not_count_passes_with_a_warning(tmp_path: Path) -> None:
    warned = replace(CALLED_TWICE, rule=EXPECTED[0])
    case = case_of(junit_of(tmp_path, run_of(warned)), EXPECTED[0].id)
    assert [child.tag for child in case] == ["properties", "system-out"]
    assert [one.attrib for one in case.iter("property")] == [{"name": "outcome", "value": "warn"}]
    assert (case.findtext("system-out") or "").startswith("WARN ")


@pytest.mark.parametrize(
    ("verdict", "reason"),
    [
        (WAIVED, "waived until 2027-01-31: fixed in 2.4 (GW-1)"),
        (UNSEEN, "inconclusive: the images cannot be told apart"),
        (UNSENT, "not run: no request led to a verdict"),
    ],
    ids=["waived", "inconclusive", "not run"],
)
def test_what_is_waived_or_undecided_is_skipped_with_the_reason(
    tmp_path: Path, verdict: RuleVerdict, reason: str
) -> None:
    found = junit_of(tmp_path, run_of(verdict, passed(DOCUMENTED[0])))
    (skipped,) = found.iter("skipped")
    assert skipped.get("message") == reason


def test_a_run_that_was_no_test_is_one_error_and_all_else_is_skipped(tmp_path: Path) -> None:
    run = replace(run_of(LOST_SEED, passed(DOCUMENTED[0]), not_tested="connection refused"), problem=Cause.GATEWAY)
    root = junit_of(tmp_path, run)
    (error,) = root.iter("error")
    assert (error.get("type"), error.get("message")) == ("gateway", "connection refused")
    assert case_of(root, TESTED).find("error") is error
    assert [len(list(root.iter(tag))) for tag in ("testcase", "skipped", "failure")] == [3, 2, 0]


def test_what_a_gateway_says_is_text_that_xml_can_carry(tmp_path: Path) -> None:
    answer = answering({"error": {"message": HOSTILE, "code": HOSTILE}}, 400)
    run = run_of(failed(DOCUMENTED[0], HOSTILE, HOSTILE, exchange(answer=answer)))
    root = junit_of(tmp_path, run)
    assert len(list(root.iter("failure"))) == 1
    assert not list(root.iter("error"))
    assert r"\x1b[31m" in str(next(root.iter("failure")).get("message"))
