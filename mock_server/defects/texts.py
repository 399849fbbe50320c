"""Gateways that do not leave a text as it was written."""

import html
import unicodedata
from typing import cast

from gateway_contract.contract import MappedField
from gateway_contract.pointer import read
from gateway_contract.values import Json
from mock_server.defects.mappings import call_of, retold
from mock_server.defects.parts import schema_of, texts
from mock_server.defects.way import broken
from mock_server.gateway.stages import Gateway


@broken("map", texts)
def trimmed(at: MappedField, gateway: Gateway, body: Json) -> Json:
    """White space at either end is taken away."""
    call = call_of(gateway, body)
    return retold(at, call, str(read(call, at.upstream)).strip())


@broken("map", texts)
def cut(at: MappedField, gateway: Gateway, body: Json) -> Json:
    """Half of the longest text never arrives."""
    call = call_of(gateway, body)
    longest = schema_of(gateway.contract, at.pointer).schema.get("maxLength", 200)
    return retold(at, call, str(read(call, at.upstream))[: cast("int", longest) // 2])


@broken("map", texts)
def in_one_line(at: MappedField, gateway: Gateway, body: Json) -> Json:
    """Every run of white space becomes a space."""
    call = call_of(gateway, body)
    return retold(at, call, " ".join(str(read(call, at.upstream)).split()))


@broken("map", texts)
def without_non_ascii(at: MappedField, gateway: Gateway, body: Json) -> Json:
    """Only ASCII arrives."""
    call = call_of(gateway, body)
    return retold(at, call, str(read(call, at.upstream)).encode("ascii", "ignore").decode())


@broken("map", texts)
def escaped_for_html(at: MappedField, gateway: Gateway, body: Json) -> Json:
    """Angle brackets and quotes arrive as entities."""
    call = call_of(gateway, body)
    return retold(at, call, html.escape(str(read(call, at.upstream))))


@broken("map", texts)
def composed(at: MappedField, gateway: Gateway, body: Json) -> Json:
    """Letters and their accents are drawn together."""
    call = call_of(gateway, body)
    return retold(at, call, unicodedata.normalize("NFC", str(read(call, at.upstream))))


@broken("map", texts)
def something_added(at: MappedField, gateway: Gateway, body: Json) -> Json:
    """The gateway improves what the client wrote."""
    call = call_of(gateway, body)
    return retold(at, call, f"{read(call, at.upstream)}, best quality")


@broken("map", texts)
def read_as_latin_1(at: MappedField, gateway: Gateway, body: Json) -> Json:
    """UTF-8 is taken for another encoding."""
    call = call_of(gateway, body)
    return retold(at, call, str(read(call, at.upstream)).encode().decode("latin-1"))
