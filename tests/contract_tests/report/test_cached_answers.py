"""What a cache answers looks like many failures at once: the first thing to say is that it is a cache."""

from dataclasses import replace

from contract_tests.report.causes import FROM_CACHE, causes
from contract_tests.results import RuleVerdict
from gateway_contract.schema.constraint import Level
from gateway_contract.traffic.exchange import Exchange, Image
from gateway_contract.values.json_value import UNOBSERVED
from tests.contract_tests.report_examples import exchange, failed, rule, run_of

IMAGE = Image("url", "", "image/png", "PNG", 8, 8, "digest", "image-of-another")
CACHED = replace(exchange(), upstream=(), images=((IMAGE,),))


def titles(seen: Exchange, *more: RuleVerdict) -> list[str]:
    verdicts = [
        failed(rule("n/maximum"), "7 refused with 4xx", "accepted (HTTP 200)", seen),
        failed(rule("images/own"), "images made for this request", "1 made for another", seen),
    ]
    return [cause.title for cause in causes(run_of(*verdicts, *more), Level.DOCUMENTED)]


def test_all_that_a_cache_answered_is_one_entry_and_the_first() -> None:
    other = failed(rule("authorization/token"), "refused", "HTTP 200", exchange())
    assert titles(CACHED, other)[0] == FROM_CACHE
    assert len(titles(CACHED, other)) == 2


def test_what_was_generated_or_not_seen_is_not_from_a_cache() -> None:
    assert FROM_CACHE not in titles(exchange())
    assert FROM_CACHE not in titles(replace(CACHED, upstream=UNOBSERVED))
    assert FROM_CACHE not in titles(replace(CACHED, images=((replace(IMAGE, identity=None),),)))
