"""One request in the forms in which different clients send it."""

import pytest

from gateway_contract.traffic.exchange import Headers, RequestForm
from gateway_contract.traffic.request_form import in_form

HEADERS: Headers = (("Content-Type", "application/json"), ("Authorization", "Bearer A"))


@pytest.mark.parametrize(
    ("form", "headers"),
    [
        (RequestForm.PLAIN, HEADERS),
        (RequestForm.CHARSET, (("Content-Type", "application/json; charset=utf-8"), HEADERS[1])),
        (RequestForm.CHARSET_IN_CAPITALS, (("Content-Type", "application/json;charset=UTF-8"), HEADERS[1])),
        (RequestForm.CHUNKED, (*HEADERS, ("Transfer-Encoding", "chunked"))),
        (RequestForm.LOWER_CASE, (("content-type", "application/json"), ("authorization", "Bearer A"))),
        (RequestForm.UPPER_CASE, (("CONTENT-TYPE", "application/json"), ("AUTHORIZATION", "Bearer A"))),
    ],
)
def test_a_form_changes_headers(form: RequestForm, headers: Headers) -> None:
    assert in_form(HEADERS, form) == headers


def test_each_form_differs_from_all_others() -> None:
    assert len({in_form(HEADERS, form) for form in RequestForm}) == len(RequestForm)
