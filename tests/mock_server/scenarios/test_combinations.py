"""Several behaviours at once, outermost first; what begins anew; and texts that are meant to break the mock."""

import time
from io import BytesIO
from pathlib import Path

import httpx
import pytest
from PIL import Image

from gateway_contract.contract.definition import Contract
from gateway_contract.document.node import DocumentError
from gateway_contract.values.json_value import ABSENT
from gateway_contract.values.pointer import read
from mock_server.defects.catalogue import defects
from mock_server.faults.scenario_kind import ScenarioError, parse_scenario, split_outside_brackets
from mock_server.runtime.mock import Mock
from mock_server.scenarios.definition import NamedScenario
from mock_server.scenarios.registry import check_known, effect_of
from mock_server.scenarios.scenario_file import scenario_file
from mock_server.scenarios.switches import HEADER
from tests.mock_server.served import DASHSCOPE, Body

ASKED: Body = {"model": "qwen-image-2.0-pro", "prompt": "a kite", "size": "512*512", "n": 3, "seed": 1}
LONG = "latency(600s)"  # longer than the client waits


def asked(mock: Mock, http: httpx.Client, scenario: str | None, body: Body = ASKED) -> httpx.Response:
    headers = {} if scenario is None else {HEADER: scenario}
    return http.post(f"{mock.settings.own}/powertokens/v1/images/generations", json=body, headers=headers)


@pytest.mark.parametrize(
    ("scenario", "message"),
    [
        ("rate-limit + latency(1ms) + unauthorized", "rate-limit and unauthorized conflict: each replaces the whole"),
        ("reset + moderation", "reset and moderation conflict: each replaces the whole response. Use one of them"),
        ("link-404 + link-html", "link-404 and link-html conflict: each replaces the images behind the links"),
    ],
)
def test_of_two_that_cannot_both_happen_both_are_named(
    mock: Mock, http: httpx.Client, scenario: str, message: str
) -> None:
    answer = asked(mock, http, scenario)
    assert answer.status_code == 400
    assert message in answer.json()["error"]["message"]


def test_names_are_taken_in_any_case(mock: Mock, http: httpx.Client) -> None:
    assert asked(mock, http, "Rate-Limit (retry_after=3)").headers["retry-after"] == "3"
    marked = {**ASKED, "prompt": "a kite [[ MOCK :RATE-LIMIT ]]"}
    assert asked(mock, http, None, marked).status_code == 429


@pytest.mark.parametrize(
    ("tried", "meant"),
    [
        ("429", "rate-limit"),
        ("timeout", "gateway-timeout"),
        ("delay(2s)", "latency"),
        ("offline", "reset"),
        ("Too-Many-Requests", "rate-limit"),
        ("hang", "latency"),
        ("nsfw", "moderation"),
    ],
)
def test_a_name_that_people_try_is_answered_with_the_right_one(
    mock: Mock, http: httpx.Client, tried: str, meant: str
) -> None:
    assert f"Did you mean {meant}? " in asked(mock, http, tried).json()["error"]["message"]


def test_what_is_refused_outside_is_not_kept_waiting_inside(mock: Mock, http: httpx.Client) -> None:
    assert asked(mock, http, f"rate-limit + {LONG}").status_code == 429


@pytest.mark.parametrize(
    "scenario", ["data-first-image-only + latency(200ms)", "latency(200ms) + data-first-image-only"]
)
def test_a_defect_leaves_room_for_others(mock: Mock, http: httpx.Client, scenario: str) -> None:
    began = time.monotonic()
    assert len(asked(mock, http, scenario).json()["data"]) == 1
    assert time.monotonic() - began >= 0.19


def images(mock: Mock, http: httpx.Client, scenario: str) -> list[httpx.Response]:
    return [http.get(item["url"]) for item in asked(mock, http, scenario).json()["data"]]


@pytest.mark.parametrize(
    ("scenario", "kind", "size"),
    [
        ("data-half-size", "image/png", (256, 256)),
        ("images-octet-stream-content-type", "application/octet-stream", (512, 512)),
        ("images-octet-stream-content-type + data-half-size", "application/octet-stream", (256, 256)),
        ("link-slow(1ms) + data-half-size", "image/png", (256, 256)),
        ("data-half-size + link-slow(1ms)", "image/png", (256, 256)),
    ],
)
def test_a_defect_of_images_shows_where_their_links_lead(
    mock: Mock, http: httpx.Client, scenario: str, kind: str, size: tuple[int, int]
) -> None:
    for image in images(mock, http, scenario):
        assert image.headers["content-type"] == kind
        assert Image.open(BytesIO(image.content)).size == size


@pytest.mark.parametrize("scenario", ["data-half-size + link-404", "link-404 + data-half-size"])
def test_where_no_image_comes_no_defect_of_it_is_seen(mock: Mock, http: httpx.Client, scenario: str) -> None:
    assert {image.status_code for image in images(mock, http, scenario)} == {404}


def test_two_defects_come_together(mock: Mock, http: httpx.Client) -> None:
    answer = asked(mock, http, "seed-dropped-when-falsy + created-time-missing", ASKED | {"seed": 0})
    assert "created" not in answer.json()
    (*_, last) = mock.stubs["dashscope"].calls
    assert read(last.body, "/parameters/n") == 3
    assert read(last.body, "/parameters/seed") is ABSENT


def test_what_stands_outside_changes_what_comes_from_inside(mock: Mock, http: httpx.Client) -> None:
    assert asked(mock, http, "no-images + data-first-image-only").json()["data"] == []
    refused = asked(mock, http, "error-type-missing-in-errors + rate-limit")
    assert (refused.status_code, "type" in refused.json()["error"]) == (429, False)


def test_chance_may_choose_whatever_can_be_written(mock: Mock, http: httpx.Client) -> None:
    answer = asked(mock, http, "chaos(rate=1, of=latency(1ms) + rate-limit(retry_after=7)|rate-limit(retry_after=7))")
    assert answer.headers["retry-after"] == "7"


def test_chance_may_choose_ones_own(powertokens: Contract) -> None:
    own = {"sour": NamedScenario("sour", "rate-limit", "")}
    effect_of("chaos(of=sour|reset)", powertokens, own)


def test_a_switch_that_is_set_again_begins_anew(mock: Mock, http: httpx.Client) -> None:
    def drawn() -> list[int]:
        mock.controls.switchboard.set("chaos(rate=0.5, seed=7, of=rate-limit|forbidden)", "powertokens")
        return [asked(mock, http, None).status_code for _ in range(12)]

    first = drawn()
    assert drawn() == first
    assert len(set(first)) > 1
    mock.reset()


def test_after_a_reset_headers_begin_anew_as_well(mock: Mock, http: httpx.Client) -> None:
    def drawn() -> list[int]:
        mock.reset()
        return [asked(mock, http, "chaos(rate=0.5, seed=9, of=rate-limit|forbidden)").status_code for _ in range(12)]

    assert drawn() == drawn()


def test_every_defect_can_be_called_by_its_bare_name(powertokens: Contract, powerbuyin: Contract) -> None:
    for contract in (powertokens, powerbuyin):
        for defect in defects(contract):
            effect_of(str(defect), contract)


def test_every_failure_of_the_upstream_can_be_played(powertokens: Contract) -> None:
    for fault in DASHSCOPE.faults:
        effect_of(f"upstream({fault})", powertokens)


def test_an_upstream_that_makes_fewer_images_is_seen(mock: Mock, http: httpx.Client) -> None:
    assert len(asked(mock, http, "upstream(fewer-images)").json()["data"]) == 2
    assert asked(mock, http, "upstream(fewer-images)", ASKED | {"n": 1}).status_code == 502


def test_dead_links_of_the_upstream_are_dead_behind_the_gateways_own(mock: Mock, http: httpx.Client) -> None:
    (item, *_) = asked(mock, http, "upstream(link-404)").json()["data"]
    assert http.get(item["url"]).status_code == 404
    inline = asked(mock, http, "upstream(link-404)", ASKED | {"response_format": "b64_json"})
    assert inline.status_code == 502


@pytest.mark.parametrize("field", ["prompt", "input.messages.0.content.0.text", "/input/messages/0/content/0/text"])
def test_a_field_is_found_however_it_is_written(mock: Mock, http: httpx.Client, field: str) -> None:
    url = f"{mock.settings.own}/powerbuyin/v1/images/generations"
    error = http.post(url, json={}, headers={HEADER: f"bad-request(field={field})"}).json()["error"]
    assert error["param"] == "input.messages.0.content.0.text"


def test_a_bad_request_tells_what_the_contract_promises(mock: Mock, http: httpx.Client) -> None:
    assert asked(mock, http, "bad-request(field=$.n)").json()["error"]["message"] == "n must be at most 6."


def test_a_client_can_be_left_without_a_time_to_wait(mock: Mock, http: httpx.Client) -> None:
    assert "retry-after" not in asked(mock, http, "rate-limit(retry_after=none)").headers


@pytest.mark.parametrize(
    "scenario",
    [
        f"fewer-images(by={'9' * 5000})",
        f"a{' ' * 60_000}!",
        "(" * 400,
        "chaos(of=" * 50 + "reset" + ")" * 50,
        f"slow-body({'9' * 400}s)",
        "link-slow(601s)",
        "=",
        "+",
        "a)(",
        " + ".join(["chaos(of=slow-body|slow-body|slow-body|slow-body|slow-body|slow-body|slow-body)"] * 8),
    ],
)
def test_a_text_that_is_meant_to_break_it_is_refused_at_once(mock: Mock, http: httpx.Client, scenario: str) -> None:
    answer = asked(mock, http, scenario)
    assert (answer.status_code, answer.headers["x-mock-error"]) == (400, "true")


@pytest.mark.parametrize("marker", ["rate-limit(retry_after=٣)", "reset\\r\\nSet-Cookie: a=b", "\x00"])
def test_a_marker_of_odd_characters_is_refused(mock: Mock, http: httpx.Client, marker: str) -> None:
    answer = asked(mock, http, None, ASKED | {"prompt": f"a kite [[mock: {marker}]]"})
    assert (answer.status_code, answer.headers["x-mock-error"]) == (400, "true")
    assert "set-cookie" not in answer.headers


def test_what_nobody_could_read_is_not_switched_on(mock: Mock) -> None:
    with pytest.raises(ScenarioError, match="a scenario must be like"):
        mock.controls.switchboard.set("rate limit")
    with pytest.raises(ScenarioError, match="times must be at least 1; got 0"):
        mock.controls.switchboard.set("rate-limit", times=0)
    assert mock.controls.switchboard.current() == ()


def test_a_scenario_fits_where_one_contract_has_it(powertokens: Contract, powerbuyin: Contract) -> None:
    check_known("size-not-normalized", [powertokens, powerbuyin], {})
    with pytest.raises(ScenarioError, match="Unknown scenario 'size-not-normalized'"):
        check_known("size-not-normalized", [powertokens], {})


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("scenarios:\n- name: a\n  apply: rate-limits\n", 3),
        ("active:\n- gateway: powertokens\n  scenario: sour\n", 3),
    ],
)
def test_what_a_file_asks_for_and_nobody_has_is_told_with_its_line(
    tmp_path: Path, powertokens: Contract, text: str, line: int
) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(DocumentError, match=rf"mine\.yaml:{line}: Unknown scenario"):
        scenario_file(path, [powertokens])


def test_brackets_keep_together_what_stands_in_them() -> None:
    assert split_outside_brackets("a(b + c) + d", "+") == ["a(b + c)", "d"]
    (step,) = parse_scenario("chaos(rate=1, of=latency(1s) + reset|rate-limit(retry_after=2))")
    assert step.named == {"rate": "1", "of": "latency(1s) + reset|rate-limit(retry_after=2)"}
