"""The generator's own error in a run, as the calibration that the run carries knows it."""

from collections.abc import Iterator, Sequence

from analysis.calibration import Calibration, Microseconds, RateStep, StreamStep, read_calibration
from analysis.errors import CalibrationError
from analysis.measurement import GENERATOR, Span
from analysis.result import Check, Instrument, InstrumentRow
from analysis.run_directory import RunDirectory
from analysis.run_log import RunLog

REQUESTS, EVENTS = "requests/s", "text events/s"
BLOCK_S = 10
"""The busiest stretch of this length is the run's load: a shorter one may be busy by chance."""
SLACK = 1.05
"""By so much a load may be above another by chance."""


def instrument_of(log: RunLog, spans: Sequence[Span], directory: RunDirectory) -> Instrument | None:
    """None for a run that knows nothing of calibrations; a file that cannot be used is a reason."""
    if not directory.calibration_json.exists():
        reason = log.run.uncalibrated
        return None if reason is None else Instrument(None, (), reason)
    try:
        calibration = read_calibration(directory.calibration_json)
    except CalibrationError as error:
        text = str(error).replace(str(directory.calibration_json), directory.calibration_json.name)
        return Instrument(None, (), text)
    return Instrument(calibration.created_utc, tuple(_rows(calibration, log, spans)), None)


def instrument_check(instrument: Instrument) -> Check | None:
    """A warning for a load above what was trusted; None when nothing is known."""
    loads = {row.load_unit: row for row in instrument.rows}
    if not loads:
        return None
    above = [row for row in loads.values() if row.own_load > SLACK * (row.trusted_load or 0.0)]
    shown = above or list(loads.values())
    value = ", ".join(f"{row.own_load:.0f} {row.load_unit}" for row in shown)
    limit = ", ".join(f"<= {row.trusted_load or 0:.0f} {row.load_unit}" for row in shown)
    text = "the load of a worker was within what the calibration of this machine trusts"
    if above:
        text = (
            f"the busiest {BLOCK_S} s brought {value} to a worker; the calibration of this machine trusts "
            f"{limit.replace('<=', 'up to')}: use more workers or less load"
        )
    return Check("instrument", not above, value, limit, text, invalidates=False)


def busiest_load(log: RunLog, spans: Sequence[Span]) -> tuple[float, float]:
    """Requests and text events per second and worker in the busiest block of the spans."""
    step = max(1, BLOCK_S // log.run.slice_s)
    workers = max(1, len(log.run.workers))
    requests_per_s = events_per_s = 0.0
    for start, end in spans:
        for first in range(start, end, step):
            last = min(first + step, end)
            if last - first < step / 2 and first > start:
                continue
            totals = log.totals((first, last))
            seconds = (last - first) * log.run.slice_s * workers
            ours = [counts for name, counts in totals.items() if name != GENERATOR]
            requests_per_s = max(requests_per_s, sum(counts.started for counts in ours) / seconds)
            events_per_s = max(events_per_s, sum(counts.events for counts in ours) / seconds)
    return requests_per_s, events_per_s


def _rows(calibration: Calibration, log: RunLog, spans: Sequence[Span]) -> Iterator[InstrumentRow]:
    requests_per_s, events_per_s = busiest_load(log, spans)
    rate = calibration.rate_near(requests_per_s)
    if rate is not None and requests_per_s > 0:
        yield from _rate_rows(calibration, rate, requests_per_s)
    streams = calibration.streams_near(events_per_s)
    if streams is not None and events_per_s > 0:
        yield from _stream_rows(calibration, streams, events_per_s)


def _rate_rows(calibration: Calibration, near: RateStep, own: float) -> Iterator[InstrumentRow]:
    trusted = calibration.trusted_rate
    for metric, error_us in (("response", near.response_error_us), ("service", near.service_error_us)):
        limit = None if trusted is None else trusted.rate_per_s
        yield _row(metric, REQUESTS, own, near.rate_per_s, limit, error_us)


def _stream_rows(calibration: Calibration, near: StreamStep, own: float) -> Iterator[InstrumentRow]:
    trusted = calibration.trusted_streams
    for metric, error_us in (("ttft_service", near.ttft_error_us), ("gap", near.gap_error_us)):
        limit = None if trusted is None else trusted.events_per_s
        yield _row(metric, EVENTS, own, near.events_per_s, limit, error_us)


def _row(
    metric: str, unit: str, own: float, near: float, limit: float | None, error_us: Microseconds
) -> InstrumentRow:
    return InstrumentRow(
        metric=metric,
        load_unit=unit,
        own_load=own,
        calibrated_load=near,
        trusted_load=limit,
        p50_us=error_us["p50"],
        p95_us=error_us["p95"],
        p99_us=error_us["p99"],
    )
