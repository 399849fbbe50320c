import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import httpx
import pytest

from gateway_contract.contract.definition import Contract
from gateway_contract.document.node import DocumentError
from gateway_contract.values.json_value import Json
from mock_server.runtime.mock import MockSettings, create_mock
from mock_server.testing import running_mock
from tests.mock_server.served import Body, client, stub_served

QWEN = "qwen-image-2.0-pro"
FLAT: Body = {"model": QWEN, "prompt": "a lighthouse", "size": "512*512"}
MESSAGES: Json = {"messages": [{"role": "user", "content": [{"text": "a lighthouse"}]}]}
NESTED: Body = {"model": QWEN, "input": MESSAGES, "size": "512x512"}
CALL = "/api/v1/services/aigc/multimodal-generation/generation"


@contextmanager
def mocked(contracts: Sequence[Contract], **settings: Any) -> Iterator[tuple[str, httpx.Client]]:  # noqa: ANN401 # MockSettings says
    with running_mock(contracts, partial(MockSettings, **settings)) as mock, client() as http:
        yield mock.settings.own, http


@pytest.fixture(scope="module")
def both(powertokens: Contract, powerbuyin: Contract) -> Iterator[tuple[str, httpx.Client]]:
    with mocked([powertokens, powerbuyin]) as found:
        yield found


def test_programs_are_told_what_is_served(both: tuple[str, httpx.Client]) -> None:
    url, http = both
    told = http.get(f"{url}/_mock").json()
    assert {name: one["address"] for name, one in told["gateways"].items()} == {
        "powertokens": f"{url}/powertokens/v1/images/generations",
        "powerbuyin": f"{url}/powerbuyin/v1/images/generations",
    }
    assert told["upstreams"]["dashscope"]["address"] == f"{url}/dashscope{CALL}"


def test_people_find_a_page_at_the_root(both: tuple[str, httpx.Client]) -> None:
    url, http = both
    page = http.get(url)
    assert page.headers["content-type"].startswith("text/html")
    assert f"{url}/powerbuyin/v1/images/generations" in page.text


@pytest.mark.parametrize(("name", "body"), [("powertokens", FLAT), ("powerbuyin", NESTED)])
def test_each_gateway_answers_below_its_name(both: tuple[str, httpx.Client], name: str, body: Body) -> None:
    url, http = both
    response = http.post(f"{url}/{name}/v1/images/generations", json=body)
    (item,) = response.json()["data"]
    assert item["url"].startswith(f"{url}/{name}/images/")
    assert http.get(item["url"]).content.startswith(b"\x89PNG")


def test_gateways_do_not_speak_each_others_dialect(both: tuple[str, httpx.Client]) -> None:
    url, http = both
    assert http.post(f"{url}/powertokens/v1/images/generations", json=NESTED).status_code == 400
    assert http.post(f"{url}/powerbuyin/v1/images/generations", json=FLAT).status_code == 400


def test_the_upstream_can_be_called_directly(both: tuple[str, httpx.Client]) -> None:
    url, http = both
    response = http.post(f"{url}/dashscope{CALL}", json={"model": QWEN, "input": MESSAGES})
    link = response.json()["output"]["choices"][0]["message"]["content"][0]["image"]
    assert link.startswith(f"{url}/dashscope/pictures/")
    assert http.get(link).status_code == 200


def test_errors_have_the_shape_of_whoever_makes_them(both: tuple[str, httpx.Client]) -> None:
    url, http = both
    assert http.get(f"{url}/powertokens/nothing").json()["error"]["code"] == "unknown_url"
    assert http.get(f"{url}/powertokens/v1/images/generations").status_code == 405
    assert http.get(f"{url}/dashscope/nothing").json()["code"] == "InvalidParameter"
    assert http.get(f"{url}/nobody/v1").status_code == 404


def test_a_link_of_one_side_is_none_of_the_other(both: tuple[str, httpx.Client]) -> None:
    url, http = both
    gateways = http.post(f"{url}/powertokens/v1/images/generations", json=FLAT).json()["data"][0]["url"]
    call = http.post(f"{url}/dashscope{CALL}", json={"model": QWEN, "input": MESSAGES}).json()
    stubs = call["output"]["choices"][0]["message"]["content"][0]["image"]
    assert http.get(gateways.replace("/powertokens/images/", "/dashscope/pictures/")).status_code == 403
    assert http.get(stubs.replace("/dashscope/pictures/", "/powertokens/images/")).status_code == 403


def test_a_token_that_is_set_holds_for_every_gateway(powertokens: Contract, powerbuyin: Contract) -> None:
    with mocked([powertokens, powerbuyin], token="sk-right") as (url, http):
        for name, body in (("powertokens", FLAT), ("powerbuyin", NESTED)):
            path = f"{url}/{name}/v1/images/generations"
            assert http.post(path, json=body).status_code == 401
            assert http.post(path, json=body, headers={"authorization": "Bearer sk-right"}).status_code == 200


def test_another_upstream_can_be_called_with_a_key_of_its_own(powertokens: Contract) -> None:
    with stub_served(powertokens) as behind:
        settings = {"upstream_url": f"{behind.url}/api/v1", "upstream_key": "sk-theirs"}
        with mocked([powertokens], **settings) as (url, http):
            assert http.post(f"{url}/powertokens/v1/images/generations", json=FLAT).status_code == 200
        assert ("authorization", "Bearer sk-theirs") in behind.last.headers


@pytest.mark.parametrize("base", ["/api/v1", "/api/v1/", ""])
def test_calls_are_passed_on_to_a_real_upstream_and_recorded(base: str, powertokens: Contract) -> None:
    with stub_served(powertokens) as real, mocked([powertokens], proxy_upstream=real.url + base) as (url, http):
        answer = http.post(f"{url}/dashscope{CALL}", json={"model": QWEN, "input": MESSAGES})
        link = answer.json()["output"]["choices"][0]["message"]["content"][0]["image"]
        assert link.startswith(real.url)
        assert real.last.path == CALL
        (recorded,) = http.get(f"{url}/dashscope/_mock/calls").json()
        assert recorded["images"] == list(real.last.images)
        assert recorded["problems"] == []
        assert f"forwarded to <code>{real.url}{base}</code>" in http.get(url).text


def test_a_gateway_of_the_mock_calls_the_real_upstream_too(powertokens: Contract) -> None:
    with (
        stub_served(powertokens) as real,
        mocked([powertokens], proxy_upstream=real.url, upstream_key="sk-ours") as (url, http),
    ):
        answer = http.post(f"{url}/powertokens/v1/images/generations", json=FLAT)
        assert http.get(answer.json()["data"][0]["url"]).content.startswith(b"\x89PNG")
        assert ("authorization", "Bearer sk-ours") in real.last.headers
        assert len(http.get(f"{url}/dashscope/_mock/calls").json()) == 1


def test_tasks_are_forgotten_with_all_the_rest(powertokens: Contract) -> None:
    with mocked([powertokens]) as (url, http):
        call = {"model": "qwen-image-plus", "input": {"prompt": "a lighthouse"}}
        path = f"{url}/dashscope/api/v1/services/aigc/text2image/image-synthesis"
        task = http.post(path, json=call, headers={"x-dashscope-async": "enable"}).json()["output"]["task_id"]
        http.post(f"{url}/_mock/reset")
        assert http.get(f"{url}/dashscope/api/v1/tasks/{task}").json()["output"]["task_status"] == "UNKNOWN"


def test_requests_at_once_get_their_own_images(both: tuple[str, httpx.Client]) -> None:
    url, http = both
    widths = list(range(520, 600, 8))
    seen: dict[int, str] = {}

    def ask(width: int) -> None:
        body = {**FLAT, "size": f"{width}*512", "prompt": f"a lighthouse {width} wide"}
        response = http.post(f"{url}/powertokens/v1/images/generations", json=body)
        seen[width] = response.json()["data"][0]["revised_prompt"]

    threads = [threading.Thread(target=ask, args=(width,)) for width in widths]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert all(seen[width].startswith(f"a lighthouse {width} wide") for width in widths)


def test_a_contract_without_an_upstream_cannot_be_mocked(powertokens: Contract) -> None:
    alone = replace(powertokens, upstream=None)
    with pytest.raises(DocumentError, match=r"powertokens\.yaml:\d+: powertokens names no upstream"):
        create_mock([alone], MockSettings("http://127.0.0.1:1"))


def test_nobody_who_prints_a_mock_prints_its_secrets(powertokens: Contract) -> None:
    settings = MockSettings(
        "http://127.0.0.1:1", token="of-the-client", upstream_key="of-the-gateway", link_signing_key=b"of-links"
    )
    mock = create_mock([powertokens], settings)
    printed = f"{mock} {mock.served['powertokens'].gateway}"
    assert "powertokens" in printed
    assert "of-the-client" not in printed
    assert "of-the-gateway" not in printed
    assert "of-links" not in printed
    assert str(mock.served["powertokens"].gateway.upstream.signer.key) not in printed


def test_an_upstream_of_another_protocol_cannot_be_mocked(powertokens: Contract) -> None:
    assert powertokens.upstream is not None
    foreign = replace(powertokens, upstream=replace(powertokens.upstream, protocol="smoke-signals"))
    message = r"dashscope\.yaml:[0-9]+: unknown protocol 'smoke-signals'; protocols: dashscope"
    with pytest.raises(DocumentError, match=message):
        create_mock([foreign], MockSettings("http://127.0.0.1:1"))


@pytest.mark.parametrize("path", ["/", "/_mock", "/_mock/requests", "/docs", "/requests/1"])
def test_pages_of_other_origins_cannot_read_what_came_in(both: tuple[str, httpx.Client], path: str) -> None:
    url, http = both
    assert (
        "access-control-allow-origin"
        not in http.get(url + path, headers={"origin": "http://elsewhere.example"}).headers
    )


def test_pages_of_other_origins_can_read_that_an_address_is_wrong(both: tuple[str, httpx.Client]) -> None:
    url, http = both
    assert http.get(f"{url}/powertoken/v1/images/generations").headers["access-control-allow-origin"] == "*"
