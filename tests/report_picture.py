"""Draws the page of a report for the documentation: `python -m tests.report_picture` writes docs/report.png.

Two gateways are judged by powerbuyin: one that conforms, and one with faults, of which one is waived.
"""

import asyncio
import os
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from starlette.types import ASGIApp

from contract_tests.report.json_report import write_report
from contract_tests.report.renderings import write_renderings
from contract_tests.report.stored_report import read_reports
from contract_tests.results import Run
from contract_tests.run import PreparedRun, prepare
from contract_tests.selftest.trials import PATIENCE, run_against
from contract_tests.settings import Settings
from contract_tests.target import BUNDLED_TOKEN
from contract_tests.waived_failures import waive
from contract_tests.waivers import Waiver
from gateway_contract.document.node import Place
from mock_server.defects.catalogue import defects_named
from mock_server.gateway.gateway_app import gateway_app
from mock_server.gateway.stages import Gateway
from tests.browser import launched

PICTURE = Path(__file__).parents[1] / "docs" / "report.png"
WIDTH, HEIGHT = 1280, 1330  # pixels
CONTRACT = "powerbuyin"
FAULTS = ("seed-dropped-when-falsy", "n-off-by-one-accepted-maximum")
WAIVED = "n/*"


def judged(ready: PreparedRun, name: str, faults: Sequence[str]) -> Run:
    """A run against a gateway with some faults."""

    def app_of(gateway: Gateway) -> ASGIApp:
        for fault in faults:
            gateway = defects_named(fault, [ready.contract])[CONTRACT].apply(gateway)
        return gateway_app(gateway)

    return replace(run_against(ready, app_of), name=name, gateway=f"https://{name}.example.com")


def with_waiver(run: Run) -> Run:
    until = run.started_at.date() + timedelta(days=60)
    waiver = Waiver(Place(Path("waivers.yaml"), 1), WAIVED, "fixed in 2.4", until, ticket="GW-123")
    return replace(run, waivers=(waiver,), verdicts=waive(run.verdicts, (waiver,), run.name, run.started_at.date()))


async def draw(page: Path, picture: Path) -> None:
    """Draws the page as it is first seen."""
    async with launched() as browser:
        tab = await browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
        await tab.goto(page.as_uri())
        await tab.screenshot(path=picture)


def main() -> None:
    ready = prepare(Settings(contract=CONTRACT, limits=PATIENCE))
    runs = [with_waiver(judged(ready, "staging", FAULTS)), judged(ready, "canary", ())]
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)  # so that the commands on the page name report/ and nothing of this machine
        report = Path("report")
        homes = [write_report(run, report, (BUNDLED_TOKEN,)).parent for run in runs]
        write_renderings(report, read_reports(homes))
        asyncio.run(draw(report.resolve() / "index.html", PICTURE))


if __name__ == "__main__":
    main()
