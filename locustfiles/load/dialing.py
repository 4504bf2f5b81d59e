"""Opening a connection: name, TCP and TLS, each failure with its kind."""

import ipaddress
import socket
import ssl
from collections.abc import Sequence
from functools import cache
from typing import Any

import gevent
from gevent import socket as gevent_sockets
from gevent import ssl as gevent_ssl

from analysis.failure import Failure, FailureKind
from locustfiles.load.connection import Connection, PlainConnection, TlsConnection, open_socket
from locustfiles.load.request import Origin

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
        self, origin: Origin, connect_timeout_s: float, *, stamps: bool, tls_context: ssl.SSLContext | None
    ) -> None:
        self._origin = origin
        self._connect_timeout_s = connect_timeout_s
        self._stamps = stamps
        self._tls_context = tls_context
        self._addresses: Sequence[Address] = ()

    def dial(self, timeout_s: float) -> Connection:
        """Raises `DialError` at the connect deadline or at `timeout_s`, whichever is sooner."""
        limit_s = min(self._connect_timeout_s, timeout_s)
        deadline = gevent.Timeout(limit_s)
        try:
            with deadline:
                return self._open()
        except gevent.Timeout as fired:
            if fired is not deadline:
                raise
            raise DialError(Failure(FailureKind.CONNECT, f"not connected within {limit_s:g} s")) from None

    def _open(self) -> Connection:
        if not self._addresses:
            self._addresses = _resolved(self._origin)
        connected = self._connect()
        if not self._origin.secure:
            return PlainConnection(connected)
        context = self._tls_context or default_tls_context()
        try:
            return TlsConnection(context.wrap_socket(connected, server_hostname=self._origin.host))
        except (OSError, ValueError) as error:
            connected.close()
            raise DialError(Failure(FailureKind.TLS, _tls_reason(error))) from None
        except BaseException:
            connected.close()
            raise

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


@cache
def default_tls_context() -> ssl.SSLContext:
    """Verifies certificate and host name against the system's authorities; SSL_CERT_FILE adds its own."""
    context: ssl.SSLContext = gevent_ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


def _resolved(origin: Origin) -> Sequence[Address]:
    try:
        family = socket.AF_INET6 if ipaddress.ip_address(origin.host).version == 6 else socket.AF_INET
    except ValueError:
        pass
    else:
        return ((family, (origin.host, origin.port)),)
    try:
        found = gevent_sockets.getaddrinfo(origin.host, origin.port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise DialError(
            Failure(FailureKind.CONNECT, f"name not resolved: {error.strerror or type(error).__name__}")
        ) from None
    return tuple((family, address) for family, _, _, _, address in found)


def _tls_reason(error: OSError | ValueError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"certificate refused: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"handshake failed: {error.reason or type(error).__name__}"
    if isinstance(error, OSError):
        return f"handshake failed: {error.strerror or type(error).__name__}"
    return "handshake failed: the host name cannot be used for TLS"
