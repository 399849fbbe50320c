"""Defects of failures that only some requests meet: of one model's, of tasks of the upstream, of bodies not in JSON."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from http import HTTPStatus
from typing import TypeAlias

from gateway_contract.contract.definition import Contract
from gateway_contract.traffic.exchange import FaultCause
from gateway_contract.values.json_value import ABSENT, Json
from gateway_contract.values.pointer import read
from mock_server.defects.conforming_transport import uses_upstream_tasks
from mock_server.defects.defect import PlainSite, Sites, gateway_defect
from mock_server.defects.request_operators import Result, call_defect
from mock_server.defects.sites import expected, schema_of, with_snapshots
from mock_server.defects.state_defects import INTERNAL_ERROR
from mock_server.defects.wrapping import ChangedTransport, no_answer_yet, with_transport
from mock_server.gateway.stages import Gateway, GatewayRequest, GatewayResponse
from mock_server.serving.error_response import BAD_GATEWAY, ErrorResponse
from mock_server.upstream.protocol import Reply, UpstreamAnswer, UpstreamError

AS_BAD_REQUEST = replace(BAD_GATEWAY, status=400)
CRASHED = replace(BAD_GATEWAY, status=500, message="Expecting value: line 1 column 1 (char 0)")
NO_IMAGES: list[str] = []


def of_several_models(judge: str) -> Sites[PlainSite]:
    """What the expectation with this judge is about, where a contract lists several models."""

    def found(contract: Contract) -> Iterator[PlainSite]:
        if len(_models(contract)) > 1:
            yield from expected(judge)(contract)

    return found


def _models(contract: Contract) -> list[Json]:
    fields = [*with_snapshots(contract)]
    listed = schema_of(contract, fields[0].pointer).schema.get("enum") if fields else None
    return listed if isinstance(listed, list) else []


def is_of_first_model(contract: Contract, body: Json) -> bool:
    return read(body, next(iter(with_snapshots(contract))).pointer) == _models(contract)[0]


@call_defect(of_several_models("no-success-without-images"))
async def as_success_for_other_models(gateway: Gateway, body: Json, call: Json, request: GatewayRequest) -> Result:
    """A failure of any model but the first listed one becomes a success without images."""
    made = await gateway.call(gateway, body, call, request)
    return NO_IMAGES if made is BAD_GATEWAY and not is_of_first_model(gateway.contract, body) else made


@call_defect(of_several_models("vendors-fault-is-5xx"))
async def as_400_for_other_models(gateway: Gateway, body: Json, call: Json, request: GatewayRequest) -> Result:
    """A failure of any model but the first listed one gets 400, not 502."""
    made = await gateway.call(gateway, body, call, request)
    return AS_BAD_REQUEST if made is BAD_GATEWAY and not is_of_first_model(gateway.contract, body) else made


FailedCall: TypeAlias = Callable[[], Awaitable[Result]]


def when_failed(gateway: Gateway, is_meant: Callable[[UpstreamAnswer], bool], instead: FailedCall) -> Gateway:
    """The gateway that does something instead where a call failed with such a last answer of its upstream."""
    last_answer = no_answer_yet()
    noting = with_transport(gateway, ChangedTransport(gateway.upstream.transport, last_answer=last_answer))

    async def call(own: Gateway, body: Json, call: Json, request: GatewayRequest) -> Result:
        made = await gateway.call(own, body, call, request)
        last = last_answer.get()
        is_other = isinstance(made, ErrorResponse) and last is not None and is_meant(last)
        return await instead() if is_other else made

    return replace(noting, call=call)


def is_of_task(answer: UpstreamAnswer) -> bool:
    """Whether an answer is that of a poll: only these calls have no body."""
    return answer.call.body is ABSENT and answer.call.status == 200


def is_not_json(answer: UpstreamAnswer) -> bool:
    return answer.body is ABSENT and answer.call.status == 200


def is_redirection(answer: UpstreamAnswer) -> bool:
    return HTTPStatus.MULTIPLE_CHOICES <= answer.call.status < HTTPStatus.BAD_REQUEST


async def give_no_images() -> Result:
    return NO_IMAGES


async def wait_without_end() -> Result:
    await asyncio.Event().wait()
    return NO_IMAGES


async def crash() -> Result:
    return CRASHED


def is_failure_by(gateway: Gateway, cause: FaultCause) -> Callable[[UpstreamAnswer], bool]:
    """Whether an answer is the vendor's error for what somebody caused."""

    def is_caused(answer: UpstreamAnswer) -> bool:
        if answer.body is ABSENT:
            return False
        found = gateway.upstream.protocol.read(Reply(answer.call.status, answer.body))
        return isinstance(found, UpstreamError) and found.cause is cause

    return is_caused


@gateway_defect(expected("content-refusal-is-told"))
def refused_content_as_500(gateway: Gateway, _site: PlainSite) -> Gateway:
    """A refusal of the content by the upstream gets 500 and no reason, like an uncaught exception."""

    async def fail() -> Result:
        return INTERNAL_ERROR

    return when_failed(gateway, is_failure_by(gateway, FaultCause.CONTENT), fail)


@gateway_defect(expected("own-key-is-not-the-clients"))
def refused_key_as_forbidden(gateway: Gateway, _site: PlainSite) -> Gateway:
    """When the upstream rejects the gateway's key, the client gets 403."""

    async def forbid() -> Result:
        return replace(INTERNAL_ERROR, status=403, type="permission_error", code="forbidden", message="Access denied.")

    return when_failed(gateway, is_failure_by(gateway, FaultCause.CREDENTIALS), forbid)


@gateway_defect(of_several_models("no-success-without-images"))
def failed_task_as_success(gateway: Gateway, _site: PlainSite) -> Gateway:
    """A task of the upstream that ended counts as done, also if it failed."""
    return uses_upstream_tasks(when_failed(gateway, is_of_task, give_no_images))


@gateway_defect(of_several_models("answered-when-upstream-fails"))
def failed_task_polled_without_end(gateway: Gateway, _site: PlainSite) -> Gateway:
    """A task of the upstream is polled until it succeeds, which one that failed never does."""
    return uses_upstream_tasks(when_failed(gateway, is_of_task, wait_without_end))


@gateway_defect(expected("no-success-without-images"))
def upstream_page_as_success(gateway: Gateway, _site: PlainSite) -> Gateway:
    """A response of the upstream with the status 200 that is not JSON becomes a success without images."""
    return when_failed(gateway, is_not_json, give_no_images)


@gateway_defect(expected("throttling-is-429"))
def crash_on_retry_after_date(gateway: Gateway, _site: PlainSite) -> Gateway:
    """A Retry-After of the upstream is read as a number; a date gets the client 500."""

    async def fail() -> Result:
        return INTERNAL_ERROR

    return when_failed(gateway, lambda answer: not (answer.retry_after or "0").isdecimal(), fail)


@gateway_defect(expected("vendors-fault-is-5xx"))
def redirection_passed_on(gateway: Gateway, _site: PlainSite) -> Gateway:
    """When the upstream redirects a call, the client gets that status."""

    async def redirect() -> Result:
        return replace(BAD_GATEWAY, status=HTTPStatus.FOUND)

    return when_failed(gateway, is_redirection, redirect)


@gateway_defect(expected("no-success-without-images"))
def redirection_as_success(gateway: Gateway, _site: PlainSite) -> Gateway:
    """Every status below 400 counts as a success, so that a redirected call becomes one without images."""
    return when_failed(gateway, is_redirection, give_no_images)


@gateway_defect(expected("answered-when-upstream-fails"))
def upstream_page_unanswered(gateway: Gateway, _site: PlainSite) -> Gateway:
    """A response of the upstream with the status 200 that is not JSON gets the client no response."""
    return when_failed(gateway, is_not_json, wait_without_end)


@gateway_defect(expected("error-has-the-usual-shape"))
def upstream_page_as_crash(gateway: Gateway, _site: PlainSite) -> Gateway:
    """A response of the upstream with the status 200 that is not JSON crashes the gateway."""
    crashing = when_failed(gateway, is_not_json, crash)

    def reject(own: Gateway, error: ErrorResponse) -> GatewayResponse:
        rejection = gateway.reject(own, error)
        return replace(rejection, body=error.message) if error is CRASHED else rejection

    return replace(crashing, reject=reject)
