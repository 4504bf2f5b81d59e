"""An open WebSocket: messages out, messages in, each read with the kernel's stamp."""

from collections.abc import Callable, Sequence
from math import inf
from time import monotonic

import gevent
from gevent import GreenletExit
from websockets.client import ClientProtocol
from websockets.exceptions import PayloadTooBig, ProtocolError
from websockets.frames import Frame, Opcode
from websockets.protocol import State

from analysis.failure import Failure, FailureKind
from locustfiles.load.close_code import close_failure
from locustfiles.load.connection import Connection

CONT, TEXT, BINARY, CLOSE = Opcode.CONT, Opcode.TEXT, Opcode.BINARY, Opcode.CLOSE
NORMAL, UNSUPPORTED, INVALID = 1000, 1003, 1007
FAREWELL_S = 1.0
"""How long the service has to answer our close frame."""


class WebSocketLink:
    """Frames are the library's work; here they become text messages, and what ends them becomes a failure.

    The library answers pings and close frames; what it has to say is sent with the read that asked for it.
    """

    __slots__ = (
        "_began_ns", "_connection", "_deadline_s", "_idle_deadline_s", "_idle_s", "_is_harmless", "_limit",
        "_parts", "_protocol", "_tender", "end", "first_ns", "received_bytes",
    )  # fmt: skip

    def __init__(
        self,
        connection: Connection,
        protocol: ClientProtocol,
        max_bytes: int,
        is_harmless: Callable[[bytes], bool],
    ) -> None:
        """`is_harmless` tells whether a message that nobody asked for may be passed over."""
        self._connection = connection
        self._protocol = protocol
        self._limit = max_bytes
        self._is_harmless = is_harmless
        self._parts: list[bytes] = []
        self._deadline_s = self._idle_deadline_s = inf
        self._idle_s: float | None = None
        self._tender: gevent.Greenlet | None = None
        self._began_ns: int | None = None
        self.first_ns: int | None = None
        """When the first byte of the first message since `expect` came."""
        self.received_bytes = 0
        self.end: Failure | None = None
        """What a message that does not come any more has failed with."""
        connection.converse(self._when_idle)

    @property
    def stamp_ns(self) -> int:
        """Of the last read."""
        return self._connection.stamp_ns

    @property
    def lag_ns(self) -> int | None:
        """Of the last read."""
        return self._connection.lag_ns

    def expect(self, deadline_s: float, idle_s: float | None) -> None:
        """Call before each question: an answer begins, and is over at the deadline of `time.monotonic`.

        `idle_s` is the longest wait for a message.
        """
        self._stop_tending()
        self.first_ns = self._began_ns = None
        self.received_bytes = 0
        self._deadline_s = deadline_s
        self._idle_s = idle_s
        self._set_deadline()

    def say(self, text: bytes) -> None:
        """Send a text message; raises OSError, and TimeoutError at the deadline."""
        self._protocol.send_text(text)
        self._push()

    def hear(self) -> list[bytes]:
        """The messages that the next read completes, after which `end` may be set.

        Raises OSError, and TimeoutError at the deadline.
        """
        data = self._connection.receive()
        self.received_bytes += len(data)
        return self.take(data)

    @property
    def is_idle(self) -> bool:
        """Whether it was silence that the last TimeoutError was raised for."""
        return self._idle_deadline_s < self._deadline_s

    def take(self, data: bytes) -> list[bytes]:
        """The messages that these bytes complete; b"" is the end of the file."""
        protocol = self._protocol
        if data:
            if self._began_ns is None:
                self._began_ns = self._connection.stamp_ns
            protocol.receive_data(data)
        else:
            protocol.receive_eof()
        return self.settle()

    def settle(self) -> list[bytes]:
        """What the protocol has made of the bytes that it got."""
        protocol = self._protocol
        frames = protocol.events_received()
        messages = self._messages(frames)
        if self.first_ns is None:
            self._look_for_the_first(frames)
        if protocol.state is not State.OPEN and self.end is None:
            self._note_end()
        if protocol.writes:
            self._answer()
        if messages and self._idle_s is not None:
            self._set_deadline()
        return messages

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

    def close(self, code: int = NORMAL) -> None:
        """Say so, as far as that goes without waiting, and close. Safe to call twice."""
        self._stop_tending()
        self._say_farewell(code)
        self._connection.close()

    def part(self) -> None:
        """Close as the protocol wants it, in the background: the service closes the connection first."""
        self._stop_tending()
        self._tender = gevent.spawn(self._wait_for_end)

    def _messages(self, frames: Sequence[object]) -> list[bytes]:
        messages: list[bytes] = []
        for frame in frames:
            if not isinstance(frame, Frame):  # the answer to the handshake
                continue
            opcode = frame.opcode
            if opcode is BINARY:
                self._fail(UNSUPPORTED, "binary message, where text was expected")
                break
            if opcode is TEXT or opcode is CONT:
                data = bytes(frame.data)
                if not frame.fin:
                    self._parts.append(data)
                    continue
                if self._parts:
                    data = b"".join((*self._parts, data))
                    self._parts.clear()
                try:
                    data.decode()
                except UnicodeDecodeError:
                    self._fail(INVALID, "text message that is not UTF-8")
                    break
                messages.append(data)
        return messages

    def _look_for_the_first(self, frames: Sequence[object]) -> None:
        """A ping does not begin an answer. Without a whole frame it is not known yet what began."""
        if any(isinstance(frame, Frame) and frame.opcode in (TEXT, CONT, BINARY) for frame in frames):
            self.first_ns = self._began_ns
        elif frames:
            self._began_ns = self._connection.stamp_ns if self._protocol.reader.buffer else None

    def _note_end(self) -> None:
        protocol = self._protocol
        error = protocol.parser_exc
        if protocol.close_rcvd is not None:
            self.end = close_failure(protocol.close_rcvd.code)
        elif isinstance(error, PayloadTooBig):
            self.end = Failure(FailureKind.PROTOCOL, f"message larger than max_body_bytes = {self._limit}")
        elif isinstance(error, ProtocolError | UnicodeDecodeError):
            what = str(error) if isinstance(error, ProtocolError) else "close reason that is not UTF-8"
            self.end = Failure(FailureKind.PROTOCOL, f"not a WebSocket frame: {what}")
        elif error is None or isinstance(error, EOFError):
            detail = "connection closed without a close frame before the end of the answer"
            self.end = Failure(FailureKind.TRUNCATED, detail)
        else:
            raise error

    def _fail(self, code: int, detail: str) -> None:
        """Of a message that the protocol allows and we do not."""
        if self.end is None:
            self.end = Failure(FailureKind.PROTOCOL, detail)
        self._protocol.fail(code)

    def _set_deadline(self) -> None:
        self._idle_deadline_s = inf if self._idle_s is None else monotonic() + self._idle_s
        self._connection.give_up_at(min(self._deadline_s, self._idle_deadline_s))

    def _answer(self) -> None:
        """Pongs and close frames; the service may be gone, which the next read tells."""
        try:
            self._push()
        except OSError:
            self._protocol.writes.clear()

    def _push(self) -> None:
        data = b"".join(self._protocol.data_to_send())
        if data:
            self._connection.send(data)

    def _say_farewell(self, code: int) -> None:
        if self._protocol.state is State.OPEN:
            self._protocol.send_close(code)
            self._connection.give_up_at(monotonic())
            self._answer()

    def _wait_for_end(self) -> None:
        try:
            self._say_farewell(NORMAL)
            self._connection.give_up_at(monotonic() + FAREWELL_S)
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
        """Answers the service's pings between two questions, until the next one is asked."""
        try:
            self._connection.give_up_at(inf)
            while self.end is None:
                self._tend_once()
            self._tender = None
            self.close()
        except GreenletExit:
            pass

    def _tend_once(self) -> None:
        try:
            messages = self.take(self._connection.receive())
        except OSError as error:
            self.end = Failure(FailureKind.RESET, error.strerror or "connection reset")
            return
        if not all(self._is_harmless(message) for message in messages):
            self._fail(NORMAL, "message that nobody asked for")
            self._answer()

    def _stop_tending(self) -> None:
        tender, self._tender = self._tender, None
        if tender is not None:
            tender.kill()
