"""One contender's requests per second, counted by the server, which also sees whether it plays fair."""

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from analysis.errors import PlimsollError
from scripts.bench.answering_process import AnsweringServer, Seen
from scripts.bench.contender import BODY, OURS, Contender, Order
from scripts.bench.cores import Cores
from scripts.truth.server import CERTIFICATE

START_LIMIT_S = 30.0
END_LIMIT_S = 60.0
SETTLE_S = 1.0
CONNECT_LIMIT_S = 3.0
STARTED_REQUESTS = 500


class BenchError(PlimsollError):
    """A contender did not do what it was asked to."""


@dataclass(frozen=True, slots=True)
class Rate:
    """What one window showed."""

    requests_per_s: float
    core_share: float
    """Of its core that the contender got: far below 1, something else was running, or the server was full."""
    server_share: float
    """Of its core that the server used: near 1, this is the server's limit and not the contender's."""
    connections: int
    """That asked."""


def measured_rate(
    contender: Contender, server: AnsweringServer, cores: Cores, connections: int, window_s: float
) -> Rate:
    """Start it, let it settle, count for `window_s`, stop it.

    Of ours it is checked afterwards that the run log holds every request that the server answered.
    """
    load_s = round(window_s + CONNECT_LIMIT_S) + 1
    before = server.seen()
    with running(contender, server, cores, connections, load_s) as pid:
        _settle(server, connections)
        rate, first, last = _rate(pid, server, window_s)
        _check_fair(contender, connections, before, first, last)
    return rate


@contextmanager
def running(
    contender: Contender, server: AnsweringServer, cores: Cores, connections: int, load_s: int
) -> Iterator[int]:
    """Yields the process id of a contender that asks by now; afterwards it has ended, whatever happens.

    One that ends by itself is waited for, and its run log is held against what the server answered.
    """
    with tempfile.TemporaryDirectory(prefix="plimsoll-bench-") as name:
        folder = Path(name)
        ca_file = CERTIFICATE if server.tls else None
        command = contender.command(Order(server.url, connections, load_s, folder, ca_file=ca_file))
        before = server.count()
        log = folder / "output.txt"
        with (
            log.open("wb") as output,
            subprocess.Popen(  # noqa: S603 -- commands of our own making, no shell
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **contender.environment},
                preexec_fn=cores.pin_generator(),
            ) as process,
        ):
            try:
                _await_start(process, server, before, contender, log)
                yield process.pid
                if contender.ends_by_itself:
                    _await_end(process, contender, log)
            except psutil.NoSuchProcess:
                raise BenchError(f"{contender.name} ended too soon: {last_words(log)}") from None
            finally:
                process.kill()
        if contender.ends_by_itself:
            _check_recorded(folder / "runs", server.count() - before)


def _settle(server: AnsweringServer, connections: int) -> None:
    """Some open their connections while they ask already; over TLS that takes a while."""
    deadline_s = time.monotonic() + CONNECT_LIMIT_S
    time.sleep(SETTLE_S)
    while server.seen().open < connections and time.monotonic() < deadline_s:
        time.sleep(0.1)


def _rate(pid: int, server: AnsweringServer, window_s: float) -> tuple[Rate, Seen, Seen]:
    used_s, server_s = cpu_s(pid), cpu_s(server.pid)
    first, began_s = server.seen(), time.perf_counter()
    time.sleep(window_s)
    last, took_s = server.seen(), time.perf_counter() - began_s
    used_s, server_s = cpu_s(pid) - used_s, cpu_s(server.pid) - server_s
    rate = Rate((last.count - first.count) / took_s, used_s / took_s, server_s / took_s, last.open)
    return rate, first, last


def _check_fair(contender: Contender, connections: int, before: Seen, first: Seen, last: Seen) -> None:
    """All ask for the same, and keep their connections.

    A peer may do with fewer when an answer finds it busy: it hands the connection on before it opens another.
    """
    fewest = connections if contender.name == OURS else connections / 2
    late = connections - first.open
    if not fewest <= first.open <= last.open <= connections or last.opened - first.opened > late:
        raise BenchError(
            f"{contender.name} had {first.open} connections, then {last.open}, and opened "
            f"{last.opened - first.opened} in between; wanted {connections}, and kept"
        )
    for body in set(last.bodies) - set(before.bodies):
        if body.replace(" ", "") != BODY.replace(" ", ""):
            raise BenchError(f"{contender.name} asked {body[:100]!r}, wanted {BODY!r}")


def cpu_s(pid: int) -> float:
    """Of a process and its children; raises psutil.NoSuchProcess when it is over."""
    tree = [psutil.Process(pid)]
    tree += tree[0].children(recursive=True)
    times = [process.cpu_times() for process in tree]
    return sum(time.user + time.system for time in times)


def _await_start(
    process: subprocess.Popen[bytes], server: AnsweringServer, before: int, contender: Contender, log: Path
) -> None:
    deadline_s = time.monotonic() + START_LIMIT_S
    while server.count() - before < STARTED_REQUESTS:
        if process.poll() is not None or time.monotonic() > deadline_s:
            raise BenchError(f"{contender.name} did not start: {last_words(log)}")
        time.sleep(0.05)


def _await_end(process: subprocess.Popen[bytes], contender: Contender, log: Path) -> None:
    try:
        process.wait(END_LIMIT_S)
    except subprocess.TimeoutExpired:
        raise BenchError(f"{contender.name} did not end: {last_words(log)}") from None


def _check_recorded(runs: Path, answered: int) -> None:
    recorded = sum(
        json.loads(line).get("ok", 0)
        for path in runs.glob("*/counts.jsonl")
        for line in path.read_text().splitlines()
    )
    if recorded != answered:
        raise BenchError(f"the run log holds {recorded} requests, the server answered {answered}")


def last_words(log: Path) -> str:
    """Of a contender that did not do what it should."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1][:300] if lines else "it said nothing"
