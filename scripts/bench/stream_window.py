"""One contender's streams through one window of time: how many, how dear, how well stamped."""

import json
import math
import os
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from locustfiles.peers.stream_log import rows
from scripts.bench.cores import Cores
from scripts.bench.event_server_process import EventServerProcess, Pace, Work, event_server
from scripts.bench.stream_contender import StreamContender, StreamOrder
from scripts.bench.stream_error import StreamErrors, stream_errors
from scripts.bench.window import BenchError, last_words

START_LIMIT_S = 60.0
END_LIMIT_S = 60.0
SETTLE_S = 0.5
USERS_PER_S = 100
"""How fast the suite starts its users."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What one window showed."""

    streams_per_s: float
    events_per_core_s: float
    """Events read in a second of the contender's own CPU time."""
    core_share: float
    """Of its core that the contender used."""
    rss_mb: float
    server_late_ms: float
    """How late the server was at worst: far above 1, it was not the client that was measured."""
    errors: StreamErrors | None


def seen_streams(contender: StreamContender, work: Work, cores: Cores, window_s: float) -> Seen:
    """Start it against a server of its own, let it settle, watch it for `window_s`, stop it.

    Of ours it is checked afterwards that the run log holds every stream that the server served.
    """
    with tempfile.TemporaryDirectory(prefix="plimsoll-bench-") as name, event_server(cores, work) as server:
        folder = Path(name)
        settle_s = SETTLE_S + 1.5 * work.length_s
        order = StreamOrder(
            url=server.url,
            streams=work.streams,
            load_s=math.ceil(work.streams / USERS_PER_S + settle_s + window_s) + 2,
            folder=folder,
            stamps=folder / "stamps" if work.pace is Pace.TIMES else None,
            in_rounds=work.pace is Pace.ROUNDS,
            over_websocket=work.over_websocket,
        )
        output = folder / "output.txt"
        with (
            output.open("wb") as file,
            subprocess.Popen(  # noqa: S603 -- commands of our own making, no shell
                contender.command(order),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                env={**os.environ, **contender.surroundings(order)},
                preexec_fn=cores.pin_generator(),
            ) as process,
        ):
            try:
                _await_start(process, server, work, contender, output)
                time.sleep(settle_s)
                return _watched(process, server, contender, order, window_s)
            except psutil.NoSuchProcess:
                raise BenchError(f"{contender.name} ended too soon: {last_words(output)}") from None
            finally:
                process.kill()


def _watched(
    process: subprocess.Popen[bytes],
    server: EventServerProcess,
    contender: StreamContender,
    order: StreamOrder,
    window_s: float,
) -> Seen:
    watched = psutil.Process(process.pid)
    before, used_s, begin_ns = server.state(), _cpu_s(watched), time.time_ns()
    time.sleep(window_s)
    after, used_s, end_ns = server.state(), _cpu_s(watched) - used_s, time.time_ns()
    rss_mb = watched.memory_info().rss / 1e6
    if contender.ends_by_itself:
        _await_end(process, contender, order.folder / "output.txt")
        _check_recorded(order.folder / "runs", server.state().finished)
    took_s = (end_ns - begin_ns) / 1e9
    read = after.read - before.read
    if not read or not used_s:
        raise BenchError(f"{contender.name} read nothing: {last_words(order.folder / 'output.txt')}")
    errors = None
    if order.stamps is not None:
        errors = stream_errors(rows(order.stamps.read_bytes()), server.log(), begin_ns, end_ns)
    return Seen(
        streams_per_s=(after.started - before.started) / took_s,
        events_per_core_s=read / used_s,
        core_share=used_s / took_s,
        rss_mb=rss_mb,
        server_late_ms=after.latest_ms,
        errors=errors,
    )


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


def _await_start(
    process: subprocess.Popen[bytes],
    server: EventServerProcess,
    work: Work,
    contender: StreamContender,
    output: Path,
) -> None:
    deadline_s = time.monotonic() + START_LIMIT_S
    while server.state().started < work.streams:
        if process.poll() is not None or time.monotonic() > deadline_s:
            raise BenchError(f"{contender.name} did not start: {last_words(output)}")
        time.sleep(0.1)


def _await_end(process: subprocess.Popen[bytes], contender: StreamContender, output: Path) -> None:
    try:
        process.wait(END_LIMIT_S)
    except subprocess.TimeoutExpired:
        raise BenchError(f"{contender.name} did not end: {last_words(output)}") from None


def _check_recorded(runs: Path, finished: int) -> None:
    recorded = sum(
        json.loads(line).get("ok", 0)
        for path in runs.glob("*/counts.jsonl")
        for line in path.read_text().splitlines()
    )
    if recorded != finished:
        raise BenchError(f"the run log holds {recorded} streams, the server served {finished}")
