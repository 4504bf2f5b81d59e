"""Reads the sidecar's samples as they come: memory guard, breaker transitions, gaps."""

from collections.abc import Callable, Mapping
from typing import Any

from analysis.sidecar_watch import SidecarWatch


class SampleWatch:
    """Turns samples into events; `stop` is called once when memory reaches the limit."""

    def __init__(
        self, watch: SidecarWatch, event: Callable[..., None], stop: Callable[[str, str], None]
    ) -> None:
        self._watch = watch
        self._event = event
        self._stop = stop
        self._warned = False
        self._stopped = False
        self._breakers: dict[str, str] = {}

    def take(self, sample: Mapping[str, Any]) -> None:
        """Look at one sample."""
        gap_s = sample.get("gap_s")
        if gap_s is not None:
            self._event("sidecar_gap", gap_s=gap_s)
        self._guard_memory(_number(_table(sample.get("host")).get("memory_used_percent")))
        for name, state in _table(sample.get("breakers")).items():
            before = self._breakers.get(name)
            if before is not None and before != state:
                self._event("breaker", **{"name": name, "from": before, "to": state})
            self._breakers[name] = state

    def _guard_memory(self, percent: float | None) -> None:
        if percent is None:
            return
        if percent >= self._watch.memory_stop_percent and not self._stopped:
            self._stopped = True
            self._event("memory_stop", percent=percent)
            limit = self._watch.memory_stop_percent
            self._stop("memory_guard", f"host memory {percent:.1f} % reached the limit of {limit:g} %")
        elif percent >= self._watch.memory_warn_percent:
            if not self._warned:
                self._warned = True
                self._event("memory_warning", percent=percent)
        else:
            self._warned = False


def _table(value: object) -> Mapping[str, Any]:
    """A foreign sidecar may print anything; what is no object tells nothing."""
    return value if isinstance(value, dict) else {}


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None
