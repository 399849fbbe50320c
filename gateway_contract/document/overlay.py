"""OpenAPI Overlay 1.0 and 1.1: how a deployment's contract differs from the one that is written down."""

import os
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from gateway_contract.document.node import DocumentError, Node, children, did_you_mean, mapping, plain, sequence
from gateway_contract.document.references import neighbour
from gateway_contract.document.source import read

Steps: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Action:
    """One change of an overlay: a value merged into what `target` selects, or that removed where there is none.

    The value is `update`, or what `copy` selects. `replaces` is set where single values may be updated, as in 1.1.
    """

    target: Node
    update: Node | None = None
    copy: Node | None = None
    replaces: bool = False


def overlaid(root: Node, file: Path, overlays: Sequence[Path], *, is_contract: bool) -> Node:
    """`root`, the content of a file, as those overlays change it that extend this file; the contract is the usual one.

    A $ref that an overlay brings in belongs to the file from then on, and is relative to it.
    """
    for overlay in overlays:
        content = read(overlay)
        extends = _extends(content, overlay, file, is_contract=is_contract)
        actions = _actions(content)  # whatever it extends, it must be an overlay
        if extends:
            for action in actions:
                root = _applied(action, root)
    return root


def unused_overlays(overlays: Sequence[Path], files: Collection[Path]) -> Iterator[DocumentError]:
    """An error for each overlay that extends none of a contract's files."""
    for overlay in overlays:
        content = read(overlay)
        extends = children(content).get("extends")
        if extends is not None and not any(_extends(content, overlay, file, is_contract=False) for file in files):
            yield DocumentError(extends.place, f"no document of this contract is {extends.value}")


def _extends(overlay: Node, path: Path, file: Path, *, is_contract: bool) -> bool:
    extends = children(overlay).get("extends")
    if extends is None:
        return is_contract
    return os.path.realpath(neighbour(str(extends.value), path, extends.place)) == os.path.realpath(file)


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


def _actions(overlay: Node) -> list[Action]:
    fields = _fields(overlay, required=("overlay", "info", "actions"), optional=("extends",))
    version = fields["overlay"]
    known = re.fullmatch(r"1\.([01])\.\d+", str(version.value))
    if known is None:
        raise DocumentError(version.place, f"overlay version {version.value} is not known", "write overlay: 1.1.0")
    _fields(fields["info"], required=("title", "version"), optional=("description",))
    actions = fields["actions"]
    if not isinstance(actions.value, tuple) or not actions.value:
        raise DocumentError(actions.place, "actions must be a list of at least one action")
    return [_action(action, later=known[1] == "1") for action in actions.value]


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


def _action(node: Node, *, later: bool) -> Action:
    """An action; `later` says that the overlay is of version 1.1, which has `copy`."""
    copy = ("copy",) if later else ()
    fields = _fields(node, required=("target",), optional=("description", "update", "remove", *copy))
    remove = fields.get("remove")
    if remove and not isinstance(remove.value, bool):
        raise DocumentError(remove.place, "remove must be true or false")
    if remove and remove.value:
        return Action(fields["target"])
    if "update" in fields and "copy" in fields:
        raise DocumentError(fields["copy"].place, "an action has update or copy, not both", "make two actions of it")
    if "update" not in fields and "copy" not in fields:
        raise DocumentError(node.place, "this action does nothing", "give it an update, or remove: true")
    return Action(fields["target"], fields.get("update"), fields.get("copy"), later)


def _applied(action: Action, root: Node) -> Node:
    selected = _selected(action.target, root)
    update = action.update if action.copy is None else _copied(action.copy, root)
    if update is None:
        if () in selected:
            raise DocumentError(action.target.place, "this would remove the whole document")
        return _without(frozenset(selected), root)
    for steps in selected:
        root = _updated(steps, update, root, replaces=action.replaces)
    return root


def _copied(copy: Node, root: Node) -> Node:
    """The one value that a `copy` selects."""
    selected = _selected(copy, root)
    if len(selected) > 1:
        problem = f"{copy.value!r} selects {len(selected)} values"
        raise DocumentError(copy.place, problem, "select the one to copy")
    found = root
    for step in selected[0]:
        found = children(found)[str(step)]
    return found


def _selected(target: Node, root: Node) -> list[Steps]:
    if not isinstance(target.value, str) or not target.value.startswith("$"):
        raise DocumentError(target.place, "target must be a JSONPath", "begin it with $, the root of the document")
    from jsonpath import JSONPathEnvironment
    from jsonpath.exceptions import JSONPathError

    environment = JSONPathEnvironment(strict=True)  # RFC 9535 and nothing beyond it
    try:
        found = [match.parts for match in environment.finditer(target.value, plain(root))]
    except (JSONPathError, ValueError) as error:  # the library lets int()'s own error through for [1e3]
        raise DocumentError(target.place, f"{target.value!r} is not a JSONPath: {error.args[0]}") from None
    if not found:
        remedy = "correct it, or take the action out"
        raise DocumentError(target.place, f"{target.value!r} selects nothing in the document", remedy)
    return list(dict.fromkeys(found))


def _updated(steps: Steps, update: Node, node: Node, *, replaces: bool) -> Node:
    if not steps:
        single = not isinstance(node.value, dict | tuple) and not isinstance(update.value, dict | tuple)
        return update if single and replaces else _extended(node, update)
    below = dict(children(node))
    step = str(steps[0])
    below[step] = _updated(steps[1:], update, below[step], replaces=replaces)
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
