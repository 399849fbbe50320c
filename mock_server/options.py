"""The options of `python -m mock_server`."""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Options:
    """The parsed options; `--help` explains each."""

    port: int
    host: str
    contracts: tuple[str, ...]
    token: str | None = field(repr=False)
    mode: str
    scenario_file: Path | None
    image_dir: Path | None
    recordings: Path | None
    upstream_url: str | None
    upstream_key: str | None = field(repr=False)
    proxy_upstream: str | None
    link_signing_key: str | None = field(repr=False)
    link_ttl: int  # seconds
    journal_size: int  # requests
    defect: str | None
