"""Whatever a gateway does, a whole run against it ends in time, within its memory, and with a verdict that says why."""

import asyncio
import base64
import json
import resource
import struct
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count

import orjson
import pytest

from contract_tests.client.limits import Limits
from contract_tests.execution.health import MOST_SILENT
from contract_tests.results import NEEDS_UPSTREAM, Conformance, Run, Verdict
from tests.contract_tests import hostile
from tests.contract_tests.gateways import failing, run_against
from tests.contract_tests.hostile import HEAD, MEBIBYTE, Behaviour, answering, serving
from tests.contract_tests.three_contracts import POWERTOKENS, base

LIMITS = Limits(answer=30.0, per_image=0, download=30.0, answer_bytes=4 * MEBIBYTE, image_bytes=MEBIBYTE)
QUICK = replace(LIMITS, answer=1.0)  # for gateways that do not answer


@contextmanager
def bounded(seconds: float = 300, mebibytes: int = 500) -> Iterator[None]:
    """Bounds against hanging and bursting, far above what a run takes."""
    began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield
    assert time.monotonic() - began < seconds
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < mebibytes * 1024  # Linux counts in KiB


def run_at(behaviour: Behaviour, limits: Limits = LIMITS) -> Run:
    with bounded(), serving(behaviour) as served:
        return run_against(served.base, limits=limits)


def observed(found: Run) -> set[str]:
    """What is told of the failures."""
    return {failure.finding.observed for one in found.verdicts for failure in one.failures}


async def drips_a_byte_a_second(_: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + b"Content-Length: 1000\r\n\r\n")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(1)


JSON = b"Content-Type: application/json"
AT_ONCE = {
    "no complete response within 1 s": hostile.never_answers,
    "no complete response within 1 s.": drips_a_byte_a_second,
    "no complete response within 1 s. Check": hostile.always_continues,
    "connection closed before the response": hostile.closes,
    "response longer than 4 MiB": hostile.never_ends,
    "response longer than 4 MiB.": hostile.inflates,
    "malformed HTTP: headers or a line of more than 100 KiB": hostile.never_ends_its_headers,
    '(HTTP 200 "[[[': answering(b"[" * 100_000 + b"]" * 100_000, JSON),
    '(HTTP 200 "{"created"': answering(b'{"created": "\xff\xfe"}', JSON),
    "is not JSON. Is http": answering(b"[" + b"[]," * 200_000 + b"[]]", JSON),
}


@pytest.mark.parametrize("problem", AT_ONCE)
def test_a_gateway_that_never_gives_a_usable_answer_is_not_tested_and_says_why(problem: str) -> None:
    found = run_at(AT_ONCE[problem], QUICK if problem.startswith("no complete response") else LIMITS)
    assert found.conformance is Conformance.NOT_TESTED
    assert problem in found.not_tested
    assert found.cost.requests == 1


def image(width: int, height: int) -> bytes:
    """A PNG that claims to be so large."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(9 * 8))), (b"IEND", b""))
    chunks = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def album(*items: dict[str, object]) -> bytes:
    return json.dumps({"created": int(time.time()), "data": items}).encode()


def carrying(key: str, value: str) -> Behaviour:
    """Every request is answered with one image, carried so. In a link {base} is the gateway itself."""

    async def behave(head: bytes, writer: asyncio.StreamWriter) -> None:
        host = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"host:")).split()[1].decode()
        if head.startswith(b"GET /loop"):
            await hostile.redirecting("/loop")(head, writer)
        elif head.startswith(b"GET /chain"):
            await hostile.redirecting(f"/chain{len(head)}{time.monotonic_ns()}")(head, writer)
        elif head.startswith(b"GET /away"):
            await hostile.redirecting("http://169.254.169.254/latest/meta-data")(head, writer)
        elif head.startswith(b"GET /huge"):
            await answering(image(100_000, 100_000), b"Content-Type: image/png")(head, writer)
        elif head.startswith(b"GET /bomb"):
            await hostile.inflates(head, writer)
        else:
            await answering(album({key: value.replace("{base}", f"http://{host}")}), JSON)(head, writer)

    return behave


LINKS = {
    "{base}/loop": "the link redirects in a circle",
    "{base}/chain": "the link redirects more than 5 times",
    "{base}/huge": "a PNG image that claims",
    "{base}/bomb": "response longer than 1 MiB",
    "file:///etc/passwd": "the link points to file:",
}
UNKNOWN = {
    "{base}/away": "169.254.169.254",
    "http://10.0.0.1/1.png": "10.0.0.1",
    "http://[::ffff:127.0.0.2]/1.png": "127.0.0.2",
}


@pytest.mark.parametrize("link", LINKS)
def test_a_link_to_somewhere_bad_is_a_violation_told_in_words(link: str) -> None:
    found = run_at(carrying("url", link))
    assert found.conformance is Conformance.VIOLATES
    assert any(LINKS[link] in told for told in observed(found)), observed(found)


@pytest.mark.parametrize("link", UNKNOWN)
def test_a_link_from_a_private_gateway_to_another_private_address_is_not_followed(link: str) -> None:
    usable = next(one for one in run_at(carrying("url", link)).verdicts if one.rule.id.endswith("/url/usable"))
    assert usable.verdict is Verdict.INCONCLUSIVE
    assert usable.reason == f"{UNKNOWN[link]} is private; --allow-image-host {UNKNOWN[link]}"


def test_an_image_within_the_answer_that_claims_to_be_huge_is_a_violation_told_in_words() -> None:
    found = run_at(carrying("b64_json", base64.b64encode(image(100_000, 100_000)).decode()))
    assert found.conformance is Conformance.VIOLATES
    assert any("a PNG image that claims" in told for told in observed(found)), observed(found)


def test_more_items_than_anybody_can_look_at_are_a_violation() -> None:
    items: list[dict[str, object]] = [{"url": "http://10.0.0.1/1.png"}] * 10_000
    found = run_at(answering(album(*items), JSON))
    assert found.conformance is Conformance.VIOLATES
    assert "data/length" in failing(found)


def good_until(asked: int, then: Behaviour) -> Behaviour:
    """Answers so many requests as if all were well, and goes bad."""
    numbers = count(1)

    async def behave(head: bytes, writer: asyncio.StreamWriter) -> None:
        good = answering(album({"b64_json": base64.b64encode(image(1024, 1024)).decode()}), JSON)
        await (good if next(numbers) <= asked else then)(head, writer)

    return behave


@pytest.mark.parametrize("asked", [1, 12, 60])
@pytest.mark.parametrize("then", [hostile.never_answers, hostile.closes], ids=["silent", "closed"])
def test_a_gateway_that_answers_well_at_first_and_then_never_again_ends_the_run(asked: int, then: Behaviour) -> None:
    found = run_at(good_until(asked, then), QUICK)
    assert found.conformance is not Conformance.CONFORMS
    if then is hostile.never_answers:  # which is no evidence about any field
        blamed = [one for verdict in found.verdicts for one in verdict.failures if found.counts(verdict)]
        assert all(one.exchange.accepted for one in blamed)
    assert found.cost.requests <= asked + 4 * MOST_SILENT
    reasons = {one.reason for one in found.verdicts if one.verdict is Verdict.NOT_RUN and one.rule.untestable is None}
    assert reasons - {NEEDS_UPSTREAM}
    for reason in reasons - {NEEDS_UPSTREAM}:
        assert reason.startswith(f"the gateway did not respond to {MOST_SILENT} requests in a row, nor to a plain one")
        assert reason.endswith("the run was stopped. Check that the gateway still runs.")


def test_a_gateway_that_answers_only_what_it_likes_is_tested_to_the_end() -> None:
    """It answers the plain request alone, and closes the connection on any other: broken, but there."""
    length = b"content-length: %d\r" % len(orjson.dumps(base(POWERTOKENS)))

    async def behave(head: bytes, writer: asyncio.StreamWriter) -> None:
        good = answering(album({"url": "http://10.0.0.1/1.png"}), JSON)
        await (good if length in head.lower() else hostile.closes)(head, writer)

    found = run_at(behave)
    assert found.conformance is Conformance.VIOLATES
    assert "answer/given" in failing(found)
    assert "stopped" not in found.reason_not_run
    assert found.budget_used_up == found.cost.budget == found.cost.images_billed  # what was not answered may be billed
    assert found.cost.images < found.cost.images_billed
    assert found.cost.images < found.cost.images_asked
    reasons = {one.reason for one in found.verdicts if one.verdict is Verdict.NOT_RUN and one.rule.untestable is None}
    assert any("--budget 100 left out" in reason for reason in reasons), reasons
