"""Waiting for a state, for as long as a busy machine may take, and waits of the mock that end when a test says so."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event
from types import SimpleNamespace

import pytest

PATIENCE = 30.0  # seconds: a bound against hanging


def wait_until(holds: Callable[[], bool]) -> None:
    give_up = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < give_up, "nothing happened in time"
        time.sleep(0.005)


@dataclass(frozen=True, slots=True)
class HeldSleep:
    """Waits in place of `asyncio.sleep` until it is released, however long the sleep was to take."""

    released: Event = field(default_factory=Event)

    async def __call__(self, _seconds: float) -> None:
        while not self.released.is_set():  # noqa: ASYNC110 - it is set in another thread
            await asyncio.sleep(0.005)


def hold_sleep(patch: pytest.MonkeyPatch, *modules: str) -> HeldSleep:
    """Hold whatever sleeps in these modules."""
    held = HeldSleep()
    for module in modules:
        patch.setattr(f"{module}.asyncio", SimpleNamespace(sleep=held, timeout=asyncio.timeout))
    return held
