"""Requests during which the upstream fails: one for every failure that it can play."""

from collections.abc import Iterator

from contract_tests.case import Case, json_case
from contract_tests.fields import base_request
from gateway_contract.contract import Contract
from gateway_contract.pointer import placed
from gateway_contract.standing import standing
from gateway_contract.values import Json
from mock_server.upstream.failures import FAILURES, UpstreamFailure

SEVERAL = 3  # images, of which one can be missing; the plain request afterwards asks for one more


def failure_cases(contract: Contract) -> Iterator[Case]:
    """A valid request for each failure that some valid request can meet."""
    for failure in FAILURES:
        body = body_for(contract, failure)
        if standing(contract, body).valid:
            yield json_case(f"the upstream plays {failure.name}", body, failure=failure.name, images=SEVERAL + 1)


def body_for(contract: Contract, failure: UpstreamFailure) -> Json:
    """A request that the failure shows in: several images where one is missing, images within the answer for links."""
    body, images = base_request(contract), contract.images
    if images is None:
        return body
    if failure.fewer_images:
        return placed(body, images.count, SEVERAL)
    inline = next((carrier for carrier in images.carriers if carrier.inline), None)
    if failure.dead_links and inline is not None:
        return placed(body, inline.asked_by, inline.value)
    return body
