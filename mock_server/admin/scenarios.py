"""The scenarios that can be asked for, and the switches by which they hold."""

from starlette.requests import Request
from starlette.responses import Response

from gateway_contract.values import Json
from mock_server.admin.answering import body_of, json_response
from mock_server.admin.document import read_by
from mock_server.admin.problems import misunderstood
from mock_server.mock import Mock
from mock_server.scenarios.catalogue import KINDS
from mock_server.scenarios.kind import Described
from mock_server.scenarios.meant import fits_who_is_meant
from mock_server.scenarios.switchboard import ADMIN
from mock_server.scenarios.upstream import UPSTREAM_KINDS
from mock_server.scenarios.written import ScenarioError
from mock_server.upstream.failures import FAILURE_NAMED


async def show_scenarios(mock: Mock, _request: Request) -> Response:
    """What there is: kinds with what they take, and the user's own by their names."""
    named = mock.controls.scenarios.named.values()
    kinds: list[Json] = [_told(kind) for kind in KINDS.values()]
    upstreams: list[Json] = [_told(kind) for kind in UPSTREAM_KINDS.values()]
    own: list[Json] = [{"name": one.name, "says": one.says, "does": one.does} for one in named]
    return json_response({"kinds": kinds, "upstream_kinds": upstreams, "failures": list(FAILURE_NAMED), "named": own})


def _told(kind: Described) -> Json:
    takes: list[Json] = [{"name": one.name, "usual": one.usual, "says": one.says} for one in kind.parameters]
    return {"name": kind.name, "says": kind.says, "example": kind.example, "takes": takes}


async def show_switches(mock: Mock, _request: Request) -> Response:
    switches: list[Json] = [
        {"scenario": switch.text, "gateway": switch.gateway, "left": switch.left, "set_by": switch.source}
        for switch in mock.controls.switchboard.current()
    ]
    return json_response({"switches": switches})


async def set_switch(mock: Mock, request: Request) -> Response:
    """From now on, for so many requests, or until changed; `none` takes the switch away."""
    said = read_by("Switch", await body_of(request))
    text, gateway, times = str(said["scenario"]), said.get("gateway"), said.get("times")
    chosen = None if gateway is None else str(gateway)
    contracts = [served.gateway.contract for served in mock.served.values()]
    try:
        fits_who_is_meant(text, chosen, contracts, mock.controls.scenarios.named)
        mock.controls.switchboard.set(text, chosen, times if isinstance(times, int) else None, ADMIN)
    except ScenarioError as error:
        raise misunderstood(str(error)) from error
    return await show_switches(mock, request)


async def clear_switches(mock: Mock, _request: Request) -> Response:
    mock.controls.switchboard.clear()
    return Response(status_code=204)
