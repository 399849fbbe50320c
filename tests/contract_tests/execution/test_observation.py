"""The suite as the upstream: it records what arrives, and tells calls apart by their marks."""

import asyncio
import socket
from dataclasses import replace

import httpx
import pytest

from contract_tests.client.correlation import correlation_id
from contract_tests.execution.observer import NoUpstreamError, UpstreamObserver, serve_upstream
from contract_tests.settings import Settings
from contract_tests.target import observe
from gateway_contract.values.json_value import Json
from gateway_contract.values.pointer import placed, read
from mock_server.serving.server import PortInUseError
from tests.contract_tests.three_contracts import POWERBUYIN, POWERTOKENS

KEY = {"Authorization": "Bearer sk-upstream"}


def call_body(text: str, n: int = 1) -> Json:
    messages: list[Json] = [{"role": "user", "content": [{"text": text}]}]
    return {"model": "qwen-image-2.0-pro", "input": {"messages": messages}, "parameters": {"n": n}}


def call(seen: UpstreamObserver, body: Json) -> Json:
    answer = httpx.post(f"{seen.url}{seen.stub.path}", json=body, headers=KEY, trust_env=False)
    assert answer.status_code == 200
    told: Json = answer.json()
    return told


def test_calls_are_found_by_the_marks_in_their_texts() -> None:
    marks = [correlation_id(index) for index in range(3)]
    with serve_upstream(POWERTOKENS, "127.0.0.1", 0) as seen:
        for mark in (marks[0], marks[1], marks[0]):
            call(seen, call_body(f"{mark.upper()} a lighthouse"))
        call(seen, call_body("no mark"))
        found = seen.calls_by_id(0)
        assert {mark: len(calls) for mark, calls in found.items()} == {marks[0]: 2, marks[1]: 1}
        assert seen.count() == 4


def test_only_calls_after_a_moment_count() -> None:
    with serve_upstream(POWERTOKENS, "127.0.0.1", 0) as seen:
        call(seen, call_body(f"{correlation_id(1)} early"))
        before = seen.count()
        call(seen, call_body(f"{correlation_id(2)} late"))
        assert set(seen.calls_by_id(before)) == {correlation_id(2)}
        assert [read(late.body, "/parameters/n") for late in seen.calls_since(before)] == [1]


def test_a_call_with_a_chosen_mark_gets_its_images_laid_out_in_the_other_way() -> None:
    with serve_upstream(POWERTOKENS, "127.0.0.1", 0) as seen:
        seen.other_layout.add(correlation_id(2))
        usual = read(call(seen, call_body(f"{correlation_id(1)} a", 3)), "/output/choices")
        other = read(call(seen, call_body(f"{correlation_id(2)} a", 3)), "/output/choices")
    assert [len(choices) for choices in (usual, other) if isinstance(choices, list)] == [1, 3]


def test_a_call_that_is_repeated_gets_other_images_for_each_is_to_be_told_apart() -> None:
    body = placed(call_body("a lighthouse", 2), "/parameters/seed", 0)
    with serve_upstream(POWERTOKENS, "127.0.0.1", 0) as seen:
        call(seen, body)
        call(seen, body)
        made = [identity for one in seen.calls_since(0) for identity in one.images]
    assert len(set(made)) == 4


def test_the_address_is_the_one_that_it_listens_at() -> None:
    with serve_upstream(POWERTOKENS, "127.0.0.1", 0) as seen:
        assert seen.url == f"http://{seen.address}"
        host, _, port = seen.address.rpartition(":")
        with (
            pytest.raises(PortInUseError, match=f"cannot listen on {seen.address}"),
            serve_upstream(POWERBUYIN, host, int(port)),
        ):
            pass


def test_a_contract_without_an_upstream_cannot_be_observed() -> None:
    alone = replace(POWERTOKENS, upstream=None)
    with pytest.raises(NoUpstreamError, match="powertokens names no upstream"), serve_upstream(alone, "127.0.0.1", 0):
        pass


def test_an_upstream_of_another_protocol_cannot_be_observed() -> None:
    assert POWERTOKENS.upstream is not None
    foreign = replace(POWERTOKENS, upstream=replace(POWERTOKENS.upstream, protocol="smoke-signals"))
    with (
        pytest.raises(NoUpstreamError, match="unknown protocol 'smoke-signals'"),
        serve_upstream(foreign, "127.0.0.1", 0),
    ):
        pass


@pytest.mark.parametrize(("host", "here"), [("0.0.0.0", "127.0.0.1"), ("::", "[::1]")])
def test_who_listens_on_every_address_is_reached_by_the_one_of_this_machine(host: str, here: str) -> None:
    with serve_upstream(POWERTOKENS, host, 0) as seen:
        port = seen.address.rpartition(":")[2]
        assert seen.url == f"http://{here}:{port}"
        call(seen, call_body("a lighthouse"))


def test_a_link_to_an_image_of_ours_is_followed_whatever_the_gateway_calls_this_machine() -> None:
    with serve_upstream(POWERTOKENS, "127.0.0.1", 0) as seen:
        port = seen.address.rpartition(":")[2]
        named = KEY | {"Host": f"suite.docker.internal:{port}"}
        httpx.post(f"{seen.url}{seen.stub.path}", json=call_body("a lighthouse"), headers=named, trust_env=False)
        assert seen.reachable_url(f"http://suite.docker.internal:{port}/1.png?a=b%20c") == f"{seen.url}/1.png?a=b%20c"
        for link in (
            f"http://other.internal:{port}/1",
            "http://suite.docker.internal:1/1",
            "http://a:b/1",
            "http://[x",
        ):
            assert seen.reachable_url(link) == link


def test_the_upstream_may_listen_at_another_base() -> None:
    settings = Settings("powertokens", "http://127.0.0.1:1", upstream="127.0.0.1:0", upstream_base="/compat/v1")
    with observe(POWERTOKENS, settings) as seen:
        assert seen is not None
        assert seen.stub.path.startswith("/compat/v1/services/")
        call(seen, call_body("a lighthouse"))
        assert seen.calls_since(0)[0].path == seen.stub.path


def test_idle_connections_are_closed_without_a_word() -> None:
    with serve_upstream(POWERTOKENS, "127.0.0.1", 0) as observer:
        host, _, port = observer.address.rpartition(":")
        with socket.create_connection((host, int(port)), timeout=30) as idle:
            httpx.get(observer.url, trust_env=False)
            asyncio.run(observer.close_idle_connections())
            assert idle.recv(1) == b""
