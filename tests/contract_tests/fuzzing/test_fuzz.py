"""Fuzzing finds what the finite plan cannot see, makes it small within bounds, keeps it, and never cries wolf."""

import asyncio
import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import NoReturn

import orjson
import pytest

from contract_tests.client.case import Case
from contract_tests.fuzzing.drawing import Drawing, DrawingError
from contract_tests.fuzzing.fuzz import FuzzSettings, MaySend, RandomRequests, Send, fuzz
from contract_tests.fuzzing.messages import Draw, MakeSmaller
from contract_tests.fuzzing.regressions import FILE, regressions
from contract_tests.fuzzing.sources import PROPERTIES, Listing, Property
from contract_tests.results import Conformance
from gateway_contract.contract.mapping import upstream_body
from gateway_contract.rules.derive import derive_rules
from gateway_contract.traffic.exchange import Answer, Exchange
from gateway_contract.values.json_value import ABSENT, Json, read_json
from gateway_contract.values.pointer import read, removed
from gateway_contract.values.size import parse_size
from mock_server.gateway.openai_errors import NOT_JSON
from mock_server.gateway.stages import Gateway, validate
from mock_server.serving.error_response import ErrorResponse
from tests.contract_tests.drawing_in_thread import drawing_in_thread
from tests.contract_tests.fuzzed_runs import Fuzzed, fuzzed, unchanged
from tests.contract_tests.gateways import failing, verdict_on
from tests.contract_tests.three_contracts import POWERTOKENS, base, request

pytestmark = pytest.mark.slow

RULES = derive_rules(POWERTOKENS)


def smallest(found: Fuzzed, rule: str) -> dict[str, Json]:
    """The request with which the report shows that a rule is broken."""
    body = verdict_on(found.run, rule).failures[0].exchange.request.body
    assert isinstance(body, dict)
    return body


def loses_arabic(gateway: Gateway) -> Gateway:
    def mapped(asked: Gateway, body: Json) -> Json:
        call = upstream_body(asked.contract, body)
        arabic = any("\u0600" <= letter <= "\u06ff" for letter in str(read(body, "/negative_prompt")))
        return removed(call, "/parameters/negative_prompt") if arabic else call

    return replace(gateway, map=mapped)


def is_refused(size: object) -> bool:
    """Whether it has an odd width that the plan does not send."""
    parsed = parse_size(size)
    return parsed is not None and parsed.width % 2 == 1 and parsed.width != 1021


def refuses_odd_widths(gateway: Gateway) -> Gateway:
    def checked(asked: Gateway, body: Json) -> Json | ErrorResponse:
        return NOT_JSON if is_refused(read(body, "/size")) else validate(asked, body)

    return replace(gateway, validate=checked)


def test_a_field_lost_for_one_script_is_found_shrunk_to_one_letter_and_kept(tmp_path: Path) -> None:
    assert failing(fuzzed(loses_arabic, tmp_path).run) == set()
    found = fuzzed(loses_arabic, tmp_path, fuzz=50, seed=2)
    assert failing(found.run) == {"negative_prompt/mapped"}
    body = smallest(found, "negative_prompt/mapped")
    assert read(body, "/negative_prompt") == "ا"
    assert {*body} == {*base(POWERTOKENS), "negative_prompt"}

    # What was found is kept, and comes first in the next run.
    kept = regressions(tmp_path / "powertokens")
    assert [entry.rule for entry in kept] == ["powertokens/negative_prompt/mapped"]
    again = fuzzed(loses_arabic, tmp_path, fuzz=1, seed=9)
    assert failing(again.run) == {"negative_prompt/mapped"}
    assert verdict_on(again.run, "negative_prompt/mapped").failures[0].exchange.name == "found before (fuzzed)"
    assert regressions(tmp_path / "powertokens")[0] == kept[0]


def test_a_refusal_of_odd_widths_is_found_and_shrunk_to_the_narrowest(tmp_path: Path) -> None:
    found = fuzzed(refuses_odd_widths, tmp_path, fuzz=50, seed=2)
    assert found.run.conformance is Conformance.VIOLATES
    assert failing(found.run) == {"size/format"}
    assert read(smallest(found, "size/format"), "/size") == "257*1021"


def test_what_was_found_counts_where_the_process_that_draws_ends_too_early(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def end(_drawing: Drawing, _task: MakeSmaller) -> NoReturn:
        raise DrawingError("it was killed")

    monkeypatch.setattr(Drawing, "smaller", end)
    found = fuzzed(refuses_odd_widths, tmp_path, fuzz=50, seed=2)
    assert failing(found.run) == {"size/format"}
    assert any("it was killed" in error for error in found.run.our_errors)
    assert found.run.fuzzed is not None
    assert found.run.fuzzed.requests > 100
    assert [kept.rule for kept in regressions(tmp_path / "powertokens")] != []


def refuses_odd_widths_and_arabic(gateway: Gateway) -> Gateway:
    def checked(asked: Gateway, body: Json) -> Json | ErrorResponse:
        arabic = any("\u0600" <= letter <= "\u06ff" for letter in str(read(body, "/negative_prompt")))
        return NOT_JSON if arabic or is_refused(read(body, "/size")) else validate(asked, body)

    return replace(gateway, validate=checked)


def test_refusals_for_two_reasons_are_both_found_and_made_small(tmp_path: Path) -> None:
    found = fuzzed(refuses_odd_widths_and_arabic, tmp_path, fuzz=80, seed=2)
    assert failing(found.run) == {"size/format", "negative_prompt/type"}
    assert read(smallest(found, "negative_prompt/type"), "/negative_prompt") == "ا"
    assert {*smallest(found, "size/format")} == {*base(POWERTOKENS), "size"}
    assert found.run.fuzzed is not None
    assert found.run.fuzzed.found == 2
    kept = regressions(tmp_path / "powertokens")
    assert {entry.rule for entry in kept} == {"powertokens/negative_prompt/type", "powertokens/size/format"}


@pytest.mark.parametrize("name", ["powertokens", "powerbuyin"])
def test_a_gateway_that_keeps_its_contract_is_blamed_for_nothing(tmp_path: Path, name: str) -> None:
    found = fuzzed(unchanged, tmp_path, name, fuzz=40, seed=3)
    assert (found.run.not_tested, found.run.our_errors) == ("", ())
    assert failing(found.run) == set()
    assert not (tmp_path / name / FILE).exists()


def test_nothing_is_asked_for_beyond_the_budget(tmp_path: Path) -> None:
    planned = fuzzed(unchanged, tmp_path, budget=20).run.cost
    cost = fuzzed(unchanged, tmp_path, fuzz=30, budget=20).run.cost
    assert planned.images <= cost.images <= 20
    roomy = fuzzed(unchanged, tmp_path, fuzz=30, budget=300).run.cost
    assert planned.images < roomy.images <= 300


def test_fuzzing_goes_on_for_as_long_as_it_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = itertools.count()  # a second for each look at it, a dozen in a round
    monkeypatch.setattr("contract_tests.fuzzing.fuzz.time", SimpleNamespace(monotonic=lambda: next(clock)))
    one_round = fuzzed(unchanged, tmp_path, fuzz=2, seed=1)
    longer = fuzzed(unchanged, tmp_path, fuzz=2, seed=1, fuzz_seconds=30)
    assert len(longer.sent) > len(one_round.sent)
    assert one_round.run.fuzzed is not None
    assert longer.run.fuzzed is not None
    assert one_round.run.fuzzed.rounds == 1 < longer.run.fuzzed.rounds
    assert one_round.run.fuzzed.found == longer.run.fuzzed.found == 0


# Without a network: what Hypothesis may cost.


def refusing(wrong: Callable[[Json], bool], asked: list[bytes]) -> Send:
    """A sender whose gateway answers some bodies with 500, and all others with 400."""

    async def send(cases: Sequence[Case], may_send: MaySend) -> list[Exchange | None]:
        return [response(case) if may_send(case) else None for case in cases]

    def response(case: Case) -> Exchange:
        asked.append(case.content)
        status = 500 if wrong(read_json(case.content)) else 400  # type: ignore[arg-type] # nothing is wrong with ABSENT
        said: Json = {"error": {"message": "no", "type": "t", "code": "c", "param": None}}
        return Exchange(request(case.content), Answer(status, (), orjson.dumps(said), said, 0.1, 0.0))

    return send


def found_by(
    send: Send,
    settings: FuzzSettings,
    known: frozenset[str] = frozenset(),
    sources: Sequence[Property | Listing] = PROPERTIES,
    may_send: MaySend = lambda _: True,
) -> list[Exchange]:
    requests = RandomRequests(POWERTOKENS, RULES, send, may_send, {*known})
    with drawing_in_thread(POWERTOKENS, sources) as drawing:
        drawing.tell(settings.drawn)
        return asyncio.run(fuzz(requests, drawing, settings))


def sent_with(seed: int) -> list[bytes]:
    asked: list[bytes] = []
    found_by(refusing(lambda _: False, asked), FuzzSettings(Draw(seed, examples=5)))
    return asked


def test_the_same_seed_sends_the_same_requests() -> None:
    assert sent_with(4) == sent_with(4) != sent_with(5)


FLAG = "powertokens/watermark/type"
OTHERS = frozenset(rule.id for rule in RULES) - {FLAG}


def breaks_on_a_flag(body: Json) -> bool:
    flag = read(body, "/watermark")
    return flag is not ABSENT and not isinstance(flag, bool)


def searched(most_shrinking: int, known: frozenset[str], patience: float = 60.0) -> tuple[list[Exchange], list[bytes]]:
    asked: list[bytes] = []
    settings = FuzzSettings(Draw(1, examples=200), most_shrinking, patience)
    return found_by(refusing(breaks_on_a_flag, asked), settings, known, PROPERTIES[1:2]), asked


def test_shrinking_costs_no_more_requests_than_it_may() -> None:
    nothing, without = searched(0, OTHERS | {FLAG})
    assert nothing == []
    (rough,), few = searched(10, OTHERS)
    assert len(few) <= len(without) + 10
    (fine,), many = searched(500, OTHERS)
    assert len(few) < len(many) <= len(without) + 500
    assert {*fine.request.body} == {*base(POWERTOKENS), "watermark"}  # type: ignore[misc] # an object
    assert len(fine.request.content) <= len(rough.request.content)


def test_shrinking_ends_where_the_gateway_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    _, without = searched(0, OTHERS | {FLAG})
    clock = itertools.count(step=5.0)
    monkeypatch.setattr("contract_tests.fuzzing.search.time", SimpleNamespace(monotonic=lambda: next(clock)))
    (found,), asked = searched(500, OTHERS, patience=20.0)
    assert len(asked) <= len(without) + 4
    assert breaks_on_a_flag(found.request.body)  # type: ignore[arg-type] # an object


def test_a_gateway_that_may_not_be_asked_is_not_asked() -> None:
    asked: list[bytes] = []
    send = refusing(lambda _: True, asked)
    found = found_by(send, FuzzSettings(Draw(1, examples=20)), may_send=lambda _: False)
    assert (found, asked) == ([], [])


def listed(wrong: Callable[[Json], bool], *contents: Json) -> tuple[list[Exchange], list[bytes]]:
    asked: list[bytes] = []
    source = Listing("listed", lambda _: [orjson.dumps(content) for content in contents])
    return found_by(refusing(wrong, asked), FuzzSettings(Draw(1, examples=10)), OTHERS, [source]), asked


def test_what_is_listed_is_made_small_field_by_field() -> None:
    plain = base(POWERTOKENS)
    assert isinstance(plain, dict)
    full = {**plain, "watermark": "sometimes", "seed": 7, "n": 2}
    (found,), asked = listed(breaks_on_a_flag, {**plain, "seed": 3}, full, {**full, "n": 3})
    assert found.request.body == {**plain, "watermark": "sometimes"}
    assert len(asked) == len(set(asked)) < 12


def test_every_seed_takes_its_own_share_of_a_list() -> None:
    source = Listing("listed", lambda _: [bytes([number]) for number in range(100)])
    shares = [source.share(POWERTOKENS, number, 30) for number in (1, 1, 2)]
    assert shares[0] == shares[1] != shares[2]
    assert len(set(shares[0])) == 30
    assert len(source.share(POWERTOKENS, 1, 500)) == 100
