"""pytest as the runner: one item per rule of each contract, and one run per contract behind them."""

from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from functools import partial

import pytest

from contract_tests.report.progress import Progress
from contract_tests.results import RuleVerdict, Run, require_judgements
from contract_tests.run import PreparedRun, failed_run, run
from gateway_contract.rules.rule import Rule
from gateway_contract.traffic.redaction import all_secrets, redact

VerdictOn = Callable[[str, Rule], tuple[Run, RuleVerdict | None]]
Redacted = Callable[[str, RuleVerdict | None, str], str]


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
        metafunc.parametrize(("run_label", "rule"), pairs, ids=ids)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        for item in session.items:
            parameters = item.callspec.params  # type: ignore[attr-defined] # every item here is parametrized
            self.selected.setdefault(parameters["run_label"], set()).add(parameters["rule"].id)

    @pytest.fixture(scope="session")
    def verdict_on(self, record_testsuite_property: Callable[[str, object], None]) -> VerdictOn:
        def verdict_on(name: str, rule: Rule) -> tuple[Run, RuleVerdict | None]:
            is_new, found = name not in self.runs, self.run_of(name)
            for beyond in found.beyond_upstream if is_new else ():
                record_testsuite_property(f"{name}.beyond_upstream", str(beyond))
            return found, next((verdict for verdict in found.verdicts if verdict.rule is rule), None)

        return verdict_on

    @pytest.fixture(scope="session")
    def redacted(self) -> Redacted:
        """Texts as they may stand in a published file: with neither the token nor what the exchanges show of keys."""

        def redact_text(name: str, verdict: RuleVerdict | None, text: str) -> str:
            seen = [failure.exchange for failure in verdict.failures] if verdict is not None else []
            return redact(text, all_secrets(seen, self.loaded[name].settings.secrets))

        return redact_text

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
