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
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from benchmarks.mock_load import Load, load_on
from benchmarks.mock_requests import Asked, asked_of, content, inline_body, valid_body, varied
from benchmarks.mock_servers import MOCK, Server, UnavailableError, bare, mock, prism, process
from gateway_contract.catalogue import contract_path
from gateway_contract.contract import Contract
from gateway_contract.loading import load_contract
from gateway_contract.values import Json

CONTRACT = "powertokens"
REQUESTS = 2000  # in a round
WARM_UP = 2 * REQUESTS  # V8 takes its time to compile
STARTS = 5
SAMPLES = 20  # of the memory, on the way
IN_JSON, PNG = "application/json", "image/png"


@dataclass(frozen=True, slots=True)
class Runner:
    """One request, again and again, to one server."""

    name: str
    server: Server
    load: Load
    request: bytes
    status: int | None

    def cpu(self, requests: int) -> float:
        """Microseconds of the server's CPU per request."""
        before = self.server.cpu()
        self.load.run([self.request] * requests, self.status)
        return (self.server.cpu() - before) / requests / 1000


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
        print(f"{name:36}{costs}{middle:8.2f}   {spread:14}{self.text:>9}  {said(middle <= self.at_most)}")
        return middle <= self.at_most


def at_most(times: float) -> Target:
    return Target(f"<= {times:.2f}", times)


def times_less(times: float) -> Target:
    return Target(f"<= 1/{times:.0f}", 1 / times)


def said(met: bool) -> str:  # noqa: FBT001 # the one thing it is about
    return "met" if met else "MISSED"


def compared(runners: Sequence[Runner], rounds: int) -> list[list[float]]:
    """Each one's costs, round by round, in turns; the second half of the rounds in the other order."""
    for runner in runners:
        runner.cpu(WARM_UP)
    costs: list[list[float]] = [[] for _ in runners]
    for number in range(rounds):
        order = list(enumerate(runners))
        for index, runner in order if number % 2 else reversed(order):
            costs[index].append(runner.cpu(REQUESTS))
    return costs


@contextmanager
def runner(name: str, server: Server, request: tuple[str, bytes | None], status: int | None) -> Iterator[Runner]:
    path, body = request
    with load_on(server.url) as load:
        yield Runner(name, server, load, load.get(path) if body is None else load.post(path, body), status)


def beside_bare(server: Server, asked: Asked, rounds: int) -> bool:
    """The three kinds of request, each against a handler that gives the same bytes without a thought."""
    kinds = (
        ("valid POST", (asked.path, asked.valid), 200, IN_JSON, asked.answered, at_most(1.6)),
        ("invalid POST", (asked.path, asked.invalid), 400, IN_JSON, asked.refused, at_most(1.6)),
        ("image from the cache", (asked.link, None), 200, PNG, asked.image, at_most(1.3)),
    )
    met = []
    with tempfile.TemporaryDirectory() as folder:
        for name, request, status, media_type, fixed, target in kinds:
            file = Path(folder, name)
            file.write_bytes(fixed)
            with ExitStack() as stack:
                other = stack.enter_context(bare(file, status, media_type))
                ours = stack.enter_context(runner("mock", server, request, status))
                theirs = stack.enter_context(runner("bare", other, ("/", request[1]), status))
                met.append(target.row(f"{name} / bare Starlette", *compared((ours, theirs), rounds)))
    return all(met)


def beside_prism(contract: Contract, server: Server, asked: Asked, rounds: int) -> bool:
    path = contract.operation.path
    kinds = (
        ("valid POST", asked.valid, 200, 200, times_less(4)),
        ("invalid POST", asked.invalid, 400, None, times_less(7)),
    )
    met = []
    with prism(contract.name) as other:
        for name, body, status, other_status, target in kinds:
            with (
                runner("mock", server, (asked.path, body), status) as ours,
                runner("prism", other, (path, body), other_status) as theirs,
            ):
                must_be_of_a_kind(theirs, status)
                met.append(target.row(f"{name} / Prism", *compared((ours, theirs), rounds)))
    return all(met)


def must_be_of_a_kind(runner: Runner, status: int) -> None:
    """Prism has a status of its own for a refusal; a server that answers at random is nothing to compare with."""
    answer = runner.load.ask(runner.request)
    if answer.status // 100 != status // 100:
        raise SystemExit(f"{runner.name} answers {answer.status}: {answer.content[:500]!r}")


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
    """Whether memory stays where it is once the journal and what else is kept within bounds is full."""
    with load_on(server.url) as load:
        kinds = [load.post(asked.path, body) for body in (asked.valid, asked.invalid, asked.inline)]
        kinds.append(load.get(asked.link))
        new = (load.post(asked.path, content(varied(contract, body, number))) for number, body in numbered(contract))
        seen = []
        for _ in range(SAMPLES + 1):
            for _ in range(requests // SAMPLES // 100):
                load.run([*kinds * 24, *(next(new) for _ in range(4))])
            seen.append(server.memory() / 1e6)
    return flat(seen, requests)


def numbered(contract: Contract) -> Iterator[tuple[int, Json]]:
    """Bodies to be varied: with the image behind a link, with the image within, and so on."""
    number = 0
    while True:
        yield number, valid_body(contract)
        yield number + 1, inline_body(contract)
        number += 2


def flat(seen: Sequence[float], requests: int) -> bool:
    """The first sample is of the warm-up; memory may end a tenth above it at most."""
    start, end = seen[0], seen[-1]
    print(f"{f'memory over {requests} requests, MB':36}{end:8.1f}{start:10.1f}{end / start:8.2f}", end="")
    print(f"   {f'most {max(seen):.1f}':14}{'<= 1.10':>9}  {said(end <= 1.1 * start)}")
    return end <= 1.1 * start


@click.command(context_settings={"show_default": True})
@click.option("--requests", default=100_000, type=click.IntRange(SAMPLES * 100), help="Over how many memory is watched.")
@click.option("--rounds", default=7, type=click.IntRange(1), help="How often each comparison is made.")
def main(requests: int, rounds: int) -> None:
    """Print what the mock costs, and end with 1 where a target is missed."""
    contract = load_contract(contract_path(CONTRACT))
    print(f"{'CPU in microseconds per request':36}{'mock':>8}{'other':>10}{'ratio':>8}   {'spread':14}{'target':>9}")
    with mock() as server:
        with load_on(server.url, 1) as load:
            asked = asked_of(contract, load)
        met = [beside_bare(server, asked, rounds)]
        try:
            met.append(beside_prism(contract, server, asked, rounds))
        except UnavailableError as error:
            print(f"Not compared with Prism: {error}")
            met.append(False)
    met.append(starting())
    with mock() as server:
        met.append(steady(contract, server, asked, requests))
    sys.exit(0 if all(met) else 1)


if __name__ == "__main__":
    main()
