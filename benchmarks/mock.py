"""Measure what a request costs the mock, compared with a bare Starlette handler and with Stoplight Prism.

Run `python -m benchmarks.mock`; it exits with 1 if a target is missed. It measures CPU time of the server's process per
request. The compared servers take turns on the same machine, and each round gives a ratio, so that noise affects both.
Absolute times depend on the machine.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path
from urllib.parse import urlsplit

import click

from benchmarks.mock_load import Load, load_on
from benchmarks.mock_requests import DIFFERENT, Requests, content, inline_body, requests_of, varied
from benchmarks.mock_servers import MOCK, Server, UnavailableError, bare, mock, prism, process
from gateway_contract.contract.definition import Contract
from gateway_contract.contract.load_contract import contract_path, load_contract
from mock_server.images.links import KEPT_BYTES
from mock_server.upstream.calls import KEPT as CALLS_KEPT

CONTRACT = "powertokens"
WARM_UP = 2  # rounds that are not counted, since V8 compiles meanwhile
STARTS = 5
SAMPLES = 20  # measurements of the memory
MEMORY_CONNECTIONS = 8  # connections while memory is measured
IN_JSON, PNG = "application/json", "image/png"


@dataclass(frozen=True, slots=True)
class Runner:
    """Requests of one type to one server, and the expected status; None accepts any."""

    server: Server
    connections: int
    requests: Sequence[bytes]
    status: int | None

    def cpu(self) -> float:
        """Microseconds of the server's CPU per request. Connections are new each time, since Node closes idle ones."""
        before = self.server.cpu()
        with load_on(self.server.url, self.connections) as load:
            load.run(self.requests, self.status)
        return (self.server.cpu() - before) / len(self.requests) / 1000


@dataclass(frozen=True, slots=True)
class Setting:
    """The number of rounds per comparison, and of concurrent connections."""

    rounds: int
    connections: int


@dataclass(frozen=True, slots=True)
class Target:
    """The limit of a ratio: at most a multiple, or a fraction, of another server's cost."""

    text: str
    at_most: float

    def row(self, name: str, ours: Sequence[float], theirs: Sequence[float]) -> bool:
        """Print the row; return whether the target is met."""
        ratios = sorted(mine / other for mine, other in zip(ours, theirs, strict=True))
        middle = statistics.median(ratios)
        costs = f"{statistics.median(ours):8.1f}{statistics.median(theirs):10.1f}"
        spread = f"{ratios[0]:.2f} to {ratios[-1]:.2f}"
        met = middle <= self.at_most
        print(f"{name:36}{costs}{middle:8.2f}   {spread:14}{self.text:>9}  {result(met) if self.text else ''}".rstrip())
        return met


def at_most(times: float) -> Target:
    return Target(f"<= {times:.2f}", times)


def times_less(times: float) -> Target:
    return Target(f"<= 1/{times:.0f}", 1 / times)


def result(met: bool) -> str:  # noqa: FBT001 # its only argument
    return "met" if met else "MISSED"


def compare(runners: Sequence[Runner], rounds: int) -> list[list[float]]:
    """The costs of each runner per round; every other round runs in reverse order."""
    for runner in [*runners] * WARM_UP:
        runner.cpu()
    costs: list[list[float]] = [[] for _ in runners]
    for number in range(rounds):
        order = list(enumerate(runners))
        for index, runner in order if number % 2 else reversed(order):
            costs[index].append(runner.cpu())
    return costs


@dataclass(frozen=True, slots=True)
class RequestType:
    """A type of request; `posted` are the bodies, none for a GET."""

    name: str
    path: str
    posted: Sequence[bytes]
    status: int
    target: Target

    def requests(self, url: str, path: str) -> list[bytes]:
        load = Load(urlsplit(url).netloc, ())
        return [load.post(path, body) for body in self.posted] or [load.get(path)] * DIFFERENT


def compare_with_bare(server: Server, samples: Requests, setting: Setting) -> bool:
    """Compare each type with a handler that reads and parses the body, and returns the same bytes."""
    types = (
        (RequestType("valid POST", samples.path, samples.valid, 200, at_most(1.5)), IN_JSON, samples.valid_response),
        (
            RequestType("invalid POST", samples.path, samples.invalid, 400, at_most(1.4)),
            IN_JSON,
            samples.invalid_response,
        ),
        (RequestType("image from the cache", samples.link, (), 200, at_most(1.3)), PNG, samples.image),
    )
    met = []
    with tempfile.TemporaryDirectory() as folder:
        for type_, media_type, fixed in types:
            file = Path(folder, type_.name)
            file.write_bytes(fixed)
            with bare(file, type_.status, media_type) as other:
                costs = costs_of(server, other, type_, "/", type_.status, setting)
            met.append(type_.target.row(f"{type_.name} / bare Starlette", *costs))
    return all(met)


def compare_with_prism(contract: Contract, server: Server, samples: Requests, setting: Setting) -> bool:
    """Compare with Prism as users start it, and, for information, without its log."""
    types = (
        RequestType("valid POST", samples.path, samples.valid, 200, times_less(4)),
        RequestType("invalid POST", samples.path, samples.invalid, 400, times_less(7)),
    )
    met = []
    for log, options in (("", ()), (", silent", ("--verboseLevel", "silent"))):
        with prism(contract.name, *options) as other:
            for type_ in types:
                check_comparable(other, type_, contract.operation.path)
                costs = costs_of(server, other, type_, contract.operation.path, None, setting)
                target = Target("", float("inf")) if log else type_.target
                met.append(target.row(f"{type_.name} / Prism{log}", *costs))
    return all(met)


def costs_of(
    server: Server, other: Server, type_: RequestType, path: str, status: int | None, setting: Setting
) -> list[list[float]]:
    """The costs of the mock, and of another server with its own path and status."""
    ours = Runner(server, setting.connections, type_.requests(server.url, type_.path), type_.status)
    theirs = Runner(other, setting.connections, type_.requests(other.url, path), status)
    return compare((ours, theirs), setting.rounds)


def check_comparable(other: Server, type_: RequestType, path: str) -> None:
    """Exit if the other server's status is of another class; Prism may reject with another 4xx."""
    with load_on(other.url, 1) as load:
        answer = load.ask(load.post(path, type_.posted[0]))
    if answer.status // 100 != type_.status // 100:
        raise SystemExit(f"{other.url} responds with {answer.status} to a {type_.name}: {answer.content[:500]!r}")


def measure_start() -> bool:
    """Measure the time from the command to the first response."""
    waits, costs = [], []
    for _ in range(STARTS):
        began = time.monotonic()
        with process(MOCK) as started:
            url = (started.stdout.readline() if started.stdout else "").split()[-1]
            with load_on(url, 1) as load:
                load.run([load.get("/")], 200)
            waits.append(time.monotonic() - began)
            costs.append(Server(url, started.pid).cpu() / 1e9)
    wait = statistics.median(waits)
    spread = f"{min(waits):.2f} to {max(waits):.2f}"
    print(f"{'start to first response, s':36}{statistics.median(costs):8.2f}{'':10}{wait:8.2f}   {spread:14}", end="")
    print(f"{'<= 1.00':>9}  {result(wait <= 1)}")
    return wait <= 1


def measure_memory(contract: Contract, server: Server, samples: Requests, requests: int) -> bool:
    """Whether memory is stable once every bounded cache and record is full."""
    with load_on(server.url, MEMORY_CONNECTIONS) as load:
        new = (load.post(samples.path, content(varied(contract, inline_body(contract), number))) for number in count())
        usual = [load.post(samples.path, body) for body in (samples.valid[0], samples.invalid[0], samples.inline)]
        mix = [*usual, load.get(samples.link)] * 24
        fill(load, new, usual[0], len(samples.image))
        seen = [server.memory() / 1e6]
        for _ in range(SAMPLES):
            for _ in range(requests // SAMPLES // 100):
                load.run([*mix, *islice(new, 1), *usual])
            seen.append(server.memory() / 1e6)
    return is_stable(seen, requests)


def fill(load: Load, new: Iterator[bytes], usual: bytes, picture_bytes: int) -> None:
    """Fill the cache of images, and then the records of requests and calls."""
    pictures = KEPT_BYTES // picture_bytes
    for _ in range(pictures // 100):
        load.run(list(islice(new, 100)))
    for _ in range(CALLS_KEPT // 100):
        load.run([usual] * 100)


def is_stable(seen: Sequence[float], requests: int) -> bool:
    """Memory may grow by a tenth."""
    start, end = seen[0], seen[-1]
    print(f"{f'memory over {requests} requests, MB':36}{end:8.1f}{start:10.1f}{end / start:8.2f}", end="")
    print(f"   {f'most {max(seen):.1f}':14}{'<= 1.10':>9}  {result(end <= 1.1 * start)}")
    return end <= 1.1 * start


@click.command(context_settings={"show_default": True})
@click.option(
    "--requests",
    default=100_000,
    type=click.IntRange(SAMPLES * 100),
    help="Number of requests while memory is measured.",
)
@click.option("--rounds", default=7, type=click.IntRange(1), help="Rounds per comparison.")
@click.option("--connections", default=1, type=click.IntRange(1), help="Concurrent requests.")
def main(requests: int, rounds: int, connections: int) -> None:
    """Print what the mock costs, and exit with 1 if a target is missed."""
    contract, setting = load_contract(contract_path(CONTRACT)), Setting(rounds, connections)
    print(f"{'CPU in microseconds per request':36}{'mock':>8}{'other':>10}{'ratio':>8}   {'spread':14}{'target':>9}")
    with mock() as server:
        with load_on(server.url, 1) as load:
            samples = requests_of(contract, load)
        met = [compare_with_bare(server, samples, setting)]
        try:
            met.append(compare_with_prism(contract, server, samples, setting))
        except UnavailableError as error:
            print(f"Not compared with Prism: {error}")
            met.append(False)
    met.append(measure_start())
    with mock() as server:
        with load_on(server.url, 1) as load:
            samples = requests_of(contract, load)
        met.append(measure_memory(contract, server, samples, requests))
    sys.exit(0 if all(met) else 1)


if __name__ == "__main__":
    main()
