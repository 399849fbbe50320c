"""A server to compare the mock with: how little a POST can cost in Python if everything is laid down beforehand.

It judges a body by the schemas of contract and upstream, fills a table of fields into a call, signs a link per image
and records both sides. Nothing can be switched, watched or replaced, secrets are not looked for, and HTTP is only as
much as the benchmark needs. Run `python -m benchmarks.mock_limit CONTRACT`.
"""

import asyncio
import hashlib
import sys
import time
from base64 import urlsafe_b64encode
from collections import defaultdict, deque
from collections.abc import Callable
from http import HTTPStatus
from typing import TypeAlias

import httptools
import orjson
import uvloop

from gateway_contract.contract.definition import Contract
from gateway_contract.contract.load_contract import contract_path, load_contract
from gateway_contract.values.json_value import Json
from gateway_contract.values.pointer import parent, put, read, removed, tokens
from mock_server.serving.server import listen, url_of

LOOPBACK = "127.0.0.1"
KEY = hashlib.blake2b(key=b"a key for this benchmark", digest_size=16)
KEPT = 1000  # requests
SECONDS = 86400
Operation: TypeAlias = Callable[[dict[bytes, bytes], bytes], tuple[int, bytes]]


def signed_link(identity: bytes) -> str:
    signature = KEY.copy()
    signature.update(identity)
    return f"http://{LOOPBACK}/images/{urlsafe_b64encode(identity + signature.digest()).decode()}.png"


def operation_of(contract: Contract) -> Operation:
    """The operation of a contract whose fields are at the top of the body."""
    upstream, images = contract.upstream, contract.images
    if upstream is None or images is None:
        raise SystemExit(f"{contract.name} has no upstream or no images")
    moment, items = contract.times[0].pointer[1:], images.pointer[1:]
    key, count = images.image_fields[0].key, images.count[1:]
    judge, judge_call = contract.request.failures, upstream.operation.request.failures
    empty_call, fields = table_of(contract)
    journal = deque[tuple[object, ...]](maxlen=KEPT)

    def operate(headers: dict[bytes, bytes], content: bytes) -> tuple[int, bytes]:
        now, body = time.time(), orjson.loads(content)
        if not headers.get(b"authorization", b"").startswith(b"Bearer "):
            return HTTPStatus.UNAUTHORIZED, b"{}"
        if broken := judge(body):
            constraint = contract.request.constraint_at(broken[0])
            answer = orjson.dumps({"error": {"message": constraint.keyword, "param": constraint.pointer}})
            journal.append((now, headers, content, HTTPStatus.BAD_REQUEST, answer))
            return HTTPStatus.BAD_REQUEST, answer
        call = orjson.loads(empty_call)
        for holder, names in fields:
            held = read(call, holder)
            for source, target in names:
                if source in body:
                    held[target] = body[source]  # type: ignore[index,call-overload] # an object
        if judge_call(call):
            return HTTPStatus.BAD_GATEWAY, b"{}"
        identity = hashlib.blake2b(content, digest_size=12).digest() + (int(now) + SECONDS).to_bytes(4, "big")
        links = [signed_link(identity + bytes([place])) for place in range(body.get(count, 1))]
        answer = orjson.dumps({moment: int(now), items: [{key: link} for link in links]})
        journal.append((now, headers, content, HTTPStatus.OK, answer, call))
        return HTTPStatus.OK, answer

    return operate


def table_of(contract: Contract) -> tuple[bytes, list[tuple[str, list[tuple[str, str]]]]]:
    """A call without values as JSON, and by holder in it which field of the body becomes which of its fields."""
    empty: Json = {}
    table = defaultdict[str, list[tuple[str, str]]](list)
    for field in contract.mapped:
        put(empty, field.upstream, 0)
        empty = removed(empty, field.upstream)
        table[parent(field.upstream)].append((field.pointer[1:], tokens(field.upstream)[-1]))
    for pointer, constant in ({} if contract.upstream is None else contract.upstream.constants).items():
        put(empty, pointer, constant)
    return orjson.dumps(empty), list(table.items())


class LimitProtocol(asyncio.Protocol):
    """HTTP for one kind of request at a time."""

    def __init__(self, operate: Operation) -> None:
        self.operate = operate
        self.parser = httptools.HttpRequestParser(self)
        self.headers, self.content = dict[bytes, bytes](), b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers[name.lower()] = value

    def on_body(self, body: bytes) -> None:
        self.content += body

    def on_message_complete(self) -> None:
        status, answer = self.operate(self.headers, self.content)
        head = b"HTTP/1.1 %d -\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % (status, len(answer))
        self.transport.write(head + answer)  # type: ignore[attr-defined] # a transport of a socket
        self.headers, self.content = {}, b""


async def serve(contract: Contract) -> None:
    operate = operation_of(contract)
    with listen(LOOPBACK, 0) as listener:
        server = await asyncio.get_running_loop().create_server(lambda: LimitProtocol(operate), sock=listener)
        print(f"Listening on {url_of(LOOPBACK, listener)}", flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(load_contract(contract_path(sys.argv[1]))))
