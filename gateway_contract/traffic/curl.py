"""A request as a line for a POSIX shell, to be pasted where $GATEWAY_TOKEN is exported."""

import base64
import binascii
import re
import shlex
import string
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import quote

from gateway_contract.traffic.exchange import Request, header
from gateway_contract.traffic.redaction import (
    BARE_SCHEME,
    OWNED,
    REDACTED,
    SHORTEST_SECRET,
    is_authorization,
    redact,
    redact_url,
    short_secrets,
    url_parts,
)

ANY_TOKEN = "any-token"  # noqa: S105 - it is none
VARIABLE = "GATEWAY_TOKEN"
UNIX = "unix:"
"""What begins the address of a gateway at a Unix socket; the path of the socket follows."""
HOST_AT_SOCKET = "http://localhost"
"""The base of the URLs that such a gateway is asked for."""
LONGEST_ARGUMENT = 100_000  # bytes; Linux takes 128 KiB
BODY_EXPECTED = {"POST", "PUT", "PATCH"}

# What breaks a line, moves the cursor or turns the reading direction. Such a body is printed byte by byte.
_UNFIT_FOR_A_LINE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
_PLAIN_TARGET = re.compile(r"(?!.*/\.{1,2}(/|\?|$))/[\w/.~:@!$&'()*+,;=%?-]*", re.ASCII)
_SCHEME = re.compile(r"[A-Za-z-]+ +(?=\S)")
_SPECIAL_IN_DOUBLE_QUOTES = re.compile(r'[\\"$`]')
_STANDS_FOR_ITSELF = frozenset((string.ascii_letters + string.digits + ' {}[]:,."').encode())


def curl(request: Request, base: str, secrets: Sequence[str]) -> str:
    """One line that sends the same bytes again to the gateway at `base`. It holds no token: the shell puts it in."""
    content = redact(request.content, secrets)
    words = ["curl", *_method(request.method, content), *_target(request.path, base, secrets)]
    words += _headers(request, secrets)
    text = _as_argument(content)
    if text is None:
        return f"printf %b '{_octal(content)}' | {' '.join([*words, '--data-binary @-'])}"
    return " ".join([*words, *_body(request.method, text)])


def _method(method: str, content: bytes) -> list[str]:
    """None for POST, which a body implies. HEAD has a flag of its own: curl would wait for a body otherwise."""
    if method == "POST":
        return []
    return ["--head"] if method == "HEAD" and not content else ["-X", shlex.quote(method)]


def _target(path: str, base: str, secrets: Sequence[str]) -> list[str]:
    """The address; a path that curl would tidy up or read as a pattern is given apart."""
    if base.startswith(UNIX):
        socket = redact(base.removeprefix(UNIX), secrets)
        return ["--unix-socket", shlex.quote(socket), *_target(path, HOST_AT_SOCKET, secrets)]
    origin, below, _ = url_parts(redact_url(base, secrets))
    target = below.rstrip("/") + quote(redact(path, secrets), safe=string.punctuation, errors="replace")
    if _PLAIN_TARGET.fullmatch(target):
        return [shlex.quote(f"{origin}{target}")]
    return ["--request-target", shlex.quote(target), shlex.quote(f"{origin}/")]


def _headers(request: Request, secrets: Sequence[str]) -> Iterator[str]:
    """Every header but the length, which curl counts itself; and none of those that it would add for a body."""
    shown = redact(request.headers, secrets)
    for (name, value), (_, redacted) in zip(request.headers, shown, strict=True):
        if name.lower() != "content-length":
            if is_authorization(name):
                yield f"-H {_credential(request, name, value, secrets)}"
            else:
                yield f"-H {_header(name, redacted)}"
    if header(request.headers, "Content-Type") is None and (request.content or request.method in BODY_EXPECTED):
        yield "-H 'Content-Type:'"


def _header(name: str, value: str) -> str:
    """An empty value is written `Name;`; after `Name:` curl would leave the header out."""
    return shlex.quote(f"{name}: {value}" if value.strip() else f"{name};")


def _credential(request: Request, name: str, value: str, secrets: Sequence[str]) -> str:
    """The right token is the shell's to fill in; what is wrong on purpose stays as wrong as it was."""
    if request.credential in OWNED and not BARE_SCHEME.fullmatch(value):
        scheme = _SCHEME.match(value)
        return _filled_in(name, [scheme[0] if scheme else "", ""])
    around = _around_secrets(value, secrets)
    if _gives_away("".join(around), secrets):
        return _header(name, f"Bearer {REDACTED}")
    return _filled_in(name, around) if len(around) > 1 else _header(name, value)


def _around_secrets(value: str, secrets: Sequence[str]) -> list[str]:
    """What stands around a secret in a value."""
    long = sorted((secret for secret in secrets if len(secret) >= SHORTEST_SECRET), key=len, reverse=True)
    short = short_secrets(secrets)
    known = [*map(re.escape, long), *([] if short is None else [short.pattern])]
    return re.split("|".join(known), value) if known else [value]


def _filled_in(name: str, around: Sequence[str]) -> str:
    pieces = [_SPECIAL_IN_DOUBLE_QUOTES.sub(r"\\\g<0>", piece) for piece in around]
    text = pieces[0]
    for piece in pieces[1:]:
        text += f"${{GATEWAY_TOKEN}}{piece}" if piece else "$GATEWAY_TOKEN"
    return f'"{name}: {text}"'


def _body(method: str, text: str) -> list[str]:
    """The shorter -d would read a file where the body begins with @."""
    option = "--data-raw" if text.startswith("@") else "-d"
    return [option, shlex.quote(text)] if text or method in BODY_EXPECTED else []


def _as_argument(content: bytes) -> str | None:
    """A body as text that can stand in the line; None where it cannot."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return None if _UNFIT_FOR_A_LINE.search(text) or len(content) > LONGEST_ARGUMENT else text


def _octal(content: bytes) -> str:
    """Bytes for the shell's own printf, which has no limit of length."""
    return "".join(chr(byte) if byte in _STANDS_FOR_ITSELF else f"\\0{byte:03o}" for byte in content)


def _gives_away(value: str, secrets: Iterable[str]) -> bool:
    """Whether a made-up credential is so like a secret, or its Base64, that it tells the better part of it."""
    text = f"{value} {_decoded(value)}".casefold()
    return any(half in text for secret in filter(None, secrets) for half in _halves(secret.casefold()))


def _halves(secret: str) -> tuple[str, str]:
    middle = (len(secret) + 1) // 2
    return secret[:middle], secret[-middle:]


def _decoded(value: str) -> str:
    try:
        return base64.b64decode(value.rsplit(" ", maxsplit=1)[-1]).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""


def curl_authorization(secured: bool) -> str:  # noqa: FBT001 - a fact of the mock
    """The argument of -H for a gateway that takes any token, or only one."""
    return f'"Authorization: Bearer ${VARIABLE}"' if secured else f"'Authorization: Bearer {ANY_TOKEN}'"
