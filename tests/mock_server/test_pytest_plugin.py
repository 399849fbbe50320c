"""What other projects get from the fixtures: a gateway and an upstream, as new for each test."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import httpx
import pytest

from gateway_contract.values.json_value import Json
from mock_server.faults.scenario_kind import ScenarioError
from mock_server.gateway.modes import UnknownModeError
from mock_server.testing import ImageGateway, ImageUpstream
from tests.gateway_contract.invented import write_invented
from tests.mock_server.served import client

pytestmark = pytest.mark.slow

ASKED: dict[str, Json] = {"model": "qwen-image-2.0-pro", "prompt": "a kite", "size": "512*512"}
CALL: Json = {
    "model": "qwen-image-2.0-pro",
    "input": {"messages": [{"role": "user", "content": [{"text": "a kite"}]}]},
}


def asked(gateway: ImageGateway, **more: Json) -> httpx.Response:
    with client() as http:
        return http.post(f"{gateway.base_url}/images/generations", json=ASKED | more)


def called(upstream: ImageUpstream) -> httpx.Response:
    with client() as http:
        return http.post(f"{upstream.url}/services/aigc/multimodal-generation/generation", json=CALL)


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_finds_a_gateway_that_was_never_asked(image_gateway: ImageGateway, turn: int) -> None:
    assert [*image_gateway.requests] == []
    assert asked(image_gateway).status_code == 200
    (entry,) = image_gateway.requests
    (call,) = image_gateway.upstream_calls
    assert entry.body == ASKED
    assert call.status == 200
    image_gateway.set_scenario("server-error")  # which is not to last
    image_gateway.set_mode("off")


@pytest.mark.image_gateway(scenario="rate-limit(retry_after=3)")
def test_a_marker_says_how_it_behaves(image_gateway: ImageGateway) -> None:
    assert asked(image_gateway).headers["retry-after"] == "3"


@pytest.mark.image_gateway(mode="lenient")
def test_a_marker_says_how_much_it_minds(image_gateway: ImageGateway) -> None:
    assert len(asked(image_gateway, n=9).json()["data"]) == 6


def test_it_can_be_changed_and_changed_back(image_gateway: ImageGateway) -> None:
    image_gateway.set_scenario("forbidden", times=1)
    assert [asked(image_gateway).status_code for _ in range(2)] == [403, 200]
    image_gateway.set_scenario("forbidden")
    image_gateway.set_scenario("none")
    assert asked(image_gateway).status_code == 200


def test_a_slip_of_the_pen_is_told_at_once(image_gateway: ImageGateway) -> None:
    with pytest.raises(ScenarioError, match=r"Unknown scenario 'ratelimit'\. Did you mean rate-limit"):
        image_gateway.set_scenario("ratelimit")
    with pytest.raises(UnknownModeError, match="Unknown mode 'loose'"):
        image_gateway.set_mode("loose")


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_finds_an_upstream_that_was_never_called(image_upstream: ImageUpstream, turn: int) -> None:
    assert [*image_upstream.calls] == []
    assert called(image_upstream).status_code == 200
    assert [call.body for call in image_upstream.calls] == [CALL]
    image_upstream.fail_next("rate-limit", times=5)  # which is not to last


def test_an_upstream_fails_as_often_as_it_is_told_to(image_upstream: ImageUpstream) -> None:
    image_upstream.fail_next("rate-limit")
    image_upstream.fail_next("unavailable")
    assert [called(image_upstream).status_code for _ in range(3)] == [429, 503, 200]
    with pytest.raises(ScenarioError, match=r"Unknown fault of the upstream 'tired'\. Known: bad-request"):
        image_upstream.fail_next("tired")


@pytest.mark.parametrize("turn", [1, 2])
def test_an_upstream_behaves_as_it_is_told_to(image_upstream: ImageUpstream, turn: int) -> None:
    assert called(image_upstream).status_code == 200
    image_upstream.set_scenario("rate-limit", times=1)
    assert [called(image_upstream).status_code for _ in range(2)] == [429, 200]
    with pytest.raises(ScenarioError, match="Unknown scenario of the upstream 'tired'"):
        image_upstream.set_scenario("tired")
    image_upstream.set_scenario("server-error")
    image_upstream.set_scenario("none")
    assert called(image_upstream).status_code == 200
    image_upstream.set_scenario("server-error")  # which is not to last


TEST = """
import pytest

@pytest.mark.image_gateway({marker})
def test_{number}(image_gateway):
    assert image_gateway.contract == {contract!r}
"""


def pytest_says(folder: Path, contract: str, markers: Sequence[str] = ("",)) -> str:
    """What pytest prints in the folder of another project with a test for each marker."""
    tests = [TEST.format(contract=Path(contract).stem, marker=one, number=index) for index, one in enumerate(markers)]
    (folder / "test_it.py").write_text("".join(tests))
    (folder.parent / "pytest.ini").write_text(f"[pytest]\nimage_gateway_contract = {contract}\n")
    asked = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-W", "error"]
    return subprocess.run(asked, cwd=folder, capture_output=True, text=True, check=False, timeout=60).stdout  # noqa: S603 - our own


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The folder with the tests of another project."""
    (tmp_path / "tests").mkdir()
    return tmp_path / "tests"


def test_a_marker_may_name_what_it_says_or_not(project: Path) -> None:
    markers = ["'moderation'", "'moderation', mode='off'", "mode='lenient'", ""]
    assert "4 passed" in pytest_says(project, "powertokens", markers)


NONSENSE = {
    "scenarios='moderation'": "got an unexpected keyword argument 'scenarios'",
    "scenario='moderatoin'": "Unknown scenario 'moderatoin'. Did you mean moderation",
    "mode='loose'": "Unknown mode 'loose'. Modes: strict, lenient, off",
}


def test_a_marker_that_makes_no_sense_is_told_in_one_sentence(project: Path) -> None:
    said = pytest_says(project, "powertokens", list(NONSENSE))
    assert [told for told in NONSENSE.values() if f"\nmarker image_gateway: {told}" not in said] == []
    assert "3 errors" in said


def test_a_contract_of_the_project_is_found_from_any_folder(project: Path) -> None:
    write_invented(project.parent)
    assert "1 passed" in pytest_says(project, "paintbox.yaml")


def test_a_contract_that_there_is_not_is_told_in_one_sentence(project: Path) -> None:
    said = pytest_says(project, "nobody")
    assert "\nimage_gateway_contract: no contract 'nobody'; there are powertokens and powerbuyin" in said
    assert "1 error" in said
