"""Tells the benchmark's server when a round of events has been read, so that it writes the next."""

import _socket
import os
from urllib.parse import urlsplit

from locustfiles.peers.stream_log import GO_PATH

ROUND = "PLIMSOLL_BENCH_ROUND"
"""Environment variable with the number of events in a round, and the server's URL."""


class Rounds:
    """Counts events; does nothing when the benchmark has no rounds."""

    def __init__(self) -> None:
        count, _, url = os.environ.get(ROUND, "").partition(" ")
        self._left = self._count = int(count or 0)
        if url:
            parts = urlsplit(url)
            self._socket = _socket.socket(
                _socket.AF_INET, _socket.SOCK_STREAM
            )  # never gevent's: it must not wait
            self._socket.connect((parts.hostname, parts.port))

    def seen(self) -> None:
        """One text event was read."""
        self._left -= 1
        if self._left == 0:
            self._left = self._count
            self._socket.send(b"GET %b HTTP/1.1\r\n\r\n" % GO_PATH)
