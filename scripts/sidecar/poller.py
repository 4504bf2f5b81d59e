"""Asks one slow source in a thread of its own, so that a hanging server never delays a sample."""

import logging
import threading
import time
from dataclasses import dataclass

from scripts.sidecar.reading import Reading, Source
from scripts.sidecar.reason import short_reason
from scripts.sidecar.tick import NS_PER_S

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Answer:
    reading: Reading
    asked: int
    done_ns: int


class Poller:
    """One source, one thread, and the newest answer.

    `ask` starts a reading unless the last one is still out; `collect` gives what there is.
    """

    def __init__(self, source: Source, timeout_s: float) -> None:
        self._source = source
        self._timeout_s = timeout_s
        self._changed = threading.Condition()
        self._asked = 0
        self._asked_ns = 0
        self._busy = False
        self._answer: _Answer | None = None
        # A thread that hangs in a server's slow answer must not keep the process alive.
        self._thread = threading.Thread(
            target=self._work, name=f"sidecar-{'-'.join(source.parts)}", daemon=True
        )
        self._thread.start()

    @property
    def parts(self) -> tuple[str, ...]:
        return self._source.parts

    @property
    def busy(self) -> bool:
        with self._changed:
            return self._busy

    def ask(self, now_ns: int) -> None:
        with self._changed:
            if self._busy:
                return
            self._asked += 1
            self._asked_ns = now_ns
            self._busy = True
            self._changed.notify_all()

    def wait(self, seconds: float) -> None:
        """Wait for the answer to the last question, at most so long."""
        with self._changed:
            self._changed.wait_for(lambda: not self._busy, timeout=max(seconds, 0.0))

    def collect(self, now_ns: int, period_ns: int) -> tuple[Reading, float | None]:
        """The newest reading, and its age in seconds when it is not from this tick.

        A reading older than one period is not passed off as a present one: it is missing.
        """
        with self._changed:
            answer, busy, asked, asked_ns = self._answer, self._busy, self._asked, self._asked_ns
        if answer is not None and answer.asked == asked and not busy:
            return answer.reading, None
        if answer is not None and now_ns - answer.done_ns <= period_ns:
            return answer.reading, (now_ns - answer.done_ns) / NS_PER_S
        waited_s = (now_ns - asked_ns) / NS_PER_S
        return self._source.absent(f"no answer for {waited_s:.1f} s"), None

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._busy)
                asked = self._asked
            reading = self._read()
            with self._changed:
                self._answer = _Answer(reading, asked, time.monotonic_ns())
                self._busy = False
                self._changed.notify_all()

    def _read(self) -> Reading:
        try:
            return self._source.read(self._timeout_s)
        except Exception as error:
            # A fault of ours in one source must not end the watch over the host's memory.
            logger.exception("the reader of %s failed", ", ".join(self._source.parts))
            return self._source.absent(f"fault in the reader: {short_reason(error)}")
