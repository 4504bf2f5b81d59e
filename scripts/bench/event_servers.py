"""Three servers of event streams: at set times, in rounds, and in bursts.

Run as `python -m scripts.bench.event_servers CORE PACE STREAMS EVENTS FIRST_MS GAP_MS BURST`.
It prints its port, and serves until its standard input ends.
"""

import os
import select
import signal
import sys
from collections import deque
from heapq import heappop, heappush
from time import time_ns

from scripts.bench.event_server import EventServer
from scripts.bench.event_stream import EventStream

GOLDEN = 0.618033988749895
"""Multiples of it, modulo 1, are spread evenly however many there are."""
FAR_NS = sys.maxsize
NS_PER_S = 1_000_000_000
NS_PER_MS = 1_000_000


class TimedServer(EventServer):
    """Each event at its time. Each connection's first stream begins late, at another moment of a stream's
    length, and they are out of step from then on."""

    def __init__(self, events: int, first_ns: int, gap_ns: int) -> None:
        super().__init__(events)
        self._length_ns = first_ns + (events - 1) * gap_ns
        self._first_ns = first_ns
        self._gap_ns = gap_ns
        self._firsts: list[tuple[int, int, EventStream]] = []
        # All gaps are the same, so what comes next is due in the order in which the last was.
        self._nexts: deque[EventStream] = deque()

    def begin(self, stream: EventStream) -> None:
        stream.send(stream.framing.head)
        stream.due_ns = stream.asked_ns + self._first_ns
        if stream.is_first:
            stream.due_ns += int(stream.number * GOLDEN % 1 * self._length_ns)
        heappush(self._firsts, (stream.due_ns, stream.number, stream))

    def proceed(self) -> float | None:
        now_ns = time_ns()
        firsts, nexts = self._firsts, self._nexts
        while firsts and firsts[0][0] <= now_ns:
            self._write(heappop(firsts)[2])
        while nexts and nexts[0].due_ns <= now_ns:
            self._write(nexts.popleft())
        due_ns = min(firsts[0][0] if firsts else FAR_NS, nexts[0].due_ns if nexts else FAR_NS)
        return None if due_ns == FAR_NS else (due_ns - time_ns()) / NS_PER_S

    def _write(self, stream: EventStream) -> None:
        if stream.number:
            self.latest_ns = max(self.latest_ns, time_ns() - stream.due_ns)
            if self.write_next(stream):
                stream.due_ns += self._gap_ns
                self._nexts.append(stream)


class RoundServer(EventServer):
    """One event on every stream, and the next once the client has read all of them.

    So each event comes in a packet and to a read of its own, however slow the client is.
    """

    def __init__(self, streams: int, events: int) -> None:
        super().__init__(events)
        self._streams = streams
        self._active: list[EventStream] = []
        self._is_read = True
        self._rounds = 0

    def read(self) -> int:
        return self._rounds * self._streams

    def begin(self, stream: EventStream) -> None:
        stream.send(stream.framing.head)
        self._active.append(stream)
        self._write_round()

    def go(self) -> None:
        self._is_read = True
        self._rounds += 1
        self._write_round()

    def _write_round(self) -> None:
        if self._is_read and len(self._active) == self._streams:
            self._is_read = False
            self._active = [stream for stream in self._active if self.write_next(stream)]


class BurstServer(EventServer):
    """Many events with each write, as fast as they are taken."""

    def __init__(self, events: int, burst: int) -> None:
        super().__init__(events)
        self._burst = burst

    def begin(self, stream: EventStream) -> None:
        self.writable(stream)

    def writable(self, stream: EventStream) -> None:
        fd = stream.socket.fileno()
        try:
            while stream.rest or stream.index < self.events:
                stream.rest = stream.rest or memoryview(self._next_burst(stream))
                stream.rest = stream.rest[stream.send(stream.rest) :]
        except BlockingIOError:
            self.poll.modify(fd, select.EPOLLOUT)
        except OSError:
            self.close(stream)
        else:
            self.poll.modify(fd, select.EPOLLIN)
            self.finish(stream)

    def _next_burst(self, stream: EventStream) -> bytes:
        begin, stream.index = stream.index, min(stream.index + self._burst, self.events)
        count = stream.index - begin
        stream.stamps_ns.extend([time_ns()] * count)
        framing = stream.framing
        burst = framing.event % (stream.number, begin) * count
        return (
            (b"" if begin else framing.head) + burst + (framing.end if stream.index == self.events else b"")
        )


def main() -> None:
    """Serve until standard input ends, on the core named by the first argument."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is for who started it
    core, pace, *numbers = sys.argv[1:]
    streams, events, first_ms, gap_ms, burst = map(int, numbers)
    os.sched_setaffinity(0, {int(core)})
    server: EventServer
    if pace == "times":
        server = TimedServer(events, first_ms * NS_PER_MS, gap_ms * NS_PER_MS)
    elif pace == "rounds":
        server = RoundServer(streams, events)
    else:
        server = BurstServer(events, burst)
    server.serve(sys.stdin.fileno())


if __name__ == "__main__":
    main()
