"""Samples at every tick until the count is reached or something ends it."""

import logging
import time

from scripts.sidecar.alarm import Alarm
from scripts.sidecar.sample import Sampler, sample_line
from scripts.sidecar.sink import ReaderGoneError, Sink
from scripts.sidecar.tick import NS_PER_S, Ticks

logger = logging.getLogger(__name__)


def sample_until_told(sampler: Sampler, sink: Sink, period_ns: int, count: int | None) -> None:
    """The first sample at once, the others on a fixed schedule; a sample after missed ticks names its gap."""
    ticks = Ticks(time.monotonic_ns(), period_ns)
    number, written, last_ns = 0, 0, ticks.start_ns
    missed = False
    with Alarm(sink) as alarm:
        while True:
            ending = alarm.wait_until(ticks.due_ns(number))
            if ending is not None:
                logger.info("ended after %d samples: %s", written, ending)
                return
            now_ns = time.monotonic_ns()
            timely = ticks.timely(number, now_ns)
            missed, number = missed or timely != number, timely
            if ticks.due_ns(number) > now_ns:
                continue
            gap_s = round((now_ns - last_ns) / NS_PER_S, 3) if missed else None
            try:
                sink.write(sample_line(sampler.sample(gap_s)))
            except ReaderGoneError:
                logger.info("ended after %d samples: nobody reads them", written)
                return
            written, last_ns = written + 1, now_ns
            if written == count:
                return
            missed, number = False, number + 1
