"""Few rows that have every wanted combination of values of some columns: a covering array with constraints.

As in IPOG (Lei and others, 2007) the array grows by columns: the first columns have all combinations of their values,
each further one is filled greedily, and what it then lacks gets rows of its own. Before that, a tabu search changes
single values of the new column, which saves most of these rows.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import TypeAlias

Choice: TypeAlias = tuple[int, int]
"""A column and one of its values, each by its place."""

Combination: TypeAlias = tuple[Choice, ...]
"""Values of different columns, in the order of the columns."""

Row: TypeAlias = dict[int, int]
"""A value for each column; any value will do in a column that is missing."""

CHANGES = 600  # tried in one column
REST = 5  # changes for which a row keeps a value that was changed


def lower_bound(wanted: Iterable[Combination]) -> int:
    """How many rows are needed at least: each has one combination of the same columns."""
    counts: dict[tuple[int, ...], int] = {}
    for combination in wanted:
        columns = tuple(column for column, _ in combination)
        counts[columns] = counts.get(columns, 0) + 1
    return max(counts.values(), default=0)


def covering_array(sizes: Sequence[int], wanted: Mapping[Combination, object], cost: Mapping[Choice, int]) -> list[Row]:
    """Rows that have every wanted combination, and no other of as many values.

    `sizes` are the numbers of values of the columns; few rows are found where they descend. `cost` is what each value
    costs: of those that are worth as much the cheapest is taken. The same arguments give the same rows.
    """
    strength = max(map(len, wanted), default=0)
    rows = [dict(combination) for combination in _mixed(sizes[:strength]) if combination in wanted]
    for column in range(strength, len(sizes)):
        added = _column(column, sizes[column], rows, wanted, strength)
        _fill(added, cost)
        _reduce_missing(added, cost)
        for row, value in zip(rows, added.values, strict=True):
            if value is not None:
                row[column] = value
        for combination in added.missing():
            _place(combination, rows, wanted, strength)
    return rows


def _mixed(sizes: Sequence[int]) -> Iterator[Combination]:
    """All combinations of a value of each column, ordered so that neighbours differ in every column."""
    if not sizes:
        return
    for shifts in product(*map(range, sizes[1:])):
        for value in range(sizes[0]):
            shifted = ((value + shift) % size for shift, size in zip(shifts, sizes[1:], strict=True))
            yield tuple(enumerate((value, *shifted)))


@dataclass(slots=True)
class _Column:
    """A column that is being filled. A context is a combination of values of the columns before it, by its place."""

    place: int
    contexts: list[Combination]
    wanted: list[set[int]]  # the values that each context is wanted with
    of_row: list[list[int]]  # the contexts in each row
    allowed: list[list[int]]  # the values that each row can have
    values: list[int | None]  # the value of each row
    seen: list[list[int]]  # in how many rows each value has each context

    def take(self, row: int, value: int) -> None:
        self.values[row] = value
        for context in self.of_row[row]:
            self.seen[value][context] += 1

    def missing(self) -> list[Combination]:
        return [(*self.contexts[context], (self.place, value)) for context, value in self.unseen()]

    def unseen(self) -> Iterator[tuple[int, int]]:
        for context, values in enumerate(self.wanted):
            yield from ((context, value) for value in sorted(values) if not self.seen[value][context])


def _column(place: int, size: int, rows: Sequence[Row], wanted: Mapping[Combination, object], strength: int) -> _Column:
    by_context: dict[Combination, set[int]] = {}
    for combination in wanted:
        column, value = combination[-1]
        if column == place:
            by_context.setdefault(combination[:-1], set()).add(value)
    numbers = {context: number for number, context in enumerate(by_context)}
    contexts = [list(combinations(sorted(row.items()), strength - 1)) for row in rows]
    return _Column(
        place,
        contexts=list(by_context),
        wanted=list(by_context.values()),
        of_row=[[numbers[context] for context in found if context in numbers] for found in contexts],
        allowed=[
            sorted(set(range(size)).intersection(*(by_context.get(context, ()) for context in found)))
            for found in contexts
        ],
        values=[None] * len(rows),
        seen=[[0] * len(numbers) for _ in range(size)],
    )


def _fill(column: _Column, cost: Mapping[Choice, int]) -> None:
    """Gives each row the value that has most contexts for the first time; of equal ones a cheap, then a rare one."""
    used = [0] * len(column.seen)
    for row, (allowed, contexts) in enumerate(zip(column.allowed, column.of_row, strict=True)):
        if allowed:
            worth = {value: sum(not column.seen[value][context] for context in contexts) for value in allowed}
            best = min(allowed, key=lambda value: (-worth[value], cost[column.place, value], used[value]))
            used[best] += 1
            column.take(row, best)


def _reduce_missing(column: _Column, cost: Mapping[Choice, int]) -> None:
    """Changes values so that fewer combinations are missing, and leaves the best that was found."""
    having: list[list[int]] = [[] for _ in column.contexts]
    for row, contexts in enumerate(column.of_row):
        for context in contexts:
            having[context].append(row)
    missing = dict.fromkeys(column.unseen())
    fewest, best = len(missing), list(column.values)
    rests = [0] * len(column.of_row)  # until which change
    for change in range(CHANGES):
        if not missing:
            return
        context, value = wanted = next(iter(missing))
        missing[wanted] = missing.pop(wanted)  # another one is next
        usable = [row for row in having[context] if rests[row] <= change and value in column.allowed[row]]
        if usable:
            row = min(usable, key=lambda row: (*_loss(column, row, value, cost), rests[row]))
            rests[row] = change + REST
            _change(column, row, value, missing)
        if len(missing) < fewest:
            fewest, best = len(missing), list(column.values)
    column.seen = [[0] * len(column.contexts) for _ in column.seen]
    for row, kept in enumerate(best):
        if kept is not None:
            column.take(row, kept)


def _loss(column: _Column, row: int, value: int, cost: Mapping[Choice, int]) -> tuple[int, int]:
    """How many more combinations are missing when a row changes to a value, and how much more it costs."""
    old = _value(column, row)
    before, after = column.seen[old], column.seen[value]
    lost = sum((before[context] == 1) - (not after[context]) for context in column.of_row[row])
    return lost, cost[column.place, value] - cost[column.place, old]


def _change(column: _Column, row: int, value: int, missing: dict[tuple[int, int], None]) -> None:
    old = _value(column, row)
    for context in column.of_row[row]:
        column.seen[old][context] -= 1
        if not column.seen[old][context]:
            missing[context, old] = None
        missing.pop((context, value), None)
    column.take(row, value)


def _value(column: _Column, row: int) -> int:
    """The value of a row that has one. Raises ValueError for another."""
    value = column.values[row]
    if value is None:
        raise ValueError(f"row {row} has no value in column {column.place}")
    return value


def _place(combination: Combination, rows: list[Row], wanted: Mapping[Combination, object], strength: int) -> None:
    """Puts a combination into the first row with room for it, or else into a row of its own."""
    last = combination[-1][0]
    for row in rows:
        if len(row) <= last and all(row.get(column, value) == value for column, value in combination):
            merged = {**row, **dict(combination)}
            if all(found in wanted for found in combinations(sorted(merged.items()), strength)):
                row.update(combination)
                return
    rows.append(dict(combination))
