"""DashScope, the protocol of Alibaba Cloud Model Studio, which documents name as `x-protocol: dashscope`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from gateway_contract.contract.definition import Upstream
from gateway_contract.schema.constraint import Constraint
from gateway_contract.values.json_value import ABSENT, Json
from gateway_contract.values.pointer import placed, read
from mock_server.faults.fault import Fault
from mock_server.upstream.dashscope import messages, scenarios, task_messages, task_routes
from mock_server.upstream.dashscope.task_messages import TASK_OPERATION, TaskTransport
from mock_server.upstream.protocol import (
    CallProblem,
    GeneratedImages,
    Links,
    Reply,
    StubOptions,
    UpstreamError,
    UpstreamScenario,
    UpstreamTransport,
)
from mock_server.upstream.stub import UpstreamStub


@dataclass(frozen=True, slots=True)
class DashScope:
    """An UpstreamProtocol."""

    @property
    def scenarios(self) -> Mapping[str, UpstreamScenario]:
        return scenarios.SCENARIOS

    @property
    def faults(self) -> Sequence[Fault]:
        return messages.FAULTS

    def layouts(self, call: Json) -> Sequence[str]:
        return messages.layouts(call)

    def with_defaults(self, called: Upstream, call: Json, options: StubOptions) -> Json:
        """The wan models generate 1 or 4 images by default, by two of the vendor's pages."""
        count = called.drawing.count
        if options.default_images == 1 or not messages.is_wan_model(call) or isinstance(read(call, count), int | float):
            return call
        return placed(call, count, options.default_images)

    def success(self, images: GeneratedImages) -> Reply:
        return messages.reply(messages.success(images))

    def error(self, fault: Fault) -> Reply | None:
        return messages.error(fault)

    def reject(self, broken: Sequence[Constraint], options: StubOptions) -> Reply:
        return messages.rejection_of(broken, options.unknown_model).reply()

    def reject_headers(self, headers: Mapping[str, str]) -> Reply | None:
        return None if headers.get(task_messages.MODE_HEADER) is None else messages.ASYNCHRONOUS.reply()

    def reject_call(self, problem: CallProblem) -> Reply:
        return messages.CALL_PROBLEMS[problem].reply()

    def mock_error(self, status: int, message: str) -> Reply:
        code = "InvalidParameter.Mock" if status == 400 else "InternalError.Forwarding"
        return messages.VendorError(status, code, message).reply()

    def read(self, reply: Reply) -> Links | UpstreamError:
        body = None if reply.body is ABSENT else reply.body
        error = messages.error_in(reply.status, body)
        if error is not None:
            return UpstreamError(messages.cause_of(error), error.code, error.message)
        links = messages.image_links(body) or task_messages.result_links(body)
        return Links(tuple(links), task_messages.submitted_task(body))

    def routes(self, stub: UpstreamStub) -> Sequence[BaseRoute]:
        return task_routes.task_routes(stub)

    def with_headers(self, app: ASGIApp, canary: str) -> ASGIApp:
        return messages.with_vendor_headers(app, canary)

    def by_tasks(self, upstream: Upstream, url: str, transport: UpstreamTransport) -> UpstreamTransport | None:
        submitting, base = upstream.others.get(TASK_OPERATION), url.rstrip("/")
        if submitting is None:
            return None
        return TaskTransport(transport, base, base + upstream.operation.path, base + submitting.operation.path)
