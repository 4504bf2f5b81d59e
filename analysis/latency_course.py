"""The course of a run's latencies: mean logarithms in batches of five seconds from its start on."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.dependence import integrated_s
from analysis.measurement import loaded_s
from analysis.mser import BATCH_S
from analysis.profile import LoadProfile
from analysis.run_log import RESPONSE, RunLog

_MOST_EMPTY = 0.1
"""Share of the batches that may be without an answer; they are filled from their neighbours."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LatencyCourse:
    """`levels` are logarithms, whose differences are ratios of latencies; 0 is the run's own mean."""

    levels: Floats
    batch_s: float
    warm_up: int
    """Batches that end in the warm-up or begin in it."""
    correlation_s: float | None = None
    """For how long latencies of the measured part depend on one another; None when it was not looked at."""

    @property
    def warm_up_s(self) -> float:
        return self.warm_up * self.batch_s


def latency_course(log: RunLog, profile: LoadProfile) -> LatencyCourse | None:
    """Of all endpoints together, each around its own mean, so that their mix in a second does not matter.

    None where the load itself changes in the measured part or is given by hand, and where too many batches
    have no answer.
    """
    windows = profile.windows()
    if len(windows) != 1 or windows != profile.level_windows():
        return None
    start_s, end_s = windows[0]
    slice_s = log.run.slice_s
    batch = max(1, round(BATCH_S / slice_s))
    batches = int(min(end_s, loaded_s(log)) / slice_s) // batch
    warm_up = -int(-start_s // (batch * slice_s))
    if batches <= warm_up:
        return None
    slices = _levels(log, batches * batch, warm_up * batch)
    levels = slices.reshape(batches, batch)
    seen = np.isfinite(levels)
    empty = ~seen.any(axis=1)
    if empty.mean() > _MOST_EMPTY:
        return None
    means = np.where(seen, levels, 0.0).sum(axis=1) / np.maximum(seen.sum(axis=1), 1)
    at = np.arange(batches)
    measured = slices[warm_up * batch :]
    measured = np.nan_to_num(measured - np.nanmean(measured))
    return LatencyCourse(
        np.interp(at, at[~empty], means[~empty]),
        float(batch * slice_s),
        warm_up,
        integrated_s(measured, float(slice_s)),
    )


def _levels(log: RunLog, slices: int, first_measured: int) -> Floats:
    """The mean logarithm of each slice; NaN without an answer."""
    sums, counts = np.zeros(slices), np.zeros(slices, np.int64)
    for tag, histograms in log.histograms.items():
        if not tag.endswith(RESPONSE) or tag.count(".") > 1:
            continue
        own_sums, own_counts = histograms.log_sums(slices)
        answers = int(own_counts[first_measured:].sum())
        if answers:
            sums += own_sums - own_counts * (float(own_sums[first_measured:].sum()) / answers)
            counts += own_counts
    levels: Floats = np.divide(sums, counts, out=np.full(slices, np.nan), where=counts > 0)
    return levels
