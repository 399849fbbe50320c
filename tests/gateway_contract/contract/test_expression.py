"""A runtime expression names a field of the request, or is told to be none."""

import pytest

from gateway_contract.contract.extensions import request_pointer


def test_an_expression_names_a_pointer_into_the_request() -> None:
    assert request_pointer("$request.body#/a/0/b~1c") == "/a/0/b~1c"


@pytest.mark.parametrize("expression", ["", "/a", "$request.body", "$request.body#", "$response.body#/a", "$url"])
def test_another_expression_is_told_with_what_it_should_be(expression: str) -> None:
    with pytest.raises(ValueError, match=r"is not \$request\.body#/pointer"):
        request_pointer(expression)
