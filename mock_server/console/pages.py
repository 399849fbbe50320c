"""The routes of the console, which works without JavaScript except for live updates, and of Swagger UI."""

from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
from importlib import resources
from pathlib import Path

import orjson
from pylopdf_fonts_zh_cn import sans_path
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from gateway_contract.values.json_value import Json
from mock_server.admin.api import document, endpoint
from mock_server.console.live import follow_changes, news, rows
from mock_server.console.overview import clear, end_scenario, overview, switch_mode, switch_scenario
from mock_server.console.request_page import request_page
from mock_server.runtime.mock import Mock
from mock_server.serving.asgi import own_url

ADMIN = "mock-admin"
ASSETS: Mapping[str, str] = {
    "swagger_bundle.js": "text/javascript",
    "swagger_preset.js": "text/javascript",
    "swagger_style.css": "text/css",
}
OWN = Path(__file__).parent / "static"
POLICY = "default-src 'self'; img-src 'self' data: http: https:; style-src 'self' 'unsafe-inline'"
"""Swagger UI uses inline styles."""


def docs_routes(mock: Mock) -> list[BaseRoute]:
    async def page(_request: Request) -> Response:
        return HTMLResponse((OWN / "docs.html").read_bytes(), headers={"content-security-policy": POLICY})

    async def listing(_request: Request) -> Response:
        return JSONResponse([{"name": name, "url": f"/docs/{name}.json"} for name in names(mock)])

    async def one(request: Request) -> Response:
        found = document_named(mock, request.path_params["name"], own_url(request.scope))
        if found is None:
            return PlainTextResponse(f"Not found. Documents: {', '.join(names(mock))}\n", HTTPStatus.NOT_FOUND)
        return Response(orjson.dumps(found), media_type="application/json", headers={"cache-control": "no-store"})

    async def asset(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in ASSETS:
            return PlainTextResponse("Not found\n", HTTPStatus.NOT_FOUND)
        return Response(asset_named(name), media_type=ASSETS[name], headers={"cache-control": "max-age=86400"})

    return [
        Route("/docs", page),
        Route("/docs/documents.json", listing),
        Route("/docs/{name}.json", one),
        Route("/docs/assets/{name}", asset),
    ]


def names(mock: Mock) -> list[str]:
    return [*mock.served, *mock.stubs, ADMIN]


def document_named(mock: Mock, name: str, own: str) -> Json | None:
    """A document with this mock as its server, so that `Try it out` calls this mock."""
    if name in mock.served:
        return _at(mock.served[name].gateway.contract.document.tree, f"{own}/{name}")
    if name in mock.stubs:
        upstream = mock.stubs[name].upstream
        return _at(upstream.document.tree, f"{own}/{name}{upstream.base}")
    return _at(document(), own) if name == ADMIN else None


def _at(tree: Mapping[str, Json], server: str) -> Json:
    return {**tree, "servers": [{"url": server}]}


@cache
def asset_named(name: str) -> bytes:
    return (resources.files("offapi") / name).read_bytes()


STATIC = Path(__file__).parent / "static"
FORMS = {"scenario": switch_scenario, "end": end_scenario, "mode": switch_mode, "clear": clear}


def console_routes(mock: Mock) -> list[BaseRoute]:
    return [
        Route("/", endpoint(mock, overview)),
        Route("/requests/{id}", endpoint(mock, request_page)),
        Route("/console/rows", endpoint(mock, rows)),
        Route("/console/news", endpoint(mock, news)),
        Route("/console/changes", endpoint(mock, follow_changes)),
        *(Route(f"/console/{name}", endpoint(mock, form), methods=["POST"]) for name, form in FORMS.items()),
        Route("/console/chinese.otf", chinese),
        Mount("/console/static", StaticFiles(directory=STATIC)),
    ]


async def chinese(_request: Request) -> Response:
    """A font with Chinese characters; only browsers on systems without one request it."""
    return FileResponse(sans_path(), media_type="font/otf", headers={"cache-control": "max-age=86400"})
