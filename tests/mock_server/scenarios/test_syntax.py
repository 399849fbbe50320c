"""How scenarios are written, and what is said of those that are written wrong."""

import pytest

from mock_server.scenarios.syntax import MOST_STEPS, ScenarioError, Step, seconds_in, steps_of, written


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("reset", (Step("reset", (), {}),)),
        (" rate-limit ( retry_after = 5 ) ", (Step("rate-limit", (), {"retry_after": "5"}),)),
        ("latency-uniform(1s, 2s, seed=7)", (Step("latency-uniform", ("1s", "2s"), {"seed": "7"}),)),
        ("latency(1s)+cut-json", (Step("latency", ("1s",), {}), Step("cut-json", (), {}))),
        ("empty()", (Step("empty", (), {}),)),
    ],
)
def test_a_scenario_is_read(text: str, steps: tuple[Step, ...]) -> None:
    assert steps_of(text) == steps


@pytest.mark.parametrize("text", ["reset", "rate-limit(retry_after=5)", "latency(1s) + chaos(rate=1, of=a|b)"])
def test_what_is_read_can_be_written_again(text: str) -> None:
    assert written(steps_of(text)) == text


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "'' is no scenario: a name, with what it takes in brackets behind it"),
        ("Rate Limit", "'Rate Limit' is no scenario: a name, with what it takes in brackets behind it"),
        ("latency(1s", "'latency(1s' is no scenario: a name, with what it takes in brackets behind it"),
        ("a(b=1, 2)", "a: '2' stands behind what has a name; put it first"),
        ("+".join("a" * 9), f"a scenario has at most {MOST_STEPS} parts; this one has 9"),
    ],
)
def test_what_is_written_wrong_is_told(text: str, problem: str) -> None:
    with pytest.raises(ScenarioError) as told:
        steps_of(text)
    assert str(told.value) == problem


@pytest.mark.parametrize(("text", "seconds"), [("800ms", 0.8), ("2s", 2.0), ("2", 2.0), ("0.5 s", 0.5)])
def test_a_duration_is_read(text: str, seconds: float) -> None:
    assert seconds_in(text) == seconds


@pytest.mark.parametrize("text", ["", "-1s", "2m", "soon", "1e3s"])
def test_what_is_no_duration_is_told(text: str) -> None:
    with pytest.raises(ScenarioError, match="is no duration: write 800ms or 2s"):
        seconds_in(text)
