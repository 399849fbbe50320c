"""A mock with its admin API on one port, and what a test does with it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

import httpx

from gateway_contract.contract.definition import Contract
from gateway_contract.values.json_value import Json
from mock_server.admin.api import errors, schema_named
from mock_server.admin.routes import ROOT
from mock_server.app import mock_app
from mock_server.runtime.mock import Mock, MockSettings, create_mock
from mock_server.serving.server import listen, serving_on, url_of

HERE = "127.0.0.1"
Body = dict[str, Json]
TOKEN = "sk-of-a-client-who-tests"


@dataclass(frozen=True, slots=True)
class Seen:
    """A running mock and a client of it."""

    mock: Mock
    http: httpx.Client

    def ask(self, name: str, body: Json, headers: dict[str, str] | None = None) -> httpx.Response:
        """A request to a gateway's operation."""
        operation = self.mock.served[name].gateway.contract.operation
        return self.http.post(f"/{name}{operation.path}", json=body, headers=headers)

    def get(self, path: str, schema: str) -> Body:
        """What the admin API answers, once it is what its own document says."""
        answer = self.http.get(f"{ROOT}{path}")
        assert answer.status_code == 200, answer.text
        return keeping_to(schema, answer)

    def listed(self, query: str = "") -> list[int]:
        """The ids of the listed requests."""
        found = cast("list[Body]", self.get(f"/requests?{query}", "Requests")["requests"])
        return [cast("int", one["id"]) for one in found]

    def problem(self, method: str, path: str, status: int, **options: object) -> str:
        """The words with which something is refused."""
        answer = self.http.request(method, f"{ROOT}{path}", **options)  # type: ignore[arg-type] # as httpx takes them
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        return str(keeping_to("Problem", answer)["detail"])


def keeping_to(schema: str, answer: httpx.Response) -> Body:
    body: Body = answer.json()
    assert list(errors(schema_named(schema), body)) == []
    return body


@contextmanager
def seen(contracts: Sequence[Contract], settings_for: Callable[[str], MockSettings] = MockSettings) -> Iterator[Seen]:
    with listen(HERE, 0) as listener:
        own = url_of(HERE, listener)
        mock = create_mock(contracts, settings_for(own))
        headers = {"authorization": f"Bearer {TOKEN}"}
        with (
            serving_on(listener, mock_app(mock)),
            httpx.Client(base_url=own, headers=headers, timeout=30, trust_env=False) as http,
        ):
            yield Seen(mock, http)
