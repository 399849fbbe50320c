"""Settings that make no sense are told in one sentence with what to give instead, before anything is sent."""

from dataclasses import replace

import pytest

from contract_tests.settings import Settings, SettingsError, checked, fuzz_examples

RIGHT = Settings(contract="powerbuyin", gateway="http://127.0.0.1:3000", token="sk-1234", upstream="127.0.0.1:9900")


@pytest.mark.parametrize(
    "gateway",
    [
        *("http://127.0.0.1:3000", "https://api.example.com/", "http://[::1]:3000/base", "HTTP://host"),
        None,
    ],
)
def test_an_address_of_a_gateway_is_taken_as_it_is(gateway: str | None) -> None:
    settings = replace(RIGHT, gateway=gateway)
    assert checked(settings) is settings


@pytest.mark.parametrize("gateway", ["http://user:word@host:80", "https://user@host"])
def test_an_address_that_holds_a_user_is_refused_and_not_repeated(gateway: str) -> None:
    with pytest.raises(SettingsError, match=r"^--gateway must not contain a user or password") as raised:
        checked(replace(RIGHT, gateway=gateway))
    assert "user@" not in str(raised.value)
    assert "word@" not in str(raised.value)


@pytest.mark.parametrize(
    "gateway",
    [
        *("", "127.0.0.1:3000", "localhost:3000", "ftp://host", "http://", "http:///v1", "http://[::1", "file:///etc"),
        *("http://host:99999", "http://host:port", "http://a b", "http://host/v1?key=1", "http://host/#top", "\n"),
    ],
)
def test_a_gateway_that_is_not_an_http_url_is_rejected(gateway: str) -> None:
    with pytest.raises(SettingsError, match="--gateway must be an HTTP URL; got "):
        checked(replace(RIGHT, gateway=gateway))


@pytest.mark.parametrize("upstream", ["127.0.0.1:9900", "[::1]:9900", "0.0.0.0:1", "localhost:65535", None])
def test_an_upstream_with_host_and_port_is_accepted(upstream: str | None) -> None:
    settings = replace(RIGHT, upstream=upstream)
    assert checked(settings) is settings


@pytest.mark.parametrize("upstream", ["", "9900", ":9900", "host", "host:", "host:http", "host:65536", "http://host/"])
def test_an_upstream_without_host_or_port_is_rejected(upstream: str) -> None:
    with pytest.raises(SettingsError, match="--upstream must be host:port; got "):
        checked(replace(RIGHT, upstream=upstream))


def test_a_gateway_needs_a_token() -> None:
    with pytest.raises(SettingsError, match=r"No token\. Set GATEWAY_TOKEN\."):
        checked(replace(RIGHT, token=""))


@pytest.mark.parametrize("token", ["sk-1234\n", "sk-12\r\n34", " sk-1234", "sk\x0012", "\t"])
def test_a_token_that_no_header_can_carry_is_told_without_telling_it(token: str) -> None:
    with pytest.raises(SettingsError, match="GATEWAY_TOKEN must not begin or end with white space") as told:
        checked(replace(RIGHT, token=token))
    assert "sk" not in str(told.value)


def test_the_bundled_mock_needs_no_token() -> None:
    settings = Settings(contract="powerbuyin")
    assert checked(settings) is settings


def test_settings_that_are_printed_do_not_tell_the_token() -> None:
    assert "sk-1234" not in repr(RIGHT)


@pytest.mark.parametrize(
    ("requested", "time", "gateway", "upstream", "examples"),
    [
        (None, None, None, None, 0),
        (None, None, "http://127.0.0.1:3000", "127.0.0.1:9900", 50),
        (None, None, "http://127.0.0.1:3000", None, 0),
        (7, None, "http://127.0.0.1:3000", None, 7),
        (0, 600.0, None, None, 0),
        (None, 600.0, None, None, 50),
    ],
)
def test_nobody_pays_for_random_requests_unasked(
    requested: int | None, time: float | None, gateway: str | None, upstream: str | None, examples: int
) -> None:
    assert fuzz_examples(requested, time, gateway, upstream) == examples
