"""One connection at a time, and one exchange at a time on it: sent, received, failed or finished."""

import ssl
from math import inf
from time import monotonic
from typing import Literal

from analysis.failure import Failure, FailureKind
from locustfiles.load.connection import Connection
from locustfiles.load.dialing import Dialer, DialError
from locustfiles.load.exchange import Exchange
from locustfiles.load.request import PreparedRequest
from locustfiles.load.response import Response
from locustfiles.load.stamp import now_ns
from locustfiles.load.violation import ProtocolViolation


class Transport:
    """`ask`, `read` until it says False, then `settle`. After an exception, `close`."""

    def __init__(self, dialer: Dialer) -> None:
        self.opened = 0
        """Connections opened so far."""
        self.resets = False
        """Whether connections are cut (RST) instead of closed."""
        self._dialer = dialer
        self._connection: Connection | None = None
        self.response = Response()
        """Of the exchange that goes on."""
        self._sent: bool | None = None
        """Whether the request is sent; False while something that came is read first, None after an error."""
        self._timeout_s = self._deadline_s = 0.0
        self._first_byte_timeout_s: float | None = None
        """The limit that holds until the first byte of the answer, when it is the sooner one."""

    def close(self) -> None:
        """Close the connection, if there is one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            if self.resets:
                connection.reset_on_close()
            connection.close()
            self.response = Response()

    def ask(
        self, exchange: Exchange, request: PreparedRequest, timeout_s: float, max_body_bytes: int
    ) -> bool:
        """Send the request, connecting first where needed; False when that failed."""
        self._timeout_s = timeout_s
        self._first_byte_timeout_s = None
        self._deadline_s = deadline_s = monotonic() + timeout_s
        connection = self._connection
        if connection is not None and connection.is_stale():
            self.close()
            connection = None
        if connection is None:
            connection = self._connect(exchange, timeout_s)
            if connection is None:
                return False
        self.response.expect(
            max_body_bytes=max_body_bytes, head_only=request.method == "HEAD", codings=request.codings
        )
        connection.give_up_at(deadline_s)
        self._sent = None
        exchange.send_ns = now_ns()
        try:
            self._sent = connection.send(request.data)
        except OSError as error:
            return self._goes_on_unsent(exchange, error)
        first_byte_timeout_s = request.first_byte_timeout_s
        if first_byte_timeout_s is not None:
            first_byte_s = monotonic() + first_byte_timeout_s
            if first_byte_s < deadline_s:
                self._first_byte_timeout_s = first_byte_timeout_s
                connection.give_up_at(first_byte_s)
        return True

    def read(self, exchange: Exchange) -> bool:
        """Take one read; False when the response has ended, well or badly."""
        connection = self._connection
        response = self.response
        assert connection is not None  # noqa: S101 -- `ask` has connected; for the type checker
        try:
            data = connection.receive()
        except TimeoutError:
            return self._fail(exchange, FailureKind.TIMEOUT, self._lateness(exchange))
        except ssl.SSLEOFError:
            return self._fail(exchange, FailureKind.TRUNCATED, _truncation(exchange))
        except ssl.SSLError as error:
            return self._fail(exchange, FailureKind.TLS, error.reason or "TLS failed")
        except OSError as error:
            return self._fail(exchange, FailureKind.RESET, error.strerror or "connection reset")
        if not data:
            return self._end(exchange, response)
        stamp_ns = connection.stamp_ns
        if exchange.first_ns is None:
            exchange.first_ns = stamp_ns
            if self._first_byte_timeout_s is not None:
                connection.give_up_at(self._deadline_s)
        exchange.last_ns = stamp_ns
        lag_ns = connection.lag_ns
        if lag_ns is not None and (exchange.wake_lag_ns is None or lag_ns > exchange.wake_lag_ns):
            exchange.wake_lag_ns = lag_ns
        exchange.received_bytes += len(data)
        try:
            response.feed(data)
        except ProtocolViolation as violation:
            return self._fail(exchange, FailureKind.PROTOCOL, str(violation))
        if response.complete:
            return False
        return self._sent is not False or self._send_rest(exchange, connection)

    def read_ahead(self, ahead: bool) -> None:
        """Whether whatever comes is read at once; not while some of the request is still to be sent."""
        if self._connection is not None:
            self._connection.reads_ahead = ahead and bool(self._sent)

    def give_up_after(self, idle_s: float) -> None:
        """The next bytes must come within this time, and before the deadline of the exchange.

        Any that are there when somebody looks have ended the silence, however late it is by then.
        """
        if self._connection is not None:
            self._connection.good_until_s = self._deadline_s
            self._connection.give_up_at(min(self._deadline_s, monotonic() + idle_s))

    def end_watch(self) -> None:
        """The opposite of `give_up_after`, for the exchanges to come."""
        if self._connection is not None:
            self._connection.good_until_s = -inf

    def is_out_of_time(self) -> bool:
        """Whether the deadline of the exchange has passed."""
        return monotonic() >= self._deadline_s

    def settle(self, exchange: Exchange) -> None:
        """Take over the response; keep the connection only if it was complete and allows that."""
        response = self.response
        if self._connection is not None:
            exchange.status = response.status
            exchange.head = response.head
            exchange.body = response.take_body()
            exchange.body_bytes = response.body_bytes
            if exchange.failure is not None or not (self._sent and response.complete and response.keep_alive):
                self.close()

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

    def _send_rest(self, exchange: Exchange, connection: Connection) -> bool:
        """What came while sending may have been an interim response, or the beginning of a long answer."""
        self._sent = None
        try:
            self._sent = connection.send_rest()
        except OSError as error:
            return self._goes_on_unsent(exchange, error)
        return True

    def _goes_on_unsent(self, exchange: Exchange, error: OSError) -> bool:
        """A service that hung up may have answered before; reading tells."""
        if isinstance(error, TimeoutError):
            return self._fail(
                exchange, FailureKind.TIMEOUT, f"request not taken within {self._timeout_s:g} s"
            )
        if isinstance(error, ssl.SSLError):
            return self._fail(exchange, FailureKind.TLS, error.reason or "TLS failed")
        return True

    def _end(self, exchange: Exchange, response: Response) -> Literal[False]:
        """The service has closed the connection."""
        try:
            if not response.ends_with_connection():
                self._fail(exchange, FailureKind.TRUNCATED, _truncation(exchange))
        except ProtocolViolation as violation:
            self._fail(exchange, FailureKind.PROTOCOL, str(violation))
        return False

    def _lateness(self, exchange: Exchange) -> str:
        if exchange.first_ns is None and self._first_byte_timeout_s is not None:
            return f"no first byte within {self._first_byte_timeout_s:g} s of the request"
        return f"no complete response within {self._timeout_s:g} s"

    def _fail(self, exchange: Exchange, kind: FailureKind, detail: str) -> Literal[False]:
        exchange.failure = Failure(kind, detail)
        return False


def _truncation(exchange: Exchange) -> str:
    if exchange.received_bytes == 0:
        return "connection closed before any byte of the response"
    return "connection closed before the end of the response"
