"""Lines of an HdrHistogram interval log: one tagged histogram of one stretch of time per row."""

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from analysis.histogram import Histogram

NS_PER_S = 1_000_000_000
_US_PER_S = 1e6
_COLUMNS = '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"'
_UNFIT_FOR_TAGS = re.compile(r"[\s,\"\x00-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class IntervalRow:
    """One row; `start_s` counts from the log's start time, `encoded` is the histogram in V2 and base64."""

    tag: str
    start_s: float
    length_s: float
    max_s: float
    encoded: str

    def line(self) -> str:
        """The row as text, newline included."""
        return f"Tag={self.tag},{self.start_s:.3f},{self.length_s:.3f},{self.max_s:.6f},{self.encoded}\n"


def header(start_ns: int) -> str:
    """Comment lines and column names; row times, being much smaller, are read as counted from the start."""
    start_s, below_s = divmod(start_ns, NS_PER_S)
    text = datetime.fromtimestamp(start_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return (
        "#[Histogram log format version 1.3]\n"
        f"#[StartTime: {start_s}.{below_s // 1_000_000:03d} (seconds since epoch), {text}]\n"
        f"{_COLUMNS}\n"
    )


def interval_row(tag: str, start_s: float, length_s: float, encoded: str) -> IntervalRow:
    """A row with the maximum of its histogram filled in; `ValueError` when that cannot be decoded.

    Services name their stages as they like: characters that a tag cannot hold become `_`.
    """
    tag = _UNFIT_FOR_TAGS.sub("_", tag)
    max_us = Histogram.decode(encoded).max_us or 0
    return IntervalRow(tag, start_s, length_s, max_us / _US_PER_S, encoded)


def parse_line(line: str) -> IntervalRow | None:
    """Inverse of `IntervalRow.line`; `None` for comments and column names, `ValueError` for anything else.

    The histogram itself is left encoded and unchecked.
    """
    if line.startswith(("#", '"')):
        return None
    fields = line.rstrip("\n").split(",")
    if len(fields) != 5 or not fields[0].startswith("Tag="):
        raise ValueError("a row of tag, start, length, maximum and histogram was wanted")
    tag, encoded = fields[0].removeprefix("Tag="), fields[4]
    start_s, length_s, max_s = (float(field) for field in fields[1:4])
    if not tag or not math.isfinite(start_s):
        raise ValueError("a row with a tag and a start was wanted")
    return IntervalRow(tag, start_s, length_s, max_s, encoded)
