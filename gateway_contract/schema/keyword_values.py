"""Values just within and just outside what a keyword allows."""

import re
from collections.abc import Iterator, Mapping
from itertools import chain
from math import ceil, floor

from gateway_contract.schema.constraint import fast_failures
from gateway_contract.schema.keyword_type import Candidate
from gateway_contract.values.json_value import ABSENT, Json, distinct, same
from gateway_contract.values.sample_texts import CHINESE, ENGLISH, of_length

WRONG_TYPES: Mapping[str, tuple[Json, ...]] = {
    "integer": ("2", 1.5, True, [1], {}, "1.5", "abc", ""),
    "number": ("0.5", True, [0.5], {}),
    "boolean": ("false", "no", 0, 1, [], "true", "maybe", "", 2),
    "string": (7, ["word"], {}, True),
    "array": ("word", {}, 3),
    "object": ("word", [], 7),
}
FALSY: tuple[Json, ...] = ("", 0, False, [], {})
"""What careless gateways take for "not given"."""

MALFORMED: Mapping[str, tuple[str, ...]] = {
    "image-size": (
        "",
        "auto",
        "big",
        "16:9",
        "1024:1024",
        "1024*1024px",
        "1024",
        "1024*",
        "*1024",
        "1024*1024*2",
        "-1024*1024",
        "1024.5*1024",
        "a*b",
        "1024*1024\n",
        "1_024*1024",
        "\u0967\u0966\u0968\u096a*1024",
    ),
}
"""Texts that break a format."""


NEAR = 2**-10
"""What is nearest to a bound that is not allowed itself: a fraction that every float holds."""


def wrong_types(names: str | list[str]) -> Iterator[Json]:
    """Values of none of the types, those that are easily taken for one of them first, then falsy ones."""
    failures = fast_failures({"type": names})  # type: ignore[dict-item] # a list of names is JSON
    telling = (WRONG_TYPES.get(name, ()) for name in ([names] if isinstance(names, str) else names))
    yield from (value for value in distinct(chain(*telling, FALSY)) if failures(value))


def beside_list(listed: list[Json]) -> Iterator[Json]:
    """Values that resemble a listed one, then falsy ones: none of them is listed."""
    texts = [value for value in listed if isinstance(value, str)]
    near = chain(map(neighbour, texts), map(other_case, texts), *map(with_blanks, texts[:1]))
    others: tuple[Json, ...] = ("no-such-value", f"{listed[0]}-none", 7, [listed[0]])
    yield from (value for value in distinct(chain(near, others, FALSY)) if not any(same(value, one) for one in listed))


def other_case(text: str) -> str:
    return text.lower() if text.isupper() else text.upper()


def with_blanks(text: str) -> Iterator[str]:
    """A text with white space around it; a line break behind it passes patterns that end in a dollar sign."""
    yield from (f" {text}", f"{text} ", f"{text}\n")


def neighbour(text: str) -> str:
    """A text of the same form that differs in its last digit."""
    return re.sub(r"[0-9](?=[^0-9]*$)", lambda digit: str((int(digit[0]) + 1) % 10), text)


def beside_constant(value: Json) -> Iterator[Json]:
    yield from beside_list([value])


def beside_pattern(_pattern: str) -> Iterator[Json]:
    yield from ("", "?", "no such value")


def malformed(name: str) -> Iterator[Json]:
    yield from MALFORMED.get(name, ())


def below(bound: float) -> Iterator[Json]:
    yield from (bound - 1, -1, -2147483648, -1e30)
    yield bound - 0.5
    yield from (0,) if bound > 0 else ()


def above(bound: float) -> Iterator[Json]:
    yield from (bound + 1, bound * 10 + 1, 1e30)
    yield bound + 0.5
    yield from (0,) if bound < 0 else ()


def at_or_below(bound: float) -> Iterator[Json]:
    yield bound
    yield from below(bound)


def at_or_above(bound: float) -> Iterator[Json]:
    yield bound
    yield from above(bound)


def just_above(bound: float) -> Iterator[Json]:
    """The next numbers above a bound: of those that may have a fraction, and of integers."""
    yield from (bound + NEAR, floor(bound) + 1)


def just_below(bound: float) -> Iterator[Json]:
    yield from (bound - NEAR, ceil(bound) - 1)


def not_a_multiple(divisor: float) -> Iterator[Json]:
    yield from (divisor * 1.5, divisor + 1, divisor - 1)


def shorter(length: int) -> Iterator[Json]:
    yield "a" * (length - 1)
    yield ""


def longer(length: int) -> Iterator[Json]:
    yield from (of_length(length + 1, script) for script in (ENGLISH, CHINESE))


def of_exact_length(length: int) -> Iterator[Json]:
    yield from (of_length(length, script) for script in (CHINESE, ENGLISH))


def fewer_items(length: int) -> Iterator[Json]:
    yield ["word"] * (length - 1)
    yield []


def more_items(length: int) -> Iterator[Json]:
    yield ["word"] * (length + 1)


def exactly_as_many_items(length: int) -> Iterator[Json]:
    yield ["word"] * length


def too_few_pixels(pixels: int) -> Iterator[Json]:
    for width, height in shapes(pixels):
        yield from (f"{width}*{height - 1}", f"{width - 1}*{height}")
    yield "64*64"


def too_many_pixels(pixels: int) -> Iterator[Json]:
    for width, height in shapes(pixels):
        yield from (f"{width}*{height + 1}", f"{width + 1}*{height}")
    yield "8192*8192"


def exactly_as_many_pixels(pixels: int) -> Iterator[Json]:
    yield from (f"{width}*{height}" for width, height in shapes(pixels))


def shapes(pixels: int) -> Iterator[tuple[int, int]]:
    """Widths and heights of exactly a product: as square as possible, wide, and tall to the extreme."""
    side = next(side for side in range(int(pixels**0.5), 0, -1) if pixels % side == 0)
    yield side, pixels // side
    if side % 4 == 0:
        yield pixels // (side // 2), side // 2
        yield side // 4, pixels // (side // 4)


SIDES = (512, 1024, 256, 2048)


def exactly_as_wide(aspect: float) -> Iterator[Json]:
    """Sizes of exactly a width / height, where whole pixels can have it."""
    for side in SIDES:
        width, height = (side * aspect, side) if aspect <= 1 else (side, side / aspect)
        if width == int(width) > 0 and height == int(height) > 0:
            yield f"{int(width)}*{int(height)}"


def too_narrow(_aspect: float) -> Iterator[Json]:
    yield "64*16384"


def too_wide(_aspect: float) -> Iterator[Json]:
    yield "16384*64"


def missing(_name: str) -> Iterator[Candidate]:
    yield ABSENT


def anything(name: str) -> Iterator[Json]:
    """Values for a part that must not be there, one that names the part again among them."""
    named: dict[str, Json] = {name: 1}
    values: tuple[Json, ...] = ({}, named, [], "word", 1, False)
    yield from values
