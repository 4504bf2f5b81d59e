"""A connection without TLS."""

import socket

from locustfiles.load.stamped_socket import StampedSocket


class PlainConnection(StampedSocket):
    """The socket itself, and a look whether it is still open."""

    __slots__ = ()

    def is_stale(self) -> bool:
        try:
            self._socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            return True
        return True
