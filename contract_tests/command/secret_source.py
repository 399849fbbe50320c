"""Where a secret comes from."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from gateway_contract.values.json_value import Json


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
