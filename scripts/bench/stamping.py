"""Answers every POST at once and keeps when the kernel received it.

Run as `python -m scripts.bench.stamping CORE`; it prints its port.
"""

import asyncio
import os
import signal
import socket
import sys
from array import array

from httptools import HttpRequestParser

from locustfiles.load.stamp import ANCILLARY_BYTES, SO_TIMESTAMPNS, kernel_stamps_work, now_ns, stamp_of
from scripts.bench.answering import ANSWER

STAMPS_PATH = b"/-/stamps"
READ_BYTES = 65_536


class Stamping:
    """One connection. On loopback a request is received while it is sent, so the stamps are the sender's."""

    stamps_ns = array("q")

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._loop = asyncio.get_running_loop()
        self._parser = HttpRequestParser(self)
        self._stamp_ns = 0
        self._asks_for_stamps = False
        self._answers: list[bytes] = []
        self._loop.add_reader(connected.fileno(), self._read)

    def on_url(self, url: bytes) -> None:
        self._asks_for_stamps = url == STAMPS_PATH

    def on_message_complete(self) -> None:
        if self._asks_for_stamps:
            told = " ".join(map(str, Stamping.stamps_ns)).encode()
            self._answers.append(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(told), told))
        else:
            Stamping.stamps_ns.append(self._stamp_ns)
            self._answers.append(ANSWER)

    def _read(self) -> None:
        try:
            data, ancillary, _, _ = self._socket.recvmsg(READ_BYTES, ANCILLARY_BYTES)
        except ConnectionError:
            data, ancillary = b"", []
        if not data:
            self._loop.remove_reader(self._socket.fileno())
            self._socket.close()
            return
        self._stamp_ns = stamp_of(ancillary) or now_ns()
        self._parser.feed_data(data)
        answers, self._answers = self._answers, []
        for answer in answers:
            self._send(answer)

    def _send(self, answer: bytes) -> None:
        self._socket.setblocking(True)  # the stamps are long; nobody else is asking then
        self._socket.sendall(answer)
        self._socket.setblocking(False)


async def _serve() -> None:
    kernel_stamps_work()
    loop = asyncio.get_running_loop()
    with socket.create_server(("127.0.0.1", 0), backlog=4096) as listener:
        listener.setblocking(False)
        # What is accepted inherits both, so that the first request is stamped as well.
        listener.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        print(listener.getsockname()[1], flush=True)
        while True:
            connected, _ = await loop.sock_accept(listener)
            connected.setblocking(False)
            Stamping(connected)


def main() -> None:
    """Serve until killed, on the core named by the first argument."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is for who started it
    os.sched_setaffinity(0, {int(sys.argv[1])})
    asyncio.run(_serve())


if __name__ == "__main__":
    main()
