"""Forms of values that are secret, or may be: the token and the headers of every request."""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from contract_tests.client.reach import HEADER_NAME, RESERVED
from contract_tests.command.option_forms import Arity, Form
from contract_tests.command.secret_source import Literal, SecretSource, secret_source
from gateway_contract.values.json_value import Json

_SOURCE: Mapping[str, Json] = {
    "type": "object",
    "minProperties": 1,
    "maxProperties": 1,
    "additionalProperties": False,
    "properties": {
        "env": {"type": "string", "minLength": 1},
        "file": {"type": "string", "minLength": 1},
        "command": {"type": "array", "minItems": 1, "items": {"type": "string"}},
    },
}


def _secret(value: Json, folder: Path) -> SecretSource:
    match value:
        case {"literal": str(text)} if text:  # as options and variables give it: in a file a secret is not safe
            return Literal(text)
    return secret_source(value, folder)


SECRET = Form(
    must="{env: NAME}, {file: PATH} or {command: [WORD, ...]}",
    schema=_SOURCE,
    read=_secret,
    of_texts=lambda texts: {"literal": texts[-1]},
)


def file_source(texts: Sequence[str]) -> Json:
    """The path of a file that holds a secret."""
    return {"file": texts[-1]}


def command_source(texts: Sequence[str]) -> Json:
    """A command as a shell would split it; what cannot be split is rejected with the command."""
    try:
        return {"command": list(shlex.split(texts[-1]))}
    except ValueError:
        return {"command": texts[-1]}


def _headers(value: Json, folder: Path) -> tuple[tuple[str, SecretSource], ...]:
    match value:
        case str():
            raise ValueError('must be like "X-Tenant: blue", each name once')
        case dict() if all(map(HEADER_NAME.fullmatch, value)):
            reserved = [name for name in value if name.lower() in RESERVED]
            if not reserved:
                return tuple((name, _header(content, folder)) for name, content in value.items())
            raise ValueError(f"must not set {reserved[0]}; give a token by --auth and --token-file")
    raise ValueError


def _header(value: Json, folder: Path) -> SecretSource:
    if isinstance(value, str):
        if not value.isprintable():
            raise ValueError
        return Literal(value)
    return secret_source(value, folder)


def _header_lines(texts: Sequence[str]) -> Json:
    """Lines like "X-Tenant: blue" as a mapping; the first that is not one, or comes twice, is left as text."""
    found: dict[str, Json] = {}
    for text in texts:
        name, colon, value = (part.strip() for part in text.partition(":"))
        if not colon or name.lower() in {known.lower() for known in found}:
            return text
        found[name] = value
    return found


HEADERS = Form(
    must="mapped to text, {env: NAME}, {file: PATH} or {command: [WORD, ...]}",
    schema={"type": "object", "additionalProperties": {"oneOf": [{"type": "string"}, dict(_SOURCE)]}},
    read=_headers,
    of_texts=_header_lines,
    arity=Arity.MANY,
    separator=r"\n",
)
