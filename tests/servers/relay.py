"""A TCP relay that keeps every byte which passes through it, and when it came."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

from locustfiles.load.stamp import ANCILLARY_BYTES, SO_TIMESTAMPNS, stamp_of

READ_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Passage:
    """Bytes that came in one read; `stamp_ns` is their kernel receive stamp."""

    connection: int
    is_answer: bool
    stamp_ns: int
    data: bytes


class Relay:
    """Listens on a free port of loopback and passes everything on to another one."""

    def __init__(self, to_port: int) -> None:
        self._to_port = to_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._ends: list[socket.socket] = []
        self._passages: list[Passage] = []
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def seen(self) -> bytes:
        """What has passed so far, in both directions."""
        return b"".join(passage.data for passage in self.passages)

    @property
    def passages(self) -> list[Passage]:
        """The same read by read, in the order of their reading."""
        with self._lock:
            return list(self._passages)

    def close(self) -> None:
        """Cut every connection."""
        for end in (self._listener, *self._ends):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                self._ends.append(near)
                try:
                    far = socket.create_connection(("127.0.0.1", self._to_port), timeout=10)
                except OSError:
                    near.close()  # the other side is not up yet: the caller tries again
                    continue
                far.settimeout(None)
                self._ends.append(far)
                for ends in ((near, far, False), (far, near, True)):
                    arguments = (len(self._ends), *ends)
                    threading.Thread(target=self._pass_on, args=arguments, daemon=True).start()

    def _pass_on(self, connection: int, source: socket.socket, sink: socket.socket, is_answer: bool) -> None:
        with contextlib.suppress(OSError):
            for end in (source, sink):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            source.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
            while True:
                data, ancillary, _, _ = source.recvmsg(READ_BYTES, ANCILLARY_BYTES)
                if not data:
                    break
                stamp_ns = stamp_of(ancillary) or time.time_ns()
                sink.sendall(data)
                with self._lock:
                    self._passages.append(Passage(connection, is_answer, stamp_ns, data))
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def relay(to_port: int) -> Iterator[Relay]:
    """A relay, gone afterwards whatever happens."""
    running = Relay(to_port)
    try:
        yield running
    finally:
        running.close()
