"""Local ports: how many there are, and how many connections to the target hold."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from locustfiles.load.local_ports import LocalPorts, connections_to, local_port_range, time_wait


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def port_of(listener: socket.socket) -> int:
    port: int = listener.getsockname()[1]
    return port


def test_connections_to_a_port_are_counted_on_our_side_and_with_those_that_are_over(
    listener: socket.socket,
) -> None:
    """Ten are open, and one that we closed first is in TIME_WAIT and holds its port for a minute."""
    with ExitStack() as stack:
        for _ in range(10):
            stack.enter_context(socket.create_connection(listener.getsockname()))
            stack.enter_context(listener.accept()[0])
        assert connections_to(port_of(listener)) == 10
        ours = socket.create_connection(listener.getsockname())
        theirs = listener.accept()[0]
        ours.close()
        theirs.close()

        assert connections_to(port_of(listener)) == 11
        assert (time_wait(Path("/proc")) or 0) >= 1


def test_six_is_counted_as_well() -> None:
    with (
        socket.create_server(("::1", 0), family=socket.AF_INET6) as server,
        socket.create_connection(server.getsockname()[:2]),
        server.accept()[0],
    ):
        assert connections_to(port_of(server)) == 1


def captured(root: Path, first: int, in_use: int, waiting: int) -> Path:
    (root / "net").mkdir()
    (root / "net/sockstat").write_text(
        f"sockets: used 70\nTCP: inuse {in_use} orphan 0 tw {waiting} alloc 9 mem 2\nUDP: inuse 1 mem 1\n"
    )
    (root / "net/sockstat6").write_text("TCP6: inuse 3\nUDP6: inuse 1\n")
    (root / "sys/net/ipv4").mkdir(parents=True)
    (root / "sys/net/ipv4/ip_local_port_range").write_text(f"{first}\t60999\n")
    return root


def test_few_sockets_are_not_counted_one_by_one(tmp_path: Path) -> None:
    """All that there are is an upper bound, and costs microseconds however many there are."""
    ports = LocalPorts(1, captured(tmp_path, 60_000, 100, 40))

    assert local_port_range(tmp_path) == (60_000, 60_999)
    assert ports.limit == 1000
    assert ports.used() == 143
    ports.close()
    assert ports.used() is None


def test_many_sockets_are(tmp_path: Path, listener: socket.socket) -> None:
    """Those of others do not count."""
    ports = LocalPorts(port_of(listener), captured(tmp_path, 60_900, 100, 40))

    with socket.create_connection(listener.getsockname()), listener.accept()[0]:
        assert ports.used() == 1


def test_where_nothing_can_be_read_nothing_is_known(tmp_path: Path) -> None:
    ports = LocalPorts(1, tmp_path)

    assert ports.limit is ports.used() is time_wait(tmp_path) is None
