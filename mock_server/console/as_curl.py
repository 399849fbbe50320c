"""A request that came in as a line for a shell, which makes it again."""

import re
import shlex
import string
from collections.abc import Iterator
from urllib.parse import quote

from gateway_contract.traffic.curl import curl_authorization
from gateway_contract.traffic.exchange import header
from gateway_contract.traffic.redaction import REDACTED, redact_headers
from mock_server.journal.entries import Entry

OF_THE_CONNECTION = frozenset({
    "host", "content-length", "connection", "transfer-encoding", "accept", "accept-encoding", "accept-language",
    "user-agent", "origin", "referer", "cookie", "authorization", "priority", "pragma", "cache-control", "expect",
})  # fmt: skip
"""What a client says by itself, or must not say twice."""
UNFIT = re.compile(r"[^\n\t -~\u00a1-\u024f\u3000-\u9fff\uff00-\uffef]")
"""What a terminal may not show as it is, or may obey."""


def as_curl(entry: Entry, own: str, secured: bool) -> str:  # noqa: FBT001 - a fact of the mock, and no switch
    """The journal knows no token, so any stands in its place, or the shell's variable where only one will do."""
    address = shlex.quote(own + quote(entry.path, safe=string.punctuation))
    words = [f"curl -X {shlex.quote(entry.method)} --globoff {address}", *_headers(entry, secured)]
    try:
        text: str | None = entry.content.decode()
    except UnicodeDecodeError:
        text = None
    if text is None or UNFIT.search(text):
        escaped = "".join(f"\\0{byte:03o}" for byte in entry.content)
        return f"printf %b '{escaped}' | " + " \\\n  ".join([*words, "--data-binary @-"])
    return " \\\n  ".join([*words, *([f"--data-raw {shlex.quote(text)}"] if text else [])])


def _headers(entry: Entry, secured: bool) -> Iterator[str]:  # noqa: FBT001 - as above
    if (header(entry.headers, "authorization") or "").lower().startswith("bearer "):
        yield f"-H {curl_authorization(secured)}"
    for name, value in redact_headers(entry.headers):
        own = name.lower() in OF_THE_CONNECTION or name.lower().startswith("sec-")
        if not own and REDACTED not in value and value.isprintable():
            yield f"-H {shlex.quote(f'{name}: {value}')}"
