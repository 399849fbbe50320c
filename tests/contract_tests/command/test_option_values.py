"""One table says every option, its variable and its key; the first who gives a value decides."""

import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from contract_tests.command import option_table as table
from contract_tests.command.cli import main
from contract_tests.command.option_values import BUILT_IN, Given, Origin, resolve
from contract_tests.command.run_settings import settings_of
from contract_tests.settings import SettingsError
from gateway_contract.values.json_value import Json


def configured(origin: Origin, **values: Json) -> dict[str, Given]:
    return {key.replace("__", "."): Given(origin, key, value) for key, value in values.items()}


def test_the_first_who_gives_a_value_decides() -> None:
    defaults = configured(Origin.DEFAULTS, jobs=5, seed=5, strict=True, limits__budget=5)
    gateway = configured(Origin.GATEWAY, jobs=4, seed=4, strict=True)
    environment = {"CHECK_GATEWAY_JOBS": "3", "CHECK_GATEWAY_SEED": "3", "CHECK_GATEWAY_STRICT": "0"}
    found = resolve({"jobs": "2"}, environment, gateway, defaults)
    keys = ("jobs", "seed", "strict", "limits.budget", "fuzz")
    assert {key: (found.read[key], found.given[key].origin.value) for key in keys} == {
        "jobs": (2, "option"),
        "seed": (3, "environment"),
        "strict": (False, "environment"),
        "limits.budget": (5, "defaults"),
        "fuzz": (None, "built-in"),
    }
    assert resolve({}, {}, gateway, defaults).given["seed"].origin is Origin.GATEWAY


def test_a_variable_without_a_value_is_not_given() -> None:
    assert resolve({}, {"CHECK_GATEWAY_JOBS": "", "CHECK_GATEWAY_CONTRACT": " "})[table.JOBS] == 8


@pytest.mark.parametrize(
    ("variable", "text", "option", "value"),
    [
        ("IMAGES_ALLOW", "minio, 10.0.0.0/8", table.IMAGE_HOSTS, ("minio", "10.0.0.0/8")),
        ("OVERLAYS", "a.yaml\nb.yaml\n", table.OVERLAYS, (Path("a.yaml"), Path("b.yaml"))),
        ("TLS_CA", "ca.pem", table.CA, Path("ca.pem")),
        ("LIMITS_ANSWER", "1.5m", table.ANSWER, 90.0),
        ("STRICT", "TRUE", table.STRICT, True),
        ("AUTH", "X-Api-Key", table.AUTH, "X-Api-Key"),
        ("AUTH", "Basic", table.AUTH, "basic"),
        ("REQUIRE_JUDGED", "seed/*", table.REQUIRE_JUDGED, "seed/*"),
        ("CONFIDENCE", "99", table.CONFIDENCE, 0.99),
        ("CONFIDENCE", "99.5 %", table.CONFIDENCE, 0.995),
        ("RARE", "2%", table.RARE, 0.02),
    ],
)
def test_a_variable_is_read_as_the_option_is(variable: str, text: str, option: table.Option[Any], value: Any) -> None:  # noqa: ANN401 # of any option
    assert resolve({}, {f"CHECK_GATEWAY_{variable}": text})[option] == value


def test_headers_in_a_variable_stand_on_lines_of_their_own() -> None:
    found = resolve({}, {"CHECK_GATEWAY_HEADERS": "Accept: a, b\nX-Tenant: blue\n"})
    assert found.given["headers"].value == {"Accept": "a, b", "X-Tenant": "blue"}


@pytest.mark.parametrize(("text", "seconds"), [("90", 90), ("90s", 90), ("1.5m", 90), ("2h", 7200), ("0", 0)])
def test_a_time_is_read_in_seconds_minutes_or_hours(text: str, seconds: float) -> None:
    assert resolve({"fuzz_time": text}, {})[table.FUZZ_TIME] == seconds


@pytest.mark.parametrize("text", ["m", "ten", "-5m", "5 m", "5d", "nan"])
def test_a_malformed_time_is_rejected(text: str) -> None:
    with pytest.raises(SettingsError, match=r"^--fuzz-time must be a time like 90s or 10m; got "):
        resolve({"fuzz_time": text}, {})


@pytest.mark.parametrize(
    ("typed", "seconds"), [({}, 1800), ({"fuzz_time": "10m"}, 2400), ({"limits_max_time": "5m"}, 300)]
)
def test_a_run_takes_half_an_hour_at_most_unless_told_otherwise_and_fuzzing_comes_on_top(
    typed: dict[str, object], seconds: float
) -> None:
    assert settings_of(resolve(typed, {}), Path("report")).max_seconds == seconds


@pytest.mark.parametrize(("rate", "seconds"), [("5/s", 0.2), ("30/m", 2), ("0.5/s", 2)])
def test_a_rate_is_an_interval_between_requests(rate: str, seconds: float) -> None:
    assert settings_of(resolve({"limits_rate": rate}, {}), Path("report")).interval == seconds


@pytest.mark.parametrize("rate", ["5", "0/s", "-1/s", "5/h", "s"])
def test_a_malformed_rate_is_rejected(rate: str) -> None:
    with pytest.raises(SettingsError, match=r"^--rate must be a rate like 5/s or 30/m; got "):
        resolve({"limits_rate": rate}, {})


def test_every_problem_is_stated_at_once_by_the_name_that_the_user_gave() -> None:
    with pytest.raises(SettingsError) as caught:
        resolve(
            {"jobs": "0", "token": "sk-secret", "token_file": "sk-other"},
            {"CHECK_GATEWAY_SEED": "one", "CHECK_GATEWAY_STRICT": "maybe", "CHECK_GATEWAY_URL": "http://u:word@host"},
        )
    assert str(caught.value).splitlines() == [
        "--token and --token-file must not be given together",
        "CHECK_GATEWAY_URL must not contain a user or password: neither is sent",
        "CHECK_GATEWAY_STRICT must be true or false; got 'maybe'",
        "CHECK_GATEWAY_SEED must be an integer from 0; got 'one'",
        "--jobs must be an integer from 1 to 256; got 0",
    ]


def test_values_that_are_printed_tell_no_token() -> None:
    assert "sk-secret" not in repr(resolve({"token": "sk-secret", "headers": ("X-Sig: sk-secret",)}, {}))


def test_every_option_of_the_table_is_an_option_and_a_variable_of_its_own() -> None:
    flags = [flag for option in table.TABLE for flag in option.flags]
    assert len({flag.name for flag in flags}) == len({flag.variable for flag in flags}) == len(flags)
    told = CliRunner().invoke(main, ["run", "--help"]).output
    assert [flag.name for flag in flags if not re.search(rf"{flag.name}\b", told)] == []
    assert all(re.fullmatch(r"CHECK_GATEWAY_[A-Z_]+", flag.variable) for flag in flags)


def test_what_is_built_in_can_be_read() -> None:
    assert set(resolve({}, {}).read) == set(BUILT_IN)
