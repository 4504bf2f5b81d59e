"""Asks one endpoint once over a WebSocket and checks the answer as the load would."""

import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace

from analysis.endpoint import Endpoint
from analysis.failure import Failure, FailureKind
from analysis.target_parts import Tls
from analysis.websocket import WebSocket
from analysis.websocket_file import SWITCHING
from locustfiles.load.body_template import BodyTemplate
from locustfiles.load.exchange import Exchange
from locustfiles.load.handshake import Opener
from locustfiles.load.request import parse_origin
from locustfiles.load.tls_context import tls_context
from locustfiles.load.websocket_messages import WebSocketMessages
from scripts.doctor_checks.answer import Answer, BodyRefusedError, ms_since, read_stream, read_whole
from scripts.sidecar.reason import short_reason

_READ_BYTES = 65_536


def ask_chat(
    base_url: str, tls: Tls, endpoint: Endpoint, headers: Mapping[str, str], question: str
) -> Answer:
    """One question on a connection of its own; whatever goes wrong is the answer's failure."""
    message = BodyTemplate(endpoint.body).fill(question) or b""
    try:
        with closing(_connected(base_url, tls, endpoint.connect_timeout_s)) as connection:
            talk = _Talk(connection, base_url, endpoint, headers)
            return talk.answer(message)
    except BodyRefusedError as error:
        return Answer(error.failure)
    except OSError as error:
        return Answer(_transport_failure(error))


def _connected(base_url: str, tls: Tls, timeout_s: float) -> socket.socket:
    origin = parse_origin(base_url)
    try:
        plain = socket.create_connection((origin.host, origin.port), timeout=timeout_s)
    except OSError as error:
        raise BodyRefusedError(Failure(FailureKind.CONNECT, short_reason(error))) from error
    if not origin.secure:
        return plain
    try:
        return tls_context(tls).wrap_socket(plain, server_hostname=origin.host)
    except BaseException:
        plain.close()
        raise


class _Talk:
    """One connection, which waits for nothing beyond the endpoint's timeout."""

    def __init__(
        self, connection: socket.socket, base_url: str, endpoint: Endpoint, headers: Mapping[str, str]
    ) -> None:
        settings = endpoint.websocket or WebSocket()
        opener = Opener(parse_origin(base_url), endpoint.path, headers, settings, endpoint.max_body_bytes)
        self._connection = connection
        self._endpoint = endpoint
        self._greets = settings.greeting
        self._handshake = opener.handshake()
        self._messages = WebSocketMessages(self._handshake.protocol, endpoint.max_body_bytes)
        self._deadline = time.monotonic() + endpoint.timeout_s

    def answer(self, message: bytes) -> Answer:
        """Times count from the question."""
        endpoint, handshake = self._endpoint, self._handshake
        self._send(handshake.request)
        while not handshake.done:
            handshake.feed(self._received() or self._ended())
        if handshake.failure is not None:
            raise BodyRefusedError(handshake.failure)
        exchange = Exchange(sched_ns=0, status=handshake.status, head=handshake.head)
        started = time.monotonic()
        if handshake.status != SWITCHING:
            return replace(read_whole(exchange, endpoint, ()), total_ms=ms_since(started))
        self._wait_for_greeting()
        started = time.monotonic()
        self._messages.say(message)
        self._send(self._messages.to_send())
        chunks = self._heard()
        if endpoint.dialect.is_stream:
            answer = read_stream(exchange, endpoint, chunks, started)
        else:
            answer = read_whole(exchange, endpoint, [next(chunks)])
        self._messages.farewell()
        self._send(self._messages.to_send())
        return replace(answer, total_ms=ms_since(started))

    def _wait_for_greeting(self) -> None:
        greeting = self._messages.settle(0)
        while self._greets and not greeting:
            greeting = [next(self._heard())]

    def _heard(self) -> Iterator[bytes]:
        """Message by message; raises BodyRefusedError when there comes no more."""
        size = 0
        while self._messages.end is None:
            for message in self._messages.take(self._received(), 0):
                size += len(message)
                if size > self._endpoint.max_body_bytes:
                    detail = f"answer larger than {self._endpoint.max_body_bytes} bytes"
                    raise BodyRefusedError(Failure(FailureKind.PROTOCOL, detail))
                yield message
            self._send(self._messages.to_send())
        raise BodyRefusedError(self._messages.end)

    def _received(self) -> bytes:
        self._connection.settimeout(max(0.001, self._deadline - time.monotonic()))
        return self._connection.recv(_READ_BYTES)

    def _send(self, data: bytes) -> None:
        if data:
            self._connection.sendall(data)

    def _ended(self) -> bytes:
        detail = "connection closed before the WebSocket was open"
        raise BodyRefusedError(Failure(FailureKind.TRUNCATED, detail))


def _transport_failure(error: OSError) -> Failure:
    reason = short_reason(error)
    match error:
        case TimeoutError():
            return Failure(FailureKind.TIMEOUT, "no answer in time")
        case ssl.SSLError():
            return Failure(FailureKind.TLS, reason)
        case _:
            return Failure(FailureKind.RESET, reason)
