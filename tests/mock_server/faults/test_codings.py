"""Content codings: another implementation unpacks what is packed, and the rarest that a client offers is chosen."""

import base64
import shutil
import subprocess
from collections.abc import Callable

import pytest

from mock_server.faults.codings import brotli, chosen_coding, zstandard

CONTENTS = [b"", b"a", b'{"output": 1}' * 3, bytes(range(256)) * 300]
NODE = shutil.which("node") or ""
UNPACK = """
const unpack = text => require("zlib").brotliDecompressSync(Buffer.from(text, "base64"));
process.stdout.write(Buffer.concat(process.argv.slice(1).map(unpack)));
"""


@pytest.mark.skipif(not NODE, reason="Node.js unpacks it")
def test_node_unpacks_brotli() -> None:
    packed = [base64.b64encode(brotli(content)).decode() for content in CONTENTS]
    unpacked = subprocess.run([NODE, "-e", UNPACK, *packed], capture_output=True, check=True)  # noqa: S603 # our own
    assert unpacked.stdout == b"".join(CONTENTS)


@pytest.mark.parametrize(
    ("pack", "packed"),
    [
        (brotli, b"\x00\x00\x10a\x03"),
        (zstandard, b"\x28\xb5\x2f\xfd\xa0\x01\x00\x00\x00\x09\x00\x00a"),
    ],
)
def test_a_block_is_stored_as_it_is(pack: Callable[[bytes], bytes], packed: bytes) -> None:
    assert pack(b"a") == packed


@pytest.mark.parametrize(
    ("accept_encoding", "coding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("zstd;q=0.5, br;q=0, gzip", "zstd"),
        ("gzip;q=0.0, deflate", "deflate"),
        ("identity", None),
        ("", None),
    ],
)
def test_the_rarest_coding_that_is_offered_is_chosen(accept_encoding: str, coding: str | None) -> None:
    assert chosen_coding(accept_encoding) == coding
