"""Reads a run directory back: what was measured, slice by slice, and what of it is damaged."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from analysis.counts import Counts, CountsRow, parse_counts_row, total
from analysis.event import Event, EventKind, parse_event
from analysis.histogram import Histogram
from analysis.interval_log import parse_line
from analysis.run_directory import RunDirectory
from analysis.run_record import RunRecord, RunStatus
from analysis.sample import Sample, parse_sample
from analysis.slice_histograms import SliceHistograms
from analysis.whole_lines import read_lines

RESPONSE = ".response"
"""End of the tags whose course in time is looked at."""


@dataclass(frozen=True, slots=True)
class RunLog:
    """Slices are numbered from 0; a range of slices ends before its second number."""

    run: RunRecord
    histograms: Mapping[str, SliceHistograms]
    """By tag, `<endpoint>.<metric>`."""
    counts: tuple[CountsRow, ...]
    """In the order of slices."""
    samples: tuple[Sample, ...]
    events: tuple[Event, ...]
    damage: tuple[str, ...]
    """What could not be read; a cut last line is what a crash leaves."""

    @classmethod
    def read(cls, path: Path | str) -> Self:
        """Read whatever is there. Only an unreadable run.json raises, a `RunLogError`."""
        directory = RunDirectory.open(path)
        run = directory.read_run()
        histograms: dict[str, SliceHistograms] = {}
        counts: list[CountsRow] = []
        samples: list[Sample] = []
        events: list[Event] = []

        def take_histogram(line: bytes) -> None:
            row = parse_line(line.decode())
            if row is None:
                return
            found = histograms.get(row.tag)
            if found is None:
                keeps_logs = row.tag.endswith(RESPONSE)
                found = histograms[row.tag] = SliceHistograms(keeps_logs=keeps_logs)
            found.add(_slice_of(row.start_s, run.slice_s), row.encoded)

        damage = (
            *read_lines(directory.latency_hlog, take_histogram),
            *read_lines(directory.counts_jsonl, lambda line: counts.append(parse_counts_row(line))),
            *read_lines(directory.samples_jsonl, lambda line: samples.append(parse_sample(line))),
            *read_lines(directory.events_jsonl, lambda line: events.append(parse_event(line))),
        )
        if run.status is not RunStatus.RUNNING:
            damage += _end_damage(directory, events, damage)
        counts.sort(key=_slice_of_row)
        return cls(run, histograms, tuple(counts), tuple(samples), tuple(events), damage)

    @property
    def tags(self) -> tuple[str, ...]:
        """Tags of all histograms, sorted."""
        return tuple(sorted(self.histograms))

    @property
    def slices(self) -> int:
        """How many slices the log reaches over, those in which nothing happened included."""
        timed = (slices[-1] for tag in self.histograms.values() if (slices := tag.slices()))
        counted = self.counts[-1].slice_index if self.counts else -1
        return max(counted, max(timed, default=-1)) + 1

    def merged(self, tag: str, start_slice: int = 0, end_slice: int | None = None) -> Histogram:
        """One histogram of a tag over a range of slices, or over the whole run; empty when there is none."""
        found = self.histograms.get(tag)
        if found is None:
            return Histogram()
        return found.merged(start_slice, self.slices if end_slice is None else end_slice)

    def totals(self, slices: tuple[int, int] | None = None) -> dict[str, Counts]:
        """Counts by endpoint over a range of slices, or over the whole run."""
        start, end = slices or (0, self.slices)
        first = bisect_left(self.counts, start, key=_slice_of_row)
        last = bisect_left(self.counts, end, key=_slice_of_row)
        by_endpoint: defaultdict[str, list[Counts]] = defaultdict(list)
        for row in self.counts[first:last]:
            by_endpoint[row.endpoint].append(row.counts)
        return {endpoint: total(counts) for endpoint, counts in sorted(by_endpoint.items())}


def _end_damage(directory: RunDirectory, events: Sequence[Event], known: Sequence[str]) -> tuple[str, ...]:
    """What of an ended run was cut off between two lines, which the files themselves do not show."""
    ended = next((event for event in reversed(events) if event["kind"] == EventKind.RUN_ENDED), None)
    if ended is None:
        name = directory.events_jsonl.name
        said = any(text.startswith(name) for text in known)
        return () if said else (f"{name}: run_ended, the last event, is missing",)
    sizes = ended.get("bytes")
    found: list[str] = []
    for path in (directory.latency_hlog, directory.counts_jsonl, directory.samples_jsonl):
        written = sizes.get(path.name) if isinstance(sizes, dict) else None
        if not isinstance(written, int) or any(text.startswith(path.name) for text in known):
            continue
        if (size := path.stat().st_size) < written:
            found.append(f"{path.name}: {written} bytes were written, found {size}")
    return tuple(found)


def _slice_of_row(row: CountsRow) -> int:
    return row.slice_index


def _slice_of(start_s: float, slice_s: int) -> int:
    number = round(start_s / slice_s)
    if number < 0:
        raise ValueError(f"a start from 0 s on was wanted, found {start_s}")
    return number
