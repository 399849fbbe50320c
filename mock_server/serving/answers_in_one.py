"""What a server writes, in as few pieces as can be."""

import asyncio

SAYS_LENGTH = b"content-length: "  # as uvicorn writes it


class AnswersInOne:
    """A transport that sends the head of an answer together with what comes after it: to send is what costs most.

    A head that does not say how long its answer is begins a stream, and is sent at once. What is written when the peer
    has just gone is lost without a word; uvloop's transport raises.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self.transport = transport
        self.head = b""  # that is still to be sent
        self.begun = False

    def write(self, data: bytes) -> None:
        if not self.begun:
            self.begun = True
            if SAYS_LENGTH in data:
                self.head = data
                return
        data, self.head = self.head + data, b""
        self.send(data)

    def end_answer(self) -> None:
        """What is written next is the head of another answer."""
        head, self.head, self.begun = self.head, b"", False
        if head:
            self.send(head)

    def is_closing(self) -> bool:
        return self.transport.is_closing()

    def close(self) -> None:
        self.end_answer()
        self.transport.close()

    def send(self, data: bytes) -> None:
        """What need not wait for anything, as an answer with its head and all."""
        if not self.transport.is_closing():
            self.transport.write(data)

    def __getattr__(self, name: str) -> object:
        return getattr(self.transport, name)
