"""The upstream stub under the scenario of a call, and the headers that name a scenario in responses."""

from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mock_server.faults.scenario_kind import ScenarioError, parse_scenario
from mock_server.scenarios.definition import CURRENT_SCOPE, RANDOM, UNUSED
from mock_server.scenarios.switches import HEADER, MARKER, NONE, SelectedScenario, Switchboard, header_scenario
from mock_server.scenarios.upstream_scenarios import is_fault, stub_change
from mock_server.serving.asgi import replay_body, with_body_limit
from mock_server.serving.error_response import MOCK_ERROR
from mock_server.serving.session import SessionError, check_session, take_session
from mock_server.upstream.protocol import StubChange, UpstreamProtocol
from mock_server.upstream.stub import UpstreamStub, response, too_large, upstream_app

RANDOM_HEADER = b"x-mock-random"
WARNING_HEADER = b"x-mock-warning"


def with_scenario_headers(app: ASGIApp, text: str) -> ASGIApp:
    """The application, whose responses name the scenario, its random choices, and what of it had no effect."""
    scenario = (HEADER.encode(), text.encode())

    async def echo(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                random_headers = [(RANDOM_HEADER, one.encode()) for one in scope.get(RANDOM, ())]
                unused = [(WARNING_HEADER, unused_warning(*one).encode()) for one in scope.get(UNUSED, {}).items()]
                message["headers"] = [*message.get("headers", ()), scenario, *random_headers, *unused]
            await send(message)

        token = CURRENT_SCOPE.set(scope)
        try:
            await app(scope, receive, send_with_headers)
        finally:
            CURRENT_SCOPE.reset(token)

    return echo


def unused_warning(name: str, needs: str) -> str:
    return f"{name} has no effect on this response: it needs {needs}"


IsGatewayScenario = Callable[[str], bool]
"""Whether a scenario is one of gateways, whose prompts reach the upstream with the marker."""


BoardOf = Callable[[str | None], Switchboard]
"""The switches of a session; those of the calls without one for None."""


def with_scenarios(stub: UpstreamStub, board_of: BoardOf, is_gateway_scenario: IsGatewayScenario) -> ASGIApp:
    """The stub under the scenario that a generation call selects. Polls select none."""
    right, name = upstream_app(stub), stub.upstream.name
    called = (stub.upstream, *stub.upstream.others.values())
    paths = frozenset(one.base + one.operation.path for one in called)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        content = await Request(scope, receive).body()
        session = take_session(scope)
        try:
            check_session(scope)
            board = board_of(session)
            header = header_scenario(Headers(scope=scope).getlist(HEADER))
            selected = board.select_for((name,), header, content)
            is_none = selected is None or selected.text.lower() in NONE
            change = (
                None if selected is None or is_none else requested_change(selected, stub.protocol, is_gateway_scenario)
            )
        except (ScenarioError, SessionError) as error:
            await misunderstood_error(stub.protocol, str(error))(scope, receive, send)
            return
        app_for_call: ASGIApp = right
        if selected is not None and (change is not None or is_none):
            board.count_use(selected)
        if selected is not None and change is not None:
            app_for_call = with_scenario_headers(upstream_app(change(stub)), selected.text)
        await app_for_call(scope, replay_body(content, receive), send)

    under = with_body_limit(app, too_large(stub.protocol))

    async def either(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "").removeprefix(scope.get("root_path", ""))
        await (under if path in paths and scope["method"] == "POST" else right)(scope, receive, send)

    return either


def requested_change(
    selected: SelectedScenario, protocol: UpstreamProtocol, is_gateway_scenario: IsGatewayScenario
) -> StubChange | None:
    """None for a marker for the gateway, such as a bare fault. Raises ScenarioError."""
    from_prompt = selected.source == MARKER
    if from_prompt and any(is_fault(step, protocol) for step in parse_scenario(selected.text)):
        return None
    try:
        return stub_change(selected.text, protocol)
    except ScenarioError:
        if from_prompt and is_gateway_scenario(selected.text):
            return None
        raise


def misunderstood_error(protocol: UpstreamProtocol, problem: str) -> Response:
    error = response(protocol.mock_error(400, f"This is the mock: {problem}"))
    error.headers.update(MOCK_ERROR)
    return error
