"""What is kept of an answer once its images were looked at: all of a usual one, and of a large one the beginnings."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, replace

from gateway_contract.contract.definition import Contract
from gateway_contract.traffic.exchange import Answer
from gateway_contract.values.json_value import ABSENT, Json, compact
from gateway_contract.values.pointer import placed, read

KEPT_OF_IMAGE = 1024
"""Characters of an image within an answer that are kept; a multiple of four, as Base64 is."""

LARGE = 64 * 1024
"""Bytes of a usual answer without its images. A run keeps hundreds of answers until they are judged."""

KEPT_OF_TEXT = 1024  # characters of a longer text in a large answer
KEPT_OF_MANY = 32  # characters of each text where there are so many that they are too long together

MANY = 2000
"""Values of JSON in a usual answer: each takes up to a hundred bytes and more."""

MANY_IN_FULL = 5
"""How many answers with more values are kept with all of them; of later ones the first values are."""


@dataclass(slots=True)
class KeptAnswers:
    """The answers of one run; `in_full` of those to come may keep however many values they have."""

    in_full: int = MANY_IN_FULL

    def keep(self, contract: Contract, answer: Answer) -> Answer:
        """What is kept of an answer."""
        if answer.body is ABSENT:
            return replace(answer, content=_beginning(answer.content))
        body = without_images(contract, answer.body)
        if has_many_values(answer.content):
            self.in_full -= 1
            body = body if self.in_full >= 0 else FirstValues(MANY).of(body)
        if body is answer.body and len(answer.content) <= LARGE:
            return answer
        if text_length(body) > LARGE // 2:
            body = without_long_texts(body, KEPT_OF_TEXT)
        content = compact(body)
        if len(content) > LARGE:
            body = without_long_texts(body, KEPT_OF_MANY)
            content = compact(body)
        return replace(answer, content=content, body=body)


def has_many_values(content: bytes) -> bool:
    return sum(map(content.count, (b",", b"[", b"{"))) > MANY


def _beginning(content: bytes) -> bytes:
    if len(content) <= LARGE:
        return content
    digest = hashlib.sha256(content).hexdigest()
    return content[:LARGE] + f"… ({len(content)} bytes, SHA-256 {digest})".encode()


def without_images(contract: Contract, body: Json) -> Json:
    """A body with the beginning of each image that it carries."""
    items = read(body, contract.images.pointer) if contract.images is not None else None
    if contract.images is None or not isinstance(items, list):
        return body
    inline = {image_field.key for image_field in contract.images.image_fields if image_field.inline}
    cut = [_cut_images(item, inline) for item in items]
    if all(left is right for left, right in zip(cut, items, strict=True)):
        return body
    return placed(body, contract.images.pointer, cut)


def _cut_images(item: Json, keys: Collection[str]) -> Json:
    if not isinstance(item, dict):
        return item
    long = {key: text for key in keys if isinstance(text := item.get(key), str) and len(text) > KEPT_OF_IMAGE}
    return {**item, **{key: text[:KEPT_OF_IMAGE] for key, text in long.items()}} if long else item


def text_length(value: Json) -> int:
    """The characters of all texts in a value."""
    match value:
        case str():
            return len(value)
        case list():
            return sum(map(text_length, value))
        case dict():
            return sum(map(text_length, (*value, *value.values())))
    return 0


def without_long_texts(value: Json, most: int) -> Json:
    """A value with the beginning of each longer text, its length and its digest."""
    match value:
        case str():
            return _cut_text(value, most)
        case list():
            return [without_long_texts(item, most) for item in value]
        case dict():
            return {_cut_text(key, most): without_long_texts(item, most) for key, item in value.items()}
    return value


def _cut_text(text: str, most: int) -> str:
    if len(text) <= most or most == KEPT_OF_MANY:
        return text[:most]
    digest = hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()
    return f"{text[:most]}… ({len(text)} characters, SHA-256 {digest})"


@dataclass(slots=True)
class FirstValues:
    """Copies values until so many are `left`."""

    left: int

    def of(self, value: Json) -> Json:
        """A value with as many of the values in it as may still be copied."""
        match value:
            case list():
                return [self.of(item) for item in value if self._may_copy()]
            case dict():
                return {key: self.of(item) for key, item in value.items() if self._may_copy()}
        return value

    def _may_copy(self) -> bool:
        self.left -= 1
        return self.left >= 0
