"""The base URL that people try first: the root is a gateway, or says where the gateways are."""

from collections.abc import Iterator

import httpx
import openai
import pytest

from gateway_contract.contract.definition import Contract
from gateway_contract.document.node import DocumentError
from mock_server.run import check_default, root_notices
from mock_server.runtime.mock import MockSettings
from tests.mock_server.admin.seen import Body, Seen, seen

PATH = "/v1/images/generations"


@pytest.fixture(scope="module")
def both(powertokens: Contract, powerbuyin: Contract) -> Iterator[Seen]:
    with seen([powertokens, powerbuyin]) as found:
        yield found


@pytest.fixture(scope="module")
def single(powertokens: Contract) -> Iterator[Seen]:
    with seen([powertokens]) as found:
        yield found


def error_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", PATH), ("GET", "/v1/models"), ("POST", "/powertoken/v1/images/generations"), ("POST", "/x/_mock")],
)
def test_a_wrong_base_is_answered_with_the_right_ones(both: Seen, method: str, path: str) -> None:
    own = both.mock.settings.own
    answer = both.http.request(method, path, json={"n": 1})
    bases = f"{own}/powertokens/v1 or {own}/powerbuyin/v1"
    assert error_of(answer) == (404, f"Not found: {method} {path}. Set your base URL to {bases}.")
    assert answer.json()["error"].keys() == {"message", "type", "code", "param"}
    newest = both.http.get("/_mock/requests?limit=1").json()["requests"][0]
    assert (newest["gateway"], newest["request"]["path"], newest["response"]["status"]) == ("", path, 404)
    assert newest["verdict"]["message"] == "No gateway has this address."
    assert f"Set your base URL to {bases}" in both.http.get(f"/requests/{newest['id']}").text
    assert path in both.http.get("/").text


def test_pages_that_a_browser_looks_for_are_in_no_journal(both: Seen) -> None:
    last = both.mock.journal.last_id
    assert both.http.get("/favicon.ico").status_code == 404
    assert both.mock.journal.last_id == last


@pytest.mark.parametrize("path", ["/images/generations", "/v1/v1/images/generations"])
def test_a_wrong_base_of_a_gateway_is_answered_with_the_right_one(both: Seen, path: str) -> None:
    base = f"{both.mock.settings.own}/powertokens/v1"
    status, message = error_of(both.http.post(f"/powertokens{path}", json={}))
    assert status == 404
    assert message.endswith(f"Set your base URL to {base}.")


def test_the_only_gateway_is_at_the_root(single: Seen, order: Body) -> None:
    own = single.mock.settings.own
    with openai.OpenAI(base_url=f"{own}/v1", api_key="sk-any", max_retries=0) as client:
        image = client.images.generate(model=str(order["model"]), prompt="a lighthouse").data
    assert image is not None
    assert image[0].url is not None
    assert image[0].url.startswith(f"{own}/powertokens/images/")
    assert single.http.get(image[0].url).content.startswith(b"\x89PNG")
    newest = single.http.get("/_mock/requests?limit=1").json()["requests"][0]
    assert (newest["gateway"], newest["verdict"]["status"]) == ("powertokens", "valid")
    assert single.http.post(PATH, json=order, headers={"x-mock-scenario": "rate-limit"}).status_code == 429


def test_a_default_is_at_the_root_beside_others(powertokens: Contract, powerbuyin: Contract, order: Body) -> None:
    with seen([powerbuyin, powertokens], lambda own: MockSettings(own, default="powertokens")) as mock:
        assert mock.http.post(PATH, json=order).status_code == 200
        assert mock.http.get("/").headers["content-type"].startswith("text/html")


def test_a_default_that_there_is_not_is_an_error(powertokens: Contract) -> None:
    with pytest.raises(DocumentError, match="no contract 'x' to serve at the root; contracts: powertokens"):
        check_default("x", [powertokens])
    check_default("powertokens", [powertokens])
    assert root_notices("powertokens", "http://a", [powertokens]) == [
        "At the root, too: http://a/v1/images/generations is powertokens"
    ]


def test_the_models_of_a_contract_are_listed_as_openai_lists_them(both: Seen) -> None:
    base = f"{both.mock.settings.own}/powertokens/v1"
    with openai.OpenAI(base_url=base, api_key="sk-any", max_retries=0) as client:
        assert [model.id for model in client.models.list()] == ["qwen-image-2.0-pro", "wan2.7-image-pro"]
        assert client.models.retrieve("wan2.7-image-pro").owned_by == "powertokens"
        with pytest.raises(openai.NotFoundError, match="Unknown model 'dall-e-3'"):
            client.models.retrieve("dall-e-3")
    assert httpx.get(f"{base}/models", trust_env=False).status_code == 401
    assert both.http.post("/powertokens/v1/models").status_code == 405
