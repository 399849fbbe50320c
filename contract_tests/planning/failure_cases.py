"""Requests during which the upstream plays a failure, or what is correct and unusual."""

from collections.abc import Iterator

from contract_tests.client.case import Case, json_case
from contract_tests.planning.fields import bases
from gateway_contract.contract.definition import Contract
from gateway_contract.contract.validity import validity_of
from gateway_contract.values.json_value import Json
from gateway_contract.values.pointer import placed
from mock_server.faults.fault import FEWER_IMAGES, LINK_404, Fault
from mock_server.faults.unusual import SLOW_IMAGE, SLOW_RESPONSE, UNUSUAL
from mock_server.upstream.protocols import protocol_of

HANGS_UP = "a client that hangs up"
SEVERAL = 3  # images, of which one can be missing; the plain request afterwards asks for one more


def failure_cases(contract: Contract) -> Iterator[Case]:
    """A valid request for each fault of the upstream and each listed value of the required fields that can meet it."""
    for fault in () if contract.upstream is None else (*UNUSUAL, *protocol_of(contract.upstream).faults):
        for number, base in enumerate(bases(contract), 1):
            bodies = bodies_for(contract, fault, base)
            body = next((body for body in bodies if validity_of(contract, body).valid), None)
            if body is not None:
                which = "" if number == 1 else f", {number}"
                yield json_case(f"the upstream plays {fault}{which}", body, failure=str(fault), images=SEVERAL + 1)
                if fault.name == SLOW_RESPONSE:
                    yield json_case(f"{HANGS_UP}{which}", body, failure=str(fault), images=SEVERAL + 1, hangs_up=True)


def bodies_for(contract: Contract, fault: Fault, body: Json) -> list[Json]:
    """Requests that the fault shows in, the best first, as far as they are valid.

    They ask for several images where one is missing or late, and for images within the answer where links are meant.
    """
    images = contract.images
    if images is None:
        return [body]
    if fault.name == FEWER_IMAGES:
        return [placed(body, images.count, SEVERAL)]
    inline = next((image_field for image_field in images.image_fields if image_field.inline), None)
    if fault.name in ON_LINKS and inline is not None:
        body = placed(body, inline.asked_by, inline.value)
    return [placed(body, images.count, 2), body] if fault.name == SLOW_IMAGE else [body]


ON_LINKS = frozenset({LINK_404, SLOW_IMAGE})
"""Faults that show where a gateway fetches images."""
