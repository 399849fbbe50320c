"""Every rule says in one English sentence what it promises."""

import pytest

from gateway_contract.contract.definition import Contract
from tests.gateway_contract.exchanges import rules_of, short_id


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("canvas/mapped", "canvas is sent upstream at /settings/area"),
        ("canvas/normalized", "canvas is sent upstream at /settings/area in the form of the upstream (image-size)"),
        ("chaos/preserves-0", "an explicit 0 for chaos is sent upstream at /settings/dice"),
        ("chaos/not-invented", "omitted chaos is not sent upstream"),
        ("sheets/default", "sheets defaults to 1"),
        ("pages/length", "pages has as many items as /sheets says"),
        ("drawn_at/now", "drawn_at is the Unix time of the answer, within 60 s"),
        ("authorization/required", "a request with no Authorization header is rejected"),
    ],
)
def test_rules_are_sentences(name: str, sentence: str, invented: Contract) -> None:
    assert [rule.statement for rule in rules_of(invented) if short_id(rule) == name] == [sentence]
