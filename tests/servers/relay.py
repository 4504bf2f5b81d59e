"""A TCP relay that keeps every byte which passes through it."""

import contextlib
import socket
import threading
from collections.abc import Iterator

READ_BYTES = 65_536


class Relay:
    """Listens on a free port of loopback and passes everything on to another one."""

    def __init__(self, to_port: int) -> None:
        self._to_port = to_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._ends: list[socket.socket] = []
        self._seen = bytearray()
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def seen(self) -> bytes:
        """What has passed so far, in both directions."""
        with self._lock:
            return bytes(self._seen)

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
                for source, sink in ((near, far), (far, near)):
                    threading.Thread(target=self._pass_on, args=(source, sink), daemon=True).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(READ_BYTES):
                with self._lock:
                    self._seen += data
                sink.sendall(data)
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
