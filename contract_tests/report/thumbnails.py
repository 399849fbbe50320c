"""Small pictures of the images that a gateway delivered, for failing exchanges."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import islice

from contract_tests.results import FailingExchange, RuleVerdict, Run
from gateway_contract.rules.rule import RuleKind
from gateway_contract.traffic.exchange import Image
from gateway_contract.values.json_value import UNOBSERVED
from mock_server.images.thumbnails import shrink

MOST_THUMBNAILS = 40  # of a report
MOST_OF_EXCHANGE = 6
MOST_EXCHANGES = 2  # of one rule
_ABOUT_IMAGES = frozenset({RuleKind.RESPONSE, RuleKind.ISOLATION})
_shrink = lru_cache(MOST_THUMBNAILS)(shrink)  # a report is written after each phase


def report_thumbnails(run: Run) -> Mapping[str, bytes]:
    """PNG files, by the SHA-256 of the images; those for rules that an image may break come first."""
    made: dict[str, bytes] = {}
    for image in _images(run):
        if len(made) == MOST_THUMBNAILS:
            break
        if image.digest not in made and (small := _shrink(image.preview)):
            made[image.digest] = small
    return made


def _images(run: Run) -> Iterator[Image]:
    for verdict in sorted(run.verdicts, key=lambda one: _rank(run, one)):
        for failure in verdict.failures[:MOST_EXCHANGES]:
            yield from islice(_usable(failure), MOST_OF_EXCHANGE)


def _rank(run: Run, verdict: RuleVerdict) -> tuple[bool, bool]:
    return verdict.rule.kind not in _ABOUT_IMAGES, not run.counts(verdict)


def _usable(failure: FailingExchange) -> Iterator[Image]:
    found = failure.exchange.images
    return (image for item in (() if found is UNOBSERVED else found) for image in item if isinstance(image, Image))
