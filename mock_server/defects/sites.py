"""The parts of a contract that a defect can be about."""

from collections.abc import Iterator
from typing import cast

from gateway_contract.contract.definition import Carrier, Contract, ImageItems, MappedField, UnixTime, Upstream
from gateway_contract.contract.validity import dormant, known_upstream_only, standing
from gateway_contract.schema.constraint import Constraint, Part
from gateway_contract.schema.keyword_type import Group
from gateway_contract.schema.keywords import BOUNDS, KEYWORDS
from gateway_contract.values.json_value import Json, same
from gateway_contract.values.pointer import removed, tokens
from mock_server.defects.defect import Each, Spot


def example(contract: Contract) -> Json:
    return contract.examples[0].body


def schema_of(contract: Contract, pointer: str) -> Part:
    return next(part for part in contract.request.parts if part.pointer == pointer and part.condition is None)


def type_of(contract: Contract, pointer: str) -> str:
    return str(schema_of(contract, pointer).schema.get("type"))


def optional(contract: Contract) -> Iterator[MappedField]:
    """Fields that a client may leave out."""
    for field in contract.mapped:
        if standing(contract, removed(example(contract), field.pointer)).valid:
            yield field


def of_type(*types: str) -> Each:
    def found(contract: Contract) -> Iterator[MappedField]:
        return (field for field in contract.mapped if type_of(contract, field.pointer) in types)

    return found


def texts(contract: Contract) -> Iterator[MappedField]:
    """Fields of free text."""
    for field in of_type("string")(contract):
        if not {"enum", "format"} & schema_of(contract, field.pointer).schema.keys():
            yield field


def in_objects(contract: Contract) -> Iterator[MappedField]:
    """Optional fields that could stand one level up."""
    return (field for field in optional(contract) if len(tokens(field.upstream)) > 1)


def counted(contract: Contract) -> Iterator[MappedField]:
    """The field that says how many images are wanted."""
    return (field for field in contract.mapped if field.pointer == images_of(contract).count)


def easily_lost(contract: Contract) -> Iterator[MappedField]:
    return (field for field in contract.mapped if field.preserve)


def zeros(contract: Contract) -> Iterator[MappedField]:
    """Numbers of which 0 is easily lost."""
    return (field for field in contract.mapped if any(same(value, 0) for value in field.preserve))


def of_many_values(contract: Contract) -> Iterator[MappedField]:
    """Fields that may hold more than one value, but for lists and fractions."""
    for field in of_type("integer", "boolean", "string")(contract):
        listed = schema_of(contract, field.pointer).schema.get("enum")
        if not isinstance(listed, list) or len(listed) > 1:
            yield field


def with_snapshots(contract: Contract) -> Iterator[MappedField]:
    """Names of which the upstream knows dated snapshots."""
    return (field for field in contract.mapped if field.match == "dated-snapshot")


def sizes(contract: Contract) -> Iterator[MappedField]:
    return (field for field in contract.mapped if field.normalize == "image-size")


def of_several_forms(contract: Contract) -> Iterator[MappedField]:
    """Fields that the contract shows in a form that the upstream does not take."""
    for field in contract.mapped:
        shown = schema_of(contract, field.pointer).schema.get("examples")
        if isinstance(shown, list) and any(field.wanted(value) != value for value in shown):
            yield field


def not_to_be_invented(contract: Contract) -> Iterator[Spot]:
    """Fields that stay out of the upstream call, or hold their default there, when the client leaves them out."""
    for field in optional(contract):
        part = schema_of(contract, field.pointer)
        if "default" in part.schema:
            yield Spot(field.subject, part.clause("default"), part.level("default"), field.pointer)
        elif not field.may_be_invented:
            yield Spot(field.subject, field.clause, field.level, field.pointer)


def finely_graded(contract: Contract) -> Iterator[MappedField]:
    """Numbers of which a float of 32 bits cannot hold every one."""
    for field in of_type("integer", "number")(contract):
        highest = schema_of(contract, field.pointer).schema.get("maximum", 1 << 31)
        if type_of(contract, field.pointer) == "number" or cast("int", highest) > 1 << 24:
            yield field


def limits(*keywords: str) -> Each:
    """Constraints on the request by their keywords, those that some listed value can meet."""

    def found(contract: Contract) -> Iterator[Constraint]:
        for constraint in contract.request.constraints.values():
            if constraint.keyword in keywords and dormant(constraint.condition, contract.request) is None:
                yield constraint

    return found


def bounds(contract: Contract) -> Iterator[Constraint]:
    """Constraints with a last allowed value, but those without which there would be no request at all."""
    return (found for found in limits(*BOUNDS)(contract) if found.keyword != "minItems")


def choices(contract: Contract) -> Iterator[Constraint]:
    """Lists of two allowed values at least."""
    return (found for found in limits("enum")(contract) if isinstance(found.value, list) and len(found.value) > 1)


def above_zero(contract: Contract) -> Iterator[Constraint]:
    """Lower bounds that leave 0 out, on fields that a client may leave out."""
    left_out = {field.pointer for field in optional(contract)}
    for found in limits("minimum")(contract):
        if cast("int", found.value) > 0 and found.pointer in left_out:
            yield found


def not_below_zero(contract: Contract) -> Iterator[Constraint]:
    """Lower bounds that leave negative numbers out."""
    return (found for found in limits("minimum")(contract) if cast("int", found.value) >= 0)


def of_one_model(contract: Contract) -> Iterator[Constraint]:
    """Bounds that are narrower for some requests than for the others."""
    found = list(limits("minimum", "maximum")(contract))
    wide = {(one.pointer, one.keyword) for one in found if one.condition is None}
    return (one for one in found if one.condition is not None and (one.pointer, one.keyword) in wide)


def sold_upstream(contract: Contract) -> Iterator[Constraint]:
    """Lists of which the upstream knows values that the contract has not."""
    return (found for found in limits("enum")(contract) if any(known_upstream_only(contract, found)))


def types(*names: str) -> Each:
    return lambda contract: (found for found in limits("type")(contract) if found.value in names)


def unknown_to_upstream(contract: Contract) -> Iterator[Constraint]:
    """Constraints for which the upstream refuses nothing, so that nobody does if the gateway does not."""
    every = upstream_of(contract).operation.request.constraints.values()
    theirs = {(one.pointer, kind_of(one)) for one in every if "refuse" in one.alternatives}
    for constraint in limits("enum", "forbidden", *BOUNDS)(contract):
        field = contract.mapping_of(constraint.pointer)
        checked = field is not None and (field.upstream, kind_of(constraint)) in theirs
        if not checked and not constraint.in_items and constraint.keyword != "minItems":
            yield constraint


def lengths_unknown_to_upstream(contract: Contract) -> Iterator[Constraint]:
    return (found for found in unknown_to_upstream(contract) if found.keyword == "maxLength")


def kind_of(constraint: Constraint) -> str:
    return "form" if KEYWORDS[constraint.keyword].group is Group.FORM else constraint.keyword


def gateway_only(contract: Contract) -> Iterator[Spot]:
    """Fields that are for the gateway itself; what is passed on wrongly is seen of the upstream call."""
    for spot in expected("upstream-call-known")(contract):
        for found in limits("enum")(contract):
            if contract.mapping_of(found.pointer) is None:
                yield Spot(spot.subject, spot.clause, pointer=found.pointer)


def expected(judge: str) -> Each:
    """What the expectation with this judge is about, where a contract has it."""

    def found(contract: Contract) -> Iterator[Spot]:
        for expectation in contract.expectations:
            if expectation.judge == judge:
                yield Spot(expectation.rule.partition("/")[0], expectation.clause)

    return found


def carriers(*, inline: bool) -> Each:
    def found(contract: Contract) -> Iterator[Carrier]:
        return (carrier for carrier in images_of(contract).carriers if carrier.inline is inline)

    return found


def any_carrier(contract: Contract) -> Iterator[Carrier]:
    return iter(images_of(contract).carriers)


def first_carrier(contract: Contract) -> Iterator[Carrier]:
    return iter(images_of(contract).carriers[:1])


def items(contract: Contract) -> Iterator[Spot]:
    """The list of images in the answer."""
    images = images_of(contract)
    yield Spot(images.subject, images.count_clause, pointer=images.pointer)


def pixels(contract: Contract) -> Iterator[Spot]:
    images = images_of(contract)
    if images.size is not None:
        yield Spot(images.subject, images.size.clause)


def times(contract: Contract) -> Iterator[UnixTime]:
    return iter(contract.times)


def plain_objects(contract: Contract) -> Iterator[Spot]:
    """Objects at the top of an answer of which the contract says no more."""
    for part in contract.operation.answer.parts:
        if part.pointer.count("/") == 1 and part.schema.get("type") == "object" and "properties" not in part.schema:
            yield Spot(part.subject, part.clause("type"), part.level("type"), part.pointer)


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


def examples(contract: Contract) -> Iterator[Spot]:
    """The page's own example."""
    yield Spot("example", contract.examples[0].clause)


def by_default(contract: Contract) -> Iterator[Spot]:
    """What says how images come, where its contract has a default for it."""
    asked = {carrier.asked_by for carrier in images_of(contract).carriers}
    for pointer in sorted(asked):
        part = schema_of(contract, pointer)
        if "default" in part.schema:
            yield Spot(part.subject, part.clause("default"), part.level("default"), pointer)


def authorization(contract: Contract) -> Iterator[Spot]:
    if contract.operation.secured is not None:
        yield Spot("authorization", contract.security_clause)


def bodies(contract: Contract) -> Iterator[Spot]:
    """Whatever is sent as a body."""
    yield Spot("body", contract.operation_clause)


def requests(contract: Contract) -> Iterator[Spot]:
    """Requests as a whole."""
    yield Spot("request", contract.operation_clause)


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
