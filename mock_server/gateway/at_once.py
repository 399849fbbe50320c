"""A gateway's operation without an application around it: for requests under no scenario, with the upstream within."""

from collections.abc import Mapping

from starlette.types import Scope

from mock_server.gateway.app import content_and_headers
from mock_server.gateway.front import Controls
from mock_server.gateway.modes import MODE_HEADER, Mode
from mock_server.gateway.stages import Gateway, Incoming, handle
from mock_server.journal.entries import Journal
from mock_server.journal.recording import journaled
from mock_server.scenarios.switchboard import HEADER as SCENARIO_HEADER
from mock_server.serving.asgi import texts_in
from mock_server.serving.at_once import AtOnce, Whole, result_of
from mock_server.serving.cors import with_readable
from mock_server.serving.own_url import own_url

OF_THE_APPLICATION = frozenset({SCENARIO_HEADER, MODE_HEADER, "x-forwarded-for", "x-forwarded-proto"})
"""Headers that leave a request to the application: what changes it, and what a proxy says of its client."""


def gateway_at_once(gateways: Mapping[Mode, Gateway], controls: Controls, journal: Journal) -> AtOnce:
    """What the application would answer, as long as the upstream of these gateways answers without being waited for."""
    name = gateways[Mode.STRICT].contract.name
    in_mode = {mode: (one, mode.value) for mode, one in gateways.items()}

    def answer(scope: Scope, content: bytes) -> Whole | None:
        headers = texts_in(scope["headers"])
        if not OF_THE_APPLICATION.isdisjoint(headers) or controls.switchboard.choose(name, None, content) is not None:
            return None
        scope["root_path"] = f"/{name}"
        gateway, mode = in_mode[controls.mode]
        with journaled(journal, name, scope) as notes:
            notes.content, notes.mode = content, mode
            outgoing = result_of(handle(gateway, Incoming(scope["method"], headers, content, own_url(scope))))
            answered, answer_headers = content_and_headers(outgoing)
            notes.status, notes.whole = outgoing.status, True
            notes.answer, notes.answer_headers = answered, answer_headers
        return outgoing.status, with_readable(answer_headers), answered

    return answer
