"""Puts one sample together from all that is watched."""

import json
import resource
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from scripts.sidecar.poller import Poller
from scripts.sidecar.reading import Reading
from scripts.sidecar.tick import NS_PER_S

# A slow source holds up the line, never the host's own reading, by at most this share of the period.
_GRACE_SHARE = 0.2


class Quick(Protocol):
    """A source that answers at once and is read in the tick itself."""

    def read(self) -> Reading:
        """The reading of this moment."""


class Sampler:
    """Asks the slow sources, reads the quick ones, then collects what the slow ones have by then."""

    def __init__(self, quick: Sequence[Quick], slow: Sequence[Poller], period_ns: int) -> None:
        self._quick = quick
        self._slow = slow
        self._period_ns = period_ns
        self._sequence = 0

    def sample(self, gap_s: float | None) -> dict[str, Any]:
        asked_ns = time.monotonic_ns()
        hanging = {id(poller) for poller in self._slow if poller.busy}
        for poller in self._slow:
            poller.ask(asked_ns)
        sample: dict[str, Any] = {
            "t_utc_ns": time.time_ns(),
            "t_mono_ns": time.monotonic_ns(),
            "source": "sidecar",
            "seq": self._sequence,
            "gap_s": gap_s,
            "host": None,
            "process": None,
            "prometheus": {},
            "scrape": {},
            "redis": None,
            "breakers": {},
        }
        missing: dict[str, str] = {}
        for source in self._quick:
            reading = source.read()
            sample |= reading.parts
            missing |= reading.missing
        until_ns = asked_ns + round(self._period_ns * _GRACE_SHARE)
        age_s: dict[str, float] = {}
        for poller in self._slow:
            if id(poller) not in hanging:
                poller.wait((until_ns - time.monotonic_ns()) / NS_PER_S)
            reading, age = poller.collect(time.monotonic_ns(), self._period_ns)
            sample |= reading.parts
            missing |= reading.missing
            if age is not None:
                age_s |= dict.fromkeys(poller.parts, round(age, 3))
        sample["missing"] = missing
        sample["age_s"] = age_s
        sample["sidecar"] = {"cpu_s": round(time.process_time(), 4), "rss_bytes": _own_rss_bytes()}
        self._sequence += 1
        return sample


def sample_line(sample: dict[str, Any]) -> bytes:
    return json.dumps(sample, allow_nan=False, separators=(",", ":")).encode() + b"\n"


def _own_rss_bytes() -> int | None:
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
    except OSError:  # no /proc on this system
        return None
