"""Whether what stands around a contract's operation holds together: the version of OpenAPI, and who may call."""

from collections.abc import Iterator

from gateway_contract.document import Document, DocumentError
from gateway_contract.pointer import below, read


def check_frame(document: Document, operation: str) -> None:
    """Raises DocumentError for another version than 3.1, and for a security scheme that nobody described."""
    version = str(document.tree.get("openapi"))
    if not version.startswith("3.1."):
        raise DocumentError(document.place("/openapi"), f"OpenAPI {version}", "a contract is written in 3.1")
    schemes = read(document.tree, "/components/securitySchemes")
    for at in ("/security", below(operation, "security")):
        for name in _schemes_in(read(document.tree, at)):
            if not isinstance(schemes, dict) or name not in schemes:
                raise DocumentError(document.place(at), f"no security scheme {name}", "describe it in components")


def _schemes_in(security: object) -> Iterator[str]:
    for requirement in security if isinstance(security, list) else ():
        yield from requirement if isinstance(requirement, dict) else ()
