"""The kill matrix as it was recorded, and as `make selftest` writes it.

`python -m tests.kill_matrix` records what `make selftest` wrote: where a change of it is meant.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import orjson

RECORDED = Path(__file__).with_name("kill_matrix.json")
WRITTEN = Path(__file__).parents[1] / "build" / "kill_matrix.json"
KEYS = ("contract", "kind", "name", "level", "broken", "blamed")


@dataclass(frozen=True, slots=True)
class Killed:
    """The rules that a gateway broke, and the subjects that are blamed; `level` is empty for one that is right."""

    level: str
    broken: tuple[str, ...]
    blamed: tuple[str, ...]


Key: TypeAlias = tuple[str, str]
"""The name of a contract, and that of the bundled gateway, a conforming variant or a defect."""


def read_matrix(path: Path) -> dict[Key, Killed]:
    """A matrix by contract and gateway."""
    return {(row["contract"], row["name"]): killed(row) for row in orjson.loads(path.read_bytes())}


def killed(row: Mapping[str, list[str]]) -> Killed:
    return Killed(str(row["level"]), tuple(sorted(row["broken"])), tuple(sorted(row["blamed"])))


def record(written: Path, recorded: Path) -> None:
    """Records a written matrix without what differs from run to run."""
    rows = [
        {key: sorted(row[key]) if isinstance(row[key], list) else row[key] for key in KEYS}
        for row in orjson.loads(written.read_bytes())
    ]
    recorded.write_bytes(orjson.dumps(rows, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


def differences(recorded: Mapping[Key, Killed], written: Mapping[Key, Killed]) -> Iterable[str]:
    """What a written matrix has otherwise, a line for each gateway."""
    for key in sorted(recorded.keys() | written.keys()):
        old, new = recorded.get(key), written.get(key)
        if old != new:
            yield f"{' '.join(key)}: recorded {old}, written {new}"


if __name__ == "__main__":
    record(WRITTEN, RECORDED)
