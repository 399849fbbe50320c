"""An upstream stub under the scenario that was chosen for a call; its answer says which that was."""

from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from mock_server.dashscope import Failure
from mock_server.scenarios.serving import echoing
from mock_server.scenarios.switchboard import HEADER, MARKER, Chosen, Switchboard
from mock_server.scenarios.upstream import Change, change_of
from mock_server.scenarios.written import ScenarioError
from mock_server.serving.bounded import bounded, replaying
from mock_server.upstream.app import TOO_LARGE, upstream_app
from mock_server.upstream.stub import UpstreamStub
from mock_server.upstream.tasks import new_id

GatewaysKnow = Callable[[str], bool]
"""Whether a scenario is one of gateways: prompts come here through them, with what was meant for them."""


def under_scenarios(stub: UpstreamStub, board: Switchboard, gateways_know: GatewaysKnow) -> ASGIApp:
    """The stub, whose calls for images may choose how they are answered. Polls have nothing to choose."""
    right, name = upstream_app(stub), stub.upstream.name
    called = (stub.upstream, *stub.upstream.others.values())
    paths = frozenset(one.base + one.operation.path for one in called)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        content = await Request(scope, receive).body()
        try:
            chosen = board.choose_among((name,), Headers(scope=scope).get(HEADER), content)
            change = None if chosen is None else wanted(chosen, gateways_know)
        except ScenarioError as error:
            await misunderstood(str(error))(scope, receive, send)
            return
        behaving: ASGIApp = right
        if chosen is not None and change is not None:
            board.used(chosen)
            behaving = echoing(upstream_app(change(stub)), chosen.text)
        await behaving(scope, replaying(content, receive), send)

    under = bounded(app, TOO_LARGE)

    async def either(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "").removeprefix(scope.get("root_path", ""))
        await (under if path in paths and scope["method"] == "POST" else right)(scope, receive, send)

    return either


def wanted(chosen: Chosen, gateways_know: GatewaysKnow) -> Change | None:
    """None for a marker that was meant for a gateway. Raises ScenarioError."""
    try:
        return change_of(chosen.text)
    except ScenarioError:
        if chosen.source == MARKER and gateways_know(chosen.text):
            return None
        raise


def misunderstood(problem: str) -> JSONResponse:
    request_id = new_id()
    body = Failure(400, "InvalidParameter.Mock", f"This is the mock: {problem}").body(request_id)
    return JSONResponse(body, 400, {"x-request-id": request_id, "x-mock-error": "true"})
