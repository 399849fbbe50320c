"""What is switched, what is refused, and that the document says of all this what is so."""

from typing import Any

import pytest
from starlette.responses import Response
from starlette.routing import Route

from gateway_contract.contract.definition import Contract
from mock_server.admin.api import document
from mock_server.admin.routes import NotFoundRoute, admin_routes
from mock_server.gateway.modes import Mode
from mock_server.runtime.mock import MockSettings, create_mock
from tests.mock_server.admin.seen import Body, Seen, seen

pytestmark = pytest.mark.slow

ALSO = "/_mock/more"


def operations() -> set[tuple[str, str]]:
    paths: dict[str, dict[str, Any]] = document()["paths"]
    return {(method.upper(), path) for path, item in paths.items() for method in item if method != "parameters"}


def test_the_document_and_the_routes_are_equal(powertokens: Contract) -> None:
    routes = admin_routes(create_mock([powertokens], MockSettings("http://127.0.0.1:1")))
    served = {
        (method, route.path)
        for route in routes
        if isinstance(route, Route)
        for method in (route.methods or set()) - {"HEAD"}
    }
    assert served == operations()


def test_the_document_is_served(admin: Seen) -> None:
    assert admin.http.get("/_mock/openapi.json").json() == document()


def test_every_filter_of_the_code_is_in_the_document_and_no_other(admin: Seen) -> None:
    parameters = document()["paths"]["/_mock/requests"]["get"]["parameters"]
    named = [parameter["$ref"].rpartition("/")[2] for parameter in parameters]
    told = admin.problem("GET", "/requests?colour=red", 400)
    assert [name for name in named if name not in {"order", "limit"}] == told.partition("Filters: ")[2].partition(";")[
        0
    ].split(", ")


def test_the_overview_says_what_is_served_and_where(admin: Seen, order: Body) -> None:
    told: dict[str, Any] = admin.get("", "Overview")
    address = told["gateways"]["powertokens"]["address"]
    assert admin.http.post(address, json=order).status_code == 200
    assert told["upstreams"].keys() == admin.mock.stubs.keys()
    assert (told["mode"], told["defect"], told["problem"]) == ("strict", None, None)
    assert admin.get("", "Overview")["journal"] == {"kept": 1, "most": 1000, "last": 1}


def test_the_links_of_the_overview_lead_somewhere(admin: Seen) -> None:
    told: dict[str, Any] = admin.get("", "Overview")
    for name, link in told["links"].items():
        with admin.http.stream("GET", link) as answer:
            assert answer.status_code == (405 if name in {"assert", "reset"} else 200), name


def test_what_is_wrong_on_purpose_and_otherwise_is_told(powertokens: Contract) -> None:
    with seen([powertokens], lambda own: MockSettings(own, defect="seed-dropped-when-falsy")) as admin:
        admin.mock.reload_error = "paintbox.yaml:3: this is no YAML"
        told = admin.get("", "Overview")
        assert (told["defect"], told["problem"]) == ("seed-dropped-when-falsy", "paintbox.yaml:3: this is no YAML")


def test_a_defect_is_seen_in_the_upstream_call(powertokens: Contract, order: Body) -> None:
    with seen([powertokens], lambda own: MockSettings(own, defect="seed-dropped-when-falsy")) as admin:
        admin.ask("powertokens", {**order, "seed": 0})
        told: dict[str, Any] = admin.get("/requests/1", "Request")
        assert [(one["kind"], one["field"]) for one in told["verdict"]["upstream"]] == [("dropped", "seed")]
        assert told["verdict"]["status"] == "valid"


def test_the_mode_is_told_and_switched(admin: Seen, order: Body) -> None:
    assert admin.get("/mode", "Mode") == {"mode": "strict"}
    assert admin.ask("powertokens", {**order, "n": 7}).status_code == 400
    assert admin.http.put("/_mock/mode", json={"mode": "lenient"}).json() == {"mode": "lenient"}
    assert admin.ask("powertokens", {**order, "n": 7}).status_code == 200
    assert admin.get("/mode", "Mode") == {"mode": "lenient"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"mode": "mild"}', 'at /mode: "mild" is not one of "strict", "lenient" or "off"'),
        (b"{}", '"mode" is a required property'),
        (b'{"mode": "off", "for": 3}', "'for' was unexpected"),
        (b"off", "The body is not JSON"),
    ],
)
def test_a_mode_that_there_is_not_is_refused(admin: Seen, content: bytes, said: str) -> None:
    assert said in admin.problem("PUT", "/mode", 400, content=content)
    assert admin.mock.controls.mode is Mode.STRICT


def test_a_reset_leaves_a_mock_as_it_was_when_it_started(admin: Seen, order: Body) -> None:
    admin.ask("powertokens", order)
    admin.http.put("/_mock/mode", json={"mode": "off"})
    assert any(stub.calls for stub in admin.mock.stubs.values())
    assert admin.http.post("/_mock/reset").status_code == 204
    assert admin.listed() == []
    assert admin.mock.controls.mode is Mode.STRICT
    assert not any(tuple(stub.calls) for stub in admin.mock.stubs.values())


CHANGES = [("DELETE", "/requests"), ("POST", "/reset"), ("PUT", "/mode"), ("POST", "/assert")]


@pytest.mark.parametrize(("method", "path"), CHANGES)
@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1"])
def test_pages_of_other_origins_change_nothing(admin: Seen, order: Body, method: str, path: str, origin: str) -> None:
    admin.ask("powertokens", order)
    said = admin.problem(method, path, 403, headers={"origin": origin}, json={"mode": "off"})
    option = "and the server that you serve the page from" if origin == "null" else origin
    assert said == (
        f"Pages of {origin} must not use the admin API. To allow them, start the mock with --allow-origin {option}."
    )
    assert admin.listed() == [1]
    assert admin.mock.controls.mode is Mode.STRICT


def test_the_mocks_own_pages_may_change_it(admin: Seen, order: Body) -> None:
    admin.ask("powertokens", order)
    own = {"origin": admin.mock.settings.own}
    assert admin.http.put("/_mock/mode", json={"mode": "off"}, headers=own).status_code == 200
    assert admin.http.delete("/_mock/requests", headers=own).status_code == 204
    assert admin.listed() == []


def test_no_browser_hands_a_page_of_another_origin_what_came_in(admin: Seen) -> None:
    answer = admin.http.get("/_mock/requests", headers={"origin": "http://elsewhere.example"})
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/requests", "DELETE, GET, HEAD"),
        ("GET", "/assert", "POST"),
        ("POST", "/mode", "GET, HEAD, PUT"),
        ("PATCH", "", "GET, HEAD"),
    ],
)
def test_another_method_is_answered_with_those_that_there_are(
    admin: Seen, method: str, path: str, allowed: str
) -> None:
    assert admin.problem(method, path, 405) == f"{method} is not allowed; use {allowed}."
    assert admin.http.request(method, f"/_mock{path}").headers["allow"] == allowed


@pytest.mark.parametrize(("method", "path"), [("GET", "/"), ("GET", "/requests/?limit=1"), ("PUT", "/mode/")])
def test_a_slash_too_many_is_forgiven(admin: Seen, method: str, path: str) -> None:
    answer = admin.http.request(method, f"/_mock{path}", json={"mode": "off"}, follow_redirects=True)
    assert answer.status_code == 200
    assert answer.url.raw_path.decode() == f"/_mock{path}".replace("/?", "?").removesuffix("/")


@pytest.mark.parametrize("path", ["/nothing", "/nothing/", "/requests/1/2", "/requests.txt"])
def test_a_path_that_there_is_not_is_answered_with_where_to_look(admin: Seen, path: str) -> None:
    assert admin.problem("GET", path, 404) == f"Not found: /_mock{path}. GET /_mock lists endpoints."


def test_what_is_elsewhere_is_left_to_others() -> None:
    elsewhere = NotFoundRoute("/_mock", [])
    scopes = [{"type": "http", "method": "GET", "path": path} for path in ("/_mocking", "/", "/a/_mock")]
    assert {elsewhere.matches(scope)[0].name for scope in scopes} == {"NONE"}


def test_more_routes_can_stand_beside(powertokens: Contract) -> None:
    more = Route(ALSO, lambda _request: Response(), methods=["GET"])
    routes = admin_routes(create_mock([powertokens], MockSettings("http://127.0.0.1:1")), [more])
    assert routes.index(more) == len(routes) - 2


def test_answers_are_not_kept_by_caches(admin: Seen) -> None:
    for path in ("", "/requests", "/mode", "/requests.har"):
        assert admin.http.get(f"/_mock{path}").headers["cache-control"] == "no-store"
