"""Where a secret comes from, and how it is read from there."""

import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from contract_tests.client.tokens import IssuedToken, TokenError
from contract_tests.settings import SettingsError
from gateway_contract.values.json_value import Json, read_json

COMMAND_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Literal:
    """The secret itself, as it was typed."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of the environment."""

    name: str


@dataclass(frozen=True, slots=True)
class SecretFile:
    path: Path


@dataclass(frozen=True, slots=True)
class Command:
    """A command, run in `folder`, that prints the secret or {"token": ..., "expires_in": seconds}."""

    arguments: tuple[str, ...]
    folder: Path


SecretSource: TypeAlias = Literal | Variable | SecretFile | Command


def secret_source(value: Json, folder: Path) -> SecretSource:
    """Read {env: NAME}, {file: PATH} or {command: [...]}, with paths relative to a folder.

    Raises ValueError.
    """
    match value:
        case {"env": str(name), **others} if name and not others:
            return Variable(name)
        case {"file": str(path), **others} if path and not others:
            return SecretFile(folder / path)
        case {"command": [str(), *_] as arguments, **others} if not others:
            return Command(_texts(arguments), folder)
    raise ValueError


def _texts(values: list[Json]) -> tuple[str, ...]:
    texts = tuple(value for value in values if isinstance(value, str))
    if len(texts) < len(values):
        raise ValueError
    return texts


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
