"""The sites of defects: which parts of a contract an operator fits."""

from collections.abc import Callable, Iterable, Iterator
from typing import cast

from gateway_contract.contract.definition import Contract, ImageField, ImageItems, MappedField, UnixTime, Upstream
from gateway_contract.contract.validity import known_upstream_only, untestable, validity_of
from gateway_contract.schema.constraint import Constraint, Part
from gateway_contract.schema.keyword_type import Group
from gateway_contract.schema.keywords import BOUNDS, KEYWORDS
from gateway_contract.values.json_value import Json, same
from gateway_contract.values.pointer import removed, tokens
from mock_server.defects.defect import PlainSite, Sites


def example(contract: Contract) -> Json:
    return contract.examples[0].body


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
in_objects = mapped(lambda contract, field: is_optional(contract, field) and len(tokens(field.upstream)) > 1)
image_count = mapped(lambda contract, field: field.pointer == images_of(contract).count)
easily_lost = mapped(lambda _, field: field.preserve)
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
            yield PlainSite(field.subject, field.clause, field.level, field.pointer)


def constraints(*keywords: str, where: Callable[[Contract, Constraint], bool] | None = None) -> Sites[Constraint]:
    """Constraints on the request by their keywords, those that some listed value can meet."""

    def found(contract: Contract) -> Iterator[Constraint]:
        for constraint in contract.request.constraints.values():
            listed = constraint.keyword in keywords and untestable(constraint.condition, contract.request) is None
            if listed and (where is None or where(contract, constraint)):
                yield constraint

    return found


def omittable_above_zero(contract: Contract, bound: Constraint) -> bool:
    omittable = {field.pointer for field in optional(contract)}
    return cast("int", bound.value) > 0 and bound.pointer in omittable


ranges = constraints("minimum", "maximum")
forms = constraints("format")
enums = constraints("enum")
pixels_ranges = constraints("x-pixels/minimum", "x-pixels/maximum")
bounds = constraints(*(keyword for keyword in BOUNDS if keyword != "minItems"))  # the bound of minItems is no request
choices = constraints("enum", where=lambda _, found: isinstance(found.value, list) and len(found.value) > 1)
above_zero = constraints("minimum", where=omittable_above_zero)
not_below_zero = constraints("minimum", where=lambda _, found: cast("int", found.value) >= 0)
known_upstream = constraints("enum", where=lambda contract, found: any(known_upstream_only(contract, found)))


def of_one_model(contract: Contract) -> Iterator[Constraint]:
    """Bounds that are narrower for some requests than for the others."""
    found = list(ranges(contract))
    wide = {(one.pointer, one.keyword) for one in found if one.condition is None}
    return (one for one in found if one.condition is not None and (one.pointer, one.keyword) in wide)


def types(*names: str) -> Sites[Constraint]:
    return constraints("type", where=lambda _, found: found.value in names)


def unknown_to_upstream(contract: Contract) -> Iterator[Constraint]:
    """Constraints for which the upstream refuses nothing, so that nobody does if the gateway does not."""
    every = upstream_of(contract).operation.request.constraints.values()
    theirs = {(one.pointer, kind_of(one)) for one in every if "refuse" in one.alternatives}
    for constraint in constraints("enum", "forbidden", *BOUNDS)(contract):
        field = contract.mapping_of(constraint.pointer)
        checked = field is not None and (field.upstream, kind_of(constraint)) in theirs
        if not checked and not constraint.in_items and constraint.keyword != "minItems":
            yield constraint


def lengths_unknown_to_upstream(contract: Contract) -> Iterator[Constraint]:
    return (found for found in unknown_to_upstream(contract) if found.keyword == "maxLength")


def kind_of(constraint: Constraint) -> str:
    return "form" if KEYWORDS[constraint.keyword].group is Group.FORM else constraint.keyword


def gateway_only(contract: Contract) -> Iterator[PlainSite]:
    """Fields that are for the gateway itself; what is passed on wrongly is seen of the upstream call."""
    for spot in expected("upstream-call-known")(contract):
        for found in constraints("enum")(contract):
            if contract.mapping_of(found.pointer) is None:
                yield PlainSite(spot.subject, spot.clause, pointer=found.pointer)


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


def examples(contract: Contract) -> Iterator[PlainSite]:
    """The page's own example."""
    yield PlainSite("example", contract.examples[0].clause)


def by_default(contract: Contract) -> Iterator[PlainSite]:
    """What says how images come, where its contract has a default for it."""
    asked = {image_field.asked_by for image_field in images_of(contract).image_fields}
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


def error_objects(contract: Contract) -> Iterator[Constraint]:
    """That an error body holds an error."""
    return (found for found in error_constraints("required")(contract) if found.pointer.count("/") == 1)
