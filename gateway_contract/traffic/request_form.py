"""The same request as different clients send it: other headers, another framing."""

from collections.abc import Mapping

from gateway_contract.traffic.exchange import Headers, RequestForm

ADDED: Mapping[RequestForm, Headers] = {
    RequestForm.CHUNKED: (("Transfer-Encoding", "chunked"),),
    RequestForm.EXPECT: (("Expect", "100-continue"),),
    RequestForm.UPGRADE: (
        ("Connection", "Upgrade, HTTP2-Settings"),
        ("Upgrade", "h2c"),
        ("HTTP2-Settings", "AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA"),
    ),
    RequestForm.ANY_MEDIA_TYPE: (("Accept", "*/*"),),
    RequestForm.SEVERAL_MEDIA_TYPES: (("Accept", "application/json, text/plain, */*"),),
    RequestForm.CLOSE: (("Connection", "close"),),
    RequestForm.IDENTITY: (("Accept-Encoding", "identity"),),
    RequestForm.OWN_SECRETS: (
        ("Cookie", "session=canary-in-a-cookie"),
        ("Proxy-Authorization", "Basic canary-for-the-proxy"),
    ),
}
"""The headers that a form has beside those of the plain request."""


def in_form(headers: Headers, form: RequestForm) -> Headers:
    """The headers of the plain request as they are in a form."""
    match form:
        case RequestForm.CHARSET:
            return _with_charset(headers, "; charset=utf-8")
        case RequestForm.CHARSET_IN_CAPITALS:
            return _with_charset(headers, ";charset=UTF-8")
        case RequestForm.LOWER_CASE:
            return tuple((name.lower(), value) for name, value in headers)
        case RequestForm.UPPER_CASE:
            return tuple((name.upper(), value) for name, value in headers)
    return headers + ADDED.get(form, ())


def _with_charset(headers: Headers, charset: str) -> Headers:
    return tuple((name, f"{value}{charset}" if name.lower() == "content-type" else value) for name, value in headers)
