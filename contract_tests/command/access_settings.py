"""The token, and how a gateway is reached, from the options of a command."""

import shlex
import subprocess

from contract_tests.client.access import Access
from contract_tests.command.options import AccessOptions
from contract_tests.settings import SettingsError, header_of
from gateway_contract.values.json_value import read_json

COMMAND_SECONDS = 10.0


def access_of(given: AccessOptions) -> Access:
    """Raises SettingsError."""
    return Access(
        ca=given["ca"],
        certificate=given["cert"],
        key=given["key"],
        headers=tuple(map(header_of, given["headers"])),
        scheme=given["auth"].lower() if given["auth"].lower() in {"bearer", "basic"} else given["auth"],
        image_hosts=given["image_hosts"],
    )


def token_of(given: AccessOptions, seconds: float = COMMAND_SECONDS) -> str:
    """The token from the command, the file, or the option and its variable: the first that is given.

    Raises SettingsError, which quotes no output of the command.
    """
    if given["token_command"] is not None:
        return _printed_token(given["token_command"], seconds)
    file = given["token_file"]
    if file is None:
        return given["token"]
    try:
        return file.read_text("utf-8").strip()
    except (OSError, UnicodeError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or "it is not UTF-8"
        raise SettingsError(f"--token-file must be a readable file; got {file}: {reason}") from error


def _printed_token(command: str, seconds: float) -> str:
    try:
        arguments = shlex.split(command)
        done = subprocess.run(arguments, stdout=subprocess.PIPE, timeout=seconds, check=False)  # noqa: S603 # the user's
    except subprocess.TimeoutExpired as error:
        raise SettingsError(f"--token-command printed no token within {seconds:g} s") from error
    except (OSError, ValueError, IndexError) as error:
        raise SettingsError(f"--token-command cannot be run: {error}") from error
    if done.returncode != 0:
        raise SettingsError(f"--token-command ended with {done.returncode}")
    printed = read_json(done.stdout)
    if isinstance(printed, dict):
        token = printed.get("token")
        if not isinstance(token, str):
            raise SettingsError('--token-command must print a token or {"token": "..."}')
        return token
    return done.stdout.decode("utf-8", "replace").strip()
