"""A connection without TLS."""

from locustfiles.load.stamped_socket import StampedSocket


class PlainConnection(StampedSocket):
    """The socket itself, and a look whether it is still open."""

    __slots__ = ()

    is_stale = StampedSocket.has_received
