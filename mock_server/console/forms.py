"""What the forms of the console switch. Each leads back to the first page, or says there what was wrong."""

from http import HTTPStatus
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from mock_server.admin.answering import body_of
from mock_server.console.overview import overview_saying
from mock_server.console.rendering import served, whole_number
from mock_server.gateway.modes import UnknownModeError, mode_named
from mock_server.mock import Mock
from mock_server.scenarios.meant import fits_who_is_meant
from mock_server.scenarios.switchboard import CONSOLE
from mock_server.scenarios.written import ScenarioError


async def switch_scenario(mock: Mock, request: Request) -> Response:
    form = await form_of(request)
    text, gateway, times = form.get("scenario", "").strip(), form.get("gateway") or None, form.get("times", "").strip()
    if times and not whole_number(times):
        return overview_saying(mock, request, f"How often it holds is a whole number from 1, not {times[:40]!r}.", form)
    try:
        fits_who_is_meant(text, gateway, served(mock), mock.controls.scenarios.named)
        mock.controls.switchboard.set(text, gateway, whole_number(times), CONSOLE)
    except ScenarioError as error:
        return overview_saying(mock, request, f"The scenario was not set: {error}", form)
    return back()


async def end_scenario(mock: Mock, request: Request) -> Response:
    """Ends one that the console has set, even where its gateway is served no longer."""
    form = await form_of(request)
    mock.controls.switchboard.set("none", form.get("gateway") or None, None, CONSOLE)
    return back()


async def switch_mode(mock: Mock, request: Request) -> Response:
    try:
        mock.controls.mode = mode_named((await form_of(request)).get("mode", ""))
    except UnknownModeError as error:
        return overview_saying(mock, request, f"The mode was not set: {error}")
    return back()


async def clear(mock: Mock, _request: Request) -> Response:
    mock.journal.clear()
    return back()


async def form_of(request: Request) -> dict[str, str]:
    """The first value of each field. Raises ProblemError for a body that is too long to be meant."""
    said = parse_qs((await body_of(request)).decode("utf-8", "replace"), keep_blank_values=True)
    return {name: values[0] for name, values in said.items()}


def back() -> Response:
    return RedirectResponse("/", HTTPStatus.SEE_OTHER)
