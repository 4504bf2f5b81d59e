"""Which slice of the run an observation belongs to."""

from bisect import bisect_right

import numpy as np

from analysis.capacity_step import Step
from analysis.histogram import Int64s
from analysis.profile import LoadProfile

NS_PER_S = 1_000_000_000


class SliceClock:
    """Turns wall-clock stamps into slice numbers on the run's time axis.

    An observation is filed under the slice in which it completed, but never past the last slice of the
    block (stretch of stages with equal `measure`) in which it was due. A cut by time therefore never
    separates a request from its outcome.
    """

    __slots__ = (
        "_end_ns", "_last_slice_of_block", "_newest_step_s", "_starts_ns", "slice_ns", "start_ns",
    )  # fmt: skip

    def __init__(self, profile: LoadProfile, start_ns: int) -> None:
        self.start_ns = start_ns
        self.slice_ns = profile.slice_s * NS_PER_S
        self._end_ns = start_ns + profile.duration_s * NS_PER_S if profile.stages else None
        blocks = profile.blocks()
        self._starts_ns = [start_ns + start_s * NS_PER_S for start_s, _, _ in blocks]
        self._last_slice_of_block = [end_s // profile.slice_s - 1 for _, end_s, _ in blocks]
        self._newest_step_s = -1

    def follow(self, step: Step) -> None:
        """Let the blocks of a search be its steps: settling, measured, and what comes after it.

        A step that was cut takes the place of itself. Slices of a search are seconds.
        """
        if step.start_s == self._newest_step_s:
            del self._starts_ns[-3:], self._last_slice_of_block[-3:]
        last = self._last_slice_of_block[0]
        starts = (step.start_s, step.from_s, step.end_s)
        self._starts_ns += [self.start_ns + start_s * NS_PER_S for start_s in starts]
        self._last_slice_of_block += [step.from_s - 1, step.end_s - 1, last]
        self._newest_step_s = step.start_s

    def is_over(self, stamp_ns: int) -> bool:
        """Whether the profile has ended by then; one without stages never does by itself."""
        return self._end_ns is not None and stamp_ns >= self._end_ns

    def slice_at(self, stamp_ns: int) -> int:
        """The slice that holds a stamp; stamps before the start belong to slice 0."""
        return max(0, (stamp_ns - self.start_ns) // self.slice_ns)

    def bounds_ns(self, number: int) -> tuple[int, int]:
        """First stamp of a slice, and of the next one."""
        first_ns = self.start_ns + number * self.slice_ns
        return first_ns, first_ns + self.slice_ns

    def filed_slice(self, due_ns: int, done_ns: int) -> int:
        """The slice under which something due and done at these stamps is filed."""
        done = self.slice_at(done_ns)
        if not self._starts_ns:
            return done
        block = max(0, bisect_right(self._starts_ns, due_ns) - 1)
        return min(done, self._last_slice_of_block[block])

    def filed_slices(self, due_ns: Int64s, done_ns: Int64s) -> Int64s:
        """`filed_slice` of many at once."""
        done: Int64s = np.maximum((done_ns - self.start_ns) // self.slice_ns, 0)
        if not self._starts_ns:
            return done
        blocks = np.maximum(np.searchsorted(self._starts_ns, due_ns, side="right") - 1, 0)
        filed: Int64s = np.minimum(done, np.asarray(self._last_slice_of_block)[blocks])
        return filed
