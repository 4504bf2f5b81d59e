"""Latency histograms in microseconds: HdrHistogram with three digits, 0 µs (less than one) to one hour."""

import base64
import binascii
import math
import struct
import zlib
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Self

import numpy as np
import numpy.typing as npt
from hdrh import codec

HIGHEST_US = 3_600_000_000
SLOTS = 23_552

# Layout of HdrHistogram for three digits: 2048 slots of 1 µs, then 1024 per doubling of the value.
_HALF_BITS = 10

# V2 encoding: cookie and length, then zlib over another cookie and length, settings and ZigZag LEB128 counts.
_HEADER = struct.Struct(">II")
_SETTINGS_FORMAT = struct.Struct(">IIQQd")
_OUTER_COOKIE = 0x1C849314
_INNER_COOKIE = 0x1C849313
# Index offset, digits, lowest, highest, conversion ratio.
_SETTINGS = _SETTINGS_FORMAT.pack(0, 3, 1, HIGHEST_US, 1.0)
_COUNTS_AT = _HEADER.size + _SETTINGS_FORMAT.size
_LONGEST_VARINT = 9
_ALWAYS_SUMMED = 2**30
_ZLIB_LEVEL = 1  # 1 % larger than the default on latencies, in a third of the time

Int64s = npt.NDArray[np.int64]


class Histogram:
    """Counts of observations per slot; slots are at most 0.1 % of their value wide.

    Histograms merge without loss. Least, greatest and mean are those of the slots, so they are the same
    before and after encoding; `clipped` is not encoded, and not compared.
    """

    __slots__ = ("_slots", "clipped")

    def __init__(self) -> None:
        self._slots: dict[int, int] = {}
        self.clipped = 0

    def record(self, value_us: int) -> None:
        """Add one observation; out of range it goes to the nearest bound and is counted in `clipped`."""
        if not 0 <= value_us <= HIGHEST_US:
            self.clipped += 1
            value_us = 0 if value_us < 0 else HIGHEST_US
        shift = value_us.bit_length() - _HALF_BITS - 1
        slot = value_us if shift <= 0 else (shift << _HALF_BITS) + (value_us >> shift)
        slots = self._slots
        slots[slot] = slots.get(slot, 0) + 1

    def record_all(self, values_us: Int64s) -> None:
        """Add many observations at once, each as `record` does."""
        record_together((self,), (values_us,))

    def merge(self, other: "Histogram") -> None:
        """Add all observations of another histogram to this one."""
        slots = self._slots
        for slot, count in other._slots.items():
            slots[slot] = slots.get(slot, 0) + count
        self.clipped += other.clipped

    @property
    def count(self) -> int:
        """Observations recorded, clipped ones included."""
        return sum(self._slots.values())

    @property
    def min_us(self) -> int | None:
        """Lowest value of the lowest slot in use."""
        return slot_low_us(min(self._slots)) if self._slots else None

    @property
    def max_us(self) -> int | None:
        """Highest value of the highest slot in use."""
        if not self._slots:
            return None
        slot = max(self._slots)
        return slot_low_us(slot) + slot_width_us(slot) - 1

    @property
    def mean_us(self) -> float | None:
        """Mean over the slots' middles; `None` when empty."""
        if not self._slots:
            return None
        slots, counts = self._unsorted()
        shift = np.maximum((slots >> _HALF_BITS) - 1, 0)
        doubled = ((slots - (shift << _HALF_BITS)) << (shift + 1)) + (1 << shift) - 1
        # In whole numbers, so that the order of the slots is no matter; so many never overflow.
        total = (
            int(doubled @ counts)
            if self.count < _ALWAYS_SUMMED
            else sum(value * count for value, count in zip(doubled.tolist(), counts.tolist(), strict=True))
        )
        return float(total / 2 / self.count)

    def percentile(self, p: float) -> float | None:
        """Value at a fraction of the observations, such as 0.95; `None` when empty. See `percentile`."""
        return percentile(*self.sparse(), p)

    def sparse(self) -> tuple[Int64s, Int64s]:
        """The slots in use, ascending, and their counts."""
        slots, counts = self._unsorted()
        order = np.argsort(slots)
        return slots[order], counts[order]

    def encode(self) -> str:
        """HdrHistogram V2, compressed and in base64, as any HdrHistogram tool reads it."""
        used = max(self._slots, default=-1) + 1
        dense = _dense(*self._unsorted(), used)
        body = np.empty(used * _LONGEST_VARINT, np.uint8)
        length = codec.encode(dense.ctypes.data, used, 8, body.ctypes.data, body.size) if used else 0
        inner = _HEADER.pack(_INNER_COOKIE, length) + _SETTINGS
        packed = zlib.compress(inner + body[:length].tobytes(), _ZLIB_LEVEL)
        return base64.b64encode(_HEADER.pack(_OUTER_COOKIE, len(packed)) + packed).decode("ascii")

    @classmethod
    def decode(cls, encoded: str) -> Self:
        """Inverse of `encode`; `ValueError` for anything that is not a whole histogram of these settings."""
        slots, counts = decode_sparse(encoded)
        histogram = cls()
        histogram._slots = dict(zip(slots.tolist(), counts.tolist(), strict=True))
        return histogram

    @classmethod
    def from_sparse(cls, slots: Int64s, counts: Int64s) -> Self:
        """A histogram of these counts; a slot may occur more than once."""
        dense = np.zeros(SLOTS, np.int64)
        np.add.at(dense, slots, counts)
        return cls.from_dense(dense)

    @classmethod
    def from_dense(cls, dense: Int64s) -> Self:
        """A histogram of one count for each of SLOTS slots."""
        used = np.flatnonzero(dense != 0)
        histogram = cls()
        histogram._slots = dict(zip(used.tolist(), dense[used].tolist(), strict=True))
        return histogram

    @classmethod
    def of(cls, values_us: Iterable[int]) -> Self:
        """A histogram of these observations."""
        histogram = cls()
        for value_us in values_us:
            histogram.record(value_us)
        return histogram

    def _unsorted(self) -> tuple[Int64s, Int64s]:
        used = len(self._slots)
        slots = np.fromiter(self._slots.keys(), np.int64, used)
        return slots, np.fromiter(self._slots.values(), np.int64, used)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Histogram) and self._slots == other._slots

    def __repr__(self) -> str:
        return f"Histogram(count={self.count}, min_us={self.min_us}, max_us={self.max_us})"


def record_together(histograms: Sequence[Histogram], columns: Sequence[Int64s]) -> None:
    """Add a column of observations to each histogram, in as many steps as for a single one."""
    values_us = np.concatenate(columns)
    in_range = np.clip(values_us, 0, HIGHEST_US)
    if (in_range != values_us).any():
        for histogram, column in zip(histograms, columns, strict=True):
            histogram.clipped += int(np.count_nonzero((column < 0) | (column > HIGHEST_US)))
    # Values are below 2^53, so frexp's exponent is their bit length.
    shift = np.maximum(np.frexp(in_range)[1] - (_HALF_BITS + 1), 0)
    offsets = np.repeat(np.arange(len(columns)) * SLOTS, [len(column) for column in columns])
    used, counts = np.unique(offsets + (shift << _HALF_BITS) + (in_range >> shift), return_counts=True)
    bounds = np.searchsorted(used, np.arange(len(columns) + 1) * SLOTS).tolist()
    keys, numbers = used.tolist(), counts.tolist()
    for at, histogram in enumerate(histograms):
        slots, offset = histogram._slots, at * SLOTS
        for index in range(bounds[at], bounds[at + 1]):
            slot = keys[index] - offset
            slots[slot] = slots.get(slot, 0) + numbers[index]


def slot_low_us(slot: int) -> int:
    """Lowest value filed in a slot."""
    shift = max(0, (slot >> _HALF_BITS) - 1)
    return (slot - (shift << _HALF_BITS)) << shift


def slot_width_us(slot: int) -> int:
    """How many whole microseconds share a slot."""
    return 1 << max(0, (slot >> _HALF_BITS) - 1)


def resolution_us(value_us: float) -> int:
    """Width of the slot that this value is filed in: no finer difference can be seen there."""
    return 1 << max(0, int(value_us).bit_length() - _HALF_BITS - 1)


@cache
def log_middles() -> npt.NDArray[np.float64]:
    """Natural logarithm of the middle of each slot, in µs; the slot of less than one has that of 0.5."""
    slots = np.arange(SLOTS)
    shifts = np.maximum(0, (slots >> _HALF_BITS) - 1)
    middles = ((slots - (shifts << _HALF_BITS)) << shifts) + ((1 << shifts) - 1) / 2
    logarithms: npt.NDArray[np.float64] = np.log(np.maximum(middles, 0.5))
    return logarithms


def percentile(slots: Int64s, counts: Int64s, p: float) -> float | None:
    """Value at rank ceil(p·N) for ascending `slots`; `None` when there is no observation.

    Linear inside the slot: the k-th of its c observations lies at (k - 1/2)/c of its range. That is within
    0.1 % of sorting the observations, and exact below 2048 µs.
    """
    if not 0 <= p <= 1:
        raise ValueError(f"a percentile is asked for as a fraction from 0 to 1, found {p}")
    cumulated = np.cumsum(counts)
    total = int(cumulated[-1]) if cumulated.size else 0
    if total == 0:
        return None
    # Rounded first: 0.55 * 100 is slightly above 55 in floating point, and its rank is 55.
    rank = min(max(math.ceil(round(p * total, 6)), 1), total)
    at = int(np.searchsorted(cumulated, rank))
    slot, inside = int(slots[at]), int(counts[at])
    nth = rank - (int(cumulated[at]) - inside)
    return slot_low_us(slot) + (slot_width_us(slot) - 1) * (nth - 0.5) / inside


def decode_sparse(encoded: str) -> tuple[Int64s, Int64s]:
    """Slots in use, ascending, and counts of an encoded histogram; raises like `Histogram.decode`."""
    dense = np.zeros(SLOTS, np.int64)
    first, end, _ = decode_packed(packed(encoded), dense)
    window = dense[first:end]
    used = np.flatnonzero(window != 0)  # several times faster than on the counts themselves
    return used + first, window[used]


def packed(encoded: str) -> bytes:
    """The compressed part of an encoded histogram, for `decode_packed`; `ValueError` when it is not whole."""
    try:
        raw = binascii.a2b_base64(encoded, strict_mode=True)
        cookie, length = _HEADER.unpack_from(raw)
    except struct.error as error:
        raise ValueError(f"not an encoded histogram: {error}") from error
    if cookie != _OUTER_COOKIE or length != len(raw) - _HEADER.size:
        raise ValueError("not a whole HdrHistogram in V2 compressed encoding")
    return raw[_HEADER.size :]


def decode_packed(compressed: bytes, dense: Int64s) -> tuple[int, int, int]:
    """Put the counts into `dense`, SLOTS zeros, which is left so by an error: raises like `Histogram.decode`.

    Returns the first slot in use, the one after the last, and the observations; nothing outside of these
    slots was touched.
    """
    try:
        data = zlib.decompress(compressed)
        cookie, length = _HEADER.unpack_from(data)
    except (struct.error, zlib.error) as error:
        raise ValueError(f"not an encoded histogram: {error}") from error
    if cookie != _INNER_COOKIE or length != len(data) - _COUNTS_AT:
        raise ValueError("not a whole HdrHistogram in V2 encoding")
    if data[_HEADER.size : _COUNTS_AT] != _SETTINGS:
        settings = _SETTINGS_FORMAT.unpack_from(data, _HEADER.size)
        raise ValueError(f"a histogram of 1 µs to {HIGHEST_US} µs with 3 digits was wanted, found {settings}")
    try:
        found = codec.decode(data, _COUNTS_AT, dense.ctypes.data, SLOTS, 8)
    except (IndexError, OverflowError, ValueError) as error:
        dense.fill(0)
        raise ValueError(f"not an encoded histogram: {error}") from error
    first = found["min_nonzero_index"]
    return (first, found["max_nonzero_index"] + 1, found["total"]) if first >= 0 else (0, 0, 0)


def _dense(slots: Int64s, counts: Int64s, length: int) -> Int64s:
    dense = np.zeros(length, np.int64)
    dense[slots] = counts
    return dense
