"""A request for images in each form: equal but for the form, small, and repeatable."""

from contract_tests.planning.image_forms import image_form_cases
from gateway_contract.contract.definition import Contract
from gateway_contract.contract.validity import validity_of
from gateway_contract.traffic.exchange import Relation
from gateway_contract.values.json_value import ABSENT, read_json
from gateway_contract.values.pointer import read, removed
from tests.contract_tests.three_contracts import POWERTOKENS, each_contract


@each_contract
def test_the_requests_differ_in_the_form_of_their_images_only(contract: Contract) -> None:
    cases = list(image_form_cases(contract))
    assert contract.images is not None
    assert len(cases) == len(contract.images.image_fields)
    bodies = [read_json(case.content) for case in cases]
    assert all(validity_of(contract, body).valid for body in bodies)
    selector = contract.images.image_fields[0].asked_by
    assert len({str(read(body, selector)) for body in bodies}) == len(bodies)
    rest = [removed(body, selector) for body in bodies if body is not ABSENT]
    assert all(other == rest[0] for other in rest)


@each_contract
def test_the_first_form_is_what_the_others_are_compared_with(contract: Contract) -> None:
    first, *others = image_form_cases(contract)
    assert first.compared is None
    assert [case.compared for case in others] == [(Relation.OTHER_FORM, first.name)] * len(others)
    assert all(case.same_pictures for case in (first, *others))


def test_the_images_are_small_and_repeatable() -> None:
    first, _ = image_form_cases(POWERTOKENS)
    body = read_json(first.content)
    assert (read(body, "/size"), read(body, "/seed")) == ("512*512", 0)
