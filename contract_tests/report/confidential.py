"""What must not be read by others, taken out of all that a report holds."""

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import quote

from gateway_contract.traffic.exchange import Credential, Exchange, Headers, Request
from gateway_contract.traffic.redaction import REDACTED, SHORTEST_SECRET, redact, redact_headers
from gateway_contract.values.json_value import ABSENT, UNOBSERVED, Json

BARE_SCHEME = re.compile(r"(?i)\s*(bearer|basic)?\s*")  # a credential that holds nothing
_ADDRESS = re.compile(r"([\w+.-]+://)(?:[^/?#]*@)?([^/?#]*)([^?#]*)(.*)", re.DOTALL)
TOLD = frozenset({Credential.RIGHT, Credential.UNKNOWN})  # what is, or may be, somebody's token


def all_secrets(exchanges: Iterable[Exchange], secrets: Iterable[str]) -> tuple[str, ...]:
    """The secrets that are known, and the tokens that the exchanges show: the gateway's own key above all."""
    return tuple(dict.fromkeys([*filter(None, secrets), *(key for one in exchanges for key in _tokens(one))]))


def _tokens(exchange: Exchange) -> Iterator[str]:
    if exchange.request.credential in TOLD:
        yield from _authorizations(exchange.request.headers)
    if exchange.upstream is not UNOBSERVED:
        for call in exchange.upstream:
            yield from _authorizations(call.headers)


def _authorizations(headers: Headers) -> Iterator[str]:
    for name, value in headers:
        token = value.split(" ")[-1]
        if is_authorization(name) and len(token) >= SHORTEST_SECRET:
            yield token


def is_authorization(name: str) -> bool:
    return name.lower() == "authorization"


def spellings(secrets: Iterable[str]) -> tuple[str, ...]:
    """Each secret as it is written plainly, within an address, within JSON, as Base64, and in a header."""
    return tuple(
        dict.fromkeys(
            spelt
            for secret in filter(None, secrets)
            for spelt in (
                secret,
                quote(secret, safe=""),
                json.dumps(secret)[1:-1],
                json.dumps(secret, ensure_ascii=False)[1:-1],
                base64.b64encode(secret.encode()).decode(),
                secret.encode().decode("latin-1"),  # UTF-8 as headers are read
            )
        )
    )


def without_secrets(text: str, secrets: Iterable[str]) -> str:
    return redact(text, spellings(secrets))


def value_without_secrets(value: Json, secrets: Sequence[str]) -> Json:
    """A JSON value without the secrets in its texts and in its names."""
    match value:
        case str():
            return without_secrets(value, secrets)
        case list():
            return [value_without_secrets(item, secrets) for item in value]
        case dict():
            return {without_secrets(key, secrets): value_without_secrets(item, secrets) for key, item in value.items()}
    return value


def content_without_secrets(request: Request, secrets: Sequence[str]) -> bytes:
    """What a request carried, to the byte unless it holds a secret. JSON is read, as escapes may disguise one."""
    content = request.content
    if request.body is not ABSENT:
        body = value_without_secrets(request.body, secrets)
        content = content if body == request.body else compact(body)
    told = content.decode("utf-8", "surrogateescape")
    return without_secrets(told, secrets).encode("utf-8", "surrogateescape")


def compact(value: Json) -> bytes:
    """JSON without spaces. Half a surrogate pair is no UTF-8 and becomes an escape."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")


def headers_without_secrets(headers: Headers, secrets: Sequence[str]) -> list[tuple[str, str]]:
    """Headers as they may be shown; a credential that holds nothing stays as it is, for that is its point."""
    shown = redact_headers(headers, spellings(secrets))
    return [
        (name, value) if is_authorization(name) and BARE_SCHEME.fullmatch(value) else hidden
        for (name, value), hidden in zip(headers, shown, strict=True)
    ]


def address_without_secrets(url: str, secrets: Sequence[str]) -> str:
    """An address without the user and password that it may hold."""
    return "".join(address_parts(without_secrets(url, secrets)))


def address_parts(url: str) -> tuple[str, str, str]:
    """An address as its scheme and host, its path, and the rest; without user and password. Any text will do."""
    found = _ADDRESS.match(url)
    scheme, host, path, rest = found.groups() if found else ("", "", url, "")
    return f"{scheme}{host}", path, rest


def gives_away(value: str, secrets: Iterable[str]) -> bool:
    """Whether a made-up credential is so like a secret, or its Base64, that it tells the better part of it."""
    told = f"{value} {_decoded(value)}".casefold()
    return any(half in told for secret in filter(None, secrets) for half in _halves(secret.casefold()))


def _halves(secret: str) -> tuple[str, str]:
    middle = (len(secret) + 1) // 2
    return secret[:middle], secret[-middle:]


def _decoded(value: str) -> str:
    try:
        return base64.b64decode(value.rsplit(" ", maxsplit=1)[-1]).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""


__all__ = [
    "REDACTED",
    "TOLD",
    "address_parts",
    "address_without_secrets",
    "all_secrets",
    "compact",
    "content_without_secrets",
    "gives_away",
    "headers_without_secrets",
    "is_authorization",
    "value_without_secrets",
    "without_secrets",
]
