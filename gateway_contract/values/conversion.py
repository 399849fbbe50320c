"""Values of another type or form with one obvious meaning: the closed list of what a gateway may convert."""

import re
from collections.abc import Callable, Mapping
from typing import Literal, TypeAlias

from gateway_contract.values.json_value import ABSENT, Json, Nothing, same
from gateway_contract.values.size import SIDE_DIGITS, Size

Conversion: TypeAlias = Callable[[Json], Json | Literal[Nothing.ABSENT]]
"""The value that another one obviously means; ABSENT where it has no obvious meaning."""

INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,18})")
SIZE_SEPARATORS = re.compile("[*xX×＊]")  # noqa: RUF001 # the full-width asterisk of Chinese keyboards
LONGEST_SIZE = 100


def _integer(value: Json) -> Json | Literal[Nothing.ABSENT]:
    return int(value) if isinstance(value, str) and INTEGER.fullmatch(value) else ABSENT


def _boolean(value: Json) -> Json | Literal[Nothing.ABSENT]:
    for meaning, words in ((True, (1, "1", "true")), (False, (0, "0", "false"))):
        if any(same(value.lower() if isinstance(value, str) else value, word) for word in words):
            return meaning
    return ABSENT


def _image_size(value: Json) -> Json | Literal[Nothing.ABSENT]:
    """Line breaks and other white space around a number, a plus sign, digits of any script and underscores."""
    sides = SIZE_SEPARATORS.split(value) if isinstance(value, str) and len(value) <= LONGEST_SIZE else []
    try:
        numbers = [int(side) for side in sides]
    except ValueError:
        return ABSENT
    if len(numbers) == 2 and all(0 < number < 10**SIDE_DIGITS for number in numbers):
        return str(Size(*numbers))
    return ABSENT


TO_TYPE: Mapping[str, Conversion] = {"integer": _integer, "boolean": _boolean}
TO_FORMAT: Mapping[str, Conversion] = {"image-size": _image_size}
"""By the type or the format that the value is to have."""


def conversion_to(keyword: str, name: Json) -> Conversion | None:
    """The conversion to a `type` or a `format`; None where nothing is converted to it."""
    known = {"type": TO_TYPE, "format": TO_FORMAT}.get(keyword)
    return None if known is None or not isinstance(name, str) else known.get(name)
