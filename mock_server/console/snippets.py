"""How to call a gateway, for pasting: with curl, httpx, the openai SDK and fetch."""

import json
import shlex
from dataclasses import dataclass

from gateway_contract.contract.definition import Contract
from gateway_contract.traffic.curl import ANY_TOKEN, VARIABLE, curl_authorization
from gateway_contract.values.json_value import Json

CURL = """\
curl {address} \\
  -H {authorization} \\
  -H 'Content-Type: application/json' \\
  -d {body}"""
PYTHON = """\
{imports}import httpx

answer = httpx.post(
    "{address}",
    headers={{"Authorization": {authorization}}},
    json={body},
)
print(answer.status_code, answer.json())"""
OPENAI = """\
{imports}from openai import OpenAI
from openai.types import ImagesResponse

client = OpenAI(base_url="{base}", api_key={key})
answer = client.post("{path}", cast_to=ImagesResponse, body={body})
print(answer.to_json())"""
JAVASCRIPT = """\
const answer = await fetch("{address}", {{
  method: "{method}",
  headers: {{ "Authorization": {authorization}, "Content-Type": "application/json" }},
  body: JSON.stringify({body}),
}});
console.log(answer.status, await answer.json());"""


@dataclass(frozen=True, slots=True)
class Snippet:
    language: str
    text: str


def example_of(contract: Contract) -> Json:
    """The contract's example; an empty body if it has none."""
    return contract.examples[0].body if contract.examples else {}


def snippets(contract: Contract, base: str, secured: bool) -> list[Snippet]:  # noqa: FBT001 - a fact of the mock
    """`base` is the gateway's URL without the operation's path; `secured` is True if only one token is accepted."""
    operation, example = contract.operation, example_of(contract)
    address, body = base + operation.path, indented(example)
    key = f'os.environ["{VARIABLE}"]' if secured else f'"{ANY_TOKEN}"'
    bearer = f"`Bearer ${{process.env.{VARIABLE}}}`" if secured else f'"Bearer {ANY_TOKEN}"'
    python_bearer = f'"Bearer " + {key}' if secured else f'"Bearer {ANY_TOKEN}"'
    imports = "import os\n\n" if secured else ""
    curl = CURL.format(address=address, authorization=curl_authorization(secured), body=shlex.quote(body))
    python = PYTHON.format(
        imports=imports, address=address, authorization=python_bearer, body=python_literal(example, "    ")
    )
    openai = OPENAI.format(imports=imports, base=base, path=operation.path, key=key, body=python_literal(example))
    fetch = JAVASCRIPT.format(
        address=address, method=operation.method, authorization=bearer, body=indented(example, "  ")
    )
    return [Snippet("curl", curl), Snippet("Python", python), Snippet("openai", openai), Snippet("fetch", fetch)]


def indented(body: Json, margin: str = "") -> str:
    """JSON for people. All lines but the first begin with the margin."""
    return json.dumps(body, ensure_ascii=False, indent=2).replace("\n", f"\n{margin}")


def python_literal(value: Json, margin: str = "") -> str:
    """The same as a Python literal."""
    inner = f"{margin}    "
    if isinstance(value, dict) and value:
        members = (f"{inner}{name!r}: {python_literal(member, inner)},\n" for name, member in value.items())
        return "{\n" + "".join(members) + margin + "}"
    if isinstance(value, list) and value:
        return "[\n" + "".join(f"{inner}{python_literal(item, inner)},\n" for item in value) + margin + "]"
    return repr(value)
