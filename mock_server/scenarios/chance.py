"""Chance that can be had again: the same seed draws the same, request after request."""

import secrets
from random import Random

from mock_server.scenarios.kind import Parameter
from mock_server.scenarios.written import ScenarioError

SEED = Parameter("seed", "", "the same draws the same again; made up and told in the answer where left out")


def seeded(text: str) -> str:
    """The seed that is given, or a new one. Raises ScenarioError."""
    if text and not text.isdecimal():
        raise ScenarioError(f"{SEED.name} is a whole number, not {text!r}")
    return text or str(secrets.randbelow(1_000_000))


def drawing(seed: str) -> Random:
    return Random(seed)  # noqa: S311 - chance that is to be repeated
