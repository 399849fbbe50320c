"""Every behaviour that can be asked for, as clients meet it."""

import socket
import time
from base64 import b64decode
from urllib.parse import urlsplit

import httpx
import openai
import pytest

from gateway_contract.contract.definition import Contract
from mock_server.faults.scenario_kind import ScenarioError
from mock_server.runtime.mock import Mock
from mock_server.scenarios.definition import GatewayScenario, NamedScenario
from mock_server.scenarios.registry import KINDS, effect_of, expand_names, outermost_first
from mock_server.scenarios.switches import HEADER
from mock_server.serving.error_response import MOCK_ERROR
from tests.mock_server.served import Body
from tests.waiting import PATIENCE, hold_sleep

ASKED: Body = {"model": "qwen-image-2.0-pro", "prompt": "a kite", "size": "512*512", "n": 3, "seed": 1}
INLINE: Body = ASKED | {"response_format": "b64_json"}
NESTED: Body = {
    "model": "qwen-image-2.0-pro",
    "input": {"messages": [{"role": "user", "content": [{"text": "a kite"}]}]},
    "size": "512x512",
}


def asked(mock: Mock, http: httpx.Client, scenario: str, body: Body = ASKED) -> httpx.Response:
    return http.post(f"{mock.settings.own}/powertokens/v1/images/generations", json=body, headers={HEADER: scenario})


@pytest.mark.parametrize(
    ("scenario", "status", "code", "raised"),
    [
        ("bad-request(field=size)", 400, "invalid_value", openai.BadRequestError),
        ("moderation", 400, "moderation_blocked", openai.BadRequestError),
        ("unauthorized", 401, "invalid_api_key", openai.AuthenticationError),
        ("no-credit", 402, "insufficient_quota", openai.APIStatusError),
        ("forbidden", 403, "permission_denied", openai.PermissionDeniedError),
        ("model-not-found", 404, "model_not_found", openai.NotFoundError),
        ("rate-limit", 429, "rate_limit_exceeded", openai.RateLimitError),
        ("server-error", 500, "internal_error", openai.InternalServerError),
        ("bad-gateway", 502, "bad_gateway", openai.InternalServerError),
        ("unavailable", 503, "service_unavailable", openai.InternalServerError),
        ("gateway-timeout", 504, "gateway_timeout", openai.InternalServerError),
        ("upstream(rate-limit)", 429, "rate_limit_exceeded", openai.RateLimitError),
        ("upstream(reset)", 502, "bad_gateway", openai.InternalServerError),
        ("upstream(truncated-json)", 502, "bad_gateway", openai.InternalServerError),
    ],
)
def test_an_error_is_what_clients_of_openai_know(
    mock: Mock, http: httpx.Client, scenario: str, status: int, code: str, raised: type[openai.APIStatusError]
) -> None:
    before = len(mock.stubs["dashscope"].calls)
    answer = asked(mock, http, scenario)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert answer.headers[HEADER] == scenario
    assert len(mock.stubs["dashscope"].calls) == before
    with (
        openai.OpenAI(
            api_key="any",
            base_url=f"{mock.settings.own}/powertokens/v1",
            max_retries=0,
            default_headers={HEADER: scenario},
        ) as sdk,
        pytest.raises(raised) as caught,
    ):
        sdk.images.generate(model="qwen-image-2.0-pro", prompt="a kite")
    assert caught.value.status_code == status


def test_a_bad_request_names_its_field(mock: Mock, http: httpx.Client) -> None:
    assert asked(mock, http, "bad-request(field=seed)").json()["error"]["param"] == "seed"


@pytest.mark.parametrize("scenario", ["rate-limit(retry_after=7)", "unavailable(7s)"])
def test_how_long_to_wait_can_be_said(mock: Mock, http: httpx.Client, scenario: str) -> None:
    assert asked(mock, http, scenario).headers["retry-after"] == "7"


@pytest.mark.parametrize(
    "scenario",
    [
        "latency(300ms)",
        "latency-uniform(300ms, 310ms)",
        "latency-lognormal(300ms, sigma=0)",
        "latency-per-image(100ms)",
    ],
)
def test_an_answer_takes_its_time(mock: Mock, http: httpx.Client, scenario: str) -> None:
    began = time.monotonic()
    answer = asked(mock, http, scenario)
    assert time.monotonic() - began >= 0.29
    assert len(answer.json()["data"]) == 3


def test_chance_can_be_had_again(mock: Mock, http: httpx.Client) -> None:
    first, again = (
        [asked(mock, http, f"chaos(rate=0.5, seed=3, of={of})").status_code for _ in range(8)]
        for of in ("rate-limit|server-error", "rate-limit | server-error")
    )
    assert first == again
    assert {200} < set(first) <= {200, 429, 500}


def test_what_chance_decided_is_told_with_its_seed(mock: Mock, http: httpx.Client) -> None:
    assert asked(mock, http, "chaos(rate=1, seed=3, of=moderation)").headers["x-mock-random"] == (
        "moderation goes wrong, seed=3"
    )
    assert asked(mock, http, "chaos(rate=0, seed=3)").headers["x-mock-random"] == "nothing goes wrong, seed=3"
    assert asked(mock, http, "latency-uniform(0ms, 1ms)").headers["x-mock-random"].partition("seed=")[2].isdecimal()


@pytest.mark.parametrize("scenario", ["reset", "reset-mid-response"])
def test_a_connection_can_be_reset(mock: Mock, http: httpx.Client, scenario: str) -> None:
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        asked(mock, http, scenario)


def test_an_answer_can_be_cut_as_if_it_were_whole(mock: Mock, http: httpx.Client) -> None:
    answer = asked(mock, http, "truncated-json")
    assert answer.status_code == 200
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        answer.json()


def test_an_answer_can_drip(mock: Mock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seen at the socket: its head is there before anything else, and its end is not."""
    sleep = hold_sleep(monkeypatch, "mock_server.faults.fault")
    at = urlsplit(mock.settings.own)
    head = (
        f"POST /powertokens/v1/images/generations HTTP/1.1\r\nHost: {at.netloc}\r\nAuthorization: Bearer x\r\n"
        f"X-Mock-Scenario: slow-body(400ms) + rate-limit\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{{}}"
    )
    with socket.create_connection((str(at.hostname), int(at.port or 0)), timeout=PATIENCE) as raw:
        raw.sendall(head.encode())
        first = raw.recv(65536)
        sleep.released.set()
        rest = b"".join(iter(lambda: raw.recv(65536), b""))
    assert first.startswith(b"HTTP/1.1 429")
    assert b"rate_limit_exceeded" in rest


def test_a_success_can_lack_images(mock: Mock, http: httpx.Client) -> None:
    assert asked(mock, http, "no-images").json()["data"] == []
    assert len(asked(mock, http, "fewer-images").json()["data"]) == 2
    assert len(asked(mock, http, "fewer-images(by=9)").json()["data"]) == 0


@pytest.mark.parametrize(
    ("scenario", "status", "kind"),
    [
        ("link-404", 404, "text/plain; charset=utf-8"),
        ("link-expired", 403, "text/plain; charset=utf-8"),
        ("link-html", 200, "text/html; charset=utf-8"),
    ],
)
def test_a_link_misbehaves_whoever_follows_it(
    mock: Mock, http: httpx.Client, scenario: str, status: int, kind: str
) -> None:
    links = [item["url"] for item in asked(mock, http, scenario).json()["data"]]
    found = [http.get(link) for link in links]
    assert {(one.status_code, one.headers["content-type"]) for one in found} == {(status, kind)}


def test_an_image_can_be_slow(mock: Mock, http: httpx.Client) -> None:
    link = asked(mock, http, "link-slow(300ms)").json()["data"][0]["url"]
    began = time.monotonic()
    assert http.get(link).content.startswith(b"\x89PNG")
    assert time.monotonic() - began >= 0.29


def test_images_within_the_answer_are_no_links_and_stay_right(mock: Mock, http: httpx.Client) -> None:
    (first, *_) = asked(mock, http, "link-404", INLINE).json()["data"]
    assert b64decode(first["b64_json"], validate=True).startswith(b"\x89PNG")


def test_base64_can_be_wrong(mock: Mock, http: httpx.Client) -> None:
    (first, *_) = asked(mock, http, "invalid-base64", INLINE).json()["data"]
    with pytest.raises(ValueError, match=r"base64|alphabet|padding"):
        b64decode(first["b64_json"], validate=True)
    (link, *_) = asked(mock, http, "invalid-base64").json()["data"]
    assert http.get(link["url"]).status_code == 200


@pytest.mark.parametrize("scenario", ["seed-zero-becomes-one", "defect(seed-zero-becomes-one)"])
def test_every_defect_is_a_scenario(mock: Mock, http: httpx.Client, scenario: str) -> None:
    asked(mock, http, scenario, ASKED | {"seed": 0})
    (*_, last) = mock.stubs["dashscope"].calls
    assert isinstance(last.body, dict)
    assert last.body["parameters"] != {"seed": 0}


def test_several_happen_at_once(mock: Mock, http: httpx.Client) -> None:
    began = time.monotonic()
    answer = asked(mock, http, "latency(200ms) + no-images")
    assert time.monotonic() - began >= 0.19
    assert answer.json()["data"] == []


def test_a_prompt_can_ask_for_it(mock: Mock, http: httpx.Client) -> None:
    url = f"{mock.settings.own}/powerbuyin/v1/images/generations"
    marked = "a kite [[mock: moderation]]"
    body = NESTED | {"input": {"messages": [{"role": "user", "content": [{"text": marked}]}]}}
    answer = http.post(url, json=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "moderation_blocked")


def test_without_a_scenario_no_byte_changes(mock: Mock, http: httpx.Client) -> None:
    url = f"{mock.settings.own}/powertokens/v1/images/generations"
    plain = http.post(url, json=ASKED | {"n": 9})
    spared = asked(mock, http, "none", ASKED | {"n": 9})
    assert (plain.status_code, plain.content) == (spared.status_code, spared.content)
    assert HEADER not in plain.headers


@pytest.mark.parametrize(
    ("scenario", "problem"),
    [
        ("rate-limits", "Unknown scenario 'rate-limits'. Did you mean rate-limit"),
        ("latency", "latency needs 'time': latency(2s)"),
        ("latency(1h)", "duration must be like 800ms or 2s; got '1h'"),
        ("latency(9999s)", "duration must be at most 600 s; got 9999 s"),
        ("latency-uniform(2s, 1s)", "from must be at most to, 1s; got 2s"),
        ("latency-uniform(1s, 2s, seed=x)", "seed must be a whole number; got 'x'"),
        ("latency-lognormal(1s, sigma=x)", "sigma must be a number; got 'x'"),
        ("latency-lognormal(1s, sigma=9)", "sigma must be from 0 to 3; got 9"),
        ("reset(now)", "reset takes no values; got 1 values"),
        ("rate-limit(after=1)", "rate-limit takes retry_after; got 'after'"),
        ("rate-limit(soon)", "retry_after must be whole seconds or none; got 'soon'"),
        ("bad-request(field=sise)", "Unknown field of powertokens 'sise'. Did you mean size"),
        ("fewer-images(by=x)", "by must be a whole number; got 'x'"),
        ("chaos(rate=x)", "rate must be from 0 to 1; got 'x'"),
        ("chaos(rate=2)", "rate must be from 0 to 1; got 2"),
        ("chaos(of=chaos)", "of must not contain chaos"),
        ("defect(seed-drop)", "Unknown defect of powertokens 'seed-drop'. Did you mean seed-drop"),
        ("upstream(rate-limt)", "Unknown fault of the upstream 'rate-limt'. Did you mean rate-limit"),
    ],
)
def test_what_is_misunderstood_is_told_by_the_mock_itself(
    mock: Mock, http: httpx.Client, scenario: str, problem: str
) -> None:
    answer = asked(mock, http, scenario)
    assert answer.status_code == 400
    assert answer.headers["x-mock-error"] == MOCK_ERROR["x-mock-error"]
    message = answer.json()["error"]["message"]
    assert message.startswith(f"This is the mock: {problem}")
    assert len(message) < 1000


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_each_kind_is_told_with_an_example_that_works(powertokens: Contract, kind: GatewayScenario) -> None:
    assert kind.description.endswith(".")
    effect_of(kind.example, powertokens)


def test_a_scenario_has_a_bound(powertokens: Contract) -> None:
    with pytest.raises(ScenarioError, match="at most 8 parts"):
        effect_of("+".join(["reset"] * 9), powertokens)


@pytest.mark.parametrize("written", ["slow-stream + reset", "stream + latency(1ms) + reset"])
def test_a_scenario_by_a_name_of_ones_own_is_ordered_as_if_it_were_written_out(written: str) -> None:
    named = {"slow-stream": NamedScenario("slow-stream", "stream + latency(1ms)", "")}
    names = [step.name for step, _ in expand_names(written, named)]
    assert names == ["stream", "latency", "reset"]
    assert [names[place] for place in outermost_first(names)] == ["latency", "reset", "stream"]


def test_a_name_of_ones_own_may_be_that_of_a_kind() -> None:
    named = {"stream": NamedScenario("stream", "stream + latency(1ms)", "")}
    assert [step.name for step, _ in expand_names("stream", named)] == ["stream", "latency"]


def test_a_conflict_behind_a_name_of_ones_own_is_found(powertokens: Contract) -> None:
    with pytest.raises(ScenarioError, match="rate-limit and moderation conflict"):
        effect_of("sour + moderation", powertokens, {"sour": NamedScenario("sour", "rate-limit", "")})
