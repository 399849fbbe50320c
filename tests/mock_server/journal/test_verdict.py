"""What the contract says of a request, in words that help to mend it; whatever the mock answered."""

from dataclasses import replace

import orjson
import pytest

from gateway_contract.contract.definition import Contract
from gateway_contract.contract.mapping import upstream_body
from gateway_contract.traffic.exchange import Headers, UpstreamCall
from gateway_contract.values.json_value import Json
from gateway_contract.values.pointer import placed, removed
from mock_server.journal.entries import JournalEntry
from mock_server.journal.verdict import EntryVerdict, VerdictStatus, verdict_by_gateway, verdict_of
from tests.mock_server.admin.seen import Body

SENT: Headers = (("authorization", "Bearer [redacted]"),)
KITE: Body = {"engine": "quick", "wish": {"words": "a kite"}}


def entry(
    contract: Contract,
    content: bytes,
    calls: tuple[UpstreamCall, ...] = (),
    method: str = "",
    path: str = "",
    headers: Headers = SENT,
) -> JournalEntry:
    return JournalEntry(
        id=1,
        gateway=contract.name,
        timestamp=0.0,
        method=method or contract.operation.method,
        path=path or f"/{contract.name}{contract.operation.path}",
        headers=headers,
        content=content,
        status=200,
        response_headers=(),
        response_content=b"{}",
        complete=True,
        duration_seconds=0.0,
        upstream_calls=calls,
        scenario=None,
        mode="off",
    )


def verdict(contract: Contract, body: Json, *calls: Json) -> EntryVerdict:
    seen = tuple(UpstreamCall("POST", "/paint", (), call, 0.0, 200) for call in calls)
    return verdict_of(contract, entry(contract, orjson.dumps(body), seen))


def test_a_right_request_is_valid(powertokens: Contract, powerbuyin: Contract, invented: Contract) -> None:
    for contract in (powertokens, powerbuyin, invented):
        for example in contract.examples:
            found = verdict(contract, example.body, upstream_body(contract, example.body))
            assert (found.status, found.message, found.upstream) == (VerdictStatus.VALID, "The request is valid.", ())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"sheets": 5}, "sheets must be at most 4; got 5."),
        ({"sheets": 0}, "sheets must be at least 1; got 0."),
        ({"sheets": "two"}, 'sheets must be an integer; got a string: "two".'),
        ({"sheets": None}, "sheets must be an integer; got null."),
        ({"engine": "fast"}, 'engine must be one of quick, fine; got "fast".'),
        (
            {"engine": "fine", "sheets": 3},
            "sheets must be at most 2 for engine fine; got 3.",
        ),
        ({"wish": {}}, "words is required."),
        ({"wish": {"words": ""}}, "words must have at least 1 character; got 0 characters."),
        ({"wish": {"words": "x" * 201}}, "words must have at most 200 characters; got 201 characters."),
        ({"canvas": "10*10"}, "canvas must have at least 65536 pixels; got 10*10: 100 pixels."),
        ({"canvas": "wide"}, 'canvas must look like 1024x1024; got "wide".'),
        (
            {"look": {"colours": ["red", "b", "sky"]}},
            "every item of colours must have at least 2 characters; got 1 character.",
        ),
        ({"look": {"colours": ["red", 1, None]}}, "every item of colours must be a string; got 1 and null."),
        ({"look": {"colours": []}}, "colours must have at least 1 item; got 0 items."),
        ({"shets": 2}, "unknown field: shets; did you mean 'sheets'?"),
        ({"zzz": 2}, "unknown field: zzz."),
    ],
)
def test_a_broken_rule_is_told_with_what_was_sent(invented: Contract, change: Body, said: str) -> None:
    found = verdict(invented, {**KITE, **change})
    assert found.status is VerdictStatus.INVALID
    assert said in found.message


def test_every_broken_rule_is_told_with_its_field_and_clause(invented: Contract) -> None:
    found = verdict(invented, {**KITE, "sheets": 5, "chaos": -1})
    assert [(one.subject, one.pointer, one.clause) for one in found.violations] == [
        ("sheets", "/sheets", "PX-05"),
        ("chaos", "/chaos", "PX-08"),
    ]


def test_a_body_of_another_type_breaks_the_contract_as_a_whole(invented: Contract) -> None:
    assert verdict(invented, []).message == "body must be an object; got an array: []."


def test_what_the_page_leaves_open_is_named(powertokens: Contract, invented: Contract) -> None:
    order = powertokens.examples[0].body
    assert isinstance(order, dict)
    assert (
        verdict(powertokens, {**order, "sed": 1}).message
        == "The contract says nothing about sed (did you mean 'seed'?); it was accepted."
    )
    assert verdict(invented, {**KITE, "canvas": "512X512"}).unspecified == ("canvas",)
    assert (
        verdict(invented, {**KITE, "sheets": 1.0}).message
        == "The contract leaves this open: an integer written as a fraction: 1.0; it was accepted."
    )


@pytest.mark.parametrize(
    ("status", "upstream_status", "outcome"),
    [
        (None, 200, "there was no response"),
        (400, 400, "the upstream refused it"),
        (400, None, "the gateway refused it"),
        (500, 200, "the response was 500"),
    ],
)
def test_what_became_of_a_request_that_the_contract_leaves_open(
    invented: Contract, status: int | None, upstream_status: int | None, outcome: str
) -> None:
    body = {**KITE, "canvas": "512X512"}
    calls = () if upstream_status is None else (UpstreamCall("POST", "/paint", (), body, 0.0, upstream_status),)
    found = verdict_of(invented, replace(entry(invented, orjson.dumps(body), calls), status=status))
    assert found.message == f"The contract says nothing about canvas; {outcome}."


def test_what_is_broken_is_told_beside_what_the_page_leaves_open(powertokens: Contract) -> None:
    order = powertokens.examples[0].body
    assert isinstance(order, dict)
    found = verdict(powertokens, {**order, "n": 7, "size": "512X512", "sed": 1})
    assert (found.status, found.unspecified) == (VerdictStatus.INVALID, ("sed (did you mean 'seed'?)", "size"))
    assert (
        found.message == "n must be at most 6; got 7. The contract says nothing about sed (did you mean 'seed'?), size."
    )


@pytest.mark.parametrize("change", [{"n": None}, {"size": "1x1"}, {"prompt": ""}])
def test_what_the_page_leaves_open_is_not_broken_by_itself(powertokens: Contract, change: Body) -> None:
    order = powertokens.examples[0].body
    assert isinstance(order, dict)
    found = verdict(powertokens, {**order, **change})
    assert (found.status, found.violations, found.unspecified) == (VerdictStatus.UNSPECIFIED, (), tuple(change))


def test_what_is_no_json_is_said_to_be_none(invented: Contract) -> None:
    assert verdict_of(invented, entry(invented, b"{")).message == "The body is not JSON."
    assert verdict_of(invented, entry(invented, b"")).message == "The body is missing."
    assert verdict_of(invented, entry(invented, b"")).status is VerdictStatus.MALFORMED_JSON


def test_a_request_to_something_else_is_none_of_the_contracts_business(invented: Contract) -> None:
    for method, path in (("GET", ""), ("", "/paintbox/elsewhere")):
        found = verdict_of(invented, entry(invented, orjson.dumps(KITE), method=method, path=path))
        assert found.status is VerdictStatus.UNMATCHED
        assert "POST /draw" in found.message


def test_a_query_makes_no_other_request(invented: Contract) -> None:
    found = verdict_of(invented, entry(invented, orjson.dumps(KITE), path="/paintbox/draw?a=b"))
    assert found.status is VerdictStatus.VALID


def test_a_gateway_that_is_served_no_longer_has_no_verdict(invented: Contract, powertokens: Contract) -> None:
    found = entry(invented, orjson.dumps(KITE))
    assert verdict_by_gateway([powertokens], found).status is VerdictStatus.UNKNOWN
    assert verdict_by_gateway([powertokens, invented], found).status is VerdictStatus.VALID


@pytest.mark.parametrize(
    ("headers", "sent"),
    [((), "none"), ((("Authorization", "Basic [redacted]"),), "something else"), ((("authorization", ""),), "none")],
)
def test_a_missing_token_is_told_beside_all_else(invented: Contract, headers: Headers, sent: str) -> None:
    says = f"Authorization must be a bearer token; got {sent}."
    right, wrong, silent = (
        verdict_of(invented, entry(invented, orjson.dumps({**KITE, **change}), headers=headers))
        for change in ({}, {"sheets": 5}, {"canvas": "512X512"})
    )
    assert (right.status, right.message, right.violations[0].clause) == (VerdictStatus.INVALID, says, "PX-02")
    assert wrong.sentences == (says, "sheets must be at most 4; got 5.")
    assert (silent.status, silent.unspecified) == (VerdictStatus.INVALID, ("canvas",))


def differing(contract: Contract, body: Json, call: Json) -> list[str]:
    return [difference.says for difference in verdict(contract, body, call).upstream]


def test_a_dropped_field_is_told(invented: Contract) -> None:
    body: Json = {**KITE, "chaos": 0}
    call = removed(upstream_body(invented, body), "/settings/dice")
    assert differing(invented, body, call) == ["chaos: expected 0 at /settings/dice upstream; missing"]


def test_a_changed_field_is_told(invented: Contract) -> None:
    body: Json = {**KITE, "canvas": "640x480"}
    call = placed(upstream_body(invented, body), "/settings/area", "480*640")
    assert differing(invented, body, call) == ['canvas: expected "640*480" at /settings/area upstream; got "480*640"']


def test_a_misplaced_field_is_told_once(invented: Contract) -> None:
    body: Json = {**KITE, "chaos": 77}
    call = placed(removed(upstream_body(invented, body), "/settings/dice"), "/job/dice", 77)
    assert differing(invented, body, call) == ["chaos: expected 77 at /settings/dice upstream; found at /job/dice"]


def test_an_injected_field_is_told(invented: Contract) -> None:
    call = placed(upstream_body(invented, KITE), "/settings/dice", 3)
    assert differing(invented, KITE, call) == ["unexpected 3 at /settings/dice upstream"]


def test_what_no_field_leads_to_is_told(invented: Contract) -> None:
    call = placed(upstream_body(invented, KITE), "/settings/logo", "ours")
    assert differing(invented, KITE, call) == ['unexpected "ours" at /settings/logo upstream']


def test_a_default_may_be_said_in_so_many_words_and_no_other(invented: Contract) -> None:
    right = placed(upstream_body(invented, KITE), "/settings/copies", 1)
    wrong = placed(upstream_body(invented, KITE), "/settings/copies", 2)
    assert differing(invented, KITE, right) == []
    assert differing(invented, KITE, wrong) == ["unexpected 2 at /settings/copies upstream"]


def test_what_may_be_made_up_is_no_difference(invented: Contract) -> None:
    assert differing(invented, KITE, placed(upstream_body(invented, KITE), "/settings/force", 1.2)) == []


def test_what_the_contract_does_not_judge_is_no_difference(invented: Contract) -> None:
    body: Json = {**KITE, "engine": "fine", "strength": 1}
    assert differing(invented, body, removed(upstream_body(invented, body), "/settings/force")) == []


def test_each_call_is_looked_at(invented: Contract) -> None:
    body: Json = {**KITE, "chaos": 5}
    right = upstream_body(invented, body)
    found = verdict(invented, body, right, removed(right, "/settings/dice")).upstream
    assert [(one.call, one.kind, one.pointer) for one in found] == [(1, "dropped", "/settings/dice")]


def test_a_token_that_is_not_accepted_is_told_beside_the_validity_of_the_request(invented: Contract) -> None:
    """The journal does not know tokens, so only the response says so."""
    rejected = replace(entry(invented, orjson.dumps(KITE)), status=401)
    found = verdict_of(invented, rejected)
    assert found.message == "The token is not accepted. Apart from that, the request is valid."
    invalid = verdict_of(invented, replace(rejected, content=orjson.dumps({**KITE, "sheets": 5})))
    assert invalid.message == "The token is not accepted. sheets must be at most 4; got 5."
    none_sent = verdict_of(invented, replace(rejected, headers=()))
    assert none_sent.message == "Authorization must be a bearer token; got none."
