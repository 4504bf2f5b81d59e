"""Starts a program beside the run and ends it again, by its own process id."""

from locust.log import greenlet_exception_logger

import logging
import os
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from subprocess import DEVNULL, PIPE, Popen, TimeoutExpired

import gevent

logger = logging.getLogger(__name__)

GRACE_S = 5.0


class Child:
    """A child process whose standard output is handed over line by line."""

    def __init__(
        self,
        command: Sequence[str],
        on_line: Callable[[bytes], None] | None = None,
        on_end: Callable[[int], None] | None = None,
    ) -> None:
        """Raises OSError when the program cannot be started."""
        # Locust has made subprocess cooperative: waiting here does not stop the load.
        self._process = Popen(  # noqa: S603 - commands of ours or of the user's own choice, no shell
            list(command),
            stdin=DEVNULL,
            stdout=PIPE if on_line else DEVNULL,
            # A group of its own: Ctrl-C in a terminal reaches Locust, which then ends its children in order.
            start_new_session=True,
        )
        self._stopping = False
        self._reader = gevent.spawn(self._watch, on_line, on_end)
        self._reader.link_exception(greenlet_exception_logger(logger))

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the child is still there."""
        return self._process.poll() is None

    def stop(self) -> None:
        """Ask it to end, insist after five seconds, and wait for its last line."""
        self._stopping = True
        if self.running:
            self._signal(signal.SIGTERM)
            try:
                self._process.wait(timeout=GRACE_S)
            except TimeoutExpired:
                self._signal(signal.SIGKILL)
                self._process.wait()
        self._signal(signal.SIGKILL)  # what a wrapper script may have left
        self._reader.join(timeout=GRACE_S)

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)

    def _watch(self, on_line: Callable[[bytes], None] | None, on_end: Callable[[int], None] | None) -> None:
        if on_line is not None and self._process.stdout is not None:
            for line in self._process.stdout:
                on_line(line)
        code = self._process.wait()
        if on_end is not None and not self._stopping:
            on_end(code)
