"""Which mode and which scenario apply to a request, and the application that responds."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import TypeAlias
from weakref import WeakKeyDictionary

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mock_server.faults.scenario_kind import ScenarioError
from mock_server.gateway.gateway_app import response
from mock_server.gateway.modes import MODE_HEADER, Mode, UnknownModeError, as_header_value, mode_named
from mock_server.gateway.stages import Gateway
from mock_server.journal.record import JournalRecord
from mock_server.journal.recorder import RECORD
from mock_server.runtime.sessions import Controls
from mock_server.scenarios.apply import WARNING_HEADER, with_scenario_headers
from mock_server.scenarios.definition import AppOf
from mock_server.scenarios.registry import effect_of, under
from mock_server.scenarios.switches import (
    HEADER,
    NONE,
    SOURCES,
    SelectedScenario,
    header_scenario,
    marker_behind_header,
    marker_warning,
    steps,
)
from mock_server.serving.addresses import allowing, foreign_origin
from mock_server.serving.error_response import MOCK_ERROR, ErrorResponse
from mock_server.serving.session import SessionError, check_session

MODE_HEADER_BYTES, SCENARIO_HEADER = MODE_HEADER.encode(), HEADER.encode()
REMEMBERED = 64
"""Scenarios per session and gateway: what one remembers from request to request is forgotten with it."""
TOO_LARGE = ErrorResponse(413, "invalid_request_error", "request_too_large", "The request is too large.")
MODE_NAMES = {mode: mode.value for mode in Mode}  # looking up an enumeration takes time
FindApp: TypeAlias = Callable[[Mode, SelectedScenario], ASGIApp | None]


ControlsOf: TypeAlias = Callable[[str | None], Controls]
"""The controls of a session; those of the requests without one for None."""


def with_controls(gateways: Mapping[Mode, Gateway], controls_of: ControlsOf, app_of: AppOf) -> ASGIApp:
    """A gateway, by its variants for each mode, that responds in the mode and scenario of each request."""
    gateway = gateways[Mode.STRICT]
    apps = {mode: app_of(one) for mode, one in gateways.items()}
    shared, by_session = controls_of(None), WeakKeyDictionary[Controls, FindApp]()

    def find_app(controls: Controls, mode: Mode, selected: SelectedScenario) -> ASGIApp | None:
        """Each session has applications of its own, which remember what chance and counters have done."""
        found = by_session.get(controls)
        if found is None:
            found = by_session[controls] = scenario_apps(gateways, shared, app_of)
        return found(mode, selected)

    name = gateway.contract.name
    path = f"/{name}{gateway.contract.operation.path}"

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        record: JournalRecord = scope[RECORD]
        try:
            check_session(scope)
            controls = controls_of(record.session)
            modes, scenarios = named_in(scope)
            mode = mode_named(modes[0]) if modes else controls.mode
            header, selected, found, is_none = None, None, None, False
            if scope["path"] == path:
                header = header_scenario(scenarios) if scenarios else None
                selected = select_step(controls, controls.switchboard.select(name, header, record.content))
                is_none = selected is None or selected.text.lower() in NONE
                found = None if selected is None or is_none else find_app(controls, mode, selected)
        except (UnknownModeError, ScenarioError, SessionError) as error:
            problem = ErrorResponse(400, "invalid_request_error", "mock_misunderstood", f"This is the mock: {error}")
            await response(gateway.reject(gateway, problem), MOCK_ERROR)(scope, receive, send)
            return
        record.mode = MODE_NAMES[mode]
        if selected is not None and (found is not None or is_none):
            record.scenario = None if is_none else selected.text
            controls.switchboard.count_use(selected)
        warning = marker_behind_header(header, record.content) or marker_warning(record.content)
        await (found or apps[mode])(scope, receive, send if warning is None else send_with_warning(send, warning))

    return app


def named_in(scope: Scope) -> tuple[list[str], list[str]]:
    """The modes and the scenarios that the headers of a request name."""
    modes, scenarios = list[str](), list[str]()
    for key, value in scope["headers"]:
        if key == MODE_HEADER_BYTES:
            modes.append(value.decode("latin-1"))
        elif key == SCENARIO_HEADER:
            scenarios.append(value.decode("latin-1"))
    return modes, scenarios


def select_step(controls: Controls, selected: SelectedScenario | None) -> SelectedScenario | None:
    """The scenario, or the next of the list that it names."""
    if selected is None:
        return None
    named = controls.scenarios.named.get(selected.text.lower())
    if named is None or len(steps(named.apply)) == 1:
        return selected
    return replace(selected, text=controls.switchboard.next_of(named.name, named.apply))


def send_with_warning(send: Send, warning: str) -> Send:
    async def send_warned(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), (WARNING_HEADER, as_header_value(warning).encode())]
        await send(message)

    return send_warned


def scenario_apps(gateways: Mapping[Mode, Gateway], shared: Controls, app_of: AppOf) -> FindApp:
    """Finds a gateway's application under a scenario. It raises ScenarioError for a scenario that a request names.

    None where a switch for all gateways sets a scenario that this one does not have.
    """

    @lru_cache(maxsize=REMEMBERED)
    def make(mode: Mode, text: str, _run: int) -> ASGIApp:
        gateway = gateways[mode]
        effect = effect_of(text, gateway.contract, shared.scenarios.named)
        return with_scenario_headers(under(effect, app_of)(gateway), text)

    def find(mode: Mode, selected: SelectedScenario) -> ASGIApp | None:
        try:
            return make(mode, selected.text, selected.run)
        except ScenarioError:
            if selected.source in SOURCES:
                return None
            raise

    return find


def reject_too_large(gateway: Gateway) -> ASGIApp:
    """The response to a request that is not read to its end, and after which the connection is closed."""
    return response(gateway.reject(gateway, TOO_LARGE), {"connection": "close"})


def reject_foreign_pages(gateway: Gateway, app: ASGIApp, allowed_origins: Collection[str]) -> ASGIApp:
    """The application, which answers 403 to web pages of origins that are not allowed: images would cost money."""

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        origin = foreign_origin(scope, allowed_origins)
        if origin is None:
            await app(scope, receive, send)
            return
        message = (
            f"Pages of {origin} must not spend the key of the upstream. "
            f"Start the mock with --token, or with {allowing(origin)}."
        )
        error = ErrorResponse(403, "permission_error", "foreign_origin", message)
        await response(gateway.reject(gateway, error), MOCK_ERROR)(scope, receive, send)

    return guarded
