"""Whether a run can be trusted at all: the generator, the record and the load are never believed blindly."""

from collections.abc import Iterator, Sequence

from analysis.event import Event, EventKind
from analysis.generator_health import health_of
from analysis.measurement import GENERATOR, Measurement, arrivals_asked, sum_of
from analysis.plural import plural
from analysis.profile import Arrivals, LoadProfile, Model
from analysis.result import Check
from analysis.run_log import RunLog
from analysis.run_record import RunStatus, StopKind, WorkerState
from analysis.sample import SampleSource

LEAST_ACHIEVED = 0.99
"""Of the arrivals that the profile asks for; fewer is another load."""

_NOISE = 4.0
"""Standard deviations of the number of Poisson arrivals that are no shortfall."""


def validity_checks(
    log: RunLog, profile: LoadProfile, measurement: Measurement, needed: Sequence[str]
) -> tuple[Check, ...]:
    """Every check, passed or not. `needed` names the objectives that cannot do without the sidecar."""
    return (
        _status(log, profile),
        _damage(log),
        _disk(log),
        _workers(log),
        _measured(measurement),
        _answers(measurement),
        _conservation(log),
        _aborted(log),
        *_arrivals(log, profile, measurement),
        _clipped(log),
        _clock(log),
        _listeners(log),
        *(vital.check for vital in health_of(log, measurement).vitals()),
        _sidecar(log, needed),
    )


def _status(log: RunLog, profile: LoadProfile) -> Check:
    run = log.run
    kind = None if run.stop is None else run.stop.kind
    value = run.status.value if kind is None else f"{run.status.value}, {kind.value}"
    if run.status is RunStatus.RUNNING:
        text = "the run is not over: the process that writes it is still running"
        if run.crashed():
            text = "the run crashed: run.json still says running, and the process that wrote it is gone"
        return Check("status", False, value, "complete", text)
    if not profile.stages and kind is StopKind.HAND:
        return Check("status", True, value, None, "the run was stopped by hand, as a manual run is")
    if profile.finds_limit and kind is StopKind.LIMIT_FOUND:
        text = "the run found the service's limit, which is its normal end"
        return Check("status", True, value, None, f"{text}: {run.stop.detail}" if run.stop else text)
    if run.status is RunStatus.COMPLETE and kind is None:
        return Check("status", True, value, None, "the run came to its end")
    cause = "without a reason" if run.stop is None else f"({run.stop.kind.value}): {run.stop.detail}"
    return Check("status", False, value, "complete", f"the run ended before its time {cause}")


def _damage(log: RunLog) -> Check:
    if not log.damage:
        return Check("damage", True, "none", None, "all files of the run can be read to their ends")
    text = f"the run's files are damaged: {'; '.join(log.damage)}"
    return Check("damage", False, plural(len(log.damage), "place"), "none", text)


def _disk(log: RunLog) -> Check:
    files = sorted({str(event.get("file", "a file")) for event in _events(log, EventKind.DISK_FULL)})
    if not files:
        return Check("disk", True, "none", None, "every file could be written")
    text = f"{', '.join(files)} could not be written to the end: make room and run again"
    return Check("disk", False, ", ".join(files), "none", text)


def _workers(log: RunLog) -> Check:
    lost = {f"worker {worker.index}" for worker in log.run.workers if worker.state is WorkerState.LOST}
    lost |= {f"worker {event.get('worker', '?')}" for event in _events(log, EventKind.WORKER_LOST)}
    heard = {
        sample.get("worker") for sample in log.samples if sample.get("source") == SampleSource.GENERATOR.value
    }
    silent = [f"worker {worker.index}" for worker in log.run.workers if worker.index not in heard]
    if not lost and not silent:
        return Check("workers", True, "0 lost", None, "every worker stayed to the end")
    if not lost:
        names = ", ".join(silent)
        text = f"never heard of: {names}; their share of the load is missing"
        return Check("workers", False, f"{len(silent)} silent", "0 lost", text)
    names = ", ".join(sorted(lost))
    return Check(
        "workers", False, f"{len(lost)} lost", "0 lost", f"lost: {names}; what they had recorded is missing"
    )


def _measured(measurement: Measurement) -> Check:
    due = sum_of(measurement.whole.totals).due
    value = f"{due} requests in {measurement.measured_s:g} s"
    if measurement.measured_s > 0 and due > 0:
        return Check("measured", True, value, None, "requests were made in the measured part")
    text = "nothing was measured: the run ended before its measured part, or no request was due in it"
    return Check("measured", False, value, "some", text)


def _answers(measurement: Measurement) -> Check:
    counts = sum_of(measurement.whole.totals)
    if counts.ok > 0:
        return Check("target", True, f"{counts.ok} ok", None, "the target answered")
    kinds = ", ".join(f"{kind} {number}" for kind, number in sorted(counts.failed.items()))
    text = f"the target never answered as expected ({kinds}): is it up?"
    if not kinds:
        text = "no request was answered in the measured part"
    return Check("target", False, f"0 ok, {counts.failures} failed", "some ok", text)


def _conservation(log: RunLog) -> Check:
    """Of the whole run, warm-up included; a successful request also leaves exactly one response time."""
    broken: list[str] = []
    for endpoint, counts in sorted(log.totals().items()):
        if endpoint == GENERATOR:
            continue
        if (imbalance := counts.imbalance()) is not None:
            broken.append(f"{endpoint}: {imbalance}")
        timed = log.merged(f"{endpoint}.response").count
        if timed != counts.ok:
            broken.append(f"{endpoint}: {counts.ok} ok, but {timed} response times")
    if not broken:
        text = "every request that was due is accounted for, once"
        return Check("conservation", True, "exact", None, text)
    text = f"requests are lost or counted twice: {'; '.join(broken)}"
    return Check("conservation", False, f"{len(broken)} broken", "exact", text)


def _aborted(log: RunLog) -> Check:
    """A warning: in a run stopped early it is our doing, at the end of `-t` it can be the service's."""
    aborted = sum(counts.aborted - counts.left for counts in log.totals().values())
    if not aborted:
        return Check("aborted", True, "0", None, "no request was killed in flight", invalidates=False)
    text = f"{plural(aborted, 'request')} had no outcome when the drain limit ended them"
    return Check("aborted", False, str(aborted), "0", text, invalidates=False)


def _arrivals(log: RunLog, profile: LoadProfile, measurement: Measurement) -> Iterator[Check]:
    """Open model only: what was due against what the profile asks for, and what was sent of it."""
    if profile.model is not Model.OPEN:
        return
    asked = arrivals_asked(log, profile, measurement.spans)
    counts = sum_of(measurement.whole.totals)
    slack = _NOISE * asked**0.5 if profile.arrivals is Arrivals.POISSON else len(log.run.workers) + 1
    needed = LEAST_ACHIEVED * asked - slack
    due, started = counts.due - counts.reconnects, counts.started - counts.reconnects
    text = f"the schedule held {due} arrivals of {asked:.0f} asked for"
    yield Check("schedule", due >= needed, str(due), f">= {max(0.0, needed):.0f}", text)

    achieved = started / due if due else 0.0
    # A run that looks for the limit drops arrivals where it finds it.
    invalidates = not profile.finds_limit
    ok = achieved >= LEAST_ACHIEVED
    text = f"{started} of {due} arrivals were sent"
    if not ok:
        text += f", {counts.dropped} dropped with {profile.max_in_flight} in flight per worker"
    yield Check("arrivals", ok, f"{achieved:.2%}", f">= {LEAST_ACHIEVED:.0%}", text, invalidates)


def _clipped(log: RunLog) -> Check:
    clipped = sum(counts.clipped for counts in log.totals().values())
    if not clipped:
        return Check("range", True, "0", None, "every time fits the histograms")
    text = f"{clipped} times were negative or longer than an hour and are recorded wrongly"
    return Check("range", False, str(clipped), "0", text)


def _clock(log: RunLog) -> Check:
    steps = [float(event.get("step_us", 0)) for event in _events(log, EventKind.CLOCK_STEP)]
    if not steps:
        return Check("clock", True, "0 steps", None, "the clock was not set during the run")
    largest = max(steps, key=abs)
    times = plural(len(steps), "time")
    text = f"the clock was set {times}, by up to {largest / 1000:.3g} ms: times across it are wrong"
    return Check("clock", False, f"{len(steps)} steps", "0 steps", text)


def _listeners(log: RunLog) -> Check:
    details = [str(event.get("detail", "")) for event in _events(log, EventKind.LISTENER_ERROR)]
    if not details:
        return Check("listeners", True, "0 errors", None, "no listener of the suite raised an error")
    text = f"a listener of the suite raised an error: {details[0]}; records may be missing"
    return Check("listeners", False, f"{len(details)} errors", "0 errors", text)


def _sidecar(log: RunLog, needed: Sequence[str]) -> Check:
    reasons = [str(event.get("reason", "")) for event in _events(log, EventKind.SIDECAR_LOST)]
    if not reasons:
        return Check("sidecar", True, "kept", None, "the sidecar was not lost", invalidates=False)
    text = f"the sidecar was lost: {reasons[0]}"
    if needed:
        text += f"; objectives that need it: {', '.join(needed)}"
    return Check("sidecar", False, "lost", "kept", text, invalidates=bool(needed))


def _events(log: RunLog, kind: EventKind) -> list[Event]:
    return [event for event in log.events if event.get("kind") == kind.value]
