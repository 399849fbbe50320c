"""The stub over HTTP: what the vendor's own reference promises of the synchronous image operation."""

import time
from io import BytesIO

import httpx
import pytest
from PIL import Image

from gateway_contract.contract.definition import Contract
from gateway_contract.values.json_value import Json
from gateway_contract.values.pointer import read
from mock_server.images.identity import identity_of
from mock_server.images.links import PictureLinks
from mock_server.images.requested import requested_pictures
from mock_server.upstream.dashscope import messages
from tests.mock_server.served import Body, ServedStub, stub_served

PATH = "/api/v1/services/aigc/multimodal-generation/generation"
QWEN = "qwen-image-2.0-pro"
MALFORMED = "Required body invalid, please check the request body format."
AREA = "Image area must be between 262144 (512x512) and 4194304 (2048x2048) pixels"
COUNT = "num_images_per_prompt is out of range"


def call(model: Json = QWEN, **parameters: Json) -> Body:
    return {**bare(model), "parameters": parameters}


def bare(model: Json = QWEN, text: Json = "a lighthouse") -> Body:
    return {"model": model, "input": {"messages": [{"role": "user", "content": [{"text": text}]}]}}


def links_in(response: httpx.Response) -> list[str]:
    assert response.status_code == 200, response.text
    return messages.image_links(response.json())


def sizes_of(stub: ServedStub, links: list[str]) -> list[tuple[int, int]]:
    return [Image.open(BytesIO(stub.http.get(link).content)).size for link in links]


def assert_failure(response: httpx.Response, status: int, code: str, message: str) -> None:
    said = response.json()
    assert (response.status_code, said["code"], said["message"]) == (status, code, message)
    assert set(said) == {"code", "message", "request_id"}
    assert response.headers["x-request-id"] == said["request_id"]


def test_the_operation_stands_at_the_vendors_path(stub: ServedStub) -> None:
    assert stub.stub.path == PATH


@pytest.mark.parametrize(
    "headers", [{"authorization": ""}, {"authorization": "Basic eDp5"}, {"authorization": "Bearer"}]
)
def test_without_a_key_nothing_is_generated(stub: ServedStub, headers: dict[str, str]) -> None:
    assert_failure(stub.call(call(), headers), 401, "InvalidApiKey", "No API-key provided.")
    assert not stub.last.generated


@pytest.mark.parametrize("value", ["enable", "disable", ""])
def test_an_asynchronous_call_is_refused(stub: ServedStub, value: str) -> None:
    response = stub.call(call(), {"x-dashscope-async": value})
    assert_failure(response, 403, "AccessDenied", "current user api does not support asynchronous calls")


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b'{"model": NaN}', b'"\\ud800"'])
def test_a_body_that_is_no_json_is_refused(stub: ServedStub, content: bytes) -> None:
    response = stub.http.post(stub.url + PATH, content=content)
    assert_failure(response, 400, "InvalidParameter", MALFORMED)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (None, MALFORMED),
        ([], MALFORMED),
        ({}, MALFORMED),
        ({"model": QWEN}, MALFORMED),
        (bare("qwen-image-9"), "Model not exist."),
        (bare(None), "Model not exist."),
        ({"model": QWEN, "input": {"messages": []}}, "messages length only support 1"),
        (
            {"model": QWEN, "input": {"messages": [{"role": "user", "content": [{"text": "a"}]}] * 2}},
            "messages length only support 1",
        ),
        (bare(text=7), MALFORMED),
        (call("wan2.7-image-pro", size="8K"), "The size does not match the allowed size."),
        (call("wan2.7-image-pro", size="767*767"), "The size does not match the allowed size."),
        (call(size="511*512"), AREA),
        (call(size="2048*2049"), AREA),
        (call(size="1024x1024"), AREA),
        (call(size="big"), AREA),
        (call(size=1024), "The size does not match the allowed size."),
        (call("qwen-image-max", size="1024*1024"), "The size does not match the allowed size."),
        (call("qwen-image-max", n=2), "num_images_per_prompt must be 1"),
        (call("qwen-image-plus", n=2), "num_images_per_prompt must be 1"),
        (call("qwen-image", n=2), "num_images_per_prompt must be 1"),
        (call(n=0), COUNT),
        (call(n="2"), COUNT),
        (call(n=1.5), COUNT),
    ],
)
def test_a_call_that_breaks_the_reference_is_refused_in_its_words(stub: ServedStub, body: Json, message: str) -> None:
    assert_failure(stub.call(body), 400, "InvalidParameter", message)
    assert not stub.last.generated
    assert stub.last.status == 400


@pytest.mark.parametrize(
    "body",
    [
        bare(text=None),
        bare(text=7),
        call(n=7),
        call("wan2.7-image-pro", n=5),
        call("wan2.7-image-pro", size="767*767"),
        call("wan2.7-image-pro", size="4097*4096"),
        call("wan2.7-image-pro", size="4096*400"),
        call("wan2.7-image-pro", size="8K"),
        call(size="2K"),
        call(seed=-1),
        call(seed=2147483648),
        call(seed=1e30),
        call(seed="1"),
        call(watermark="false"),
        call(prompt_extend=1),
        call(negative_prompt=["fog"]),
        {**bare(), "parameters": []},
    ],
)
def test_whatever_else_is_out_of_range_or_of_another_type_is_refused(stub: ServedStub, body: Json) -> None:
    response = stub.call(body)
    assert (response.status_code, response.json()["code"]) == (400, "InvalidParameter")
    assert not stub.last.generated


@pytest.mark.parametrize(
    "body",
    [
        bare(),
        {**bare(), "parameters": None},
        call(),
        call(size=None, n=None, negative_prompt=None, prompt_extend=None, watermark=None, seed=None),
        call("qwen-image-max", size=None, n=None),
        call("wan2.7-image-pro", size=None, n=None),
    ],
)
def test_parameters_may_be_missing_empty_or_null(stub: ServedStub, body: Json) -> None:
    assert len(links_in(stub.call(body))) == 1


@pytest.mark.parametrize(
    ("model", "size"),
    [
        ("qwen-image-2.0-pro", (2048, 2048)),
        ("qwen-image-2.0", (2048, 2048)),
        ("wan2.7-image-pro", (2048, 2048)),
        ("wan2.7-image", (2048, 2048)),
        ("qwen-image-max", (1664, 928)),
        ("qwen-image-plus", (1664, 928)),
        ("qwen-image", (1664, 928)),
    ],
)
def test_an_image_has_its_models_size_where_none_is_asked_for(
    stub: ServedStub, model: str, size: tuple[int, int]
) -> None:
    assert sizes_of(stub, links_in(stub.call(bare(model)))) == [size]


@pytest.mark.parametrize(
    ("model", "asked", "size"),
    [
        (QWEN, "512*512", (512, 512)),
        (QWEN, "256*1024", (256, 1024)),
        ("qwen-image-max", "1328*1328", (1328, 1328)),
        ("wan2.7-image-pro", "1K", (1024, 1024)),
        ("wan2.7-image-pro", "4K", (4096, 4096)),
        ("wan2.7-image-pro", "768*768", (768, 768)),
    ],
)
def test_an_image_has_exactly_the_size_asked_for(
    stub: ServedStub, model: str, asked: str, size: tuple[int, int]
) -> None:
    response = stub.call(call(model, size=asked))
    assert sizes_of(stub, links_in(response)) == [size]
    assert response.json()["usage"]["image_count"] == 1


@pytest.mark.parametrize("size", ["4194304*1", "1*262144"])
def test_a_sliver_is_drawn_as_well(stub: ServedStub, size: str) -> None:
    (link,) = links_in(stub.call(call(size=size)))
    assert stub.http.get(link).content.startswith(b"\x89PNG")


@pytest.mark.parametrize(("model", "choices"), [(QWEN, 1), ("wan2.7-image-pro", 3)])
def test_each_family_lays_several_images_out_in_its_way(stub: ServedStub, model: str, choices: int) -> None:
    response = stub.call(call(model, n=3))
    assert len(response.json()["output"]["choices"]) == choices
    assert len(set(links_in(response))) == 3


@pytest.mark.parametrize("layout", messages.LAYOUTS)
def test_a_layout_can_be_chosen_by_the_call(powertokens: Contract, layout: str) -> None:
    with stub_served(powertokens, lambda body: layout if read(body, "/parameters/seed") == 1 else None) as served:
        chosen = served.call(call(n=2, seed=1)).json()["output"]["choices"]
        usual = served.call(call(n=2, seed=2)).json()["output"]["choices"]
    assert (len(chosen), len(usual)) == (1 if layout == messages.ONE_CHOICE else 2, 1)


def test_the_record_names_the_images_that_were_made(stub: ServedStub) -> None:
    links = links_in(stub.call(call(n=3, size="512*512")))
    made = [identity_of(stub.http.get(link).content) for link in links]
    assert tuple(made) == stub.last.images
    assert len(set(made)) == 3


def test_the_record_holds_the_call_as_it_came(stub: ServedStub) -> None:
    body = call(unheard_of={"of": [1, 2]}, seed=0, size="512*512")
    before = time.time()
    response = stub.http.post(f"{stub.url}{PATH}?a=b", json=body, headers={"x-trace": "7"})
    assert len(links_in(response)) == 1
    seen = stub.last
    assert (seen.method, seen.path, seen.body, seen.status) == ("POST", f"{PATH}?a=b", body, 200)
    assert ("x-trace", "7") in seen.headers
    assert before <= seen.at <= time.time()


def test_an_answer_says_its_request_id_twice(stub: ServedStub) -> None:
    one, other = stub.call(call()), stub.call(call())
    assert one.headers["x-request-id"] == one.json()["request_id"] != other.json()["request_id"]
    assert one.headers["x-dashscope-call-gateway"] == "true"


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"])
def test_a_call_of_an_unknown_path_is_answered_404_and_recorded(stub: ServedStub, method: str) -> None:
    response = stub.http.request(method, f"{stub.url}/compatible-mode/v1/images?x=1")
    assert response.status_code == 404
    assert (stub.last.method, stub.last.path) == (method, "/compatible-mode/v1/images?x=1")
    assert stub.last.status == 404
    if method != "HEAD":
        assert_failure(response, 404, "InvalidParameter", "url error, please check url!")


def test_another_method_is_no_call_of_the_operation(stub: ServedStub) -> None:
    assert stub.http.get(stub.url + PATH).status_code == 404
    assert (stub.last.method, stub.last.generated) == ("GET", False)


def test_a_link_that_was_tampered_with_is_refused(stub: ServedStub) -> None:
    (link,) = links_in(stub.call(call(size="512*512")))
    path, _, query = link.partition(".png")
    spoilt = path[:-1] + ("A" if path[-1] != "A" else "B") + ".png" + query
    assert stub.http.get(link).status_code == 200
    assert stub.http.get(spoilt).status_code == 403


def test_a_link_that_is_past_its_time_is_refused(stub: ServedStub) -> None:
    (picture,) = requested_pictures(stub.stub.upstream, call(size="512*512"))
    link = PictureLinks(stub.stub.signer, stub.url, time.time() - 5).link_to(picture)
    assert stub.http.get(link).status_code == 403


@pytest.mark.parametrize("text", ["灯塔" * 400, "😀" * 800, "\x00\x1f" * 400, "", "a\nb", "\u202e", "%s{0}<b>\"'\\"])
def test_any_text_gives_a_working_link(stub: ServedStub, text: str) -> None:
    (link,) = links_in(stub.call({**bare(text=text), "parameters": {"size": "512*512"}}))
    assert stub.http.get(link).status_code == 200
    assert len(link) < 2000


def test_a_watermark_is_seen_where_it_is_asked_for(stub: ServedStub) -> None:
    def picture(body: Body) -> bool:
        return requested_pictures(stub.stub.upstream, body)[0].marked

    assert [picture(call(watermark=value)) for value in (True, False, None)] == [True, False, False]


def test_the_same_seed_gives_the_same_scene(stub: ServedStub) -> None:
    def scene(seed: Json) -> str:
        return requested_pictures(stub.stub.upstream, call(seed=seed))[0].palette_key

    assert scene(0) == scene(0) != scene(1)


@pytest.mark.parametrize("characters", [500, 501, 5000])
def test_what_is_too_long_is_cut_and_not_refused(stub: ServedStub, characters: int) -> None:
    assert len(links_in(stub.call(call(negative_prompt="b" * characters)))) == 1
