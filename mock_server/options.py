"""What a user asks of the mock on the command line."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Options:
    """As given; the help of each option says what it means."""

    port: int
    host: str
    contracts: tuple[str, ...]
    token: str | None
    mode: str
    scenarios: Path | None
    images: Path | None
    recorded: Path | None
    upstream: str | None
    upstream_key: str | None
    forward: str | None
    link_key: str | None
    link_seconds: int
    kept: int
    defect: str | None
