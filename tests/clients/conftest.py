"""The mock as clients meet it, and a page of another origin."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import orjson
import pytest
from starlette.applications import Starlette
from starlette.responses import FileResponse, HTMLResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from gateway_contract.contract.definition import Upstream
from gateway_contract.contract.load_contract import contract_path, load_contract
from gateway_contract.values.json_value import Json
from mock_server.faults.fault import Fault
from mock_server.runtime.mock import MockSettings
from mock_server.serving.server import serving
from mock_server.testing import running_mock
from mock_server.upstream.protocols import protocol_of
from mock_server.upstream.stub import UpstreamStub, upstream_app
from tests.clients.calls import CONTRACTS, FAILING, TOKEN, Failing
from tests.clients.node import HERE, Node, openai_package, running_node
from tests.mock_server.served import fault_named

PLAYED = re.compile(r"\[([\w-]+(?:\([\w=.]+\))?)\]\"")
PAGE = """<!doctype html>
<html lang="en">
<link rel="icon" href="data:,">
<script type="importmap">{"imports": {"openai": "/openai/index.mjs"}}</script>
"""


@pytest.fixture(params=CONTRACTS)
def contract(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=FAILING, ids=lambda failing: failing.name.replace(" ", "-"))
def failing(request: pytest.FixtureRequest) -> Failing:
    found: Failing = request.param
    return found


@pytest.fixture(scope="session")
def mock() -> Iterator[str]:
    """Both gateways on one port, before an upstream that plays the failures that prompts name."""
    contracts = [load_contract(contract_path(name)) for name in CONTRACTS]
    upstream = contracts[0].upstream
    assert upstream is not None
    with failing_upstream(upstream) as behind:
        settings = partial(MockSettings, token=TOKEN, upstream_url=behind)
        with running_mock(contracts, settings) as running:
            yield running.settings.own


@contextmanager
def failing_upstream(upstream: Upstream) -> Iterator[str]:
    with serving(upstream_app(UpstreamStub(upstream, protocol_of(upstream), fault_of=named_failure))) as url:
        yield url + upstream.base


def named_failure(body: Json) -> Fault | None:
    named = PLAYED.search(orjson.dumps(body).decode())
    return fault_named(named[1]) if named else None


@pytest.fixture(scope="session")
def elsewhere() -> Iterator[str]:
    """The URL of a page that has another origin than the mock, and the SDK."""
    page = HTMLResponse(PAGE)
    routes = [
        Route("/", lambda _: page),
        Route("/{name}.mjs", lambda request: FileResponse(HERE / f"{request.path_params['name']}.mjs")),
        Mount("/openai", StaticFiles(directory=openai_package())),
    ]
    with serving(Starlette(routes=routes)) as url:
        yield url


@pytest.fixture(scope="session")
def node() -> Iterator[Node]:
    """Node.js with the SDK."""
    with running_node() as running:
        yield running
