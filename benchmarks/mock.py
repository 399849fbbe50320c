"""Measure what a request costs the mock, beside a bare Starlette handler, the limit, Prism, WireMock and Mockoon.

Run `python -m benchmarks.mock`; it exits with 1 if a target is missed. It measures CPU time of the server's process per
request. The compared servers take turns on the same machine, and each round gives a ratio, so that noise affects both.
Absolute times depend on the machine.
"""

import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from http import HTTPStatus
from itertools import count, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import click

from benchmarks.mock_load import Load, load_on
from benchmarks.mock_others import OTHERS, running
from benchmarks.mock_requests import DIFFERENT, Requests, content, inline_body, requests_of, varied
from benchmarks.mock_servers import MOCK, Server, UnavailableError, bare, limit, mock, process
from gateway_contract.contract.definition import Contract
from gateway_contract.contract.load_contract import contract_path, load_contract
from mock_server.images.links import KEPT_BYTES
from mock_server.upstream.calls import KEPT as CALLS_KEPT

CONTRACT = "powertokens"
WARM_UP = 2  # rounds that are not counted, since V8 compiles meanwhile
STARTS = 5
MOST_START = 0.6  # seconds from the command to the first response
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


NO_TARGET = Target("", float("inf"))


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
class PostKind:
    """POSTs of one kind, with the status and the mock's response to the first of them."""

    name: str
    bodies: Sequence[bytes]
    status: int
    response: bytes
    target: Target

    def runner(self, server: Server, path: str, setting: Setting) -> Runner:
        load = Load(urlsplit(server.url).netloc, ())
        return Runner(server, setting.connections, [load.post(path, body) for body in self.bodies], None)


@dataclass(frozen=True, slots=True)
class Peer:
    """A server that is compared, the path of its operation, and whether it validates what it is sent."""

    name: str
    server: Server
    path: str
    rejects: bool


def compare_side_by_side(contract: Contract, server: Server, samples: Requests, setting: Setting) -> bool:
    """Compare all servers with a handler that reads and parses the body, and returns the same bytes."""
    with ExitStack() as stack:
        least = stack.enter_context(limit(contract.name))
        peers = [Peer("limit", least, samples.path, rejects=True), Peer("mock", server, samples.path, rejects=True)]
        for other in OTHERS:
            try:
                found = stack.enter_context(running(other, contract))
            except UnavailableError as error:
                print(error)
            else:
                peers.append(Peer(other.name, found, contract.operation.path, other.rejects))
        met = [compare_posts(kind, peers, setting) for kind in post_kinds(samples)]
    return all(met)


def post_kinds(samples: Requests) -> tuple[PostKind, ...]:
    return (
        PostKind("valid POST", samples.valid, 200, samples.valid_response, at_most(1.5)),
        PostKind("invalid POST", samples.invalid, 400, samples.invalid_response, at_most(1.4)),
    )


def compare_posts(kind: PostKind, peers: Sequence[Peer], setting: Setting) -> bool:
    """Compare POSTs of one kind; those that are rejected with the servers that validate them."""
    shown = [peer for peer in peers if peer.rejects or kind.status == HTTPStatus.OK]
    with TemporaryDirectory() as folder:
        file = Path(folder, "response")
        file.write_bytes(kind.response)
        with bare(file, kind.status, IN_JSON) as plain:
            runners = [kind.runner(peer.server, peer.path, setting) for peer in shown]
            for peer, runner in zip(shown, runners, strict=True):
                check_comparable(peer.name, runner, kind)
            *costs, least = compare([*runners, kind.runner(plain, "/", setting)], setting.rounds)
    met = True
    for peer, found in zip(shown, costs, strict=True):
        target = kind.target if peer.name == "mock" else NO_TARGET
        met = target.row(f"{kind.name}: {peer.name} / bare", found, least) and met
    return met


def check_comparable(name: str, runner: Runner, kind: PostKind) -> None:
    """Exit if a server's status is of another class; Prism rejects with another 4xx."""
    with load_on(runner.server.url, 1) as load:
        answer = load.ask(runner.requests[0])
    if answer.status // 100 != kind.status // 100:
        raise SystemExit(f"{name} responds with {answer.status} to a {kind.name}: {answer.content[:500]!r}")


def compare_images(server: Server, samples: Requests, setting: Setting) -> bool:
    """Compare an image from the cache with a handler that returns its bytes."""
    with TemporaryDirectory() as folder:
        file = Path(folder, "image")
        file.write_bytes(samples.image)
        with bare(file, 200, PNG) as plain:
            runners = [
                Runner(one, setting.connections, [Load(urlsplit(one.url).netloc, ()).get(path)] * DIFFERENT, 200)
                for one, path in ((server, samples.link), (plain, "/"))
            ]
            costs = compare(runners, setting.rounds)
    return at_most(1.3).row("image from the cache: mock / bare", *costs)


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
    print(f"{'<= 0.60':>9}  {result(wait <= MOST_START)}")
    return wait <= MOST_START


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
    print(f"{'CPU in microseconds per request':36}{'server':>8}{'bare':>10}{'ratio':>8}   {'spread':14}{'target':>9}")
    with mock() as server:
        with load_on(server.url, 1) as load:
            samples = requests_of(contract, load)
        met = [compare_side_by_side(contract, server, samples, setting), compare_images(server, samples, setting)]
    met.append(measure_start())
    with mock() as server:
        with load_on(server.url, 1) as load:
            samples = requests_of(contract, load)
        met.append(measure_memory(contract, server, samples, requests))
    sys.exit(0 if all(met) else 1)


if __name__ == "__main__":
    main()
