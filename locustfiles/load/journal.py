"""Answered exchanges in columns, kept until they are folded into books: one append per request."""

from array import array
from collections.abc import Iterator

import numpy as np

from analysis.histogram import Int64s
from locustfiles.load.slice_clock import NS_PER_S, SliceClock

COLUMNS = 8
ROWS_KEPT = 1024
"""Folding so many takes about half a millisecond, which no other greenlet gets."""
FULL = ROWS_KEPT * COLUMNS
NO_LAG = -1


class Page:
    """Some answered exchanges, a row each, of one slice or of several. Stamps are ns on CLOCK_REALTIME."""

    __slots__ = ("_rows",)

    def __init__(self, rows: Int64s) -> None:
        """`rows` has a column for each name in the order of `Journal.write`."""
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    def by_slice(self, clock: SliceClock) -> "Iterator[tuple[int, Page]]":
        """The rows of each slice that they are filed under."""
        numbers = clock.filed_slices(self._rows[:, 0], self._rows[:, 3])
        for number in np.unique(numbers).tolist():
            yield number, Page(self._rows[numbers == number])

    def unheard(self) -> "Page":
        """The rows whose `request` event was not fired."""
        return Page(self._rows[self._rows[:, 6] & 1 == 0])

    @property
    def response_us(self) -> Int64s:
        return (self._rows[:, 3] - self._rows[:, 0]) // 1000

    @property
    def service_us(self) -> Int64s:
        return (self._rows[:, 3] - self._rows[:, 1]) // 1000

    @property
    def ttfb_us(self) -> Int64s:
        return (self._rows[:, 2] - self._rows[:, 1]) // 1000

    @property
    def send_lag_us(self) -> Int64s:
        """How late the generator was: without the time in which a connection was opened."""
        return (self._rows[:, 1] - self._rows[:, 0] - self._rows[:, 7]) // 1000

    @property
    def wake_lag_us(self) -> Int64s:
        """Of the rows that have one."""
        lags_ns: Int64s = self._rows[:, 4]
        known_us: Int64s = lags_ns[lags_ns != NO_LAG] // 1000
        return known_us

    @property
    def last_s(self) -> Int64s:
        """The second of CLOCK_REALTIME in which each ended."""
        seconds: Int64s = self._rows[:, 3] // NS_PER_S
        return seconds

    @property
    def received_bytes(self) -> int:
        return int(self._rows[:, 5].sum())

    @property
    def good(self) -> int:
        """How many met the target's limits."""
        return int(np.count_nonzero(self._rows[:, 6] & 2))


class Journal:
    """The rows since the last `take`."""

    __slots__ = ("_rows",)

    def __init__(self) -> None:
        self._rows = array("q")

    def write(
        self,
        due_ns: int,
        send_ns: int,
        first_ns: int,
        last_ns: int,
        wake_lag_ns: int | None,
        received_bytes: int,
        heard: bool,
        good: bool,
        opening_ns: int = 0,
    ) -> bool:
        """Add an answered exchange; True when it is time to `take`."""
        rows = self._rows
        lag_ns = NO_LAG if wake_lag_ns is None else wake_lag_ns
        rows.extend(
            (due_ns, send_ns, first_ns, last_ns, lag_ns, received_bytes, heard + 2 * good, opening_ns)
        )
        return len(rows) >= FULL

    def take(self) -> Page | None:
        """Hand over all rows and begin anew; None when there are none."""
        rows, self._rows = self._rows, array("q")
        return Page(np.frombuffer(rows, np.int64).reshape(-1, COLUMNS)) if rows else None
