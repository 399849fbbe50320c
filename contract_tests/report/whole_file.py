"""Files that are written whole or not at all: nobody reads half of one, and an earlier one is not lost."""

from pathlib import Path


def write_whole(path: Path, content: bytes) -> None:
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_bytes(content)
    unfinished.replace(path)
