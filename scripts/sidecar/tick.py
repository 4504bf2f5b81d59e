"""The times at which samples are due, fixed from the first one so that no delay adds up."""

from dataclasses import dataclass

NS_PER_S = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Ticks:
    """Due times start, start + period, start + 2 periods... on the monotonic clock."""

    start_ns: int
    period_ns: int

    def due_ns(self, number: int) -> int:
        return self.start_ns + number * self.period_ns

    def timely(self, number: int, now_ns: int) -> int:
        """Tick `number`, or the one to take in its place when it is late by more than half a period.

        A sample taken that late would stand for a moment that is gone; the tick counts as missed.
        """
        if (now_ns - self.due_ns(number)) * 2 <= self.period_ns:
            return number
        latest = (now_ns - self.start_ns) // self.period_ns
        return latest if (now_ns - self.due_ns(latest)) * 2 <= self.period_ns else latest + 1


def period_ns(period_s: float) -> int:
    return round(period_s * NS_PER_S)
