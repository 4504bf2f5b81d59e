"""What the truth server wrote down: when each request came, and when its answer was written."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

Int64s = npt.NDArray[np.int64]

PERCENTS = {"p50": 0.5, "p95": 0.95, "p99": 0.99}


@dataclass(frozen=True, slots=True)
class TruthLog:
    """Stamps of CLOCK_REALTIME in ns, in the order of the answers. A request came when the kernel had it."""

    came_ns: Int64s
    answered_ns: Int64s

    @classmethod
    def decode(cls, raw: bytes) -> Self:
        """As the server sends it: all of the one, then all of the other."""
        both = np.frombuffer(raw, np.int64)
        return cls(both[: both.size // 2], both[both.size // 2 :])

    @property
    def count(self) -> int:
        """Requests answered."""
        return int(self.came_ns.size)

    def between(self, start_ns: int, end_ns: int) -> Self:
        """Those that came in this time."""
        held = (self.came_ns >= start_ns) & (self.came_ns < end_ns)
        return type(self)(self.came_ns[held], self.answered_ns[held])

    def seconds(self) -> float:
        """From the first request to the last answer; 0 without any."""
        return float(self.answered_ns.max() - self.came_ns.min()) / 1e9 if self.count else 0.0

    def percentiles_ms(self) -> dict[str, float]:
        """By name; the value at rank ceil(p·N) of the sorted times. Nothing without a request."""
        taken = np.sort(self.answered_ns - self.came_ns)
        return {name: exact(taken, p) / 1e6 for name, p in PERCENTS.items() if taken.size}


def exact(ascending: Sequence[int] | Int64s, p: float) -> float:
    """The value at rank ceil(p·N) of at least one."""
    rank = int(np.ceil(round(p * len(ascending), 6)))
    return float(ascending[max(rank, 1) - 1])
