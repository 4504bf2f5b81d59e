"""All histograms of one tag in a run, by slice, in small arrays."""

from collections import defaultdict

import numpy as np
import numpy.typing as npt

from analysis.histogram import Histogram, Int64s, decode_sparse, log_middles

_MOST_PER_SLOT = 2**32 - 1
_Row = tuple[npt.NDArray[np.uint16], npt.NDArray[np.uint32]]


class SliceHistograms:
    """Six bytes per slot in use and slice. Rows may come in any order; those of one slice add up."""

    __slots__ = ("_rows",)

    def __init__(self) -> None:
        self._rows: defaultdict[int, list[_Row]] = defaultdict(list)

    def add(self, slice_index: int, encoded: str) -> None:
        """Add an encoded histogram; `ValueError` when it cannot be decoded."""
        slots, counts = decode_sparse(encoded)
        if counts.size and int(counts.max()) > _MOST_PER_SLOT:
            raise ValueError(f"a histogram of one slice was wanted, found a count above {_MOST_PER_SLOT}")
        self._rows[slice_index].append((slots.astype(np.uint16), counts.astype(np.uint32)))

    def slices(self) -> tuple[int, ...]:
        """Slices that have a row, ascending."""
        return tuple(sorted(self._rows))

    def merged(self, start: int, end: int) -> Histogram:
        """One histogram of the slices from `start` to before `end`."""
        return Histogram.from_sparse(*self._joined(start, end))

    def log_sums(self, end: int) -> tuple[npt.NDArray[np.float64], Int64s]:
        """Of each slice before `end`: sum of the logarithms of its observations in µs, and their number."""
        logarithms = log_middles()
        sums, numbers = np.zeros(end), np.zeros(end, np.int64)
        for number, rows in self._rows.items():
            if number < end:
                for slots, counts in rows:
                    sums[number] += float((logarithms[slots] * counts).sum())
                    numbers[number] += int(counts.sum())
        return sums, numbers

    def _joined(self, start: int, end: int) -> tuple[Int64s, Int64s]:
        rows = [row for number in self.slices() if start <= number < end for row in self._rows[number]]
        if not rows:
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        slots = np.concatenate([slots for slots, _ in rows]).astype(np.int64)
        return slots, np.concatenate([counts for _, counts in rows]).astype(np.int64)
