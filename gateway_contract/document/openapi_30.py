"""An OpenAPI 3.0 document as OpenAPI 3.1 says the same: its schemas become JSON Schema, and every line stays known."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import Final

from gateway_contract.document.node import Node, Place, mapping, sequence


class NodeRole(Enum):
    """What a value is for, which decides what its keys mean."""

    OBJECT = auto()  # of OpenAPI's own vocabulary
    SCHEMA = auto()
    SCHEMAS = auto()  # by names, or in a list
    DATA = auto()


_HOLDS_SCHEMA: Final = frozenset({"items", "not", "additionalProperties"})
_HOLDS_SCHEMAS: Final = frozenset({"properties", "allOf", "anyOf", "oneOf"})
_EXCLUSIVE: Final = {"exclusiveMinimum": "minimum", "exclusiveMaximum": "maximum"}
_FORMATS: Final = {
    "byte": ("contentEncoding", "base64"),
    "binary": ("contentMediaType", "application/octet-stream"),
}


@dataclass(frozen=True, slots=True)
class Upgrade:
    """What was read otherwise than it is written, each keyword with the lines that it stands in."""

    found: set[tuple[str, Place]] = field(default_factory=set)

    @property
    def counts(self) -> dict[str, int]:
        return dict(sorted(Counter(keyword for keyword, _ in self.found).items()))


def upgraded(root: Node) -> tuple[Node, Mapping[str, int]]:
    """The document as OpenAPI 3.1, and how often each keyword of 3.0 was read as one of 3.1; 3.1 stays as it is."""
    version = root.value.get("openapi") if isinstance(root.value, dict) else None
    if version is None or not str(version.value).startswith("3.0."):
        return root, {}
    upgrade = Upgrade()
    changed = _changed(root, NodeRole.OBJECT, upgrade)
    entries = dict(changed.value) if isinstance(changed.value, dict) else {}
    return mapping({**entries, "openapi": replace(version, value="3.1.0")}, root.place), upgrade.counts


def upgraded_schema(schema: Node) -> Node:
    """One Schema Object of OpenAPI 3.0 as JSON Schema."""
    return _changed(schema, NodeRole.SCHEMA, Upgrade())


def _changed(node: Node, role: NodeRole, upgrade: Upgrade) -> Node:
    if role is NodeRole.DATA:
        return node
    if isinstance(node.value, tuple):
        inner = NodeRole.SCHEMA if role is NodeRole.SCHEMAS else role
        return sequence(tuple(_changed(item, inner, upgrade) for item in node.value), node.place)
    if not isinstance(node.value, dict):
        return node
    entries = {key: _changed(child, _role(key, role), upgrade) for key, child in node.value.items()}
    if role is NodeRole.SCHEMA:
        _upgrade_keywords(entries, upgrade)
    return mapping(entries, node.place)


def _role(key: str, within: NodeRole) -> NodeRole:
    if within is NodeRole.SCHEMAS:
        return NodeRole.SCHEMA
    if within is NodeRole.OBJECT:
        holds = {"schema": NodeRole.SCHEMA, "schemas": NodeRole.SCHEMAS}
        return NodeRole.DATA if key in {"example", "value"} or key.startswith("x-") else holds.get(key, NodeRole.OBJECT)
    if key in _HOLDS_SCHEMA:
        return NodeRole.SCHEMA
    return NodeRole.SCHEMAS if key in _HOLDS_SCHEMAS else NodeRole.DATA


def _upgrade_keywords(entries: dict[str, Node], upgrade: Upgrade) -> None:
    _upgrade_nullable(entries, upgrade)
    for keyword, bound in _EXCLUSIVE.items():
        flag = entries.get(keyword)
        if flag is not None and isinstance(flag.value, bool):
            upgrade.found.add((keyword, flag.place))
            del entries[keyword]
            if flag.value and bound in entries:
                entries[keyword] = entries.pop(bound)
    said = entries.get("format")
    if said is not None and str(said.value) in _FORMATS:
        keyword, value = _FORMATS[str(said.value)]
        upgrade.found.add((f"format: {said.value}", said.place))
        entries[keyword] = replace(entries.pop("format"), value=value)


def _upgrade_nullable(entries: dict[str, Node], upgrade: Upgrade) -> None:
    """Beside `type`, `nullable` adds null to it; alone it says nothing (OpenAPI 3.0.3, 4.7.24.1)."""
    nullable, names = entries.pop("nullable", None), entries.get("type")
    if nullable is not None:
        upgrade.found.add(("nullable", nullable.place))
    if nullable is not None and nullable.value is True and names is not None:
        null = Node("null", nullable.place)
        entries["type"] = sequence((Node(names.value, names.place), null), names.place)
