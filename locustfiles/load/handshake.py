"""Opening a WebSocket on a connection: the request to switch protocols, and the check of the answer to it."""

import logging
import re
from collections.abc import Mapping

from websockets.client import ClientProtocol
from websockets.exceptions import InvalidHeader, InvalidUpgrade, NegotiationError
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
from websockets.typing import Subprotocol
from websockets.uri import WebSocketURI

from analysis.failure import Failure, FailureKind
from analysis.websocket import WebSocket
from analysis.websocket_file import SWITCHING
from locustfiles.load.request import Origin, request_template

MAX_HEAD_BYTES = 65_536
END_OF_HEAD = b"\r\n\r\n"
STATUS_LINE = re.compile(rb"HTTP/1\.1 ([1-5]\d\d)[ \r]")
SET_BY_TEMPLATE = frozenset({"host"})
SILENT = logging.Logger("websockets", logging.CRITICAL + 1)
"""The library would log what is said, at Locust's level."""


class Opener:
    """Prepares handshakes with one endpoint."""

    def __init__(
        self, origin: Origin, path: str, headers: Mapping[str, str], settings: WebSocket, max_bytes: int
    ) -> None:
        """Raises UsageError for a header that HTTP does not allow."""
        self._head = request_template(origin, "GET", path, headers, {}).head
        self._uri = WebSocketURI(origin.secure, origin.host, origin.port, path, "")
        self._subprotocols = [Subprotocol(name) for name in settings.subprotocols] or None
        self._extensions = [ClientPerMessageDeflateFactory()] if settings.compression else None
        self._max_bytes = max_bytes

    def handshake(self) -> "Handshake":
        """A new one, for one connection."""
        protocol = ClientProtocol(
            self._uri,
            subprotocols=self._subprotocols,
            extensions=self._extensions,
            max_size=self._max_bytes,
            logger=SILENT,
        )
        lines = [
            f"{name}: {value}\r\n"
            for name, value in protocol.connect().headers.raw_items()
            if name.lower() not in SET_BY_TEMPLATE
        ]
        return Handshake(protocol, self._head + "".join(lines).encode() + b"\r\n")


class Handshake:
    """Feed it what arrives until it is `done`; then the protocol is open, or there is a failure."""

    __slots__ = ("_received", "done", "failure", "head", "protocol", "request", "status")

    def __init__(self, protocol: ClientProtocol, request: bytes) -> None:
        self.protocol = protocol
        self.request = request
        self.done = False
        self.failure: Failure | None = None
        self.status: int | None = None
        self.head = b""
        """Of the answer."""
        self._received = b""

    def feed(self, data: bytes) -> None:
        """Take bytes. What follows the head is given to the protocol: the service may speak at once."""
        self._received += data
        while not self.done:
            end = self._received.find(END_OF_HEAD)
            if end < 0:
                if len(self._received) > MAX_HEAD_BYTES:
                    self._fail(f"response head larger than {MAX_HEAD_BYTES} bytes")
                return
            match = STATUS_LINE.match(self._received)
            if match is None:
                self._fail("not an HTTP/1.1 response")
                return
            status = int(match[1])
            if 100 <= status < 200 and status != SWITCHING:
                self._received = self._received[end + len(END_OF_HEAD) :]  # an interim response
                continue
            self.status = status
            self.head = self._received[:end]
            self.done = True
            if status == SWITCHING:
                self._switch()

    def _switch(self) -> None:
        protocol = self.protocol
        protocol.receive_data(self._received)
        self._received = b""
        error = protocol.handshake_exc
        if error is None:
            return
        if isinstance(error, NegotiationError):
            self._fail("an extension or subprotocol that was not offered")
        elif isinstance(error, InvalidUpgrade | InvalidHeader):
            self._fail(f"header {error.name} of the handshake is missing or wrong")
        else:
            self._fail("the answer to the handshake is not valid")

    def _fail(self, detail: str) -> None:
        self.failure = Failure(FailureKind.PROTOCOL, detail)
        self.done = True
