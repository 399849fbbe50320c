"""The admin API is what its document says, to a judge that knows nothing of us; and a browser takes its HAR file."""

import asyncio
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import positive_data_acceptance

from gateway_contract.contract.definition import Contract
from mock_server.admin.api import document
from tests.browser import blank_page, launched
from tests.mock_server.admin.seen import Body, Seen, seen

pytestmark = pytest.mark.slow

ENDLESS = ("/_mock/events", "/_mock/sessions/{session}/events")
TAKES_NOTHING = {
    "GET /_mock",
    "GET /_mock/mode",
    "GET /_mock/openapi.json",
    "GET /_mock/scenario",
    "GET /_mock/scenarios",
    "GET /_mock/sessions",
    "DELETE /_mock/requests",
    "DELETE /_mock/scenario",
    "POST /_mock/reset",
}
WITH_ITS_OWN_GRAMMAR = {
    "POST /_mock/assert",
    "PUT /_mock/scenario",
    "POST /_mock/sessions/{session}/assert",
    "PUT /_mock/sessions/{session}/scenario",
}
"""Bodies that hold a schema or a scenario: what is one cannot be said in a few words, and not all is taken."""
ASK = """async ([address, body]) => {
    const answer = await fetch(address, {method: "POST", body, headers: {"content-type": "application/json"}});
    return answer.json();
}"""


def operations() -> dict[str, Any]:
    finite = deepcopy(document())
    for path in ENDLESS:
        del finite["paths"][path]
    found = schemathesis.openapi.from_dict(finite).get_all_operations()
    return {one.ok().label: one.ok() for one in found if isinstance(one, Ok)}


def test_every_operation_is_read() -> None:
    paths = (item for path, item in document()["paths"].items() if path not in ENDLESS)
    assert len(operations()) == sum(len(item.keys() - {"parameters"}) for item in paths)


def cases() -> Iterator[tuple[str, GenerationMode]]:
    """What can be drawn: nothing wrong for an operation that takes nothing."""
    for label in operations():
        yield label, GenerationMode.POSITIVE
        if label not in TAKES_NOTHING:
            yield label, GenerationMode.NEGATIVE


@pytest.fixture(scope="module")
def busy(powertokens: Contract) -> Iterator[Seen]:
    with seen([powertokens]) as admin:
        yield admin


@pytest.mark.parametrize(("label", "mode"), list(cases()), ids=str)
def test_whatever_is_asked_is_answered_as_the_document_says(busy: Seen, label: str, mode: GenerationMode) -> None:
    strategy = operations()[label].as_strategy(generation_mode=mode)
    excused = [positive_data_acceptance] if label in WITH_ITS_OWN_GRAMMAR else []

    @settings(max_examples=25, database=None, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(strategy)
    def ask(case: Any) -> None:  # noqa: ANN401 - its type depends on the document
        answer = case.call(base_url=busy.mock.settings.own)
        assert answer.status_code < 500
        case.validate_response(answer, excluded_checks=excused)

    ask()


def test_a_browser_answers_from_the_file_what_the_mock_answered(admin: Seen, order: Body, tmp_path: Path) -> None:
    answer = admin.ask("powertokens", order)
    file = tmp_path / "mock.har"
    file.write_bytes(admin.http.get("/_mock/requests.har").content)
    asked = [str(answer.request.url), answer.request.content.decode()]

    async def replayed() -> object:
        async with launched() as browser, blank_page(browser) as page:
            await page.route_from_har(file, url="**/powertokens/**")
            await page.goto(f"{admin.mock.settings.own}/_mock")
            return await page.evaluate(ASK, asked)

    assert asyncio.run(replayed()) == answer.json()
    assert admin.listed() == [1]  # the mock was not asked again
