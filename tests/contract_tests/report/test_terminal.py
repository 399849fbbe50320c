"""What a person reads of a run: what failed, how to see it again, and the verdict."""

import shlex
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from contract_tests.report.terminal import print_rules, print_run, show_progress
from contract_tests.results import Fuzzed, Run, Verdict
from gateway_contract.traffic.exchange import NoAnswer, Observation
from tests.contract_tests.report_examples import (
    CALLED_TWICE,
    DOCUMENTED,
    EXPECTED,
    LOST_SEED,
    RULES,
    TOKEN,
    clean_run,
    console,
    exchange,
    failed,
    made_up_rule,
    mixed_run,
    passed,
    rule,
    run_of,
    text_of,
    undecided,
)

REPORT = Path("report/powerbuyin/report.json")
MANY = run_of(*(failed(one, "refused with 4xx", "accepted (HTTP 200)") for one in DOCUMENTED[:20]))


def printed(run: Run, width: int = 120, report: Path | None = REPORT) -> str:
    on = console(width)
    print_run(run, on, report, [TOKEN])
    return text_of(on)


def on_a_terminal(width: int, run: Run) -> list[str]:
    terminal = Console(file=StringIO(), width=width, force_terminal=True, color_system=None)
    print_run(run, terminal, REPORT, [TOKEN])
    return text_of(terminal).splitlines()


def line_with(text: str, lines: str) -> str:
    (line,) = [line for line in lines.splitlines() if text in line]
    return line


def test_a_failure_is_one_line_and_below_it_the_request_to_repeat() -> None:
    lines = printed(run_of(LOST_SEED)).splitlines()
    index = next(index for index, line in enumerate(lines) if line.startswith("FAIL"))
    assert lines[index].split("   ") == [
        "FAIL  powerbuyin/seed/preserves-0",
        "PB-12",
        "0 at /parameters/seed",
        "dropped, 2 of 9",
    ]
    words = shlex.split(lines[index + 1])
    assert words[0] == "curl"
    assert "Authorization: Bearer $GATEWAY_TOKEN" in words


def test_documented_failures_come_first_and_expected_ones_only_warn() -> None:
    labels = [line[:4] for line in printed(mixed_run()).splitlines() if line[:4] in {"FAIL", "WARN"}]
    assert labels == ["FAIL", "WARN"]
    assert "expected: 1 rule fails; this counts only in a strict run" in printed(mixed_run())
    assert "breaks 1 rule that its page documents." in printed(mixed_run())


def test_a_strict_run_takes_what_is_expected_for_a_failure() -> None:
    text = printed(mixed_run(strict=True))
    assert "WARN" not in text
    assert line_with("upstream/one-call", text).startswith("FAIL")
    assert text.splitlines()[-1].endswith("1 rule that its page documents and 1 rule that is expected of it.")
    assert "and" not in printed(run_of(CALLED_TWICE, strict=True)).splitlines()[-1]


def test_a_clean_run_is_short_and_ends_with_its_verdict() -> None:
    lines = printed(clean_run()).splitlines()
    assert len(lines) < 10
    assert lines[0] == "powerbuyin   http://127.0.0.1:3000   two-sided: the upstream is observed"
    assert lines[-1] == "CONFORMS  the gateway conforms to powerbuyin."


def test_green_is_not_hollow() -> None:
    unseen = [undecided(one, Verdict.INCONCLUSIVE, "the upstream is not observed") for one in DOCUMENTED[:7]]
    last = printed(replace(run_of(*unseen, CALLED_TWICE), observed=Observation.NORTH_ONLY)).splitlines()[-1]
    assert "as far as could be seen (7 rules inconclusive)" in last
    assert "It breaks 1 rule only expected of it." in last


def test_what_was_not_decided_takes_one_line_for_each_reason() -> None:
    lines = printed(mixed_run())
    assert line_with("not run  ", lines).startswith("5 not run ")
    assert line_with("not tested by any request", lines).endswith(
        "size/type, size/format, response_format/enum and 2 more"
    )
    assert line_with("1 inconclusive  ", lines).endswith("the images cannot be told apart: n/default")


def test_the_end_tells_counts_cost_time_and_where_the_report_lies() -> None:
    tail = printed(mixed_run()).splitlines()[-7:-1]
    assert tail == [
        "",
        "rules    20 passed, 2 failed, 1 inconclusive, 5 not run",
        "cost     212 requests, 61 images, 58 upstream calls",
        "time     3.1 s, seed 1",
        "report   report/powerbuyin/report.json",
        "",
    ]
    assert "report" not in printed(clean_run(), report=None)
    assert "time     2 min 5 s" in printed(replace(clean_run(), seconds=125.0))
    assert "upstream call" not in printed(replace(clean_run(), observed=Observation.NORTH_ONLY))


@pytest.mark.parametrize(
    ("fuzzed", "told"),
    [
        (Fuzzed(5120, 12, 0), "5,120 requests at random in 12 rounds, which broke no further rule"),
        (Fuzzed(300, 1, 2), "300 requests at random in 1 round, which broke 2 further rules"),
    ],
)
def test_what_fuzzing_cost_and_brought_is_told(fuzzed: Fuzzed, told: str) -> None:
    assert line_with("fuzzed", printed(replace(clean_run(), fuzzed=fuzzed))).split(maxsplit=1)[1] == told
    assert "fuzzed" not in printed(clean_run())


def test_a_run_that_was_none_says_why_and_what_to_do() -> None:
    reason = "every answer was 401.\nGive the gateway's token with TOKEN."
    last = printed(run_of(not_tested=reason)).splitlines()[-1]
    assert last == (
        "NOT TESTED  powerbuyin could not be tested: every answer was 401. Give the gateway's token with TOKEN."
    )


def test_an_error_of_our_own_is_told_as_ours() -> None:
    text = printed(run_of(*map(passed, RULES), errors=("rule a could not judge b: KeyError: 'c'",)))
    assert line_with("KeyError", text).startswith("ERROR   rule a could not judge b")
    assert "1 error in the suite itself" in text.splitlines()[-1]


@pytest.mark.parametrize("run", [MANY, mixed_run(), clean_run()], ids=["many", "mixed", "clean"])
def test_a_narrow_terminal_shows_every_line_whole_but_those_to_copy(run: Run) -> None:
    for line in on_a_terminal(80, run)[:-1]:
        assert len(line) <= 80 or line.strip().startswith("curl ")


def test_a_narrow_terminal_puts_what_was_seen_below_the_rule() -> None:
    lines = on_a_terminal(60, run_of(LOST_SEED))
    index = next(index for index, line in enumerate(lines) if line.startswith("FAIL"))
    assert lines[index : index + 2] == [
        "FAIL  powerbuyin/seed/preserves-0   PB-12",
        "      expected 0 at /parameters/seed; observed dropped, 2 of",
    ]
    assert lines[index + 2].strip() == "9"


def test_a_curl_line_is_never_broken() -> None:
    for lines in (printed(MANY, width=40).splitlines(), on_a_terminal(40, MANY)):
        curls = [shlex.split(line) for line in lines if line.strip().startswith("curl ")]
        assert len(curls) == 20
        assert all(words[-1].endswith("}") for words in curls)


def test_piped_output_holds_no_control_sequences_whatever_the_gateway_says() -> None:
    hostile = "\x1b[2J\x1b]0;title\x07[bold]no markup[/bold]\r\n\u202egnp"
    seen = failed(rule("n/mapped"), hostile, hostile, exchange(answer=NoAnswer(hostile, 1.0)))
    text = printed(run_of(seen, errors=(hostile,), not_tested=hostile))
    assert all(line.isprintable() for line in text.splitlines())
    assert "[bold]no markup[/bold]" in text
    assert r"\x1b[2J" in text


def test_a_terminal_gets_colour() -> None:
    terminal = Console(file=StringIO(), width=120, force_terminal=True, color_system="standard")
    print_run(run_of(LOST_SEED), terminal, REPORT, [TOKEN])
    assert "\x1b[1;31mFAIL" in text_of(terminal)


def test_no_secret_is_printed() -> None:
    told = f"see {TOKEN}"
    seen = failed(rule("n/mapped"), told, told, replace(exchange(), name=told))
    unsure = undecided(rule("seed/mapped"), Verdict.INCONCLUSIVE, told)
    gateway = f"http://me:{TOKEN}@127.0.0.1:3000/?key={TOKEN}"
    runs = (run_of(seen, unsure, errors=(told,)), run_of(not_tested=told))
    text = "".join(printed(replace(run, gateway=gateway)) for run in runs)
    assert text.count("[redacted]") >= 6
    assert TOKEN not in text


def test_rules_are_listed_with_level_clause_and_sentence() -> None:
    on = console(80)
    print_rules([*RULES, made_up_rule("x/y", untestable="no model listed here is of that series")], on)
    lines = text_of(on).splitlines()
    index = next(index for index, line in enumerate(lines) if "seed/preserves-0" in line)
    assert lines[index].split() == ["powerbuyin/seed/preserves-0", "PB-12", "documented"]
    assert lines[index + 1].strip() == rule("seed/preserves-0").statement
    assert "    untestable: no model listed here is of that series" in lines
    assert (
        lines[-1] == f"{len(RULES) + 1} rules: {len(DOCUMENTED) + 1} documented, {len(EXPECTED)} expected; 1 untestable"
    )


def test_a_list_without_rules_is_a_list() -> None:
    on = console(80)
    print_rules([], on)
    assert text_of(on).strip() == "0 rules: 0 documented, 0 expected"


def test_progress_is_silent_where_nobody_watches() -> None:
    on = console()
    with show_progress(on) as progress:
        progress.step(3, 10, "0 for seed")
    assert text_of(on) == ""


def test_progress_is_drawn_on_a_terminal() -> None:
    terminal = Console(file=StringIO(), width=100, force_terminal=True, color_system=None)
    with show_progress(terminal) as progress:
        progress.step(3, 10, "0 for [seed]\x1b[2J")
    drawn = text_of(terminal)
    assert " 3/10" in drawn
    assert r"0 for [seed]\x1b[2J" in drawn
