"""Each name leads to one thing."""

from dataclasses import replace

import pytest

from gateway_contract.contract.definition import Contract
from gateway_contract.document.node import DocumentError
from mock_server.runtime.names import OWN_PAGES, check_names


def test_what_has_a_name_of_its_own_is_served(powertokens: Contract, powerbuyin: Contract) -> None:
    check_names([powertokens, powerbuyin], ["dashscope"])


@pytest.mark.parametrize("name", sorted(OWN_PAGES))
def test_pages_of_the_mock_keep_their_names(powertokens: Contract, name: str) -> None:
    with pytest.raises(DocumentError, match="a page of the mock is called"):
        check_names([replace(powertokens, name=name)], [])


def test_an_upstream_keeps_its_name(powertokens: Contract) -> None:
    with pytest.raises(DocumentError, match="an upstream is called powertokens, too; give the file another name"):
        check_names([powertokens], ["powertokens"])


def test_two_contracts_have_two_names(powertokens: Contract, powerbuyin: Contract) -> None:
    with pytest.raises(DocumentError, match="another contract is called powertokens, too"):
        check_names([powertokens, powerbuyin, powertokens], [])
