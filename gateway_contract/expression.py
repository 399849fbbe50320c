"""OpenAPI runtime expressions, as far as contracts use them: `$request.body#/pointer` (OpenAPI 3.1, 4.8.20.4)."""

PREFIX = "$request.body#"


def request_pointer(expression: str) -> str:
    """The JSON Pointer into the request body that an expression names. Raises ValueError for other expressions."""
    if not expression.startswith(PREFIX + "/"):
        raise ValueError(f"{expression!r} is not {PREFIX}/pointer")
    return expression.removeprefix(PREFIX)
