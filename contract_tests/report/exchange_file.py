"""One exchange as a JSON document: enough to send its request again, and all that was seen, but no secret.

- `request`: `method`, `path`, `headers` (name and value, in order), `credential` (what its Authorization amounts to),
  `form` (in what it differs from how the suite usually sends), and what it carried: `body` where that is JSON, and
  `base64` where the body, written without spaces, would not give the same bytes or is no JSON. Nothing of a request is
  shortened.
- `answer`: `status`, `headers`, `seconds`, `received_at`, and `body`, or `text` where it is not JSON; or `error`
  and `seconds` where there was no complete response.
- `upstream` and `images`: lists, or null where nobody looked. `images` has a list for each item of the response.
- `thumbnail` of an image: a small PNG in Base64; only few images of a report have one.
- `played` in a call: the failure that our upstream played on purpose, or null; `previous` the one just before.
- `carried`: values of other requests that came up, each with `pointer`, `value`, `place` and `source`, or null where
  nobody looked; `earlier`: the `name` and `base64` of the first of those requests, or null.
- `kept_connection`: where the connection that it went over is to blame, what went over it just before, or null.
- `minimal_fields`: JSON Pointers of the fields without which the request was not rejected, or null.
- `compared`: the `name` and `request` of the exchange on whose upstream call it depends, and their `relation`;
  or null.
- `spelling_rejected`: whether the same request in the usual spelling of JSON was accepted.

Outside of the request a text of more than 2000 characters is replaced by
`{"$text": {"sha256": ..., "characters": ...}}`, the digest of its UTF-8, and what is then longer than 200 KiB as a
whole by `{"$json": {"sha256": ..., "bytes": ...}}`. Of an image within an answer the first 1024 characters are kept,
of upstream calls the first 50. Secrets read `[redacted]`.
"""

import base64
import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from contract_tests.client.access import Access
from gateway_contract.traffic.exchange import (
    Answer,
    BrokenImage,
    CarriedValue,
    Comparison,
    Credential,
    Exchange,
    Headers,
    Image,
    NoAnswer,
    Request,
    RequestForm,
    UpstreamCall,
)
from gateway_contract.traffic.redaction import REDACTED, all_secrets, redact
from gateway_contract.traffic.request_form import ADDED
from gateway_contract.values.json_value import ABSENT, UNOBSERVED, Json, compact, read_json

NOT_JSON = "text"
"""The key of what an answer carried that is not JSON."""
LONGEST_TEXT = 2000  # characters
MOST_BYTES = 200 * 1024  # of a body, headers, or one item's images
MOST_CALLS = 50
NO_THUMBNAILS: Mapping[str, bytes] = {}
_RESENDABLE = frozenset({Credential.RIGHT, Credential.UNKNOWN, Credential.OTHER_SCHEME})


def exchange_to_json(
    exchange: Exchange, secrets: Sequence[str], thumbnails: Mapping[str, bytes] = NO_THUMBNAILS
) -> dict[str, Json]:
    """The document of one exchange; `thumbnails` are PNG files, by the SHA-256 of images."""
    known = all_secrets([exchange], secrets)
    return {
        "name": redact(exchange.name, known),
        "request": _request(exchange.request, known),
        "answer": _answer(exchange.answer, known),
        "upstream": _upstream(exchange, known),
        "upstream_address": exchange.upstream_address,
        "images": _images(exchange, known, thumbnails),
        "minimal_fields": _minimal_fields(exchange, known),
        "spelling_rejected": exchange.spelling_refused,
        "carried": _carried(exchange, known),
        "earlier": _earlier(exchange, known),
        "kept_connection": redact(exchange.kept.before, known) if exchange.kept and exchange.kept.to_blame else None,
        "previous": None if exchange.follows is None else exchange.follows.name,
        "compared": _compared(exchange.compared, known),
    }


def request_from_json(data: Mapping[str, Json]) -> Request:
    """The request of such a document, to be sent again. Its token is missing: see `with_access`."""
    told: Any = data["request"]
    content = base64.b64decode(told["base64"]) if "base64" in told else compact(told["body"])
    form = RequestForm[told.get("form", RequestForm.PLAIN.name).upper()]
    own = dict(ADDED.get(form, ()))  # what the suite wrote is no secret
    return Request(
        method=told["method"],
        path=told["path"],
        headers=tuple((name, own.get(name, value) if REDACTED in value else value) for name, value in told["headers"]),
        content=content,
        body=read_json(content),
        credential=Credential[told["credential"].upper()],
        form=form,
    )


def with_access(request: Request, access: Access, token: str) -> Request:
    """The request with a token, and headers of the user's, where they were taken out. A wrong token stays wrong."""
    own = {name.lower(): value for name, value in access.headers}
    if request.credential in _RESENDABLE:
        own[access.token_header().lower()] = access.encoded(token)
        own.setdefault("authorization", token)
    headers = tuple((name, value.replace(REDACTED, own.get(name.lower(), REDACTED))) for name, value in request.headers)
    return replace(request, headers=headers)


def _request(request: Request, secrets: Sequence[str]) -> dict[str, Json]:
    content = redact(request.content, secrets)
    body = read_json(content)
    told: dict[str, Json] = {
        "method": request.method,
        "path": redact(request.path, secrets),
        "headers": _headers(request.headers, secrets),
        "credential": request.credential.name.lower(),
        "form": request.form.name.lower(),
    }
    if body is not ABSENT:
        told["body"] = body
    if body is ABSENT or compact(body) != content:
        told["base64"] = base64.b64encode(content).decode()
    return told


def _answer(answer: Answer | NoAnswer, secrets: Sequence[str]) -> dict[str, Json]:
    if isinstance(answer, NoAnswer):
        return {"error": _seen(answer.problem, secrets), "seconds": answer.seconds}
    told: dict[str, Json] = {
        "status": answer.status,
        "headers": _seen(_headers(answer.headers, secrets), secrets),
        "seconds": answer.seconds,
        "received_at": answer.received_at,
    }
    if answer.body is ABSENT:
        return {**told, NOT_JSON: _seen(answer.content.decode("utf-8", "replace"), secrets)}
    return {**told, "body": _seen(answer.body, secrets)}


def _upstream(exchange: Exchange, secrets: Sequence[str]) -> list[Json] | None:
    return (
        None if exchange.upstream is UNOBSERVED else [_call(call, secrets) for call in exchange.upstream[:MOST_CALLS]]
    )


def _images(exchange: Exchange, secrets: Sequence[str], thumbnails: Mapping[str, bytes]) -> list[Json] | None:
    if exchange.images is UNOBSERVED:
        return None
    return [[_image(image, secrets, thumbnails) for image in item] for item in exchange.images]


def _image(image: Image | BrokenImage, secrets: Sequence[str], thumbnails: Mapping[str, bytes]) -> Json:
    if isinstance(image, BrokenImage):
        return _seen(asdict(image), secrets)
    told = _seen({key: value for key, value in asdict(image).items() if key != "preview"}, secrets)
    small = thumbnails.get(image.digest)
    return {**told, "thumbnail": base64.b64encode(small).decode()} if small and isinstance(told, dict) else told


def _minimal_fields(exchange: Exchange, secrets: Sequence[str]) -> list[Json] | None:
    if exchange.essential is None:
        return None
    return [redact(pointer, secrets) for pointer in sorted(exchange.essential)]


def _carried(exchange: Exchange, secrets: Sequence[str]) -> list[Json] | None:
    if exchange.carried is None:
        return None
    return [redact(_carried_value(one), secrets) for one in exchange.carried]


def _carried_value(one: CarriedValue) -> Json:
    return {"pointer": one.pointer, "value": one.value, "place": one.place, "source": one.source}


def _earlier(exchange: Exchange, secrets: Sequence[str]) -> Json:
    """The request whose values came up, as it is sent again before this one."""
    for one in exchange.carried or ():
        content = base64.b64encode(redact(one.content, secrets)).decode()
        return {"name": redact(one.source, secrets), "base64": content}
    return None


def _compared(compared: Comparison | None, secrets: Sequence[str]) -> dict[str, Json] | None:
    if compared is None:
        return None
    name, request = redact(compared.exchange.name, secrets), _request(compared.exchange.request, secrets)
    return {"relation": compared.relation.name.lower(), "name": name, "request": request}


def _call(call: UpstreamCall, secrets: Sequence[str]) -> dict[str, Json]:
    told: dict[str, Json] = {
        "method": call.method,
        "path": _seen(call.path, secrets),
        "headers": _seen(_headers(call.headers, secrets), secrets),
        "at": call.at,
        "status": call.status,
        "images": list(call.images),
        "played": None if call.played is None else call.played.name,
    }
    return told if call.body is ABSENT else {**told, "body": _seen(call.body, secrets)}


def _headers(headers: Headers, secrets: Sequence[str]) -> list[Json]:
    return [[name, value] for name, value in redact(headers, secrets)]


def _seen(value: Json, secrets: Sequence[str]) -> Json:
    """Something of the other side's, as it is kept."""
    kept = redact(shortened(value), secrets)  # a digest tells no secret, and a picture need not be searched for one
    text = json.dumps(kept, separators=(",", ":")).encode()
    if len(text) <= MOST_BYTES:
        return kept
    return {"$json": {"sha256": hashlib.sha256(text).hexdigest(), "bytes": len(text)}}


def shortened(value: Json) -> Json:
    """A JSON value with a digest in the place of each long text."""
    match value:
        case str() if len(value) > LONGEST_TEXT:
            digest = hashlib.sha256(value.encode("utf-8", "backslashreplace")).hexdigest()
            return {"$text": {"sha256": digest, "characters": len(value)}}
        case list():
            return [shortened(item) for item in value]
        case dict():
            return {key: shortened(item) for key, item in value.items()}
    return value


def write_whole(path: Path, content: bytes) -> None:
    """Replace a file at once by one that only its owner may read. Links are replaced, not followed."""
    unfinished = path.with_suffix(".unfinished")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    unfinished.replace(path)
