"""What the command is told, apart from what runs it, so that `--help` imports next to nothing."""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Options:
    """The parsed options; `--help` explains each."""

    port: int
    host: str
    allowed_hosts: tuple[str, ...]
    allowed_origins: tuple[str, ...]
    contracts: tuple[str, ...]
    default: str | None
    overlays: tuple[Path, ...]
    token: str | None = field(repr=False)
    token_source: str  # the option or the variable that holds the token
    mode: str
    default_scenario: str | None
    scenario_file: Path | None
    image_dir: Path | None
    clean_images: bool
    seed: int | None
    now: float | None  # Unix time
    recordings: Path | None
    record: Path | None
    upstream_url: str | None
    upstream_key: str | None = field(repr=False)
    proxy_upstream: str | None
    link_signing_key: str | None = field(repr=False)
    link_ttl: int  # seconds
    journal_size: int  # requests
    defect: str | None
