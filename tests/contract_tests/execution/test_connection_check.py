"""A kept connection is blamed for what goes wrong on it each time, and never on connections of their own."""

import asyncio
from collections.abc import Callable

import pytest

from contract_tests.client.case import Case
from contract_tests.execution.connection_check import ConnectionCheck, connection_cases
from contract_tests.planning.plan import is_row, plan
from gateway_contract.contract.definition import Contract
from gateway_contract.contract.load_contract import contract_path, load_contract
from gateway_contract.traffic.exchange import Answer, Credential, Exchange, Image, Observation, Request
from gateway_contract.values.json_value import ABSENT, read_json

Status = Callable[[Case, int], int]
"""The status of a case's response, by the case and how many requests went before it."""


@pytest.fixture(scope="module")
def contract() -> Contract:
    return load_contract(contract_path("powertokens"))


def checked(contract: Contract, status: Status, digest: Callable[[Case, int], str] = lambda _, sent: str(sent)) -> str:
    """For each exchange whether the connection is to blame (x), or not (.)."""
    sent: list[Case] = []

    async def send(case: Case) -> Exchange:
        number = len(sent)
        sent.append(case)
        answer = Answer(status(case, number), (), b"", ABSENT, 0.1, 0.0)
        image = Image("url", "", "image/png", "PNG", 1, 1, digest(case, number), None)
        request = Request(case.method or "POST", "/", (), case.content, read_json(case.content), Credential.RIGHT)
        return Exchange(request, answer, images=((image,),) if answer.successful else (), name=case.name)

    found = asyncio.run(ConnectionCheck(contract, send, lambda _: True).run())
    assert all(one.kept is not None for one in found)
    return "".join("x" if one.is_connections_fault else "." for one in found)


def right(contract: Contract) -> Status:
    return lambda case, _: 200 if is_row(contract, case) else 400


def test_the_cases_are_plain_requests_around_rejections(contract: Contract) -> None:
    valid = [is_row(contract, case) for case in connection_cases(contract)]
    assert valid == [True, True, False, True, False, False, True]


def test_no_case_goes_by_the_name_of_another_request_of_the_plan(contract: Contract) -> None:
    planned = {case.name: case.content for case in plan(contract, Observation.TWO_SIDED, 1).cases}
    named = {case.name: case.content for case in connection_cases(contract)}
    assert {name for name in named.keys() & planned.keys() if planned[name] != named[name]} == set()


def test_a_gateway_that_is_right_gets_each_request_once(contract: Contract) -> None:
    assert checked(contract, right(contract)) == "......."


def test_a_rejection_after_a_rejection_is_the_connections_fault(contract: Contract) -> None:
    """The fourth and the last request come after rejections."""

    def status(case: Case, number: int) -> int:
        return 400 if case.kept and number % 7 in {3, 6} else right(contract)(case, number)

    assert checked(contract, status) == "...x..x"


def test_images_of_the_request_before_are_the_connections_fault(contract: Contract) -> None:
    def digest(case: Case, number: int) -> str:
        return str(number - 1 if case.kept and number % 7 == 1 else number)

    assert checked(contract, right(contract), digest) == ".x....."


def test_a_gateway_that_rejects_plain_requests_elsewhere_too_is_not_blamed_for_its_connections(
    contract: Contract,
) -> None:
    assert checked(contract, lambda _, _number: 500) == "......."


def test_images_from_a_cache_are_not_the_connections_fault(contract: Contract) -> None:
    assert checked(contract, right(contract), lambda _, _number: "the same") == "......."


def test_what_goes_wrong_once_is_not_the_connections_fault(contract: Contract) -> None:
    assert checked(contract, lambda case, number: 500 if number == 3 else right(contract)(case, number)) == "......."
