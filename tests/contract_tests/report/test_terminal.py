"""What a person reads of a run: what failed, how to see it again, and the verdict."""

import shlex
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from contract_tests.chance import Confidence, Repeated
from contract_tests.report.entry import LONGEST_SEEN
from contract_tests.report.terminal import MOST_IN_FULL, MOST_TITLES, MOST_WARNINGS, print_run
from contract_tests.results import Fuzzed, Run, Verdict
from gateway_contract.rules.rule import FindingKind
from gateway_contract.traffic.exchange import FaultCause, NoAnswer, Observation, PlayedFault
from gateway_contract.values.json_value import UNOBSERVED, shortened
from tests.contract_tests.report_examples import (
    CALLED_TWICE,
    DOCUMENTED,
    LOST_SEED,
    RULES,
    TOKEN,
    answering,
    asking,
    clean_run,
    console,
    exchange,
    failed,
    mixed_run,
    passed,
    rule,
    run_of,
    text_of,
    undecided,
)

REPORT = Path("report")
SCREEN = 50  # lines
MANY = run_of(*(failed(one, "refused with 4xx", "accepted (HTTP 200)") for one in DOCUMENTED[:20]))

VARIOUS = [
    rule(name)
    for name in (
        "answer/given",
        "answer/content-type",
        "error/status",
        "authorization/status",
        "method/refused",
        "upstream/valid-call",
        "upstream/nothing-unknown",
        "upstream/one-call",
    )
]


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


def test_a_failure_is_what_goes_wrong_what_shows_it_and_the_request_to_repeat() -> None:
    lines = printed(run_of(LOST_SEED)).splitlines()
    index = next(index for index, line in enumerate(lines) if line.startswith("FAIL"))
    assert lines[index : index + 2] == [
        "FAIL  drops 0 on the way upstream: seed",
        '      "seed": 0   expected 0 at /parameters/seed   observed dropped',
    ]
    assert lines[index + 2] == "      check-gateway rerun report/powerbuyin/exchanges/0001.json"
    assert lines[index + 3] == "      rules seed/preserves-0 PB-12"


@pytest.mark.parametrize(
    ("strength", "told"),
    [
        (1, "every valid value; a fault that needs two fields together could go unnoticed"),
        (2, "every valid pair of values; a fault that needs three fields together could go unnoticed"),
        (3, "every valid triple of values; a fault that needs four fields together could go unnoticed"),
    ],
)
def test_the_head_says_which_combinations_of_values_were_sent(strength: int, told: str) -> None:
    assert line_with("covered", printed(replace(clean_run(), strength=strength))).split(maxsplit=1) == ["covered", told]
    assert "covered" not in printed(clean_run())


def test_valid_requests_that_were_rejected_were_sent_and_cover_nothing() -> None:
    rejection = failed(rule("n/maximum"), "6 accepted", "HTTP 400", exchange(), kind=FindingKind.REJECTED)
    told = line_with("covered", printed(replace(run_of(rejection), strength=2)))
    assert "every valid pair of values was sent, but some valid requests were rejected; a fault that" in told


def test_a_failure_that_a_response_shows_has_its_curl_line() -> None:
    lines = printed(run_of(failed(rule("n/converted"), '"2" refused with 4xx', "converted to 2"), strict=True))
    words = shlex.split(line_with("curl http", lines))
    assert words[0] == "curl"
    assert "Authorization: Bearer $GATEWAY_TOKEN" in words


def test_what_only_warns_takes_two_lines() -> None:
    lines = printed(run_of(failed(rule("n/converted"), '"2" refused with 4xx', "converted to 2"))).splitlines()
    index = next(index for index, line in enumerate(lines) if line.startswith("WARN"))
    assert lines[index].endswith("n/converted PB-07")
    assert lines[index + 1].endswith('expected "2" refused with 4xx   observed converted to 2')
    assert lines[index + 2] == ""


def test_of_many_warnings_the_last_are_named_only() -> None:
    lines = printed(run_of(*(failed(one, "a", f"b {number}") for number, one in enumerate(VARIOUS)))).splitlines()
    labels = [line for line in lines if line.startswith("WARN")]
    assert len(labels) == MOST_WARNINGS + 1
    assert labels[-1].startswith(f"WARN  and {len(VARIOUS) - MOST_WARNINGS} more causes: ")


def test_of_many_failures_the_last_are_named_by_their_titles_and_all_fit_on_one_screen() -> None:
    found = run_of(*(failed(one, "a", f"b {number} " + "x " * 200) for number, one in enumerate(VARIOUS)), strict=True)
    lines = printed(found).splitlines()
    labels = [line for line in lines if line.startswith("FAIL")]
    left = len(VARIOUS) - MOST_IN_FULL
    assert sum("      rules" in line for line in lines) == MOST_IN_FULL
    assert len(labels) == min(len(VARIOUS), MOST_IN_FULL + MOST_TITLES + 1)
    assert line_with("details", "\n".join(lines)).endswith(f"   {left} causes are not shown in full above")
    assert len(lines) <= SCREEN
    assert all(len(line) <= 120 for line in labels[MOST_IN_FULL:])


def test_without_a_report_all_failures_are_shown_in_full() -> None:
    found = run_of(*(failed(one, "a", f"b {number}") for number, one in enumerate(VARIOUS)), strict=True)
    assert printed(found, report=None).count("      rules") == len(VARIOUS)


def test_where_failures_fill_the_screen_one_warning_is_shown() -> None:
    documented = [failed(one, "a", f"b {number}") for number, one in enumerate(DOCUMENTED[:MOST_IN_FULL])]
    lines = printed(run_of(*documented, *(failed(one, "a", "c") for one in VARIOUS))).splitlines()
    labels = [line for line in lines if line.startswith("WARN")]
    assert len(labels) == 2
    assert labels[1].startswith("WARN  and ")


def test_what_the_gateway_said_takes_two_lines_at_most() -> None:
    answer = answering({"error": {"message": "x y " * 100}}, 500)
    long = failed(rule("n/maximum"), "6 accepted", "HTTP 500", exchange(answer=answer))
    (seen,) = [line for line in printed(run_of(long), 300).splitlines() if "observed HTTP 500" in line]
    assert len(seen) <= 6 + LONGEST_SEEN
    assert seen.endswith('…"')


def test_a_long_value_leaves_room_for_what_was_observed() -> None:
    prompt, cut = (shortened("t " * half) for half in (250, 50))
    asked = exchange(asking({"negative_prompt": "t " * 250}))
    changed = failed(rule("prompt/mapped"), f"{prompt} at /input/prompt", f"changed: {cut}", asked)
    (seen,) = [line for line in printed(run_of(changed), 300).splitlines() if "observed changed: " in line]
    assert len(seen) <= 6 + LONGEST_SEEN
    assert "at /input/prompt   observed changed: " in seen
    assert seen.endswith(" (100 characters)")


def test_what_only_the_upstream_sees_is_sent_again_from_its_file() -> None:
    assert "check-gateway rerun" in line_with("exchanges/0001.json", printed(run_of(CALLED_TWICE, strict=True)))
    unseen = failed(rule("n/mapped"), "1 at /n", "changed: 2", replace(exchange(), upstream=UNOBSERVED))
    assert "curl" in printed(run_of(unseen))


def test_the_gateway_is_quoted() -> None:
    answer = answering({"error": {"message": f"{TOKEN} is [b]busy[/b]", "code": "E7"}}, 503)
    seen = failed(rule("n/maximum"), "6 accepted", "HTTP 503", exchange(answer=answer))
    assert 'observed HTTP 503 "[redacted] is [b]busy[/b] (E7)"' in printed(run_of(seen))
    other = failed(rule("error/required"), 'required "error"', "missing", exchange(answer=answer))
    assert 'observed missing; response HTTP 503 "' in printed(run_of(other))


def test_what_curl_cannot_repeat_is_sent_again_from_its_file() -> None:
    injected = replace(exchange(), follows=PlayedFault("reset", FaultCause.VENDOR))
    long = exchange(asking({"prompt": "x" * 1000}))
    for one in (injected, long):
        lines = printed(run_of(failed(DOCUMENTED[0], "a", "b", one))).splitlines()
        assert "      check-gateway rerun report/powerbuyin/exchanges/0001.json" in lines
    assert "curl" in printed(run_of(failed(DOCUMENTED[0], "a", "b", long)), report=None)


@pytest.mark.parametrize(("exported", "hints"), [(TOKEN, 0), ("another", 1), (None, 1)])
def test_a_token_from_elsewhere_is_to_be_exported(
    exported: str | None, hints: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GATEWAY_TOKEN", raising=False)
    if exported is not None:
        monkeypatch.setenv("GATEWAY_TOKEN", exported)
    accepted = failed(rule("n/type"), '"two" refused with 4xx', "accepted (HTTP 200)")
    assert printed(run_of(accepted)).count("export GATEWAY_TOKEN") == hints


def test_two_faults_fit_on_a_screen_that_begins_and_ends_with_the_verdict() -> None:
    kept = [one for one in RULES if one.id != LOST_SEED.rule.id]
    dropped = [
        failed(one, "false at /parameters/x", "dropped", kind=FindingKind.DROPPED)
        for one in kept
        if "preserves-false" in one.id
    ]
    lines = printed(run_of(*map(passed, kept[:60]), LOST_SEED, *dropped, CALLED_TWICE)).splitlines()
    assert sum(-(-len(line) // 120) or 1 for line in lines) <= 40
    assert lines[0] == lines[-1]
    assert lines[0].startswith("VIOLATES  ")


def test_documented_failures_come_first_and_expected_ones_only_warn() -> None:
    labels = [line[:4] for line in printed(mixed_run()).splitlines() if line[:4] in {"FAIL", "WARN"}]
    assert labels == ["FAIL", "WARN"]
    text = printed(mixed_run())
    assert "documented by the page: 1 rule fails, 1 cause" in text
    assert "expected by clients: 1 rule fails, 1 cause; they count only with --strict" in text
    assert "breaks 1 rule that its page documents." in printed(mixed_run())


def test_a_strict_run_takes_what_is_expected_for_a_failure() -> None:
    text = printed(mixed_run(strict=True))
    assert "WARN" not in text
    assert line_with("exactly one generation call", text).startswith("FAIL")
    assert text.splitlines()[-1].endswith("1 rule that its page documents and 1 rule that is expected of it.")
    assert "and" not in printed(run_of(CALLED_TWICE, strict=True)).splitlines()[-1]


def test_a_clean_run_is_short_and_ends_with_its_verdict() -> None:
    lines = printed(clean_run()).splitlines()
    assert len(lines) < 13
    assert lines[0] == lines[-1]
    assert lines[2] == "gateway   http://127.0.0.1:3000   two-sided: its upstream calls were observed"
    assert lines[-1] == "CONFORMS  the gateway conforms to powerbuyin."


def test_green_is_not_hollow() -> None:
    unseen = [undecided(one, Verdict.INCONCLUSIVE, "the upstream is not observed") for one in DOCUMENTED[:7]]
    last = printed(replace(run_of(*unseen, CALLED_TWICE), observed=Observation.NORTH_ONLY)).splitlines()[-1]
    assert "as far as could be seen (7 rules inconclusive)" in last
    assert "1 expected rule fails, which counts only with --strict." in last


def test_what_was_not_decided_takes_one_line_for_each_reason() -> None:
    lines = printed(mixed_run())
    assert line_with("not run  ", lines).startswith("5 not run ")
    assert line_with("no request led to a verdict", lines).endswith(
        "size/type, size/format, response_format/enum and 2 more"
    )
    assert line_with("1 inconclusive  ", lines).endswith("the images cannot be told apart: n/converted")


def test_the_end_tells_counts_cost_time_and_where_the_report_lies() -> None:
    lines = printed(mixed_run()).splitlines()
    assert lines[3] == "rules     28: 20 passed, 2 failed, 1 inconclusive, 5 not run"
    assert lines[-7:-1] == [
        "",
        "cost      212 requests, 58 upstream calls; images: 140 asked for, 61 received, 61 may be billed",
        "time      3.1 s, seed 1",
        "report    report",
        "details   check-gateway show RULE report",
        "",
    ]
    assert "report" not in printed(clean_run(), report=None)
    assert "2 min 5 s, seed 1" in printed(replace(clean_run(), seconds=125.0))
    assert "58 upstream calls" not in printed(replace(clean_run(), observed=Observation.NORTH_ONLY))


def test_how_rare_a_fault_is_excluded_is_told_of_the_least_and_the_most_tested_rule() -> None:
    often = replace(passed(rule("seed/mapped")), judged=92)
    told = line_with("chance", printed(run_of(passed(rule("n/mapped")), often, LOST_SEED), 200))
    assert told.split(maxsplit=1)[1] == (
        "with 99 % confidence a fault would have shown in 4.9 % of the calls for seed/mapped (92 judged), "
        "but only in 68.4 % of the calls for n/mapped (4 judged)"
    )
    assert "chance" not in printed(run_of(LOST_SEED))


def test_where_no_upstream_call_was_observed_nothing_is_excluded() -> None:
    blind = replace(run_of(passed(rule("n/mapped"))), observed=Observation.NORTH_ONLY)
    assert line_with("chance", printed(blind)).endswith("no mapping or preservation was judged by them")
    asked = replace(blind, repeated=Repeated(Confidence(0.99, 0.05), 0, ()))
    assert line_with("chance", printed(asked, 200)).endswith("; --confidence repeated no request")


@pytest.mark.parametrize(("short", "told"), [((), "5 %"), (("powerbuyin/n/mapped",), "5 %, too few for n/mapped")])
def test_what_was_repeated_is_told(short: tuple[str, ...], told: str) -> None:
    run = replace(run_of(passed(rule("n/mapped"))), repeated=Repeated(Confidence(0.99, 0.05), 150, short))
    line = line_with("chance", printed(run, 250))
    assert line.endswith(f"; 150 requests were repeated to exclude faults in {told}")


@pytest.mark.parametrize(
    ("fuzzed", "told"),
    [
        (Fuzzed(0, 0, 0), "no request at random was sent"),
        (Fuzzed(5120, 12, 0), "5,120 requests at random in 12 rounds, which broke no further rule"),
        (Fuzzed(300, 1, 2), "300 requests at random in 1 round, which broke 2 further rules"),
    ],
)
def test_what_fuzzing_cost_and_brought_is_told(fuzzed: Fuzzed, told: str) -> None:
    assert line_with("fuzzed", printed(replace(clean_run(), fuzzed=fuzzed))).split(maxsplit=1)[1] == told
    assert "fuzzed" not in printed(clean_run())


def test_slow_responses_are_counted() -> None:
    run = replace(clean_run(), slow=("no complete response within 90 s for 1 image",) * 2)
    assert line_with("slow", printed(run)).split(maxsplit=1)[1] == (
        "2 responses took too long and may only be slow, for example no complete response within 90 s for 1 image"
    )


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
    for line in on_a_terminal(80, run)[1:-1]:
        assert len(line) <= 80 or line.strip().startswith("curl ")


def test_a_curl_line_is_never_broken() -> None:
    for lines in (printed(MANY, width=40).splitlines(), on_a_terminal(40, MANY)):
        curls = [shlex.split(line) for line in lines if line.strip().startswith("curl ")]
        assert curls
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
