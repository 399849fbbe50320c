"""The JSON Schema of gateway.yaml, for editors: what the table of options says, in other words."""

import json
from pathlib import Path
from typing import Any

from contract_tests.command.configuration import DEFAULTS, GATEWAYS, NAME
from contract_tests.command.option_table import TABLE, URL_OF_GATEWAY, Option
from gateway_contract.values.json_value import Json

NOT_EMPTY: dict[str, Json] = {"type": "object", "minProperties": 1}
SCHEMA = Path(__file__).parents[1] / "schemas" / "gateway.schema.json"


def schema_text() -> str:
    """The content of the file."""
    return json.dumps(configuration_schema(), indent=1) + "\n"


def configuration_schema() -> dict[str, Json]:
    """What a configuration may hold."""
    gateway = _section(*TABLE)
    gateway["required"] = [URL_OF_GATEWAY.key]
    options: dict[str, Json] = {option.key: _described(option) for option in TABLE}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Gateways that check-gateway judges",
        **_mapping(
            {
                DEFAULTS: _section(*(option for option in TABLE if option.in_defaults)) | NOT_EMPTY,
                GATEWAYS: {
                    **NOT_EMPTY,
                    "propertyNames": {"pattern": f"^{NAME.pattern}$"},
                    "additionalProperties": gateway,
                },
            }
        ),
        **NOT_EMPTY,
        "$defs": options,
    }


def _section(*options: Option[Any], outer: str = "") -> dict[str, Json]:
    members: dict[str, Json] = {}
    for option in options:
        name, dot, _ = option.key.removeprefix(outer).partition(".")
        inner = f"{outer}{name}."
        within = (other for other in options if other.key.startswith(inner))
        members[name] = _section(*within, outer=inner) if dot else {"$ref": f"#/$defs/{option.key}"}
    return _mapping(members)


def _mapping(members: dict[str, Json]) -> dict[str, Json]:
    """A key without anything below it is an empty mapping."""
    return {"type": ["object", "null"], "additionalProperties": False, "properties": members}


def _described(option: Option[Any]) -> dict[str, Json]:
    told: dict[str, Json] = {"description": option.flags[0].help, **option.form.schema}
    return told if option.built_in is None or option.secret else {**told, "default": option.built_in}
