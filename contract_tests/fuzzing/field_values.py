"""Values for one field, drawn at random: mostly allowed ones, near every bound, and unexpected ones."""

from collections.abc import Iterable, Iterator, Sequence
from math import isqrt

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from contract_tests.client.correlation import PLACEHOLDER
from contract_tests.planning.fields import RequestField, base_request
from contract_tests.planning.valid_values import UNLIMITED, bounds_of, limits, valid_values
from gateway_contract.contract.definition import Contract
from gateway_contract.contract.validity import validity_of
from gateway_contract.schema.constraint import Constraint
from gateway_contract.values.json_value import Json
from gateway_contract.values.pointer import placed
from gateway_contract.values.sample_texts import of_length
from gateway_contract.values.size import SEPARATORS

LATIN = "abcdefghijklmnopqrstuvwxyzäéñøß ABCXYZ"
CHINESE = "黄昏的灯塔海浪拍岸山水人天"
ARABIC = "ابتثجحخدذرزسشصضطظعغفقكلمنهوي "
DEVANAGARI = "अआइईउऊकखगघचछजझटठडढणतथदधनपफबभमयरलवशषसह "  # letters of that script
EMOJI = "🌊🎨🚀🦊"
SCRIPTS = (LATIN, CHINESE, ARABIC, DEVANAGARI, EMOJI)
LAST_COUNTED = 0xFFFF
"""The end of the Basic Multilingual Plane: how a gateway counts what lies beyond it is not judged."""

BLANKS_AROUND = ("S\n", "S\n", "S\r\n", "\nS", "S\t", "\tS")
"""The first ones pass patterns that end in a dollar sign, in many languages."""
ALMOST_SIZES = ("0S", "-S", "S.0", "Spx", "S*1", "*S", "S*", "S/", "(S)", "S,S")
LONGEST = 24  # characters of a text that is not near a limit
NEAR = 3  # steps from a bound
LARGEST = 2**31 - 1
SMALLEST_SIZE, LARGEST_SIZE = 64 * 64, 4096 * 4096  # pixels, where nothing bounds them
DEEP = 40  # lists within one another


def fitting(contract: Contract, field: RequestField) -> SearchStrategy[Json] | None:
    """Values that the contract allows for a field, as far as its own bounds say so; None where it names none."""
    listed = valid_values(contract, field)
    drawn = list(_in_range(contract, field))
    known = [st.sampled_from(listed)] if listed else []
    # The plan has sent what is listed: twice as often comes what it has not.
    return st.one_of(*known, *drawn, *drawn) if known or drawn else None


def _in_range(contract: Contract, field: RequestField) -> Iterator[SearchStrategy[Json]]:
    bounds = list(bounds_of(contract, field))
    match field.schema.get("type"):
        case _ if isinstance(field.schema.get("enum"), list):
            return
        case "integer":
            low, high = bounds_or(bounds, "minimum", "maximum", 0, LARGEST)
            yield st.integers(low, high)
        case "number":
            low, high = bounds_or(bounds, "minimum", "maximum", 0, 1)
            yield st.floats(low, high)
        case "string" if field.schema.get("format") == "image-size":
            low, high = bounds_or(bounds, "x-pixels/minimum", "x-pixels/maximum", SMALLEST_SIZE, LARGEST_SIZE)
            yield sizes(low, high, separators(contract, field))
        case "string":
            limit = int(min(limits(bounds, "maxLength"), default=UNLIMITED))
            yield texts(range(limit - NEAR, limit + 1), _head(field))


def beyond(contract: Contract, field: RequestField) -> SearchStrategy[Json]:
    """Values on both sides of a field's bounds, and ones of its type that are nowhere near."""
    bounds = list(bounds_of(contract, field))
    drawn = list(_at_bounds(bounds, _head(field)))
    return st.one_of(*drawn) if drawn else anything()


def _at_bounds(bounds: Iterable[Constraint], head: str) -> Iterator[SearchStrategy[Json]]:
    for bound in bounds:
        for value in map(int, limits([bound], bound.keyword)):
            match bound.keyword:
                case "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum":
                    yield st.integers(value - NEAR, value + NEAR)
                    yield st.integers(-(2**63), 2**63 - 1)
                case "maxLength" | "minLength":
                    yield texts(range(max(value - NEAR, 0), value + NEAR + 1), head)
                case "x-pixels/minimum" | "x-pixels/maximum":
                    yield sizes_near(value)
        if bound.keyword == "format":
            yield from (malformed_sizes(BLANKS_AROUND), malformed_sizes(ALMOST_SIZES))


def bounds_or(bounds: Sequence[Constraint], lower: str, upper: str, low: int, high: int) -> tuple[int, int]:
    """The widest range that the bounds leave, or the one given where they leave a side open."""
    return int(min(limits(bounds, lower), default=low)), int(max(limits(bounds, upper), default=high))


def separators(contract: Contract, field: RequestField) -> str:
    """Those that the contract takes in a size."""
    base = base_request(contract)
    taken = [sign for sign in SEPARATORS if validity_of(contract, placed(base, field.pointer, f"1024{sign}1024")).valid]
    return "".join(taken) or SEPARATORS


def sizes(low: int, high: int, signs: str = SEPARATORS) -> SearchStrategy[str]:
    """Sizes with a product in the range, whatever their shape; as often as not exactly at the edge of it."""
    widths = st.integers(isqrt(low) // 2, isqrt(high) * 2)
    return widths.flatmap(
        lambda width: st.builds(
            lambda height, separator: f"{width}{separator}{height}",
            st.one_of(st.integers(-(-low // width), max(high // width, -(-low // width))), st.just(high // width)),
            st.sampled_from(signs),
        )
    )


def sizes_near(pixels: int) -> SearchStrategy[str]:
    """Well-formed sizes a few steps below and above a product."""
    return st.builds(
        lambda width, step: f"{width}{SEPARATORS[0]}{max(pixels // width + step, 1)}",
        st.integers(isqrt(pixels) // 2, isqrt(pixels) * 2),
        st.integers(-NEAR, NEAR),
    )


def malformed_sizes(forms: Sequence[str]) -> SearchStrategy[str]:
    """Texts that look like sizes: white space, signs, leading zeros, other separators, too few and too many parts."""
    return st.builds(str.replace, st.sampled_from(forms), st.just("S"), sizes(SMALLEST_SIZE, LARGEST_SIZE))


def texts(lengths: range, head: str) -> SearchStrategy[str]:
    """Texts in one script or in all of them: short ones, and ones repeated up to a length.

    Nothing is at their ends that trimming would take.
    """
    alphabets = st.sampled_from([*SCRIPTS, "".join(SCRIPTS)])
    phrases = alphabets.flatmap(lambda letters: st.text(letters, min_size=1, max_size=LONGEST))
    return st.builds(lambda phrase, length: _text(phrase, length, head), phrases, st.none() | st.sampled_from(lengths))


def _text(phrase: str, length: int | None, head: str) -> str:
    if length is None:
        return f"{head} {phrase.strip() or LATIN[0]}".strip()
    counted = "".join(letter for letter in phrase if ord(letter) <= LAST_COUNTED)
    return of_length(length, counted.strip() or LATIN[0], head if length > 2 * len(head) else "")


def _head(field: RequestField) -> str:
    return PLACEHOLDER if field.marked else ""


def anything() -> SearchStrategy[Json]:
    """Any JSON. Control characters, halves of pairs and the like are left out: no page says what comes of them."""
    words = st.text(st.characters(exclude_categories=("Cc", "Cn", "Co", "Cs")), max_size=12)
    plain = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(-1e30, 1e30) | words
    nested = st.recursive(
        plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3), max_leaves=8
    )
    return nested | st.integers(1, DEEP).map(_nested)


def _nested(depth: int) -> Json:
    value: Json = []
    for _ in range(depth):
        value = [value]
    return value
