"""Runs the whole suite up a ladder, as often as a calibration needs it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from analysis.errors import InvalidRunError
from analysis.measurement import loaded_s
from analysis.profile import load_profile
from analysis.run_log import RunLog
from analysis.sample import SampleSource
from scripts.calibration.ladder import Step
from scripts.checkout import LOCUSTFILE
from scripts.load_process import COMPLAINT, LoadProcess, Order
from scripts.progress import Display

NS_PER_S = 1_000_000_000
HALF_S_NS = NS_PER_S // 2


@dataclass(frozen=True, slots=True)
class Climbed:
    """The log of one run, by steps."""

    log: RunLog

    def reached(self, step: Step) -> Step | None:
        """As much of it as there was load for; None when that is less than a second."""
        end_s = min(step.end_s, int(loaded_s(self.log)))
        return Step(step.level, step.start_s, end_s) if end_s > step.start_s else None

    def window_ns(self, step: Step) -> tuple[int, int]:
        start_ns = self.log.run.start_ns
        return start_ns + step.start_s * NS_PER_S, start_ns + step.end_s * NS_PER_S

    def cpu_percent(self, step: Step) -> float | None:
        """Of a core, on average; a reading tells of the second that ends with it."""
        begin_ns, end_ns = self.window_ns(step)
        readings = [
            float(sample["cpu_percent"])
            for sample in self.log.samples
            if sample["source"] == SampleSource.GENERATOR
            and begin_ns + HALF_S_NS < sample["t_utc_ns"] <= end_ns + HALF_S_NS
        ]
        return sum(readings) / len(readings) if readings else None


class Climber:
    """Shows how far it is; every run counts as one of `total`."""

    def __init__(self, display: Display, total: int) -> None:
        self._display = display
        self._total = total
        self._number = 0

    def climb(
        self,
        folder: Path,
        *,
        target: str,
        profile: str,
        what: str,
        locustfile: Path = LOCUSTFILE,
        environment: Mapping[str, str] | None = None,
    ) -> Climbed:
        """Target and profile are TOML. Raises InvalidRunError when the run is stopped, or fails."""
        target_file, profile_file = folder / "calibration.toml", folder / "ladder.toml"
        target_file.write_text(target)
        profile_file.write_text(profile)
        planned = load_profile(str(profile_file))
        self._number += 1
        self._display.start_run(f"run {self._number} of {self._total}", planned.duration_s)

        def look(elapsed_s: float) -> None:
            stage = planned.stage_at(max(0.0, elapsed_s))
            if stage is not None:
                self._display.advance(max(0.0, elapsed_s), f"{what}, {stage.name}")

        order = Order(
            target=str(target_file),
            profile=str(profile_file),
            run_root=folder / "runs",
            baseline="none",
            locust_args=("--sidecar-command", "none"),
            locustfile=locustfile,
        )
        surroundings = {**os.environ, **(environment or {}), "PLIMSOLL_JUDGE": "off"}
        ended = LoadProcess(order, surroundings, lambda _: None).run(look)
        if ended.stopped_by is not None:
            raise InvalidRunError(f"stopped by {ended.stopped_by}: no calibration was written")
        if ended.directory is None or ended.exit_code:
            why = ended.last_words.removeprefix(COMPLAINT)
            raise InvalidRunError(f"a run of the calibration ended with code {ended.exit_code}: {why}")
        return Climbed(RunLog.read(ended.directory))
