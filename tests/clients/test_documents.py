"""The documents under openapi/ have no error to Redocly: it also knows the keys that a schema may have."""

import os
import re
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
