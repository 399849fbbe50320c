"""How scenarios are written, and what is said of those that are written wrong."""

import pytest

from mock_server.faults.scenario_kind import MAX_STEPS, ScenarioError, Step, parse_duration, parse_scenario

FORM = "a scenario must be like rate-limit or rate-limit(retry_after=5);"


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("reset", (Step("reset", (), {}),)),
        (" rate-limit ( retry_after = 5 ) ", (Step("rate-limit", (), {"retry_after": "5"}),)),
        ("latency-uniform(1s, 2s, seed=7)", (Step("latency-uniform", ("1s", "2s"), {"seed": "7"}),)),
        ("latency(1s)+truncated-json", (Step("latency", ("1s",), {}), Step("truncated-json", (), {}))),
        ("empty()", (Step("empty", (), {}),)),
    ],
)
def test_a_scenario_is_read(text: str, steps: tuple[Step, ...]) -> None:
    assert parse_scenario(text) == steps


@pytest.mark.parametrize("text", ["reset", "rate-limit(retry_after=5)", "latency(1s) + chaos(rate=1, of=a|b)"])
def test_what_is_read_can_be_written_again(text: str) -> None:
    assert " + ".join(map(str, parse_scenario(text))) == text


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", f"{FORM} got ''"),
        ("Rate Limit", f"{FORM} got 'Rate Limit'"),
        ("latency(1s", f"{FORM} got 'latency(1s'"),
        ("a(b=1, 2)", "a: put '2' before the named values"),
        ("+".join("a" * 9), f"a scenario must have at most {MAX_STEPS} parts; got 9"),
    ],
)
def test_what_is_written_wrong_is_told(text: str, problem: str) -> None:
    with pytest.raises(ScenarioError) as told:
        parse_scenario(text)
    assert str(told.value) == problem


@pytest.mark.parametrize(("text", "seconds"), [("800ms", 0.8), ("2s", 2.0), ("2", 2.0), ("0.5 s", 0.5)])
def test_a_duration_is_read(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "-1s", "2m", "soon", "1e3s"])
def test_what_is_no_duration_is_told(text: str) -> None:
    with pytest.raises(ScenarioError, match="duration must be like 800ms or 2s; got "):
        parse_duration(text)
