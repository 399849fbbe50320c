"""What defects and conforming variants need to know of a client that hangs up while its request is under way."""

import asyncio
from contextvars import ContextVar
from dataclasses import replace

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway_contract.values.json_value import Json
from mock_server.defects.request_operators import Call, Result
from mock_server.defects.wrapping import with_middleware
from mock_server.gateway.stages import Gateway, GatewayRequest
from mock_server.serving.server import wait_for_disconnect

CLIENT_GONE: ContextVar[asyncio.Event] = ContextVar("whether the client of the request under way hung up")


def noting_hang_up(gateway: Gateway) -> Gateway:
    """The gateway that sets `CLIENT_GONE` of a request whose client closes its connection."""

    def noting(app: ASGIApp) -> ASGIApp:
        async def noted(scope: Scope, receive: Receive, send: Send) -> None:
            gone, watching = asyncio.Event(), set[asyncio.Task[None]]()
            CLIENT_GONE.set(gone)

            async def watch() -> None:
                await wait_for_disconnect(receive)
                gone.set()

            async def receive_and_watch() -> Message:
                message = await receive()
                if message["type"] == "http.request" and not message.get("more_body"):
                    watching.add(asyncio.create_task(watch()))
                return message

            try:
                await app(scope, receive_and_watch, send)
            finally:
                for task in watching:
                    task.cancel()

        return noted

    return with_middleware(gateway, noting)


def ending_calls(gateway: Gateway, instead: Call) -> Gateway:
    """The gateway that cancels the upstream call of a client that hangs up, and does something instead."""

    async def call(own: Gateway, body: Json, call: Json, request: GatewayRequest) -> Result:
        made = asyncio.ensure_future(gateway.call(own, body, call, request))
        gone = asyncio.create_task(CLIENT_GONE.get().wait())
        await asyncio.wait({made, gone}, return_when=asyncio.FIRST_COMPLETED)
        gone.cancel()
        if made.done():
            return made.result()
        made.cancel()
        return await instead(own, body, call, request)

    return noting_hang_up(replace(gateway, call=call))
