"""The documents under openapi/ have no error to Redocly, which knows the keys of a schema, too, nor to Spectral."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.clients.node import HERE, node_command, npm_package

pytestmark = pytest.mark.clients

DOCUMENTS = sorted((HERE.parents[1] / "openapi").glob("*.yaml"))
ERROR = re.compile(r"(?m)^::error title=([\w-]+),file=([^,]+),line=(\d+)")
QUIET = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}
WRONG = """openapi: 3.1.0
info: {title: Wrong, version: "1", description: Begins here, in UTC.}
servers: [{url: /}]
paths: {}
"""


def errors(*documents: Path) -> list[tuple[str, str, int]]:
    """What breaks Redocly's recommended rules: the rule, the document's name and the line."""
    program = npm_package("@redocly/cli") / "bin" / "cli.js"
    done = subprocess.run(  # noqa: S603 # pinned in package-lock.json
        [node_command(), str(program), "lint", "--format=github-actions", *map(str, documents)],
        env={"PATH": os.environ["PATH"], **QUIET},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    found = [(rule, Path(file).name, int(line)) for rule, file, line in ERROR.findall(done.stdout)]
    assert done.returncode == bool(found), done.stdout + done.stderr
    return found


def test_redocly_finds_no_error_in_our_documents_and_would_tell(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(WRONG, "utf-8")
    assert errors(*DOCUMENTS, wrong) == [("struct", "wrong.yaml", 2)]


SPECTRAL = shutil.which("spectral")
NO_SPECTRAL = "Spectral is not installed, for it brings 200 packages; npm install --global @stoplight/spectral-cli"


@pytest.mark.slow
@pytest.mark.skipif(SPECTRAL is None, reason=NO_SPECTRAL)
def test_spectral_finds_no_error_in_our_documents_and_would_tell(tmp_path: Path) -> None:
    (tmp_path / "ruleset.yaml").write_text("extends: [spectral:oas]\n", "utf-8")
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(WRONG.replace("paths: {}", "paths: []"), "utf-8")
    done = subprocess.run(  # noqa: S603 # what is installed
        [
            str(SPECTRAL),
            "lint",
            "--ruleset",
            str(tmp_path / "ruleset.yaml"),
            "--fail-severity=error",
            "--format=text",
            "--display-only-failures",
            *map(str, DOCUMENTS),
            str(wrong),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    found = {Path(line.partition(":")[0]).name for line in done.stdout.splitlines() if " error " in line}
    assert found == {"wrong.yaml"}
