"""As much of curl as the reports use, for machines that have none."""

import argparse
import sys
from http.client import HTTPConnection
from urllib.parse import urlsplit


def main() -> None:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("-X", dest="method")
    parser.add_argument("--head", dest="method", action="store_const", const="HEAD")
    parser.add_argument("-H", dest="headers", action="append", default=[])
    parser.add_argument("-d", "--data-raw", dest="body")
    parser.add_argument("--data-binary", dest="piped", choices=["@-"])
    parser.add_argument("--request-target", dest="target")
    parser.add_argument("url")
    told = parser.parse_args()
    body = sys.stdin.buffer.read() if told.piped else None if told.body is None else told.body.encode()
    method = told.method or ("GET" if body is None else "POST")
    url = urlsplit(told.url)
    connection = HTTPConnection(url.netloc, timeout=20)
    connection.putrequest(method, told.target or told.url.removeprefix(f"{url.scheme}://{url.netloc}"))
    if body is not None:
        connection.putheader("Content-Length", str(len(body)))
        if not any(header.lower().startswith("content-type") for header in told.headers):
            connection.putheader("Content-Type", "application/x-www-form-urlencoded")
    for name, value in filter(None, map(header, told.headers)):
        connection.putheader(name, value)
    connection.endheaders(body)
    sys.stdout.buffer.write(connection.getresponse().read())


def header(told: str) -> tuple[str, bytes] | None:
    """`Name;` asks for an empty value, `Name:` for no such header."""
    if told.endswith(";") and ":" not in told:
        return told[:-1], b""
    name, _, value = told.partition(":")
    return (name, value.strip(" ").encode()) if value.strip() else None


if __name__ == "__main__":
    main()
