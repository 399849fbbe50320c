"""The models of a contract, listed as the OpenAI API lists them beside its image operation."""

from collections.abc import Mapping

from gateway_contract.contract.definition import Contract
from gateway_contract.values.json_value import Json

DATED_SNAPSHOT = "dated-snapshot"
"""The matching that contracts state for names of models, which a vendor may answer with a date behind them."""
IMAGES_PATH = "/images/generations"
"""What clients of the OpenAI API append to their base URL."""


def base_path(contract: Contract) -> str:
    """The path of the base URL for clients of the OpenAI API."""
    return contract.operation.path.removesuffix(IMAGES_PATH)


def models_path(contract: Contract) -> str:
    return f"{base_path(contract)}/models"


def models(contract: Contract) -> Mapping[str, Json]:
    """The models that the contract lists, by their ids; `created` is the same for all, since no contract states it."""
    pointers = {field.pointer for field in contract.mapped if field.match == DATED_SNAPSHOT}
    listed = (part.schema.get("enum") for part in contract.request.parts if part.pointer in pointers)
    ids = dict.fromkeys(id_ for enum in listed if isinstance(enum, list) for id_ in enum if isinstance(id_, str))
    return {id_: {"id": id_, "object": "model", "created": 0, "owned_by": contract.name} for id_ in ids}


def model_list(known: Mapping[str, Json]) -> Json:
    return {"object": "list", "data": [*known.values()]}
