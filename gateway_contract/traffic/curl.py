"""TODO docstring."""

ANY_TOKEN = "any-token"  # noqa: S105 - it is none
VARIABLE = "GATEWAY_TOKEN"


def curl_authorization(secured: bool) -> str:  # noqa: FBT001 - as above
    return f'"Authorization: Bearer ${VARIABLE}"' if secured else f"'Authorization: Bearer {ANY_TOKEN}'"
