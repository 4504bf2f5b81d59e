"""How far the stamps of a client are from what the server wrote, matched per stream and per event."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from locustfiles.peers.stream_log import StreamRow

NS_PER_MS = 1e6
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Error:
    """Percentiles of an absolute error."""

    p50_ms: float
    p95_ms: float
    p99_ms: float


@dataclass(frozen=True, slots=True)
class StreamErrors:
    """Of the streams that were asked for and read within a window."""

    streams: int
    stamp: Error
    """Of each text event: seen - written."""
    ttft: Error
    """Of each stream: from its request to its first text."""
    gap: Error
    """Of each two text events in a row."""
    coalesced: float
    """Share of the text events that have no stamp of their own, because they were read with a later one."""


def stream_errors(
    seen: Iterable[StreamRow], written: Mapping[int, StreamRow], begin_ns: int, end_ns: int
) -> StreamErrors | None:
    """None when no stream lies within the window; ValueError when an event was lost or invented."""
    stamps, ttfts, gaps = [], [], []
    coalesced = 0
    for row in seen:
        if row.asked_ns < begin_ns or row.done_ns > end_ns:
            continue
        truth = written[row.stream]
        theirs, ours = np.array(truth.stamps_ns), np.array(row.stamps_ns)
        if len(theirs) != len(ours):
            raise ValueError(f"{len(theirs)} text events written, {len(ours)} seen")
        between = np.diff(ours)
        coalesced += int(np.count_nonzero(between == 0))
        stamps.append(ours - theirs)
        gaps.append(between - np.diff(theirs))
        ttfts.append((ours[0] - row.asked_ns) - (theirs[0] - truth.asked_ns))
    if not stamps:
        return None
    pooled = np.concatenate(stamps)
    return StreamErrors(
        streams=len(stamps),
        stamp=_error(pooled),
        ttft=_error(np.array(ttfts)),
        gap=_error(np.concatenate(gaps)),
        coalesced=coalesced / len(pooled),
    )


def _error(differences_ns: npt.NDArray[np.int64]) -> Error:
    p50, p95, p99 = np.percentile(np.abs(differences_ns), (50, 95, 99)) / NS_PER_MS
    return Error(float(p50), float(p95), float(p99))
