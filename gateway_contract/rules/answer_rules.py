"""Rules about what a gateway answers, derived from the schemas of its responses."""

from collections.abc import Iterator
from functools import partial

from gateway_contract.contract import ImageItems
from gateway_contract.exchange import Answer
from gateway_contract.mapping import shortened
from gateway_contract.pointer import read
from gateway_contract.rules import responses
from gateway_contract.rules.examined import Examined
from gateway_contract.rules.finding import PASS, Finding, failing
from gateway_contract.rules.naming import constraint_property
from gateway_contract.rules.rule import Rule
from gateway_contract.rules.source import Source
from gateway_contract.rules.statements import constraint_sentence
from gateway_contract.schema import Constraint
from gateway_contract.values import ABSENT


def answer_rules(source: Source) -> Iterator[Rule]:
    for constraint in source.contract.operation.answer.constraints.values():
        judge = partial(responses.judge_shape, constraint)
        yield _shape_rule(source, "response", constraint, judge)
    for time in source.contract.times:
        says = f"{time.subject} is the Unix time of the answer, within {time.tolerance:.0f} s"
        judge_time = partial(responses.judge_unix_time, time)
        yield source.rule("response", time.subject, "now", time.clause, says, time.place, judge_time, level=time.level)
    if source.contract.images is not None:
        yield from _image_rules(source, source.contract.images)


def _shape_rule(source: Source, kind: str, constraint: Constraint, judge: object) -> Rule:
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
        "response",
        images.subject,
        "length",
        images.count_clause,
        count,
        images.place,
        partial(responses.judge_count, images),
    )
    for carrier in images.carriers:
        present = f"{carrier.key} carries every image where {carrier.asked_by} is {shortened(carrier.value)}"
        usable = f"what {carrier.key} carries is an image"
        for name, says, judge in (
            ("present", present, partial(responses.judge_carrier, images, carrier)),
            ("usable", usable, partial(responses.judge_usable, images, carrier)),
        ):
            yield source.rule(
                "response", carrier.subject, name, carrier.clause, says, carrier.place, judge, level=carrier.level
            )
    size = images.size
    if size is not None:
        says = f"images have the pixels that {size.pointer} says"
        judge_pixels = partial(responses.judge_pixels, images, size)
        yield source.rule("response", images.subject, "pixels", size.clause, says, size.place, judge_pixels)
        if size.otherwise is not None:
            judge_others = partial(responses.judge_other_pixels, images, size)
            says = f"{says}, for other requests too"
            yield source.rule(
                "response", images.subject, "pixels-otherwise", size.otherwise, says, size.place, judge_others
            )


def refusal_rules(source: Source) -> Iterator[Rule]:
    refusal = source.contract.operation.refusal
    for constraint in () if refusal is None else refusal.constraints.values():
        yield _shape_rule(source, "error", constraint, partial(judge_error_shape, constraint))


def judge_error_shape(constraint: Constraint, examined: Examined) -> Finding | None:
    """One keyword of the schema of refusals, on every refusal by the contract's own operation."""
    answer = examined.exchange.answer
    schema = examined.contract.operation.refusal
    if not examined.ordinary or schema is None or not isinstance(answer, Answer) or not answer.refusing:
        return None
    if answer.body is ABSENT:
        return failing("a JSON object", "no JSON") if constraint.pointer == "" else None
    if constraint in schema.broken(answer.body):
        seen = read(answer.body, constraint.pointer)
        return failing(
            f"{constraint.keyword} {shortened(constraint.value)}", "missing" if seen is ABSENT else shortened(seen)
        )
    return PASS if read(answer.body, constraint.pointer) is not ABSENT else None
