"""One run of the suite against a gateway that is made for it, and whom the run blames."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from starlette.types import ASGIApp

from contract_tests.observation import Observation
from contract_tests.running import Loaded, UnderTest, run
from contract_tests.settings import Settings
from contract_tests.target import BUNDLED_TOKEN, Target, bundled_gateway
from contract_tests.verdicts import Run, Verdict
from gateway_contract.contract import Contract
from gateway_contract.rules.rule import Rule
from mock_server.gateway.app import gateway_app
from mock_server.gateway.stages import Gateway
from mock_server.serving.server import serving

AppOf = Callable[[Gateway], ASGIApp]


def run_against(ready: Loaded, app_of: AppOf = gateway_app) -> Run:
    """A run against what is made of the bundled gateway."""
    return run(ready, lambda *_: None, serving_instead(app_of))


def serving_instead(app_of: AppOf) -> UnderTest:
    @contextmanager
    def under_test(contract: Contract, _settings: Settings, observation: Observation | None) -> Iterator[Target]:
        if observation is None:
            raise ValueError("the bundled gateway needs the suite as its upstream")
        with serving(app_of(bundled_gateway(contract, observation))) as url:
            yield Target(url, BUNDLED_TOKEN)

    return under_test


def failing(found: Run, level: str | None = None) -> set[str]:
    """The rules that failed, as their ids say it behind the contract's name."""
    return {
        short_name(one.rule)
        for one in found.verdicts
        if one.verdict is Verdict.FAIL and level in {None, one.rule.level}
    }


def blamed(found: Run, level: str | None = None) -> set[str]:
    """The subjects of the rules that failed; `request` or `example` where a rule is about the whole."""
    return {name.partition("/")[0] for name in failing(found, level)}


def short_name(rule: Rule) -> str:
    """A rule's id behind the contract's name."""
    return rule.id.partition("/")[2]


def about_failures(rule: Rule) -> bool:
    """Whether only failures that the upstream plays can tell of a rule."""
    return rule.kind == "resilience"
