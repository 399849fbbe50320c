"""Defects of cost: calls are repeated that are rejected again, or that may have been paid for."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from gateway_contract.values.json_value import Json
from mock_server.defects.conforming_transport import uses_upstream_tasks
from mock_server.defects.defect import PlainSite, gateway_defect
from mock_server.defects.failure_defects import is_of_first_model, of_several_models
from mock_server.defects.hang_up import CLIENT_GONE, ending_calls, noting_hang_up
from mock_server.defects.request_operators import Result, call_defect
from mock_server.defects.sites import expected
from mock_server.defects.wrapping import with_transport
from mock_server.gateway.stages import Gateway, GatewayRequest
from mock_server.serving.error_response import BAD_GATEWAY, ErrorResponse
from mock_server.upstream.client import NO_STATUS
from mock_server.upstream.protocol import Outbound, UpstreamAnswer, UpstreamTransport


@call_defect(expected("rejected-call-not-repeated"))
async def rejected_call_repeated(gateway: Gateway, body: Json, call: Json, request: GatewayRequest) -> Result:
    """A call that the upstream rejects as wrong is made again."""
    made = await gateway.call(gateway, body, call, request)
    rejected = isinstance(made, ErrorResponse) and made.status == 400
    return await gateway.call(gateway, body, call, request) if rejected else made


@call_defect(expected("rejected-call-not-repeated"))
async def failed_call_repeated(gateway: Gateway, body: Json, call: Json, request: GatewayRequest) -> Result:
    """Whatever goes wrong upstream but what the client caused, the call is made again: also if the key is wrong."""
    made = await gateway.call(gateway, body, call, request)
    return await gateway.call(gateway, body, call, request) if made is BAD_GATEWAY else made


@gateway_defect(expected("accepted-call-not-repeated"))
def broken_call_repeated(gateway: Gateway, _site: PlainSite) -> Gateway:
    """A call whose connection breaks, or that is not answered in time, is repeated, though it may have been billed."""
    return repeating(gateway, lambda answer: answer.call.status == NO_STATUS)


@call_defect(expected("accepted-call-not-repeated"))
async def call_repeated_without_image(gateway: Gateway, body: Json, call: Json, request: GatewayRequest) -> Result:
    """If an image cannot be downloaded, all are generated again."""
    made = await gateway.call(gateway, body, call, request)
    if isinstance(made, ErrorResponse):
        return made
    images = [await gateway.upstream.image(link) for link in made[:1]]
    return await gateway.call(gateway, body, call, request) if None in images else made


@dataclass(frozen=True, slots=True)
class RepeatingTransport:
    """A transport that makes a call once more if its answer is like that."""

    transport: UpstreamTransport
    again: Callable[[UpstreamAnswer], bool]

    async def send(self, outbound: Outbound) -> UpstreamAnswer:
        answer = await self.transport.send(outbound)
        return await self.transport.send(outbound) if self.again(answer) else answer

    async def image(self, link: str) -> bytes | None:
        return await self.transport.image(link)

    async def aclose(self) -> None:
        await self.transport.aclose()


def repeating(gateway: Gateway, again: Callable[[UpstreamAnswer], bool]) -> Gateway:
    return with_transport(gateway, RepeatingTransport(gateway.upstream.transport, again))


@gateway_defect(expected("called-once-for-lost-client"))
def call_repeated_after_hang_up(gateway: Gateway, _site: PlainSite) -> Gateway:
    """If the client hangs up, the call is given up and made again."""
    return ending_calls(gateway, gateway.call)


@gateway_defect(of_several_models("called-once-for-lost-client"))
def task_submitted_again_after_hang_up(gateway: Gateway, _site: PlainSite) -> Gateway:
    """If the client hangs up while a task of the upstream is under way, the task is submitted again."""
    by_tasks = uses_upstream_tasks(gateway)
    again = ending_calls(by_tasks, by_tasks.call)

    async def call(own: Gateway, body: Json, call: Json, request: GatewayRequest) -> Result:
        by_task = not is_of_first_model(own.contract, body)
        return await (again if by_task else by_tasks).call(own, body, call, request)

    return replace(again, call=call)


@gateway_defect(expected("called-once-for-lost-client"))
def unread_response_generated_again(gateway: Gateway, _site: PlainSite) -> Gateway:
    """If the client is gone when the images are there, they are generated again."""

    async def call(own: Gateway, body: Json, call: Json, request: GatewayRequest) -> Result:
        made = await gateway.call(own, body, call, request)
        return await gateway.call(own, body, call, request) if CLIENT_GONE.get().is_set() else made

    return noting_hang_up(replace(gateway, call=call))
