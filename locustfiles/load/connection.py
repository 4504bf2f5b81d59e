"""A TCP connection on the gevent loop that knows when the kernel received what it reads."""

import _socket
import socket
from math import inf
from ssl import SSLWantReadError
from time import monotonic
from typing import Any, Protocol

import gevent
from gevent.socket import socket as gevent_socket

from locustfiles.load.stamp import ANCILLARY_BYTES, SO_TIMESTAMPNS, now_ns, stamp_of

READ_BYTES = 65_536
READ, WRITE = 1, 2


class Connection(Protocol):
    """What the wire client needs of a connection. Waits end with TimeoutError at the deadline."""

    stamp_ns: int
    """When the bytes of the last `receive` reached the kernel (or us, by the user-space clock)."""
    lag_ns: int | None
    """How much later the last `receive` saw them."""

    def give_up_at(self, deadline_s: float) -> None:
        """No wait lasts beyond this reading of `time.monotonic`."""

    def send(self, data: bytes) -> bool:
        """Hand all bytes to the kernel. False when an answer came before the service took them all."""

    def receive(self) -> bytes:
        """The next bytes, once there are some; b"" at the end of the file."""

    def is_stale(self) -> bool:
        """Whether the service has closed the idle connection, or sent something nobody asked for."""

    def close(self) -> None:
        """Safe to call twice."""


class PlainConnection:
    """A connection without TLS: the hot path.

    The watchers are started once and not per wait, which saves two system calls for each read. The timer
    is not moved at each exchange either: when it fires early it is set again for what is left.
    """

    __slots__ = (
        "_armed_until_s",
        "_deadline_s",
        "_hub",
        "_is_readable",
        "_receive",
        "_send",
        "_socket",
        "_timer",
        "_waiter",
        "_watching",
        "lag_ns",
        "stamp_ns",
    )

    def __init__(self, connected: gevent_socket) -> None:
        # The waits are ours, so the interpreter's own socket does without gevent's layer of Python.
        bare = _socket.socket(fileno=connected.detach())
        bare.setblocking(False)
        self._socket = bare
        self._receive = bare.recvmsg
        self._send = bare.send
        self._hub = gevent.get_hub()
        self._is_readable = self._hub.loop.io(bare.fileno(), READ)
        self._watching = False
        self._timer: Any = None
        self._deadline_s = self._armed_until_s = inf
        self._waiter: Any = None
        self.stamp_ns = 0
        self.lag_ns: int | None = None

    def give_up_at(self, deadline_s: float) -> None:
        self._deadline_s = deadline_s
        if deadline_s < self._armed_until_s:
            self._set_timer()

    def send(self, data: bytes) -> bool:
        try:
            sent = self._send(data)
        except BlockingIOError:
            sent = 0
        return sent == len(data) or self._send_rest(memoryview(data)[sent:])

    def receive(self) -> bytes:
        while True:
            if not self._watching:
                self._is_readable.start(self._wake)
                self._watching = True
            self._wait()
            try:
                data, ancillary, _, _ = self._receive(READ_BYTES, ANCILLARY_BYTES)
            except BlockingIOError:
                continue
            seen_ns = now_ns()
            stamp_ns = stamp_of(ancillary) if ancillary else None
            self.stamp_ns = seen_ns if stamp_ns is None else stamp_ns
            self.lag_ns = None if stamp_ns is None else seen_ns - stamp_ns
            return data

    def is_stale(self) -> bool:
        try:
            self._socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            return True
        return True

    def close(self) -> None:
        self._stop_watching()
        self._is_readable.close()
        if self._timer is not None:
            self._timer.close()
            self._timer = None
        self._socket.close()

    def _wait(self) -> None:
        if self._armed_until_s == inf:
            self._set_timer()
        self._waiter = gevent.getcurrent()
        try:
            self._hub.switch()
        finally:
            self._waiter = None

    def _wake(self) -> None:
        """Called by the loop. Nobody waits on an idle connection, and its end of file would fire for ever."""
        if self._waiter is None:
            self._stop_watching()
        else:
            self._waiter.switch()

    def _stop_watching(self) -> None:
        self._is_readable.stop()
        self._watching = False

    def _set_timer(self) -> None:
        if self._deadline_s == inf:
            return
        if self._timer is not None:
            self._timer.close()
        self._timer = self._hub.loop.timer(max(0.0, self._deadline_s - monotonic()), ref=False)
        self._timer.start(self._ring)
        self._armed_until_s = self._deadline_s

    def _ring(self) -> None:
        """Called by the loop."""
        self._armed_until_s = inf
        if self._waiter is None:
            return
        if monotonic() < self._deadline_s:
            self._set_timer()
        else:
            self._waiter.throw(TimeoutError())

    def _send_rest(self, rest: memoryview) -> bool:
        self._stop_watching()
        # Readable as well: a service may refuse a large body by its answer, and take no more of it.
        is_ready = self._hub.loop.io(self._socket.fileno(), READ | WRITE)
        is_ready.start(self._wake)
        try:
            while rest:
                self._wait()
                try:
                    rest = rest[self._send(rest) :]
                except BlockingIOError:
                    return False
        finally:
            is_ready.stop()
            is_ready.close()
        return True


class TlsConnection:
    """A connection with TLS. The kernel's stamps are lost behind decryption: the user-space clock."""

    __slots__ = ("_deadline_s", "_socket", "lag_ns", "stamp_ns")

    def __init__(self, connected: Any) -> None:
        self._socket = connected
        self._deadline_s = inf
        self.stamp_ns = 0
        self.lag_ns: int | None = None

    def give_up_at(self, deadline_s: float) -> None:
        self._deadline_s = deadline_s

    def send(self, data: bytes) -> bool:
        with self._limit():
            self._socket.sendall(data)
        return True

    def receive(self) -> bytes:
        with self._limit():
            data: bytes = self._socket.recv(READ_BYTES)
        self.stamp_ns = now_ns()
        return data

    def is_stale(self) -> bool:
        """Reads through TLS: session tickets arrive unasked and are no sign of anything."""
        self._socket.setblocking(False)
        try:
            self._socket.recv(1)
        except (BlockingIOError, SSLWantReadError):
            return False
        except OSError:
            return True
        finally:
            self._socket.settimeout(None)
        return True

    def close(self) -> None:
        self._socket.close()

    def _limit(self) -> gevent.Timeout:
        """A timeout of gevent's, because one of the socket's would start anew with each TLS record."""
        return gevent.Timeout(max(0.0, self._deadline_s - monotonic()), TimeoutError)


def open_socket(family: int, address: Any, *, stamps: bool) -> gevent_socket:
    """Connect cooperatively; raises OSError."""
    opened = gevent_socket(family, socket.SOCK_STREAM)
    try:
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if stamps:
            # Before connecting, so that the first segment of the first answer is stamped.
            opened.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        opened.connect(address)
    except BaseException:
        opened.close()
        raise
    return opened
