"""A killed selftest leaves no process behind."""

import subprocess
import sys

import pytest

POOL = """
import os, time
from contract_tests.selftest.worker_pool import worker_pool
with worker_pool(2) as pool:
    print(pool.submit(os.getpid).result(), flush=True)
    for _ in range(2):
        pool.submit(time.sleep, 600)
"""


@pytest.mark.slow
def test_workers_end_when_their_parent_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", POOL], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as parent:  # noqa: S603 # our own interpreter
        assert parent.stdout is not None
        assert parent.stdout.readline().strip().isdigit()
        parent.kill()
        # Every worker holds the other end of this pipe: it ends when the last of them has ended.
        rest, _ = parent.communicate(timeout=60)
    assert rest == b""
