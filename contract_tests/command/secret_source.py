"""Where a secret comes from, and how it is read from there."""

import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

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
    """A command, run in `folder`, that prints the secret or {"token": ...}."""

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
        case SecretFile(path):
            return _content(path, name)
    return _printed_token(source, name, seconds)


def _content(path: Path, name: str) -> str:
    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or "it is not UTF-8"
        raise SettingsError(f"{name} must be a readable file; got {path}: {reason}") from error


def _printed_token(command: Command, name: str, seconds: float) -> str:
    try:
        done = subprocess.run(  # noqa: S603 # the user's
            command.arguments, cwd=command.folder, stdout=subprocess.PIPE, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise SettingsError(f"{name}: the command printed no token within {seconds:g} s") from error
    except (OSError, ValueError) as error:
        raise SettingsError(f"{name}: the command cannot be run: {error}") from error
    if done.returncode != 0:
        raise SettingsError(f"{name}: the command ended with {done.returncode}")
    printed = read_json(done.stdout)
    if isinstance(printed, dict):
        token = printed.get("token")
        if not isinstance(token, str):
            raise SettingsError(f'{name}: the command must print a token or {{"token": "..."}}')
        return token
    return done.stdout.decode("utf-8", "replace").strip()
