"""A contract: what one OpenAPI document says about one operation of a gateway, and about the upstream behind it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Literal

from gateway_contract.contract.idempotency import IdempotencyKey
from gateway_contract.document.load_document import Document
from gateway_contract.document.node import DocumentWarning, Place
from gateway_contract.schema.constraint import CompiledSchema, Condition, Failures, Level
from gateway_contract.values.json_value import ABSENT, Json, Nothing, same
from gateway_contract.values.normalization import MATCHES, NORMALIZATIONS
from gateway_contract.values.pointer import read


@dataclass(frozen=True, slots=True)
class Clause:
    """One statement of the vendor's page. `excused` says why no rule covers it."""

    id: str
    level: Level
    says: str
    excused: str | None
    place: Place


@dataclass(frozen=True, slots=True)
class Expectation:
    """A promise that the contract names in words and a judge knows by its name."""

    rule: str  # subject/property
    judge: str
    clause: str
    says: str
    place: Place


@dataclass(frozen=True, slots=True)
class Example:
    """A request body that the page itself gives."""

    name: str
    body: Json
    clause: str | None
    place: Place


DEFAULT_SENT = "default-sent"
"""The rule that a value arrives upstream although it is the upstream's default."""


@dataclass(frozen=True, slots=True, eq=False)
class MappedField:
    """A field of the request and where its value must arrive in the upstream call."""

    pointer: str  # in the client's request
    subject: str
    upstream: str  # JSON Pointer into the upstream's request
    normalize: str | None
    match: str
    preserve: tuple[Json, ...]
    may_be_invented: bool
    clause: str | None
    clauses: Mapping[str, str]  # of the rules that cite another clause, by the end of their ids
    level: Level | None
    place: Place
    unjudged_when: tuple[Condition, ...]

    def clause_of(self, rule: str) -> str | None:
        """The clause of one of the field's rules, by the end of its id."""
        return self.clauses.get(rule, self.clause)

    @property
    def may_omit_default(self) -> bool:
        """Whether a value that is the upstream's default may be left out, by the page."""
        return DEFAULT_SENT in self.clauses

    def judged_for(self, body: Json) -> bool:
        return not self.unjudged_when or not any(condition.holds(body) for condition in self.unjudged_when)

    def expected(self, value: Json) -> Json:
        """The upstream's form of a client's value."""
        return value if self.normalize is None else NORMALIZATIONS[self.normalize](value)

    def arrived(self, value: Json, seen: Json) -> bool:
        return MATCHES[self.match](self.expected(value), seen)


@dataclass(frozen=True, slots=True)
class ImageField:
    """A property of an image item that holds a link to the image or, `inline`, the image itself as Base64."""

    key: str
    subject: str
    inline: bool
    asked_by: str  # JSON Pointer into the request
    value: Json  # which asks for this image field
    clause: str | None
    level: Level | None
    place: Place


@dataclass(frozen=True, slots=True)
class ImageSize:
    """Which field of the request says the pixels of the images, and how strongly that is promised."""

    pointer: str
    clause: str | None
    otherwise: str | None  # the clause for requests outside `when`
    when: tuple[str, Failures] | None  # where the field meets the schema
    place: Place


@dataclass(frozen=True, slots=True)
class ImageItems:
    """Where in a successful answer the images are."""

    pointer: str
    subject: str
    count: str  # JSON Pointer into the request
    count_clause: str | None
    image_fields: tuple[ImageField, ...]
    size: ImageSize | None
    place: Place


@dataclass(frozen=True, slots=True)
class UnixTime:
    """A field of the answer that holds the time of the answer."""

    pointer: str
    subject: str
    tolerance: float  # seconds
    clause: str | None
    level: Level | None
    place: Place


@dataclass(frozen=True, slots=True)
class MockValue:
    """What a mock puts in a part of its answer: a value of the request, or a literal one."""

    source: str | None  # JSON Pointer into the request; None for a literal value
    literal: Json | Literal[Nothing.ABSENT]
    when: tuple[str, Json] | None  # only where this field of the request has this value, by word or by default
    extended: bool  # whether a text comes back longer than it was sent
    place: Place


@dataclass(frozen=True, slots=True)
class MockRejection:
    """A value of a request that a mock rejects although the contract leaves it open, and why, in a sentence."""

    pointer: str
    value: Json
    says: str

    def applies(self, body: Json) -> bool:
        found = read(body, self.pointer)
        return found is not ABSENT and same(found, self.value)


@dataclass(frozen=True, slots=True)
class MockStream:
    """How a mock responds with events, as the OpenAI API does: what requests them, and what they hold.

    `partial` and `completed` are the events without what is computed; the pointers lead to that.
    """

    when: tuple[str, Json]  # a field of the request, and the value with which it requests events
    partial_images: str  # JSON Pointer into the request: how many partial images are requested
    partial: Mapping[str, Json]
    completed: Mapping[str, Json]
    image: str
    index: str  # of a partial image, from 0
    time: str  # Unix time
    pixels: str  # width and height of the image

    def is_requested(self, body: Json) -> bool:
        pointer, value = self.when
        found = read(body, pointer)
        return found is not ABSENT and same(found, value)


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of a document, with its schemas."""

    id: str
    method: str
    path: str
    pointer: str
    request: CompiledSchema
    answer: CompiledSchema
    refusal: CompiledSchema | None
    secured: Place | None


@dataclass(frozen=True, slots=True)
class Drawing:
    """Which parts of an upstream request shape its images: JSON Pointers into it, None where nothing does."""

    count: str
    size: str
    named_sizes: Mapping[str, str]
    caption: str
    variation: str | None
    signature: str | None
    shape: tuple[str, ...]  # whatever else makes other images


@dataclass(frozen=True, slots=True, eq=False)
class Upstream:
    """What stands behind a gateway, by its own document."""

    name: str
    document: Document
    operation: Operation
    base: str  # the path of the server's URL
    protocol: str
    drawing: Drawing
    constants: Mapping[str, Json]  # JSON Pointer to what a gateway sets there by itself
    others: Mapping[str, "Upstream"] = field(default_factory=dict)  # by operationId: the rest that makes images

    def behind(self, method: str, target: str) -> "Upstream":
        """The operation that a call is for, by its method and path; this one where it is for none that is known."""
        path = target.partition("?")[0]
        return next((other for other in self.others.values() if other.is_called_by(method, path)), self)

    def is_called_by(self, method: str, path: str) -> bool:
        return (method, path) == (self.operation.method, self.base + self.operation.path)

    def with_base(self, base: str) -> "Upstream":
        """The same upstream at another path."""
        others = {name: other.with_base(base) for name, other in self.others.items()}
        return replace(self, base=base, others=others)


@dataclass(frozen=True, slots=True, eq=False)
class Contract:
    """All that a gateway promises, as data. Compared by identity."""

    name: str
    document: Document
    operation: Operation
    clauses: Mapping[str, Clause]
    expectations: tuple[Expectation, ...]
    examples: tuple[Example, ...]
    operation_clause: str | None
    security_clause: str | None
    mapped: tuple[MappedField, ...]
    marks: tuple[str, ...]  # JSON Pointers to free text that may hold a mark
    images: ImageItems | None
    times: tuple[UnixTime, ...]
    mock_values: Mapping[str, MockValue]  # by pointer into the answer
    upstream: Upstream | None
    idempotency_key: IdempotencyKey | None = None
    mock_rejections: tuple[MockRejection, ...] = ()
    mock_stream: MockStream | None = None
    warnings: tuple[DocumentWarning, ...] = ()

    @property
    def request(self) -> CompiledSchema:
        return self.operation.request

    @property
    def digest(self) -> str:
        """The SHA-256 of the contract's document and its upstream's, with overlays and whatever they refer to."""
        trees = [self.document.tree, None if self.upstream is None else self.upstream.document.tree]
        return f"sha256:{sha256(json.dumps(trees, sort_keys=True).encode()).hexdigest()}"

    def mapping_of(self, pointer: str) -> MappedField | None:
        return next((field for field in self.mapped if field.pointer == pointer), None)
