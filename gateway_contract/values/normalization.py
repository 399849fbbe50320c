"""Named ways in which a value may change on its way upstream, or differ there and still be the same."""

import re
from collections.abc import Callable, Mapping

from gateway_contract.values.json_value import Json, same
from gateway_contract.values.size import parse_size


def _image_size(value: Json) -> Json:
    size = parse_size(value)
    return value if size is None else str(size)


NORMALIZATIONS: Mapping[str, Callable[[Json], Json]] = {"image-size": _image_size}
"""What `x-upstream.normalize` may name: from the client's form to the upstream's."""


def _dated_snapshot(wanted: Json, seen: Json) -> bool:
    """The same name, or the name with a date behind it: `model` and `model-2026-03-03`."""
    if not (isinstance(wanted, str) and isinstance(seen, str)):
        return same(wanted, seen)
    return re.fullmatch(re.escape(wanted) + r"(-\d{4}-?\d{2}-?\d{2})?", seen) is not None


MATCHES: Mapping[str, Callable[[Json, Json], bool]] = {"exact": same, "dated-snapshot": _dated_snapshot}
"""What `x-upstream.match` may name: whether a value seen upstream is the wanted one."""
