"""Takes secrets out of all that is written: reports, exchange files, the journal, exceptions.

A known secret is found in every spelling in which JSON, a URL, a header, Base64 or hexadecimal digits may carry it,
also within the Base64 of more, such as `user:token`. One of less than 8 characters could be a word or a number of
ordinary text: it is taken out of headers only, and there as a whole word. What looks like a token is taken out although
nobody named it, and headers that are made for secrets lose their value.
"""

import base64
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from enum import Enum
from functools import lru_cache
from typing import TypeAlias, TypeVar, cast
from urllib.parse import quote, unquote, unquote_to_bytes

from gateway_contract.traffic.exchange import Credential, Exchange
from gateway_contract.values.json_value import ABSENT, SHORTENED, UNOBSERVED, Json, compact, read_json

REDACTED = "[redacted]"
SHORTEST_SECRET = 8  # characters; a shorter word that somebody uses as a key stands in ordinary text, too
CREDENTIAL_HEADERS = frozenset({"authorization", "proxy-authorization"})  # a scheme, and a secret behind it
SECRET_HEADERS = CREDENTIAL_HEADERS | {"cookie", "set-cookie", "x-api-key", "api-key"}
OWNED = frozenset({Credential.RIGHT, Credential.UNKNOWN})  # what is, or may be, somebody's token
BARE_SCHEME = re.compile(r"(?i)\s*(bearer|basic)?\s*")  # a credential that holds nothing

_BEARER = re.compile(r"(?i)\b(bearer\s+)[^\s\"'\\,;]+")
_KEY = re.compile(r"\bsk-[A-Za-z0-9_-]{4,}")
_URL = re.compile(r"([\w+.-]+://)(?:[^/?#]*@)?([^/?#]*)([^?#]*)(.*)", re.DOTALL)
_ESCAPE = re.compile(r"\\u00([0-7][0-9A-Fa-f])")  # of ASCII, as JSON may write any character
_CUT = "…"
_LONGEST_QUOTED = SHORTENED // 2  # characters of a shortened quotation, on either side of the cut

_OWN_BASE64 = (0, 2, 3)  # characters of Base64 that hold bits of 0, 1 or 2 bytes before the secret
_URL_SAFE = str.maketrans("+/", "-_")

T = TypeVar("T")
Secrets: TypeAlias = Iterable[str | None]
Headers: TypeAlias = Iterable[tuple[str, str]] | Iterable[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class _Spellings:
    """Every way to write some secrets, the longest first; and the short ones as words of a header."""

    anywhere: tuple[str, ...]
    words: re.Pattern[str] | None


def redact(value: T, secrets: Secrets = ()) -> T:
    """A value without secrets: a text, the bytes of a body, JSON, headers, or a dataclass of such.

    A pair of texts is a header. Nothing changes where there is no secret: bytes stay as they came.
    """
    return cast("T", _redact(value, _spellings(secrets)))


def may_hold_secrets(texts: Iterable[bytes], secrets: Secrets) -> bool:
    """Whether `redact` would change one of some bodies or paths. Much cheaper than `redact`."""
    joined = b"\n".join(reading for text in texts for reading in _readings(text))
    if b"sk-" in joined or b"bearer" in joined.lower():
        return True
    return any(_encoded(spelling) in joined for spelling in _spellings(secrets).anywhere)


def secrets_of(headers: Headers) -> tuple[str, ...]:
    """The secrets in headers that are made for them, unless they are so short that they could be a word."""
    return tuple(
        dict.fromkeys(
            secret
            for name, value in headers
            if _text(name).lower() in SECRET_HEADERS
            for secret in _candidates(_text(name), _utf8(value))
            if len(secret) >= SHORTEST_SECRET
        )
    )


def all_secrets(exchanges: Iterable[Exchange], secrets: Secrets) -> tuple[str, ...]:
    """The secrets that are known, and those that the exchanges show: the gateway's own key above all."""
    found = [secret for secret in secrets if secret]
    for exchange in exchanges:
        if exchange.request.credential in OWNED:
            found += secrets_of(exchange.request.headers)
        for call in () if exchange.upstream is UNOBSERVED else exchange.upstream:
            found += secrets_of(call.headers)
    return tuple(dict.fromkeys(found))


def redact_url(url: str, secrets: Secrets) -> str:
    """A URL without secrets, and without the user and password that it may hold."""
    return "".join(url_parts(redact(url, secrets)))


def url_parts(url: str) -> tuple[str, str, str]:
    """A URL as its scheme and host, its path, and the rest; without user and password. Any text will do."""
    parts = _URL.match(url)
    scheme, host, path, rest = parts.groups() if parts else ("", "", url, "")
    return f"{scheme}{host}", path, rest


def is_authorization(name: str) -> bool:
    return name.lower() == "authorization"


def _redact(value: object, spellings: _Spellings) -> object:
    match value:
        case Enum():
            return value
        case str():
            return _redact_text(value, spellings)
        case bytes():
            return _redact_body(value, spellings)
        case tuple((str(name), str(text))):
            return name, _redact_header(name, text, spellings)
        case tuple((bytes(name), bytes(text))):
            shown = _redact_header(name.decode("latin-1"), text.decode("latin-1"), spellings)
            return name, shown.encode("latin-1")
    return _redact_members(value, spellings)


def _redact_members(value: object, spellings: _Spellings) -> object:
    match value:
        case list() | tuple() | frozenset():
            return type(value)(_redact(item, spellings) for item in value)
        case dict():
            return {_redact(key, spellings): _redact(item, spellings) for key, item in value.items()}
        case _ if is_dataclass(value) and not isinstance(value, type):
            members = {member.name: getattr(value, member.name) for member in fields(value)}
            return replace(value, **{name: _redact(member, spellings) for name, member in members.items()})
    return value


def _redact_text(text: str, spellings: _Spellings) -> str:
    shown = _redact_reading(text, spellings)
    if "\\u00" in text:  # likewise in JSON that is broken, or a text within a text
        unescaped = _unescaped(shown)
        plain = _redact_reading(unescaped, spellings)
        shown = shown if plain == unescaped else plain
    if "%" in text:  # a secret may be written with any of its characters escaped
        unquoted = unquote(shown.replace("+", " "), errors="surrogateescape")
        plain = _redact_reading(unquoted, spellings)
        return shown if plain == unquoted else plain
    return shown


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)


def _redact_reading(text: str, spellings: _Spellings) -> str:
    for spelling in spellings.anywhere:
        text = text.replace(spelling, REDACTED)
    if _CUT in text:
        text = _redact_quotations(text, spellings.anywhere)
    return _KEY.sub(REDACTED, _BEARER.sub(rf"\1{REDACTED}", text))


def _redact_quotations(text: str, secrets: tuple[str, ...]) -> str:
    """A text that may quote the beginning or the end of a secret, and cut the rest."""
    for secret in secrets:
        for length in range(min(len(secret), _LONGEST_QUOTED), SHORTEST_SECRET - 1, -1):
            text = text.replace(secret[:length] + _CUT, REDACTED + _CUT)
            text = text.replace(_CUT + secret[-length:], _CUT + REDACTED)
    return text


def _redact_body(content: bytes, spellings: _Spellings) -> bytes:
    """A body byte by byte as it came, unless a secret is hidden behind the escapes of its JSON."""
    body = read_json(content) if b"\\" in content else ABSENT
    if body is not ABSENT and (shown := _redact(body, spellings)) != body:
        content = compact(cast("Json", shown))
    return _encoded(_redact_text(_decoded(content), spellings))


def _redact_header(name: str, value: str, spellings: _Spellings) -> str:
    """A credential that holds nothing stays as it is, for that is its point."""
    if name.lower() not in SECRET_HEADERS:
        shown = _redact_text(value, spellings)
        return shown if spellings.words is None else spellings.words.sub(REDACTED, shown)
    if name.lower() not in CREDENTIAL_HEADERS:
        return REDACTED
    scheme, _, rest = value.partition(" ")
    return value if BARE_SCHEME.fullmatch(value) else f"{scheme} {REDACTED}" if rest else REDACTED


def _candidates(name: str, value: str) -> Iterator[str]:
    credentials = value.partition(" ")[2].strip() if name.lower() in CREDENTIAL_HEADERS else ""
    yield credentials or value.strip()
    if credentials:
        yield credentials.split(" ")[-1]
    if value.lower().startswith("basic "):
        yield from _user_and_password(credentials)


def _user_and_password(credentials: str) -> Iterator[str]:
    """What Basic credentials hold (RFC 7617): both together, and the password alone."""
    try:
        both = base64.b64decode(credentials, validate=True).decode("utf-8")
    except ValueError:
        return
    yield both
    yield both.partition(":")[2]


def _readings(text: bytes) -> Iterator[bytes]:
    """Bytes as they are, with JSON escapes read, and with percent-encoding decoded."""
    yield text
    if b"\\" in text and (body := read_json(text)) is not ABSENT:
        yield compact(body)
    if b"\\u00" in text:
        yield _encoded(_unescaped(_decoded(text)))
    if b"%" in text:
        yield unquote_to_bytes(text.replace(b"+", b" "))


def _spellings(secrets: Secrets) -> _Spellings:
    known = list(filter(None, secrets))
    long = [secret for secret in known if len(secret) >= SHORTEST_SECRET]
    spelt = dict.fromkeys(spelling for secret in long for spelling in _spellings_of(secret))
    return _Spellings(tuple(sorted(spelt, key=len, reverse=True)), short_secrets(known))


def short_secrets(secrets: Secrets) -> re.Pattern[str] | None:
    """A pattern of the secrets that could be words, each as a whole word; None where there are none."""
    short = [re.escape(secret) for secret in secrets if secret and len(secret) < SHORTEST_SECRET]
    return re.compile(rf"(?<!\w)(?:{'|'.join(sorted(short, key=len, reverse=True))})(?!\w)") if short else None


@lru_cache(maxsize=256)
def _spellings_of(secret: str) -> tuple[str, ...]:
    """A secret plainly, within a URL, JSON or Base64, as digits, and as UTF-8 that is read as a header is."""
    encoded = _encoded(secret)
    return (
        secret,
        quote(encoded, safe=""),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        *_base64_spellings(encoded),
        encoded.hex(),
        encoded.hex().upper(),
        encoded.decode("latin-1"),
    )


def _base64_spellings(encoded: bytes) -> Iterator[str]:
    """Base64 of both alphabets, padded or not, and what is the same in the Base64 of any text around the secret."""
    for alphabet in ({}, _URL_SAFE):
        whole = base64.b64encode(encoded).decode().translate(alphabet)
        yield from (whole, whole.rstrip("="))
        for before, start in enumerate(_OWN_BASE64):
            around = base64.b64encode(bytes(before) + encoded).decode().translate(alphabet)
            yield around[start : (before + len(encoded)) * 8 // 6]


def _text(name: str | bytes) -> str:
    return name if isinstance(name, str) else name.decode("latin-1")


def _utf8(value: str | bytes) -> str:
    return value if isinstance(value, str) else _decoded(value)


def _decoded(content: bytes) -> str:
    return content.decode("utf-8", "surrogateescape")


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
