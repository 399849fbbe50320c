"""Who decides which scenario holds: the header, then the text, then the admin API, then the console."""

import pytest

from gateway_contract.contract.definition import Contract
from mock_server.faults.scenario_kind import ScenarioError
from mock_server.scenarios.switches import (
    ADMIN,
    CONSOLE,
    FILE,
    MARKER,
    SelectedScenario,
    Switch,
    Switchboard,
    check_scenario,
    header_scenario,
    marker_warning,
)

MARKED = b'{"words": "a kite [[mock: reset ]] at noon"}'


@pytest.fixture
def board() -> Switchboard:
    return Switchboard()


def asked(board: Switchboard, gateway: str = "powertokens", said: str | None = None) -> SelectedScenario | None:
    """A request that is answered as it was chosen to be."""
    chosen = board.select(gateway, said, b"")
    if chosen is not None:
        board.count_use(chosen)
    return chosen


def test_nothing_holds_where_nothing_is_set(board: Switchboard) -> None:
    assert board.select("powertokens", None, b'{"words": "a kite"}') is None


def test_each_source_gives_way_to_the_one_before_it(board: Switchboard) -> None:
    board.set("no-images", source=CONSOLE)
    assert board.select("powertokens", None, b"") == SelectedScenario("no-images", CONSOLE)
    board.set("rate-limit", source=ADMIN)
    assert board.select("powertokens", None, b"") == SelectedScenario("rate-limit", ADMIN)
    assert board.select("powertokens", None, MARKED) == SelectedScenario("reset", "marker")
    assert board.select("powertokens", "truncated-json", MARKED) == SelectedScenario("truncated-json", "header")


def test_a_switch_for_one_gateway_goes_before_one_for_all(board: Switchboard) -> None:
    board.set("no-images")
    board.set("reset", "powertokens")
    assert board.select("powertokens", None, b"") == SelectedScenario("reset", ADMIN)
    assert board.select("powerbuyin", None, b"") == SelectedScenario("no-images", ADMIN)


def test_a_switch_can_be_for_so_many_requests(board: Switchboard) -> None:
    board.set("reset", times=2)
    asked(board, "powerbuyin")
    assert [switch.left for switch in board.current()] == [1]
    asked(board)
    assert board.select("powertokens", None, b"") is None
    assert board.current() == ()


def test_requests_that_say_otherwise_are_not_counted(board: Switchboard) -> None:
    board.set("reset", times=1)
    asked(board, said="truncated-json")
    assert board.select("powertokens", None, b"") == SelectedScenario("reset", ADMIN)


@pytest.mark.parametrize("word", ["none", "OFF", ""])
def test_one_request_can_be_spared(board: Switchboard, word: str) -> None:
    board.set("reset")
    assert board.select("powertokens", word, MARKED) is None
    assert board.select("powertokens", None, b"") == SelectedScenario("reset", ADMIN)


def test_a_switch_is_taken_away_by_its_source_alone(board: Switchboard) -> None:
    board.set("reset", source=ADMIN)
    board.set("no-images", source=CONSOLE)
    board.set("none", source=ADMIN)
    assert board.select("powertokens", None, b"") == SelectedScenario("no-images", CONSOLE)
    board.clear()
    assert board.select("powertokens", None, b"") is None


def test_what_a_file_set_holds_until_anybody_says_otherwise(board: Switchboard) -> None:
    board.set("truncated-json", source=FILE)
    board.set("no-images", times=1, source=CONSOLE)
    assert asked(board) == SelectedScenario("no-images", CONSOLE)
    assert asked(board) == SelectedScenario("truncated-json", FILE)
    board.set("none", source=CONSOLE)
    assert board.select("powertokens", None, b"") is None


def test_a_file_that_is_read_anew_leaves_alone_what_others_set(board: Switchboard) -> None:
    board.set("reset", "powertokens", times=3)
    board.set("truncated-json", source=FILE)
    before = asked(board)
    board.replace_file_switches([Switch("slow-body(1s)", None, FILE, None), Switch("none", "powerbuyin", FILE, None)])
    assert {(switch.text, switch.left) for switch in board.current()} == {("reset", 2), ("slow-body(1s)", None)}
    assert before is not None
    board.count_use(before)  # late: it was chosen before
    assert [switch.left for switch in board.current()] == [2, None]


def test_a_switch_for_all_gateways_is_none_for_their_upstream(board: Switchboard) -> None:
    board.set("reset")
    assert board.select_for(("dashscope",), None, b"") is None
    board.set("rate-limit", "dashscope")
    assert board.select_for(("dashscope",), None, b"") == SelectedScenario("rate-limit", ADMIN)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (b"latency(1ms) \\u002B reset", "latency(1ms) + reset"),
        (b"bad-request(a\\/b)", "bad-request(a/b)"),
        ("猫".encode(), "猫"),
        (b"reset\\", "reset\\"),
        (b"reset\xff", "reset\ufffd"),
    ],
)
def test_a_marker_is_read_as_json_means_it(board: Switchboard, written: bytes, meant: str) -> None:
    assert board.select("powertokens", None, b'{"words": "[[mock:%b]]"}' % written) == SelectedScenario(meant, MARKER)


def test_a_marker_that_has_no_end_is_ordinary_text(board: Switchboard) -> None:
    assert board.select("powertokens", None, b"a kite [[mock: reset at noon") is None


def listed(board: Switchboard, times: int) -> list[str]:
    found = [asked(board) for _ in range(times)]
    return [one.text if one is not None else "" for one in found]


def test_a_list_is_for_one_request_after_the_other_and_its_last_stays(board: Switchboard) -> None:
    board.set("rate-limit(retry_after=2), server-error, ok")
    assert listed(board, 4) == ["rate-limit(retry_after=2)", "server-error", "ok", "ok"]


def test_a_list_can_begin_again(board: Switchboard) -> None:
    board.set("reset, ok, repeat", times=5)
    assert listed(board, 6) == ["reset", "ok", "reset", "ok", "reset", ""]


def test_a_list_that_is_set_again_begins_again(board: Switchboard) -> None:
    board.set("reset, ok")
    assert listed(board, 2) == ["reset", "ok"]
    board.set("reset, ok")
    assert listed(board, 1) == ["reset"]


@pytest.mark.parametrize("text", ["reset, latency(", "reset, ok, A b"])
def test_every_scenario_of_a_list_is_checked(board: Switchboard, text: str) -> None:
    with pytest.raises(ScenarioError, match="a scenario must be like"):
        board.set(text)


@pytest.mark.parametrize("marker", [b"[[MOCK:reset]]", b"[[ mock : reset ]]", b"[[Mock:reset]] [[mock: reset]]"])
def test_a_marker_may_have_any_case_and_spacing(board: Switchboard, marker: bytes) -> None:
    assert board.select("powertokens", None, marker) == SelectedScenario("reset", MARKER)


def test_two_markers_or_headers_are_an_error_that_names_both(board: Switchboard) -> None:
    with pytest.raises(ScenarioError, match=r"two \[\[mock:\.\.\.\]\] markers: 'reset' and 'no-images'"):
        board.select("powertokens", None, b"[[mock:reset]] [[mock:no-images]]")
    with pytest.raises(ScenarioError, match="two X-Mock-Scenario headers: 'a' and 'b'"):
        header_scenario(["a", "b", "a"])
    assert header_scenario(["a", " a"]) == "a"


@pytest.mark.parametrize(
    ("content", "warning"),
    [
        (b"a [mock:reset] kite", "'[mock:reset]' is not a marker; write [[mock:reset]]"),
        (b"a kite [[mock:rate-limit", "'[[mock:rate-limit' is not a marker; write [[mock:rate-limit]]"),
        (b"[[mock:rate-limit] a kite", "'[[mock:rate-limit]' is not a marker; write [[mock:rate-limit]]"),
        (b"{{mock:rate-limit}}", "'{{mock:rate-limit}}' is not a marker; write [[mock:rate-limit]]"),
        (b"(Mock: reset)", "'(Mock: reset)' is not a marker; write [[mock:reset]]"),
        (b"(mock:a(b=5) + c(1s)) kite", "'(mock:a(b=5) + c(1s))' is not a marker; write [[mock:a(b=5) + c(1s)]]"),
        (b"[[mock reset]]", "'[[mock reset]]' is not a marker; write [[mock:reset]]"),
        (b"[[mocks=reset]]", "'[[mocks=reset]]' is not a marker; write [[mock:reset]]"),
        (b"<<mock:reset>>", "'<<mock:reset>>' is not a marker; write [[mock:reset]]"),
        (b"[[mock:]]", "'[[mock:]]' is not a marker; write [[mock:rate-limit]]"),
        ("【mock：reset】".encode(), "'\\u3010mock\\uff1areset\\u3011' is not a marker; write [[mock:reset]]"),
        (b"(mock kite) [mock up] [mock turtle soup] <mock>", None),
        (b"[[mock:reset]]", None),
        (b"[[[mock:reset]]]", None),
        (b'{"mock": "reset", "a": []} (mock) mock: reset', None),
    ],
)
def test_what_looks_like_a_marker_is_warned_of(content: bytes, warning: str | None) -> None:
    assert marker_warning(content) == warning


@pytest.mark.parametrize("text", ["rate-limit, , ok", "rate-limit,", "repeat", "repeat, ok"])
def test_a_list_has_no_empty_step_and_ends_with_repeat(board: Switchboard, powertokens: Contract, text: str) -> None:
    problem = f"a list, such as rate-limit, ok, repeat; got {text!r}" if "repeat" in text else "must have no empty step"
    for check in (board.set, lambda text: check_scenario(text, None, [powertokens], {})):
        with pytest.raises(ScenarioError, match=problem):
            check(text)


@pytest.mark.parametrize(
    ("name", "right"),
    [("429", "rate-limit"), ("timeout", "gateway-timeout"), ("delay", "latency"), ("offline", "reset")],
)
def test_a_name_that_people_try_is_answered_with_the_right_one(name: str, right: str, powertokens: Contract) -> None:
    with pytest.raises(ScenarioError, match=f"Unknown scenario '{name}'. Did you mean {right}\\?"):
        check_scenario(f"{name}(2s)", None, [powertokens], {})
