"""`plimsoll calibrate`: measures the generator against servers that know their own times."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from analysis.calibration import (
    Calibration,
    CalibrationEnvironment,
    Limits,
    calibration_path,
    write_calibration,
)
from analysis.environment import Environment, read_environment
from analysis.exit_code import ExitCode
from analysis.run_directory import make_run_root
from analysis.run_record import RunRecord
from analysis.whole_file import write_asked
from scripts.calibration.apart import apart, warn_if_busy
from scripts.calibration.climber import Climber
from scripts.calibration.plan import FULL, QUICK, Plan
from scripts.calibration.rate_curve import DELAY_MS, RateReading, rate_ladder, rate_round, rate_steps
from scripts.calibration.stream_curve import StreamReading, stream_ladder, stream_round, stream_steps
from scripts.calibration.text import calibration_text
from scripts.progress import open_display
from scripts.truth.process import truth_server


def calibrate_command(*, quick: bool, as_json: bool, folder: Path) -> int:
    """Writes `<env8>.json` and its plot into the folder, last of all; prints what was found."""
    make_run_root(folder, "--output")
    warn_if_busy()
    environment = read_environment()  # as a run will see it, before any core is given away
    calibration = measured(QUICK if quick else FULL, environment)
    from reports.calibration_plot import draw_calibration  # not before the load is over: it brings matplotlib

    place = calibration_path(folder, environment.env8)
    plot = place.with_suffix(".svg")
    write_asked(plot, draw_calibration(calibration).encode())
    write_calibration(calibration, place)
    if as_json:
        print(calibration.to_json(), end="")
    else:
        print(calibration_text(calibration))
        print(f"{place}\n{plot}")
    return ExitCode.PASS


def measured(plan: Plan, environment: Environment) -> Calibration:
    """Rounds of both kinds take turns. Raises InvalidRunError when one of the runs fails."""
    rates: list[list[RateReading]] = []
    streams: list[list[StreamReading]] = []
    up = rate_ladder(plan.rates, plan.warm_up_s, plan.window_s)
    side = stream_ladder(plan.streams, plan.warm_up_s, plan.window_s)
    with apart() as cores, open_display() as display:
        climber = Climber(display, 2 * plan.rounds)
        for _ in range(plan.rounds):
            with truth_server(DELAY_MS, core=cores.server) as server:
                climbed, readings = rate_round(climber, up, server)
            rates.append(readings)
            streams.append(stream_round(climber, side, cores))
    return _calibration(plan, environment, climbed.log.run, rates, streams)


def _calibration(
    plan: Plan,
    environment: Environment,
    run: RunRecord,
    rates: Sequence[Sequence[RateReading]],
    streams: Sequence[Sequence[StreamReading]],
) -> Calibration:
    limits = Limits()
    return Calibration(
        created_utc=datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        env8=environment.env8,
        environment=CalibrationEnvironment(environment.hard, environment.soft),
        versions=run.versions,
        clock=run.clock.value,
        delay_ms=DELAY_MS,
        rounds=plan.rounds,
        limits=limits,
        rates=rate_steps(rates, limits),
        streams=stream_steps(streams, limits),
    )
