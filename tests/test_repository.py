"""What holds for the tree as a whole: it names no machine, its code names no field, its parts are small."""

import ast
import importlib.metadata
import re
import tokenize
import tomllib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests import metrics

ROOT = Path(__file__).parents[1]
PACKAGES = ("gateway_contract", "mock_server", "contract_tests")
CONTRACTS = ("openapi/powertokens.yaml", "openapi/powerbuyin.yaml")

MADE_HERE = {ROOT / "build", ROOT / "report"}
MADE_ANYWHERE = {"__pycache__", "node_modules"}
VISIBLE_DOTS = {".ci", ".dockerignore", ".github", ".gitignore", ".pre-commit-config.yaml"}
SOMEBODYS_OWN_WORDS = {"LICENSE"}

# Written so that they do not match themselves.
MACHINE_PATH = re.compile(r"(?<![\w.:~-])/(?:work|root|home)/")
TEMPORARY_PATH = re.compile(r"(?<![\w.:~-])/(?:tmp)/")
REGISTRY = re.compile(r"pypi[.]org|python[h]osted|registry[.]npmjs|deb[.]debian")

# The vendor's own protocol is the one thing that a document cannot say.
KNOWS_THE_UPSTREAM = "mock_server/upstream/dashscope/"

# Words that mean something else where they stand, and happen to be fields of a contract as well.
READERS_OF_KEYWORDS = ("gateway_contract/contract/extensions.py", "gateway_contract/contract/load_contract.py")
HAR = "mock_server/admin/har.py"
COVERAGE = "gateway_contract/contract/coverage.py"
MODELS = "mock_server/gateway/models.py"
EXCUSED: dict[str, tuple[str, tuple[str, ...]]] = {
    "content": ("OpenAPI, HAR: what a body holds", ("gateway_contract/contract/operation.py", COVERAGE, HAR)),
    "url": (
        "OpenAPI, HAR, gateway.yaml: the address of a server",
        (
            "contract_tests/command/option_table.py",
            "gateway_contract/contract/load_contract.py",
            COVERAGE,
            "mock_server/console/pages.py",
            HAR,
        ),
    ),
    "size": (
        "a member of x-image and x-images; HAR: of a body",
        (*READERS_OF_KEYWORDS, "gateway_contract/contract/operation.py", HAR),
    ),
    "text": (
        "HAR, exchange files: of a body; --format",
        (HAR, "contract_tests/command/cli.py", "contract_tests/report/exchange_file.py"),
    ),
    "parameters": (
        "what a scenario takes; OpenAPI: of an operation",
        ("mock_server/admin/routes.py", COVERAGE, "gateway_contract/contract/idempotency.py"),
    ),
    "model": ("the OpenAI API: what a list of models holds", (MODELS,)),
    "data": ("the OpenAI API: a list of models", (MODELS,)),
    "created": ("the OpenAI API: of a model", (MODELS,)),
    "seed": (
        "of chance, which makes scenarios and requests happen again",
        ("mock_server/scenarios/timing.py", "contract_tests/command/option_table.py"),
    ),
}

LINES_OF_A_MODULE = 350
LINES_OF_A_FUNCTION = 45
SAYS_NOTHING = {"utils", "util", "helpers", "helper", "manager", "base", "common", "misc"}


def is_ours(path: Path) -> bool:
    hidden = path.name.startswith(".") and path.name not in VISIBLE_DOTS
    made = path in MADE_HERE or path.name in MADE_ANYWHERE or path.suffix == ".egg-info"
    return not hidden and not made


def files(folder: Path = ROOT) -> Iterator[Path]:
    """Every file that belongs to the project: git need not be there to tell."""
    for path in filter(is_ours, sorted(folder.iterdir())):
        if path.is_dir():
            yield from files(path)
        else:
            yield path


def texts() -> Iterator[tuple[str, str]]:
    """Every text file of ours, by its path below the root."""
    for path in files():
        content = path.read_bytes()
        if b"\0" not in content and path.name not in SOMEBODYS_OWN_WORDS:
            yield path.relative_to(ROOT).as_posix(), content.decode("utf-8", "replace")


def modules() -> list[Path]:
    return [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


def below_root(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def places(pattern: re.Pattern[str], name: str, text: str) -> list[str]:
    lines = enumerate(text.splitlines(), 1)
    return [f"{name}:{number}: {found[0]}" for number, line in lines if (found := pattern.search(line))]


def test_the_patterns_find_what_they_are_for() -> None:
    planted = "\n".join(["cd /" + "work/main", "at /" + "tmp/x", "from https://" + "pypi" + ".org/simple"])
    assert places(MACHINE_PATH, "a", planted) == ["a:1: /" + "work/"]
    assert places(TEMPORARY_PATH, "a", planted) == ["a:2: /" + "tmp/"]
    assert places(REGISTRY, "a", planted) == ["a:3: pypi" + ".org"]


def test_the_tree_is_read_whole() -> None:
    read = {name for name, _ in texts()}
    assert {"Makefile", ".ci/run", "requirements.lock", "contract_tests/report/__init__.py"} <= read
    assert not {name for name in read if name.startswith((".venv/", ".git/"))}


def test_no_file_names_a_path_of_the_machine_it_was_made_on() -> None:
    everywhere = [place for name, text in texts() for place in places(MACHINE_PATH, name, text)]
    code = [(name, text) for name, text in texts() if not name.startswith("tests/")]
    assert everywhere + [place for name, text in code for place in places(TEMPORARY_PATH, name, text)] == []


def test_ci_runs_without_the_variables_of_make() -> None:
    (given,) = re.findall(r"^GIVEN := (.*)", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    unset = re.findall(r"^unset (.*)", (ROOT / ".ci" / "run").read_text("utf-8"), re.MULTILINE)
    assert set(given.split()) <= set(" ".join(unset).split())


def test_no_file_names_the_host_of_a_registry() -> None:
    assert [place for name, text in texts() for place in places(REGISTRY, name, text)] == []


def properties(part: Any) -> set[str]:  # noqa: ANN401 - a YAML document is anything
    """Every name that stands below a `properties` keyword, however deep."""
    if isinstance(part, list):
        return set().union(*map(properties, part))
    if not isinstance(part, dict):
        return set()
    named = part.get("properties")
    own = set(named) if isinstance(named, dict) else set()
    return own.union(*map(properties, part.values()))


def contract_fields() -> set[str]:
    return set().union(*(properties(yaml.safe_load((ROOT / name).read_text("utf-8"))) for name in CONTRACTS))


def constants(source: str) -> Iterator[tuple[int, str]]:
    """Every text in the code with its line. What stands around an f-string's braces is prose, no name."""
    nodes = list(ast.walk(ast.parse(source)))
    pieces = {id(piece) for node in nodes if isinstance(node, ast.JoinedStr) for piece in node.values}
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in pieces:
            yield node.lineno, node.value


def named_fields(source: str, fields: set[str]) -> list[tuple[int, str]]:
    """Where code says a field's name, alone or as steps of a JSON Pointer."""
    said = ((line, text.split("/") if text.startswith("/") else [text]) for line, text in constants(source))
    return sorted((line, step) for line, steps in said for step in steps if step in fields)


def fields_named_in_code() -> list[tuple[str, int, str]]:
    fields = contract_fields()
    judged = [path for path in modules() if not below_root(path).startswith(KNOWS_THE_UPSTREAM)]
    return [
        (below_root(path), line, field)
        for path in judged
        for line, field in named_fields(path.read_text("utf-8"), fields)
    ]


def test_a_field_named_in_code_is_found() -> None:
    source = 'a = body["seed"]\nb = "/input/seed"\nc = f"{a}seed"\n"""Where seed goes."""'
    assert named_fields(source, {"seed"}) == [(1, "seed"), (2, "seed")]


def test_properties_are_found_however_deep_they_lie() -> None:
    document = {"a": [{"then": {"properties": {"seed": {"properties": {"depth": True}}}}}]}
    assert properties(document) == {"seed", "depth"}


def test_the_fields_are_those_of_both_contracts() -> None:
    assert {"prompt", "input", "seed", "watermark", "data", "b64_json"} <= contract_fields()


def test_no_field_of_a_contract_is_named_in_code() -> None:
    excused = {(module, word) for word, (_, excusing) in EXCUSED.items() for module in excusing}
    assert [place for place in fields_named_in_code() if (place[0], place[2]) not in excused] == []


def test_every_excused_word_still_needs_its_excuse() -> None:
    excused = {(module, word) for word, (_, excusing) in EXCUSED.items() for module in excusing}
    assert excused - {(module, word) for module, _, word in fields_named_in_code()} == set()


def test_every_module_has_a_name_that_says_what_it_holds() -> None:
    words = {below_root(path): set(re.split(r"[/_.]", below_root(path))) for path in modules()}
    assert {name: found for name, named in words.items() if (found := named & SAYS_NOTHING)} == {}


def test_every_module_can_be_read_in_one_sitting() -> None:
    lengths = {below_root(path): len(path.read_text("utf-8").splitlines()) for path in modules()}
    assert {name: length for name, length in lengths.items() if length > LINES_OF_A_MODULE} == {}


def test_every_function_fits_on_a_page() -> None:
    lengths = [(module.name, *function) for module in metrics.modules(ROOT) for function in metrics.functions(module)]
    assert [entry for entry in lengths if entry[2] > LINES_OF_A_FUNCTION] == []


SILENCED = re.compile(r"#\s*(?:noqa(?::[\s,]*(?:[A-Z]+\d+[\s,]*)*)?|type: ignore(?:\[.*?\])?|pragma: no \w+)")


def silenced_without_reason(path: Path) -> Iterator[str]:
    with tokenize.open(path) as file:
        tokens = list(tokenize.generate_tokens(file.readline))
    for comment in filter(lambda token: token.type == tokenize.COMMENT, tokens):
        silenced = SILENCED.search(comment.string)
        if silenced and not re.search(r"[a-z]{2}", SILENCED.sub("", comment.string)):
            yield f"{path.name}:{comment.start[0]}: {silenced[0].strip()}"


def test_a_silenced_checker_without_a_reason_is_found(tmp_path: Path) -> None:
    lines = [
        "import os  # noqa: F401",
        "import re  # noqa: F401 - for the reader",
        "a = 1  # type: ignore[misc]",
    ]
    path = tmp_path / "planted.py"
    path.write_text("\n".join(lines), "utf-8")
    assert list(silenced_without_reason(path)) == [
        "planted.py:1: # noqa: F401",
        "planted.py:3: # type: ignore[misc]",
    ]


def test_whoever_silences_a_checker_says_why() -> None:
    paths = [path for path in files() if path.suffix == ".py"]
    assert [place for path in paths for place in silenced_without_reason(path)] == []


def ignored_rules(text: str) -> list[str]:
    """The lines of pyproject.toml that switch rules of ruff off."""
    tables = re.split(r"(?m)^(?=\[)", text)
    ruff = [table for table in tables if table.startswith("[tool.ruff")]
    return [line for table in ruff for line in table.splitlines() if re.match(r'\s+"[A-Z]+\d*"', line)]


def test_every_rule_that_is_switched_off_says_why() -> None:
    ignored = ignored_rules((ROOT / "pyproject.toml").read_text("utf-8"))
    assert ignored
    assert [line for line in ignored if not re.search(r"#\s*\w+", line)] == []


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


PINNED = re.compile(r"(?m)^([\w.-]+)(?:\[[\w,.-]+\])?==(\S+)")


def pins(lock: str) -> dict[str, str]:
    return {canonicalize_name(name): version for name, version in PINNED.findall(lock)}


def wanted() -> list[Requirement]:
    said = project()
    extras = said["project"]["optional-dependencies"].values()
    lines = [*said["build-system"]["requires"], *said["project"]["dependencies"], *chain(*extras)]
    asked = [Requirement(line) for line in lines]
    return [requirement for requirement in asked if requirement.name != said["project"]["name"]]  # its own extras


@pytest.mark.parametrize("requirement", wanted(), ids=lambda requirement: str(requirement.name))
def test_the_lock_pins_what_the_project_asks_for(requirement: Requirement) -> None:
    version = pins((ROOT / "requirements.lock").read_text("utf-8")).get(canonicalize_name(requirement.name))
    assert version is not None
    assert requirement.specifier.contains(version)


def test_whatever_the_lock_pins_has_a_hash() -> None:
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    entries = re.split(r"(?m)^(?=\S+==)", lock)[1:]
    assert len(entries) == len(pins(lock)) > 0
    assert [entry.splitlines()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def extras_wanted(name: str) -> Iterator[str]:
    """The packages that an installed one wants with extras, as a lock has to name them."""
    for line in importlib.metadata.requires(name) or []:
        requirement = Requirement(line)
        if requirement.extras and (requirement.marker is None or requirement.marker.evaluate({"extra": ""})):
            yield f"{canonicalize_name(requirement.name)}[{','.join(sorted(requirement.extras))}]"


def test_a_package_that_is_wanted_with_extras_is_pinned_with_them() -> None:
    """Else pip asks for its newest version first, which has no hash here: the lock breaks with the next release."""
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    wanted_so = {extra for name in pins(lock) for extra in extras_wanted(name)}
    assert "coverage[toml]" in wanted_so
    assert {extra for extra in wanted_so if f"\n{extra}==" not in lock} == set()


def test_every_package_is_installed() -> None:
    folders = [path.parent for path in modules() if path.name == "__init__.py"]
    setuptools = project()["tool"]["setuptools"]
    listed = set(setuptools["packages"]) - set(setuptools["package-dir"])
    assert {below_root(folder).replace("/", ".") for folder in folders} == listed
