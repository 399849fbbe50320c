"""How a gateway is called: texts that work when they are pasted."""

import json
import shlex
from dataclasses import dataclass

from gateway_contract.contract import Contract
from gateway_contract.values import Json

ANY_TOKEN = "any-token"  # noqa: S105 - it is none
CURL = """\
curl {address} \\
  -H 'Authorization: Bearer {token}' \\
  -H 'Content-Type: application/json' \\
  -d {body}"""
PYTHON = """\
from openai import OpenAI
from openai.types import ImagesResponse

client = OpenAI(base_url="{base}", api_key="{token}")
answer = client.post("{path}", cast_to=ImagesResponse, body={body})
print(answer.to_json())"""
JAVASCRIPT = """\
const answer = await fetch("{address}", {{
  method: "{method}",
  headers: {{ "Authorization": "Bearer {token}", "Content-Type": "application/json" }},
  body: JSON.stringify({body}),
}});
console.log(answer.status, await answer.json());"""


@dataclass(frozen=True, slots=True)
class Snippet:
    language: str
    text: str


def example_of(contract: Contract) -> Json:
    """The contract's own example; an empty body where it gives none."""
    return contract.examples[0].body if contract.examples else {}


def snippets(contract: Contract, base: str) -> list[Snippet]:
    """`base` is the gateway's URL, without the path of its operation."""
    operation, example = contract.operation, example_of(contract)
    said = {"address": base + operation.path, "base": base, "path": operation.path, "token": ANY_TOKEN}
    pretty = json.dumps(example, indent=2, ensure_ascii=False)
    return [
        Snippet("curl", CURL.format(**said, body=shlex.quote(pretty))),
        Snippet("Python", PYTHON.format(**said, body=_python(example))),
        Snippet("JavaScript", JAVASCRIPT.format(**said, method=operation.method, body=pretty)),
    ]


def _python(body: Json) -> str:
    """JSON as Python writes it, a line for each of its members."""
    members = body.items() if isinstance(body, dict) else ()
    return "".join(["{\n", *(f"    {name!r}: {value!r},\n" for name, value in members), "}"])
