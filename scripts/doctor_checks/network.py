"""Checks the way to the service: its name, its port and its certificate."""

import socket
import ssl
import time
from datetime import UTC, datetime

from analysis.request_text import split_url
from analysis.target import Tls
from locustfiles.load.tls_context import tls_context
from scripts.doctor_checks.check import Area, Check, State
from scripts.sidecar.reason import short_reason
from scripts.sidecar.watched import is_this_host, url_port

_CONNECT_S = 5.0
_FAR_ADVICE = "start the service or open the way to it, or give --base-url"
_EXPIRY_WARNING_DAYS = 14


def check_network(base_url: str, advice: str, tls: Tls | None = None) -> list[Check]:
    """Name, port, and TLS where the URL asks for it; the first that is wrong is the last.

    `advice` is for a service on this host that does not run.
    """
    parts = split_url(base_url)
    host, port = parts.hostname or "", url_port(base_url) or 80
    checks = [_check_name(host, port)]
    if checks[-1].state is not State.WRONG:
        checks.append(_check_port(host, port, advice if is_this_host(base_url) else _FAR_ADVICE))
    if checks[-1].state is not State.WRONG and parts.scheme == "https":
        checks.append(_check_tls(host, port, tls or Tls()))
    return checks


def _check_name(host: str, port: int) -> Check:
    started = time.monotonic()
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        return _wrong(
            "name", f"{host}: {short_reason(error)}", "check base_url, or the name server of this host"
        )
    took_ms = (time.monotonic() - started) * 1000.0
    addresses = sorted({str(address[0]) for *_, address in found})
    if addresses == [host]:
        return Check(Area.SERVICE, "name", State.OK, f"{host}, an address already")
    return Check(Area.SERVICE, "name", State.OK, f"{host} is {', '.join(addresses)} ({took_ms:.1f} ms)")


def _check_port(host: str, port: int, advice: str) -> Check:
    started = time.monotonic()
    try:
        with socket.create_connection((host, port), timeout=_CONNECT_S):
            took_ms = (time.monotonic() - started) * 1000.0
    except OSError as error:
        return _wrong("port", f"{port}: {short_reason(error)}", advice)
    return Check(Area.SERVICE, "port", State.OK, f"{port} accepts connections ({took_ms:.1f} ms)")


def _check_tls(host: str, port: int, tls: Tls) -> Check:
    context = tls_context(tls)
    started = time.monotonic()
    try:
        with (
            socket.create_connection((host, port), timeout=_CONNECT_S) as plain,
            context.wrap_socket(plain, server_hostname=host) as connection,
        ):
            took_ms = (time.monotonic() - started) * 1000.0
            version, certificate = connection.version(), connection.getpeercert() or {}
    except OSError as error:
        return _wrong(
            "TLS",
            short_reason(error),
            "trust the service's authority (tls.ca_file, or SSL_CERT_FILE), or correct the name in base_url",
        )
    if not tls.verify:
        found = f"{version}, certificate not verified ({took_ms:.1f} ms)"
        return Check(Area.SERVICE, "TLS", State.WARNING, found, "name the service's authority in tls.ca_file")
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate["notAfter"])), UTC)
    days = (ends - datetime.now(UTC)).days
    found = f"{version}, certificate until {ends:%Y-%m-%d} ({took_ms:.1f} ms)"
    if days < _EXPIRY_WARNING_DAYS:
        return Check(
            Area.SERVICE, "TLS", State.WARNING, found, f"renew the certificate: {days} days are left"
        )
    return Check(Area.SERVICE, "TLS", State.OK, found)


def _wrong(name: str, found: str, advice: str) -> Check:
    return Check(Area.SERVICE, name, State.WRONG, found, advice)
