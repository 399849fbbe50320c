"""The rooms of a package import one another in one direction only."""

from pathlib import Path

import pytest

from tests.metrics import cycles_between_rooms, import_graph, longest_chain, modules, repeated_classes, repeated_files

ROOT = Path(__file__).parents[1]

SOURCES = {
    "gateway_contract/__init__.py": "",
    "gateway_contract/rules/__init__.py": "",
    "gateway_contract/rules/judge.py": "from gateway_contract.schema.keyword import Keyword\n\nclass Rule: ...",
    "gateway_contract/rules/rule.py": "from gateway_contract.values import Json",
    "gateway_contract/schema/__init__.py": "",
    "gateway_contract/schema/keyword.py": "from gateway_contract.values import Json\n\nclass Rule: ...",
    "gateway_contract/schema/rule.py": "",
    "gateway_contract/values.py": "Json = object",
}


def plant(root: Path, sources: dict[str, str]) -> Path:
    for name, text in sources.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return root


def circles(root: Path) -> list[list[str]]:
    return cycles_between_rooms(import_graph(modules(root)))


def test_no_rooms_import_one_another() -> None:
    assert circles(ROOT) == []


def test_rooms_that_only_import_lower_ones_have_no_cycle(tmp_path: Path) -> None:
    assert circles(plant(tmp_path, SOURCES)) == []


@pytest.mark.parametrize(
    "line", ["from gateway_contract.rules import rule", "def f():\n    import gateway_contract.rules.rule"]
)
def test_a_cycle_between_sub_packages_is_found_though_no_modules_form_one(tmp_path: Path, line: str) -> None:
    root = plant(tmp_path, {**SOURCES, "gateway_contract/schema/keyword.py": line})
    (found,) = circles(root)
    assert set(found) == {"gateway_contract.rules", "gateway_contract.schema"}


def test_a_cycle_between_a_sub_package_and_a_module_beside_it_is_found(tmp_path: Path) -> None:
    line = "from .schema import rule"
    (found,) = circles(plant(tmp_path, {**SOURCES, "gateway_contract/values.py": line}))
    assert set(found) == {"gateway_contract.schema", "gateway_contract.values"}


def test_an_import_for_type_checkers_is_not_part_of_a_cycle(tmp_path: Path) -> None:
    line = "if TYPE_CHECKING:\n    from gateway_contract.schema.rule import Rule"
    assert circles(plant(tmp_path, {**SOURCES, "gateway_contract/values.py": line})) == []


def test_the_longest_chain_leads_from_the_importing_module_down(tmp_path: Path) -> None:
    assert longest_chain(import_graph(modules(plant(tmp_path, SOURCES)))) == [
        "gateway_contract.rules.judge",
        "gateway_contract.schema.keyword",
        "gateway_contract.values",
    ]


def test_names_that_stand_twice_are_found(tmp_path: Path) -> None:
    found = modules(plant(tmp_path, SOURCES))
    assert repeated_classes(found) == {"Rule": ["gateway_contract.rules.judge", "gateway_contract.schema.keyword"]}
    assert repeated_files(found) == {
        "gateway_contract: rule.py": ["gateway_contract.rules.rule", "gateway_contract.schema.rule"]
    }
