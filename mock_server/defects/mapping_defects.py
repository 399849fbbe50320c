"""Gateways that do not pass on what they were asked for."""

import html
import struct
import unicodedata
from collections.abc import Mapping
from typing import cast

from gateway_contract.contract.definition import MappedField
from gateway_contract.contract.mapping import upstream_body
from gateway_contract.values.json_value import ABSENT, Json, same
from gateway_contract.values.pointer import below, leaf_name, parent, placed, read, removed
from gateway_contract.values.size import parse_size
from mock_server.defects.defect import Spot, broken
from mock_server.defects.sites import (
    counted,
    easily_lost,
    finely_graded,
    gateway_only,
    images_of,
    in_objects,
    mapping_at,
    not_to_be_invented,
    of_many_values,
    of_several_forms,
    of_type,
    optional,
    schema_of,
    sizes,
    texts,
    with_snapshots,
    zeros,
)
from mock_server.gateway.response_body import carrier_asked_for
from mock_server.gateway.stages import Gateway

SIZE = "1024*768"
MOST_IMAGES = 6
"""More in one call the upstream refuses, and then it is not the number that is seen to be wrong."""


def call_of(gateway: Gateway, body: Json) -> Json:
    return upstream_body(gateway.contract, body)


def retold(at: MappedField, call: Json, text: str) -> Json:
    """A call with another text in a field, where it has one."""
    return placed(call, at.upstream, text) if isinstance(read(call, at.upstream), str) else call


@broken("map", optional)
def dropped(at: MappedField, gateway: Gateway, body: Json) -> Json:
    """The field never arrives."""
    return removed(call_of(gateway, body), at.upstream)


@broken("map", in_objects)
def one_level_up(at: MappedField, gateway: Gateway, body: Json) -> Json:
    """The field arrives beside the object in which it belongs."""
    return moved(at, call_of(gateway, body), below(parent(parent(at.upstream)), leaf_name(at.upstream)))


@broken("map", in_objects)
def one_level_down(at: MappedField, gateway: Gateway, body: Json) -> Json:
    """The field arrives in an object of its own, within the one in which it belongs."""
    return moved(at, call_of(gateway, body), below(below(parent(at.upstream), "options"), leaf_name(at.upstream)))


@broken("map", in_objects)
def in_another_object(at: MappedField, gateway: Gateway, body: Json) -> Json:
    """The field arrives in the object beside the one in which it belongs."""
    call, own = call_of(gateway, body), parent(at.upstream)
    objects = [pointer for pointer, value in members(call, parent(own)) if isinstance(value, dict)]
    other = next((pointer for pointer in objects if pointer != own), parent(own))
    return moved(at, call, below(other, leaf_name(at.upstream)))


def members(call: Json, pointer: str) -> list[tuple[str, Json]]:
    found = read(call, pointer)
    return [(below(pointer, name), value) for name, value in found.items()] if isinstance(found, dict) else []


@broken("map", in_objects)
def renamed(at: MappedField, gateway: Gateway, body: Json) -> Json:
    """The field arrives under a name that the upstream does not know."""
    return moved(at, call_of(gateway, body), below(parent(at.upstream), f"the_{leaf_name(at.upstream)}"))


def moved(at: MappedField, call: Json, pointer: str) -> Json:
    value = read(call, at.upstream)
    return call if value is ABSENT else placed(removed(call, at.upstream), pointer, value)


@broken("map", of_type("integer", "boolean", "number"))
def sent_as_text(at: MappedField, gateway: Gateway, body: Json) -> Json:
    """The field arrives as text; the upstream refuses it."""
    call = call_of(gateway, body)
    value = read(call, at.upstream)
    return call if value is ABSENT else placed(call, at.upstream, str(value).lower())


@broken("map", of_many_values)
def always_the_same(at: MappedField, gateway: Gateway, body: Json) -> Json:
    """Whatever the client says, the upstream is told one thing."""
    return placed(call_of(gateway, body), at.upstream, settled_value(schema_of(gateway.contract, at.pointer).schema))


def settled_value(schema: Mapping[str, Json]) -> Json:
    match schema:
        case {"enum": [first, *_]}:
            return first
        case {"type": "boolean"}:
            return True
        case {"type": "integer"}:
            return 2
    return SIZE if "format" in schema else "a cat"


@broken("map", counted)
def multiplied(at: MappedField, gateway: Gateway, body: Json) -> Json:
    """Twice as many images are asked for, and paid for, as the client wanted."""
    call = call_of(gateway, body)
    value = read(call, at.upstream)
    return placed(call, at.upstream, value * 2) if isinstance(value, int) and value * 2 <= MOST_IMAGES else call


@broken("map", finely_graded)
def through_a_short_float(at: MappedField, gateway: Gateway, body: Json) -> Json:
    """The number loses what a float of 32 bits cannot hold."""
    call = call_of(gateway, body)
    value = read(call, at.upstream)
    if not isinstance(value, int | float) or isinstance(value, bool):
        return call
    (short,) = struct.unpack("f", struct.pack("f", value))
    return placed(call, at.upstream, min(int(short), 2147483647) if isinstance(value, int) else short)


@broken("map", with_snapshots)
def of_the_plain_series(at: MappedField, gateway: Gateway, body: Json) -> Json:
    """What the client asks for by its full name is asked for by the name of its series."""
    call = call_of(gateway, body)
    return retold(at, call, str(read(call, at.upstream)).rpartition("-")[0])


@broken("map", sizes)
def sides_swapped(at: MappedField, gateway: Gateway, body: Json) -> Json:
    """Height times width."""
    call = call_of(gateway, body)
    size = parse_size(read(call, at.upstream))
    return call if size is None else placed(call, at.upstream, f"{size.height}*{size.width}")


@broken("map", of_several_forms)
def not_normalised(at: MappedField, gateway: Gateway, body: Json) -> Json:
    """The client's form goes upstream as it is."""
    value = read(body, at.pointer)
    call = call_of(gateway, body)
    return call if value is ABSENT else placed(call, at.upstream, value)


@broken("map", not_to_be_invented)
def made_up_when_left_out(at: Spot, gateway: Gateway, body: Json) -> Json:
    """A field that the client left out goes upstream with a value of the gateway's own."""
    call, field = call_of(gateway, body), mapping_at(gateway.contract, at.pointer)
    if read(body, at.pointer) is not ABSENT:
        return call
    return placed(call, field.upstream, invented_value(schema_of(gateway.contract, at.pointer).schema))


def invented_value(schema: Mapping[str, Json]) -> Json:
    match schema.get("type"):
        case "boolean":
            return schema.get("default") is not True
        case "integer" | "number":
            return 2
        case "array":
            return ["grey"]
    return SIZE if "format" in schema else "blurry"


@broken("map", gateway_only)
def passed_on(at: Spot, gateway: Gateway, body: Json) -> Json:
    """A field that is the gateway's business goes upstream, too."""
    call, value = call_of(gateway, body), read(body, at.pointer)
    beside = next(field for field in optional(gateway.contract))
    return call if value is ABSENT else placed(call, below(parent(beside.upstream), leaf_name(at.pointer)), value)


@broken("map", easily_lost)
def lost_when_falsy(at: MappedField, gateway: Gateway, body: Json) -> Json:
    """0, false and the empty text never arrive."""
    call = call_of(gateway, body)
    return call if read(call, at.upstream) else removed(call, at.upstream)


@broken("map", zeros)
def zero_made_one(at: MappedField, gateway: Gateway, body: Json) -> Json:
    """0 arrives as 1."""
    call = call_of(gateway, body)
    return placed(call, at.upstream, 1) if same(read(call, at.upstream), 0) else call


@broken("map", optional)
def lost_beside_another(at: MappedField, gateway: Gateway, body: Json) -> Json:
    """The field is lost, or the value that is lost easily, but only where another field is asked for as well."""
    others = [field for field in optional(gateway.contract) if field is not at]
    call = call_of(gateway, body)
    lost = not at.preserve or any(same(read(body, at.pointer), value) for value in at.preserve)
    return removed(call, at.upstream) if lost and read(body, others[-1].pointer) is not ABSENT else call


@broken("map", optional)
def lost_for_one_carrier(at: MappedField, gateway: Gateway, body: Json) -> Json:
    """The field is lost, but only where the images come within the answer."""
    call = call_of(gateway, body)
    inline = carrier_asked_for(gateway.contract, images_of(gateway.contract), body).inline
    return removed(call, at.upstream) if inline else call


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
