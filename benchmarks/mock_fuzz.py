"""Random requests over sockets against the mock: no unplanned 5xx, no traceback, no growth of memory.

Run it with `python -m benchmarks.mock_fuzz [COUNT] [SEED]`, by default a million; the tests send 20,000. Every request
follows from seed and number. A 5xx is planned if the response names the scenario that asks for it.
"""

import http.client
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from urllib.parse import quote_from_bytes, urlsplit

import orjson

from benchmarks.mock_servers import ENVIRONMENT, MOCK, ROOT
from gateway_contract.values.json_value import Json

COUNT = 1_000_000
GROWTH = 48 * 2**20  # bytes of peak memory between the first half and the end
GATEWAYS = ("powertokens", "powerbuyin")
OPERATION = "/v1/images/generations"
STUB = "/dashscope/api/v1/services/aigc/multimodal-generation/generation"
FIELDS = (
    "model",
    "prompt",
    "input",
    "n",
    "size",
    "response_format",
    "seed",
    "watermark",
    "prompt_extend",
    "stream",
    "x",
)
NESTED: list[Json] = [[], {}, [[]], {"a": [{}]}]
TEXTS = (
    "",
    "\0",
    "1024*1024",
    "512x512",
    "b64_json",
    "url",
    "é\u202e<script>",
    "x" * 900,
    "[[mock:rate-limit]]",
    "[[mock:x(]]",
)
VALUES: tuple[Json, ...] = (None, True, False, 0, -1, 1, 2, 6, 7, 10**30, 1.5, -0.0, 1e308, *TEXTS, *NESTED)
SCENARIOS = (
    *("none", "rate-limit", "server-error", "unavailable(retry_after=3)", "no-images", "fewer-images", "link-404"),
    *("invalid-base64", "seed-dropped-when-falsy", "upstream(rate-limit)", "upstream(html-error)", "stream(partial=1)"),
    *("bad-request(field=size)", "latency(0s)", "quota(limit=3)", "chaos(rate=0.5, of=rate-limit|server-error)"),
    *("429", "rate-limit +", "((((", "a" * 600, "moderation + reset", "\xff", "link-slow(0s)", "realistic(0s)"),
)
ADMIN = (
    *("requests", "requests?limit=5", "requests?status=99999", "requests.har?limit=2", "mode", "scenario", "scenarios"),
    *("requests/1", "requests/999999999", "requests/x", "openapi.json", "sessions", "nothing", "requests?path=%00"),
)
WRITES = (("PUT", "mode"), ("PUT", "scenario"), ("POST", "assert"), ("POST", "reset"), ("DELETE", "scenario"))
AT_ONCE = 8
SESSIONS = 400
"""More than the mock remembers."""


@dataclass(frozen=True, slots=True)
class FuzzedRequest:
    method: str
    target: str
    body: bytes
    headers: dict[str, str]


def fuzzed_request(chance: Random) -> FuzzedRequest:
    """A random request, mostly for an operation."""
    kind = chance.random()
    headers = random_headers(chance)
    if kind < 0.92:
        path = STUB if chance.random() < 0.1 else f"/{chance.choice(GATEWAYS)}{OPERATION}"
        return FuzzedRequest("POST", path, random_body(chance), headers)
    if kind < 0.923:
        return FuzzedRequest("GET", f"/_mock/{chance.choice(ADMIN)}", b"", headers)
    if kind < 0.95:
        method, name = chance.choice(WRITES)
        written = {"scenario": chance.choice(SCENARIOS), "mode": chance.choice(VALUES), "times": chance.choice(VALUES)}
        kept = {key: value for key, value in written.items() if chance.random() < 0.5}
        return FuzzedRequest(method, f"/_mock/sessions/s-{chance.randrange(SESSIONS)}/{name}", orjson_of(kept), headers)
    method = chance.choice(("GET", "HEAD", "PUT", "OPTIONS", "BREW"))
    base = chance.choice(("", "/powertokens", "/powertokens/images", "/dashscope", "/v1", "/powerbuyin/v1/models"))
    return FuzzedRequest(method, f"{base}/{quote_from_bytes(chance.randbytes(chance.randrange(12)))}", b"", headers)


def random_headers(chance: Random) -> dict[str, str]:
    choices = {
        "authorization": ("Bearer sk-any", "Bearer mock-session.s-1.sk-any", "Bearer", "Basic eA==", "\xff"),
        "x-mock-scenario": SCENARIOS,
        "x-mock-mode": ("strict", "lenient", "off", "LENIENT", "\xff", ""),
        "x-mock-session": (f"s-{chance.randrange(SESSIONS)}", "no such id!", ""),
        "origin": ("http://127.0.0.1:1", "http://evil.example", "null", "\xff"),
        "content-type": ("application/json", "text/plain", "\xff"),
        "range": ("bytes=0-1", "bytes=-", "x"),
    }
    share = {"authorization": 1.0, "x-mock-scenario": 0.2, "x-mock-mode": 0.3, "x-mock-session": 0.2}
    sent = {name: chance.choice(values) for name, values in choices.items() if chance.random() < share.get(name, 0.03)}
    return sent | ({"authorization": "Bearer sk-any"} if chance.random() < 0.95 else {})


def random_body(chance: Random) -> bytes:
    """A valid request with a few fields changed, and now and then with bytes changed."""
    prompt = f"a kite {chance.randrange(10_000)}"
    nested: Json = {"messages": [{"role": "user", "content": [{"text": prompt}]}]}
    body: dict[str, Json] = {"model": "qwen-image-2.0-pro", "prompt": prompt, "input": nested, "size": "512*512"}
    for _ in range(chance.choice((0, 0, 1, 1, 2, 4))):
        body[chance.choice(FIELDS)] = chance.choice(VALUES)
    content = bytearray(orjson_of(body))
    if chance.random() < 0.1:
        for _ in range(chance.randrange(1, 5)):
            content[chance.randrange(len(content))] = chance.randrange(256)
    return bytes(content[: chance.randrange(len(content))]) if chance.random() < 0.03 else bytes(content)


def orjson_of(body: Json) -> bytes:
    """As JSON, also of integers that orjson does not write."""
    try:
        return orjson.dumps(body)
    except orjson.JSONEncodeError:
        return re.sub(rb'"big"', str(10**30).encode(), orjson.dumps(_without_big(body)))


def _without_big(body: Json) -> Json:
    if isinstance(body, dict):
        return {name: _without_big(value) for name, value in body.items()}
    return "big" if isinstance(body, int) and abs(body) >= 2**63 else body


@dataclass(slots=True)
class FuzzedMock:
    """The mock as a process, and what came of the requests so far."""

    url: str
    pid: int
    errors: Path
    statuses: Counter[int] = field(default_factory=Counter)
    unplanned: list[str] = field(default_factory=list)

    def peak(self) -> int:
        """The most bytes that were resident at any time."""
        found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{self.pid}/status").read_text("utf-8"))
        return int(found[1]) * 1024 if found else 0

    def complaints(self) -> str:
        """What the mock wrote of its own faults; a malformed request is only a warning."""
        text = self.errors.read_text("utf-8")
        return text if "Traceback" in text or "ERROR" in text else ""

    def send(self, count: int, seed: int, first: int = 0) -> None:
        """Send the requests with the numbers from `first` on, a few at a time over kept connections."""
        address = urlsplit(self.url)
        connections = [
            http.client.HTTPConnection(address.hostname or "", address.port, timeout=60) for _ in range(AT_ONCE)
        ]
        for start in range(first, first + count, AT_ONCE):
            numbers = range(start, min(start + AT_ONCE, first + count))
            sent = [fuzzed_request(Random(seed * COUNT + number)) for number in numbers]  # noqa: S311 - to be repeated
            for connection, one in zip(connections, sent, strict=False):
                connection.request(one.method, one.target, one.body, one.headers)
            for number, connection, one in zip(numbers, connections, sent, strict=False):
                self._receive(connection, f"{number}: {one}")
        for connection in connections:
            connection.close()

    def _receive(self, connection: http.client.HTTPConnection, sent: str) -> None:
        try:
            answer = connection.getresponse()
            answer.read()
        except (http.client.HTTPException, OSError) as error:
            self.unplanned.append(f"{error!r}: {sent}")
            connection.close()
            return
        self.statuses[answer.status] += 1
        if answer.status >= http.client.INTERNAL_SERVER_ERROR and answer.headers["x-mock-scenario"] is None:
            self.unplanned.append(f"{answer.status}: {sent}")


@contextmanager
def fuzzed_mock() -> Iterator[FuzzedMock]:
    with tempfile.TemporaryDirectory() as folder, (Path(folder) / "stderr").open("w") as errors:
        process = subprocess.Popen(MOCK, cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=errors, text=True)
        try:
            line = process.stdout.readline() if process.stdout else ""
            yield FuzzedMock(line.removeprefix("Listening on ").strip(), process.pid, Path(errors.name))
        finally:
            process.terminate()
            process.communicate()


def main() -> None:
    count, seed = (int(text) for text in (*sys.argv[1:], *(str(COUNT), "1")[len(sys.argv) - 1 :]))
    began = time.monotonic()
    with fuzzed_mock() as mock:
        mock.send(count // 2, seed)
        half = mock.peak()
        mock.send(count - count // 2, seed, count // 2)
        growth = mock.peak() - half
        print(f"{count} requests in {time.monotonic() - began:.0f} s: {dict(sorted(mock.statuses.items()))}")
        print(f"peak memory {half / 2**20:.0f} MiB after half, {growth / 2**20:+.1f} MiB in the other half")
        problems = [*mock.unplanned[:10], *filter(None, [mock.complaints()[:2000]])]
        if growth > GROWTH:
            problems.append("memory grows")
    if problems:
        raise SystemExit("\n".join(problems))


if __name__ == "__main__":
    main()
