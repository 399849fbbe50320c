"""A rule's id says of which property of its subject it is about, in plain words."""

import pytest

from gateway_contract.contract.definition import Contract
from gateway_contract.rules.statements import slug
from tests.gateway_contract.exchanges import rules_of, short_id


@pytest.mark.parametrize(
    ("text", "name"),
    [("other models", "other-models"), ("qwen-image-2.0", "qwen-image-2.0"), ("  The Fine! Engine ", "the-fine-engine"),
     ("", ""), ("false", "false")],
)  # fmt: skip
def test_a_title_becomes_a_part_of_an_id(text: str, name: str) -> None:
    assert slug(text) == name


def test_ids_are_readable(invented: Contract, powertokens: Contract) -> None:
    names = {short_id(rule) for contract in (invented, powertokens) for rule in rules_of(contract)}
    assert names >= {
        *(
            "n/maximum-for-other-models",
            "size/minimum-pixels-for-qwen-image-2.0",
            "prompt/max-length",
            "model/required",
        ),
        *("canvas/maximum-aspect", "colours/item-min-length", "body/forbidden", "chaos/preserves-0"),
    }
