"""Histograms agree with sorting, merge without loss and speak HdrHistogram's V2 encoding."""

import base64
import math
import random

import numpy as np
import pytest
from hdrh.histogram import HdrHistogram
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.histogram import (
    HIGHEST_US,
    SLOTS,
    Histogram,
    decode_sparse,
    record_together,
    slot_low_us,
    slot_width_us,
)

PERCENTILES = (0.5, 0.9, 0.95, 0.99, 0.999)
WORKERS = 8

in_range_us = st.one_of(
    st.integers(1, HIGHEST_US),
    st.floats(0, math.log(HIGHEST_US)).map(lambda power: min(HIGHEST_US, max(1, int(math.exp(power))))),
)
observations_us = st.lists(in_range_us, min_size=1, max_size=400)


def sorted_percentile(values_us: list[int], p: float) -> int:
    """The exact value at rank ceil(p·N), in integers."""
    thousandths = round(p * 1000)
    rank = max(1, -(-thousandths * len(values_us) // 1000))
    return sorted(values_us)[rank - 1]


@settings(max_examples=150, deadline=None)
@given(observations_us, st.integers(0, 2**32))
def test_percentiles_of_eight_merged_workers_are_within_a_thousandth_of_sorting(
    values_us: list[int], seed: int
) -> None:
    workers = [Histogram() for _ in range(WORKERS)]
    draw = random.Random(seed)
    for value_us in values_us:
        workers[draw.randrange(WORKERS)].record(value_us)
    merged = Histogram()
    for worker in workers:
        merged.merge(worker)

    assert merged.count == len(values_us)
    for p in PERCENTILES:
        assert merged.percentile(p) == pytest.approx(sorted_percentile(values_us, p), rel=0.001, abs=0)


@settings(max_examples=100, deadline=None)
@given(st.lists(observations_us, min_size=1, max_size=WORKERS))
def test_merged_histograms_equal_one_histogram_of_everything_slot_by_slot(shares_us: list[list[int]]) -> None:
    merged = Histogram()
    for share_us in shares_us:
        merged.merge(Histogram.decode(Histogram.of(share_us).encode()))
    whole = Histogram.of(value_us for share_us in shares_us for value_us in share_us)

    assert merged == whole
    assert (merged.min_us, merged.max_us, merged.mean_us) == (whole.min_us, whole.max_us, whole.mean_us)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.integers(0, HIGHEST_US), max_size=200))
def test_the_hdrhistogram_package_reads_what_we_write_and_we_read_what_it_writes(
    values_us: list[int],
) -> None:
    theirs = HdrHistogram(1, HIGHEST_US, 3, word_size=8)
    for value_us in values_us:
        theirs.record_value(value_us)
    ours = Histogram.of(values_us)
    read = HdrHistogram.decode(ours.encode())

    assert Histogram.decode(theirs.encode().decode()) == ours
    assert list(read.counts) == list(theirs.counts)
    assert read.get_total_count() == len(values_us)


def test_a_range_of_a_million_observations_keeps_its_percentiles() -> None:
    """Counts above 2^16 and the rank rule at large N."""
    generator = np.random.default_rng(7)
    values_us = generator.lognormal(10, 1.2, 1_000_000).astype(int) + 1
    histogram = Histogram.from_sparse(*slots_of(values_us))

    ordered = np.sort(values_us)
    for p in PERCENTILES:
        exact = int(ordered[math.ceil(round(p * ordered.size, 6)) - 1])
        assert histogram.percentile(p) == pytest.approx(exact, rel=0.001)


def slots_of(values_us: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> tuple[np.ndarray, np.ndarray]:
    """Independent slot arithmetic: the lower bounds of all slots, searched."""
    lows = np.array([slot_low_us(slot) for slot in range(SLOTS)])
    slots = np.searchsorted(lows, values_us, side="right") - 1
    return slots, np.ones(len(values_us), np.int64)


def test_slots_lie_side_by_side_and_are_at_most_a_thousandth_wide() -> None:
    for slot in range(SLOTS - 1):
        assert slot_low_us(slot) + slot_width_us(slot) == slot_low_us(slot + 1)
    assert all(slot_width_us(slot) == 1 for slot in range(2048))
    assert all(slot_width_us(slot) * 1024 <= slot_low_us(slot) for slot in range(2048, SLOTS))


@pytest.mark.parametrize(
    ("p", "value_us"), [(0.0, 1), (0.005, 1), (0.01, 1), (0.55, 55), (0.951, 96), (0.99, 99), (1.0, 100)]
)
def test_the_rank_is_p_times_n_rounded_up(p: float, value_us: int) -> None:
    assert Histogram.of(range(1, 101)).percentile(p) == value_us


def test_observations_of_one_slot_are_spread_over_it() -> None:
    """The slot of 100 000 µs holds 64 values, from 99 968 on."""
    histogram = Histogram.of([100_000] * 4)

    found = [histogram.percentile(p) for p in (0.25, 0.5, 0.75, 1.0)]

    assert found == [99_968 + 63 * share for share in (1 / 8, 3 / 8, 5 / 8, 7 / 8)]


@pytest.mark.parametrize("p", [-0.1, 1.5, 95, math.nan])
def test_a_percentile_that_is_no_fraction_is_refused(p: float) -> None:
    with pytest.raises(ValueError, match="a fraction from 0 to 1"):
        Histogram.of([1]).percentile(p)


def test_an_empty_histogram_has_no_values() -> None:
    empty = Histogram()

    assert (empty.count, empty.clipped) == (0, 0)
    assert (empty.min_us, empty.max_us, empty.mean_us, empty.percentile(0.5)) == (None, None, None, None)
    assert Histogram.decode(empty.encode()) == empty


def test_merging_an_empty_histogram_changes_nothing() -> None:
    histogram = Histogram.of([5, 7])
    histogram.merge(Histogram())

    assert histogram == Histogram.of([5, 7])
    assert histogram.min_us == 5


def test_values_out_of_range_go_to_the_bounds_and_are_counted() -> None:
    histogram = Histogram.of([-3, 0, 1, HIGHEST_US, HIGHEST_US + 1, 10**15])

    assert histogram.clipped == 3
    assert histogram.count == 6
    assert histogram.min_us == 0
    assert Histogram.of([HIGHEST_US]).max_us == histogram.max_us
    other = Histogram.of([-1])
    other.merge(histogram)
    assert other.clipped == 4


def test_counts_above_four_billion_survive_encoding() -> None:
    slots, counts = np.array([9, 5000]), np.array([2**40, 70_000])
    read_slots, read_counts = decode_sparse(Histogram.from_sparse(slots, counts).encode())

    assert (read_slots.tolist(), read_counts.tolist()) == ([9, 5000], [2**40, 70_000])


@pytest.mark.parametrize("count", [1, 2**30 - 1, 2**30, 2**40])
def test_the_mean_of_however_many_observations_is_that_of_their_slots(count: int) -> None:
    """The slots of 4096 µs and of an hour are 4 and 4 194 304 µs wide."""
    values = np.array([0, 4096, HIGHEST_US], np.int64)
    slots, _ = Histogram.of(values.tolist()).sparse()
    middles = [slot_low_us(int(slot)) + (slot_width_us(int(slot)) - 1) / 2 for slot in slots]

    mean_us = Histogram.from_sparse(slots, np.full(3, count)).mean_us

    assert mean_us == pytest.approx(sum(middles) / 3, rel=1e-12)


def test_every_cut_of_an_encoded_histogram_is_refused() -> None:
    encoded = Histogram.of([1, 50, 70_000, 70_001]).encode()

    for length in range(len(encoded)):
        with pytest.raises(ValueError, match=r"\w"):
            Histogram.decode(encoded[:length])


def test_damage_inside_an_encoded_histogram_is_refused_or_harmless() -> None:
    """zlib's checksum finds changed bytes; nothing but ValueError may come out."""
    raw = bytearray(base64.b64decode(Histogram.of(range(1, 4000, 7)).encode()))
    for at in range(len(raw)):
        damaged = bytearray(raw)
        damaged[at] ^= 0x41
        with pytest.raises(ValueError, match=r"\w"):
            Histogram.decode(base64.b64encode(damaged).decode())


def test_a_histogram_with_other_settings_is_refused() -> None:
    coarse = HdrHistogram(1, HIGHEST_US, 2)
    coarse.record_value(5)

    with pytest.raises(ValueError, match="with 3 digits was wanted"):
        Histogram.decode(coarse.encode().decode())


def test_its_text_says_what_it_holds() -> None:
    assert repr(Histogram.of([3, 9])) == "Histogram(count=2, min_us=3, max_us=9)"


@settings(max_examples=100, deadline=None)
@given(st.lists(st.one_of(in_range_us, st.integers(-(2**40), 2**40)), max_size=200))
def test_recording_many_at_once_is_recording_each(values_us: list[int]) -> None:
    one_by_one, at_once = Histogram.of(values_us), Histogram()
    at_once.record_all(np.array(values_us, np.int64))
    assert at_once == one_by_one
    assert at_once.clipped == one_by_one.clipped


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(st.integers(-5, HIGHEST_US + 5), max_size=30), min_size=1, max_size=5))
def test_each_of_several_columns_goes_into_its_own_histogram(columns_us: list[list[int]]) -> None:
    """Empty columns, and observations out of range, included."""
    together = [Histogram() for _ in columns_us]
    record_together(together, [np.array(column_us, np.int64) for column_us in columns_us])

    each = [Histogram.of(column_us) for column_us in columns_us]
    assert together == each
    assert [histogram.clipped for histogram in together] == [histogram.clipped for histogram in each]
