"""Rules about what a gateway answers, derived from the schemas of its responses."""

from collections.abc import Iterator
from functools import partial
from typing import cast

from gateway_contract.contract.definition import ImageField, ImageItems, ImageSize, UnixTime
from gateway_contract.contract.mapping import Location, locate, upstream_default
from gateway_contract.rules.rule import PASS, Evidence, Finding, Rule, RuleKind, Source, failing, inconclusive
from gateway_contract.rules.statements import constraint_property
from gateway_contract.schema.constraint import Constraint
from gateway_contract.schema.keywords import constraint_sentence
from gateway_contract.traffic.exchange import Answer, BrokenImage, Image
from gateway_contract.traffic.statuses import is_about_transport, is_throttled
from gateway_contract.values.json_value import ABSENT, UNOBSERVED, Json, same, shortened
from gateway_contract.values.pointer import below, read
from gateway_contract.values.size import Size, parse_size

NO_IMAGES = "the images were not looked at"


def judge_shape(constraint: Constraint, evidence: Evidence) -> Finding | None:
    """One keyword of the answer's schema."""
    answer = evidence.exchange.answer
    if not evidence.accepted or not isinstance(answer, Answer):
        return None
    if answer.body is ABSENT:
        return failing("a JSON object", "no JSON") if constraint.pointer == "" else None
    if constraint in evidence.contract.operation.answer.broken(answer.body):
        return failing(f"{constraint.keyword} {shortened(constraint.value)}", _seen(answer, constraint))
    return PASS if read(answer.body, constraint.pointer) is not ABSENT else None


def _seen(answer: Answer, constraint: Constraint) -> str:
    seen = read(answer.body, constraint.pointer)
    return "missing" if seen is ABSENT else shortened(seen)


def judge_unix_time(time: UnixTime, evidence: Evidence) -> Finding | None:
    """Whole seconds since 1970, about now."""
    answer = evidence.exchange.answer
    if not evidence.accepted or not isinstance(answer, Answer):
        return None
    seen = read(answer.body, time.pointer)
    if isinstance(seen, bool) or not (isinstance(seen, int) or (isinstance(seen, float) and seen.is_integer())):
        return None  # the schema's own rule says so; 1.0 is an integer to it
    close = abs(seen - answer.received_at) <= time.tolerance
    return PASS if close else failing(f"about {answer.received_at:.0f}", str(seen))


def judge_count(images: ImageItems, evidence: Evidence) -> Finding | None:
    """As many items as the request asks for."""
    return _count(images, evidence) if _asked(images.count, evidence) else None


def _count(images: ImageItems, evidence: Evidence) -> Finding | None:
    wanted = evidence.effective(images.count)
    items = answered_items(images, evidence)
    if items is None or not isinstance(wanted, int):
        return None
    if len(items) == wanted:
        return PASS
    return failing(f"{wanted} in {images.subject}", f"{len(items)}")


def judge_carrier(images: ImageItems, image_field: ImageField, evidence: Evidence) -> Finding | None:
    """Every item carries its image under the key that was asked for."""
    return _carried(images, image_field, evidence) if _asked(image_field.asked_by, evidence) else None


def _carried(images: ImageItems, image_field: ImageField, evidence: Evidence) -> Finding | None:
    items = answered_items(images, evidence)
    if items is None or evidence.effective(image_field.asked_by) != image_field.value:
        return None
    values = [read(item, below("", image_field.key)) for item in items]
    if not values:
        return None  # how many there are is another rule's
    empty = next((index for index, value in enumerate(values) if not (isinstance(value, str) and value)), None)
    if empty is None:
        return PASS
    return failing(f"{image_field.key} in every item", f"item {empty} has {_what(values[empty])}")


def _what(value: object) -> str:
    return "none" if value is ABSENT else shortened(value)


def judge_usable(images: ImageItems, image_field: ImageField, evidence: Evidence) -> Finding | None:
    """What an image field holds is an image that a client can open."""
    if answered_items(images, evidence) is None or evidence.exchange.images is UNOBSERVED:
        return None
    found = [image for item in evidence.exchange.images for image in item if image.key == image_field.key]
    unusable = [image for image in found if isinstance(image, BrokenImage)]
    broken = next((image for image in unusable if not image.skipped), None)
    if broken is not None:
        return failing(f"an image in {image_field.key}", broken.problem)
    if unusable:
        return inconclusive(unusable[0].problem)
    return PASS if found else None


def judge_pixels(images: ImageItems, size: ImageSize, evidence: Evidence) -> Finding | None:
    """Images of exactly the requested pixels, for requests to which the page promises it."""
    return _pixels(images, size, evidence) if promises_pixels(size, evidence) else None


def judge_other_pixels(images: ImageItems, size: ImageSize, evidence: Evidence) -> Finding | None:
    """Images of exactly the requested pixels, for all other requests."""
    return None if promises_pixels(size, evidence) else _pixels(images, size, evidence)


def promises_pixels(size: ImageSize, evidence: Evidence) -> bool:
    if size.when is None:
        return True
    pointer, failures = size.when
    value = evidence.sent(pointer)
    return value is not ABSENT and not failures(value)


def _pixels(images: ImageItems, size: ImageSize, evidence: Evidence) -> Finding | None:
    wanted = parse_size(evidence.sent(size.pointer))
    if wanted is None or not _asked(size.pointer, evidence) or answered_items(images, evidence) is None:
        return None
    if evidence.exchange.images is UNOBSERVED:
        return inconclusive(NO_IMAGES)
    seen = [Size(image.width, image.height) for item in evidence.exchange.images for image in item if _usable(image)]  # type: ignore[union-attr] # _usable
    wrong = next((found for found in seen if found != wanted), None)
    if wrong is not None and _was_asked_for_another(size, evidence):
        return None  # one cause, one finding: the rule about the upstream call tells of it
    if wrong is not None:
        return failing(f"{wanted} pixels", str(wrong))
    return PASS if seen else None


def _was_asked_for_another(size: ImageSize, evidence: Evidence) -> bool:
    """Whether the upstream call itself does not hold the size that the client sent."""
    field, call = evidence.contract.mapping_of(size.pointer), evidence.call
    if field is None or call in (ABSENT, UNOBSERVED) or not field.judged_for(cast("Json", evidence.body)):
        return False
    sent = cast("Json", evidence.sent(size.pointer))
    if locate(evidence.contract, field, sent, call.body).location is Location.IN_PLACE:
        return False
    default = upstream_default(evidence.contract, field, cast("Json", evidence.body))
    return not (field.may_omit_default and same(default, field.expected(sent)))


def _usable(image: Image | BrokenImage) -> bool:
    return isinstance(image, Image)


def answered_items(images: ImageItems, evidence: Evidence) -> list[Json] | None:
    """The items of a successful answer to a request that keeps to the contract; None where there is no such answer."""
    answer = evidence.exchange.answer
    if (
        not evidence.accepted
        or not isinstance(answer, Answer)
        or evidence.validity.broken
        or not evidence.validity.is_json
    ):
        return None
    items = read(answer.body, images.pointer)
    return items if isinstance(items, list) else None


def _asked(pointer: str, evidence: Evidence) -> bool:
    """Whether the request itself says a field, in a way on which the page is not silent."""
    return evidence.sent(pointer) is not ABSENT and not evidence.is_open(pointer)


def judge_by_answer(pointer: str, evidence: Evidence) -> Finding | None:
    """What the answer alone shows of a field: how many images there are, and how large. None where it shows nothing."""
    images = evidence.contract.images
    if images is None:
        return None
    if images.count == pointer and evidence.sent(pointer) != 1:
        return _count(images, evidence)
    if images.size is not None and images.size.pointer == pointer:
        found = _pixels(images, images.size, evidence)
        return found if found is PASS else None  # wrong pixels are the finding of the images' own rule
    return None


def judge_default_by_answer(pointer: str, evidence: Evidence) -> Finding | None:
    """What the answer shows of a default that stood in for a field that was left out."""
    images = evidence.contract.images
    if images is None:
        return None
    if images.count == pointer:
        return _count(images, evidence)
    found = [
        _carried(images, image_field, evidence)
        for image_field in images.image_fields
        if image_field.asked_by == pointer
    ]
    return next((finding for finding in found if finding is not None), None)


def answer_rules(source: Source) -> Iterator[Rule]:
    for constraint in source.contract.operation.answer.constraints.values():
        judge = partial(judge_shape, constraint)
        yield _shape_rule(source, RuleKind.RESPONSE, constraint, judge)
    for time in source.contract.times:
        says = f"{time.subject} is the Unix time of the answer, within {time.tolerance:.0f} s"
        judge_time = partial(judge_unix_time, time)
        yield source.rule(
            RuleKind.RESPONSE, time.subject, "now", time.clause, says, time.place, judge_time, level=time.level
        )
    if source.contract.images is not None:
        yield from _image_rules(source, source.contract.images)


def _shape_rule(source: Source, kind: RuleKind, constraint: Constraint, judge: object) -> Rule:
    return source.rule(
        kind,
        constraint.subject,
        constraint_property(constraint),
        constraint.clause,
        constraint_sentence(constraint),
        constraint.place,
        judge,  # type: ignore[arg-type] # a partial of a judge
        level=constraint.level,
    )


def _image_rules(source: Source, images: ImageItems) -> Iterator[Rule]:
    count = f"{images.subject} has as many items as {images.count} says"
    yield source.rule(
        RuleKind.RESPONSE,
        images.subject,
        "length",
        images.count_clause,
        count,
        images.place,
        partial(judge_count, images),
    )
    for image_field in images.image_fields:
        present = (
            f"{image_field.key} carries every image where {image_field.asked_by} is {shortened(image_field.value)}"
        )
        usable = f"what {image_field.key} carries is an image"
        for name, says, judge in (
            ("present", present, partial(judge_carrier, images, image_field)),
            ("usable", usable, partial(judge_usable, images, image_field)),
        ):
            yield source.rule(
                RuleKind.RESPONSE,
                image_field.subject,
                name,
                image_field.clause,
                says,
                image_field.place,
                judge,
                level=image_field.level,
            )
    size = images.size
    if size is not None:
        says = f"images have the pixels that {size.pointer} says"
        judge = partial(judge_pixels, images, size)
        yield source.rule(RuleKind.RESPONSE, images.subject, "pixels", size.clause, says, size.place, judge)
        if size.otherwise is not None:
            judge_others = partial(judge_other_pixels, images, size)
            says = f"{says}, for other requests too"
            yield source.rule(
                RuleKind.RESPONSE, images.subject, "pixels-otherwise", size.otherwise, says, size.place, judge_others
            )


def refusal_rules(source: Source) -> Iterator[Rule]:
    refusal = source.contract.operation.refusal
    for constraint in () if refusal is None else refusal.constraints.values():
        yield _shape_rule(source, RuleKind.ERROR, constraint, partial(judge_error_shape, constraint))


def judge_error_shape(constraint: Constraint, evidence: Evidence) -> Finding | None:
    """One keyword of the schema of refusals, on every refusal by the contract's own operation."""
    answer = evidence.exchange.answer
    schema = evidence.contract.operation.refusal
    if not evidence.ordinary or schema is None or not isinstance(answer, Answer) or not answer.refusing:
        return None
    if is_about_transport(answer) or is_throttled(answer):
        return None  # said by whatever stands before the gateway
    if answer.body is ABSENT:
        return failing("a JSON object", "no JSON") if constraint.pointer == "" else None
    if constraint in schema.broken(answer.body):
        seen = read(answer.body, constraint.pointer)
        return failing(
            f"{constraint.keyword} {shortened(constraint.value)}", "missing" if seen is ABSENT else shortened(seen)
        )
    return PASS if read(answer.body, constraint.pointer) is not ABSENT else None
