"""All histograms of one tag in a run: sums of blocks at hand, single slices decoded when asked for."""

from array import array
from collections import defaultdict

import numpy as np
import numpy.typing as npt

from analysis.histogram import SLOTS, Histogram, Int64s, decode_packed, log_middles, packed

BLOCK = 64
"""Slices that are summed as they come. A range asked for ends inside of two blocks at most."""

_MOST_PER_SLICE = 2**32 - 1
_Sum = tuple[npt.NDArray[np.uint16], npt.NDArray[np.unsignedinteger]]


class SliceHistograms:
    """Compressed rows, as they came, and a sum for each block: a long run is decoded once and fits in memory.

    Rows may come in any order; those of one slice add up. Sums of logarithms are kept only where wanted.
    """

    __slots__ = ("_block", "_counts", "_keeps_logs", "_logs", "_open", "_packed", "_row", "_slices", "_sums")

    def __init__(self, *, keeps_logs: bool = False) -> None:
        self._keeps_logs = keeps_logs
        self._slices = array("Q")
        self._counts = array("Q")
        self._logs = array("d")
        self._packed: list[bytes] = []
        self._sums: defaultdict[int, list[_Sum]] = defaultdict(list)
        # Pages of these that no count ever touches take no memory.
        self._row: Int64s = np.zeros(SLOTS, np.int64)
        self._open: Int64s = np.zeros(SLOTS, np.int64)
        self._block = 0
        """The block that `_open` is the sum of."""

    def add(self, slice_index: int, encoded: str) -> None:
        """Add an encoded histogram; `ValueError` when it cannot be decoded."""
        compressed = packed(encoded)
        first, end, count = decode_packed(compressed, self._row)
        row = self._row[first:end]
        if not 0 <= count <= _MOST_PER_SLICE:
            row.fill(0)
            raise ValueError(
                f"a histogram of one slice was wanted, found {count} observations, above {_MOST_PER_SLICE}"
            )
        if slice_index // BLOCK != self._block:
            self._close_block(slice_index // BLOCK)
        self._open[first:end] += row
        self._counts.append(count)
        if self._keeps_logs:
            self._logs.append(float(row @ log_middles()[first:end]))
        row.fill(0)
        self._slices.append(slice_index)
        self._packed.append(compressed)

    def slices(self) -> tuple[int, ...]:
        """Slices that have a row, ascending."""
        return tuple(sorted(set(self._slices)))

    def merged(self, start: int, end: int) -> Histogram:
        """One histogram of the slices from `start` to before `end`."""
        dense = np.zeros(SLOTS, np.int64)
        first, last = -(-start // BLOCK), end // BLOCK
        if first >= last:
            self._add_rows(dense, start, end)
            return Histogram.from_dense(dense)
        self._add_rows(dense, start, first * BLOCK)
        self._add_rows(dense, last * BLOCK, end)
        for block, sums in self._sums.items():
            if first <= block < last:
                for slots, counts in sums:
                    dense[slots] += counts
        if first <= self._block < last:
            dense += self._open
        return Histogram.from_dense(dense)

    def log_sums(self, end: int) -> tuple[npt.NDArray[np.float64], Int64s]:
        """Of each slice before `end`: sum of the logarithms of its observations in µs, and their number.

        Only where logarithms are kept.
        """
        slices = np.frombuffer(self._slices, np.uint64).astype(np.int64)
        within = slices < end
        sums, numbers = np.zeros(end), np.zeros(end, np.int64)
        np.add.at(sums, slices[within], np.frombuffer(self._logs)[within])
        np.add.at(numbers, slices[within], np.frombuffer(self._counts, np.uint64)[within].astype(np.int64))
        return sums, numbers

    def _add_rows(self, dense: Int64s, start: int, end: int) -> None:
        if start >= end:
            return
        slices = np.frombuffer(self._slices, np.uint64)
        for row in np.flatnonzero((slices >= start) & (slices < end)).tolist():
            first, after, _ = decode_packed(self._packed[row], self._row)
            dense[first:after] += self._row[first:after]
            self._row[first:after] = 0

    def _close_block(self, following: int) -> None:
        slots = np.flatnonzero(self._open != 0)
        if slots.size:
            counts = self._open[slots]
            smallest = np.min_scalar_type(int(counts.max()))
            self._sums[self._block].append((slots.astype(np.uint16), counts.astype(smallest)))
            self._open[slots] = 0
        self._block = following
