"""A call that is not the suite's own is nobody's fault."""

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace

import httpx
import pytest

from contract_tests.client.correlation import correlation_id
from contract_tests.execution.call_ownership import CallOwnership, Calls, is_lost
from contract_tests.execution.observer import UpstreamObserver, own_marks, serve_upstream
from contract_tests.results import Conformance
from contract_tests.run import prepare, run
from contract_tests.settings import Settings
from contract_tests.target import bundled_gateway
from gateway_contract.traffic.exchange import Exchange, Image, UpstreamCall
from gateway_contract.values.json_value import UNOBSERVED, Json
from mock_server.gateway.gateway_app import gateway_app
from mock_server.serving.server import serving
from mock_server.upstream.client import http_transport
from tests.contract_tests.gateways import TOKEN, silent
from tests.contract_tests.three_contracts import POWERTOKENS, base, exchange
from tests.ports import free_port

OWN, OTHER = correlation_id("own"), correlation_id("other")


@pytest.fixture
def observer() -> Iterator[UpstreamObserver]:
    with serve_upstream(POWERTOKENS, "127.0.0.1", 0) as found:
        yield found


def call(observer: UpstreamObserver, text: str) -> None:
    httpx.post(f"{observer.url}{observer.stub.path}", json={"text": text}, trust_env=False)


def while_idle(patch: pytest.MonkeyPatch, observer: UpstreamObserver, text: str) -> None:
    """A call that arrives while the suite listens."""

    async def sleep(_seconds: float) -> None:
        call(observer, text)

    patch.setattr("contract_tests.execution.call_ownership.asyncio", SimpleNamespace(sleep=sleep))


def asking(text: str, status: int = 200) -> Exchange:
    return exchange({**base(POWERTOKENS), "prompt": text}, status)


def own_calls(ownership: CallOwnership, asked: Exchange) -> Calls:
    return asyncio.run(ownership.own_calls(asked, ownership.observer.calls_since(0)))


def texts(calls: Calls) -> list[Json]:
    assert calls is not UNOBSERVED
    return [found.body["text"] for found in calls if isinstance(found.body, dict)]


def test_a_call_without_the_id_is_the_requests_where_nobody_else_calls(observer: UpstreamObserver) -> None:
    call(observer, "no id")
    ownership = CallOwnership(observer, exclusive=False, idle=0.2)
    assert texts(own_calls(ownership, asking(OWN))) == ["no id"]
    assert (ownership.others_call, ownership.foreign_calls()) == (False, 0)


def test_a_gateway_that_only_we_can_reach_is_not_listened_to(observer: UpstreamObserver) -> None:
    call(observer, "no id")
    ownership = CallOwnership(observer, exclusive=True, idle=60)
    assert texts(own_calls(ownership, asking(OWN))) == ["no id"]


def test_where_others_call_a_request_owns_what_has_its_id(
    observer: UpstreamObserver, monkeypatch: pytest.MonkeyPatch
) -> None:
    while_idle(monkeypatch, observer, "somebody else's")
    call(observer, f"{OWN} mine")
    call(observer, "somebody else's")
    ownership = CallOwnership(observer, exclusive=False, sent={OWN, OTHER})
    assert texts(own_calls(ownership, asking(OWN))) == [f"{OWN} mine"]
    assert own_calls(ownership, asking(OTHER, 400)) == ()
    assert own_calls(ownership, asking(OTHER)) is UNOBSERVED
    assert own_calls(ownership, asking("no id")) is UNOBSERVED
    assert ownership.foreign_calls() > 0


def test_our_own_late_calls_are_nobody_elses(observer: UpstreamObserver, monkeypatch: pytest.MonkeyPatch) -> None:
    while_idle(monkeypatch, observer, f"{OTHER} late")
    call(observer, "no id")
    ownership = CallOwnership(observer, exclusive=False, sent={OTHER})
    assert texts(own_calls(ownership, asking(OWN)))[0] == "no id"
    assert observer.count() == 2
    assert ownership.others_call is False


@pytest.mark.slow
def test_a_gateway_that_others_use_meanwhile_conforms() -> None:
    upstream = f"127.0.0.1:{free_port()}"
    ready = prepare(Settings("powertokens", upstream=upstream))
    with serve_upstream(POWERTOKENS, "127.0.0.1", 0) as elsewhere:
        gateway = replace(bundled_gateway(POWERTOKENS, elsewhere), token=TOKEN)
    url_there = gateway.upstream.url.replace(elsewhere.url, f"http://{upstream}")
    client = replace(gateway.upstream, url=url_there, transport=http_transport())
    with serving(gateway_app(replace(gateway, upstream=client))) as url:
        ended = threading.Event()

        def go_on() -> None:
            headers = {"Authorization": f"Bearer {TOKEN}"}
            while not ended.wait(0.2):
                body = {**base(POWERTOKENS), "prompt": "somebody else's", "n": 2}
                httpx.post(f"{url}/v1/images/generations", json=body, headers=headers, trust_env=False, timeout=30)

        thread = threading.Thread(target=go_on)
        thread.start()
        try:
            settings = replace(ready.settings, gateway=url, token=TOKEN)
            found = run(replace(ready, settings=settings), silent)
        finally:
            ended.set()
            thread.join()
    assert found.conformance is Conformance.CONFORMS
    assert found.cost.foreign_calls > 1


def test_a_call_with_the_texts_of_others_belongs_to_the_request_that_has_no_other_call() -> None:
    """Each gateway call carries the text of the request before; they arrive in another order."""
    marked = [{"c", "b"}, {"a"}, {"b", "a"}, {"d", "c"}]
    assert own_marks(marked) == [{"c"}, {"a"}, {"b"}, {"d"}]


def test_a_call_whose_owner_cannot_be_told_belongs_to_each() -> None:
    assert own_marks([{"a", "b"}, {"b", "a"}, set()]) == [{"a", "b"}, {"a", "b"}, set()]


def test_images_of_another_requests_call_are_told_from_images_of_calls_that_nobody_knows() -> None:
    made = UpstreamCall("POST", "/", (), {"text": OTHER}, 0.0, 200, images=("image-1",))
    image = Image("url", "http://127.0.0.1/1", "image/png", "PNG", 64, 64, "0" * 64, identity="image-1")
    shown = replace(asking(OWN), images=((image,),), upstream=())
    assert not is_lost(shown, {OTHER: (made,)})
    assert is_lost(shown, {})
    assert is_lost(replace(shown, images=((replace(image, identity=None),),)), {OTHER: (made,)})
    assert not is_lost(replace(shown, upstream=(made,)), {})
