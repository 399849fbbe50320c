"""Measure what an open console costs the mock per request, and how busy its page is.

Run `python -m benchmarks.console`; it exits with 1 if a target is missed. The same requests are sent with and without a
console open in Chromium, in turns. Each measurement goes on until the page has caught up, so nothing is put off.
"""

import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import click
from playwright.sync_api import CDPSession, Page, sync_playwright

from benchmarks.mock_load import load_on
from benchmarks.mock_requests import content, valid_body, varied
from benchmarks.mock_servers import Server, mock
from gateway_contract.contract.load_contract import contract_path, load_contract

CONTRACT = "powertokens"
CHROMIUM = "/usr/bin/chromium"
FLAGS = ("--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync")
CATCH_UP = 2.5  # seconds after the last request: the page updates once a second
MOST_CPU, MOST_BUSY = 1.25, 0.10


@dataclass(frozen=True, slots=True)
class Tab:
    """A page of the browser."""

    page: Page
    metrics: CDPSession

    def show(self, url: str) -> None:
        self.page.goto(url)
        time.sleep(CATCH_UP)

    def busy_seconds(self) -> float:
        """How long the page's main thread has worked so far: scripts, styles, layout, painting."""
        found = self.metrics.send("Performance.getMetrics")["metrics"]
        return float(next(one["value"] for one in found if one["name"] == "TaskDuration"))


@dataclass(frozen=True, slots=True)
class Cost:
    """`cpu` is the mock's in microseconds per request, `busy` the share of time in which the page worked."""

    cpu: float
    busy: float


@contextmanager
def browser_tab() -> Iterator[Tab]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", *FLAGS])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        metrics = page.context.new_cdp_session(page)
        metrics.send("Performance.enable", {"timeDomain": "threadTicks"})  # CPU time: other processes do not count
        yield Tab(page, metrics)
        browser.close()


def cost(server: Server, tab: Tab, path: str, bodies: Sequence[bytes], connections: int) -> Cost:
    with load_on(server.url, connections) as load:
        posts = [load.post(path, body) for body in bodies]
        cpu, busy, began = server.cpu(), tab.busy_seconds(), time.monotonic()
        load.run(posts, 200)
        tab.page.wait_for_timeout(CATCH_UP * 1000)
    seconds = time.monotonic() - began
    return Cost((server.cpu() - cpu) / len(bodies) / 1000, (tab.busy_seconds() - busy) / seconds)


def is_met(name: str, alone: Sequence[Cost], watched: Sequence[Cost]) -> bool:
    without, with_console = (statistics.median(one.cpu for one in costs) for costs in (alone, watched))
    ratio, busy = with_console / without, statistics.median(one.busy for one in watched)
    met = ratio <= MOST_CPU and busy <= MOST_BUSY
    print(f"{name:16}{without:8.0f}{with_console:10.0f}{ratio:8.2f}{busy:8.1%}   {'met' if met else 'missed'}")
    return met


@click.command(context_settings={"show_default": True})
@click.option("--requests", default=600, type=click.IntRange(1), help="Requests per measurement.")
@click.option("--connections", default=8, type=click.IntRange(1), help="Concurrent requests.")
@click.option("--rounds", default=5, type=click.IntRange(1), help="Measurements with and without a console.")
def main(requests: int, connections: int, rounds: int) -> None:
    """Print the mock's CPU per request without and with an open console, and how busy the page is."""
    contract = load_contract(contract_path(CONTRACT))
    path = f"/{contract.name}{contract.operation.path}"
    print(f"{'':16}{'without':>8}{'with, µs':>10}{'ratio':>8}{'busy':>8}   targets {MOST_CPU}, {MOST_BUSY:.0%}")
    met = []
    with mock() as server, browser_tab() as tab:
        for name, times in ((f"{requests} requests", 1), (f"{requests * 10} requests", 10)):
            bodies = [content(varied(contract, valid_body(contract), number)) for number in range(requests * times)]
            alone, watched = list[Cost](), list[Cost]()
            for _ in range(rounds):
                for url, costs in (("about:blank", alone), (server.url, watched)):
                    tab.show(url)
                    costs.append(cost(server, tab, path, bodies, connections))
            met.append(is_met(name, alone, watched))
    sys.exit(0 if all(met) else 1)


if __name__ == "__main__":
    main()
