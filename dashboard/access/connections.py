"""Connections of browsers: bounded in number, and cut where no whole request comes."""

import asyncio
from typing import ClassVar

from uvicorn.protocols.http.h11_impl import H11Protocol

_FULL = b"HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\nretry-after: 10\r\ncontent-length: 0\r\n\r\n"


class BoundedProtocol(H11Protocol):
    """HTTP as uvicorn speaks it, for so many connections at a time.

    HEAD_SECONDS: from the first byte, or the connection, to the end of a request's head. IDLE_SECONDS: without a byte
    of a request's body that is not whole yet. Between two requests uvicorn waits some seconds by itself.
    """

    HEAD_SECONDS: ClassVar[float] = 15.0
    IDLE_SECONDS: ClassVar[float] = 60.0
    MOST: ClassVar[int] = 256

    _timer: asyncio.TimerHandle | None = None
    _awaits: str | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a connection, or say that there are too many."""
        super().connection_made(transport)
        if len(self.connections) > self.MOST:
            transport.write(_FULL)
            transport.close()
            return
        self._wait("head")

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for any more."""
        self._wait(None)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes, and wait for what is missing."""
        super().data_received(data)
        is_between = self.cycle is None or self.cycle.response_complete  # type: ignore[redundant-expr] # none at first
        if is_between:
            if self._awaits != "head":  # the time runs from its first byte, however many come
                self._wait("head")
        else:
            self._wait("body" if self.cycle.more_body else None)

    def on_response_complete(self) -> None:
        """Between two requests."""
        self._wait(None)
        super().on_response_complete()

    def _wait(self, awaited: str | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._awaits = awaited
        if awaited is not None and not self.transport.is_closing():
            seconds = self.HEAD_SECONDS if awaited == "head" else self.IDLE_SECONDS
            self._timer = self.loop.call_later(seconds, self._cut)

    def _cut(self) -> None:
        if self._awaits == "body" and self.flow.read_paused:  # it is we who do not read
            self._wait("body")
            return
        self.transport.abort()
