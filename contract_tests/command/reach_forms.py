"""Forms of values that say how a gateway, its upstream and its images are reached."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from contract_tests.client.reach import SELF_SIGNED, Wait, is_host, proxy_problem
from contract_tests.command.option_forms import TEXT, Arity, Form, durations
from gateway_contract.values.json_value import Json


def _proxy(value: Json, folder: Path) -> str:
    text = TEXT.read(value, folder)
    if problem := proxy_problem(text):
        raise ValueError(problem)
    return text


PROXY = Form(must="env or like http://proxy:3128", schema=TEXT.schema, read=_proxy)
_SECONDS_OF = durations(0.1)


def _wait(value: Json, folder: Path) -> Wait:
    match value:
        case {"path": str(path), "for": seconds, **others} if path.startswith("/") and not others:
            return Wait(_SECONDS_OF.read(seconds, folder), path)
    return Wait(_SECONDS_OF.read(value, folder))


def _wait_words(texts: Sequence[str]) -> Json:
    """A time, or a path and a time."""
    path, _, seconds = texts[-1].partition(" ")
    return {"path": path, "for": seconds.strip()} if path.startswith("/") else texts[-1]


WAIT = Form(
    must='a time like 60s, or a path and a time like "/health 60s"; in the configuration {path: /health, for: 60s}',
    schema={
        "oneOf": [
            dict(_SECONDS_OF.schema),
            {
                "type": "object",
                "required": ["path", "for"],
                "additionalProperties": False,
                "properties": {"path": {"type": "string", "pattern": "^/"}, "for": dict(_SECONDS_OF.schema)},
            },
        ]
    },
    read=_wait,
    of_texts=_wait_words,
)


def _base(value: Json, folder: Path) -> str:
    text = TEXT.read(value, folder).rstrip("/")
    if text and not re.fullmatch(r"(/[\w.~%-]+)+", text, re.ASCII):
        raise ValueError
    return text


BASE = Form(must="a path like /compat/v1", schema={"type": "string", "pattern": "^/"}, read=_base)


def _self_signed(value: Json, _folder: Path) -> bool:
    if value == SELF_SIGNED:
        return True
    raise ValueError


TLS = Form(must=SELF_SIGNED, schema={"const": SELF_SIGNED}, read=_self_signed)


def _host(value: Json, folder: Path) -> str:
    text = TEXT.read(value, folder)
    if is_host(text):
        return text
    raise ValueError


HOST = Form(must="the name of a host or an IP address", schema=TEXT.schema, read=_host)
_ORIGIN = re.compile(r"https?://[^/?#@\s=]+")


def _origins(value: Json, _folder: Path) -> Mapping[str, str]:
    match value:
        case dict() if all(isinstance(one, str) and _ORIGIN.fullmatch(one) for pair in value.items() for one in pair):
            return {named: str(reached) for named, reached in value.items()}
    raise ValueError


def _origin_pairs(texts: Sequence[str]) -> Json:
    """Texts like URL=URL as a mapping; the first that is not one is left as it is."""
    found: dict[str, Json] = {}
    for text in texts:
        named, equals, reached = text.partition("=")
        if not equals:
            return text
        found[named] = reached
    return found


ORIGINS = Form(
    must="like http://minio:9000=http://127.0.0.1:9000; in the configuration a mapping of such",
    schema={"type": "object", "additionalProperties": {"type": "string", "pattern": f"^{_ORIGIN.pattern}$"}},
    read=_origins,
    of_texts=_origin_pairs,
    arity=Arity.MANY,
)
