"""A connection without TLS."""

from locustfiles.load.stamped_socket import StampedSocket


class PlainConnection(StampedSocket):
    """The socket itself, and a look whether it is still open."""

    __slots__ = ()

    def is_stale(self) -> bool:
        return self.has_received()
