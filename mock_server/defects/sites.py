"""The sites of defects: which parts of a contract an operator fits."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from itertools import chain, islice
from typing import cast

from gateway_contract.contract.definition import (
    DEFAULT_SENT,
    Contract,
    ImageField,
    ImageItems,
    MappedField,
    UnixTime,
    Upstream,
)
from gateway_contract.contract.mapping import default_values
from gateway_contract.contract.sample import samples
from gateway_contract.contract.validity import validity_of
from gateway_contract.schema.constraint import Constraint, Part
from gateway_contract.values.json_value import Json, same
from gateway_contract.values.pointer import removed, tokens
from mock_server.defects.defect import PlainSite, Sites


@lru_cache(maxsize=64)
def example(contract: Contract) -> Json:
    """A valid request: the page's own, or one made from the schema."""
    made = samples(contract.request.parts[0].schema)
    bodies = chain((example.body for example in contract.examples), made)
    return next(body for body in bodies if validity_of(contract, body).valid)


def schema_of(contract: Contract, pointer: str) -> Part:
    return next(part for part in contract.request.parts if part.pointer == pointer and part.condition is None)


def type_of(contract: Contract, pointer: str) -> str:
    return str(schema_of(contract, pointer).schema.get("type"))


def images_of(contract: Contract) -> ImageItems:
    """What the contract says of images. Raises ValueError where it says nothing."""
    if contract.images is None:
        raise ValueError(f"{contract.name} answers with no images")
    return contract.images


def upstream_of(contract: Contract) -> Upstream:
    """What the gateway calls. Raises ValueError where it calls nothing."""
    if contract.upstream is None:
        raise ValueError(f"{contract.name} names no upstream")
    return contract.upstream


def mapping_at(contract: Contract, pointer: str) -> MappedField:
    """How a field goes upstream. Raises ValueError for one that stays."""
    field = contract.mapping_of(pointer)
    if field is None:
        raise ValueError(f"{contract.name} sends nothing of {pointer} upstream")
    return field


def mapped(fits: Callable[[Contract, MappedField], object]) -> Sites[MappedField]:
    """Fields that go upstream and fit."""
    return lambda contract: (field for field in contract.mapped if fits(contract, field))


def is_optional(contract: Contract, field: MappedField) -> bool:
    return validity_of(contract, removed(example(contract), field.pointer)).valid


def is_free_text(contract: Contract, field: MappedField) -> bool:
    schema = schema_of(contract, field.pointer).schema
    return schema.get("type") == "string" and not {"enum", "format"} & schema.keys()


def has_many_values(contract: Contract, field: MappedField) -> bool:
    """Whether it may hold more than one value; lists and fractions aside."""
    schema = schema_of(contract, field.pointer).schema
    listed = schema.get("enum")
    return schema.get("type") in {"integer", "boolean", "string"} and (not isinstance(listed, list) or len(listed) > 1)


def has_several_forms(contract: Contract, field: MappedField) -> bool:
    """Whether the contract shows it in a form that the upstream does not take."""
    shown = schema_of(contract, field.pointer).schema.get("examples")
    return isinstance(shown, list) and any(field.expected(value) != value for value in shown)


def exceeds_float32(contract: Contract, field: MappedField) -> bool:
    """Whether it holds numbers that a float of 32 bits cannot."""
    schema = schema_of(contract, field.pointer).schema
    highest = cast("int", schema.get("maximum", 1 << 31))
    return schema.get("type") == "number" or (schema.get("type") == "integer" and highest > 1 << 24)


def of_type(*types: str) -> Sites[MappedField]:
    return mapped(lambda contract, field: type_of(contract, field.pointer) in types)


optional = mapped(is_optional)
texts = mapped(is_free_text)
beside_others = mapped(
    lambda contract, field: (
        is_optional(contract, field)
        and any(other is not field and is_optional(contract, other) for other in contract.mapped)
    )
)
optional_beside_inline = mapped(
    lambda contract, field: (
        is_optional(contract, field) and any(image_field.inline for image_field in images_of(contract).image_fields)
    )
)
in_objects = mapped(lambda contract, field: is_optional(contract, field) and len(tokens(field.upstream)) > 1)
image_count = mapped(lambda contract, field: field.pointer == images_of(contract).count)


def omittable_defaults(contract: Contract) -> Iterator[PlainSite]:
    """Fields of which the page lets a gateway leave out the value that is the upstream's default."""
    for field in contract.mapped:
        if field.may_omit_default:
            yield PlainSite(field.subject, field.clause_of(DEFAULT_SENT), field.level, field.pointer)


def easily_lost(contract: Contract) -> Iterator[MappedField]:
    """Fields with values that gateways easily drop, at the level of the one that is least to be lost."""
    for field in contract.mapped:
        if not field.preserve or contract.upstream is None:
            continue
        defaults = default_values(contract.upstream, field) if field.may_omit_default else []
        omittable = all(any(same(value, default) for default in defaults) for value in field.preserve)
        yield replace(field, clause=field.clause_of(DEFAULT_SENT)) if omittable else field


zeros = mapped(lambda _, field: any(same(value, 0) for value in field.preserve))
of_many_values = mapped(has_many_values)
with_snapshots = mapped(lambda _, field: field.match == "dated-snapshot")
sizes = mapped(lambda _, field: field.normalize == "image-size")
of_several_forms = mapped(has_several_forms)
finely_graded = mapped(exceeds_float32)


def not_to_be_injected(contract: Contract) -> Iterator[PlainSite]:
    """Fields that stay out of the upstream call, or hold their default there, when the client omits them."""
    for field in optional(contract):
        part = schema_of(contract, field.pointer)
        if "default" in part.schema:
            yield PlainSite(field.subject, part.clause("default"), part.level("default"), field.pointer)
        elif not field.may_be_invented:
            yield PlainSite(field.subject, field.clause_of("not-invented"), field.level, field.pointer)


def expected(judge: str) -> Sites[PlainSite]:
    """What the expectation with this judge is about, where a contract has it."""

    def found(contract: Contract) -> Iterator[PlainSite]:
        for expectation in contract.expectations:
            if expectation.judge == judge:
                yield PlainSite(expectation.rule.partition("/")[0], expectation.clause)

    return found


def image_fields(*, inline: bool) -> Sites[ImageField]:
    def found(contract: Contract) -> Iterator[ImageField]:
        return (image_field for image_field in images_of(contract).image_fields if image_field.inline is inline)

    return found


def image_fields_of_several(contract: Contract) -> Iterator[ImageField]:
    """The image fields of a contract that has more than one."""
    fields = images_of(contract).image_fields
    return iter(fields if len(fields) > 1 else ())


def any_image_field(contract: Contract) -> Iterator[ImageField]:
    return iter(images_of(contract).image_fields)


def first_image_field(contract: Contract) -> Iterator[ImageField]:
    return iter(images_of(contract).image_fields[:1])


def items(contract: Contract) -> Iterator[PlainSite]:
    """The list of images in the answer."""
    images = images_of(contract)
    yield PlainSite(images.subject, images.count_clause, pointer=images.pointer)


def pixels(contract: Contract) -> Iterator[PlainSite]:
    images = images_of(contract)
    if images.size is not None:
        yield PlainSite(images.subject, images.size.clause)


def times(contract: Contract) -> Iterator[UnixTime]:
    return iter(contract.times)


def plain_objects(contract: Contract) -> Iterator[PlainSite]:
    """Objects at the top of an answer of which the contract says no more."""
    for part in contract.operation.answer.parts:
        if part.pointer.count("/") == 1 and part.schema.get("type") == "object" and "properties" not in part.schema:
            yield PlainSite(part.subject, part.clause("type"), part.level("type"), part.pointer)


def whole_answers(contract: Contract) -> Iterator[Constraint]:
    """That an answer is an object."""
    for constraint in contract.operation.answer.constraints.values():
        if constraint.keyword == "type" and constraint.pointer == "":
            yield constraint


def item_texts(contract: Contract) -> Iterator[Constraint]:
    """Texts of the items of an answer."""
    below_items = images_of(contract).pointer + "/"
    for constraint in contract.operation.answer.constraints.values():
        if constraint.keyword == "type" and constraint.value == "string" and constraint.pointer.startswith(below_items):
            yield constraint


def first_item_text(contract: Contract) -> Iterator[Constraint]:
    return islice(item_texts(contract), 1)


def examples(contract: Contract) -> Iterator[PlainSite]:
    """The page's own example, where it has one."""
    yield from (PlainSite("example", example.clause) for example in contract.examples[:1])


def by_default(contract: Contract) -> Iterator[PlainSite]:
    """What says how images come, where its contract has a default for it."""
    asked = {image_field.asked_by for image_field in image_fields_of_several(contract)}
    for pointer in sorted(asked):
        part = schema_of(contract, pointer)
        if "default" in part.schema:
            yield PlainSite(part.subject, part.clause("default"), part.level("default"), pointer)


def authorization(contract: Contract) -> Iterator[PlainSite]:
    if contract.operation.secured is not None:
        yield PlainSite("authorization", contract.security_clause)


def bodies(contract: Contract) -> Iterator[PlainSite]:
    """Whatever is sent as a body."""
    yield PlainSite("body", contract.operation_clause)


def requests(contract: Contract) -> Iterator[PlainSite]:
    """Requests as a whole."""
    yield PlainSite("request", contract.operation_clause)


def error_constraints(*keywords: str) -> Sites[Constraint]:
    """What the contract says of an error body, by the keywords that say it."""

    def found(contract: Contract) -> list[Constraint]:
        schema = contract.operation.refusal
        every: Iterable[Constraint] = () if schema is None else schema.constraints.values()
        return [constraint for constraint in every if constraint.keyword in keywords]

    return found


def error_containers(contract: Contract) -> Iterator[Constraint]:
    """That an error body is an object, and the error within it."""
    return (found for found in error_constraints("type")(contract) if found.pointer.count("/") < 2)


def first_error_members(keyword: str) -> Sites[Constraint]:
    """What a keyword says of the first member of the error object within an error body."""
    every = error_constraints(keyword)
    return lambda contract: islice((found for found in every(contract) if found.pointer.count("/") == 2), 1)


def error_objects(contract: Contract) -> Iterator[Constraint]:
    """That an error body holds an error."""
    return (found for found in error_constraints("required")(contract) if found.pointer.count("/") == 1)
