"""JSON Pointers that are taken apart once, to read and to put the same values in many bodies."""

from collections.abc import Callable, Sequence
from copy import deepcopy
from itertools import groupby
from typing import Literal, TypeAlias

from gateway_contract.values.json_value import ABSENT, Json, Nothing
from gateway_contract.values.pointer import HOLDERS, hold, index_of, parent, read, tokens, walked, way_to

Value: TypeAlias = Json | Literal[Nothing.ABSENT]
ReadEach: TypeAlias = Callable[[object], list[Value]]
PutEach: TypeAlias = Callable[[Json, Sequence[Value]], None]


def reader(pointers: Sequence[str]) -> ReadEach:
    """Gives what `read` does for each of some pointers: those into one object, side by side, cost little more than one.

    Raises ValueError for the empty pointer.
    """
    groups = tuple(
        (tuple((token, index_of(token)) for token in tokens(holder)), places) for holder, places in _by_holder(pointers)
    )
    nothing: list[Value] = [ABSENT] * len(pointers)

    def read_each(body: object) -> list[Value]:
        found = nothing.copy()
        for path, places in groups:
            held = body
            for token, index in path:
                if type(held) is dict:
                    held = held.get(token, ABSENT)
                elif type(held) is list and 0 <= index < len(held):
                    held = held[index]
                else:
                    held = ABSENT
                    break
            if type(held) is dict:
                for place, name in places:
                    found[place] = held.get(name, ABSENT)
            elif held is not ABSENT:
                for place, _ in places:
                    found[place] = read(body, pointers[place])
        return found

    return read_each


def putter(pointers: Sequence[str]) -> PutEach:
    """Puts each value that is there at its pointer, as `put` does, one after the other; lists and objects as copies.

    Those into one object, side by side, walk the way to it once. Raises ValueError for the empty pointer.
    """
    groups = tuple(
        tuple((place, name, way_to(pointers[place])[0]) for place, name in places) for _, places in _by_holder(pointers)
    )

    def put_each(body: Json, values: Sequence[Value]) -> None:
        for group in groups:
            holder: Json = None
            for place, name, way in group:
                value = values[place]
                if value is ABSENT:
                    continue
                if holder is None:
                    holder = walked(body, way)
                own: Json = deepcopy(value) if type(value) in HOLDERS else value
                if type(holder) is dict:
                    holder[name] = own
                else:
                    hold(holder, name, own)

    return put_each


def _by_holder(pointers: Sequence[str]) -> tuple[tuple[str, tuple[tuple[int, str], ...]], ...]:
    """Pointers to what holds something, each with the places and last tokens of those, side by side, into it."""
    if "" in pointers:
        raise ValueError("a body is in nothing")
    together = groupby(enumerate(pointers), key=lambda placed: parent(placed[1]))
    return tuple((holder, tuple((place, tokens(one)[-1]) for place, one in places)) for holder, places in together)
