"""A gateway's operation without an application around it: for requests under no scenario, with the upstream within."""

import time
from collections.abc import Mapping

from starlette.types import Scope

from mock_server.gateway.app import content_and_headers
from mock_server.gateway.front import Controls
from mock_server.gateway.modes import MODE_HEADER, Mode
from mock_server.gateway.stages import Gateway, Incoming, handle
from mock_server.journal.entries import Journal
from mock_server.journal.recording import begun, keep
from mock_server.scenarios.switchboard import HEADER as SCENARIO_HEADER
from mock_server.serving.asgi import texts_in
from mock_server.serving.at_once import AtOnce, Whole, result_of
from mock_server.serving.bounded import MOST_REQUEST
from mock_server.serving.cors import READABLE
from mock_server.serving.own_url import own_url
from mock_server.upstream.calls import UPSTREAM_SEEN

OF_THE_APPLICATION = frozenset({SCENARIO_HEADER, MODE_HEADER, "x-forwarded-for", "x-forwarded-proto"})
"""Headers that leave a request to the application: what changes it, and what a proxy says of its client."""


def gateway_at_once(gateways: Mapping[Mode, Gateway], controls: Controls, journal: Journal) -> AtOnce:
    """What the application would answer, as long as the upstream of these gateways answers without being waited for."""
    contract = gateways[Mode.STRICT].contract
    name, method, root = contract.name, contract.operation.method, f"/{contract.name}"
    path = root + contract.operation.path
    in_mode = {mode: (one, mode.value) for mode, one in gateways.items()}

    def answer(scope: Scope, content: bytes) -> Whole | None:
        if scope["path"] != path or scope["method"] != method or len(content) > MOST_REQUEST:
            return None
        headers = texts_in(scope["headers"])
        if not OF_THE_APPLICATION.isdisjoint(headers) or controls.switchboard.choose(name, None, content) is not None:
            return None
        scope["root_path"], scope["query_string"] = root, b""
        gateway, mode = in_mode[controls.mode]
        notes, began = begun(name, scope), time.perf_counter()
        notes.content, notes.mode = content, mode
        token = UPSTREAM_SEEN.set(notes.calls)
        try:
            outgoing = result_of(handle(gateway, Incoming(method, headers, content, own_url(scope))))
            notes.answer, notes.answer_headers = content_and_headers(outgoing)
            notes.status, notes.whole = outgoing.status, True
            return outgoing.status, (*notes.answer_headers, *READABLE), notes.answer
        finally:
            UPSTREAM_SEEN.reset(token)
            notes.seconds = time.perf_counter() - began
            keep(journal, notes)

    return answer


def never(_scope: Scope, _content: bytes) -> None:
    """Leaves every request to the application."""
