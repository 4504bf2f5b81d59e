"""Slices of a tag add up to what the hdrhistogram package makes of the same rows, over any range."""

import base64
import zlib

import numpy as np
import pytest
from hdrh.histogram import HdrHistogram
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.histogram import HIGHEST_US, SLOTS, Histogram, Int64s, decode_packed, packed
from analysis.slice_histograms import BLOCK, SliceHistograms

Row = tuple[int, list[int]]

times_us = st.lists(st.one_of(st.integers(0, 5000), st.integers(0, HIGHEST_US)), min_size=0, max_size=20)
rows = st.lists(st.tuples(st.integers(0, 4 * BLOCK), times_us), min_size=1, max_size=25)


def library_histogram(values_us: list[int]) -> HdrHistogram:
    histogram = HdrHistogram(1, HIGHEST_US, 3, word_size=8)
    for value_us in values_us:
        histogram.record_value(value_us)
    return histogram


def library_counts(histogram: HdrHistogram) -> Int64s:
    return np.fromiter(histogram.counts, np.int64, SLOTS)


def added(rows: list[Row]) -> SliceHistograms:
    slices = SliceHistograms(keeps_logs=True)
    for number, values_us in rows:
        slices.add(number, library_histogram(values_us).encode().decode())
    return slices


@settings(max_examples=60)
@given(rows, st.integers(0, 4 * BLOCK), st.integers(0, 5 * BLOCK))
def test_any_range_equals_the_librarys_own_sum_of_its_rows(rows: list[Row], start: int, end: int) -> None:
    inside = [value_us for number, values_us in rows if start <= number < end for value_us in values_us]
    counts = library_counts(library_histogram(inside))

    slots, found = added(rows).merged(start, end).sparse()

    assert slots.tolist() == np.flatnonzero(counts).tolist()
    assert found.tolist() == counts[slots].tolist()


@settings(max_examples=60)
@given(times_us)
def test_one_row_is_decoded_as_the_library_decodes_it(values_us: list[int]) -> None:
    encoded = library_histogram(values_us).encode()
    theirs = library_counts(HdrHistogram.decode(encoded))
    dense = np.zeros(SLOTS, np.int64)

    first, end, count = decode_packed(packed(encoded.decode()), dense)

    assert dense.tolist() == theirs.tolist()
    assert not theirs[:first].any()
    assert not theirs[end:].any()
    assert count == len(values_us)


def test_asking_does_not_change_what_is_added_later() -> None:
    slices = added([(0, [5]), (BLOCK - 1, [6])])
    before = slices.merged(0, BLOCK)
    slices.add(BLOCK - 1, Histogram.of([7, 7]).encode())
    slices.add(2 * BLOCK, Histogram.of([8]).encode())
    slices.add(0, Histogram.of([9]).encode())

    assert before == Histogram.of([5, 6])
    assert slices.merged(0, BLOCK) == Histogram.of([5, 6, 7, 7, 9])
    assert slices.merged(1, 2 * BLOCK + 1) == Histogram.of([6, 7, 7, 8])
    assert slices.slices() == (0, BLOCK - 1, 2 * BLOCK)


def test_a_row_that_cannot_be_decoded_leaves_no_trace() -> None:
    whole = Histogram.of([10, 20_000]).encode()
    raw = base64.b64decode(whole)
    body = bytearray(zlib.decompress(raw[8:]))
    body[-1] |= 0x80  # the last count goes on behind the end
    packed_again = zlib.compress(bytes(body))
    broken = base64.b64encode(raw[:4] + len(packed_again).to_bytes(4, "big") + packed_again).decode()
    slices = SliceHistograms(keeps_logs=True)

    with pytest.raises(ValueError, match="encoded histogram"):
        slices.add(0, broken)
    slices.add(0, whole)

    assert slices.merged(0, 1) == Histogram.decode(whole)


def test_more_than_four_billion_observations_in_a_slice_are_refused() -> None:
    slices = SliceHistograms(keeps_logs=True)
    slots, counts = np.array([7]), np.array([2**32])

    with pytest.raises(ValueError, match="4294967296 observations"):
        slices.add(0, Histogram.from_sparse(slots, counts).encode())

    assert slices.merged(0, 1).count == 0


def test_the_logarithms_of_a_slice_are_summed_over_its_rows() -> None:
    """Rows in any order, several of one slice, slices beyond the end, times of less than 1 µs."""
    histograms = SliceHistograms(keeps_logs=True)
    for number, values_us in ((3, [1000]), (1, [0, 10]), (3, [2000, 2000]), (9, [5])):
        histograms.add(number, Histogram.of(values_us).encode())

    sums, counts = histograms.log_sums(4)

    assert counts.tolist() == [0, 2, 0, 3]
    assert sums.tolist() == pytest.approx([0.0, np.log(0.5 * 10), 0.0, np.log(1000 * 2000 * 2000)])
