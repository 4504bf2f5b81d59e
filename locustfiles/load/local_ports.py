"""The local ports of this machine: how many there are, and how many connections to the target hold."""

import _socket
import errno
import struct
import sys
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from analysis.cgroup_limits import text_of
from locustfiles.load.kept_file import KeptFile

# include/uapi/linux/sock_diag.h, inet_diag.h and netlink.h
NETLINK_SOCK_DIAG = 4
SOCK_DIAG_BY_FAMILY = 20
NLM_F_REQUEST_DUMP = 0x301
NLMSG_ERROR, NLMSG_DONE = 2, 3
INET_DIAG_REQ_BYTECODE = 1
BYTECODE_PORT_AT_LEAST, BYTECODE_PORT_AT_MOST = 4, 5
ALL_BUT_LISTENING = 0xFFF & ~(1 << 10)
_HEADER = struct.Struct("=IHHII")
_DONE_BYTES = _HEADER.size + 4
_MARK = b"Plim"
_READ_BYTES = 1 << 16
_READ_S = 0.1


class LocalPorts:
    """Ports towards one port of the target, which is where they run out: each serves one connection to it."""

    def __init__(self, target_port: int, proc: Path = Path("/proc")) -> None:
        self._target_port = target_port
        self._sockets = [KeptFile(path) for path in socket_counts(proc)]
        found = local_port_range(proc)
        self.limit: int | None = None if found is None else found[1] - found[0] + 1
        """How many the kernel may choose from."""

    def used(self) -> int | None:
        """At most so many; exact from half of the limit on, as counting takes the longer the more there are.

        Below that it is the number of all TCP sockets here, those in TIME_WAIT included.
        """
        bound = tcp_sockets([file.text() or "" for file in self._sockets])
        if bound is None or self.limit is None or bound < self.limit // 2:
            return bound
        counted = connections_to(self._target_port)
        return bound if counted is None else min(bound, counted)

    def close(self) -> None:
        """Give the files back."""
        for file in self._sockets:
            file.close()


def local_port_range(proc: Path) -> tuple[int, int] | None:
    """First and last."""
    words = (text_of(proc / "sys/net/ipv4/ip_local_port_range") or "").split()
    return (int(words[0]), int(words[1])) if len(words) == 2 else None


def socket_counts(proc: Path) -> tuple[Path, Path]:
    """Files with a line such as `TCP: inuse 5 orphan 0 tw 12 alloc 9 mem 2`, for version 4 and 6."""
    return proc / "net/sockstat", proc / "net/sockstat6"


def tcp_sockets(texts: Iterable[str]) -> int | None:
    """All of this machine or container, those in TIME_WAIT included."""
    counts = [_fields(text) for text in texts]
    found = [fields["inuse"] + fields.get("tw", 0) for fields in counts if "inuse" in fields]
    return sum(found) if found else None


def time_wait(proc: Path) -> int | None:
    """Connections that are over and still hold a local port."""
    return _fields(text_of(socket_counts(proc)[0]) or "").get("tw")


def connections_to(port: int) -> int | None:
    """Connections with this port at their far end, TIME_WAIT included; None where the kernel does not say.

    The kernel is asked by sock_diag(7), which takes 3 ms for 8000 of them: /proc/net/tcp takes 28 ms.
    """
    try:
        with closing(_socket.socket(_socket.AF_NETLINK, _socket.SOCK_RAW, NETLINK_SOCK_DIAG)) as kernel:
            kernel.settimeout(_READ_S)
            return sum(_dumped(kernel, family, port) for family in (_socket.AF_INET, _socket.AF_INET6))
    except (OSError, AttributeError):
        return None


def _dumped(kernel: _socket.socket, family: int, port: int) -> int:
    """Each message has our mark in its header, so that none is taken apart; the last one is no socket."""
    kernel.send(_request(family, port))
    count = 0
    while True:
        messages = kernel.recv(_READ_BYTES)
        if _HEADER.unpack_from(messages)[1] == NLMSG_ERROR:
            raise OSError(errno.EOPNOTSUPP, "no socket dump here")
        count += messages.count(_MARK)
        if _HEADER.unpack_from(messages, len(messages) - _DONE_BYTES)[:2] == (_DONE_BYTES, NLMSG_DONE):
            return count - 1


def _request(family: int, port: int) -> bytes:
    """The filter runs in the kernel: a far port of at least and at most this one, else reject."""
    condition, whole = struct.Struct("=BBH"), 4 * 4
    bytecode = b"".join(
        condition.pack(operation, 8, whole - at + 4) + condition.pack(0, 0, port)
        for operation, at in ((BYTECODE_PORT_AT_LEAST, 0), (BYTECODE_PORT_AT_MOST, 8))
    )
    attribute = struct.pack("=HH", 4 + len(bytecode), INET_DIAG_REQ_BYTECODE) + bytecode
    anyone = bytes(48)
    body = struct.pack("=BBBxI", family, _socket.IPPROTO_TCP, 0, ALL_BUT_LISTENING) + anyone + attribute
    mark = int.from_bytes(_MARK, sys.byteorder)
    header = _HEADER.pack(_HEADER.size + len(body), SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST_DUMP, mark, 0)
    return header + body


def _fields(text: str) -> dict[str, int]:
    for line in text.splitlines():
        name, *words = line.split()
        if name in ("TCP:", "TCP6:"):
            return dict(zip(words[::2], map(int, words[1::2]), strict=True))
    return {}
