"""The command `check-gateway`, which imports the floors above only if they are ours and what they need is installed."""

import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

from gateway_contract.extras import Extra, missing_extra

HOME = Path(__file__).parents[1]
FLOORS = ("gateway_contract", "mock_server", "contract_tests")
COMMAND = "contract_tests.command.cli"
NOT_TESTED = 2
"""The exit status of the command that could not test anything."""
INTERRUPTED = 130
"""The exit status after Ctrl-C."""


class ForeignPackageError(ImportError):
    """A package of the name of one of ours would be imported; says from where, and what to do."""


def check_packages(names: tuple[str, ...]) -> None:
    """Raises ForeignPackageError unless the packages of these names stand beside this one."""
    for name in names:
        spec = find_spec(name)
        folders = [] if spec is None else [Path(path) for path in spec.submodule_search_locations or ()]
        foreign = next((folder for folder in folders if folder.resolve() != (HOME / name).resolve()), None)
        if foreign is not None:
            raise ForeignPackageError(
                f'another "{name}" is imported from {_shown(foreign)}. Run this tool apart: uvx or pipx.'
            )


def _shown(folder: Path) -> str:
    """A path, relative to the working directory if it is in there."""
    return f"./{folder.relative_to(Path.cwd())}" if folder.is_relative_to(Path.cwd()) else str(folder)


def check_gateway() -> None:
    """The command `check-gateway`."""
    sys.path.insert(0, str(HOME))
    try:
        check_packages(FLOORS)
        command = import_module(COMMAND)
    except ForeignPackageError as error:
        _end_not_tested(str(error))
    except ModuleNotFoundError as error:
        missing = str(error.name).partition(".")[0]
        if missing in FLOORS:
            raise
        _end_not_tested(missing_extra(missing, "check-gateway", Extra.GATE))
    except KeyboardInterrupt:  # while modules are imported; start() ends with a status after any signal
        sys.exit(INTERRUPTED)
    command.start()


def _end_not_tested(reason: str) -> NoReturn:
    sys.stdout.write(f"NOT TESTED  {reason}\n")
    sys.exit(NOT_TESTED)
