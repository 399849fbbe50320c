"""Failures that look alike are one entry, and the most serious one is the first."""

from dataclasses import replace

import pytest

from contract_tests.report.causes import causes
from contract_tests.results import RuleVerdict
from gateway_contract.rules.rule import FindingKind, ObservedConversion, RuleKind
from gateway_contract.schema.constraint import Level
from gateway_contract.traffic.exchange import Credential, Exchange, RequestForm
from tests.contract_tests.report_examples import answering, asking, exchange, failed, made_up_rule, rule, run_of

OK = exchange()
WRONG_TOKEN = exchange(replace(asking(), credential=Credential.WRONG))


def refused(status: int, message: str = "no") -> Exchange:
    return exchange(answer=answering({"error": {"message": message}}, status))


def broken(
    name: str, expected: str, observed: str, seen: Exchange = OK, kind: FindingKind = FindingKind.OTHER
) -> RuleVerdict:
    return failed(rule(name), expected, observed, seen, kind=kind)


def accepted(name: str) -> RuleVerdict:
    return broken(name, '"2" refused with 4xx', "accepted (HTTP 200)", kind=FindingKind.ACCEPTED)


def converted(name: str, sent: str, meaning: str, allowed: str) -> RuleVerdict:
    return failed(
        rule(f"{name}/converted"),
        f"{sent} refused with 4xx",
        f"converted to {meaning}",
        OK,
        kind=FindingKind.CONVERTED,
        conversion=ObservedConversion(sent, meaning, allowed),
    )


def rejected(name: str, seen: Exchange) -> RuleVerdict:
    return broken(name, "2 accepted", f"HTTP {seen.answer.status}", seen, FindingKind.REJECTED)  # type: ignore[union-attr] # an answer


def lost(name: str, expected: str, observed: str = "dropped") -> RuleVerdict:
    return broken(name, expected, observed, kind=FindingKind(observed.partition(":")[0]))


def titles(*verdicts: RuleVerdict) -> list[str]:
    return [cause.title for cause in causes(run_of(*verdicts), Level.DOCUMENTED)]


@pytest.mark.parametrize(
    ("verdicts", "title"),
    [
        (
            [accepted(f"{name}/type") for name in ("n", "seed")],
            "accepts values of the wrong type: n, seed",
        ),
        (
            [
                broken("input/type", "7 refused with 4xx", "HTTP 500", refused(500), FindingKind.BROKE),
                broken("content/min-items", "[] refused with 4xx", "HTTP 500", refused(500), FindingKind.BROKE),
            ],
            "fails on invalid requests (HTTP 500): input, content",
        ),
        (
            [rejected(f"{name}/type", refused(413, "too large")) for name in ("n", "seed")],
            "rejects valid values: n, seed",
        ),
        ([rejected("request/accepted", refused(400))], "rejects valid requests"),
        (
            [
                lost("seed/preserves-0", "0 at /parameters/seed"),
                lost("watermark/preserves-false", "false at /parameters/watermark"),
            ],
            "drops 0 and false on the way upstream: seed, watermark",
        ),
        (
            [
                lost("seed/mapped", "3 at /parameters/seed"),
                lost("seed/preserves-0", "0 at /parameters/seed"),
            ],
            "drops values on the way upstream: seed",
        ),
        ([lost("n/mapped", "2 at /parameters/n", "changed: 1")], "changes values on the way upstream: n"),
        (
            [broken(f"authorization/{name}", "refused", "HTTP 200", WRONG_TOKEN) for name in ("token", "empty")],
            "accepts requests with a wrong token",
        ),
        (
            [broken(f"{name}/required", f'required "{name}"', "missing") for name in ("created", "data")],
            "does not hold in responses: created, data is required",
        ),
        ([broken("data/pixels", "8*8 pixels", "4*4")], f"does not hold in responses: {rule('data/pixels').statement}"),
    ],
)
def test_one_cause_is_one_entry(verdicts: list[RuleVerdict], title: str) -> None:
    assert titles(*verdicts) == [title]


def test_rejections_in_other_words_have_other_causes() -> None:
    verdicts = [rejected(f"{name}/type", refused(400, f"no {name}")) for name in ("n", "seed")]
    assert titles(*verdicts) == ["rejects valid values: n", "rejects valid values: seed"]


def test_values_of_another_request_are_the_first_cause() -> None:
    verdicts = (
        rejected("request/accepted", refused(400)),
        broken("authorization/token", "refused", "HTTP 200", WRONG_TOKEN),
        *(broken(f"{name}/not-carried-over", "a", "b", kind=FindingKind.CARRIED) for name in ("size", "seed")),
    )
    assert titles(*verdicts)[0] == "carries values of one request into another: size, seed"


def test_the_most_serious_cause_is_first_and_of_equal_ones_that_of_more_rules() -> None:
    upgraded = replace(refused(422), request=replace(asking(), form=RequestForm.UPGRADE))
    verdicts = (
        broken("data/pixels", "8*8 pixels", "4*4"),
        accepted("n/minimum"),
        accepted("n/type"),
        accepted("seed/type"),
        lost("seed/mapped", "3 at /parameters/seed"),
        rejected("request/accepted", refused(400)),
        rejected("example/accepts-documented", upgraded),
        broken("authorization/token", "refused", "HTTP 200", WRONG_TOKEN),
    )
    assert [title.partition(":")[0] for title in titles(*verdicts)] == [
        "accepts requests with a wrong token",
        "rejects valid requests",
        "drops values on the way upstream",
        "accepts values of the wrong type",
        "accepts values below the minimum",
        "rejects valid requests with Upgrade",
        "does not hold in responses",
    ]


def test_conversions_to_one_type_have_one_cause_whatever_the_value() -> None:
    verdicts = [converted("n", '"2"', "2", "integer"), converted("seed", '"7"', "7", "integer")]
    verdicts.append(converted("watermark", '"true"', "true", "boolean"))
    assert [cause.title for cause in causes(run_of(*verdicts), Level.EXPECTED)] == [
        'takes "2" for 2: n, seed (expected; the page says integer)',
        'takes "true" for true: watermark (expected; the page says boolean)',
    ]


def test_levels_stay_apart() -> None:
    expected = failed(made_up_rule("n/type", Level.EXPECTED), "refused with 4xx", "accepted (HTTP 200)")
    run = run_of(broken("seed/type", "refused with 4xx", "accepted (HTTP 200)"), expected)
    assert [len(causes(run, level)) for level in (Level.DOCUMENTED, Level.EXPECTED)] == [1, 1]


@pytest.mark.parametrize("kind", RuleKind)
def test_every_kind_of_rule_has_a_title(kind: RuleKind) -> None:
    found = replace(made_up_rule("x/y"), kind=kind)
    assert titles(failed(found, "a", "b"))
