"""The fields of a form, by the schema alone."""

from gateway_contract.contract.definition import Contract
from gateway_contract.values.json_value import ABSENT
from gateway_contract.values.pointer import read
from mock_server.console.form_fields import FormField, form_fields


def named(contract: Contract) -> dict[str, FormField]:
    return {field.pointer: field for field in form_fields(contract)}


def test_a_form_asks_for_every_field_that_holds_no_other(invented: Contract) -> None:
    assert list(named(invented)) == [
        "/engine", "/wish/words", "/sheets", "/canvas", "/delivery", "/chaos", "/strength",
        "/look/colours/0", "/unwanted", "/signed",
    ]  # fmt: skip


def test_a_field_is_asked_for_by_its_kind(invented: Contract) -> None:
    fields = named(invented)
    assert fields["/engine"].choices == ("quick", "fine")
    assert fields["/signed"].kind == "boolean"
    assert fields["/sheets"].kind == "integer"
    assert (fields["/wish/words"].long, fields["/canvas"].long) == (True, False)


def test_a_long_text_gets_more_room(powertokens: Contract) -> None:
    assert [pointer for pointer, field in named(powertokens).items() if field.long] == ["/prompt", "/negative_prompt"]


def test_a_field_says_what_it_takes(invented: Contract) -> None:
    fields = named(invented)
    assert fields["/sheets"].hint == "1 to 4, default 1"
    assert fields["/unwanted"].hint == "at most 40 characters"
    assert fields["/strength"].hint == "0 to 1.5"
    assert (fields["/engine"].required, fields["/sheets"].required) == (True, False)


def test_a_field_begins_with_what_the_example_says(powerbuyin: Contract) -> None:
    example = powerbuyin.examples[0].body
    fields = named(powerbuyin)
    assert fields["/input/messages/0/content/0/text"].value == read(example, "/input/messages/0/content/0/text")
    assert fields["/watermark"].value == "false"
    missing = [field.value for pointer, field in fields.items() if read(example, pointer) is ABSENT]
    assert missing == [""] * len(missing)
    assert missing
