"""What a user asks of the mock on the command line."""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Options:
    """As given; the help of each option says what it means."""

    port: int
    host: str
    contracts: tuple[str, ...]
    token: str | None = field(repr=False)
    mode: str
    scenarios: Path | None
    images: Path | None
    recorded: Path | None
    upstream: str | None
    upstream_key: str | None = field(repr=False)
    forward: str | None
    link_key: str | None = field(repr=False)
    link_seconds: int
    kept: int
    defect: str | None
