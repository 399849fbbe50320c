"""The front of a gateway in the mock: which mode and which scenario hold for a request, and who answers it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.types import ASGIApp, Receive, Scope, Send

from mock_server.faults.syntax import ScenarioError
from mock_server.gateway.gateway_app import response
from mock_server.gateway.modes import MODE_HEADER, Mode, UnknownModeError, mode_named
from mock_server.gateway.stages import Gateway
from mock_server.journal.codec import JournalRecord
from mock_server.journal.recorder import RECORD
from mock_server.scenarios.apply import UnderScenarios
from mock_server.scenarios.definition import AppOf
from mock_server.scenarios.scenario_file import ScenarioFile
from mock_server.scenarios.switches import HEADER, SOURCES, SelectedScenario, Switchboard
from mock_server.serving.asgi import find_header
from mock_server.serving.error_response import MOCK_ERROR, ErrorResponse

MODE_HEADER_BYTES, SCENARIO_HEADER = MODE_HEADER.encode(), HEADER.encode()
"""A header that tells that the mock itself speaks, and not the gateway that it plays."""
TOO_LARGE = ErrorResponse(413, "invalid_request_error", "request_too_large", "The request is too large.")


@dataclass(slots=True)
class Controls:
    """What can be switched while the mock runs. `mode` holds where a request does not say another."""

    mode: Mode
    switchboard: Switchboard = field(default_factory=Switchboard)
    scenarios: ScenarioFile = field(default_factory=ScenarioFile)


def with_controls(gateways: Mapping[Mode, Gateway], controls: Controls, app_of: AppOf) -> ASGIApp:
    """A gateway as it is in each mode: in the mode and under the scenario that hold for each request."""
    gateway = gateways[Mode.STRICT]
    apps = {mode: app_of(one) for mode, one in gateways.items()}
    under = {mode: UnderScenarios(one, app_of) for mode, one in gateways.items()}
    name = gateway.contract.name
    path = f"/{name}{gateway.contract.operation.path}"

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        record: JournalRecord = scope[RECORD]
        try:
            mode = requested_mode(scope, controls)
            selected = chosen_for(name, scope, record, controls) if scope["path"] == path else None
            found = None if selected is None else app_under(under[mode], selected, controls)
        except (UnknownModeError, ScenarioError) as error:
            refusal = ErrorResponse(400, "invalid_request_error", "mock_misunderstood", f"This is the mock: {error}")
            await response(gateway.reject(gateway, refusal), MOCK_ERROR)(scope, receive, send)
            return
        record.mode = mode.value
        if selected is not None and found is not None:
            record.scenario = selected.text
            controls.switchboard.count_use(selected)
        await (found or apps[mode])(scope, receive, send)

    return app


def chosen_for(gateway: str, scope: Scope, record: JournalRecord, controls: Controls) -> SelectedScenario | None:
    return controls.switchboard.select(gateway, find_header(scope, SCENARIO_HEADER), record.content)


def app_under(under: UnderScenarios, selected: SelectedScenario, controls: Controls) -> ASGIApp | None:
    """None where a switch for all gateways is about what this one does not have. Raises ScenarioError."""
    try:
        return under.app(selected, controls.scenarios.named)
    except ScenarioError:
        if selected.source in SOURCES:
            return None
        raise


def reject_too_large(gateway: Gateway) -> ASGIApp:
    """The answer to a request that is not read to its end, and after which the connection is of no use."""
    return response(gateway.reject(gateway, TOO_LARGE), {"connection": "close"})


def requested_mode(scope: Scope, controls: Controls) -> Mode:
    """Raises UnknownModeError."""
    asked = find_header(scope, MODE_HEADER_BYTES)
    return controls.mode if asked is None else mode_named(asked)


def apply_scenario_file(controls: Controls, scenarios: ScenarioFile) -> None:
    """Takes over a file's scenarios, and the switches that it sets."""
    controls.scenarios = scenarios
    controls.switchboard.replace_file_switches(scenarios.active)
