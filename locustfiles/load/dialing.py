"""Opening a connection: name, TCP and TLS, each failure with its kind."""

import ipaddress
import socket
import ssl
from collections.abc import Sequence
from typing import Any

import gevent
from gevent import socket as gevent_sockets

from analysis.failure import Failure, FailureKind
from locustfiles.load.connection import Connection
from locustfiles.load.plain_connection import PlainConnection
from locustfiles.load.request import Origin
from locustfiles.load.stamped_socket import open_socket
from locustfiles.load.tls_connection import TlsConnection

Address = tuple[int, Any]
"""Family and socket address."""


class DialError(Exception):
    """The connection could not be opened; carries the failure to record."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.detail)
        self.failure = failure


class Dialer:
    """Opens connections to one origin. The name is resolved once, at the first connection."""

    def __init__(
        self, origin: Origin, connect_timeout_s: float, *, stamps: bool, context: ssl.SSLContext | None
    ) -> None:
        """With a context the connections speak TLS."""
        self._origin = origin
        self._connect_timeout_s = connect_timeout_s
        self._stamps = stamps
        self._context = context
        self._phase = FailureKind.CONNECT
        self._addresses: Sequence[Address] = ()

    def dial(self, timeout_s: float) -> Connection:
        """Raises `DialError` at the connect deadline or at `timeout_s`, whichever is sooner."""
        limit_s = min(self._connect_timeout_s, timeout_s)
        self._phase = FailureKind.CONNECT
        deadline = gevent.Timeout(limit_s)
        try:
            with deadline:
                return self._open()
        except gevent.Timeout as fired:
            if fired is not deadline:
                raise
            what = "not connected" if self._phase is FailureKind.CONNECT else "handshake not finished"
            raise DialError(Failure(self._phase, f"{what} within {limit_s:g} s")) from None

    def _open(self) -> Connection:
        if not self._addresses:
            self._addresses = _resolved(self._origin)
        connected = self._connect()
        if self._context is None:
            return PlainConnection(connected)
        return self._secured(connected, self._context)

    def _secured(self, connected: Any, context: ssl.SSLContext) -> TlsConnection:
        self._phase = FailureKind.TLS
        try:
            secured = TlsConnection(connected, context, self._origin.host)
        except ValueError as error:
            connected.close()
            raise DialError(Failure(FailureKind.TLS, _tls_reason(error))) from None
        try:
            secured.shake_hands()
        except OSError as error:
            secured.close()
            raise DialError(Failure(FailureKind.TLS, _tls_reason(error))) from None
        except BaseException:
            secured.close()
            raise
        return secured

    def _connect(self) -> Any:
        """Tries each address of the name; the one that works comes first from then on."""
        reason = "the name has no address"
        for address in self._addresses:
            try:
                connected = open_socket(*address, stamps=self._stamps)
            except OSError as error:
                reason = error.strerror or type(error).__name__
                continue
            if address is not self._addresses[0]:
                self._addresses = (address, *(other for other in self._addresses if other is not address))
            return connected
        raise DialError(Failure(FailureKind.CONNECT, reason))


def _resolved(origin: Origin) -> Sequence[Address]:
    try:
        family = socket.AF_INET6 if ipaddress.ip_address(origin.host).version == 6 else socket.AF_INET
    except ValueError:
        pass
    else:
        return ((family, (origin.host, origin.port)),)
    try:
        found = gevent_sockets.getaddrinfo(origin.host, origin.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
        raise DialError(Failure(FailureKind.CONNECT, f"name not resolved: {reason}")) from None
    return tuple((family, address) for family, _, _, _, address in found)


def _tls_reason(error: OSError | ValueError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"certificate refused: {error.verify_message}"
    if isinstance(error, ssl.SSLEOFError):
        return "handshake failed: connection closed"
    if isinstance(error, ssl.SSLError):
        return f"handshake failed: {error.reason or type(error).__name__}"
    if isinstance(error, OSError):
        return f"handshake failed: {error.strerror or type(error).__name__}"
    return "handshake failed: the host name cannot be used for TLS"
