"""A gateway is quoted in its own words: short, without markup and without secrets."""

import json
from dataclasses import replace

import pytest

from gateway_contract.traffic.exchange import Answer, Exchange, FaultCause, NoAnswer, PlayedFault, Request, UpstreamCall
from gateway_contract.traffic.response_message import (
    LONGEST_MESSAGE,
    quoted_rejection,
    response_message,
    upstream_rejection,
)
from gateway_contract.values.json_value import ABSENT, Json

FLASK = (
    b"<!doctype html>\n<html lang=en>\n<title>400 Bad Request</title>\n<h1>Bad Request</h1>\n<p>It&#39;s wrong.</p>\n"
)
NGINX = b"<html>\n<head><title>400 No required SSL certificate was sent</title></head>\n<body><center>nginx</center>"


def page(content: bytes) -> Answer:
    return Answer(400, (), content, ABSENT, 0.1, 0.0)


def said(body: Json) -> Answer:
    return Answer(400, (), json.dumps(body).encode(), body, 0.1, 0.0)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            {"error": {"message": "n must be at most 6", "type": "invalid", "code": "bad_n"}},
            "n must be at most 6 (bad_n)",
        ),
        ({"error": {"message": "n must be at most 6", "code": None}}, "n must be at most 6"),
        ({"code": "InvalidParameter", "message": "no such size"}, "no such size (InvalidParameter)"),
        ({"type": "about:blank", "title": "Bad Request", "detail": "seed must be positive"}, "seed must be positive"),
        ({"detail": [{"type": "missing", "loc": ["body", "model"], "msg": "Field required"}]}, "Field required"),
        ({"error": "invalid_request"}, "invalid_request"),
        ({"errors": {"seed": ["too large"]}}, '{"errors":{"seed":["too large"]}}'),
        ("no", '"no"'),
        ({}, ""),
        (None, ""),
    ],
)
def test_json_is_quoted_by_its_error_message(body: Json, message: str) -> None:
    assert response_message(said(body)) == message


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"Internal Server Error", "Internal Server Error"),
        (FLASK, "400 Bad Request: It's wrong."),
        (NGINX, "400 No required SSL certificate was sent: nginx"),
        (b"<html><style>p { color: red }</style><p>a < b</p>", "a < b"),
        (b"\xff\x00", "\ufffd\x00"),
        (b"", ""),
    ],
)
def test_a_page_is_quoted_without_its_markup(content: bytes, message: str) -> None:
    assert response_message(page(content)) == message


def test_a_long_message_is_cut() -> None:
    for answer in (said({"message": "长" * 5000}), page(b"long " * 50_000)):
        assert len(response_message(answer)) == LONGEST_MESSAGE
        assert response_message(answer).endswith("…")


def test_a_secret_is_taken_out_before_the_message_is_cut() -> None:
    secret = "plain-secret-of-somebody"
    filling = "x" * (LONGEST_MESSAGE - 10)
    for answer in (said({"message": f"{filling}{secret}"}), page(f"{filling}{secret}".encode())):
        assert "plain-" not in response_message(answer, [secret])
    assert "plain-" not in response_message(page(b" " * (8 * 1024 - 8) + secret.encode()), [secret])


REJECTED_CALL = UpstreamCall("POST", "/generate", (), {}, 0.0, 400, message="size is wrong (InvalidParameter)")


def rejected(*calls: UpstreamCall, status: int = 502) -> Exchange:
    answer = Answer(status, (), b"", {"error": {"message": "bad gateway"}}, 0.1, 0.0)
    return Exchange(Request("POST", "/", (), b"{}", {}), answer, upstream=calls)


def test_beside_the_gateways_words_stand_the_upstreams() -> None:
    assert quoted_rejection(rejected(REJECTED_CALL)) == (
        'HTTP 502 "bad gateway"; the upstream responded HTTP 400 "size is wrong (InvalidParameter)"'
    )
    assert "InvalidParameter" not in quoted_rejection(rejected(REJECTED_CALL), ["InvalidParameter"])


def test_an_upstream_that_rejected_nothing_is_not_quoted() -> None:
    fault = PlayedFault("internal-error", FaultCause.VENDOR)
    assert quoted_rejection(rejected(replace(REJECTED_CALL, message="", status=200))) == 'HTTP 502 "bad gateway"'
    assert quoted_rejection(rejected(replace(REJECTED_CALL, played=fault))) == 'HTTP 502 "bad gateway"'
    assert quoted_rejection(rejected()) == 'HTTP 502 "bad gateway"'
    assert upstream_rejection(rejected(REJECTED_CALL, status=200)) is None


def test_no_response_is_quoted_by_its_problem() -> None:
    assert quoted_rejection(replace(rejected(), answer=NoAnswer("connection closed", 1.0))) == "connection closed"
