"""Appends a run's slices, samples and events to its directory, in whole lines that survive a crash."""

import json
import os
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from analysis.event import EventKind
from analysis.interval_log import header, interval_row
from analysis.run_directory import RunDirectory


class RunLogWriter:
    """One per run, used by one thread. Every append is one write of whole lines, unbuffered.

    `start_ns` may be set until the first histogram is appended. When a file can no longer be written its
    last whole line stays, later appends to it are dropped, and `fault` says so.
    """

    def __init__(self, directory: RunDirectory, start_ns: int, slice_s: int) -> None:
        self.start_ns = start_ns
        self.slice_s = slice_s
        self._latency = _AppendFile(directory.latency_hlog)
        self._counts = _AppendFile(directory.counts_jsonl)
        self._samples = _AppendFile(directory.samples_jsonl)
        self._events = _AppendFile(directory.events_jsonl)

    @property
    def fault(self) -> str | None:
        """The first file that could not be written, and why."""
        files = (self._latency, self._counts, self._samples, self._events)
        return next((file.fault for file in files if file.fault is not None), None)

    def append_histograms(self, slice_index: int, encoded: Mapping[str, str]) -> None:
        """Encoded histograms of one slice by tag, `<endpoint>.<metric>`; `ValueError` for what is none."""
        start_s = slice_index * self.slice_s
        rows = [interval_row(tag, start_s, self.slice_s, text).line() for tag, text in encoded.items()]
        if rows and self._latency.size == 0:
            rows.insert(0, header(self.start_ns))
        self._latency.append("".join(rows))

    def append_counts(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Rows of counts.jsonl, together."""
        self._counts.append("".join(_json_line(row) for row in rows))

    def append_sample(self, sample: Mapping[str, Any]) -> None:
        """One sample; `ValueError` for numbers that JSON does not have (see `parse_sample`)."""
        self._samples.append(_json_line(sample))

    def append_event(self, kind: str, **fields: Any) -> None:
        """One event, stamped now."""
        self._events.append(_json_line({"t_utc_ns": time.time_ns(), "kind": kind, **fields}))

    def append_ended(self, status: str) -> None:
        """The last event of a run, with the sizes that show later whether anything was cut off."""
        sizes = {file.name: file.size for file in (self._latency, self._counts, self._samples)}
        self.append_event(EventKind.RUN_ENDED, status=status, bytes=sizes)

    def close(self) -> None:
        """Close the files; can be called twice."""
        for file in (self._latency, self._counts, self._samples, self._events):
            file.close()


class _AppendFile:
    """A file that only ever grows by whole lines."""

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self.fault: str | None = None
        self.size = 0
        self._descriptor: int | None = None
        try:
            self._descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
            self.size = os.fstat(self._descriptor).st_size
        except OSError as error:
            self.fault = f"{self.name}: {error.strerror}"

    def append(self, text: str) -> None:
        """Write all of the text or nothing."""
        if self._descriptor is None or self.fault is not None or not text:
            return
        data = text.encode()
        written = 0
        try:
            while written < len(data):  # a short write is the kernel's way to say that the next one fails
                written += os.write(self._descriptor, data[written:])
        except OSError as error:
            self.fault = f"{self.name}: {error.strerror}"
            with suppress(OSError):  # then half a line stays, which readers leave out
                os.ftruncate(self._descriptor, self.size)
            return
        self.size += written

    def close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _json_line(row: Mapping[str, Any]) -> str:
    return json.dumps(row, separators=(",", ":"), allow_nan=False) + "\n"
