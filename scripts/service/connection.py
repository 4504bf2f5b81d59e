"""Lets a request break the very connection that it came on, for faults a handler cannot show otherwise."""

import socket
import struct
from collections.abc import Mapping
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

_EXTENSION = "plimsoll.connection"


class BreakableProtocol(HttpToolsProtocol):
    """uvicorn's own protocol, with the transport within reach of the application."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {_EXTENSION: {"transport": self.transport}}


class BreakableWebSocket(WebSocketsSansIOProtocol):
    """The same once a connection has become a WebSocket."""

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if "scope" in vars(self):  # not when the handshake was refused
            self.scope["extensions"][_EXTENSION] = {"transport": self.transport}


def cut(scope: Mapping[str, Any]) -> None:
    """Ends the connection in order (FIN), in the middle of whatever was being sent."""
    scope["extensions"][_EXTENSION]["transport"].close()


def reset(scope: Mapping[str, Any]) -> None:
    """Ends the connection with a reset (RST): unsent data is thrown away."""
    transport = scope["extensions"][_EXTENSION]["transport"]
    linger_off = struct.pack("ii", 1, 0)
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_off)
    transport.abort()
