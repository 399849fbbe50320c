"""The fast validator and the one that sets the standard find the same faults, our keywords included."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway_contract.contract.definition import Contract
from gateway_contract.contract.load_contract import load_contract, load_upstream
from gateway_contract.schema.constraint import CompiledSchema, fast_failures
from gateway_contract.values.json_value import ABSENT, Json
from gateway_contract.values.pointer import placed, read, removed
from tests.gateway_contract.schema.reference_validator import reference_failures

pytestmark = pytest.mark.slow

OPENAPI = Path(__file__).parents[2] / "openapi"


def schemas() -> Iterator[Any]:
    for name in ("powertokens", "powerbuyin"):
        operation = load_contract(OPENAPI / f"{name}.yaml").operation
        yield pytest.param(operation.request, id=f"{name}-request")
        yield pytest.param(operation.answer, id=f"{name}-answer")
        yield pytest.param(operation.refusal, id=f"{name}-refusal")
    upstream = load_upstream(OPENAPI / "dashscope.yaml", "generateMultimodal", {})
    assert upstream is not None
    yield pytest.param(upstream.operation.request, id="dashscope-request")
    yield pytest.param(upstream.operation.answer, id="dashscope-answer")
    yield pytest.param(upstream.operation.refusal, id="dashscope-failure")


Shape: TypeAlias = st.SearchStrategy[Json]

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
SIDES = st.integers(0, 5000) | st.sampled_from([255, 256, 257, 512, 767, 768, 1024, 2047, 2048, 2049, 4096, 8192])
SIZES = st.builds(lambda w, mark, h, tail: f"{w}{mark}{h}{tail}", SIDES, st.sampled_from("*xX"), SIDES,
                  st.sampled_from(["", "", "", "\n", "px"]))  # fmt: skip
NAMES = st.sampled_from(
    ["qwen-image-2.0-pro", "qwen-image-2.0", "qwen-image-plus", "wan2.7-image-pro", "wan\n", "other"]
)
SCALARS = st.none() | st.booleans() | st.integers(-2, 8) | st.floats(-2, 8) | TEXTS | SIZES | NAMES
ANYTHING = st.recursive(
    SCALARS | st.integers(), lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=2)
)


def bodies(schema: Json) -> st.SearchStrategy[Json]:
    """Bodies in the rough shape of a compiled schema, their values at its bounds or anything else."""
    if not isinstance(schema, dict):
        return ANYTHING
    properties, items = schema.get("properties"), schema.get("items")
    if isinstance(properties, dict):
        return (
            st.fixed_dictionaries({}, optional={name: bodies(member) for name, member in properties.items()}) | ANYTHING
        )
    if isinstance(items, dict):
        return st.lists(bodies(items), max_size=2) | ANYTHING
    return st.sampled_from(near(schema)) | SCALARS


def near(schema: dict[str, Json]) -> list[Json]:
    """Values at the bounds of a schema and just beside them."""
    found: list[Json] = list(enum) if isinstance(enum := schema.get("enum"), list) else []
    for keyword in ("minimum", "maximum"):
        bound = schema.get(keyword)
        if isinstance(bound, int):
            found += [bound - 1, bound, bound + 1, float(bound), bound + 0.5]
    for keyword in ("minLength", "maxLength"):
        bound = schema.get(keyword)
        if isinstance(bound, int):
            found += [letter * length for letter in "a灯😀" for length in (bound - 1, bound, bound + 1)]
    return found or [schema.get("const"), ""]


@st.composite
def mutated(draw: st.DrawFn, schema: CompiledSchema, shape: st.SearchStrategy[Json]) -> Json:
    """A body with one of its known parts taken away or holding something else."""
    body = draw(shape)
    pointer = draw(st.sampled_from(sorted({part.pointer for part in schema.parts})))
    if read(body, pointer) is ABSENT:
        return body
    return draw(st.just(removed(body, pointer)) | st.builds(placed, st.just(body), st.just(pointer), ANYTHING))


def bodies_for(schema: CompiledSchema) -> st.SearchStrategy[Json]:
    shape = bodies(schema.schema)
    return shape | mutated(schema, shape) | ANYTHING


SCHEMAS = [pytest.param(param.values[0], bodies_for(param.values[0]), id=param.id) for param in schemas()]


def faults(schema: dict[str, Json], body: Json) -> tuple[list[Any], list[Any]]:
    fast = sorted(fast_failures(schema)(body), key=repr)
    reference = sorted(reference_failures(schema)(body), key=repr)
    return fast, reference


@pytest.mark.parametrize(("schema", "shape"), SCHEMAS)
@given(data=st.data())
def test_both_validators_find_the_same_faults_in_every_body(
    schema: CompiledSchema, shape: Shape, data: st.DataObject
) -> None:
    body = data.draw(shape)
    fast, reference = faults(schema.schema, body)
    assert fast == reference


@pytest.mark.parametrize(("schema", "shape"), SCHEMAS)
@given(data=st.data())
def test_every_fault_lies_in_a_constraint_of_the_contract(
    schema: CompiledSchema, shape: Shape, data: st.DataObject
) -> None:
    body = data.draw(shape)
    assert len(schema.broken(body)) <= len(schema.failures(body))


@given(size=SIZES | ANYTHING, bounds=st.fixed_dictionaries({}, optional={"minimum": SIDES, "maximum": SIDES}))
@example(size="256*1024", bounds={"minimum": 262144})
@example(size="256*1023", bounds={"minimum": 262144})
def test_our_own_keywords_are_the_same_keywords_in_both(size: Json, bounds: dict[str, Json]) -> None:
    ours: list[dict[str, Json]] = [
        {"x-pixels": bounds},
        {"x-aspect": bounds},
        {"format": "image-size"},
        {"not": {"x-pixels": bounds}},
    ]
    for schema in ours:
        fast, reference = faults(schema, size)
        assert fast == reference


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [("^a$", "a", True), ("^a$", "a\n", False), (r"\$$", "a$", True), ("^(a|b)$", "b\n", False), ("a", "cat", True)],
)
def test_a_pattern_ends_where_the_text_does(pattern: str, text: str, matches: bool) -> None:  # noqa: FBT001 # the table
    fast, reference = faults({"pattern": pattern}, text)
    assert fast == reference
    assert (not fast) is matches


def test_a_fault_is_told_by_its_path_through_the_schema(powertokens: Contract) -> None:
    body: Json = {"model": "qwen-image-2.0-pro", "prompt": "a kite", "size": "1*1", "n": 7}
    paths = {path[-1] for path in powertokens.request.failures(body)}
    assert paths == {"maximum", "x-pixels"}
