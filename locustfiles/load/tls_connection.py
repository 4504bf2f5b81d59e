"""A connection with TLS, whose bytes pass through memory so that the kernel's stamps stay with them."""

import ssl
from contextlib import suppress
from typing import Any

from locustfiles.load.stamped_socket import READ_BYTES, StampedSocket


class TlsConnection(StampedSocket):
    """What is received has the stamp of the read that completed its record. Shake hands first."""

    __slots__ = ("_ahead", "_decrypt", "_encrypt", "_fault", "_incoming", "_is_closed", "_outgoing", "_tls")

    def __init__(self, connected: Any, context: ssl.SSLContext, host: str) -> None:
        """Raises ValueError for a host that cannot stand in a certificate; the socket is then left alone."""
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)
        self._encrypt = self._tls.write
        self._decrypt = self._tls.read
        self._ahead = b""
        self._is_closed = False
        self._fault: ssl.SSLError | None = None
        super().__init__(connected)

    def shake_hands(self) -> None:
        """Raises OSError, which ssl.SSLError is one of, when it fails."""
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                super().send(self._outgoing.read())
                self._incoming.write(self._arrived())
            except ssl.SSLError:
                self._push()  # the alert that tells the service why
                raise
            else:
                super().send(self._outgoing.read())
                return

    def send(self, data: bytes) -> bool:
        taken = self._encrypt(data)
        if taken < len(data):  # one record a call
            rest = memoryview(data)
            while taken < len(data):
                taken += self._encrypt(rest[taken:])
        return super().send(self._outgoing.read())

    def receive(self) -> bytes:
        data, self._ahead = self._ahead, b""
        while not data:
            if self._is_closed:
                return b""
            if self._fault is not None:
                raise self._fault
            data = self._decrypted(self._arrived())
        return data

    def is_stale(self) -> bool:
        """Reads through TLS: session tickets arrive unasked and are no sign of anything."""
        try:
            while not (self._ahead or self._is_closed or self._fault):
                if not self.has_received():
                    return False
                self._ahead = self._decrypted(self._take())
        except OSError:
            return True
        return True

    def close(self) -> None:
        with suppress(OSError):  # not shaken hands, an error before, or closed already
            self._tls.unwrap()
        self._push()
        super().close()

    def _arrived(self) -> bytes:
        arrived = super().receive()
        if not arrived:
            raise _unannounced_end()
        return arrived

    def _decrypted(self, arrived: bytes) -> bytes:
        """All that these bytes complete, in one piece because it has one stamp; b"" when that is no data."""
        if not arrived:
            raise _unannounced_end()
        incoming = self._incoming
        incoming.write(arrived)
        pieces: list[bytes] = []
        try:
            while True:
                data = self._decrypt(READ_BYTES)
                if not data:
                    self._is_closed = True
                    break
                if not incoming.pending:
                    if not pieces:
                        return data
                    pieces.append(data)
                    break
                pieces.append(data)
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError as error:
            if not pieces:
                raise
            self._fault = error
        return b"".join(pieces)

    def _is_answered(self) -> bool:
        """Session tickets may come while a large request is on its way."""
        try:
            self._ahead += self._decrypted(self._take())
        except BlockingIOError:
            return False
        return bool(self._ahead or self._is_closed or self._fault)

    def _push(self) -> None:
        """Send what TLS has to say, as far as that goes without waiting."""
        with suppress(OSError):
            self._send(self._outgoing.read())


def _unannounced_end() -> ssl.SSLEOFError:
    return ssl.SSLEOFError(ssl.SSL_ERROR_EOF, "the connection ended without notice")
