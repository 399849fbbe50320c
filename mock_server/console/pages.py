"""The console's routes. All of it works without JavaScript, except the form to try and live updates."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeAlias

from pylopdf_fonts_zh_cn import sans_path
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from mock_server.admin.problem import ProblemError, check_origin
from mock_server.console.overview import clear, end_scenario, overview, rows, state, switch_mode, switch_scenario
from mock_server.console.request_page import request_page
from mock_server.runtime.mock import Mock

STATIC = Path(__file__).parent / "static"
Page: TypeAlias = Callable[[Mock, Request], Awaitable[Response]]
FORMS = {"scenario": switch_scenario, "end": end_scenario, "mode": switch_mode, "clear": clear}


def console_routes(mock: Mock) -> list[BaseRoute]:
    return [
        Route("/", page(mock, overview)),
        Route("/requests/{id}", page(mock, request_page)),
        Route("/console/rows", page(mock, rows)),
        Route("/console/state", page(mock, state)),
        *(Route(f"/console/{name}", page(mock, form), methods=["POST"]) for name, form in FORMS.items()),
        Route("/console/chinese.otf", chinese),
        Mount("/console/static", StaticFiles(directory=STATIC)),
    ]


async def chinese(_request: Request) -> Response:
    """A font with Chinese characters; only browsers on systems without one request it."""
    return FileResponse(sans_path(), media_type="font/otf", headers={"cache-control": "max-age=86400"})


def page(mock: Mock, show: Page) -> Callable[[Request], Awaitable[Response]]:
    async def shown(request: Request) -> Response:
        try:
            check_origin(request.method, request.headers)
            return await show(mock, request)
        except ProblemError as problem:
            return problem.response

    return shown
