"""What each request shows if the gateway conforms, so that those which show most for their images can go first."""

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from itertools import count
from typing import TypeAlias

import orjson

from contract_tests.client.case import Case
from contract_tests.images_needed import ImagesNeeded
from contract_tests.planning.fields import asks_for, is_named, listed_values, requested_images
from gateway_contract.contract.definition import Contract
from gateway_contract.contract.sample import samples
from gateway_contract.contract.validity import is_valid_in_plain_notation
from gateway_contract.rules.judge import Judgement, judge
from gateway_contract.rules.rule import Outcome, Rule, RuleKind, Shown
from gateway_contract.schema.constraint import Level
from gateway_contract.traffic.exchange import Answer, Exchange, Image, KeptUse, Request
from gateway_contract.traffic.request_form import in_form
from gateway_contract.values.json_value import ABSENT, Json, compact, read_json
from gateway_contract.values.pointer import below, parent, placed, read
from gateway_contract.values.size import Size, parse_size

ShownPart: TypeAlias = tuple[Rule, Shown | None, bytes]
"""A rule with the side of it that is shown, and where: by which model and for which form of images, or empty."""
Shows: TypeAlias = frozenset[ShownPart]
"""What a request decides."""

ACCEPTED, REJECTED = 200, 400
PIXELS = Size(1024, 1024)


def shown_by(contract: Contract, rules: Iterable[Rule], case: Case) -> Shows:
    """What a request decides without a view of the upstream, if the gateway does with it as the contract says."""
    exchange = conforming_exchange(contract, case)
    where = _where(contract, exchange)
    return frozenset(
        (one.rule, one.finding.shows, where if _may_depend_on_model(one.rule) else b"")
        for one in judge(contract, rules, exchange)
        if isinstance(one, Judgement) and one.finding.outcome is not Outcome.INCONCLUSIVE
    )


def _may_depend_on_model(rule: Rule) -> bool:
    """Whether a rule is judged for each model and each form of images, as a fault may lie with one of them only."""
    return rule.kind is RuleKind.RESPONSE and rule.level is Level.DOCUMENTED


def _where(contract: Contract, exchange: Exchange) -> bytes:
    """The model and the form of images that a request asks for: what the contract lists of its required fields."""
    body, images = exchange.request.body, contract.images
    if body is ABSENT:
        return b""
    forms = () if images is None else images.image_fields
    return compact([*listed_values(contract, body), *(form.key for form in forms if asks_for(contract, form, body))])


def conforming_exchange(contract: Contract, case: Case) -> Exchange:
    """What comes of a case at a gateway that conforms, as far as its response shows."""
    body = read_json(case.content)
    operation = contract.operation
    request = Request(
        case.method or operation.method,
        operation.path,
        in_form((("Content-Type", "application/json"),), case.form),
        case.content,
        body,
        case.credential,
        case.form,
    )
    images: tuple[tuple[Image, ...], ...] = ()
    if body is ABSENT or case.method or not (case.is_authorized and is_valid_in_plain_notation(contract, body)):
        status, said = REJECTED, None if operation.refusal is None else _sample(operation.refusal.parts[0].schema)
    else:
        images = tuple((image,) for image in _images(contract, body))
        status, said = ACCEPTED, _response(contract, [item[0].key for item in images])
    answer = Answer(status, (("Content-Type", "application/json"),), orjson.dumps(said), said, 0.0, 0.0)
    kept = KeptUse("another request", repeats=False, to_blame=False) if case.kept else None
    return Exchange(request, answer, images=images, carried=(), kept=kept, name=case.name)


def _response(contract: Contract, keys: Sequence[str]) -> Json:
    """A response with all that it may hold, and for each image an item that holds it under its key."""
    parts, images = contract.operation.answer.parts, contract.images
    said = _sample(parts[0].schema)
    for part in parts:
        if is_named(part.pointer) and read(said, parent(part.pointer)) is not ABSENT:
            said = placed(said, part.pointer, _sample(part.schema)) if read(said, part.pointer) is ABSENT else said
    if images is not None:
        items = read(said, images.pointer)
        item = items[0] if isinstance(items, list) and items else {}
        said = placed(said, images.pointer, [placed(item, below("", key), key) for key in keys])
    return said


def _sample(schema: Json) -> Json:
    return next(samples(schema), None)


def _images(contract: Contract, body: Json) -> Iterable[Image]:
    found = contract.images
    if found is None:
        return
    size = PIXELS if found.size is None else parse_size(read(body, found.size.pointer)) or PIXELS
    fields = found.image_fields
    key = next((one for one in fields if asks_for(contract, one, body)), fields[0]).key if fields else ""
    for number in range(requested_images(contract, body)):
        digest = hashlib.sha256(str(number).encode()).hexdigest()
        yield Image(key, "", "image/png", "PNG", size.width, size.height, digest, None)


def best_first(contract: Contract, rules: Sequence[Rule], paid: Sequence[Case], free: Iterable[Case]) -> list[Case]:
    """The requests that cost images, in the order in which a small budget spends most on documented rules.

    `free` are those that are sent in any case.
    """
    known = frozenset[ShownPart]().union(*(shown_by(contract, rules, case) for case in free))
    left = {case: shown_by(contract, rules, case) - known for case in paid}
    times = Counter(shown for case in left for shown in left[case])
    only = {shown for shown, number in times.items() if number == 1}
    ordered = []
    while left:
        best = max(left, key=lambda case: _rank(case, left[case], only))
        known = left.pop(best)
        ordered.append(best)
        left = {case: shown - known for case, shown in left.items()}
    return ordered


def _rank(case: Case, shown: Shows, only: Collection[ShownPart]) -> tuple[bool, float, float]:
    """Whether a request shows of documented rules what no other does; what it adds for an image, of them and of all."""
    documented = [one for one in shown if one[0].level is Level.DOCUMENTED]
    images = max(case.images, 1)
    return any(one in only for one in documented), len(documented) / images, len(shown) / images


def images_needed(contract: Contract, rules: Collection[Rule], cases: Iterable[Case], jobs: int) -> ImagesNeeded:
    """What the images of some requests are for, the first of which is sent before the plan; free ones count first.

    Documented rules about responses are to be judged for each model and each form of images.
    """
    look, *planned = cases
    known = set[ShownPart]()
    shown: dict[Rule, set[Shown | None]] = {}
    judged: dict[Rule, None] = {}
    images = documented = without_more = 0
    for case in (*(case for case in planned if not case.images), look, *(case for case in planned if case.images)):
        images += case.images
        for part in shown_by(contract, rules, case) - known:
            rule, side, _ = part
            known.add(part)
            shown.setdefault(rule, set()).add(side)
            if rule.needs <= shown[rule]:
                judged.setdefault(rule)
                documented = images if rule.level is Level.DOCUMENTED else documented
        without_more = len(judged) if documented == images else without_more
    only_more = set(list(judged)[without_more:])
    return ImagesNeeded(
        documented=documented,
        documented_rules=sum(rule.level is Level.DOCUMENTED for rule in judged),
        documented_budget=least_budget(documented, jobs),
        more=images - documented,
        expected=tuple(rule.id for rule in rules if rule in only_more),
        budget=least_budget(images, jobs),
    )


def images_to_plan(budget: int, jobs: int) -> int:
    """How many images of a budget go to valid requests. Each invalid one reserves its images until it is rejected."""
    return max(budget - max(budget // 5, jobs), 0)


def least_budget(images: int, jobs: int) -> int:
    return next(budget for budget in count(images) if images_to_plan(budget, jobs) >= images)
