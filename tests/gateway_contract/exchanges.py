"""Exchanges typed by hand: what a gateway that keeps to its contract does, and ways to spoil it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Literal

from gateway_contract.contract.definition import Contract
from gateway_contract.rules.derive import derive_rules
from gateway_contract.rules.judge import JudgeError, Judgement, judge
from gateway_contract.rules.rule import Finding, Outcome, Rule
from gateway_contract.traffic.exchange import (
    Answer,
    BrokenImage,
    Credential,
    Exchange,
    Headers,
    Image,
    Request,
    UpstreamCall,
)
from gateway_contract.values.json_value import ABSENT, UNOBSERVED, Json, Nothing
from gateway_contract.values.pointer import placed

NOW = 1_700_000_000.0
TOKEN = "sk-client-0123456789"
KEY = "sk-upstream-9876543210"
JSON: Headers = (("content-type", "application/json"),)
ERROR: Json = {"error": {"message": "no", "type": "invalid_request_error", "code": None, "param": None}}

Body = dict[str, Json]


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one gateway speaks, typed from its page and not from its contract."""

    path: str
    upstream_path: str
    call: Callable[[Body], Json]
    count: str
    size: str
    default_size: str
    asked_by: str
    image_fields: Mapping[str, str]  # value of `asked_by` to the key of an item; the first is the default
    answer: Callable[[list[Json]], Json]
    items: str  # JSON Pointer into the answer

    def conforming(self, body: Body, *, images: int | None = None, call: Json = None) -> Exchange:
        """The exchange of a gateway that does what the page says."""
        said = body.get(self.count, 1)
        count = images if images is not None else said if isinstance(said, int) else 1
        asked = body.get(self.asked_by, next(iter(self.image_fields)))
        size = str(body.get(self.size, self.default_size))
        images_made = tuple((drawn(self.image_fields[str(asked)], size, number),) for number in range(count))
        items: list[Json] = [{item[0].key: f"carried {item[0].digest}"} for item in images_made]
        return Exchange(
            request=post(body, path=self.path),
            answer=answered(self.answer(items)),
            upstream=(called(self.call(body) if call is None else call, count, path=self.upstream_path),),
            images=images_made,
        )

    def refusing(self, body: Json, status: int = 400) -> Exchange:
        return Exchange(post(body, path=self.path), answered(ERROR, status), upstream=(), images=())


def drawn(key: str, size: str, number: int = 0) -> Image:
    width, height = (int(side) for side in size.replace("x", "*").split("*"))
    return Image(key, "", "image/png", "PNG", width, height, digest=f"digest-{number}", identity=f"image-{number}")


def post(
    body: Json | Literal[Nothing.ABSENT],
    *,
    credential: Credential = Credential.RIGHT,
    path: str = "/v1/images/generations",
    method: str = "POST",
) -> Request:
    content = b"{" if body is ABSENT else json.dumps(body).encode()
    return Request(method, path, (*JSON, ("Authorization", f"Bearer {TOKEN}")), content, body, credential)


def answered(body: Json | Literal[Nothing.ABSENT], status: int = 200, headers: Headers = JSON) -> Answer:
    content = b"<html>" if body is ABSENT else json.dumps(body).encode()
    return Answer(status, headers, content, body, seconds=0.5, received_at=NOW)


def called(
    body: Json | Literal[Nothing.ABSENT], count: int = 1, *, path: str = "/up", status: int = 200
) -> UpstreamCall:
    images = tuple(f"image-{number}" for number in range(count))
    return UpstreamCall("POST", path, (*JSON, ("authorization", f"Bearer {KEY}")), body, NOW, status, images)


def with_call(exchange: Exchange, body: Json | Literal[Nothing.ABSENT]) -> Exchange:
    """The same exchange with another upstream call."""
    return replace(exchange, upstream=(replace(first_call(exchange), body=body),))


def first_call(exchange: Exchange) -> UpstreamCall:
    assert exchange.upstream is not UNOBSERVED
    return exchange.upstream[0]


def call_body(exchange: Exchange) -> Json:
    body = first_call(exchange).body
    assert body is not ABSENT
    return body


def with_images(exchange: Exchange, *images: Image | BrokenImage) -> Exchange:
    """The same exchange with other images, one per item."""
    return replace(exchange, images=tuple((image,) for image in images))


def with_status(exchange: Exchange, status: int) -> Exchange:
    """The same exchange, answered with an error of a status, and nothing made."""
    return replace(exchange, answer=answered(ERROR, status), upstream=(), images=())


def with_answer(exchange: Exchange, pointer: str, value: Json) -> Exchange:
    """The same exchange with another value in the answer."""
    assert isinstance(exchange.answer, Answer)
    assert exchange.answer.body is not ABSENT
    return replace(exchange, answer=answered(placed(exchange.answer.body, pointer, value)))


def sent_as(exchange: Exchange, credential: Credential = Credential.RIGHT, method: str = "POST") -> Exchange:
    return replace(exchange, request=replace(exchange.request, credential=credential, method=method))


@dataclass(frozen=True, slots=True)
class Judged:
    """The findings of one exchange, by what follows the contract's name in a rule's id."""

    findings: Mapping[str, Finding]
    rules: Mapping[str, Rule] = field(repr=False)

    def failed(self, level: str | None = None) -> set[str]:
        return {
            name
            for name, finding in self.findings.items()
            if finding.outcome is Outcome.FAIL and level in {None, self.rules[name].level}
        }

    def outcome(self, name: str) -> Outcome | None:
        assert name in self.rules
        return self.findings[name].outcome if name in self.findings else None


@lru_cache
def rules_of(contract: Contract) -> tuple[Rule, ...]:
    return derive_rules(contract)


def short_id(rule: Rule) -> str:
    return rule.id.partition("/")[2]


def judged(contract: Contract, exchange: Exchange) -> Judged:
    rules = rules_of(contract)
    findings = {short_id(found.rule): finding_of(found) for found in judge(contract, rules, exchange)}
    return Judged(findings, {short_id(rule): rule for rule in rules})


def finding_of(judged: Judgement | JudgeError) -> Finding:
    assert isinstance(judged, Judgement), judged
    return judged.finding


def finding(contract: Contract, name: str, exchange: Exchange) -> Finding | None:
    """What one rule, by the end of its id, says of an exchange."""
    rule = next(rule for rule in rules_of(contract) if short_id(rule) == name)
    return next(map(finding_of, judge(contract, [rule], exchange)), None)


def _parameters(body: Body) -> Body:
    names = ("n", "size", "negative_prompt", "prompt_extend", "watermark", "seed")
    said = {name: body[name] for name in names if name in body}
    return said | ({"size": str(said["size"]).replace("x", "*")} if "size" in said else {})


def _powertokens_call(body: Body) -> Json:
    messages: Json = [{"role": "user", "content": [{"text": body["prompt"]}]}]
    return {"model": body["model"], "input": {"messages": messages}, "parameters": _parameters(body)}


def _powerbuyin_call(body: Body) -> Json:
    return {"model": body["model"], "input": body["input"], "parameters": _parameters(body)}


def _images_answer(items: list[Json]) -> Json:
    return {"created": int(NOW), "data": items, "metadata": {}}


_FLAT = Dialect(
    path="/v1/images/generations",
    upstream_path="/api/v1/services/aigc/multimodal-generation/generation",
    call=_powertokens_call,
    count="n",
    size="size",
    default_size="1024*1024",
    asked_by="response_format",
    image_fields={"url": "url", "b64_json": "b64_json"},
    answer=_images_answer,
    items="/data",
)
DIALECTS: Mapping[str, Dialect] = {"powertokens": _FLAT, "powerbuyin": replace(_FLAT, call=_powerbuyin_call)}
