"""Under the scenario `stream` a request for a stream gets events; everything else is answered as ever."""

from base64 import b64decode
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import httpx
import orjson
import pytest
from PIL import Image

from gateway_contract.contract.definition import Contract
from mock_server.console.view import row
from mock_server.faults.scenario_kind import ScenarioError
from mock_server.runtime.mock import MockSettings
from mock_server.scenarios.registry import check_known
from tests.mock_server.admin.seen import Body, Seen, seen
from tests.waiting import wait_until

NOW = 1767225600
SMALL: Body = {"size": "512*512", "stream": True}
PARTIAL, COMPLETED = "image_generation.partial_image", "image_generation.completed"


@pytest.fixture(scope="module")
def mock(powertokens: Contract, powerbuyin: Contract) -> Iterator[Seen]:
    with seen([powertokens, powerbuyin], lambda own: MockSettings(own, clock=lambda: NOW)) as served:
        yield served


def asked(mock: Seen, body: Body, scenario: str = "stream", mode: str = "strict") -> httpx.Response:
    return mock.ask("powertokens", body, {"x-mock-scenario": scenario, "x-mock-mode": mode})


def events(answer: httpx.Response) -> list[dict[str, Any]]:
    """The data of each event, once its name is that of its data."""
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    pairs = [block.split("\n") for block in answer.text.split("\n\n")[:-1]]
    found = [orjson.loads(data.removeprefix("data: ")) for _, data in pairs]
    assert [name for name, _ in pairs] == [f"event: {one['type']}" for one in found]
    return found


def opened(event: dict[str, Any]) -> Image.Image:
    return Image.open(BytesIO(b64decode(event["b64_json"], validate=True))).convert("RGB")


def test_partial_images_come_before_the_whole_one(mock: Seen, order: Body) -> None:
    answer = asked(mock, order | SMALL | {"seed": 7})
    first, second, last = events(answer)
    assert [one["type"] for one in (first, second, last)] == [PARTIAL, PARTIAL, COMPLETED]
    assert [one["partial_image_index"] for one in (first, second)] == [0, 1]
    assert {(one["created_at"], one["size"]) for one in (first, second, last)} == {(NOW, "512x512")}
    assert last["usage"]["total_tokens"] == last["usage"]["input_tokens"] + last["usage"]["output_tokens"]
    colours = [len(opened(one).getcolors(2**18) or ()) for one in (first, second)]
    assert {opened(one).size for one in (first, second, last)} == {(512, 512)}
    assert colours[0] < colours[1]
    plain = mock.ask("powertokens", order | {"size": "512*512", "seed": 7, "response_format": "b64_json"})
    assert plain.json()["data"][0]["b64_json"] == last["b64_json"]
    assert answer.headers["x-mock-scenario"] == "stream"
    assert "x-mock-warning" not in answer.headers


@pytest.mark.parametrize(
    ("scenario", "sent", "count"), [("stream(partial=0)", {}, 0), ("stream", 3, 3), ("stream", 0, 0)]
)
def test_the_number_of_partial_images_is_that_of_the_request_or_of_the_scenario(
    mock: Seen, order: Body, scenario: str, sent: Body | int, count: int
) -> None:
    changes: Body = {"partial_images": sent} if isinstance(sent, int) else {}
    types = [one["type"] for one in events(asked(mock, order | SMALL | changes, scenario))]
    assert types == [PARTIAL] * count + [COMPLETED]


def test_each_image_is_completed(mock: Seen, order: Body) -> None:
    types = [one["type"] for one in events(asked(mock, order | SMALL | {"n": 2, "partial_images": 1}))]
    assert types == [PARTIAL, COMPLETED] * 2


@pytest.mark.parametrize("count", [4, -1, True, "2", 1.5])
def test_another_number_of_partial_images_is_rejected(mock: Seen, order: Body, count: object) -> None:
    answer = asked(mock, {**order, **SMALL, "partial_images": count})  # type: ignore[dict-item] # any JSON
    assert answer.status_code == 400
    shown = orjson.dumps(count).decode()
    assert answer.json()["error"] == {
        "message": f"partial_images must be a whole number from 0 to 3; got {shown}.",
        "type": "invalid_request_error",
        "code": "invalid_value",
        "param": "partial_images",
    }


def test_a_request_without_a_stream_is_answered_as_ever_and_a_header_says_so(mock: Seen, order: Body) -> None:
    answer = asked(mock, order)
    assert answer.json()["data"]
    assert answer.headers["x-mock-warning"] == (
        "stream has no effect on this response: it needs a request with stream true"
    )


def test_an_invalid_request_is_rejected_under_the_scenario_too(mock: Seen, order: Body) -> None:
    assert asked(mock, order | SMALL | {"n": 7}).json()["error"]["param"] == "n"
    assert asked(mock, order | SMALL | {"response_format": "svg"}).json()["error"]["param"] == "response_format"


def test_lenient_mode_streams_what_it_repaired(mock: Seen, order: Body) -> None:
    answer = asked(mock, order | SMALL | {"n": 0, "partial_images": 0}, mode="lenient")
    assert [one["type"] for one in events(answer)] == [COMPLETED]
    assert answer.headers["x-mock-violation"] == "n must be at least 1; got 0."


def test_it_combines_with_other_scenarios(mock: Seen, order: Body) -> None:
    assert len(events(asked(mock, order | SMALL | {"n": 2}, "stream(partial=0) + fewer-images"))) == 1
    (spoilt,) = events(asked(mock, order | SMALL, "stream + invalid-base64"))
    assert spoilt["b64_json"].endswith("*not base64*")
    assert asked(mock, order | SMALL, "stream + rate-limit").status_code == 429
    assert len(events(asked(mock, order | SMALL, "latency(1ms) + stream(pause=1ms)"))) == 3


@pytest.mark.parametrize(
    ("breaking", "status"),
    [("reset-mid-response", 200), ("chaos(rate=1, of=reset-mid-response)", 200), ("reset", None)],
)
def test_a_stream_is_broken_as_any_other_response(mock: Seen, order: Body, breaking: str, status: int | None) -> None:
    """It is the mock who breaks it, and not the client who goes away."""
    before = mock.mock.journal.last_id
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        asked(mock, order | SMALL, f"stream + {breaking}")
    wait_until(lambda: mock.mock.journal.last_id > before)
    (entry,) = mock.mock.journal.newest(1)
    assert (entry.status, entry.complete, entry.client_gone) == (status, False, False)
    assert entry.response_content.startswith(b"event: " if status else b"")


def test_the_journal_keeps_the_events_without_the_images(mock: Seen, order: Body) -> None:
    asked(mock, order | SMALL | {"partial_images": 1})
    (entry,) = mock.http.get("/_mock/requests?limit=1").json()["requests"]
    assert entry["request"]["body"]["stream"] is True
    assert row(mock.mock.journal.newest(1)[0], mock.mock.contracts).outcome == "1 image"
    name, data = entry["response"]["body"].split("\n")[:2]
    assert name == f"event: {PARTIAL}"
    assert orjson.loads(data.removeprefix("data: "))["b64_json"].startswith("sha256:")


def test_the_nested_contract_streams_too(mock: Seen, powerbuyin: Contract) -> None:
    body = powerbuyin.examples[0].body
    assert isinstance(body, dict)
    answer = mock.ask("powerbuyin", body | {"stream": True}, {"x-mock-scenario": "stream(partial=0)"})
    assert [one["type"] for one in events(answer)][-1] == COMPLETED


def test_a_contract_that_does_not_say_how_cannot_stream(invented: Contract) -> None:
    with pytest.raises(ScenarioError, match="paintbox cannot stream: its contract has no x-mock-stream"):
        check_known("stream", [invented], {})


@pytest.mark.parametrize("scenario", ["stream(partial=4)", "stream(partial=-1)", "stream(partial=many)"])
def test_too_many_partial_images_are_no_scenario(powertokens: Contract, scenario: str) -> None:
    with pytest.raises(ScenarioError, match="partial must be a whole number from 0 to 3; got"):
        check_known(scenario, [powertokens], {})
