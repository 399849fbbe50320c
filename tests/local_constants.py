"""Draws of Hypothesis that do not depend on the text of this project's source."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants


@contextmanager
def no_local_constants() -> Iterator[None]:
    """Keeps Hypothesis from drawing constants that it finds in the source of this project's loaded modules.

    Otherwise a seed draws other values after a message is reworded, or when other tests have imported other modules.
    """
    providers.CONSTANTS_CACHE.cache.clear()
    none = Constants()
    with patch.object(providers, "_get_local_constants", lambda: none):
        yield
    providers.CONSTANTS_CACHE.cache.clear()
