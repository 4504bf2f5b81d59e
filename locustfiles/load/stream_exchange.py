"""An exchange whose answer is a stream, event by event."""

from collections.abc import Iterator, Sequence

from analysis.failure import Failure, FailureKind
from locustfiles.load.exchange import Exchange
from locustfiles.load.request import PreparedRequest
from locustfiles.load.response import Response
from locustfiles.load.stream_end import settled
from locustfiles.load.stream_event import StreamDecoder, StreamEvent
from locustfiles.load.transport import Transport


class StreamExchange:
    """An exchange whose events are iterated as they arrive; `exchange` is finished after the loop.

    Leaving the loop early closes the connection. The answer to a status other than 2xx is no stream:
    its body is kept in `exchange.body` and nothing is decoded.
    """

    def __init__(
        self,
        transport: Transport,
        request: PreparedRequest,
        exchange: Exchange,
        decoder: StreamDecoder,
        timeout_s: float,
        max_body_bytes: int,
    ) -> None:
        self.exchange = exchange
        self._transport = transport
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
        transport, exchange, decoder = self._transport, self.exchange, self._decoder
        idle_s = self._request.idle_timeout_s
        try:
            if transport.ask(exchange, self._request, self._timeout_s, self._max_body_bytes):
                response = transport.response
                transport.read_ahead(True)
                going_on = True
                while going_on:
                    going_on = transport.read(exchange)
                    if idle_s is not None:
                        self._watch(idle_s, going_on)
                    if response.status is None or not 200 <= response.status < 300:
                        continue
                    body = response.take_body()
                    if body:
                        events = decoder.feed(body, exchange.last_ns or 0)
                        if not events and decoder.is_lost:
                            break
                        yield events
                yield from self._end(response)
            transport.settle(exchange)
            transport.read_ahead(False)
            self._finished = True
        finally:
            if not self._finished:
                transport.close()

    def _watch(self, idle_s: float, going_on: bool) -> None:
        """Limit the wait for the next read; the last one may have been late."""
        exchange, transport = self.exchange, self._transport
        if going_on:
            transport.give_up_after(idle_s)
            return
        transport.end_watch()
        failure, has_begun = exchange.failure, exchange.first_ns is not None
        is_timeout = failure is not None and failure.kind is FailureKind.TIMEOUT
        if is_timeout and has_begun and not transport.is_out_of_time():
            exchange.failure = Failure(FailureKind.TIMEOUT, f"nothing came for {idle_s:g} s")

    def _end(self, response: Response) -> Iterator[Sequence[StreamEvent]]:
        if response.status is None or not 200 <= response.status < 300:
            return
        exchange, decoder = self.exchange, self._decoder
        rest = decoder.rest(exchange.last_ns or 0)
        if rest:
            yield rest
        exchange.failure = settled(decoder.finish(), exchange.failure, is_whole=response.complete)
