"""When a process of the suite looks for garbage: seldom, for most of what a run makes is freed without that."""

import gc

GARBAGE = (50_000, 20, 100)
"""Objects made, and collections, until the next collection."""


def collect_seldom() -> None:
    gc.set_threshold(*GARBAGE)


def keep_garbage() -> None:
    """Before a process ends, which frees everything at once: Python would first look through all that is left."""
    gc.freeze()
