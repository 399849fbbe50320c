"""A gateway's operation without an application around it: for requests under no scenario, with the upstream within."""

import time
from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.types import Scope

from gateway_contract.exchange import UpstreamCall
from mock_server.at_once import AtOnce, Whole, result_of
from mock_server.bounded import MOST_REQUEST
from mock_server.cors import READABLE
from mock_server.front import ASKED_MODE, SCENARIO_HEADER, Controls
from mock_server.gateway import Gateway, Incoming, handle
from mock_server.gateway_app import content_and_headers
from mock_server.journal import Journal
from mock_server.modes import Mode
from mock_server.own_url import own_url
from mock_server.recording import Notes, Seen, happened, keep
from mock_server.upstream_calls import UPSTREAM_SEEN

CHANGES_MUCH = frozenset({SCENARIO_HEADER, ASKED_MODE})
"""Headers that leave a request to the application, as do those with which a proxy says what the client called."""
OF_PROXIES = b"x-forwarded-"


def gateway_at_once(gateways: Mapping[Mode, Gateway], controls: Controls, journal: Journal) -> AtOnce:
    """What the application would answer, as long as the upstream of these gateways answers without being waited for."""
    contract = gateways[Mode.STRICT].contract
    name, method, root = contract.name, contract.operation.method, f"/{contract.name}"
    path = root + contract.operation.path

    def answer(scope: Scope, content: bytes) -> Whole | None:
        if scope["path"] != path or scope["method"] != method or len(content) > MOST_REQUEST or is_special(scope):
            return None
        if controls.switchboard.choose(name, None, content) is not None:
            return None
        at, began = time.time(), time.perf_counter()
        notes, seen, calls = Notes(content, None, controls.mode.value), Seen(), list[UpstreamCall]()
        scope["root_path"] = root
        token = UPSTREAM_SEEN.set(calls)
        try:
            incoming = Incoming(method, Headers(raw=scope["headers"]), content, own_url(scope))
            outgoing = result_of(handle(gateways[controls.mode], incoming))
            answered, seen.headers = content_and_headers(outgoing)
            seen.status, seen.chunks, seen.whole = outgoing.status, [answered], True
        finally:
            UPSTREAM_SEEN.reset(token)
            keep(journal, happened(name, scope, notes, seen, calls, at, time.perf_counter() - began))
        return outgoing.status, (*seen.headers, *READABLE), answered

    return answer


def is_special(scope: Scope) -> bool:
    return any(name in CHANGES_MUCH or name.startswith(OF_PROXIES) for name, _ in scope["headers"])


def never(_scope: Scope, _content: bytes) -> None:
    """Leaves every request to the application."""
