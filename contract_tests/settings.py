"""What a user asks a run for."""

from dataclasses import dataclass, field
from pathlib import Path

from contract_tests.limits import Limits


@dataclass(frozen=True, slots=True)
class Settings:
    """`gateway` None means the bundled mock; `upstream` is where the suite listens as the upstream, as host:port."""

    contract: str
    gateway: str | None = None
    token: str = field(default="", repr=False)
    upstream: str | None = None
    overlays: tuple[Path, ...] = ()
    report: Path | None = None
    strict: bool = False
    seed: int = 1
    jobs: int = 8
    budget: int | None = None  # images
    limits: Limits = field(default_factory=Limits)
