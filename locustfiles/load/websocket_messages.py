"""What is said on a WebSocket: bytes in, whole messages out, and how it ended. No I/O."""

from collections.abc import Sequence

from websockets.client import ClientProtocol
from websockets.exceptions import PayloadTooBig, ProtocolError
from websockets.frames import Frame, Opcode
from websockets.protocol import State

from analysis.failure import Failure, FailureKind
from locustfiles.load.close_code import close_failure

CONT, TEXT, BINARY = Opcode.CONT, Opcode.TEXT, Opcode.BINARY
NORMAL, UNSUPPORTED, INVALID = 1000, 1003, 1007


class WebSocketMessages:
    """One open WebSocket. Frames are the library's work, pongs and the answer to a close frame too.

    After each call `to_send` has what the service is to be told.
    """

    __slots__ = ("_began_ns", "_limit", "_parts", "_protocol", "end", "first_ns")

    def __init__(self, protocol: ClientProtocol, max_bytes: int) -> None:
        """`max_bytes` is the protocol's own limit for a message."""
        self._protocol = protocol
        self._limit = max_bytes
        self._parts: list[bytes] = []
        self._began_ns: int | None = None
        self.first_ns: int | None = None
        """When the first byte of the first message since `expect` came."""
        self.end: Failure | None = None
        """What a message that does not come any more has failed with."""

    def expect(self) -> None:
        """An answer begins."""
        self.first_ns = self._began_ns = None

    def say(self, text: bytes) -> None:
        """Have a text message sent."""
        self._protocol.send_text(text)

    def take(self, data: bytes, stamp_ns: int) -> list[bytes]:
        """The messages that these bytes complete; b"" is the end of the file. Look at `end` afterwards."""
        protocol = self._protocol
        if data:
            if self._began_ns is None:
                self._began_ns = stamp_ns
            protocol.receive_data(data)
        else:
            protocol.receive_eof()
        return self.settle(stamp_ns)

    def settle(self, stamp_ns: int) -> list[bytes]:
        """What came together with the answer to the handshake."""
        protocol = self._protocol
        frames = protocol.events_received()
        messages = self._messages(frames)
        if self.first_ns is None:
            self._look_for_the_first(frames, stamp_ns)
        if protocol.state is not State.OPEN and self.end is None:
            self._note_end()
        return messages

    def fail(self, code: int, detail: str) -> None:
        """Give the service up for something that the protocol allows and we do not."""
        if self.end is None:
            self.end = Failure(FailureKind.PROTOCOL, detail)
        self._protocol.fail(code)

    def farewell(self, code: int = NORMAL) -> None:
        """Have a close frame sent, if the service has none yet."""
        if self._protocol.state is State.OPEN:
            self._protocol.send_close(code)

    @property
    def has_to_send(self) -> bool:
        """Whether `to_send` is not empty."""
        return bool(self._protocol.writes)

    def to_send(self) -> bytes:
        """Hands it over: the next call has none of it."""
        return b"".join(self._protocol.data_to_send())

    def _messages(self, frames: Sequence[object]) -> list[bytes]:
        messages: list[bytes] = []
        for frame in frames:
            if not isinstance(frame, Frame):  # the answer to the handshake
                continue
            opcode = frame.opcode
            if opcode is BINARY:
                self.fail(UNSUPPORTED, "binary message, where text was expected")
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
                    self.fail(INVALID, "text message that is not UTF-8")
                    break
                messages.append(data)
        return messages

    def _look_for_the_first(self, frames: Sequence[object], stamp_ns: int) -> None:
        """A ping does not begin an answer. Without a whole frame it is not known yet what began."""
        if any(isinstance(frame, Frame) and frame.opcode in (TEXT, CONT, BINARY) for frame in frames):
            self.first_ns = self._began_ns
        elif frames:
            self._began_ns = stamp_ns if self._protocol.reader.buffer else None

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
