"""Finds which processes hold the listening socket of a TCP port, and how many connections it has."""

import re
from pathlib import Path

# States of the kernel's tcp_states.h, as /proc/net/tcp prints them.
_LISTEN = "0A"
_OPEN = b"01|08"  # TCP_ESTABLISHED, TCP_CLOSE_WAIT


def listening_inodes(port: int, proc: Path = Path("/proc")) -> frozenset[str]:
    """Inodes of the sockets that listen on a port, over IPv4 and IPv6."""
    inodes: set[str] = set()
    for name in ("tcp", "tcp6"):
        try:
            lines = (proc / "net" / name).read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            words = line.split()
            if words[3] == _LISTEN and int(words[1].rpartition(":")[2], 16) == port:
                inodes.add(words[9])
    return frozenset(inodes)


def open_connections(port: int, proc: Path = Path("/proc")) -> int | None:
    """Connections that the port's side has not closed: established ones, and those whose client went away."""
    pattern = re.compile(rb":%04X [0-9A-F]+:[0-9A-F]{4} (?:%s) " % (port, _OPEN))
    found = None
    for name in ("tcp", "tcp6"):
        try:
            table = (proc / "net" / name).read_bytes()
        except OSError:
            continue
        found = (found or 0) + len(pattern.findall(table))
    return found


def socket_owners(inodes: frozenset[str], proc: Path = Path("/proc")) -> tuple[int, ...]:
    """Pids that have one of the sockets open, as far as this user may see."""
    wanted = {f"socket:[{inode}]" for inode in inodes}
    numbered = [entry for entry in proc.iterdir() if entry.name.isdigit()]
    return tuple(sorted(int(entry.name) for entry in numbered if _holds(entry, wanted)))


def _holds(process: Path, wanted: set[str]) -> bool:
    try:
        descriptors = list((process / "fd").iterdir())
    except OSError:  # ended meanwhile, or another user's
        return False
    return any(_link(descriptor) in wanted for descriptor in descriptors)


def _link(path: Path) -> str | None:
    try:
        return str(path.readlink())
    except OSError:
        return None
