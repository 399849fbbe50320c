"""The reports as JUnit XML: a suite per gateway and contract, and a test case per rule.

The elements are those of Jenkins' schema junit-10.xsd, which GitLab reads as well. That has `properties` in a suite
only; those in a test case are as pytest writes them, and readers that do not know them pass them over.
"""

import shlex
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from contract_tests.report.command_line import command
from contract_tests.report.stored_report import WARN, Listed, StoredReport
from contract_tests.report.wording import one_line

TESTED = "the gateway can be tested"
"""The name of the test case that has the error of a run that was no test."""
LONGEST_CURL = 2000  # characters; a longer request is sent again from its file
COUNTED = {"failures": "failure", "errors": "error", "skipped": "skipped"}
"""The attributes of a suite that count elements of its test cases."""


def render_junit(reports: Iterable[StoredReport]) -> bytes:
    """One document about all reports."""
    suites = [_suite(report) for report in reports]
    root = ET.Element("testsuites", name="check-gateway")
    for attribute in ("tests", "failures", "errors"):
        root.set(attribute, str(sum(int(suite.attrib[attribute]) for suite in suites)))
    root.set("time", f"{sum(float(suite.attrib['time']) for suite in suites):.3f}")
    root.extend(suites)
    ET.indent(root)
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _suite(report: StoredReport) -> ET.Element:
    listed = report.listed
    cases = list(_cases(report))
    counts = {name: sum(case.find(tag) is not None for case in cases) for name, tag in COUNTED.items()}
    began = datetime.fromisoformat(listed["started_at"]).astimezone(UTC)
    suite = _element("testsuite", name=report.subject, tests=str(len(cases)))
    for name, number in counts.items():
        suite.set(name, str(number))
    suite.set("time", f"{listed['duration_seconds']:.3f}")
    suite.set("timestamp", began.strftime("%Y-%m-%dT%H:%M:%S"))  # UTC: the schemas allow no offset
    suite.append(_properties(_about(listed)))
    suite.extend(cases)
    return suite


def _about(listed: Listed) -> Iterator[tuple[str, str]]:
    for key, value in listed.items():
        if isinstance(value, str | int | float):
            yield key, str(value)
    if listed["selection"]["keyword"]:
        yield "selection", str(listed["selection"]["keyword"])
    for key, number in listed["cost"].items():
        if number is not None:
            yield key, str(number)
    for key in ("stale_waivers", "expired_waivers"):
        yield from ((key.removesuffix("s"), one) for one in listed[key])
    for one in listed["beyond_upstream"]:
        yield "beyond_upstream", f"{one['at']}: {one['what']}: {one['reason']}"


def _cases(report: StoredReport) -> Iterator[ET.Element]:
    not_tested = report.listed["verdict"] == "not-tested"
    if not_tested:
        case = _element("testcase", classname=report.subject, name=TESTED)
        cause = report.listed.get("cause") or report.listed["ended"]
        ET.SubElement(case, "error", _written(type=cause, message=report.reason)).text = one_line(report.reason)
        yield case
    for rule in report.listed["rules"]:
        _, subject, *_ = rule["id"].split("/")
        case = _element("testcase", classname=f"{report.subject}.{subject}", name=rule["id"])
        if not_tested:
            _skip(case, f"{rule['verdict']}, but the gateway was not tested: {report.reason}")
        else:
            _judge(case, rule, report)
        yield case


def _judge(case: ET.Element, rule: Listed, report: StoredReport) -> None:
    """What the verdict on a rule adds to its test case; nothing where it passes."""
    match report.outcome(rule):
        case "fail":
            failure = ET.SubElement(case, "failure", _written(type=rule["level"], message=_message(rule)))
            failure.text = "\n".join(map(one_line, _evidence(rule, report)))
        case "warn":
            case.append(_properties([("outcome", WARN)]))
            told = ET.SubElement(case, "system-out")
            told.text = "\n".join(map(one_line, (f"WARN {_message(rule)}", *_evidence(rule, report))))
        case "waived":
            waiver = rule["waiver"]
            ticket = f" ({waiver['ticket']})" if "ticket" in waiver else ""
            _skip(case, f"waived until {waiver['until']}: {waiver['reason']}{ticket}")
        case "inconclusive" | "not-run" as verdict:
            _skip(case, f"{verdict.replace('-', ' ')}: {rule['reason']}")


def _message(rule: Listed) -> str:
    first = rule["failures"][0]
    note = f" ({first['note']})" if "note" in first else ""
    told = f"expected {first['expected']}, observed {first['observed']}{note}"
    return f"{rule['clause']} {told}" if rule["clause"] else told


def _evidence(rule: Listed, report: StoredReport) -> Iterator[str]:
    """Clause, request, response and file of the first failure, and the files of the others."""
    first, *others = rule["failures"]
    yield f"rule      {rule['statement']} ({rule['level']})"
    if rule["clause_text"]:
        yield f"clause    {rule['clause'] or ''} {rule['clause_text']}"
    yield f"failed    in {rule['failed']} of {rule['judged']} exchanges"
    rerun = command("rerun", shlex.quote(str(report.home / first["exchange"])))
    yield f"request   {first['curl'] if len(first['curl']) <= LONGEST_CURL else rerun}"
    for key, label in (("response", "response"), ("upstream_response", "upstream")):
        if key in first:
            yield f"{label:<10}HTTP {first[key]['status']} {first[key]['message']}".rstrip()
    for label, one in (("file", first), *(("also", one) for one in others)):
        yield f"{label:<10}{report.home / one['exchange']}"


def _skip(case: ET.Element, reason: str) -> None:
    ET.SubElement(case, "skipped", _written(message=reason))


def _properties(pairs: Iterable[tuple[str, str]]) -> ET.Element:
    found = ET.Element("properties")
    for name, value in pairs:
        ET.SubElement(found, "property", _written(name=name, value=value))
    return found


def _element(tag: str, **attributes: str) -> ET.Element:
    return ET.Element(tag, _written(**attributes))


def _written(**attributes: str) -> dict[str, str]:
    """Attributes that XML can carry, whatever a gateway said: without control characters and lone surrogates."""
    return {name: one_line(text) for name, text in attributes.items()}
