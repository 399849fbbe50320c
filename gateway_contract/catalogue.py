"""Where contracts are found: by name in the project's own folder, or by path."""

from pathlib import Path

from gateway_contract.document import DocumentError

INSTALLED = Path(__file__).parent / "openapi"
FOLDER = INSTALLED if INSTALLED.is_dir() else Path(__file__).parent.parent / "openapi"
BUNDLED = ("powertokens", "powerbuyin")


def contract_path(name: str) -> Path:
    """The file of a contract, by its name or as a path. Raises DocumentError where there is none."""
    path = Path(name)
    if path.suffix in {".yaml", ".yml", ".json"}:
        return path
    found = FOLDER / f"{name}.yaml"
    if not found.is_file():
        raise DocumentError(None, f"no contract {name!r}", f"there are {' and '.join(BUNDLED)}; or give a file's path")
    return found
