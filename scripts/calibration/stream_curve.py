"""Error by streams: more and more event streams side by side, each event matched with the server's log."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from analysis.calibration import Limits, StreamStep
from locustfiles.peers.stream_log import OUTPUT, StreamRow, rows
from scripts.bench.cores import Cores
from scripts.bench.event_server_process import Work, event_server
from scripts.bench.stream_contender import PEERS, target_file
from scripts.bench.stream_error import Error, stream_errors
from scripts.calibration.climber import NS_PER_S, Climbed, Climber
from scripts.calibration.ladder import Ladder, Step
from scripts.calibration.medians import medians, optional_median

EVENTS = 25
"""Of a stream: half a second, so that many begin and end in each step."""
SETTLE_S = 2
"""After each step, in which its users are added and their streams fall out of step."""
PROFILE = """
model = "closed"
mix = {{ stream = 1 }}
drain = "3s"
compare = false
{stages}
"""


@dataclass(frozen=True, slots=True)
class StreamReading:
    """What one round showed of one step."""

    streams: int
    events_per_s: float
    achieved: float
    stamp_error_us: Mapping[str, float]
    ttft_error_us: Mapping[str, float]
    gap_error_us: Mapping[str, float]
    coalesced: float
    cpu_percent: float | None


def stream_ladder(streams: Sequence[int], warm_up_s: int, window_s: int) -> Ladder:
    return Ladder(streams, warm_up_s, window_s, SETTLE_S)


def stream_round(climber: Climber, ladder: Ladder, cores: Cores) -> list[StreamReading]:
    """The steps in which streams began and ended."""
    work = Work(streams=max(ladder.levels), events=EVENTS)
    with (
        tempfile.TemporaryDirectory(prefix="plimsoll-calibrate-") as name,
        event_server(cores, work) as server,
    ):
        stamps = Path(name) / "stamps"
        climbed = climber.climb(
            Path(name),
            target=target_file(server.url),
            profile=PROFILE.format(stages=ladder.stages()),
            what="streams",
            locustfile=PEERS / "stamped_rag.py",
            environment={OUTPUT: str(stamps)},
        )
        seen, written = list(rows(stamps.read_bytes())), server.log()
    reached = [step for step in map(climbed.reached, ladder.steps()) if step is not None]
    readings = (_reading(climbed, step, work, seen, written) for step in reached)
    return [reading for reading in readings if reading is not None]


def stream_steps(rounds: Sequence[Sequence[StreamReading]], limits: Limits) -> tuple[StreamStep, ...]:
    """Medians of the rounds; a step that not every round came to is not trusted."""
    by_streams: dict[int, list[StreamReading]] = {}
    for readings in rounds:
        for reading in readings:
            by_streams.setdefault(reading.streams, []).append(reading)
    return tuple(
        _step(streams, found, limits, everywhere=len(found) == len(rounds))
        for streams, found in sorted(by_streams.items())
    )


def _reading(
    climbed: Climbed, step: Step, work: Work, seen: Sequence[StreamRow], written: Mapping[int, StreamRow]
) -> StreamReading | None:
    begin_ns, end_ns = climbed.window_ns(step)
    errors = stream_errors(seen, written, begin_ns, end_ns)
    if errors is None:
        return None
    events = sum(begin_ns <= stamp_ns < end_ns for row in written.values() for stamp_ns in row.stamps_ns)
    events_per_s = events / ((end_ns - begin_ns) / NS_PER_S)
    return StreamReading(
        streams=step.level,
        events_per_s=events_per_s,
        achieved=min(1.0, events_per_s / (step.level * work.events / work.length_s)),
        stamp_error_us=_us(errors.stamp),
        ttft_error_us=_us(errors.ttft),
        gap_error_us=_us(errors.gap),
        coalesced=errors.coalesced,
        cpu_percent=climbed.cpu_percent(step),
    )


def _us(error: Error) -> dict[str, float]:
    return {"p50": error.p50_ms * 1000, "p95": error.p95_ms * 1000, "p99": error.p99_ms * 1000}


def _step(streams: int, readings: Sequence[StreamReading], limits: Limits, *, everywhere: bool) -> StreamStep:
    stamp_us = medians([reading.stamp_error_us for reading in readings])
    achieved = median(reading.achieved for reading in readings)
    return StreamStep(
        streams=streams,
        events_per_s=median(reading.events_per_s for reading in readings),
        achieved=achieved,
        stamp_error_us=stamp_us,
        ttft_error_us=medians([reading.ttft_error_us for reading in readings]),
        gap_error_us=medians([reading.gap_error_us for reading in readings]),
        coalesced=median(reading.coalesced for reading in readings),
        cpu_percent=optional_median([reading.cpu_percent for reading in readings]),
        trusted=everywhere
        and achieved >= limits.streams_achieved
        and stamp_us["p99"] <= limits.stamp_error_us,
    )
