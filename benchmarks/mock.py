"""What a request costs the mock, beside a bare Starlette handler and beside Stoplight Prism on the same contract.

Run it with `python -m benchmarks.mock`; it ends with 1 where a target is missed. What counts is CPU time of the
server's process per request. The servers that are compared take turns, round by round, on the same machine, and a ratio
is taken within each round: noise hits both. Absolute times depend on the machine.
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
from benchmarks.mock_requests import DIFFERENT, Asked, asked_of, content, inline_body, varied
from benchmarks.mock_servers import MOCK, Server, UnavailableError, bare, mock, prism, process
from gateway_contract.contract.definition import Contract
from gateway_contract.contract.load_contract import contract_path, load_contract
from mock_server.images.links import KEPT_BYTES
from mock_server.upstream.calls import KEPT as CALLS_KEPT

CONTRACT = "powertokens"
WARM_UP = 2  # rounds that are not counted: V8 takes its time to compile
STARTS = 5
SAMPLES = 20  # of the memory, on the way
AT_ONCE = 8  # connections, while memory is watched
IN_JSON, PNG = "application/json", "image/png"


@dataclass(frozen=True, slots=True)
class Runner:
    """Requests of one kind to one server, which are answered with one status; None stands for any."""

    server: Server
    connections: int
    requests: Sequence[bytes]
    status: int | None

    def cpu(self) -> float:
        """Microseconds of the server's CPU per request. Connections are new each time: Node closes idle ones."""
        before = self.server.cpu()
        with load_on(self.server.url, self.connections) as load:
            load.run(self.requests, self.status)
        return (self.server.cpu() - before) / len(self.requests) / 1000


@dataclass(frozen=True, slots=True)
class Setting:
    """How often each comparison is made, and with how many connections at once."""

    rounds: int
    connections: int


@dataclass(frozen=True, slots=True)
class Target:
    """What a ratio must keep to: at most so many times the cost of a server, or at least so many times less."""

    text: str
    at_most: float

    def row(self, name: str, ours: Sequence[float], theirs: Sequence[float]) -> bool:
        """Prints it; tells whether it is met."""
        ratios = sorted(mine / other for mine, other in zip(ours, theirs, strict=True))
        middle = statistics.median(ratios)
        costs = f"{statistics.median(ours):8.1f}{statistics.median(theirs):10.1f}"
        spread = f"{ratios[0]:.2f} to {ratios[-1]:.2f}"
        met = middle <= self.at_most
        print(f"{name:36}{costs}{middle:8.2f}   {spread:14}{self.text:>9}  {said(met) if self.text else ''}".rstrip())
        return met


def at_most(times: float) -> Target:
    return Target(f"<= {times:.2f}", times)


def times_less(times: float) -> Target:
    return Target(f"<= 1/{times:.0f}", 1 / times)


def said(met: bool) -> str:  # noqa: FBT001 # the one thing it is about
    return "met" if met else "MISSED"


def compared(runners: Sequence[Runner], rounds: int) -> list[list[float]]:
    """Each one's costs, round by round, in turns; every other round in the other order."""
    for runner in [*runners] * WARM_UP:
        runner.cpu()
    costs: list[list[float]] = [[] for _ in runners]
    for number in range(rounds):
        order = list(enumerate(runners))
        for index, runner in order if number % 2 else reversed(order):
            costs[index].append(runner.cpu())
    return costs


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of request; `posted` are the bodies, none for a GET."""

    name: str
    path: str
    posted: Sequence[bytes]
    status: int
    target: Target

    def requests(self, url: str, path: str) -> list[bytes]:
        load = Load(urlsplit(url).netloc, ())
        return [load.post(path, body) for body in self.posted] or [load.get(path)] * DIFFERENT


def beside_bare(server: Server, asked: Asked, setting: Setting) -> bool:
    """Each against a handler that gives the same bytes without a thought."""
    kinds = (
        (Kind("valid POST", asked.path, asked.valid, 200, at_most(1.6)), IN_JSON, asked.answered),
        (Kind("invalid POST", asked.path, asked.invalid, 400, at_most(1.6)), IN_JSON, asked.refused),
        (Kind("image from the cache", asked.link, (), 200, at_most(1.3)), PNG, asked.image),
    )
    met = []
    with tempfile.TemporaryDirectory() as folder:
        for kind, media_type, fixed in kinds:
            file = Path(folder, kind.name)
            file.write_bytes(fixed)
            with bare(file, kind.status, media_type) as other:
                costs = of_both(server, other, kind, "/", kind.status, setting)
            met.append(kind.target.row(f"{kind.name} / bare Starlette", *costs))
    return all(met)


def beside_prism(contract: Contract, server: Server, asked: Asked, setting: Setting) -> bool:
    """Against Prism as its users start it; and, for whoever wants to know, without its log."""
    kinds = (
        Kind("valid POST", asked.path, asked.valid, 200, times_less(4)),
        Kind("invalid POST", asked.path, asked.invalid, 400, times_less(7)),
    )
    met = []
    for log, options in (("", ()), (", silent", ("--verboseLevel", "silent"))):
        with prism(contract.name, *options) as other:
            for kind in kinds:
                must_be_of_a_kind(other, kind, contract.operation.path)
                costs = of_both(server, other, kind, contract.operation.path, None, setting)
                target = Target("", float("inf")) if log else kind.target
                met.append(target.row(f"{kind.name} / Prism{log}", *costs))
    return all(met)


def of_both(
    server: Server, other: Server, kind: Kind, path: str, status: int | None, setting: Setting
) -> list[list[float]]:
    """The costs of the mock, and those of another server at its own path with its own status."""
    ours = Runner(server, setting.connections, kind.requests(server.url, kind.path), kind.status)
    theirs = Runner(other, setting.connections, kind.requests(other.url, path), status)
    return compared((ours, theirs), setting.rounds)


def must_be_of_a_kind(other: Server, kind: Kind, path: str) -> None:
    """Prism has a status of its own for a refusal; a server that answers at random is nothing to compare with."""
    with load_on(other.url, 1) as load:
        answer = load.ask(load.post(path, kind.posted[0]))
    if answer.status // 100 != kind.status // 100:
        raise SystemExit(f"{other.url} answers {answer.status} to a {kind.name}: {answer.content[:500]!r}")


def starting() -> bool:
    """From the command to the first answer, as a user waits for it."""
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
    print(f"{'start to first answer, s':36}{statistics.median(costs):8.2f}{'':10}{wait:8.2f}   {spread:14}", end="")
    print(f"{'<= 1.00':>9}  {said(wait <= 1)}")
    return wait <= 1


def steady(contract: Contract, server: Server, asked: Asked, requests: int) -> bool:
    """Whether memory stays where it is once all that is kept within bounds is full."""
    with load_on(server.url, AT_ONCE) as load:
        new = (load.post(asked.path, content(varied(contract, inline_body(contract), number))) for number in count())
        usual = [load.post(asked.path, body) for body in (asked.valid[0], asked.invalid[0], asked.inline)]
        mix = [*usual, load.get(asked.link)] * 24
        fill(load, new, usual[0], len(asked.image))
        seen = [server.memory() / 1e6]
        for _ in range(SAMPLES):
            for _ in range(requests // SAMPLES // 100):
                load.run([*mix, *islice(new, 1), *usual])
            seen.append(server.memory() / 1e6)
    return flat(seen, requests)


def fill(load: Load, new: Iterator[bytes], usual: bytes, picture_bytes: int) -> None:
    """Fills the cache of pictures, and then what is kept of requests and calls."""
    pictures = KEPT_BYTES // picture_bytes
    for _ in range(pictures // 100):
        load.run(list(islice(new, 100)))
    for _ in range(CALLS_KEPT // 100):
        load.run([usual] * 100)


def flat(seen: Sequence[float], requests: int) -> bool:
    """Memory may end a tenth above what it was when all was full."""
    start, end = seen[0], seen[-1]
    print(f"{f'memory over {requests} requests, MB':36}{end:8.1f}{start:10.1f}{end / start:8.2f}", end="")
    print(f"   {f'most {max(seen):.1f}':14}{'<= 1.10':>9}  {said(end <= 1.1 * start)}")
    return end <= 1.1 * start


@click.command(context_settings={"show_default": True})
@click.option("--requests", default=100_000, type=click.IntRange(SAMPLES * 100), help="Memory is watched over so many.")
@click.option("--rounds", default=7, type=click.IntRange(1), help="How often each comparison is made.")
@click.option("--connections", default=1, type=click.IntRange(1), help="Requests that are under way at once.")
def main(requests: int, rounds: int, connections: int) -> None:
    """Print what the mock costs, and end with 1 where a target is missed."""
    contract, setting = load_contract(contract_path(CONTRACT)), Setting(rounds, connections)
    print(f"{'CPU in microseconds per request':36}{'mock':>8}{'other':>10}{'ratio':>8}   {'spread':14}{'target':>9}")
    with mock() as server:
        with load_on(server.url, 1) as load:
            asked = asked_of(contract, load)
        met = [beside_bare(server, asked, setting)]
        try:
            met.append(beside_prism(contract, server, asked, setting))
        except UnavailableError as error:
            print(f"Not compared with Prism: {error}")
            met.append(False)
    met.append(starting())
    with mock() as server:
        with load_on(server.url, 1) as load:
            asked = asked_of(contract, load)
        met.append(steady(contract, server, asked, requests))
    sys.exit(0 if all(met) else 1)


if __name__ == "__main__":
    main()
