"""What the images of a run are for, where somebody pays for them: a run with a smaller budget says what it lacks."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ImagesNeeded:
    """How many images judge every documented rule that responses show, and how many `more` the rest of the plan takes.

    A budget has to leave room for what a gateway might bill for invalid requests, so it is larger.
    """

    documented: int
    documented_rules: int
    documented_budget: int
    more: int
    expected: tuple[str, ...]  # ids of the expected rules that only `more` images judge
    budget: int  # for all of it
