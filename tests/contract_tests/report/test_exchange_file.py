"""An exchange that was written down can be read, and its request sent again."""

import json
from dataclasses import asdict, replace
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract_tests.client.access import Access
from contract_tests.report.exchange_file import exchange_to_json, request_from_json, with_access
from gateway_contract.traffic.exchange import (
    BrokenImage,
    Comparison,
    Credential,
    Exchange,
    NoAnswer,
    Relation,
    Request,
    header,
)
from gateway_contract.values.json_value import ABSENT, UNOBSERVED, Json, compact, read_json
from tests.contract_tests.report_examples import (
    BODY,
    JSON_TYPE,
    TOKEN,
    UPSTREAM_KEY,
    answering,
    asking,
    carrying,
    exchange,
    image,
    upstream_call,
)

pytestmark = pytest.mark.slow

letters = st.characters(codec="utf-8")
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(letters),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(letters), inner, max_size=4),
)
contents = (
    st.binary()
    | st.text().map(lambda text: text.encode("utf-8", "surrogatepass"))
    | json_values.map(lambda value: json.dumps(value).encode())
    | json_values.map(lambda value: json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())
    | st.sampled_from([b'{"a":1,"a":2}', b' {"a": 1.0}\n', b"1e400", b'"\\u0041"', b"[" * 200 + b"]" * 200])
)
header_names = st.from_regex(r"\AX-[A-Za-z0-9-]{1,12}\Z")


def read_back(written: object) -> dict[str, Json]:
    told = json.loads(json.dumps(written))
    assert isinstance(told, dict)
    return told


def through_a_file(request: Request, *secrets: str) -> Request:
    return request_from_json(read_back(exchange_to_json(exchange(request), secrets)))


@given(
    content=contents,
    path=st.text(letters).map("/{}".format),
    headers=st.lists(st.tuples(header_names, st.text(letters)), max_size=3),
    credential=st.sampled_from(Credential),
)
def test_a_request_comes_back_as_it_was(
    content: bytes, path: str, headers: list[tuple[str, str]], credential: Credential
) -> None:
    asked = Request("POST", path, tuple(headers), content, read_json(content), credential)
    assert through_a_file(asked) == asked


def test_json_is_written_as_json() -> None:
    told = read_back(exchange_to_json(exchange(), [TOKEN])["request"])
    assert told["body"] == BODY
    assert "base64" not in told


@pytest.mark.parametrize("content", [b'{ "a": 1 }', b'{"a":1,"a":2}', b'"\\u0041"'])
def test_json_written_in_another_way_keeps_its_bytes_as_well(content: bytes) -> None:
    told = read_back(exchange_to_json(exchange(carrying(content)), [])["request"])
    assert {"body", "base64"} <= told.keys()
    assert through_a_file(carrying(content)).content == content


def test_a_request_can_be_sent_again_with_another_token() -> None:
    again = with_access(through_a_file(asking(), TOKEN), Access(), "sk-another")
    assert header(again.headers, "Authorization") == "Bearer sk-another"
    assert again.content == asking().content


@pytest.mark.parametrize(
    ("credential", "value", "again"),
    [
        (Credential.WRONG, "Bearer wrong", "Bearer [redacted]"),
        (Credential.EMPTY, "Bearer ", "Bearer "),
        (Credential.EMPTY, "", ""),
        (Credential.OTHER_SCHEME, f"Token {TOKEN}", f"Token {TOKEN}"),
    ],
)
def test_a_credential_that_was_wrong_is_wrong_again(credential: Credential, value: str, again: str) -> None:
    asked = carrying(b"{}", ("Authorization", value), credential=credential)
    assert header(with_access(through_a_file(asked, TOKEN), Access(), TOKEN).headers, "authorization") == again


def test_a_long_text_of_the_other_side_is_told_by_its_digest() -> None:
    picture, just_short = "iVBORw0K" * 1000, "x" * 2000
    answer = answering({"data": [{"b64_json": picture}, {"b64_json": just_short}]})
    seen = Exchange(asking(), answer, (upstream_call({"input": [picture]}),))
    told = exchange_to_json(seen, [])
    digest = {"$text": {"sha256": sha256(picture.encode()).hexdigest(), "characters": 8000}}
    assert read_back(told["answer"])["body"] == {"data": [{"b64_json": digest}, {"b64_json": just_short}]}
    assert isinstance(told["upstream"], list)
    assert read_back(told["upstream"][0])["body"] == {"input": [digest]}


def test_countless_short_texts_of_the_other_side_are_told_by_a_digest() -> None:
    flood: Json = [{"url": f"http://127.0.0.1/{number}.png"} for number in range(8_000)]
    calls = (upstream_call({"input": flood}), *[upstream_call({"input": "a cat"})] * 79)
    seen = Exchange(asking(), answering({"data": flood}), calls)
    told = exchange_to_json(seen, [])
    assert len(json.dumps(told)) < 100_000
    kept = read_back(told["answer"])["body"]
    assert isinstance(kept, dict)
    assert kept["$json"] == {"sha256": kept["$json"]["sha256"], "bytes": len(compact({"data": flood}))}  # type: ignore[index, call-overload] # as written
    assert isinstance(told["upstream"], list)
    assert len(told["upstream"]) == 50


def test_a_request_is_never_shortened() -> None:
    asked = asking({"prompt": "长" * 5000})
    assert through_a_file(asked, TOKEN).content == asked.content


def test_an_answer_that_is_no_json_is_kept_as_text() -> None:
    answer = replace(answering(None, 502), content=b"<h1>Bad \xff gateway</h1>", body=ABSENT)
    told = read_back(exchange_to_json(exchange(answer=answer), [])["answer"])
    assert (told["status"], told["text"]) == (502, "<h1>Bad \ufffd gateway</h1>")


def test_no_answer_is_kept_with_its_reason() -> None:
    told = exchange_to_json(exchange(answer=NoAnswer("connection reset", 0.5)), [])
    assert told["answer"] == {"error": "connection reset", "seconds": 0.5}


def test_what_nobody_looked_at_is_null_and_what_was_empty_is_a_list() -> None:
    blind = Exchange(asking(), answering({}), UNOBSERVED, UNOBSERVED)
    keys = ("upstream", "images", "minimal_fields")
    assert [exchange_to_json(blind, [])[key] for key in keys] == [None] * 3
    empty = Exchange(asking(), answering({}), (), (), frozenset({"/b", "/a"}))
    assert [exchange_to_json(empty, [])[key] for key in keys] == [
        [],
        [],
        ["/a", "/b"],
    ]


def test_the_request_that_must_make_the_same_call_is_kept_with_its_relation() -> None:
    first = replace(exchange(), name="first")
    told = exchange_to_json(replace(exchange(), compared=Comparison(Relation.REPEATED, first)), [])["compared"]
    assert isinstance(told, dict)
    assert (told["relation"], told["name"]) == ("repeated", "first")
    assert request_from_json(told).content == first.request.content


def test_images_and_upstream_calls_are_told_in_full() -> None:
    broken = BrokenImage("url", "http://127.0.0.1/b.png", "HTTP 404")
    seen = replace(exchange(), images=((image(), broken), ()))
    told = exchange_to_json(seen, [TOKEN])
    usable = {key: value for key, value in asdict(image()).items() if key != "preview"}
    assert told["images"] == [[usable, asdict(broken)], []]
    with_thumbnail = exchange_to_json(seen, [TOKEN], {image().digest: b"PNG"})
    assert with_thumbnail["images"] == [[{**usable, "thumbnail": "UE5H"}, asdict(broken)], []]
    assert isinstance(told["upstream"], list)
    (call,) = told["upstream"]
    assert call == {
        "method": "POST",
        "path": "/api/v1/generation",
        "headers": [["Authorization", "Bearer [redacted]"], list(JSON_TYPE)],
        "at": 1_700_000_000.1,
        "status": 200,
        "images": ["a-fox"],
        "played": None,
        "body": {"input": 1},
    }


def test_a_secret_in_disguise_is_found() -> None:
    content = b'{"a":"' + "".join(f"\\u{ord(letter):04x}" for letter in UPSTREAM_KEY).encode() + b'"}'
    asked = carrying(content)
    assert through_a_file(asked, UPSTREAM_KEY).body == {"a": "[redacted]"}
    assert through_a_file(carrying(b'{"a":"' + UPSTREAM_KEY.encode() + b'","a":1}'), UPSTREAM_KEY).body == {"a": 1}
    assert UPSTREAM_KEY.encode() not in through_a_file(carrying(b"\xff" + UPSTREAM_KEY.encode()), UPSTREAM_KEY).content
