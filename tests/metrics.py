"""Prints the size and shape of the three packages: `python tests/metrics.py [ROOT]`.

A room is a sub-package, or a module that stands directly in a package. Rooms of one package are neighbours. Imports
for type checkers only (`if TYPE_CHECKING`) do not count, for they lead nowhere at run time.
"""

import ast
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from statistics import median, quantiles

PACKAGES = ("gateway_contract", "mock_server", "contract_tests")  # from the lowest to the highest
Graph = Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Module:
    """A module with its source. `name` is dotted; that of a package's `__init__.py` is the package's."""

    name: str
    path: Path

    @cached_property
    def source(self) -> str:
        return self.path.read_text("utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.source)

    @property
    def lines(self) -> int:
        return len(self.source.splitlines())

    @property
    def package(self) -> str:
        return self.name if self.path.name == "__init__.py" else self.name.rpartition(".")[0]

    @property
    def is_empty_init(self) -> bool:
        return self.path.name == "__init__.py" and not self.tree.body


def modules(root: Path) -> list[Module]:
    """Every module of the three packages below a folder."""
    paths = (path for package in PACKAGES for path in sorted((root / package).rglob("*.py")))
    return [Module(dotted(path.relative_to(root)), path) for path in paths]


def dotted(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def imports(module: Module, nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Every dotted name that these nodes of a module import; `from a import b` as a.b."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{absolute(node, module)}.{alias.name}" for alias in node.names)


def run_time_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Every node below this one, without those below `if TYPE_CHECKING`."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING"):
            continue
        yield child
        yield from run_time_nodes(child)


def absolute(statement: ast.ImportFrom, module: Module) -> str:
    """The module that a `from` statement names."""
    if not statement.level:
        return statement.module or ""
    package = module.package.split(".")
    above = package[: len(package) - statement.level + 1]
    return ".".join([*above, *([statement.module] if statement.module else [])])


def import_graph(found: Iterable[Module]) -> Graph:
    """The modules that each module imports, by their names."""
    known = {module.name: module for module in found}
    graph = {}
    for name, module in known.items():
        imported = (owner(each, known) for each in imports(module, run_time_nodes(module.tree)))
        graph[name] = frozenset(filter(None, imported)) - {name}
    return graph


def owner(imported: str, known: Mapping[str, Module]) -> str | None:
    """The module that an imported name is, or is defined in; None for what is not ours."""
    return next((name for name in (imported, imported.rpartition(".")[0]) if name in known), None)


def longest_chain(graph: Graph) -> list[str]:
    """The longest path of imports, the importing module first. Raises CycleError."""
    chains: dict[str, list[str]] = {}
    for name in TopologicalSorter(graph).static_order():
        below = max((chains[imported] for imported in sorted(graph[name])), key=len, default=[])
        chains[name] = [name, *below]
    return max(chains.values(), key=len, default=[])


def room_graphs(graph: Graph) -> Mapping[str, Graph]:
    """For each package, which of its rooms import which of their neighbours."""
    rooms: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for name, imported in graph.items():
        for other in imported:
            package, room, neighbour = parting(name, other)
            if room != neighbour:
                rooms[package][room].add(neighbour)
                rooms[package].setdefault(neighbour, set())
    return {package: {room: frozenset(found) for room, found in each.items()} for package, each in rooms.items()}


def parting(name: str, other: str) -> tuple[str, str, str]:
    """The deepest package that holds two modules, and the room in it of either; `.` is the package itself."""
    first, second = name.split("."), other.split(".")
    depth = next((i for i, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), None)
    if depth is None:
        depth = min(len(first), len(second))
    package = ".".join(first[:depth])
    rooms = [".".join(parts[: depth + 1]) if len(parts) > depth else f"{package}." for parts in (first, second)]
    return package, rooms[0], rooms[1]


def cycle(graph: Graph) -> list[str]:
    """Nodes that lead to one another, the first one again at the end; empty where there are none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return [str(node) for node in error.args[1]]
    return []


def cycles_between_rooms(graph: Graph) -> list[list[str]]:
    """One cycle for each package whose rooms import one another in a circle."""
    return [found for rooms in room_graphs(graph).values() if (found := cycle(rooms))]


def functions(module: Module) -> Iterator[tuple[str, int]]:
    """Every function, method and inner function with its number of lines."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


def classes(module: Module) -> list[str]:
    return [node.name for node in ast.walk(module.tree) if isinstance(node, ast.ClassDef)]


def repeated_classes(found: Iterable[Module]) -> Mapping[str, list[str]]:
    """Class names that stand in more than one place, and where."""
    places: dict[str, list[str]] = defaultdict(list)
    for module in found:
        for name in classes(module):
            places[name].append(module.name)
    return {name: where for name, where in sorted(places.items()) if len(where) > 1}


def repeated_files(found: Iterable[Module]) -> Mapping[str, list[str]]:
    """File names that stand more than once in one of the three packages, and where."""
    places: dict[tuple[str, str], list[str]] = defaultdict(list)
    for module in found:
        if module.path.name != "__init__.py":
            places[module.name.split(".")[0], module.path.name].append(module.name)
    return {f"{package}: {name}": where for (package, name), where in sorted(places.items()) if len(where) > 1}


def report(root: Path) -> Iterator[str]:
    """The figures, one to a line; below some of them what they count."""
    found = [module for module in modules(root) if not module.is_empty_init]
    graph = import_graph(modules(root))
    lines = Counter(dict.fromkeys(PACKAGES, 0))
    for module in found:
        lines[module.name.split(".")[0]] += module.lines
    largest = max(found, key=lambda module: module.lines)
    lengths = [length for module in found for _, length in functions(module)]
    yield line("modules, without empty __init__", len(found))
    yield line("source lines", f"{lines.total()} ({', '.join(f'{name} {count}' for name, count in lines.items())})")
    yield from import_figures(graph)
    yield line("largest module", f"{largest.lines} lines: {largest.name}")
    tenths = quantiles(lengths, n=10)
    yield line("function lines, median/p90/max", f"{median(lengths):g}/{tenths[-1]:g}/{max(lengths)} of {len(lengths)}")
    yield from listed("class names that stand twice", repeated_classes(found))
    yield from listed("file names twice within a package", repeated_files(found))


def import_figures(graph: Graph) -> Iterator[str]:
    if circle := cycle(graph):
        yield line("longest import chain", f"none, for modules import one another: {arrows(circle)}")
    else:
        chain = longest_chain(graph)
        yield line("longest import chain", f"{len(chain) - 1} imports")
        yield f"    {arrows(chain)}"
    circles = cycles_between_rooms(graph)
    yield line("packages with a cycle between rooms", len(circles))
    yield from (f"    {arrows(one)}" for one in circles)


def arrows(names: Iterable[str]) -> str:
    return " -> ".join(names)


def listed(label: str, names: Mapping[str, list[str]]) -> Iterator[str]:
    yield line(label, len(names))
    yield from (f"    {name}: {', '.join(where)}" for name, where in names.items())


def line(label: str, figure: object) -> str:
    return f"{label:<36} {figure}"


if __name__ == "__main__":
    where = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1]
    print("\n".join(report(where)))
