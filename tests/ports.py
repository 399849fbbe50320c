"""Ports of this machine for what tests start."""

import errno
import random
import socket

OURS = range(20_000, 32_000)
"""Below those that Linux gives to whoever asks for any, which would take one between its choice and its use."""


def free_port() -> int:
    """A port on which nothing listens, chosen at random: other tests choose theirs at the same time."""
    while True:
        port = random.SystemRandom().choice(OURS)
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
        else:
            return port
