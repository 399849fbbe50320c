"""pytest as the runner: it selects rules, one item each, and starts one run per contract behind them."""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeAlias

import pytest

from contract_tests.report.progress import Progress
from contract_tests.results import Run, require_judgements
from contract_tests.run import PreparedRun, failed_run, run
from gateway_contract.rules.rule import Rule

Subject: TypeAlias = tuple[str, Rule]
"""The label of a run, and a rule that it is to judge."""
RunOf: TypeAlias = Callable[[str], Run]


@dataclass(slots=True, eq=False)
class ContractPlugin:
    """Gives the suite its items, and keeps the runs that they report on. A run starts with the first of its items."""

    loaded: Mapping[str, PreparedRun]
    progress: Callable[[str], AbstractContextManager[Progress]]
    publish: Callable[[str, Run], None]
    runs: dict[str, Run] = field(default_factory=dict)
    selected: dict[str, set[str]] = field(default_factory=dict)

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        pairs = [(name, rule) for name, ready in self.loaded.items() for rule in ready.rules]
        names = [self.loaded[name].settings.name for name, _ in pairs]
        ids = [f"{name and f'{name}/'}{rule.id}" for name, (_, rule) in zip(names, pairs, strict=True)]
        metafunc.parametrize("subject", pairs, ids=ids)

    @pytest.hookimpl(wrapper=True)
    def pytest_collection_modifyitems(self) -> Iterator[None]:
        """Ends pytest for an expression of -k that is none, without pytest's own words for it."""
        try:
            yield
        except pytest.UsageError as error:
            pytest.exit(str(error), pytest.ExitCode.USAGE_ERROR)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        for item in session.items:
            name, rule = item.callspec.params["subject"]  # type: ignore[attr-defined] # every item is parametrized
            self.selected.setdefault(name, set()).add(rule.id)

    @pytest.fixture(scope="session", name="run_of")
    def run_of_fixture(self) -> RunOf:
        return self.run_of

    def selected_part(self, name: str) -> PreparedRun:
        """A prepared run with the rules that were selected so far."""
        ready = self.loaded[name]
        return replace(ready, selected=frozenset(self.selected[name])) if name in self.selected else ready

    def run_of(self, name: str) -> Run:
        if name not in self.runs:
            ready = self.selected_part(name)
            try:
                with self.progress(name) as progress:
                    self.runs[name] = run(ready, progress, publish=partial(self.publish, name))
            except Exception as error:  # noqa: BLE001 # ours, whatever it is: told once, and never as the gateway's
                self.runs[name] = failed_run(ready, error)
        return self.runs[name]


def selected_verdicts(found: Run, selected: Collection[str]) -> Run:
    """A run with the verdicts of the selected rules only."""
    verdicts = tuple(one for one in found.verdicts if one.rule.id in selected)
    return require_judgements(replace(found, verdicts=verdicts), selected)
