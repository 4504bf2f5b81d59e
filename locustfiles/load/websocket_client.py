"""Asks over a WebSocket as the wire client does over HTTP: one connection, no retries, exact stamps."""

import ssl
from collections.abc import Iterator, Mapping, Sequence
from time import monotonic
from typing import Literal

from analysis.endpoint import Endpoint
from analysis.failure import Failure, FailureKind
from analysis.target_parts import Tls
from analysis.websocket import WebSocket
from analysis.websocket_file import SWITCHING
from locustfiles.load.exchange import Exchange
from locustfiles.load.request import PreparedRequest
from locustfiles.load.stamp import now_ns
from locustfiles.load.stream_end import is_over
from locustfiles.load.stream_event import StreamDecoder, StreamEvent
from locustfiles.load.websocket_dialing import WebSocketDialer, transport_failure
from locustfiles.load.websocket_link import WebSocketLink

SYSTEM_TLS = Tls()


class WebSocketClient:
    """Talks to one endpoint over at most one connection at a time; one client per user.

    What `exchange` and `stream` promise is what the wire client's do. A connection that has ended between two
    questions, or on which something came that nobody asked for, is opened anew.
    """

    def __init__(
        self,
        base_url: str,
        endpoint: Endpoint,
        headers: Mapping[str, str] | None = None,
        *,
        tls: Tls = SYSTEM_TLS,
    ) -> None:
        """Raises UsageError for a base URL that is none, a bad header, and files that TLS cannot use."""
        self._endpoint = endpoint
        self._settings = endpoint.websocket or WebSocket()
        self._dialer = WebSocketDialer(base_url, endpoint, headers or {}, tls)
        self.clock: Literal["kernel", "user"] = self._dialer.clock
        self.opened = 0
        """Connections opened so far."""
        self.resets = False
        """Whether connections are cut (RST) instead of closed."""
        self._link: WebSocketLink | None = None

    def exchange(
        self, request: PreparedRequest, *, sched_ns: int, timeout_s: float, max_body_bytes: int
    ) -> Exchange:
        """One question; the next message is its answer."""
        exchange = Exchange(sched_ns)
        try:
            link = self._ask(exchange, request, timeout_s)
            while link is not None and not exchange.body and exchange.failure is None:
                messages = self._hear(exchange, link, timeout_s, max_body_bytes)
                if messages:
                    exchange.body = messages[0]
                    if len(messages) > 1:
                        self.close()
                    break
                exchange.failure = exchange.failure or link.end
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
        timeout_s: float,
        max_body_bytes: int,
    ) -> "Conversation":
        """One question whose answer is iterated read by read; it is asked when iteration starts."""
        return Conversation(self, request, Exchange(sched_ns), decoder, timeout_s, max_body_bytes)

    def close(self) -> None:
        """Close the connection, if there is one."""
        link, self._link = self._link, None
        if link is not None:
            if self.resets:
                link.reset_on_close()
            link.close()

    def _ask(self, exchange: Exchange, request: PreparedRequest, timeout_s: float) -> WebSocketLink | None:
        """Send the question, opening a connection first where needed; None when that failed."""
        deadline_s = monotonic() + timeout_s
        link = self._link
        if link is not None and not link.is_usable():
            self.close()
            link = None
        if link is None:
            link = self._link = self._dialer.dial(exchange, deadline_s, timeout_s)
            self.opened += exchange.connect_ns is not None
            if link is None:
                return None
        exchange.status = SWITCHING
        link.expect(deadline_s, self._endpoint.first_byte_timeout_s, self._endpoint.idle_timeout_s)
        exchange.send_ns = now_ns()
        try:
            link.say(request.data)
        except TimeoutError:
            exchange.failure = Failure(FailureKind.TIMEOUT, f"question not taken within {timeout_s:g} s")
        except ssl.SSLError as error:
            exchange.failure = Failure(FailureKind.TLS, error.reason or "TLS failed")
        except OSError:
            # The service may have said why before it hung up; reading tells.
            return link
        return link if exchange.failure is None else None

    def _hear(
        self, exchange: Exchange, link: WebSocketLink, timeout_s: float, max_body_bytes: int
    ) -> list[bytes]:
        """The messages of the next read; without any the exchange may have failed."""
        before = link.received_bytes
        try:
            messages = link.hear()
        except TimeoutError:
            detail = link.silence or f"no complete answer within {timeout_s:g} s"
            exchange.failure = Failure(FailureKind.TIMEOUT, detail)
            return []
        except OSError as error:
            exchange.failure = transport_failure(error, "connection closed before the end of the answer")
            return []
        exchange.received_bytes += link.received_bytes - before
        exchange.first_ns = link.first_ns
        lag_ns = link.lag_ns
        if lag_ns is not None and (exchange.wake_lag_ns is None or lag_ns > exchange.wake_lag_ns):
            exchange.wake_lag_ns = lag_ns
        if messages:
            exchange.last_ns = link.stamp_ns
            exchange.body_bytes += sum(map(len, messages))
            if exchange.body_bytes > max_body_bytes:
                detail = f"answer larger than max_body_bytes = {max_body_bytes}"
                exchange.failure = Failure(FailureKind.PROTOCOL, detail)
        return messages

    def _settle(self, exchange: Exchange) -> None:
        """Keep the connection only after a good answer, and only if the target says so."""
        link = self._link
        if link is None:
            return
        if exchange.failure is not None or link.end is not None:
            self.close()
        elif not self._settings.keep:
            self._link = None
            link.part()


class Conversation:
    """An exchange whose events are iterated as they arrive; `exchange` is finished after the loop.

    Leaving the loop early closes the connection. So does every failure: nobody knows what else would come.
    """

    def __init__(
        self,
        client: WebSocketClient,
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
        """Iterate once. An event's stamp is that of the read that completed its message."""
        for events in self.reads():
            yield from events

    def reads(self) -> Iterator[Sequence[StreamEvent]]:
        """The same, read by read."""
        client, exchange, decode = self._client, self.exchange, self._decoder.feed
        try:
            link = client._ask(exchange, self._request, self._timeout_s)
            if link is not None:
                link.read_ahead(True)
            while link is not None and exchange.failure is None:
                messages = client._hear(exchange, link, self._timeout_s, self._max_body_bytes)
                events: list[StreamEvent] = []
                for message in messages:
                    events += decode(message, link.stamp_ns)
                if events:
                    yield events
                if is_over(events):
                    break
                exchange.failure = exchange.failure or link.end
            if link is not None:
                link.read_ahead(False)
                self._judge()
            client._settle(exchange)
            self._finished = True
        finally:
            if not self._finished:
                client.close()

    def _judge(self) -> None:
        """What the decoder saw counts, except that a cut by the transport explains a missing end."""
        seen = self._decoder.finish()
        if seen is not None and (self.exchange.failure is None or seen.kind is not FailureKind.TRUNCATED):
            self.exchange.failure = seen
