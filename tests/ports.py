"""Ports of this machine for what tests start."""

import socket


def free_port() -> int:
    """A port on which nothing listens. Another process may take it before it is used; the system picks at random."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
