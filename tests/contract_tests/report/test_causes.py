"""Failures that look alike are one entry, and the most serious one is the first."""

from dataclasses import replace

import pytest

from contract_tests.report.causes import causes
from contract_tests.results import RuleVerdict
from gateway_contract.rules.rule import RuleKind
from gateway_contract.schema.constraint import Level
from gateway_contract.traffic.exchange import Credential, Exchange
from tests.contract_tests.report_examples import answering, asking, exchange, failed, made_up_rule, rule, run_of

OK = exchange()
WRONG_TOKEN = exchange(replace(asking(), credential=Credential.WRONG))


def refused(status: int, message: str = "no") -> Exchange:
    return exchange(answer=answering({"error": {"message": message}}, status))


def broken(name: str, expected: str, observed: str, seen: Exchange = OK) -> RuleVerdict:
    return failed(rule(name), expected, observed, seen)


def titles(*verdicts: RuleVerdict) -> list[str]:
    return [cause.title for cause in causes(run_of(*verdicts), Level.DOCUMENTED)]


@pytest.mark.parametrize(
    ("verdicts", "title"),
    [
        (
            [broken(f"{name}/type", '"2" refused with 4xx', "accepted (HTTP 200)") for name in ("n", "seed")],
            "accepts values of the wrong type: n, seed",
        ),
        (
            [broken(f"{name}/type", '"2" refused with 4xx', "converted to 2") for name in ("n", "seed")],
            'takes "2" for 2: n, seed',
        ),
        (
            [
                broken("input/type", "7 refused with 4xx", "HTTP 500", refused(500)),
                broken("content/min-items", "[] refused with 4xx", "HTTP 500", refused(500)),
            ],
            "fails on invalid requests (HTTP 500): input, content",
        ),
        (
            [broken(f"{name}/type", "2 accepted", "HTTP 413", refused(413, "too large")) for name in ("n", "seed")],
            "rejects valid values: n, seed",
        ),
        ([broken("request/accepted", "accepted", "HTTP 400", refused(400))], "rejects valid requests"),
        (
            [
                broken("seed/preserves-0", "0 at /parameters/seed", "dropped"),
                broken("watermark/preserves-false", "false at /parameters/watermark", "dropped"),
            ],
            "drops 0 and false on the way upstream: seed, watermark",
        ),
        (
            [
                broken("seed/mapped", "3 at /parameters/seed", "dropped"),
                broken("seed/preserves-0", "0 at /parameters/seed", "dropped"),
            ],
            "drops values on the way upstream: seed",
        ),
        ([broken("n/mapped", "2 at /parameters/n", "changed: 1")], "changes values on the way upstream: n"),
        (
            [broken(f"authorization/{name}", "refused", "HTTP 200", WRONG_TOKEN) for name in ("token", "empty")],
            "accepts requests with a wrong token",
        ),
        (
            [broken(f"{name}/required", f'required "{name}"', "missing") for name in ("created", "data")],
            "not true in responses: created, data is required",
        ),
        ([broken("data/pixels", "8*8 pixels", "4*4")], f"not true in responses: {rule('data/pixels').statement}"),
    ],
)
def test_one_cause_is_one_entry(verdicts: list[RuleVerdict], title: str) -> None:
    assert titles(*verdicts) == [title]


def test_rejections_in_other_words_have_other_causes() -> None:
    verdicts = [broken(f"{name}/type", "2 accepted", "HTTP 400", refused(400, f"no {name}")) for name in ("n", "seed")]
    assert titles(*verdicts) == ["rejects valid values: n", "rejects valid values: seed"]


def test_the_most_serious_cause_is_first_and_of_equal_ones_that_of_more_rules() -> None:
    accepted = ("refused with 4xx", "accepted (HTTP 200)")
    verdicts = (
        broken("data/pixels", "8*8 pixels", "4*4"),
        broken("n/minimum", *accepted),
        broken("n/type", *accepted),
        broken("seed/type", *accepted),
        broken("seed/mapped", "3 at /parameters/seed", "dropped"),
        broken("request/accepted", "accepted", "HTTP 400", refused(400)),
        broken("authorization/token", "refused", "HTTP 200", WRONG_TOKEN),
    )
    assert [title.partition(":")[0] for title in titles(*verdicts)] == [
        "accepts requests with a wrong token",
        "rejects valid requests",
        "drops values on the way upstream",
        "accepts values of the wrong type",
        "accepts values below the minimum",
        "not true in responses",
    ]


def test_levels_stay_apart() -> None:
    expected = failed(made_up_rule("n/type", Level.EXPECTED), "refused with 4xx", "accepted (HTTP 200)")
    run = run_of(broken("seed/type", "refused with 4xx", "accepted (HTTP 200)"), expected)
    assert [len(causes(run, level)) for level in (Level.DOCUMENTED, Level.EXPECTED)] == [1, 1]


@pytest.mark.parametrize("kind", RuleKind)
def test_every_kind_of_rule_has_a_title(kind: RuleKind) -> None:
    found = replace(made_up_rule("x/y"), kind=kind)
    assert titles(failed(found, "a", "b"))
