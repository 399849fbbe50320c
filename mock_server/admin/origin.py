"""Which pages may change a mock: its own. A page that somebody else wrote must not clear a developer's journal.

What such a page asks to read is answered, and kept from it by the browser: no header of the answer lets it have that.
"""

from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.datastructures import Headers

from mock_server.admin.problems import ProblemError

HARMLESS = {"GET", "HEAD", "OPTIONS"}


def check_origin(method: str, headers: Headers) -> None:
    """Raises ProblemError where a page of another origin wants a change.

    Browsers name the origin with every such request (RFC 6454, 7.3); other programs name none. The scheme may differ,
    since the mock does not know of a proxy before it that speaks TLS.
    """
    origin = headers.get("origin")
    if method in HARMLESS or origin is None or urlsplit(origin).netloc == headers.get("host"):
        return
    detail = f"A page of {origin} may neither read nor change what is here; only the mock's own pages may."
    raise ProblemError(HTTPStatus.FORBIDDEN, "Pages of other origins change nothing", detail)
