"""An open WebSocket on a connection: messages out, messages in, each read with the kernel's stamp."""

from collections.abc import Callable
from math import inf
from time import monotonic

import gevent
from gevent import GreenletExit

from analysis.failure import Failure, FailureKind
from locustfiles.load.connection import Connection
from locustfiles.load.websocket_messages import NORMAL, WebSocketMessages

FAREWELL_S = 1.0
"""How long the service has to answer our close frame."""


class WebSocketLink:
    """Reads for who asks, and between two questions for itself, so that pings are answered then too."""

    __slots__ = (
        "_awaits_first", "_connection", "_deadline_s", "_idle_s", "_is_closed", "_is_harmless", "_messages",
        "_silence_s", "_silence_until_s", "_tender", "received_bytes",
    )  # fmt: skip

    def __init__(
        self, connection: Connection, messages: WebSocketMessages, is_harmless: Callable[[bytes], bool]
    ) -> None:
        """`is_harmless` tells whether a message that nobody asked for may be passed over."""
        self._connection = connection
        self._messages = messages
        self._is_harmless = is_harmless
        self._is_closed = False
        self._deadline_s = self._silence_until_s = inf
        self._awaits_first = False
        self._silence_s: float | None = None
        self._idle_s: float | None = None
        self._tender: gevent.Greenlet | None = None
        self.received_bytes = 0
        """Since `expect`."""
        connection.converse(self._when_idle)

    @property
    def stamp_ns(self) -> int:
        """Of the last read."""
        return self._connection.stamp_ns

    @property
    def lag_ns(self) -> int | None:
        """Of the last read."""
        return self._connection.lag_ns

    @property
    def first_ns(self) -> int | None:
        """When the first byte of the first message since `expect` came."""
        return self._messages.first_ns

    @property
    def end(self) -> Failure | None:
        """What a message that does not come any more has failed with."""
        return self._messages.end

    def expect(self, deadline_s: float, first_s: float | None = None, idle_s: float | None = None) -> None:
        """Call before each question: an answer begins, and is over at the deadline of `time.monotonic`.

        `first_s` is the longest wait for its first message, `idle_s` for each that follows.
        """
        self._stop_tending()
        self._messages.expect()
        self.received_bytes = 0
        self._deadline_s = deadline_s
        self._awaits_first = True
        self._silence_s = first_s
        self._idle_s = idle_s
        self._set_deadline()

    def say(self, text: bytes) -> None:
        """Send a text message; raises OSError, and TimeoutError at the deadline."""
        self._messages.say(text)
        self._connection.send(self._messages.to_send())

    def hear(self) -> list[bytes]:
        """The messages that the next read completes, after which `end` may be set.

        Raises OSError, and TimeoutError at the deadline.
        """
        connection = self._connection
        data = connection.receive()
        self.received_bytes += len(data)
        messages = self._messages.take(data, connection.stamp_ns)
        if self._messages.has_to_send:
            self._answer()
        if messages and (self._idle_s is not None or self._silence_s is not None):
            self._awaits_first = False
            self._silence_s = self._idle_s
            self._set_deadline()
        return messages

    def heard_already(self) -> list[bytes]:
        """The messages that came together with the answer to the handshake."""
        messages = self._messages.settle(self._connection.stamp_ns)
        self._answer()
        return messages

    def read_ahead(self, ahead: bool) -> None:
        """Whether whatever comes is read at once, before anything is looked at. Say so after the question."""
        self._connection.reads_ahead = ahead

    @property
    def silence(self) -> str | None:
        """What the last TimeoutError was raised for, when it was silence."""
        if self._silence_s is None or self._silence_until_s >= self._deadline_s:
            return None
        if self._awaits_first:
            return f"no message within {self._silence_s:g} s of the question"
        return f"no message for {self._silence_s:g} s"

    def is_usable(self) -> bool:
        """Whether another question can be asked: what came unasked is looked at, without waiting."""
        self._stop_tending()
        self._connection.give_up_at(inf)
        while self.end is None and self._connection.is_stale():
            self._tend_once()
        return self.end is None

    def reset_on_close(self) -> None:
        """From now on `close` cuts the connection (RST) instead of ending it."""
        self._connection.reset_on_close()

    def close(self) -> None:
        """Say so, as far as that goes without waiting, and close. Safe to call twice."""
        self._stop_tending()
        if self._is_closed:
            return
        self._is_closed = True
        self._connection.give_up_at(monotonic())
        self._messages.farewell()
        self._answer()
        self._connection.close()

    def part(self) -> None:
        """Close as the protocol wants it, in the background: the service closes the connection first."""
        self._stop_tending()
        self._tender = gevent.spawn(self._wait_for_end)

    def _set_deadline(self) -> None:
        self._silence_until_s = inf if self._silence_s is None else monotonic() + self._silence_s
        self._connection.give_up_at(min(self._deadline_s, self._silence_until_s))

    def _answer(self) -> None:
        """Pongs and close frames; the service may be gone, which the next read tells."""
        data = self._messages.to_send()
        connection = self._connection
        ahead, connection.reads_ahead = connection.reads_ahead, False  # the wait to send would end by reading
        try:
            if data:
                connection.send(data)
        except OSError:
            pass
        finally:
            connection.reads_ahead = ahead

    def _wait_for_end(self) -> None:
        try:
            self._connection.give_up_at(monotonic() + FAREWELL_S)
            self._messages.farewell()
            self._answer()
            while self._connection.receive():
                pass
        except OSError:
            pass
        finally:
            self._connection.close()
            self._tender = None

    def _when_idle(self) -> None:
        """Called by the loop: something came, or the connection has ended."""
        if self._tender is None:
            self._tender = gevent.spawn(self._tend)

    def _tend(self) -> None:
        """Until the next question is asked."""
        try:
            self._connection.give_up_at(inf)
            while self.end is None:
                self._tend_once()
            self._tender = None
            self.close()
        except GreenletExit:
            pass

    def _tend_once(self) -> None:
        connection = self._connection
        try:
            messages = self._messages.take(connection.receive(), connection.stamp_ns)
        except OSError as error:
            self._messages.end = Failure(FailureKind.RESET, error.strerror or "connection reset")
            return
        if not all(self._is_harmless(message) for message in messages):
            self._messages.fail(NORMAL, "message that nobody asked for")
        self._answer()

    def _stop_tending(self) -> None:
        tender, self._tender = self._tender, None
        if tender is not None:
            tender.kill()
