"""How to call a gateway, for pasting: with curl, Python and JavaScript."""

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
    address, body = base + operation.path, compact(example)
    key = f'os.environ["{VARIABLE}"]' if secured else f'"{ANY_TOKEN}"'
    bearer = f"`Bearer ${{process.env.{VARIABLE}}}`" if secured else f'"Bearer {ANY_TOKEN}"'
    python = {"imports": "import os\n\n" if secured else "", "base": base, "path": operation.path, "key": key}
    javascript = {"address": address, "method": operation.method, "authorization": bearer}
    return [
        Snippet(
            "curl", CURL.format(address=address, authorization=curl_authorization(secured), body=shlex.quote(body))
        ),
        Snippet("Python", PYTHON.format(**python, body=_python(example))),
        Snippet("JavaScript", JAVASCRIPT.format(**javascript, body=body)),
    ]


def compact(body: Json) -> str:
    """JSON with one line per top-level member."""
    if not isinstance(body, dict) or not body:
        return json.dumps(body, ensure_ascii=False)
    lines = [f"  {json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}" for name, value in body.items()]
    return "{\n" + ",\n".join(lines) + "\n}"


def _python(body: Json) -> str:
    """The same as a Python literal."""
    if not isinstance(body, dict) or not body:
        return repr(body)
    return "{\n" + "".join(f"    {name!r}: {value!r},\n" for name, value in body.items()) + "}"
