"""One run read from its directory, with everything that the judge and a baseline take from it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from analysis.capacity_result import capacity_of, followed, outcomes_of
from analysis.capacity_step import StepOutcome
from analysis.errors import UsageError
from analysis.gate import GateRules
from analysis.instrument import instrument_check, instrument_of
from analysis.latency_course import LatencyCourse, latency_course
from analysis.measurement import Measurement, measure, summarise
from analysis.metric import PROMETHEUS
from analysis.objective import needing_sidecar
from analysis.profile import LoadProfile, profile_from_json
from analysis.readings import Readings, readings_of
from analysis.result import Capacity, Check, Instrument, SearchEnd
from analysis.run_directory import RunDirectory
from analysis.run_log import RunLog
from analysis.run_summary import EVERYTHING, RunSummary, Summary
from analysis.setting import Setting
from analysis.steadiness import Steadiness, steadiness, steady_check
from analysis.target import Target, target_from_json
from analysis.validity import validity_checks
from analysis.watched import watched_series


@dataclass(frozen=True, slots=True)
class JudgedRun:
    log: RunLog
    target: Target
    profile: LoadProfile
    measurement: Measurement
    readings: Readings
    course: LatencyCourse | None
    """None where the load changes in the measured part, so that latencies may, too."""
    checks: tuple[Check, ...]
    instrument: Instrument | None
    steps: tuple[StepOutcome, ...] = ()
    """Of a search for the capacity."""

    @property
    def unfit(self) -> str | None:
        """Why a baseline cannot hold it: it is invalid, or did not find the capacity that it looked for."""
        broken = (check.text for check in self.checks if check.invalidates and not check.ok)
        capacity = self.capacity
        missing = None if capacity is None or capacity.end is SearchEnd.FOUND else capacity.text
        return next(broken, missing)

    @property
    def steadiness(self) -> Steadiness | None:
        return None if self.course is None else steadiness(self.course)

    @property
    def setting(self) -> Setting:
        run = self.log.run
        return Setting(
            target=run.target,
            profile=run.profile,
            scenario_sha256=run.scenario_sha256,
            clock=run.clock.value,
            workers=len(run.workers),
            hard=run.environment.hard,
        )

    @property
    def env8(self) -> str:
        return self.setting.env8

    @property
    def rules(self) -> GateRules:
        return gate_rules(self.target, self.profile, self.log.run.mix)

    @property
    def capacity(self) -> Capacity | None:
        """None for a profile that does not search for it."""
        return None if self.profile.search is None else capacity_of(self.profile.search, self.steps)

    def summary(self) -> RunSummary:
        """With what was watched beside the run, which belongs to no endpoint.

        Of a search the capacity alone: to which load its other figures belong differs from run to run.
        """
        capacity, bare = self.capacity, summarise(self.measurement, tuple(self.target.limits))
        if capacity is not None:
            rate_per_s = capacity.rate_per_s if capacity.end is SearchEnd.FOUND else None
            series = {}
            if rate_per_s is not None:
                series[f"{EVERYTHING}.capacity"] = Summary(len(self.steps), {"rate": rate_per_s})
            return replace(bare, series=series)
        watched = {
            f"{PROMETHEUS}{name}": Summary(len(values), {"mean": math.fsum(values) / len(values)})
            for name, values in self.readings.prometheus.items()
        }
        watched |= watched_series(self.log, self.measurement)
        everywhere = {f"{EVERYTHING}.{metric}": summary for metric, summary in watched.items()}
        return replace(bare, series={**bare.series, **everywhere})


def gate_rules(target: Target, profile: LoadProfile, mix: Mapping[str, float]) -> GateRules:
    """What a target and a profile say about which statistics decide."""
    streams = {name for name, endpoint in target.endpoints.items() if endpoint.dialect.is_stream}
    return GateRules(profile.model, streams, target.margins, mix)


def read_judged_run(path: Path) -> JudgedRun:
    """Definitions come from run.json, so that a run can be judged after its files have changed."""
    log = RunLog.read(path)
    target = target_from_json(log.run.target_definition)
    profile = profile_from_json(log.run.profile_definition)
    steps = () if profile.search is None else outcomes_of(log, target.objectives)
    profile = followed(profile, log, steps)
    measurement = measure(log, profile)
    lengths_s = [end_s - start_s for start_s, end_s in profile.level_windows()]
    even_s = min(measurement.measured_s, max(lengths_s, default=0.0 if profile.stages else math.inf))
    needed = needing_sidecar(target.objectives, even_s)
    checks = validity_checks(log, profile, measurement, needed)
    instrument = instrument_of(log, measurement.spans, RunDirectory(path))
    if instrument is not None and (check := instrument_check(instrument)) is not None:
        checks = (*checks, check)
    course = latency_course(log, profile)
    checks = (*checks, *steady_check(course))
    readings = readings_of(log, measurement, profile)
    return JudgedRun(log, target, profile, measurement, readings, course, checks, instrument, steps)


def read_like_runs(paths: Sequence[Path]) -> tuple[JudgedRun, ...]:
    """Several runs of one target, load profile, scenario and environment; UsageError names what differs."""
    if not paths:
        raise UsageError("found no run directory, wanted one or more")
    runs = tuple(read_judged_run(path) for path in paths)
    names = [run.log.run.run_id for run in runs]
    if len(set(names)) < len(names):
        raise UsageError(f"found the same run twice among {', '.join(names)}, wanted different runs")
    first = runs[0].setting
    for run in runs[1:]:
        differing = first.differing_from(run.setting)
        if differing:
            raise UsageError(
                f"{run.log.run.run_id} and {names[0]} are not alike, these keys differ: "
                f"{', '.join(differing)}; judge them apart"
            )
    return runs
