"""A curl line of a report, pasted into a shell, sends what the suite sent."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request as Incoming
from starlette.responses import Response
from starlette.routing import Route

from contract_tests.report.curl import curl_of
from gateway_contract.exchange import Credential, Headers, Request
from gateway_contract.values import ABSENT
from mock_server.serving import serving
from tests.contract_tests.report_examples import JSON_TYPE, TOKEN, asking, carrying

STAND_IN = Path(__file__).with_name("stand_in_for_curl.py")
METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE"]
EVERY_BYTE = bytes(range(256))
SHELL_TRAPS = "it's $HOME `id` \"quoted\" \\n %s %d !! ; & | > * ~ #"


@dataclass
class Gateway:
    """A server that keeps what arrives."""

    url: str = ""
    seen: list[tuple[str, bytes, list[tuple[str, str]], bytes]] = field(default_factory=list)

    async def take(self, request: Incoming) -> Response:
        headers = [(name.decode(), value.decode()) for name, value in request.headers.raw]
        self.seen.append((request.method, request.scope["raw_path"], headers, await request.body()))
        return Response("{}", media_type="application/json")

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.seen[-1][2] if key.lower() == name.lower()), None)


@pytest.fixture(scope="module")
def listening() -> Iterator[Gateway]:
    gateway = Gateway()
    app = Starlette(routes=[Route("/{path:path}", gateway.take, methods=METHODS)])
    with serving(app) as gateway.url:
        yield gateway


@pytest.fixture
def gateway(listening: Gateway) -> Gateway:
    listening.seen.clear()
    return listening


@pytest.fixture(params=["curl", "stand-in"])
def path_with_curl(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A PATH with a curl: the machine's own where it has one, and in any case the stand-in."""
    if request.param == "stand-in":
        program = tmp_path / "curl"
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{STAND_IN}" "$@"\n')
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        return f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    return os.environ["PATH"]


@pytest.fixture
def pasted(path_with_curl: str, gateway: Gateway) -> "Pasted":
    return Pasted(path_with_curl, gateway)


@dataclass
class Pasted:
    path: str
    gateway: Gateway

    def __call__(self, request: Request, *secrets: str, below: str = "") -> Gateway:
        """Where a request's line arrived, run by a real shell with the token exported."""
