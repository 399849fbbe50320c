"""Valid requests that are planned for one thing: a page's example, a form of HTTP, a text that comes again."""

from collections.abc import Iterable, Iterator

from contract_tests.client.case import Case, json_case
from contract_tests.client.correlation import text_with_id
from contract_tests.planning.fields import base_request, requested_images
from gateway_contract.contract.definition import Contract
from gateway_contract.contract.validity import validity_of
from gateway_contract.traffic.exchange import Request, RequestForm
from gateway_contract.values.json_value import Json, compact
from gateway_contract.values.pointer import placed
from gateway_contract.values.sample_texts import CHINESE

READ_OTHERWISE = frozenset({RequestForm.CHARSET, RequestForm.CHARSET_IN_CAPITALS, RequestForm.CHUNKED})
"""Forms in which a gateway may read the bytes of a text in another way."""
CROWD = 12  # requests at once, to see whether answers are mixed up


def valid_case(contract: Contract, name: str, body: Json, **more: object) -> Case:
    return json_case(name, body, images=requested_images(contract, body), **more)


def baseline(contract: Contract) -> Request:
    """The plain valid request of a contract, without its headers."""
    body = base_request(contract)
    return Request(contract.operation.method, contract.operation.path, (), compact(body), body)


def example_cases(contract: Contract) -> Iterator[Case]:
    """The page's own examples as they stand: without a mark, so alone."""
    for example in contract.examples:
        yield valid_case(contract, f"the page's example {example.name}", example.body, alone=True)


def form_cases(contract: Contract, forms: Iterable[RequestForm]) -> Iterator[Case]:
    """The plain request in each of some forms, with text beyond ASCII where that may be cut or decoded otherwise."""
    base, chinese = base_request(contract), _in_chinese(contract)
    for form in forms:
        yield valid_case(contract, form.value, chinese if form in READ_OTHERWISE else base, form=form)


def _in_chinese(contract: Contract) -> Json:
    body = base_request(contract)
    for pointer in contract.marks:
        longer = placed(body, pointer, text_with_id(CHINESE))
        body = longer if validity_of(contract, longer).valid else body
    return body


def concurrent_cases(contract: Contract) -> Iterator[Case]:
    """Many requests that differ in nothing but their text, at once."""
    base = base_request(contract)
    yield from (valid_case(contract, f"one of many {index}", base) for index in range(CROWD))


def layout_cases(contract: Contract) -> Iterator[Case]:
    """Several images in the layout that the upstream uses less often: both are the vendor's."""
    if contract.images is not None:
        body = placed(base_request(contract), contract.images.count, 3)
        if validity_of(contract, body).valid:
            yield valid_case(contract, "three images in the other layout", body, other_layout=True)


def repeated_prompt_cases(contract: Contract) -> Iterator[Case]:
    """The same text with other parameters, and the first request again: an answer from a cache shows."""
    first, *others = variations(contract)[:3]
    yield from same_text_cases(contract, [first, *others, first])


def same_text_cases(contract: Contract, bodies: Iterable[Json]) -> Iterator[Case]:
    for index, body in enumerate(bodies):
        yield valid_case(contract, f"the same text again {index}", body, alone=True, same_text=True)


def variations(contract: Contract) -> list[Json]:
    """The plain request, and valid ones that differ from it in the number or the size of the images."""
    base, images = base_request(contract), contract.images
    found = [base]
    if images is not None:
        found += [placed(base, images.count, 2)]
        if images.size is not None:
            found += [placed(base, images.size.pointer, size) for size in ("768*1024", "1024*768")]
    return [body for body in found if validity_of(contract, body).valid]
