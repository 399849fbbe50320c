"""Gateways for a test on real sockets: an ASGI function of the request's body, and runs against them."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from contract_tests.client.limits import Limits
from contract_tests.execution.observer import UpstreamObserver
from contract_tests.report.progress import ProgressStep
from contract_tests.results import RuleVerdict, Run, Verdict
from contract_tests.run import prepare, run
from contract_tests.settings import Settings
from contract_tests.target import BUNDLED_TOKEN, GatewayTarget, bundled_gateway
from gateway_contract.contract.definition import Contract
from gateway_contract.values.json_value import Json
from mock_server.gateway.gateway_app import gateway_app
from mock_server.gateway.stages import Gateway
from mock_server.serving.server import serving

TOKEN = "sk-client-0123456789abcdef"
Reply: TypeAlias = Callable[[Request, bytes], Response]


def silent(_: ProgressStep) -> None:
    """Nobody watches."""


@dataclass(slots=True)
class Scripted:
    """A gateway that replies as it is told, and counts the requests."""

    url: str
    asked: list[bytes] = field(default_factory=list)


@contextmanager
def replying(reply: Reply) -> Iterator[Scripted]:
    scripted = Scripted("")

    async def answer(request: Request) -> Response:
        content = await request.body()
        scripted.asked.append(content)
        return reply(request, content)

    methods = ["GET", "POST", "PUT", "DELETE", "PATCH"]
    with serving(Starlette(routes=[Route("/{path:path}", answer, methods=methods)])) as url:
        scripted.url = url
        yield scripted


def as_json(body: Json, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(orjson.dumps(body), status, headers, "application/json")


def generated(*items: Json) -> Response:
    """A successful answer with these items."""
    return as_json({"created": int(time.time()), "data": list(items), "metadata": {}})


def settings_for(url: str | None, **more: object) -> Settings:
    return replace(
        Settings("powertokens", url, TOKEN, limits=Limits(answer=20, per_image=0)),
        **more,  # type: ignore[arg-type] # the fields of Settings
    )


def run_against(url: str, **more: object) -> Run:
    """A whole run against a gateway somewhere; its upstream is not seen unless `upstream` is given."""
    return run(prepare(settings_for(url, **more)), silent)


def run_with(change: Callable[[Gateway], Gateway], name: str = "powertokens") -> Run:
    """A whole two-sided run against the bundled mock gateway, changed in one place."""

    @contextmanager
    def changed(contract: Contract, _: Settings, observer: UpstreamObserver | None) -> Iterator[GatewayTarget]:
        assert observer is not None
        with serving(gateway_app(change(bundled_gateway(contract, observer)))) as url:
            yield GatewayTarget(url, BUNDLED_TOKEN)

    return run(prepare(Settings(name, limits=Limits(answer=20, per_image=0))), silent, changed)


def verdict_on(found: Run, name: str) -> RuleVerdict:
    return next(one for one in found.verdicts if one.rule.id == f"{found.contract}/{name}")


def failing(found: Run, level: str | None = None) -> set[str]:
    """The rules that fail, without the contract's name."""
    return {
        one.rule.id.partition("/")[2]
        for one in found.verdicts
        if one.verdict is Verdict.FAIL and level in (None, one.rule.level)
    }


def text_in(content: bytes) -> str:
    body = json.loads(content)
    return str(body.get("prompt", "")) if isinstance(body, dict) else ""
