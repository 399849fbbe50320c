"""One rule of a report is shown in full, and what is not there is said."""

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from contract_tests.command.cli import main
from contract_tests.report.json_report import write_report
from contract_tests.report.show_rule import NoSuchRuleError, find_rule
from gateway_contract.traffic.exchange import FaultCause, NoAnswer, PlayedFault
from gateway_contract.values.json_value import UNOBSERVED
from tests.contract_tests.report_examples import GATEWAY, TOKEN, answering, exchange, failed, mixed_run, rule, run_of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_report(mixed_run(), tmp_path, [TOKEN])
    return tmp_path


def shown(name: str, folder: Path) -> Result:
    return CliRunner().invoke(main, ["show", name, str(folder)], env={"COLUMNS": "200"})


@pytest.mark.parametrize("name", ["seed/preserves-0", "powerbuyin/seed/preserves-0"])
@pytest.mark.parametrize("below", ["", "powerbuyin"])
def test_a_failure_is_shown_with_all_that_was_seen(name: str, below: str, folder: Path) -> None:
    result = shown(name, folder / below)
    assert result.exit_code == 0, result.output
    for part in (
        f"powerbuyin/seed/preserves-0   fail   {GATEWAY}\n",
        "(documented, PB-12)",
        "tested by 9 exchanges, 9 of which judged it; it failed in 2",
        "expected  0 at /parameters/seed",
        "observed  dropped",
        "request   POST /v1/images/generations",
        '"seed": 0',
        "upstream  POST /api/v1/generation   HTTP 200",
        "answer    HTTP 200",
        f"again     check-gateway rerun {folder}/powerbuyin/exchanges/0002.json",
        f"also      dropped   {folder}/powerbuyin/exchanges/0003.json",
    ):
        assert part in result.output
    assert "curl" not in result.output  # it does not show what arrives upstream
    assert TOKEN not in result.output


def test_what_did_not_fail_is_shown_with_its_reason(folder: Path) -> None:
    assert "reason    no request led to a verdict" in shown("size/type", folder).output
    output = shown("model/required", folder).output
    assert "powerbuyin/model/required   pass" in output
    assert "4 exchanges, 4 of which judged it: at 99 % this excludes a fault in 68.4 % of them" in output


def test_a_rule_of_several_gateways_is_shown_with_their_names(tmp_path: Path) -> None:
    for name in ("staging", "canary"):
        write_report(replace(mixed_run(), name=name), tmp_path, [])
    output = shown("size/type", tmp_path).output
    assert [line for line in output.splitlines() if line.startswith("powerbuyin/")] == [
        "powerbuyin/size/type   not-run   canary",
        "powerbuyin/size/type   not-run   staging",
    ]
    assert "\n\npowerbuyin/size/type" in output


def test_what_was_not_seen_is_said_and_a_failure_on_purpose_has_no_curl_line(tmp_path: Path) -> None:
    blind = replace(exchange(answer=NoAnswer("timed out", 1.0)), upstream=UNOBSERVED)
    write_report(run_of(failed(rule("n/type"), "a", "b", blind)), tmp_path, [])
    output = shown("n/type", tmp_path).output
    assert "upstream  not observed" in output
    assert "answer    timed out after 1.0 s" in output
    assert "or        curl http://127.0.0.1:3000/v1/images/generations" in output
    call = replace(exchange().upstream[0], played=PlayedFault("reset", FaultCause.VENDOR))  # type: ignore[index] # observed
    write_report(run_of(failed(rule("n/type"), "a", "b", replace(exchange(), upstream=(call,)))), tmp_path, [])
    output = shown("n/type", tmp_path).output
    assert "played on purpose: reset" in output
    assert "curl" not in output


def test_a_gateways_text_is_no_markup_and_moves_no_cursor(tmp_path: Path) -> None:
    answer = answering({"error": {"message": "[/b][bold]\x1b[2J"}}, 400)
    write_report(run_of(failed(rule("n/type"), "[/b]", "[red]\x1b[2J", exchange(answer=answer))), tmp_path, [])
    result = shown("n/type", tmp_path)
    assert result.exit_code == 0
    assert "[/b][bold]" in result.output
    assert all(line.isprintable() for line in result.output.splitlines())


def test_a_folder_without_a_report_is_said(tmp_path: Path) -> None:
    result = shown("n/type", tmp_path)
    assert result.exit_code == 2
    assert f"No report in {tmp_path}. Run `check-gateway run` first" in result.output


def test_an_unknown_rule_is_told_with_the_nearest(folder: Path) -> None:
    result = shown("seed/preserves", folder)
    assert result.exit_code == 2
    assert "Unknown rule 'seed/preserves'. Nearest: seed/preserves-0" in result.output
    assert "`check-gateway rules` lists them" in shown("zzzzzzzzzzzz", folder).output


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"rules": [{}]}', b'{"rules": 7}', b"[" * 200_000])
def test_a_damaged_report_is_said(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "report.json").write_bytes(content)
    with pytest.raises(NoSuchRuleError, match="is not a report"):
        find_rule("n/type", tmp_path)


def test_a_strangers_report_beside_ours_or_further_down_is_passed_over(folder: Path) -> None:
    for stranger in ("other", "a/b/c/d"):
        (folder / stranger).mkdir(parents=True)
        (folder / stranger / "report.json").write_text("[1]", "utf-8")
    assert [found.home for found in find_rule("seed/preserves-0", folder)] == [folder / "powerbuyin"]
    with pytest.raises(NoSuchRuleError, match=r"other/report\.json is not a report"):
        find_rule("n/type", folder / "other")
    with pytest.raises(NoSuchRuleError, match="No report in"):
        find_rule("n/type", folder / "a")


def test_a_missing_exchange_is_said(folder: Path) -> None:
    (folder / "powerbuyin" / "exchanges" / "0002.json").unlink()
    result = shown("seed/preserves-0", folder)
    assert result.exit_code == 2
    assert "is damaged" in result.output
