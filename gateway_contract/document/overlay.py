"""OpenAPI Overlay 1.0: how a deployment's contract differs from the one that is written down."""

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from jsonpath import JSONPathEnvironment
from jsonpath.exceptions import JSONPathError

from gateway_contract.document.node import DocumentError, Node, children, did_you_mean, mapping, plain, sequence
from gateway_contract.document.references import neighbour
from gateway_contract.document.source import read

Steps: TypeAlias = tuple[str | int, ...]

_JSONPATH: Final = JSONPathEnvironment(strict=True)  # RFC 9535 and nothing beyond it


@dataclass(frozen=True, slots=True)
class Action:
    """One change of an overlay: `update` merged into what `target` selects, or that removed where it is None."""

    target: Node
    update: Node | None


def overlaid(root: Node, contract: Path, overlay: Path) -> Node:
    """`root`, the content of the file `contract`, as the overlay changes it.

    A $ref that an overlay brings in belongs to the contract from then on, and is relative to the contract's file.
    """
    for action in _actions(read(overlay), contract, overlay):
        root = _applied(action, root)
    return root


def merged(old: Node, new: Node) -> Node:
    """Mappings are merged key by key, lists joined, single values replaced; nothing else goes together."""
    if isinstance(old.value, dict) and isinstance(new.value, dict):
        both = {key: merged(old.value[key], value) if key in old.value else value for key, value in new.value.items()}
        return mapping({**old.value, **both}, old.place)
    if isinstance(old.value, tuple) and isinstance(new.value, tuple):
        return sequence(old.value + new.value, old.place)
    if isinstance(old.value, dict | tuple) or isinstance(new.value, dict | tuple):
        problem = f"{_kind(new)} cannot be merged into {_kind(old)} ({old.place})"
        raise DocumentError(new.place, problem, "remove that first, with an action of its own")
    return new


def _kind(node: Node) -> str:
    if isinstance(node.value, dict):
        return "a mapping"
    return "a list" if isinstance(node.value, tuple) else "a single value"


def _actions(overlay: Node, contract: Path, file: Path) -> Iterable[Action]:
    fields = _fields(overlay, required=("overlay", "info", "actions"), optional=("extends",))
    version = fields["overlay"]
    if not re.fullmatch(r"1\.0\.\d+", str(version.value)):
        raise DocumentError(version.place, f"overlay version {version.value} is not known", "write overlay: 1.0.0")
    _fields(fields["info"], required=("title", "version"))
    if "extends" in fields:
        _check_extended(fields["extends"], contract, file)
    actions = fields["actions"]
    if not isinstance(actions.value, tuple) or not actions.value:
        raise DocumentError(actions.place, "actions must be a list of at least one action")
    return map(_action, actions.value)


def _fields(node: Node, required: Sequence[str], optional: Sequence[str] = ()) -> dict[str, Node]:
    if not isinstance(node.value, dict):
        raise DocumentError(node.place, f"a mapping with {', '.join(required)} belongs here")
    for key, value in node.value.items():
        if key not in {*required, *optional} and not key.startswith("x-"):
            remedy = did_you_mean(key, (*required, *optional))
            raise DocumentError(value.place, f"an overlay has no {key!r} here", remedy)
    for key in required:
        if key not in node.value:
            raise DocumentError(node.place, f"{key!r} is missing here")
    return node.value


def _check_extended(extends: Node, contract: Path, overlay: Path) -> None:
    named = neighbour(str(extends.value), overlay, extends.place)
    if os.path.realpath(named) != os.path.realpath(contract):
        problem = f"this overlay is for {named}, not for {contract}"
        raise DocumentError(extends.place, problem, "use it with that contract, or correct the path")


def _action(node: Node) -> Action:
    fields = _fields(node, required=("target",), optional=("description", "update", "remove"))
    remove = fields.get("remove")
    if remove and not isinstance(remove.value, bool):
        raise DocumentError(remove.place, "remove must be true or false")
    if remove and remove.value:
        return Action(fields["target"], None)
    if "update" not in fields:
        raise DocumentError(node.place, "this action does nothing", "give it an update, or remove: true")
    return Action(fields["target"], fields["update"])


def _applied(action: Action, root: Node) -> Node:
    selected = _selected(action.target, root)
    if action.update is None:
        if () in selected:
            raise DocumentError(action.target.place, "this would remove the whole document")
        return _without(frozenset(selected), root)
    for steps in selected:
        root = _updated(steps, action.update, root)
    return root


def _selected(target: Node, root: Node) -> list[Steps]:
    if not isinstance(target.value, str) or not target.value.startswith("$"):
        raise DocumentError(target.place, "target must be a JSONPath", "begin it with $, the root of the document")
    try:
        found = [match.parts for match in _JSONPATH.finditer(target.value, plain(root))]
    except (JSONPathError, ValueError) as error:  # the library lets int()'s own error through for [1e3]
        raise DocumentError(target.place, f"{target.value!r} is not a JSONPath: {error.args[0]}") from None
    if not found:
        remedy = "correct it, or take the action out"
        raise DocumentError(target.place, f"{target.value!r} selects nothing in the contract", remedy)
    return list(dict.fromkeys(found))


def _updated(steps: Steps, update: Node, node: Node) -> Node:
    if not steps:
        return _extended(node, update)
    below = dict(children(node))
    step = str(steps[0])
    below[step] = _updated(steps[1:], update, below[step])
    return _with(below, node)


def _with(below: dict[str, Node], node: Node) -> Node:
    """The mapping or list `node` with other children."""
    if isinstance(node.value, dict):
        return mapping(below, node.place)
    return sequence(tuple(below.values()), node.place)


def _extended(node: Node, update: Node) -> Node:
    """A target of the action's own. A list takes a list's items one by one, as Overlay 1.1 spells out."""
    if isinstance(node.value, tuple) and not isinstance(update.value, tuple):
        return sequence((*node.value, update), node.place)
    if isinstance(node.value, dict | tuple):
        return merged(node, update)
    problem = f"the target is a single value, in {node.place}, and cannot be updated"
    raise DocumentError(update.place, problem, "select the mapping that holds it, and update its key")


def _without(gone: frozenset[Steps], node: Node, above: Steps = ()) -> Node:
    """`node`, which stands at `above`, without the values that stand at `gone`."""
    if isinstance(node.value, dict):
        keyed = [((*above, key), key, child) for key, child in node.value.items()]
        return mapping({key: _without(gone, child, at) for at, key, child in keyed if at not in gone}, node.place)
    if isinstance(node.value, tuple):
        numbered = [((*above, index), item) for index, item in enumerate(node.value)]
        return sequence(tuple(_without(gone, item, at) for at, item in numbered if at not in gone), node.place)
    return node
