"""Random bodies come from the contract alone: of every worth, in every script, with a mark where there is room."""

import sys
from collections import Counter
from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from subprocess import run

import pytest

from contract_tests.client.correlation import correlation_ids
from contract_tests.fuzzing.field_values import ARABIC, CHINESE, DEVANAGARI, EMOJI
from contract_tests.fuzzing.schemathesis_cases import document
from contract_tests.fuzzing.search import drive
from contract_tests.fuzzing.sources import PROPERTIES, Listing, Property, odd, ordinary
from contract_tests.planning.fields import fields_of
from gateway_contract.contract.definition import Contract
from gateway_contract.contract.validity import validity_of
from gateway_contract.values.json_value import ABSENT, read_json
from gateway_contract.values.pointer import read
from gateway_contract.values.size import parse_size
from tests.contract_tests.three_contracts import (
    CONTRACTS,
    PAINTBOX,
    POWERBUYIN,
    POWERTOKENS,
    contract_named,
    each_contract,
)

pytestmark = pytest.mark.slow

EXAMPLES = 150


ODD = Property("odd", odd)


@cache
def odd_contents(name: str) -> list[bytes]:
    """Bodies of every worth, which several tests look at: drawing them is what takes the time."""
    contract = contract_named(name)
    return [content for seed in (1, 2, 3) for content in drawn(contract, ODD, seed, examples=200)]


def drawn(contract: Contract, source: Property | Listing, number: int = 1, examples: int = EXAMPLES) -> list[bytes]:
    if isinstance(source, Listing):
        return list(source.share(contract, number, examples))
    found: list[bytes] = []
    drive(found.append, source.contents(contract), number, examples)
    return found


def worth(contract: Contract, content: bytes) -> str:
    found = validity_of(contract, read_json(content))
    return "valid" if found.valid else "open" if found.open_because else "broken"


@each_contract
def test_ordinary_bodies_are_valid_and_differ(contract: Contract) -> None:
    found = drawn(contract, Property("ordinary", ordinary))
    assert {worth(contract, content) for content in found} == {"valid"}
    assert len(set(found)) > EXAMPLES / 3


@pytest.mark.parametrize("contract", [POWERTOKENS, POWERBUYIN], ids=lambda contract: contract.name)
def test_odd_bodies_are_broken_open_and_even_valid(contract: Contract) -> None:
    found = Counter(worth(contract, content) for content in odd_contents(contract.name))
    assert found.keys() == {"valid", "open", "broken"}
    assert found["broken"] > 100


@each_contract
def test_every_field_is_given_and_left_out(contract: Contract) -> None:
    bodies = [read_json(content) for content in odd_contents(contract.name)]
    for field in fields_of(contract):
        present = {read(body, field.pointer) is not ABSENT for body in bodies}
        assert present == {True, False}, field.pointer


@pytest.mark.parametrize("source", PROPERTIES, ids=lambda source: source.name)
def test_the_same_seed_draws_the_same_and_another_one_does_not(source: Property | Listing) -> None:
    first = drawn(POWERBUYIN, source, number=5, examples=15)
    assert drawn(POWERBUYIN, source, number=5, examples=15) == first
    assert drawn(POWERBUYIN, source, number=7, examples=15) != first


def test_what_schemathesis_lists_is_the_same_in_every_process() -> None:
    listed = [
        digest(source.contents(contract))
        for contract in CONTRACTS
        for source in PROPERTIES
        if isinstance(source, Listing)
    ]
    code = "from tests.contract_tests.fuzzing import test_strategies as here; here.print_digests()"
    told = run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603 # our own words
    assert told.stdout.split() == listed


def digest(contents: Sequence[bytes]) -> str:
    return sha256(b"\n".join(contents)).hexdigest()


def print_digests() -> None:
    for contract in CONTRACTS:
        print(*(digest(source.contents(contract)) for source in PROPERTIES if isinstance(source, Listing)))  # noqa: T201 # to the process that asks


@pytest.mark.parametrize("source", PROPERTIES, ids=lambda source: source.name)
@each_contract
def test_a_text_that_may_hold_a_mark_holds_one_unless_it_is_empty(
    contract: Contract, source: Property | Listing
) -> None:
    texts = [
        text
        for content in drawn(contract, source, examples=30)
        for pointer in contract.marks
        if isinstance(text := read(read_json(content), pointer), str)
    ]
    assert texts
    assert [text for text in texts if text and not correlation_ids(text)] == []


@pytest.mark.parametrize(
    "letters", [CHINESE, ARABIC, DEVANAGARI, EMOJI], ids=["Chinese", "Arabic", "Devanagari", "emoji"]
)
def test_texts_come_in_many_scripts(letters: str) -> None:
    sent = b"".join(drawn(POWERTOKENS, Property("ordinary", ordinary))).decode()
    assert set(letters) & set(sent)


def test_sizes_come_at_both_bounds_of_the_pixels_and_beyond_them() -> None:
    bodies = [read_json(content) for content in odd_contents("powertokens")]
    sizes = [size for body in bodies if (size := parse_size(read(body, "/size"))) is not None]
    assert [size for size in sizes if size.pixels < 512 * 512]
    assert [size for size in sizes if size.pixels > 2048 * 2048]
    assert len({size for size in sizes if 512 * 512 <= size.pixels <= 2048 * 2048}) > 20


def test_sizes_with_a_line_break_behind_them_are_no_rarity() -> None:
    contents = [content for seed in (1, 2, 3) for content in drawn(POWERBUYIN, ODD, seed, examples=400)]
    sizes = [read(read_json(content), "/size") for content in contents]
    assert len([size for size in sizes if isinstance(size, str) and size.endswith("\n")]) > 5


def test_coverage_has_what_no_random_draw_is_sure_to_have() -> None:
    bodies = [read_json(content) for content in PROPERTIES[3].contents(POWERTOKENS)]  # type: ignore[union-attr] # a listing
    assert {0, 1, 7} <= {n for body in bodies if type(n := read(body, "/n")) is int}
    assert any(read(body, "/model") is ABSENT for body in bodies)


def test_bodies_of_schemathesis_are_of_every_worth_as_well() -> None:
    found = {
        source.name: {worth(POWERBUYIN, content) for content in drawn(POWERBUYIN, source)} for source in PROPERTIES[2:]
    }
    assert found["Schemathesis, examples"] == {"valid"}
    assert found["Schemathesis, coverage"] >= {"valid", "broken"}
    assert found["Schemathesis, positive"] >= {"valid", "broken"}
    assert found["Schemathesis, negative"] >= {"open", "broken"}


def test_schemathesis_is_told_the_operation_and_none_of_our_keywords() -> None:
    told = document(PAINTBOX)
    paths = told["paths"]
    assert isinstance(paths, dict)
    assert list(paths) == [PAINTBOX.operation.path]
    assert "x-" not in str(told)
