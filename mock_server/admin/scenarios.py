"""The scenarios that can be asked for, and the switches by which they hold."""

from starlette.requests import Request
from starlette.responses import Response

from gateway_contract.values import Json
from mock_server.admin.answering import body_of, json_response
from mock_server.admin.document import read_by
from mock_server.admin.problems import misunderstood
from mock_server.mock import Mock
from mock_server.scenarios.catalogue import KINDS, fits
from mock_server.scenarios.switchboard import ADMIN, NONE
from mock_server.scenarios.written import ScenarioError


async def show_scenarios(mock: Mock, _request: Request) -> Response:
    """What there is: kinds with what they take, and the user's own by their names."""
    named = mock.controls.scenarios.named.values()
    kinds: list[Json] = [
        {
            "name": kind.name,
            "says": kind.says,
            "example": kind.example,
            "takes": [{"name": one.name, "usual": one.usual, "says": one.says} for one in kind.parameters],
        }
        for kind in KINDS.values()
    ]
    own: list[Json] = [{"name": one.name, "says": one.says, "does": one.does} for one in named]
    return json_response({"kinds": kinds, "named": own})


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
    meant = {name: served.gateway.contract for name, served in mock.served.items() if gateway in {None, name}}
    if not meant:
        raise misunderstood(f"no gateway is called {gateway!r}, but {', '.join(mock.served)}")
    try:
        if text.strip().lower() not in NONE:
            fits(text, list(meant.values()), mock.controls.scenarios.named)
        chosen = str(gateway) if gateway is not None else None
        mock.controls.switchboard.set(text, chosen, times if isinstance(times, int) else None, ADMIN)
    except ScenarioError as error:
        raise misunderstood(str(error)) from error
    return await show_switches(mock, request)


async def clear_switches(mock: Mock, _request: Request) -> Response:
    mock.controls.switchboard.clear()
    return Response(status_code=204)
