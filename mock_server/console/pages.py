"""The console: pages for people. Everything works as plain forms; a script adds what is live."""

from collections.abc import Awaitable, Callable, Sequence
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import TypeAlias
from urllib.parse import parse_qs

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from gateway_contract.contract import Contract
from gateway_contract.values import ABSENT
from mock_server.admin.answering import body_of
from mock_server.admin.origin import check_origin
from mock_server.admin.problems import ProblemError
from mock_server.admin.verdict import verdict_in
from mock_server.console.fields import form_fields
from mock_server.console.snippets import ANY_TOKEN, example_of, snippets
from mock_server.console.view import headers_shown, passages, pretty, row
from mock_server.mock import Mock
from mock_server.modes import Mode, UnknownModeError, mode_named
from mock_server.own_url import own_url
from mock_server.scenarios.catalogue import KINDS, fits
from mock_server.scenarios.switchboard import CONSOLE, NONE
from mock_server.scenarios.written import ScenarioError

SHOWN = 100  # requests on the first page; the others are in the journal
STATIC = Path(__file__).parent / "static"
POLICY = (
    "default-src 'self'; img-src 'self' data: http: https:; style-src 'self'; script-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
"""What a page may load and run: what a prompt smuggles in stays text."""
Page: TypeAlias = Callable[[Mock, Request], Awaitable[Response]]


def console_routes(mock: Mock) -> list[BaseRoute]:
    return [
        Route("/", page(mock, overview)),
        Route("/console/rows", page(mock, rows)),
        Route("/requests/{number:int}", page(mock, one_request)),
        Route("/console/scenario", page(mock, switch_scenario), methods=["POST"]),
        Route("/console/mode", page(mock, switch_mode), methods=["POST"]),
        Route("/console/clear", page(mock, clear), methods=["POST"]),
        Mount("/console/static", StaticFiles(directory=STATIC)),
    ]


def page(mock: Mock, show: Page) -> Callable[[Request], Awaitable[Response]]:
    async def shown(request: Request) -> Response:
        try:
            check_origin(request.method, request.headers)
            return await show(mock, request)
        except ProblemError as problem:
            return problem.response

    return shown


async def overview(mock: Mock, request: Request) -> Response:
    return await overview_saying(mock, request, "")


async def overview_saying(mock: Mock, request: Request, problem: str) -> Response:
    """The first page; `problem` is what was wrong with a form."""
    own = own_url(request.scope)
    entries = mock.journal.entries()
    contracts = served(mock)
    return html(
        "console.html",
        HTTPStatus.BAD_REQUEST if problem else HTTPStatus.OK,
        own=own,
        token=mock.settings.token or ANY_TOKEN,
        gateways=[gateway_view(contract, own) for contract in contracts],
        stubs={name: own + f"/{name}" + stub.upstream.base for name, stub in mock.stubs.items()},
        rows=[row(entry, contracts) for entry in reversed(entries[-SHOWN:])],
        last=mock.journal.last,
        kept=len(entries),
        kinds=KINDS.values(),
        named=mock.controls.scenarios.named.values(),
        switches=mock.controls.switchboard.current(),
        mode=mock.controls.mode.value,
        modes=[mode.value for mode in Mode],
        problem=problem or mock.problem or "",
    )


def gateway_view(contract: Contract, own: str) -> dict[str, object]:
    base = f"{own}/{contract.name}"
    images = contract.images
    carriers = [] if images is None else [{"key": one.key, "inline": one.inline} for one in images.carriers]
    return {
        "name": contract.name,
        "base": base,
        "method": contract.operation.method,
        "path": contract.operation.path,
        "snippets": snippets(contract, base),
        "fields": form_fields(contract),
        "example": pretty(example_of(contract), b""),
        "images": {"pointer": "" if images is None else images.pointer, "carriers": carriers},
    }


async def rows(mock: Mock, request: Request) -> Response:
    """What came in after a request, newest first: the live part of the first page."""
    after = request.query_params.get("after", "")
    contracts = served(mock)
    new = mock.journal.since(int(after)) if after.isascii() and after.isdecimal() else ()
    return html("rows.html", rows=[row(entry, contracts) for entry in reversed(new[-SHOWN:])])


async def one_request(mock: Mock, request: Request) -> Response:
    entry = mock.journal.entry(request.path_params["number"])
    if entry is None:
        return html("gone.html", HTTPStatus.NOT_FOUND, number=request.path_params["number"], most=mock.journal.most)
    contracts = served(mock)
    contract = next((one for one in contracts if one.name == entry.gateway), None)
    calls = [
        {
            "call": call,
            "headers": headers_shown(call.headers),
            "body": "" if call.body is ABSENT else pretty(call.body, b""),
            "passages": [] if contract is None or call.body is ABSENT else passages(contract, entry, call.body),
        }
        for call in entry.upstream
    ]
    return html(
        "request.html",
        entry=entry,
        row=row(entry, contracts),
        asked=pretty(entry.body, entry.content),
        answered=pretty(entry.answer, entry.answer_content),
        calls=calls,
        verdict=verdict_in(contracts, entry),
        own=own_url(request.scope),
    )


async def switch_scenario(mock: Mock, request: Request) -> Response:
    form = await form_of(request)
    text, gateway = form.get("scenario", "").strip(), form.get("gateway") or None
    times = form.get("times", "")
    if times and not (times.isascii() and times.isdecimal() and int(times) > 0):
        return await overview_saying(mock, request, f"How many requests is a whole number from 1, not {times!r}.")
    meant = [contract for contract in served(mock) if gateway in {None, contract.name}]
    try:
        if text.lower() not in NONE:
            fits(text, meant, mock.controls.scenarios.named)
        mock.controls.switchboard.set(text, gateway, int(times) if times else None, CONSOLE)
    except ScenarioError as error:
        return await overview_saying(mock, request, f"{error}")
    return back()


async def switch_mode(mock: Mock, request: Request) -> Response:
    try:
        mock.controls.mode = mode_named((await form_of(request)).get("mode", ""))
    except UnknownModeError as error:
        return await overview_saying(mock, request, f"{error}")
    return back()


async def clear(mock: Mock, _request: Request) -> Response:
    mock.journal.clear()
    return back()


async def form_of(request: Request) -> dict[str, str]:
    said = parse_qs((await body_of(request)).decode("utf-8", "replace"), keep_blank_values=True)
    return {name: values[0] for name, values in said.items()}


def back() -> Response:
    return RedirectResponse("/", HTTPStatus.SEE_OTHER)


def served(mock: Mock) -> Sequence[Contract]:
    return [one.gateway.contract for one in mock.served.values()]


def html(template: str, status: int = HTTPStatus.OK, **shown: object) -> Response:
    headers = {"content-security-policy": POLICY, "cache-control": "no-store", "referrer-policy": "no-referrer"}
    return HTMLResponse(templates().get_template(template).render(**shown), status, headers)


@cache
def templates() -> Environment:
    return Environment(
        loader=PackageLoader("mock_server.console"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
