"""A search for the capacity of a queue, from its first step to what it found."""

from typing import Any

from analysis.result import Capacity
from analysis.target_parts import Objective
from locustfiles.load.capacity_hunt import CapacityHunt
from tests.locustfiles.queue_model import QueueModel

OBJECTIVES = (
    Objective("query.response.p95", "query", "response", "p95", 500_000.0, "us"),
    Objective("query.errors.ratio", "query", "errors", "ratio", 0.01, "ratio"),
    Objective("host_memory", None, "host_memory", "max", 98.0, "percent"),
)


class Hunted:
    """A search to its end, or for a while; what was told to the workers and noted on the way."""

    def __init__(
        self, model: QueueModel, *, seconds: int = 2000, cut_at: dict[int, str] | None = None
    ) -> None:
        self.noted: list[dict[str, Any]] = []
        self.reported: list[tuple[int, dict[str, Any]]] = []
        self.seconds = 0
        self.found: Capacity | None = None
        hunt = CapacityHunt(model.search, OBJECTIVES, model.workers, tell=model.follow, note=self._note)
        for now_s in range(1, seconds):
            self.seconds = now_s
            for worker, report in model.reports(now_s):
                self.reported.append((worker, report))
                hunt.take(worker, report, now_s + 0.1)
            self.found = hunt.go_on(now_s + 0.4, (cut_at or {}).get(now_s))
            if self.found is not None:
                self._drain(model)
                return

    def _drain(self, model: QueueModel) -> None:
        while not model.idle:
            self.seconds += 1
            self.reported += model.reports(self.seconds)

    def _note(self, kind: str, **fields: Any) -> None:
        self.noted.append({"kind": kind, **fields})

    @property
    def capacity(self) -> Capacity:
        assert self.found is not None, self.noted
        return self.found
