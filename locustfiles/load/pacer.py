"""Wakes the arrival scheduler when the next request is due, or when it is asked to stop."""

import logging
from typing import Any, Protocol

import gevent
from gevent.event import Event

from locustfiles.load.stamp import now_ns
from locustfiles.load.timerfd import TimerFd

logger = logging.getLogger(__name__)

READ = 1


class Pacer(Protocol):
    """Of one greenlet; its due times never go back."""

    def wait_until(self, due_ns: int) -> bool:
        """Never returns early, and never without giving others a turn; False once a stop is asked for."""

    def close(self) -> None:
        """Safe to call twice."""


def open_pacer(stop: Event) -> Pacer:
    """The best one that this system offers. It stops waiting for ever once the event is set."""
    try:
        return TimerfdPacer(TimerFd(), stop)
    except OSError as error:
        logger.warning("No timerfd here (%s): arrivals are paced by timers with a grain of 1 ms", error)
        return TimerPacer(stop)


class TimerfdPacer:
    """Accurate to the loop's own speed.

    The descriptor stays readable until it is set again. So when the next moment has passed already, the wait
    ends after one turn of the loop, in which everybody else's sockets have theirs.
    """

    __slots__ = ("_fired", "_hub", "_is_due", "_stop", "_timer", "_waiter", "_watching")

    def __init__(self, timer: TimerFd, stop: Event) -> None:
        self._timer = timer
        self._stop = stop
        self._hub = gevent.get_hub()
        self._is_due = self._hub.loop.io(timer.fileno(), READ)
        self._watching = False
        self._fired = False
        self._waiter: Any = None
        stop.rawlink(self._on_stop)

    def wait_until(self, due_ns: int) -> bool:
        if not self._fired or due_ns > now_ns():
            self._timer.set(due_ns)
        self._fired = False
        while not self._stop.is_set():
            self._wait()
            if due_ns <= now_ns():
                self._fired = True
                break
            self._timer.set(due_ns)
        return not self._stop.is_set()

    def close(self) -> None:
        self._stop.unlink(self._on_stop)
        self._stop_watching()
        self._is_due.close()
        self._timer.close()

    def _wait(self) -> None:
        if not self._watching:
            self._is_due.start(self._wake)
            self._watching = True
        self._waiter = gevent.getcurrent()
        try:
            self._hub.switch()
        finally:
            self._waiter = None

    def _wake(self) -> None:
        """Called by the loop, over and over while the descriptor is readable."""
        if self._waiter is None:
            self._stop_watching()
        else:
            self._waiter.switch()

    def _on_stop(self, _: Event) -> None:
        if self._waiter is not None:
            self._waiter.switch()

    def _stop_watching(self) -> None:
        self._is_due.stop()
        self._watching = False


class TimerPacer:
    """By the loop's timers."""

    __slots__ = ("_stop",)

    def __init__(self, stop: Event) -> None:
        self._stop = stop

    def wait_until(self, due_ns: int) -> bool:
        remaining_ns = due_ns - now_ns()
        if remaining_ns <= 0:
            gevent.sleep(0)
        while remaining_ns > 0 and not self._stop.wait(remaining_ns / 1e9):
            remaining_ns = due_ns - now_ns()
        return not self._stop.is_set()

    def close(self) -> None:
        """Nothing is held."""
