"""The one load shape: follows whichever profile the current run has."""

from locust import LoadTestShape, User

from typing import TYPE_CHECKING, ClassVar

from analysis.profile import LoadProfile, Model

if TYPE_CHECKING:
    from collections.abc import Callable

    from locustfiles.load.live_run import LiveRun

Tick = tuple[int, float]
FASTEST_SPAWN_PER_S = 1000.0


class ProfileShape(LoadTestShape):
    """Asks the live run where in its profile it stands; the profile may change between runs.

    Time comes from the run, not from the shape: Locust resets the shape's clock at will.
    """

    abstract = True
    use_common_options: ClassVar[bool] = True

    def __init__(self, current: "Callable[[], LiveRun | None]", profile: LoadProfile) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Locust's has no annotations
        self._current = current
        self.profile = profile

    def tick(self) -> tuple[int, float] | tuple[int, float, list[type[User]] | None] | None:
        """Users wanted now, or None at the end of the profile."""
        run = self._current()
        if run is not None and run.over:
            return None
        if run is None or not run.started:
            # Until the run is open the answer must not change: Locust would restart what opens it.
            return self._at(0.0, least=1)
        elapsed_s = run.elapsed_s()
        if elapsed_s >= self.profile.duration_s:
            return None
        run.note_stage(elapsed_s)
        return self._at(max(0.0, elapsed_s))

    def _at(self, elapsed_s: float, least: int = 0) -> Tick:
        if self.profile.model is Model.OPEN:
            workers = self._workers()
            return workers, float(workers)
        users = max(least, round(self.profile.level_at(elapsed_s)))
        return users, FASTEST_SPAWN_PER_S * self._workers()

    def _workers(self) -> int:
        count: int = getattr(self.runner, "worker_count", 1)
        return max(1, count)
