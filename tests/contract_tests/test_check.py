"""`check-gateway check` lists what a contract states and no rule tests, with file and line."""

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from contract_tests.command.cli import main
from contract_tests.results import Conformance, Verdict, require_judgements
from gateway_contract.contract.coverage import Untested
from gateway_contract.document.node import Place
from tests.contract_tests.gateways import run_with
from tests.contract_tests.report_examples import DOCUMENTED, passed, run_of

FIXTURES = Path(__file__).parents[2] / "fixtures" / "contracts"
SILENT = FIXTURES / "silent.yaml"


def check(*arguments: str) -> tuple[int, list[str]]:
    found = CliRunner().invoke(main, ["check", *arguments])
    return found.exit_code, found.output.splitlines()


def test_every_planted_line_is_listed_and_no_other() -> None:
    status, (head, *lines) = check("--contract", str(SILENT))
    planted = [
        f"{SILENT}:{number}"
        for number, line in enumerate(SILENT.read_text(encoding="utf-8").splitlines(), 1)
        if line.endswith("# not tested")
    ]
    assert [line.split()[0] for line in lines[:-1]] == planted
    assert head.startswith("silent  POST /v1/draw (draw)  ")
    assert head.endswith(f" rules, {len(planted)} statements not tested")
    assert status == 0


def test_a_value_that_the_upstream_refuses_names_both_lines() -> None:
    _, lines = check("--contract", str(SILENT))
    assert any(line.endswith("copies/maximum: 10 is refused by engine.yaml:33 (maximum 6)") for line in lines)


def test_values_that_only_the_contract_allows_are_listed() -> None:
    _, lines = check("--contract", str(SILENT))
    assert lines[-1] == "  copies 7 to 10 is allowed here; engine refuses it: not tested"
    _, (_, *lines) = check("--contract", "powerbuyin")
    assert lines == [
        f"  size such as {size} for qwen-image-2.0 is allowed here; dashscope refuses it: not tested"
        for size in ("512*511: 261632 pixels", "2048*2049: 4196352 pixels")
    ]


@pytest.mark.parametrize(("contract", "status"), [(str(SILENT), 1), ("powertokens", 0), ("powerbuyin", 0)])
def test_a_complete_contract_leaves_nothing_untested(contract: str, status: int) -> None:
    assert check("--complete", "--contract", contract)[0] == status


def test_a_contract_that_does_not_load_ends_with_2(tmp_path: Path) -> None:
    assert check("--contract", str(tmp_path / "none.yaml"))[0] == 2


def test_every_mistake_is_an_error_with_its_line_and_all_are_told_at_once() -> None:
    path = FIXTURES / "broken.yaml"
    found = CliRunner().invoke(main, ["check", "--contract", str(path)])
    planted = [
        f"{path}:{number}"
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if " # " in line
    ]
    errors = found.output.removeprefix("Error: ").splitlines()
    assert [error.split(": ")[0] for error in errors] == planted
    assert [error.partition(": ")[2] for error in errors] == [
        "an Operation Object has no field deprecatd; did you mean 'deprecated'?",
        "default 5: /copies may not hold it; maximum is 4 in line 25",
        "copies and extra/copies both map to /settings/copies; only one field may",
        "unknown keyword x-clase; did you mean x-clause?",
        "the response has no image field; add one with x-present-when",
        "no value can be made for this pattern; give it an example",
    ]
    assert found.exit_code == 2


def test_keywords_of_others_are_counted(tmp_path: Path) -> None:
    text = SILENT.read_text(encoding="utf-8")
    (tmp_path / "engine.yaml").write_text(SILENT.with_name("engine.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    path = tmp_path / "silent.yaml"
    path.write_text(text.replace("    post:\n", "    post:\n      x-oaiMeta: {name: Draw}\n", 1), encoding="utf-8")
    assert check("--contract", str(path))[1][-1] == "  ignored: x-oaiMeta (1)"


@pytest.mark.slow
def test_a_gateway_is_not_blamed_for_what_its_upstream_refuses() -> None:
    run = run_with(lambda gateway: gateway, str(SILENT))
    assert run.conformance is Conformance.CONFORMS
    assert [one.rule.id for one in run.verdicts if one.verdict is Verdict.FAIL] == []
    assert [str(one) for one in run.beyond_upstream] == [
        "copies 7 to 10 is allowed here; engine refuses it: not tested"
    ]


def test_a_strict_run_does_not_conform_to_what_no_rule_tests() -> None:
    statement = Untested(Place(Path("silent.yaml"), 20), "X-Trace", "header parameters are not sent")
    rule = DOCUMENTED[0]
    lenient, strict = (replace(run_of(passed(rule), strict=strict), untested=(statement,)) for strict in (False, True))
    assert require_judgements(lenient, {rule.id}).conformance is Conformance.CONFORMS
    judged = require_judgements(strict, {rule.id})
    assert judged.conformance is Conformance.NOT_TESTED
    assert "silent.yaml:20  X-Trace: header parameters are not sent" in judged.not_tested
