"""Whose turn it is to look at what was read, after all sockets that are ready have been read."""

from collections import deque
from functools import cache
from time import perf_counter
from typing import Any, Protocol

from gevent.hub import Hub

LONGEST_S = 0.002
"""Between two looks of the loop at the sockets, however much is still to be looked at."""


class Reader(Protocol):
    """Has read something."""

    def look(self) -> None:
        """Called by the loop: switch to whoever waits for what was read."""


class ReadingTurn:
    """The readers of one event loop, in the order in which they have read."""

    def __init__(self, hub: Hub) -> None:
        self._loop: Any = hub.loop
        self._readers: deque[Reader] = deque()
        self._is_due = False
        self._after_the_sockets = self._loop.timer(0.0)

    def add(self, reader: Reader) -> None:
        """Its turn comes when the loop has been through the sockets that are ready now."""
        self._readers.append(reader)
        if not self._is_due:
            self._is_due = True
            self._take_turns_soon()

    def _take_turns_soon(self) -> None:
        """Callbacks run before the loop looks at the sockets again, and after it has told of all it saw."""
        self._loop.run_callback(self._take_turns)

    def _take_turns(self) -> None:
        readers = self._readers
        until_s = perf_counter() + LONGEST_S
        try:
            while readers:
                readers.popleft().look()
                if perf_counter() > until_s:
                    break
        finally:
            if readers:
                self._after_the_sockets.start(self._take_turns_soon)
            else:
                self._is_due = False


@cache
def reading_turn(hub: Hub) -> ReadingTurn:
    """The one of this hub."""
    return ReadingTurn(hub)
