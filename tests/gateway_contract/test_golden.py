"""The golden vectors, typed by hand from the pages, against what the contracts say: the check of our own reading."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from gateway_contract.contract.definition import Contract
from gateway_contract.contract.load_contract import contract_path, load_contract
from gateway_contract.contract.validity import validity_of
from gateway_contract.rules.rule import FindingKind, Outcome
from gateway_contract.traffic.exchange import Exchange, UpstreamCall
from gateway_contract.values.json_value import ABSENT, UNOBSERVED, Json
from gateway_contract.values.pointer import placed, removed
from tests.gateway_contract.exchanges import (
    DIALECTS,
    Body,
    Dialect,
    answered,
    call_body,
    called,
    drawn,
    judged,
    with_call,
    with_images,
    with_status,
)

GOLDEN = Path(__file__).parents[2] / "fixtures" / "golden"
MENDED = frozenset({"refused-or-coerced", "refused-or-truncated", "refused-or-converted"})
TAKEN = MENDED | {"accepted"}


@dataclass(frozen=True)
class Vector:
    contract: str
    says: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.contract}: {self.says['name']}"

    @property
    def dialect(self) -> Dialect:
        return DIALECTS[self.contract]

    @property
    def body(self) -> Body:
        body: Body = self.says["request"]
        return body

    @property
    def expect(self) -> str:
        return str(self.says["expect"])

    def accepted(self) -> Exchange:
        """What a gateway does that takes this request and does all that the vector says."""
        width, height = self.says.get("pixels", (1024, 1024))
        exchange = self.dialect.conforming(self.body, images=self.says.get("images"), call=self.call())
        image_field = str(self.says.get("carries", self.body.get("response_format", "url")))
        assert exchange.images is not UNOBSERVED
        count = len(exchange.images)
        made = [drawn(image_field, f"{width}*{height}", number) for number in range(count)]
        return self.carrying(with_images(exchange, *made), image_field)

    def call(self) -> Json:
        call = self.dialect.call(self.body)
        for pointer, value in self.says.get("upstream", {}).items():
            call = placed(call, pointer, value)
        return call

    def carrying(self, exchange: Exchange, *keys: str) -> Exchange:
        """The same exchange, its items carrying their images under such keys."""
        assert exchange.images is not UNOBSERVED
        items: list[Json] = [dict.fromkeys(keys, f"image {number}") for number in range(len(exchange.images))]
        return replace(exchange, answer=answered(self.dialect.answer(items)))

    def refused(self) -> Exchange:
        return self.dialect.refusing(self.body)


def vectors() -> Iterator[Vector]:
    for path in sorted(GOLDEN.glob("*.json")):
        for said in json.loads(path.read_text("utf-8"))["vectors"]:
            yield Vector(path.stem, said)


ALL = list(vectors())
ACCEPTED = [vector for vector in ALL if vector.expect == "accepted"]
REFUSED = [vector for vector in ALL if vector.expect == "refused"]


@pytest.fixture
def contract(vector: Vector, request: pytest.FixtureRequest) -> Contract:
    found = request.getfixturevalue(vector.contract)
    assert isinstance(found, Contract)
    return found


def of(vectors: list[Vector]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("vector", vectors, ids=str)


def test_every_vector_says_what_must_come_of_it() -> None:
    assert {vector.contract for vector in ALL} == set(DIALECTS)
    assert {vector.expect for vector in ALL} == TAKEN | {"refused"}


@of(ALL)
def test_the_contract_takes_what_the_page_takes_and_nothing_else(vector: Vector, contract: Contract) -> None:
    stands = validity_of(contract, vector.body)
    assert stands.valid == (vector.expect == "accepted")
    assert bool(stands.broken) == (vector.expect != "accepted")
    assert not stands.open_because


@of(ALL)
def test_each_vector_bears_on_a_rule_of_the_clauses_that_it_names(vector: Vector, contract: Contract) -> None:
    exchange = vector.accepted() if vector.expect == "accepted" else vector.refused()
    found = judged(contract, exchange)
    assert set(vector.says["clauses"]) <= {found.rules[name].clause for name in found.findings}


@of(ACCEPTED)
def test_a_gateway_that_does_as_the_vector_says_breaks_no_rule(vector: Vector, contract: Contract) -> None:
    assert judged(contract, vector.accepted()).failed() == set()


@of(REFUSED + [vector for vector in ALL if vector.expect in MENDED])
def test_a_gateway_that_refuses_what_it_should_breaks_no_rule(vector: Vector, contract: Contract) -> None:
    for status in (400, 422):
        assert judged(contract, vector.dialect.refusing(vector.body, status)).failed() == set()


@of(ACCEPTED)
@pytest.mark.parametrize("status", [400, 500])
def test_a_refused_valid_request_fails(vector: Vector, contract: Contract, status: int) -> None:
    assert "request/accepted" in judged(contract, with_status(vector.accepted(), status)).failed("documented")


@of(REFUSED)
def test_an_accepted_bad_request_fails(vector: Vector, contract: Contract) -> None:
    taken = Exchange(vector.refused().request, answered(vector.dialect.answer([{"url": "image"}])), (called({}),), ())
    failed = judged(contract, taken).failed("documented")
    clauses = {judged(contract, taken).rules[name].clause for name in failed}
    assert clauses & set(vector.says["clauses"])


@of(REFUSED)
def test_a_broken_server_has_not_refused(vector: Vector, contract: Contract) -> None:
    assert judged(contract, vector.dialect.refusing(vector.body, 500)).failed("documented")


UPSTREAM = [(vector, pointer) for vector in ACCEPTED for pointer in vector.says.get("upstream", {})]


@pytest.mark.parametrize(("vector", "pointer"), UPSTREAM, ids=str)
def test_a_value_that_is_lost_or_changed_on_its_way_fails(vector: Vector, pointer: str, contract: Contract) -> None:
    exchange = vector.accepted()
    assert judged(contract, with_call(exchange, removed(call_body(exchange), pointer))).failed()
    for other in ("another", 4, None):
        changed = with_call(exchange, placed(call_body(exchange), pointer, other))
        field = next(field for field in contract.mapped if field.upstream == pointer)
        assert any(name.startswith(f"{field.subject}/") for name in judged(contract, changed).failed())


OPTIONAL = [
    (vector, pointer, value)
    for vector in ACCEPTED
    for pointer, value in vector.says.get("upstream_absent_or", {}).items()
]


@pytest.mark.parametrize(("vector", "pointer", "value"), OPTIONAL, ids=str)
def test_a_default_goes_upstream_as_it_is_or_not_at_all(
    vector: Vector, pointer: str, value: Json, contract: Contract
) -> None:
    exchange = vector.accepted()
    without = with_call(exchange, removed(call_body(exchange), pointer))
    with_default = with_call(exchange, placed(call_body(exchange), pointer, value))
    with_other = with_call(exchange, placed(call_body(exchange), pointer, 3 if value == 1 else not value))
    assert judged(contract, without).failed("documented") == set()
    assert judged(contract, with_default).failed("documented") == set()
    assert judged(contract, with_other).failed()


@of([vector for vector in ACCEPTED if "images" in vector.says])
@pytest.mark.parametrize("change", [-1, 1])
def test_an_image_too_few_or_too_many_fails(vector: Vector, contract: Contract, change: int) -> None:
    count = vector.says["images"] + change
    spoilt = vector.dialect.conforming(vector.body, images=count, call=vector.call())
    assert {"data/length", "n/default"} & judged(contract, spoilt).failed()


@of([vector for vector in ACCEPTED if "carries" in vector.says])
def test_an_image_carried_under_the_other_key_fails(vector: Vector, contract: Contract) -> None:
    wanted = vector.says["carries"]
    other = "url" if wanted == "b64_json" else "b64_json"
    failed = judged(contract, vector.carrying(vector.accepted(), other)).failed("documented")
    assert {f"{wanted}/present", "response_format/default"} & failed


@of([vector for vector in ACCEPTED if "carries" in vector.says])
def test_the_other_key_may_be_there_as_well(vector: Vector, contract: Contract) -> None:
    assert judged(contract, vector.carrying(vector.accepted(), "url", "b64_json")).failed() == set()


@of([vector for vector in ACCEPTED if "pixels" in vector.says])
def test_an_image_of_other_pixels_fails(vector: Vector, contract: Contract) -> None:
    width, height = vector.says["pixels"]
    exchange = vector.accepted()
    for size in (f"{width + 1}*{height}", f"{height}*{width - 1}"):
        wrong = with_images(exchange, drawn(vector.says.get("carries", "url"), size))
        assert "data/pixels" in judged(contract, wrong).failed("documented")


def mended(name: str) -> Vector:
    return next(vector for vector in ALL if vector.says["name"] == name)


@of([mended("wan with n 2")])
def test_one_image_may_be_made_where_two_were_asked_of_a_model_that_makes_one(
    vector: Vector, contract: Contract
) -> None:
    call = placed(vector.call(), "/parameters/n", 1)
    one = vector.dialect.conforming(vector.body, images=vector.says["images"], call=call)
    assert judged(contract, one).failed("documented") == set()
    two = vector.dialect.conforming(vector.body, images=2, call=call)
    asked_for_two = vector.dialect.conforming(vector.body, images=1)
    for exchange in (two, asked_for_two):
        assert "n/maximum-for-other-models" in judged(contract, exchange).failed("documented")


@of([mended("801 English characters"), mended("501 characters to avoid")])
def test_over_long_text_may_be_cut_to_the_limit_but_not_passed_on(vector: Vector, contract: Contract) -> None:
    name, limit = ("prompt", 800) if len(str(vector.body["prompt"])) > 800 else ("negative_prompt", 500)
    text = str(vector.body[name])
    cut = vector.dialect.call(vector.body | {name: text[:limit]})
    exchange = vector.dialect.conforming(vector.body, call=cut)
    assert judged(contract, exchange).failed("documented") == set()
    for passed_on in (vector.dialect.call(vector.body), vector.dialect.call(vector.body | {name: "something else"})):
        spoilt = vector.dialect.conforming(vector.body, call=passed_on)
        assert f"{name}/max-length" in judged(contract, spoilt).failed("documented")


CONVERTED = [vector for vector in ALL if vector.expect == "refused-or-converted"]


def converting(vector: Vector) -> tuple[str, Json]:
    """The pointer of the converted value upstream, and the value."""
    said: dict[str, Json] = vector.says.get("upstream") or vector.says["upstream_absent_or"]
    return next(iter(said.items()))


@of(CONVERTED)
def test_a_value_with_one_meaning_may_be_converted_to_it(vector: Vector, contract: Contract) -> None:
    pointer, meaning = converting(vector)
    name = pointer.rpartition("/")[2]
    right = vector.dialect.conforming(
        vector.body, images=vector.says.get("images", 1), call=placed(vector.call(), pointer, meaning)
    )
    found = judged(contract, right)
    assert found.failed() == {f"{name}/converted"}
    assert found.findings[f"{name}/converted"].kind is FindingKind.CONVERTED
    assert found.findings[f"{name}/converted"].conversion is not None
    assert judged(contract, right).failed("documented") == set()
    left_out = with_call(right, removed(call_body(right), pointer))
    may_be_left_out = "upstream_absent_or" in vector.says
    assert bool(judged(contract, left_out).failed("documented")) is not may_be_left_out
    for other in ("another", 3, vector.body[name]):
        spoilt = with_call(right, placed(call_body(right), pointer, other))
        assert judged(contract, spoilt).failed("documented") == {f"{name}/type"}
        assert f"{name}/converted" not in judged(contract, spoilt).failed()


@of(CONVERTED)
def test_a_conversion_that_cannot_be_seen_is_reported_as_such(vector: Vector, contract: Contract) -> None:
    name = converting(vector)[0].rpartition("/")[2]
    shown = vector.says.get("images", 1)
    unseen = replace(vector.dialect.conforming(vector.body, images=shown), upstream=UNOBSERVED, images=UNOBSERVED)
    found = judged(contract, unseen)
    assert found.failed() == {f"{name}/converted"}
    if shown > 1:
        return  # the number of images shows it
    assert found.findings[f"{name}/type"].outcome is Outcome.INCONCLUSIVE
    assert "cannot be seen: the upstream is not observed" in found.findings[f"{name}/converted"].observed


@of(ACCEPTED)
def test_what_cannot_be_seen_is_never_passed(vector: Vector, contract: Contract) -> None:
    unseen = replace(vector.accepted(), upstream=UNOBSERVED, images=UNOBSERVED)
    found = judged(contract, unseen)
    shown = {"n", "size"}  # by the number of images
    arrivals = {name: finding for name, finding in found.findings.items() if found.rules[name].kind == "mapping"}
    unshown = [finding for name, finding in arrivals.items() if name.partition("/")[0] not in shown]
    assert {finding.outcome for finding in unshown} == {Outcome.INCONCLUSIVE}
    assert found.failed() == set()


def test_a_call_upstream_without_a_body_is_an_invalid_call_and_loses_no_field(powerbuyin: Contract) -> None:
    vector = mended("everything at once")
    exchange = vector.accepted()
    assert exchange.upstream is not UNOBSERVED
    calls: tuple[UpstreamCall, ...] = tuple(replace(call, body=ABSENT) for call in exchange.upstream)
    told = judged(powerbuyin, replace(exchange, upstream=calls))
    assert "upstream/valid-call" in told.failed("expected")
    assert told.failed("documented") == set()


OURS = "a lighthouse at dusk"
PAGES: dict[str, Json] = {
    "powertokens": {
        "model": "qwen-image-2.0-pro",
        "prompt": OURS,
        "n": 1,
        "size": "1024*1024",
        "response_format": "url",
    },
    "powerbuyin": {
        "model": "qwen-image-2.0-pro",
        "response_format": "url",
        "input": {"messages": [{"role": "user", "content": [{"text": OURS}]}]},
        "size": "2048*2048",
        "n": 1,
        "watermark": False,
    },
}


@pytest.mark.parametrize("name", PAGES)
def test_the_example_of_a_contract_is_the_pages_own_but_for_the_sentence_that_it_draws(name: str) -> None:
    assert [example.body for example in load_contract(contract_path(name)).examples] == [PAGES[name]]
