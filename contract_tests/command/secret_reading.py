"""How a secret is read from where it comes from."""

import os
import subprocess
from pathlib import Path

from contract_tests.client.tokens import IssuedToken, TokenError
from contract_tests.command.secret_source import Command, Literal, SecretFile, SecretSource, Variable
from contract_tests.settings import SettingsError
from gateway_contract.values.json_value import read_json

COMMAND_SECONDS = 10.0


def read_secret(source: SecretSource, name: str, seconds: float = COMMAND_SECONDS) -> str:
    """The secret; `name` begins the messages.

    Raises SettingsError, which quotes neither the secret nor the output of a command.
    """
    match source:
        case Literal(text):
            return text
        case Variable(variable):
            if variable not in os.environ:
                raise SettingsError(f"{name}: the variable {variable} is not set")
            return os.environ[variable]
    try:
        return issue_token(source, name, seconds).value
    except TokenError as error:
        raise SettingsError(str(error)) from error


def issue_token(source: SecretFile | Command, name: str, seconds: float = COMMAND_SECONDS) -> IssuedToken:
    """The token that a file or a command gives now. Raises TokenError, which quotes no output of a command."""
    return _content(source.path, name) if isinstance(source, SecretFile) else _printed_token(source, name, seconds)


def _content(path: Path, name: str) -> IssuedToken:
    try:
        return IssuedToken(path.read_text("utf-8").strip())
    except (OSError, UnicodeError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or "it is not UTF-8"
        raise TokenError(f"{name} must be a readable file; got {path}: {reason}") from error


def _printed_token(command: Command, name: str, seconds: float) -> IssuedToken:
    try:
        done = subprocess.run(  # noqa: S603 # the user's
            command.arguments, cwd=command.folder, stdout=subprocess.PIPE, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise TokenError(f"{name}: the command printed no token within {seconds:g} s") from error
    except (OSError, ValueError) as error:
        raise TokenError(f"{name}: the command cannot be run: {error}") from error
    if done.returncode != 0:
        raise TokenError(f"{name}: the command ended with {done.returncode}")
    printed = read_json(done.stdout)
    if not isinstance(printed, dict):
        return IssuedToken(done.stdout.decode("utf-8", "replace").strip())
    token, valid = printed.get("token"), printed.get("expires_in")
    if not isinstance(token, str):
        raise TokenError(f'{name}: the command must print a token or {{"token": "..."}}')
    if valid is not None and (isinstance(valid, bool) or not isinstance(valid, int | float) or not valid > 0):
        raise TokenError(f"{name}: the command must print expires_in as seconds above 0")
    return IssuedToken(token, valid)
