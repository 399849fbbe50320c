"""Every mistake in a contract is told with its file, its line and what is wrong."""

from pathlib import Path

import pytest

from gateway_contract.contract.load_contract import load_contract
from gateway_contract.document.node import DocumentError
from gateway_contract.rules.derive import derive_rules


def error_in(path: Path) -> DocumentError:
    with pytest.raises(DocumentError) as raised:
        derive_rules(load_contract(path))
    return raised.value


def spoil(path: Path, old: str, new: str) -> int:
    """Writes one thing in a file otherwise, and answers in which line it stands."""
    text = path.read_text("utf-8")
    assert text.count(old) == 1, old
    path.write_text(text.replace(old, new), "utf-8")
    return text[: text.index(old)].count("\n") + 1


# What stands in the contract, what is written instead, the line of the error below the change, and what it says.
MISTAKES = {
    "a typo in an x- keyword": (
        "x-mark: true",
        "x-marc: true",
        0,
        "unknown keyword x-marc; did you mean x-mark?",
    ),
    "a value of the wrong shape": (
        "x-unix-time: {tolerance: 60}",
        "x-unix-time: {tolerance: none}",
        0,
        'x-unix-time/tolerance: "none" is not of type "number"',
    ),
    "a typo in a plain keyword": (
        "maxLength: 200",
        "maxLenght: 200",
        0,
        "unknown keyword maxLenght; did you mean 'maxLength'?",
    ),
    "a keyword of no kind": ("maxLength: 200", "zzz: 200", 0, "unknown keyword zzz"),
    "a bound that is no number": ("maximum: 99", "maximum: high", 0, 'maximum: "high" is not of type "number"'),
    "a pattern that is none": ("maxLength: 200", "pattern: '('", 0, 'pattern: "(" is not a "regex"'),
    "an example list that is none": ("examples: [640*480, 640x480]", "examples: 5", 0, "examples: 5 is not of type"),
    "a format that is no text": ("format: image-size", "format: 5", 0, "format: 5 is not of type"),
    "required that is no list": ("required: [words]", "required: words", 0, "required must be a list"),
    "allOf that is no list": (
        "allOf:\n        - title: the fine",
        "allOf:\n          title: the fine",
        0,
        "allOf must be a list",
    ),
    "properties that are no mapping": (
        "properties:\n            words:\n",
        "properties: 5\n          description:\n            words:\n",
        0,
        "properties must be a mapping",
    ),
    "an if that is no mapping": (
        "if: {required: [engine], properties: {engine: {const: fine}}}",
        "if: true",
        0,
        "if must be a mapping",
    ),
    "an if without a title": ("- title: the fine engine\n          if", "- if", 0, "a condition without a title"),
    "then without if": (
        "if: {required: [engine], properties: {engine: {const: fine}}}",
        "description: none",
        1,
        "then without if; say when it holds",
    ),
    "a schema that is none": (
        "additionalProperties: false",
        "additionalProperties: no",
        0,
        "a schema must be a mapping, true or false",
    ),
    "a clause for a keyword that is not there": (
        'x-clause: {"*": PX-11, x-length: PX-05}',
        'x-clause: {"*": PX-11, x-lenght: PX-05}',
        0,
        "x-clause speaks of x-lenght, which does not stand here",
    ),
    "an expression that leads nowhere": (
        "x-length: $request.body#/sheets",
        "x-length: $request.body#/sheet",
        0,
        "/sheet leads nowhere in the request; did you mean '/sheets'?",
    ),
    "a image_field asked for by nothing": (
        '{"$request.body#/delivery": inline}',
        '{"$request.body#/zzzzzzzz": inline}',
        0,
        "/zzzzzzzz leads nowhere in the request; name a known field",
    ),
    "a size taken from nowhere": (
        "x-image: {size: $request.body#/canvas}",
        "x-image: {size: $request.body#/canva}",
        0,
        "/canva leads nowhere in the request; did you mean '/canvas'?",
    ),
    "a text mocked from nowhere": (
        "x-mock: $request.body#/wish/words",
        "x-mock: $request.body#/wish/word",
        0,
        "/wish/word leads nowhere in the request; did you mean '/wish/words'?",
    ),
    "a text mocked on a condition on nothing": (
        "x-mock: $request.body#/wish/words",
        "x-mock: {from: $request.body#/wish/words, when: {$request.body#/singed: true}}",
        0,
        "/singed leads nowhere in the request; did you mean '/signed'?",
    ),
    "a text mocked from nowhere, the longer way": (
        "x-mock: $request.body#/wish/words",
        "x-mock: {from: $request.body#/wish/word, as: extended}",
        0,
        "/wish/word leads nowhere in the request; did you mean '/wish/words'?",
    ),
    "a text mocked in a way that there is not": (
        "x-mock: $request.body#/wish/words",
        "x-mock: {from: $request.body#/wish/words, as: shouted}",
        0,
        'x-mock/as: "extended" was expected; docs/contract-format.md has an example',
    ),
    "a literal value that its place may not hold": (
        "title: {type: string, x-mock: $request.body#/wish/words}",
        "title: {type: string, x-mock: {value: 5}}",
        0,
        'x-mock 5: /album/pages/0/title may not hold it; type is "string" in line ',
    ),
    "a literal value of the wrong shape within": (
        "title: {type: string, x-mock: $request.body#/wish/words}",
        "cost: {type: object, required: [coins], x-mock: {value: {coin: 1}}}",
        0,
        'x-mock {"coin":1}: /album/pages/0/cost/coins may not hold it; required is ',
    ),
    "a value that is both literal and taken": (
        "x-mock: $request.body#/wish/words",
        "x-mock: {value: a, from: $request.body#/wish/words}",
        0,
        "x-mock: Additional properties are not allowed ('from' was unexpected)",
    ),
    "a condition on nothing": (
        "x-image: {size: $request.body#/canvas}",
        "x-image: {size: $request.body#/canvas, when: {$request.body#/engin: {const: fine}}}",
        0,
        "/engin leads nowhere in the request; did you mean '/engine'?",
    ),
    "a pointer that leads nowhere upstream": (
        "{pointer: /settings/dice, preserve",
        "{pointer: /settings/die, preserve",
        0,
        "x-upstream points to /settings/die; engine has no such field",
    ),
    "a constant that leads nowhere upstream": (
        "{/job/kind: picture}",
        "{/job/kid: picture}",
        0,
        "/job/kid leads nowhere in engine; did you mean '/job/kind'?",
    ),
    "a $ref that leads nowhere": (
        '$ref: "#/components/schemas/Order"',
        '$ref: "#/components/schemas/Ordr"',
        0,
        "points to nothing",
    ),
    "a mapping under a condition": (
        "strength: {x-upstream: {judged: false}}",
        "strength: {x-upstream: {pointer: /settings/force}}",
        0,
        "x-upstream with a pointer under a condition",
    ),
    "a mapping that is never judged": (
        "x-upstream: {pointer: /settings/inks}",
        "x-upstream: {judged: false}",
        0,
        "x-upstream that is never judged",
    ),
    "a clause without rule or reason": (
        "  PX-15: {level: not-judged, says: strength feels natural, excused: nobody",
        "  PX-15: {level: not-judged, says: it}\n  PX-16: {level: expected, says: more, excused: nobody",
        0,
        "no rule covers clause PX-15; cite it with x-clause, or say `excused`",
    ),
    "an excused clause with a rule": (
        "says: the page's own order works}",
        "says: the page's own order works, excused: it may not}",
        0,
        "clause PX-12 is excused and has a rule",
    ),
    "a rule without a clause": (
        "  schemas:\n    Order:\n      type: object\n      x-clause: PX-01\n",
        "  schemas:\n    Order:\n      type: object\n",
        2,
        "no clause for the rule body/type",
    ),
    "a judge that nobody knows": (
        "judge: answer-given",
        "judge: answer-taken",
        0,
        "no judge answer-taken; there are: ",
    ),
    "a rule that is there already": (
        "- {rule: answer/content-type",
        "- {rule: answer/given",
        0,
        "a second rule paintbox/answer/given; the first is at ",
    ),
    "an upstream document that is missing": (
        "document: engine.yaml",
        "document: engines.yaml",
        0,
        "no upstream document engines.yaml; it is looked for beside this file",
    ),
    "an upstream operation that is missing": (
        "operation: paint\n",
        "operation: print\n",
        0,
        "no operation print in engine.yaml; name an operationId",
    ),
    "another version of OpenAPI": (
        "openapi: 3.1.0",
        "openapi: 3.2.0",
        0,
        "OpenAPI 3.2.0; a contract is written in 3.1 or 3.0",
    ),
    "a security scheme that is not there": (
        "  - pass: []",
        "  - pas: []",
        -1,
        "no security scheme pas; describe it in",
    ),
    "a format almost like ours": (
        "format: image-size",
        "format: image-sise",
        0,
        "no format image-sise; did you mean 'image-size'?",
    ),
    "a required field that is none": (
        "required: [engine, wish]",
        "required: [engine, wishes]",
        0,
        "/wishes leads nowhere in the request; did you mean '/wish'?",
    ),
    "a required part of the answer that is none": (
        "required: [pages]",
        "required: [page]",
        0,
        "/album/page leads nowhere in the answer; did you mean '/album/pages'?",
    ),
    "a condition on a field that is none": (
        "if: {required: [engine], properties: {engine: {const: fine}}}",
        "if: {properties: {engin: {const: fine}}}",
        1,
        "/engin leads nowhere in the request; did you mean '/engine'?",
    ),
    "a default out of its range": (
        "default: 1\n          x-clause: PX-05",
        "default: 7\n          x-clause: PX-05",
        0,
        "default 7: /sheets may not hold it; maximum is 4 in line ",
    ),
    "an example of a field that is none": (
        "examples: [640*480, 640x480]",
        "examples: [640*480, large]",
        0,
        'examples "large": /canvas may not hold it; format is "image-size" in line ',
    ),
    "an example for readers that is none": (
        "examples: [640*480, 640x480]",
        "example: large",
        0,
        'example "large": /canvas may not hold it; format is "image-size" in line ',
    ),
    "a value to preserve that is never sent": (
        "dice, preserve: [0]",
        "dice, preserve: ['']",
        0,
        'preserve "": /chaos may not hold it; type is "integer" in line ',
    ),
    "images that come where a field has no such value": (
        'x-present-when: {"$request.body#/delivery": inline}',
        'x-present-when: {"$request.body#/delivery": in-line}',
        0,
        'x-present-when "in-line": /delivery may not hold it; enum is ["link","inline"] in line ',
    ),
    "an example of the page that breaks the contract": (
        "sheets: 2, canvas: 640x480}",
        "sheets: 5, canvas: 640x480}",
        -2,
        "the example first-order breaks the contract at /sheets; maximum is 4 in line ",
    ),
    "a mock's value where a field has no such value": (
        "title: {type: string, x-mock: $request.body#/wish/words}",
        'title: {type: string, x-mock: {from: $request.body#/wish/words, when: {"$request.body#/signed": 1}}}',
        0,
        'x-mock 1: /signed may not hold it; type is "boolean" in line ',
    ),
    "a second list of images": (
        "title: {type: string,",
        "notes: {x-length: $request.body#/sheets}\n                  title: {type: string,",
        0,
        "a second x-length",
    ),
    "a body without a schema": (
        'schema: {$ref: "#/components/schemas/Order"}',
        "example: {}",
        -1,
        "no application/json schema; add content with a schema",
    ),
    "two operations": (
        "paths:\n",
        "paths:\n  /other: {get: {}}\n",
        0,
        "2 operations; a contract describes exactly one operation",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_with_file_and_line(mistake: str, invented_path: Path) -> None:
    old, new, below, says = MISTAKES[mistake]
    line = spoil(invented_path, old, new) + below
    error = error_in(invented_path)
    assert says in str(error)
    assert f"{invented_path}:{line}: " in str(error)


def line_of(text: str, path: Path) -> int:
    return next(number for number, line in enumerate(path.read_text("utf-8").splitlines(), 1) if text in line)


@pytest.mark.parametrize(
    ("old", "new", "at", "says"),
    [
        ("bearer, x-clause: PX-02", "bearer, x-clause: PX-99", "post:", "clause PX-99 is not listed; set x-clause to"),
        (
            "documented, says: an engine",
            "not-judged, says: an engine",
            "required: [engine, wish]",
            "clause PX-03 is not judged",
        ),
        ('"200"', '"302"', "post:", "no successful response; describe the 2xx response"),
    ],
)
def test_what_shows_only_elsewhere_is_told_there(old: str, new: str, at: str, says: str, invented_path: Path) -> None:
    spoil(invented_path, old, new)
    error = error_in(invented_path)
    told = f"{invented_path}:{line_of(at, invented_path)}: {says}"
    assert any(line.startswith(told) for line in str(error).splitlines())


def test_a_field_that_is_mapped_to_no_upstream_is_told(invented_path: Path) -> None:
    text = invented_path.read_text("utf-8")
    start, end = text.index("      x-upstream:\n        document"), text.index("      requestBody:")
    invented_path.write_text(text[:start] + text[end:], "utf-8")
    line = line_of("x-upstream: {pointer: /job/tool", invented_path)
    assert str(error_in(invented_path)).startswith(
        f"{invented_path}:{line}: x-upstream on a field; say on the operation"
    )


@pytest.mark.parametrize(
    ("old", "new", "at", "says"),
    [
        ("$request.body#/settings/copies", "$request.body#/settings/copy", "count:", "/settings/copy leads nowhere in"),
        ("x-protocol: dashscope", "description: none", "post:", "an upstream operation needs x-images and x-protocol"),
        ("maxLength: 40", "maxlength: 40", "maxlength", "unknown keyword maxlength; did you mean 'maxLength'?"),
        ("x-refusal: {message", "x-refusal: {massage", "x-refusal", "x-refusal: "),
    ],
)
def test_a_mistake_in_the_upstream_is_told_in_its_file(
    old: str, new: str, at: str, says: str, invented_path: Path
) -> None:
    upstream = invented_path.with_name("engine.yaml")
    spoil(upstream, old, new)
    assert str(error_in(invented_path)).startswith(f"{upstream}:{line_of(at, upstream)}: {says}")


def test_a_level_of_its_own_does_not_hide_a_clause_that_is_not_listed(invented_path: Path) -> None:
    line = spoil(invented_path, "x-mock: $request.body#/wish/words}", "x-clause: PX-99, x-level: expected}")
    assert str(error_in(invented_path)).startswith(f"{invented_path}:{line}: clause PX-99 is not listed")


def test_a_file_that_is_not_there_is_told_by_name(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"gone\.yaml does not exist"):
        load_contract(tmp_path / "gone.yaml")


def test_all_mistakes_of_the_schemas_are_told_at_once(invented_path: Path) -> None:
    changes = (("maxLength: 200", "zzz: 200"), ("maximum: 99", "maximum: high"))
    lines = [spoil(invented_path, old, new) for old, new in changes]
    error = error_in(invented_path)
    assert [str(one.place) for one in (error, *error.others)] == [f"{invented_path}:{line}" for line in sorted(lines)]


def test_all_clauses_that_are_wrong_are_told_at_once(invented_path: Path) -> None:
    """Those that are not listed, and those that no rule covers any more."""
    cited = ("PX-04", "PX-06")
    for clause in cited:
        spoil(invented_path, f"x-clause: {clause}\n", f"x-clause: {clause}x\n")
    error = error_in(invented_path)
    assert all(one.place is not None for one in (error, *error.others))
    told = {one.problem for one in (error, *error.others)}
    assert {f"clause {clause}x is not listed" for clause in cited} <= told
    assert "no rule covers clause PX-04" in told
