"""The connections of a server of event streams, and its memory of when it wrote each event.

A loop of its own: at 50 000 events a second there is no time for the layers of an event loop.
"""

import re
import select
import socket
from abc import ABC, abstractmethod
from time import time_ns

from locustfiles.load.stamp import ANCILLARY_BYTES, SO_TIMESTAMPNS, stamp_of
from locustfiles.peers.stream_log import GO_PATH, packed
from scripts.bench.event_framing import CLOSE, MESSAGES, QUESTION, agreement, first_frame
from scripts.bench.event_stream import EventStream

LOG_PATH = b"/-/log"
STATE_PATH = b"/-/state"
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
READ_BYTES = 65_536


class EventServer(ABC):
    """Single-threaded. What it writes when is for its subclasses to say."""

    def __init__(self, events: int) -> None:
        self.events = events
        """Text events of a stream."""
        self.started = self.finished = self.latest_ns = 0
        self.poll = select.epoll()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
        self._listener.setblocking(False)
        self.poll.register(self._listener.fileno(), select.EPOLLIN)
        self._connections: dict[int, EventStream] = {}
        self._log = bytearray()

    def read(self) -> int:
        """Events that clients are known to have read: a closed loop asks again when it has read a stream."""
        return self.started * self.events

    @abstractmethod
    def begin(self, stream: EventStream) -> None:
        """A stream was asked for."""

    def proceed(self) -> float | None:
        """Do what is due; returns the seconds until something will be, None when nothing will."""
        return None

    def go(self) -> None:  # noqa: B027 -- only one that writes in rounds waits for it
        """The client has read a round of events."""

    def writable(self, stream: EventStream) -> None:  # noqa: B027 -- only one that was refused asks for it
        """The kernel takes more of a stream that waited for that."""

    def serve(self, until: int) -> None:
        """Until this descriptor has something to say, or its other end is closed."""
        self.poll.register(until, select.EPOLLIN)
        print(self._listener.getsockname()[1], flush=True)
        poll, listener = self.poll, self._listener.fileno()
        while True:
            wait_s = self.proceed()
            if wait_s is not None and wait_s > 0:
                select.select([poll], [], [], wait_s)  # finer than the millisecond of epoll's own timeout
            for fd, flags in poll.poll(None if wait_s is None else 0):
                if fd == until:
                    return
                if fd == listener:
                    self._accept()
                elif flags & select.EPOLLOUT:
                    self.writable(self._connections[fd])
                else:
                    self._read(self._connections[fd])

    def write_next(self, stream: EventStream) -> bool:
        """One event, with the end if it is the last; False when the stream is over."""
        piece = stream.framing.event % (stream.number, stream.index)
        stream.index += 1
        more = stream.index < self.events
        if not more:
            piece += stream.framing.end
        before_ns = time_ns()
        try:
            sent = stream.send(piece)
        except OSError:
            sent = 0
        if sent < len(piece):  # gone, or so far behind that it does not read any more
            self.close(stream)
            return False
        stream.stamps_ns.append(before_ns)
        if not more:
            self.finish(stream)
        return more

    def finish(self, stream: EventStream) -> None:
        """The stream has been written to its end."""
        self.finished += 1
        self._log += packed(stream.number, stream.asked_ns, time_ns(), stream.stamps_ns)
        stream.number = 0

    def close(self, stream: EventStream) -> None:
        """The client has gone."""
        stream.number = 0
        self._connections.pop(stream.socket.fileno(), None)
        stream.socket.close()

    def _accept(self) -> None:
        while True:
            try:
                connected, _ = self._listener.accept()
            except BlockingIOError:
                return
            connected.setblocking(False)
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connected.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
            self._connections[connected.fileno()] = EventStream(connected)
            self.poll.register(connected.fileno(), select.EPOLLIN)

    def _read(self, stream: EventStream) -> None:
        try:
            data, ancillary, _, _ = stream.socket.recvmsg(READ_BYTES, ANCILLARY_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.close(stream)
            return
        stamp_ns = stamp_of(ancillary) or time_ns()
        stream.received += data
        if stream.framing is MESSAGES:
            self._hear(stream, stamp_ns)
            return
        head, blank, body = stream.received.partition(b"\r\n\r\n")
        length = LENGTH.search(head)
        if blank and len(body) >= (int(length[1]) if length else 0):
            stream.received = b""
            agreed = agreement(head)
            if agreed is None:
                self._answer(stream, head.split(b" ", 2)[1], stamp_ns)
            else:
                stream.framing = MESSAGES
                stream.send(agreed)

    def _hear(self, stream: EventStream, stamp_ns: int) -> None:
        """Each message of a WebSocket asks for a stream."""
        while found := first_frame(stream.received):
            opcode, length = found
            stream.received = stream.received[length:]
            if opcode == CLOSE:
                self.close(stream)
                return
            if opcode == QUESTION:
                self._begin(stream, stamp_ns)

    def _answer(self, stream: EventStream, path: bytes, stamp_ns: int) -> None:
        if path == GO_PATH:
            self.go()
        elif path == LOG_PATH:
            _tell(stream, bytes(self._log))
        elif path == STATE_PATH:
            _tell(stream, b"%d %d %d %d" % (self.started, self.finished, self.read(), self.latest_ns))
            self.latest_ns = 0
        else:
            self._begin(stream, stamp_ns)

    def _begin(self, stream: EventStream, stamp_ns: int) -> None:
        self.started += 1
        stream.begin(self.started, stamp_ns)
        self.begin(stream)


def _tell(stream: EventStream, body: bytes) -> None:
    stream.socket.setblocking(True)
    stream.socket.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
    stream.socket.setblocking(False)
