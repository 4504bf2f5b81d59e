"""A TCP socket on the gevent loop that knows when the kernel received what it reads."""

import _socket
import select
import socket
import struct
from collections import deque
from collections.abc import Callable
from math import inf
from time import monotonic
from typing import Any, ClassVar

from gevent import get_hub, getcurrent
from gevent.monkey import get_original
from gevent.socket import socket as gevent_socket

from locustfiles.load.reading_turn import reading_turn
from locustfiles.load.stamp import ANCILLARY_BYTES, SO_TIMESTAMPNS, now_ns, stamp_of

READ_BYTES = 65_536
AHEAD_BYTES = 65_536
"""What is read ahead of one connection; the rest waits in the kernel, and the service with it in the end."""
READ_OVERHEAD_BYTES = 512
READ, WRITE = 1, 2
LINGER_NOT = struct.pack("ii", 1, 0)

Read = tuple[bytes, int, bool]
"""Data, its stamp, and whether the kernel made it."""


class StampedSocket:
    """Sends and receives bytes as they are: the hot path.

    The watchers are started once and not per wait, which saves two system calls for each read. The timer
    is not moved at each exchange either: when it fires early it is set again for what is left.
    """

    __slots__ = (
        "_armed_until_s",
        "_deadline_s",
        "_hub",
        "_is_readable",
        "_is_waiting_for_turn",
        "_poll",
        "_receive",
        "_send",
        "_socket",
        "_timer",
        "_turn",
        "_unread",
        "_unread_bytes",
        "_unsent",
        "_waiter",
        "_watching",
        "_when_idle",
        "good_until_s",
        "lag_ns",
        "reads_ahead",
        "stamp_ns",
    )

    open_now: ClassVar[int] = 0
    """Of this process."""

    def __init__(self, connected: gevent_socket) -> None:
        StampedSocket.open_now += 1
        # The waits are ours, so the interpreter's own socket does without gevent's layer of Python.
        bare = _socket.socket(fileno=connected.detach())
        bare.setblocking(False)
        self._socket = bare
        self._receive = bare.recvmsg
        self._send = bare.send
        # Asking costs a third of a read that finds nothing, whose exception is dear.
        self._poll = _polled(bare.fileno())
        self._hub = get_hub()
        self._is_readable = self._hub.loop.io(bare.fileno(), READ)
        self._watching = False
        self._timer: Any = None
        self._deadline_s = self._armed_until_s = inf
        self._waiter: Any = None
        self._unsent = memoryview(b"")
        self._when_idle: Callable[[], None] | None = None
        self._unread: deque[Read | OSError] = deque()
        self._unread_bytes = 0
        self._turn = reading_turn(self._hub)
        self._is_waiting_for_turn = False
        self.reads_ahead = False
        self.good_until_s = -inf
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
        if sent == len(data):
            return True
        self._unsent = memoryview(data)[sent:]
        return self.send_rest()

    def send_rest(self) -> bool:
        self._stop_watching()
        # Readable as well: a service may refuse a large body by its answer, and take no more of it.
        one_way = self._when_idle is None
        is_ready = self._hub.loop.io(self._socket.fileno(), READ | WRITE if one_way else WRITE)
        is_ready.start(self._wake)
        try:
            while self._unsent:
                self._wait()
                try:
                    self._unsent = self._unsent[self._send(self._unsent) :]
                except BlockingIOError:
                    if one_way and self._is_answered():
                        return False
        finally:
            is_ready.stop()
            is_ready.close()
        return True

    def receive(self) -> bytes:
        while True:
            if not self._unread:
                if not self._watching:
                    self._is_readable.start(self._wake)
                    self._watching = True
                try:
                    self._wait()
                except TimeoutError:
                    return self._in_time()
            try:
                return self._take()
            except BlockingIOError:
                continue

    def converse(self, when_idle: Callable[[], None]) -> None:
        """From here on both sides may speak at any time. The loop calls this when nobody waits for it."""
        self._when_idle = when_idle

    def has_received(self) -> bool:
        """Whether a read would not wait: there are bytes, or the end, or an error."""
        return bool(self._unread or self._poll(0))

    def reset_on_close(self) -> None:
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOT)

    def close(self) -> None:
        StampedSocket.open_now -= self._socket.fileno() >= 0
        self._stop_watching()
        self._is_readable.close()
        if self._timer is not None:
            self._timer.close()
            self._timer = None
        self._socket.close()

    def _take(self) -> bytes:
        """What has come so far; BlockingIOError when that is nothing."""
        if self._unread:
            return self._take_ahead()
        data, ancillary, _, _ = self._receive(READ_BYTES, ANCILLARY_BYTES)
        seen_ns = now_ns()
        stamp_ns = stamp_of(ancillary)
        if stamp_ns is None:
            self.stamp_ns, self.lag_ns = seen_ns, None
        else:
            self.stamp_ns, self.lag_ns = stamp_ns, seen_ns - stamp_ns
        return data

    def _take_ahead(self) -> bytes:
        read = self._unread.popleft()
        if isinstance(read, OSError):
            raise read
        data, stamp_ns, is_stamped = read
        self._unread_bytes -= len(data) + READ_OVERHEAD_BYTES
        self.stamp_ns = stamp_ns
        # Until it is looked at: a generator that falls behind must not seem punctual.
        self.lag_ns = now_ns() - stamp_ns if is_stamped else None
        return data

    def _in_time(self) -> bytes:
        """What had come before the deadline, although nobody looked; TimeoutError when that is nothing."""
        try:
            data = self._take()
        except BlockingIOError:
            raise TimeoutError from None
        deadline_s = max(self._deadline_s, self.good_until_s)
        if self.stamp_ns > now_ns() - (monotonic() - deadline_s) * 1e9:
            raise TimeoutError
        return data

    def _wait(self) -> None:
        if self._armed_until_s == inf:
            self._set_timer()
        self._waiter = getcurrent()
        try:
            self._hub.switch()
        finally:
            self._waiter = None

    def _wake(self) -> None:
        """Called by the loop. Nobody waits on an idle connection, and its end of file would fire for ever."""
        if self.reads_ahead:
            self._read_ahead()
            return
        if self._waiter is not None:
            self._waiter.switch()
            return
        self._stop_watching()
        if self._when_idle is not None:
            self._when_idle()

    def _read_ahead(self) -> None:
        """Read at once, and look when the other sockets have been read too: what waits in the kernel loses
        its stamp to the segment after it."""
        unread = self._unread
        try:
            data, ancillary, _, _ = self._receive(READ_BYTES, ANCILLARY_BYTES)
        except BlockingIOError:
            return
        except OSError as error:
            unread.append(error)
            self._stop_watching()
        else:
            stamp_ns = stamp_of(ancillary)
            unread.append((data, now_ns(), False) if stamp_ns is None else (data, stamp_ns, True))
            self._unread_bytes += len(data) + READ_OVERHEAD_BYTES
            if not data or self._unread_bytes >= AHEAD_BYTES:
                self._stop_watching()
        if self._waiter is not None and not self._is_waiting_for_turn:
            self._is_waiting_for_turn = True
            self._turn.add(self)

    def look(self) -> None:
        """Called by the loop when it is this socket's turn; whoever waited may be gone."""
        self._is_waiting_for_turn = False
        if self._waiter is not None:
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

    def _is_answered(self) -> bool:
        """Called while a request is on its way: whether something has come that may be the answer to it."""
        return self.has_received()


def _polled(fileno: int) -> Callable[[int], list[tuple[int, int]]]:
    poll = get_original("select", "poll")()
    poll.register(fileno, select.POLLIN)
    ask: Callable[[int], list[tuple[int, int]]] = poll.poll
    return ask


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
