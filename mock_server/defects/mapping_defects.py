"""Defects of mapping: the upstream call is not what the client asked for."""

import html
import re
import struct
import unicodedata
from typing import cast
from urllib.parse import unquote_plus

from gateway_contract.contract.definition import MappedField
from gateway_contract.contract.mapping import upstream_default
from gateway_contract.values.json_value import ABSENT, Json, same
from gateway_contract.values.pointer import below, leaf_name, members, parent, placed, read, removed
from gateway_contract.values.size import parse_size
from mock_server.defects.constraint_sites import gateway_only
from mock_server.defects.defect import PlainSite
from mock_server.defects.request_operators import MappedCall, Schema, map_defect, text_defect, value_defect
from mock_server.defects.sites import (
    beside_others,
    easily_lost,
    finely_graded,
    image_count,
    images_of,
    in_objects,
    mapping_at,
    not_to_be_injected,
    of_many_values,
    of_several_forms,
    of_type,
    omittable_defaults,
    optional,
    optional_beside_inline,
    schema_of,
    sizes,
    texts,
    with_snapshots,
    zeros,
)
from mock_server.gateway.response_body import requested_image_field

SIZE = "1024*768"
MOST_IMAGES = 6
"""The upstream refuses more in one call, and then the number is not seen to be wrong."""
MOST_INT32 = 2147483647


@map_defect(optional)
def dropped(field: MappedField, mapped: MappedCall) -> Json:
    """The field is not sent upstream."""
    return removed(mapped.call, field.upstream)


@map_defect(in_objects)
def parent_level(field: MappedField, mapped: MappedCall) -> Json:
    """The field is sent beside the object to which it belongs."""
    return moved(field, mapped, below(parent(parent(field.upstream)), leaf_name(field.upstream)))


@map_defect(in_objects)
def child_level(field: MappedField, mapped: MappedCall) -> Json:
    """The field is sent in an object of its own, within the object to which it belongs."""
    return moved(field, mapped, below(below(parent(field.upstream), "options"), leaf_name(field.upstream)))


@map_defect(in_objects)
def wrong_object(field: MappedField, mapped: MappedCall) -> Json:
    """The field is sent in another object, beside the one to which it belongs."""
    own = parent(field.upstream)
    above = read(mapped.call, parent(own))
    names = [name for name, value in ([] if above is ABSENT else members(above)) if isinstance(value, dict)]
    others = [pointer for name in names if (pointer := below(parent(own), name)) != own]
    return moved(field, mapped, below((others or [parent(own)])[0], leaf_name(field.upstream)))


@map_defect(in_objects)
def renamed(field: MappedField, mapped: MappedCall) -> Json:
    """The field is sent under a name that the upstream does not know."""
    return moved(field, mapped, below(parent(field.upstream), f"the_{leaf_name(field.upstream)}"))


def moved(field: MappedField, mapped: MappedCall, pointer: str) -> Json:
    value = read(mapped.call, field.upstream)
    return mapped.call if value is ABSENT else placed(removed(mapped.call, field.upstream), pointer, value)


@value_defect(of_type("integer", "boolean", "number"))
def sent_as_string(_schema: Schema, value: Json) -> Json:
    """The value is sent as a string, which the upstream refuses."""
    return str(value).lower()


@value_defect(of_type("boolean"))
def sent_as_number(_schema: Schema, value: Json) -> Json:
    """The boolean is sent as 0 or 1, which the upstream refuses."""
    return int(value) if isinstance(value, bool) else value


@map_defect(of_many_values)
def constant_value(field: MappedField, mapped: MappedCall) -> Json:
    """The field is sent with one fixed value, whatever the client sends."""
    return placed(mapped.call, field.upstream, fixed_value(schema_of(mapped.contract, field.pointer).schema))


def fixed_value(schema: Schema) -> Json:
    match schema:
        case {"enum": [first, *_]}:
            return first
        case {"type": "boolean"}:
            return True
        case {"type": "integer"}:
            return 2
    return SIZE if "format" in schema else "a cat"


@value_defect(image_count)
def doubled(_schema: Schema, value: Json) -> Json:
    """Twice as many images are requested, and paid for, as the client asked for."""
    return value * 2 if isinstance(value, int) and value * 2 <= MOST_IMAGES else value


@value_defect(finely_graded)
def float32(_schema: Schema, value: Json) -> Json:
    """The number loses what a 32-bit float cannot hold."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return value
    (short,) = struct.unpack("f", struct.pack("f", value))
    return min(int(short), MOST_INT32) if isinstance(value, int) else cast("float", short)


@text_defect(with_snapshots)
def series_name_only(_schema: Schema, text: str) -> str:
    """The last part of the model's name is dropped."""
    return text.rpartition("-")[0]


@map_defect(with_snapshots)
def cheaper_model_for_several_images(field: MappedField, mapped: MappedCall) -> Json:
    """For several images another model of the series is called, without the last part of the name."""
    count, name = read(mapped.body, images_of(mapped.contract).count), read(mapped.call, field.upstream)
    is_changed = isinstance(count, int) and count > 1 and isinstance(name, str)
    return placed(mapped.call, field.upstream, str(name).rpartition("-")[0]) if is_changed else mapped.call


@value_defect(sizes)
def width_height_swapped(_schema: Schema, value: Json) -> Json:
    """Width and height are swapped."""
    size = parse_size(value)
    return value if size is None else f"{size.height}*{size.width}"


@map_defect(of_several_forms)
def not_normalized(field: MappedField, mapped: MappedCall) -> Json:
    """The value is sent as it is, not in the upstream's form."""
    value = read(mapped.body, field.pointer)
    return mapped.call if value is ABSENT else placed(mapped.call, field.upstream, value)


@map_defect(not_to_be_injected)
def default_injected(site: PlainSite, mapped: MappedCall) -> Json:
    """A field that the client omits is sent with a value of the gateway's own."""
    if read(mapped.body, site.pointer) is not ABSENT:
        return mapped.call
    value = injected_value(schema_of(mapped.contract, site.pointer).schema)
    return placed(mapped.call, mapping_at(mapped.contract, site.pointer).upstream, value)


def injected_value(schema: Schema) -> Json:
    match schema.get("type"):
        case "boolean":
            return schema.get("default") is not True
        case "integer" | "number":
            return 2
        case "array":
            return ["grey"]
    return SIZE if "format" in schema else "blurry"


@map_defect(gateway_only)
def forwarded_upstream(site: PlainSite, mapped: MappedCall) -> Json:
    """A field that is only for the gateway is sent upstream as well."""
    value, beside = read(mapped.body, site.pointer), next(iter(optional(mapped.contract)))
    pointer = below(parent(beside.upstream), leaf_name(site.pointer))
    return mapped.call if value is ABSENT else placed(mapped.call, pointer, value)


@map_defect(easily_lost)
def dropped_when_falsy(field: MappedField, mapped: MappedCall) -> Json:
    """0, false and the empty string are not sent upstream."""
    return mapped.call if read(mapped.call, field.upstream) else removed(mapped.call, field.upstream)


@map_defect(omittable_defaults)
def default_omitted(site: PlainSite, mapped: MappedCall) -> Json:
    """A value that is the upstream's default is not sent upstream."""
    field = mapping_at(mapped.contract, site.pointer)
    default = upstream_default(mapped.contract, field, mapped.body)
    value = read(mapped.call, field.upstream)
    return removed(mapped.call, field.upstream) if default is not ABSENT and same(value, default) else mapped.call


@value_defect(zeros)
def zero_becomes_one(_schema: Schema, value: Json) -> Json:
    """0 is sent as 1."""
    return 1 if same(value, 0) else value


@map_defect(beside_others)
def dropped_beside_another_field(field: MappedField, mapped: MappedCall) -> Json:
    """The field, or its easily lost value, is not sent upstream when another field is sent as well."""
    *_, last = (other for other in optional(mapped.contract) if other is not field)
    value = read(mapped.body, field.pointer)
    lost = not field.preserve or field.may_omit_default or any(same(value, easily) for easily in field.preserve)
    beside = read(mapped.body, last.pointer) is not ABSENT
    return removed(mapped.call, field.upstream) if lost and beside else mapped.call


@map_defect(optional_beside_inline)
def dropped_for_inline_images(field: MappedField, mapped: MappedCall) -> Json:
    """The field is not sent upstream when the images are returned inline."""
    inline = requested_image_field(mapped.contract, images_of(mapped.contract), mapped.body).inline
    return removed(mapped.call, field.upstream) if inline else mapped.call


@text_defect(texts)
def trimmed(_schema: Schema, text: str) -> str:
    """Leading and trailing white space is removed."""
    return text.strip()


@text_defect(texts)
def truncated(schema: Schema, text: str) -> str:
    """The text is cut at half of its maximum length."""
    return text[: cast("int", schema.get("maxLength", 200)) // 2]


@text_defect(texts)
def whitespace_collapsed(_schema: Schema, text: str) -> str:
    """Every run of white space becomes one space."""
    return " ".join(text.split())


@text_defect(texts)
def non_ascii_dropped(_schema: Schema, text: str) -> str:
    """Characters outside ASCII are removed."""
    return text.encode("ascii", "ignore").decode()


@text_defect(texts)
def html_escaped(_schema: Schema, text: str) -> str:
    """Angle brackets, quotes and ampersands are sent as HTML entities."""
    return html.escape(text)


@text_defect(texts)
def nfc_normalized(_schema: Schema, text: str) -> str:
    """Letters and their combining accents are composed (Unicode NFC)."""
    return unicodedata.normalize("NFC", text)


@text_defect(texts)
def decoded_as_a_form(_schema: Schema, text: str) -> str:
    """Plus signs become spaces, and what a percent sign begins is decoded."""
    return unquote_plus(text)


@text_defect(texts)
def line_breaks_unified(_schema: Schema, text: str) -> str:
    """A carriage return and line feed become a line feed alone."""
    return text.replace("\r\n", "\n")


@text_defect(texts)
def joiners_dropped(_schema: Schema, text: str) -> str:
    """Characters without a width are removed, so that emoji of several characters fall apart."""
    return re.sub("[\u200b-\u200d\ufe0f]", "", text)


@text_defect(texts)
def put_in_as_a_pattern(_schema: Schema, text: str) -> str:
    """The text is put into a template as a pattern of JavaScript: `$&` becomes what it replaces."""
    return text.replace("$&", "{prompt}")


@text_defect(texts)
def text_appended(_schema: Schema, text: str) -> str:
    """The gateway appends words to the client's text."""
    return f"{text}, best quality"


@text_defect(texts)
def decoded_as_latin_1(_schema: Schema, text: str) -> str:
    """UTF-8 is decoded as Latin-1."""
    return text.encode().decode("latin-1")
