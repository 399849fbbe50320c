"""The first page: the gateways, how to call them, their behaviour, and the requests."""

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from gateway_contract.contract.definition import Contract
from gateway_contract.traffic.curl import ANY_TOKEN
from mock_server.admin.api import read_request_body, whole_number
from mock_server.console.form_fields import form_fields
from mock_server.console.live import batch, state
from mock_server.console.snippets import example_of, indented, snippets
from mock_server.console.view import html
from mock_server.faults.scenario_kind import ScenarioError
from mock_server.gateway.modes import Mode, UnknownModeError, mode_named
from mock_server.runtime.mock import Mock
from mock_server.scenarios.registry import KINDS
from mock_server.scenarios.switches import CONSOLE
from mock_server.serving.asgi import own_url


async def overview(mock: Mock, request: Request) -> Response:
    return await asyncio.to_thread(overview_page, mock, request, "")


def overview_page(
    mock: Mock, request: Request, problem: str, typed: Mapping[str, str] = MappingProxyType({})
) -> Response:
    """The first page. `problem` is the error of a form, which keeps what was `typed` into it."""
    own, contracts, shown = own_url(request.scope), mock.contracts, batch(mock, 0)
    secured = mock.settings.token is not None
    return html(
        "console.html",
        HTTPStatus.BAD_REQUEST if problem else HTTPStatus.OK,
        gateways=[gateway_view(contract, f"{own}/{contract.name}", secured) for contract in contracts],
        token=None if secured else ANY_TOKEN,
        stubs={name: own + f"/{name}" + stub.upstream.base for name, stub in mock.stubs.items()},
        upstream_url=mock.settings.upstream_url,
        proxy_upstream=mock.settings.proxy_upstream,
        batch=shown,
        last=shown.rows[0].id if shown.rows else mock.journal.last_id,
        max_entries=mock.journal.max_entries,
        kinds=KINDS.values(),
        upstream_kinds=mock.upstream_scenarios().values(),
        faults=mock.upstream_faults(),
        named=mock.controls.scenarios.named.values(),
        modes=[mode.value for mode in Mode],
        problem=problem,
        typed=typed,
        defect=mock.settings.defect,
        **state(mock),
    )


def gateway_view(contract: Contract, base: str, secured: bool) -> dict[str, object]:  # noqa: FBT001 - a fact to show
    images = contract.images
    image_fields = [] if images is None else [{"key": one.key, "inline": one.inline} for one in images.image_fields]
    return {
        "name": contract.name,
        "base": base,
        "method": contract.operation.method,
        "path": contract.operation.path,
        "snippets": snippets(contract, base, secured),
        "fields": form_fields(contract),
        "example": indented(example_of(contract)),
        "images": {"pointer": "" if images is None else images.pointer, "carriers": image_fields},
    }


async def switch_scenario(mock: Mock, request: Request) -> Response:
    form = await form_of(request)
    text, gateway, times = form.get("scenario", "").strip(), form.get("gateway") or None, form.get("times", "").strip()
    if times and not whole_number(times):
        return overview_page(mock, request, f"How often must be a whole number from 1; got {times[:40]!r}.", form)
    try:
        mock.set_scenario(text, gateway, whole_number(times), CONSOLE)
    except ScenarioError as error:
        return overview_page(mock, request, f"The scenario was not set: {error}", form)
    return back()


async def end_scenario(mock: Mock, request: Request) -> Response:
    """End a scenario that the console has set, even if its gateway is no longer served."""
    form = await form_of(request)
    mock.controls.switchboard.set("none", form.get("gateway") or None, None, CONSOLE)
    return back()


async def switch_mode(mock: Mock, request: Request) -> Response:
    try:
        mock.controls.mode = mode_named((await form_of(request)).get("mode", ""))
    except UnknownModeError as error:
        return overview_page(mock, request, f"The mode was not set: {error}")
    return back()


async def clear(mock: Mock, _request: Request) -> Response:
    mock.journal.clear()
    return back()


async def form_of(request: Request) -> dict[str, str]:
    """The first value of each field. Raises ProblemError if the body is too large."""
    fields = parse_qs((await read_request_body(request)).decode("utf-8", "replace"), keep_blank_values=True)
    return {name: values[0] for name, values in fields.items()}


def back() -> Response:
    return RedirectResponse("/", HTTPStatus.SEE_OTHER)
