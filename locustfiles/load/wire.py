"""The HTTP/1.1 client of the load generator: one connection, no retries, no redirects, exact stamps."""

import ssl
from collections.abc import Iterator, Mapping, Sequence
from time import monotonic
from typing import Literal

from analysis.failure import Failure, FailureKind
from analysis.target_parts import Tls
from locustfiles.load.connection import Connection
from locustfiles.load.dialing import Dialer, DialError
from locustfiles.load.exchange import Exchange
from locustfiles.load.request import PreparedRequest, RequestTemplate, parse_origin, request_template
from locustfiles.load.response import ProtocolViolation, Response
from locustfiles.load.stamp import kernel_stamps_work, now_ns
from locustfiles.load.stream_end import settled
from locustfiles.load.stream_event import StreamDecoder, StreamEvent
from locustfiles.load.tls_context import tls_context

CONNECT_TIMEOUT_S = 5.0
TIMEOUT_S = 60.0
MAX_BODY_BYTES = 16 * 1024 * 1024
TEMPLATES_KEPT = 64
SYSTEM_TLS = Tls()


class WireClient:
    """Sends requests over at most one connection at a time; one client per user.

    It reports the transport alone: a 404 or a 500 is a finished exchange without failure, and the caller
    decides by what it expected. A connection that the service has closed is noticed before the request is
    sent, and opened anew. Once a byte was sent nothing is ever sent again.
    """

    def __init__(
        self,
        base_url: str,
        headers: Mapping[str, str] | None = None,
        *,
        connect_timeout_s: float = CONNECT_TIMEOUT_S,
        tls: Tls = SYSTEM_TLS,
    ) -> None:
        """Raises UsageError for a base URL that is none, and for files that TLS cannot use."""
        self._origin = parse_origin(base_url)
        self._headers = dict(headers or {})
        stamps = kernel_stamps_work()
        context = tls_context(tls) if self._origin.secure else None
        self.clock: Literal["kernel", "user"] = "kernel" if stamps else "user"
        self.opened = 0
        """Connections opened so far."""
        self._dialer = Dialer(self._origin, connect_timeout_s, stamps=stamps, context=context)
        self.resets = False
        """Whether connections are cut (RST) instead of closed."""
        self._templates: dict[tuple[object, ...], RequestTemplate] = {}
        self._connection: Connection | None = None
        self._response = Response()
        self._sent = False

    def prepare(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> PreparedRequest:
        """Raises UsageError for a method or header that HTTP does not allow."""
        key = (method, path, *headers.items()) if headers else (method, path)
        template = self._templates.get(key)
        if template is None:
            if len(self._templates) >= TEMPLATES_KEPT:
                self._templates.clear()
            template = request_template(self._origin, method, path, self._headers, headers or {})
            self._templates[key] = template
        return template.filled(body)

    def exchange(
        self,
        request: PreparedRequest,
        *,
        sched_ns: int,
        timeout_s: float = TIMEOUT_S,
        max_body_bytes: int = MAX_BODY_BYTES,
    ) -> Exchange:
        """One request and its whole answer. Whatever the service does is told by `failure`, never raised."""
        exchange = Exchange(sched_ns)
        try:
            if self._ask(exchange, request, timeout_s, max_body_bytes):
                while self._read(exchange, timeout_s):
                    pass
            self._settle(exchange)
        except BaseException:
            self.close()
            raise
        return exchange

    def stream(
        self,
        request: PreparedRequest,
        *,
        sched_ns: int,
        decoder: StreamDecoder,
        timeout_s: float = TIMEOUT_S,
        max_body_bytes: int = MAX_BODY_BYTES,
    ) -> "StreamExchange":
        """One request whose answer is iterated event by event; the request is sent when iteration starts."""
        return StreamExchange(self, request, Exchange(sched_ns), decoder, timeout_s, max_body_bytes)

    def close(self) -> None:
        """Close the connection, if there is one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            if self.resets:
                connection.reset_on_close()
            connection.close()
            self._response = Response()

    def _ask(
        self, exchange: Exchange, request: PreparedRequest, timeout_s: float, max_body_bytes: int
    ) -> bool:
        """Send the request, connecting first where needed; False when that failed."""
        deadline_s = monotonic() + timeout_s
        connection = self._connection
        if connection is not None and connection.is_stale():
            self.close()
            connection = None
        if connection is None:
            connection = self._connect(exchange, timeout_s)
            if connection is None:
                return False
        self._response.expect(head_only=request.method == "HEAD", max_body_bytes=max_body_bytes)
        connection.give_up_at(deadline_s)
        self._sent = False
        exchange.send_ns = now_ns()
        try:
            self._sent = connection.send(request.data)
        except TimeoutError:
            return self._fail(exchange, FailureKind.TIMEOUT, f"request not taken within {timeout_s:g} s")
        except ssl.SSLError as error:
            return self._fail(exchange, FailureKind.TLS, error.reason or "TLS failed")
        except OSError:
            # The service may have answered before it hung up; reading tells.
            return True
        return True

    def _connect(self, exchange: Exchange, timeout_s: float) -> Connection | None:
        began_ns = now_ns()
        try:
            connection = self._dialer.dial(timeout_s)
        except DialError as error:
            exchange.failure = error.failure
            return None
        exchange.connect_ns = now_ns() - began_ns
        self._connection = connection
        self.opened += 1
        return connection

    def _read(self, exchange: Exchange, timeout_s: float) -> bool:
        """Take one read; False when the response has ended, well or badly."""
        connection = self._connection
        response = self._response
        assert connection is not None  # noqa: S101 -- `_ask` has connected; for the type checker
        try:
            data = connection.receive()
        except TimeoutError:
            return self._fail(exchange, FailureKind.TIMEOUT, f"no complete response within {timeout_s:g} s")
        except ssl.SSLEOFError:
            return self._fail(exchange, FailureKind.TRUNCATED, _truncation(exchange))
        except ssl.SSLError as error:
            return self._fail(exchange, FailureKind.TLS, error.reason or "TLS failed")
        except OSError as error:
            return self._fail(exchange, FailureKind.RESET, error.strerror or "connection reset")
        if not data:
            if not response.ends_with_connection():
                return self._fail(exchange, FailureKind.TRUNCATED, _truncation(exchange))
            return False
        stamp_ns = connection.stamp_ns
        if exchange.first_ns is None:
            exchange.first_ns = stamp_ns
        exchange.last_ns = stamp_ns
        lag_ns = connection.lag_ns
        if lag_ns is not None and (exchange.wake_lag_ns is None or lag_ns > exchange.wake_lag_ns):
            exchange.wake_lag_ns = lag_ns
        exchange.received_bytes += len(data)
        try:
            response.feed(data)
        except ProtocolViolation as violation:
            return self._fail(exchange, FailureKind.PROTOCOL, str(violation))
        return not response.complete

    def _fail(self, exchange: Exchange, kind: FailureKind, detail: str) -> Literal[False]:
        exchange.failure = Failure(kind, detail)
        return False

    def _settle(self, exchange: Exchange) -> None:
        """Take over the response; keep the connection only if it was complete and allows that."""
        response = self._response
        if self._connection is not None:
            exchange.status = response.status
            exchange.head = response.head
            exchange.body = response.take_body()
            exchange.body_bytes = response.body_bytes
            if exchange.failure is not None or not (self._sent and response.complete and response.keep_alive):
                self.close()


class StreamExchange:
    """An exchange whose events are iterated as they arrive; `exchange` is finished after the loop.

    Leaving the loop early closes the connection. The answer to a status other than 2xx is no stream:
    its body is kept in `exchange.body` and nothing is decoded.
    """

    def __init__(
        self,
        client: WireClient,
        request: PreparedRequest,
        exchange: Exchange,
        decoder: StreamDecoder,
        timeout_s: float,
        max_body_bytes: int,
    ) -> None:
        self.exchange = exchange
        self._client = client
        self._request = request
        self._decoder = decoder
        self._timeout_s = timeout_s
        self._max_body_bytes = max_body_bytes
        self._finished = False

    def __iter__(self) -> Iterator[StreamEvent]:
        """Iterate once. An event's stamp is that of the read that completed it."""
        for events in self.reads():
            yield from events

    def reads(self) -> Iterator[Sequence[StreamEvent]]:
        """The same, read by read: the events that one read completed have one stamp."""
        client, exchange, decoder = self._client, self.exchange, self._decoder
        try:
            if client._ask(exchange, self._request, self._timeout_s, self._max_body_bytes):
                response = client._response
                going_on = True
                while going_on:
                    going_on = client._read(exchange, self._timeout_s)
                    if response.status is None or not 200 <= response.status < 300:
                        continue
                    body = response.take_body()
                    if body:
                        events = decoder.feed(body, exchange.last_ns or 0)
                        if not events and decoder.is_lost:
                            break
                        yield events
                yield from self._end(response)
            client._settle(exchange)
            self._finished = True
        finally:
            if not self._finished:
                client.close()

    def _end(self, response: Response) -> Iterator[Sequence[StreamEvent]]:
        if response.status is None or not 200 <= response.status < 300:
            return
        exchange, decoder = self.exchange, self._decoder
        rest = decoder.rest(exchange.last_ns or 0)
        if rest:
            yield rest
        exchange.failure = settled(decoder.finish(), exchange.failure, is_whole=response.complete)


def _truncation(exchange: Exchange) -> str:
    if exchange.received_bytes == 0:
        return "connection closed before any byte of the response"
    return "connection closed before the end of the response"
