"""Debian's nginx before a gateway, in the ways that operators put it there."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from string import Template
from urllib.parse import urlsplit

import pytest

from tests.end_to_end.certificates import Certificates
from tests.end_to_end.processes import listening
from tests.ports import free_port

EXECUTABLE = Path("/usr/sbin/nginx")
MISSING = f"nginx is needed, and is neither at {EXECUTABLE} nor on the path. On Debian: apt-get install nginx"


class Configuration(Template):
    """A configuration of nginx, whose own variables begin with a dollar sign, with places like @port."""

    delimiter = "@"


@dataclass(frozen=True, slots=True)
class Site:
    """A proxy before a gateway: directives of a server, and of the http block around it.

    Its address has `scheme`, and `path` or else the path of the gateway's own address.
    """

    server: str
    http: str = ""
    scheme: str = "http"
    path: str | None = None


TLS = """
    listen 127.0.0.1:@port ssl;
    ssl_certificate @server;
    ssl_certificate_key @server_key;
"""
PLAIN = """
    listen 127.0.0.1:@port;
    proxy_set_header Host $http_host;  # links to images lead back here
"""
LIMITED_POSTS = """
    map $request_method $limited { POST $binary_remote_addr; default ""; }
    limit_req_zone $limited zone=posts:1m rate=100r/s;  # less than the suite sends where nothing limits it
    limit_req_status 429;
"""

TLS_WITH_PREFIX = Site(
    scheme="https",
    path="/team/gw",
    server=TLS + "location /team/gw/ { proxy_pass @gateway/; }",
)
CLIENT_CERTIFICATE = Site(
    scheme="https",
    server=TLS
    + """
    ssl_client_certificate @authority;
    ssl_verify_client on;
    if ($http_x_tenant != blue) { return 403; }
    location / { proxy_pass @origin; }
    """,
)
RATE_LIMIT = Site(
    http=LIMITED_POSTS,
    server=PLAIN + "location / { limit_req zone=posts; proxy_pass @origin; }",
)
RATE_LIMIT_WITH_RETRY_AFTER = Site(
    http=LIMITED_POSTS,
    server=PLAIN
    + """
    location / { limit_req zone=posts; error_page 429 @@later; proxy_pass @origin; }
    location @@later { add_header Retry-After 1 always; return 429; }
    """,
)
BODY_LIMIT = Site(
    server=PLAIN + "client_max_body_size 1k; location / { proxy_pass @origin; }",
)
TIME_LIMIT = Site(
    server=PLAIN + "proxy_read_timeout 5s; location / { proxy_pass @origin; }",
)
SLOW_GATEWAY = Site(
    server=PLAIN
    + """
    proxy_read_timeout 2s;
    proxy_set_header X-Mock-Scenario latency-per-image(500ms);
    location / { proxy_pass @origin; }
    """,
)
"""The mock takes so long for an image that five are too many for the proxy."""
HEADERS = Site(
    http="gzip on; gzip_types application/json; gzip_min_length 1;",
    server=PLAIN
    + """
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    proxy_set_header X-Request-ID $request_id;
    add_header X-Request-ID $request_id always;
    add_header Strict-Transport-Security max-age=31536000 always;
    add_header Vary Origin always;
    location / { proxy_pass @origin; }
    """,
)
"""Sets and adds headers, and compresses."""

WHOLE = Configuration("""
daemon off;
master_process off;  # one process, with the rights of whoever runs the tests
error_log stderr warn;
pid nginx.pid;
events { worker_connections 512; }
http {
    access_log off;
    client_body_temp_path bodies;
    proxy_temp_path answers;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    @http
    server { @server_block }
}
""")


@contextmanager
def nginx(site: Site, gateway: str, certificates: Certificates, folder: Path) -> Iterator[str]:
    """The address of `gateway` behind nginx, which keeps its files in `folder`, until the block ends."""
    executable = shutil.which("nginx") or str(EXECUTABLE)
    if not Path(executable).exists():
        pytest.fail(MISSING, pytrace=False)
    port, address = free_port(), urlsplit(gateway)
    server_block = Configuration(site.server).substitute(
        port=port,
        gateway=gateway,
        origin=f"{address.scheme}://{address.netloc}",
        authority=certificates.authority,
        server=certificates.server,
        server_key=certificates.server_key,
    )
    configuration = folder / "nginx.conf"
    configuration.write_text(WHOLE.substitute(http=site.http, server_block=server_block), "utf-8")
    command = [executable, "-p", str(folder), "-e", "stderr", "-c", str(configuration)]
    with listening(command, port, folder / "nginx.log", folder=folder):
        yield f"{site.scheme}://127.0.0.1:{port}{address.path if site.path is None else site.path}"
