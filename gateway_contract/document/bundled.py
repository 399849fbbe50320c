"""The documents that come with this package: others refer to them by their names, wherever they stand themselves."""

from collections.abc import Iterable
from pathlib import Path

INSTALLED = Path(__file__).parents[1] / "openapi"
FOLDER = INSTALLED if INSTALLED.is_dir() else Path(__file__).parents[2] / "openapi"


def find_document(name: str, folders: Iterable[Path]) -> Path | None:
    """The file of a relative path: in the first of the folders that has it, else among those of this package."""
    return next((path for folder in (*folders, FOLDER) if _is_file(path := folder / name)), None)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # such as a name that is too long: reading the file says what is wrong
        return False
