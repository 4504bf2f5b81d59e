"""Starts the event server on its core, and reads what it knows."""

import http.client
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum

from analysis.errors import UsageError
from locustfiles.peers.stream_log import StreamRow, rows
from scripts.bench.cores import Cores
from scripts.bench.event_server import LOG_PATH, STATE_PATH
from scripts.checkout import ROOT

CHAT_PATH = "/v1/chat/completions"


class Pace(StrEnum):
    """What decides when an event is written."""

    TIMES = "times"
    """Its place in the stream: the first after a while, the others at a distance."""
    ROUNDS = "rounds"
    """The client, which has read one event of every stream."""
    BURSTS = "bursts"
    """Nothing: many with each write, as fast as they are taken."""


@dataclass(frozen=True, slots=True)
class Work:
    """What each stream is, and how many there are at a time."""

    streams: int
    events: int
    """Text events of a stream."""
    pace: Pace = Pace.TIMES
    first_ms: int = 50
    gap_ms: int = 20
    burst: int = 128
    """Events in each write of a burst."""
    over_websocket: bool = False
    """Whether each event is a message of a WebSocket; the server does as it is asked."""

    @property
    def length_s(self) -> float:
        """Of one stream, as far as the server's pace alone decides."""
        timed = self.pace is Pace.TIMES
        return (self.first_ms + (self.events - 1) * self.gap_ms) / 1000 if timed else 0.0


@dataclass(frozen=True, slots=True)
class ServerState:
    """The server's counts so far."""

    started: int
    finished: int
    read: int
    """Events that the client is known to have read."""
    latest_ms: float
    """How late it wrote an event at most, since it was last asked."""


@dataclass(frozen=True, slots=True)
class EventServerProcess:
    """A running one."""

    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def state(self) -> ServerState:
        started, finished, read, latest_ns = map(int, self._told(STATE_PATH).split())
        return ServerState(started, finished, read, latest_ns / 1e6)

    def log(self) -> dict[int, StreamRow]:
        """Every finished stream by its number: when it was asked for, and when each event was written."""
        return {row.stream: row for row in rows(self._told(LOG_PATH))}

    def _told(self, path: bytes) -> bytes:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", path.decode())
            return connection.getresponse().read()
        finally:
            connection.close()


@contextmanager
def event_server(cores: Cores, work: Work) -> Iterator[EventServerProcess]:
    """Gone afterwards, whatever happens."""
    numbers = (work.streams, work.events, work.first_ms, work.gap_ms, work.burst)
    words = (str(cores.server), work.pace, *map(str, numbers))
    command = [sys.executable, "-m", "scripts.bench.event_servers", *words]
    with subprocess.Popen(  # noqa: S603 -- our own
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            line = process.stdout.readline() if process.stdout is not None else ""
            if not line.strip().isdigit():
                raise UsageError("benchmarks: the event server did not start; does epoll work here?")
            yield EventServerProcess(int(line))
        finally:
            process.kill()
