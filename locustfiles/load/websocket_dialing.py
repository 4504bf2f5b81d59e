"""Opening a WebSocket: the connection, the handshake, the greeting, each failure with its kind."""

import ssl
from collections.abc import Mapping
from typing import Literal

from analysis.endpoint import Endpoint
from analysis.failure import Failure, FailureKind
from analysis.target_parts import Tls
from analysis.websocket import WebSocket
from analysis.websocket_file import SWITCHING
from locustfiles.load.connection import Connection
from locustfiles.load.dialect import new_decoders
from locustfiles.load.dialing import Dialer, DialError
from locustfiles.load.exchange import Exchange
from locustfiles.load.handshake import Handshake, Opener
from locustfiles.load.request import parse_origin
from locustfiles.load.stamp import kernel_stamps_work, now_ns
from locustfiles.load.stream_event import EventKind
from locustfiles.load.tls_context import tls_context
from locustfiles.load.websocket_link import WebSocketLink
from locustfiles.load.websocket_messages import WebSocketMessages

CUT = "connection closed before the WebSocket was open"


class WebSocketDialer:
    """Opens WebSockets to one endpoint, and enters into the exchange that needs one how that went."""

    def __init__(self, base_url: str, endpoint: Endpoint, headers: Mapping[str, str], tls: Tls) -> None:
        """Raises UsageError for a base URL that is none, a bad header, and files that TLS cannot use."""
        origin = parse_origin(base_url)
        stamps = kernel_stamps_work()
        context = tls_context(tls) if origin.secure else None
        self.clock: Literal["kernel", "user"] = "kernel" if stamps else "user"
        self._endpoint = endpoint
        self._settings = endpoint.websocket or WebSocket()
        self._new_decoder = new_decoders(endpoint) if endpoint.dialect.is_stream else None
        self._dialer = Dialer(origin, endpoint.connect_timeout_s, stamps=stamps, context=context)
        self._opener = Opener(origin, endpoint.path, headers, self._settings, endpoint.max_body_bytes)

    def dial(self, exchange: Exchange, deadline_s: float, timeout_s: float) -> WebSocketLink | None:
        """None when that failed: by the transport, or by a status that the exchange then has."""
        began_ns = now_ns()
        try:
            connection = self._dialer.dial(timeout_s)
        except DialError as error:
            exchange.failure = error.failure
            return None
        exchange.connect_ns = now_ns() - began_ns
        try:
            connection.give_up_at(deadline_s)
            link = self._opened(exchange, connection, timeout_s)
        except BaseException:
            connection.close()
            raise
        if link is None:
            connection.close()
        return link

    def _opened(self, exchange: Exchange, connection: Connection, timeout_s: float) -> WebSocketLink | None:
        handshake = self._opener.handshake()
        asked_ns = now_ns()
        link = None
        try:
            connection.send(handshake.request)
            self._await_agreement(exchange, connection, handshake)
            if exchange.failure is None and handshake.status == SWITCHING:
                messages = WebSocketMessages(handshake.protocol, self._endpoint.max_body_bytes)
                link = WebSocketLink(connection, messages, self._is_harmless)
                self._await_greeting(exchange, link)
        except TimeoutError:
            detail = f"WebSocket not opened within {timeout_s:g} s"
            exchange.failure = Failure(FailureKind.TIMEOUT, detail)
        except OSError as error:
            exchange.failure = transport_failure(error, CUT)
        if exchange.failure is not None:
            return None
        exchange.handshake_ns = connection.stamp_ns - asked_ns
        return link

    def _await_agreement(self, exchange: Exchange, connection: Connection, handshake: Handshake) -> None:
        while not handshake.done:
            data = connection.receive()
            if not data:
                exchange.failure = Failure(FailureKind.TRUNCATED, CUT)
                return
            exchange.received_bytes += len(data)
            handshake.feed(data)
        exchange.status = handshake.status
        exchange.failure = handshake.failure
        if handshake.status != SWITCHING:
            exchange.head = handshake.head

    def _await_greeting(self, exchange: Exchange, link: WebSocketLink) -> None:
        """What a service says before it is asked is no part of an answer."""
        messages = link.heard_already()
        while self._settings.greeting and not messages and link.end is None:
            messages = link.hear()
        exchange.received_bytes += link.received_bytes
        exchange.failure = link.end
        if self._settings.greeting and exchange.failure is None and self._new_decoder is not None:
            events = self._new_decoder().feed(messages[0], link.stamp_ns)
            if any(event.kind is EventKind.ERROR for event in events):
                exchange.failure = Failure(FailureKind.STREAM_ERROR, "error instead of a greeting")

    def _is_harmless(self, message: bytes) -> bool:
        """Whether a message that nobody asked for says nothing that belongs to an answer."""
        if self._new_decoder is None:
            return False
        decoder = self._new_decoder()
        events = decoder.feed(message, 0)
        seen = decoder.finish()
        is_fine = seen is not None and seen.kind is FailureKind.TRUNCATED
        return is_fine and all(event.kind is EventKind.OTHER for event in events)


def transport_failure(error: OSError, truncation: str) -> Failure:
    """What an error of a connection is; `truncation` says what it cut off."""
    if isinstance(error, ssl.SSLEOFError):
        return Failure(FailureKind.TRUNCATED, truncation)
    if isinstance(error, ssl.SSLError):
        return Failure(FailureKind.TLS, error.reason or "TLS failed")
    return Failure(FailureKind.RESET, error.strerror or "connection reset")
