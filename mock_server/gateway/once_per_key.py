"""What a gateway remembers of requests with an idempotency key, so that each is paid once."""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b

from gateway_contract.contract.definition import Contract
from mock_server.serving.error_response import ErrorResponse

MOST_REMEMBERED = 1000  # requests
KEY_REUSED = ErrorResponse(
    422, "invalid_request_error", "idempotency_key_reused", "Another request was sent with this idempotency key."
)


@dataclass(slots=True)
class KeyedRequest:
    """A request with a key, by a digest of its body, and the links that it was answered with, once there are some."""

    body: int
    links: list[str] | None = None
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass(slots=True)
class KeyedRequests:
    """The latest of them, by a digest of the client's token and key."""

    known: OrderedDict[bytes, KeyedRequest] = field(default_factory=OrderedDict)

    def entry(self, digest: bytes, body: int) -> KeyedRequest:
        """The request that came first with a token and key; the one at hand if none did."""
        found = self.known.setdefault(digest, KeyedRequest(body))
        if len(self.known) > MOST_REMEMBERED:
            self.known.popitem(last=False)
        return found


def key_of(contract: Contract, headers: Mapping[str, str]) -> str | None:
    """The idempotency key of a request, where the contract documents one; header names are in lower case."""
    known = contract.idempotency_key
    return None if known is None else headers.get(known.header.lower()) or None


def digest_of(headers: Mapping[str, str], key: str) -> bytes:
    """Of a client's token and its key: clients choose their keys without knowing of each other."""
    return blake2b(f"{headers.get('authorization', '')}\n{key}".encode("utf-8", "surrogateescape")).digest()
