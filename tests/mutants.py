"""Sampled mutants of the modules that verdicts and the mock depend on: are they killed as often as was recorded?

    python -m tests.mutants                 run the recorded mutants, and print what differs
    python -m tests.mutants --only WORD     those whose module or function has this word in its name
    python -m tests.mutants --sample        sample anew from the modules that are recorded, run, and record

`mutation_baseline.json` names for each module the tests that concern it, and for each mutant the function, the line
and the mutated line. Mutants are found again where modules, functions and names have changed: by the same line, or the
most similar one that has a mutant of the same kind. They run in a copy, which is deleted.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from queue import SimpleQueue

import orjson

from tests.mutations import Edit, Mutant, MutationKind, all_edits, found_again, sampled

ROOT = Path(__file__).parents[1]
BASELINE = Path(__file__).with_name("mutation_baseline.json")
LEFT_OUT = shutil.ignore_patterns(".*", "__pycache__", "node_modules", "build", "report", "*.egg-info")

MUTANTS_OF_A_MODULE = 8
CPU_SECONDS = 60  # of one run of the tests; a busy machine must not count as a killed mutant
SECONDS = 600  # for tests that wait without end


def test_paths(names: Sequence[str], root: Path) -> list[str]:
    """The recorded tests where they stand now: a file that was moved has its name still. Raises SystemExit."""
    found = []
    for name in names:
        moved = [name] if (root / name).exists() else sorted(map(str, (root / "tests").rglob(Path(name).name)))
        if len(moved) != 1:
            raise SystemExit(f"{name} is not a file. Change it in {BASELINE.name} to the test that has its assertions.")
        found.append(moved[0])
    return found


def is_killed(edit: Edit, tests: Sequence[str], copy: Path) -> bool:
    """Whether a test fails once the copy has this mutant; the copy is as before afterwards."""
    path = copy / edit.mutant.module
    source = path.read_text("utf-8")
    path.write_text(edit.applied(source), "utf-8")
    try:
        return not passes(tests, copy)
    finally:
        path.write_text(source, "utf-8")


def passes(tests: Sequence[str], copy: Path) -> bool:
    pytest = [sys.executable, "-B", "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
    limited = ["/bin/sh", "-c", f'ulimit -t {CPU_SECONDS}; exec "$@"', "sh", *pytest]
    environment = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        subprocess.run(  # noqa: S603 # our own tests
            limited, cwd=copy, env=environment, capture_output=True, timeout=SECONDS, check=True
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        return False
    return True


@contextmanager
def copies(count: int) -> Iterator[SimpleQueue[Path]]:
    """Copies of the project to break, for as many runs at once."""
    with tempfile.TemporaryDirectory() as folder:
        free: SimpleQueue[Path] = SimpleQueue()
        for number in range(count):
            free.put(Path(shutil.copytree(ROOT, Path(folder, str(number)), ignore=LEFT_OUT)))
        yield free


@dataclass(frozen=True, slots=True)
class Recorded:
    """A recorded mutant with the tests of its module; `killed` is None for one that has not been run."""

    mutant: Mutant
    tests: tuple[str, ...]
    killed: bool | None = None


def read_baseline() -> list[Recorded]:
    modules = orjson.loads(BASELINE.read_bytes())
    return [
        Recorded(
            Mutant(module, one["function"], MutationKind(one["kind"]), one["line"], one["mutated"]),
            tuple(found["tests"]),
            one["killed"],
        )
        for module, found in modules.items()
        for one in found["mutants"]
    ]


def write_baseline(recorded: Sequence[Recorded]) -> None:
    modules: dict[str, dict[str, list[object]]] = {}
    for one in recorded:
        found = modules.setdefault(one.mutant.module, {"tests": list(one.tests), "mutants": []})
        fields = {key: value for key, value in asdict(one.mutant).items() if key != "module"}
        found["mutants"].append({**fields, "killed": one.killed})
    BASELINE.write_bytes(orjson.dumps(modules, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


def sampled_anew() -> list[Recorded]:
    """A sample of the modules that are recorded, with their tests."""
    return [
        Recorded(mutant, tuple(found["tests"]))
        for module, found in orjson.loads(BASELINE.read_bytes()).items()
        for mutant in sampled(module, (ROOT / module).read_text("utf-8"), MUTANTS_OF_A_MODULE)
    ]


def run(recorded: Sequence[Recorded], jobs: int) -> Iterator[tuple[Recorded, Edit | None, bool | None]]:
    """Each recorded mutant, what it has become, and whether it is killed. Raises SystemExit where tests fail anyway."""
    known = all_edits(ROOT)
    with copies(jobs) as free, ThreadPoolExecutor(jobs) as pool:

        def tried(one: Recorded) -> tuple[Recorded, Edit | None, bool | None]:
            edit, tests = found_again(one.mutant, known), test_paths(one.tests, ROOT)
            if edit is None:
                return one, None, None
            copy = free.get()
            try:
                return one, edit, is_killed(edit, tests, copy)
            finally:
                free.put(copy)

        copy = free.get()
        for tests in {one.tests for one in recorded}:
            if not passes(test_paths(tests, ROOT), copy):
                raise SystemExit(f"these tests fail without any mutant: {' '.join(tests)}")
        free.put(copy)
        yield from pool.map(tried, recorded)


OUTCOMES = {True: "killed", False: "survives", None: "not found"}


def main() -> None:
    """Prints every mutant whose outcome is not the recorded one. Exits with 1 if fewer are killed than before."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--sample", action="store_true", help="sample anew and record")
    choice.add_argument("--only", default="", metavar="WORD", help="a part of the module's or the function's name")
    parser.add_argument("--jobs", type=int, default=2, help="runs at once [2]")
    options = parser.parse_args()
    known = sampled_anew() if options.sample else read_baseline()
    recorded = [one for one in known if options.only in f"{one.mutant.module} {one.mutant.function}"]
    outcomes = []
    for one, edit, killed in run(recorded, options.jobs):
        outcomes.append(replace(one, killed=killed))
        if killed is not one.killed:
            print(describe(one, edit, killed), flush=True)
    before, now = (sum(one.killed is True for one in some) for some in (recorded, outcomes))
    print(f"{now} of {len(outcomes)} mutants are killed; recorded: {before}")
    if options.sample:
        write_baseline(outcomes)
    elif now < before:
        sys.exit(1)


def describe(one: Recorded, edit: Edit | None, killed: bool | None) -> str:  # noqa: FBT001 # an outcome
    mutant = one.mutant if edit is None else edit.mutant
    place = f"{mutant.module} {mutant.function}" + ("" if edit is None else f" line {edit.number}")
    return (
        f"{OUTCOMES[killed]}, recorded: {OUTCOMES[one.killed]}: {place}: {mutant.kind}\n"
        f"    - {mutant.line}\n    + {mutant.mutated}"
    )


if __name__ == "__main__":
    main()
