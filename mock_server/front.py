"""The front of a gateway in the mock: which mode holds for a request, and who answers it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from mock_server.gateway import Gateway
from mock_server.gateway_app import response
from mock_server.modes import MODE_HEADER, Mode, UnknownModeError, in_mode, mode_named
from mock_server.recording import Notes
from mock_server.refusals import Refusal

OF_THE_MOCK = {"x-mock-error": "true"}
"""A header that tells that the mock itself speaks, and not the gateway that it plays."""
TOO_LARGE = Refusal(413, "invalid_request_error", "request_too_large", "The request is too large.")


@dataclass(slots=True)
class Controls:
    """What can be switched while the mock runs. `mode` holds where a request does not say another."""

    mode: Mode


def front(gateway: Gateway, controls: Controls, app_of: Callable[[Gateway], ASGIApp]) -> ASGIApp:
    """The gateway in the mode that holds for each request; `app_of` makes it an application."""
    apps = {mode: app_of(in_mode(gateway, mode)) for mode in Mode}

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        notes: Notes = scope["mock"]
        try:
            mode = mode_asked_for(Headers(scope=scope), controls)
        except UnknownModeError as error:
            refusal = Refusal(400, "invalid_request_error", "mock_misunderstood", f"This is the mock: {error}.")
            await response(gateway.refuse(gateway, refusal), OF_THE_MOCK)(scope, receive, send)
            return
        notes.mode = mode.value
        await apps[mode](scope, receive, send)

    return app


def too_large(gateway: Gateway) -> ASGIApp:
    """The answer to a request that is not read to its end, and after which the connection is of no use."""
    return response(gateway.refuse(gateway, TOO_LARGE), {"connection": "close"})


def mode_asked_for(headers: Mapping[str, str], controls: Controls) -> Mode:
    """Raises UnknownModeError."""
    asked = headers.get(MODE_HEADER)
    return controls.mode if asked is None else mode_named(asked)
