"""One sitting of an A/B session: makes the runs that are due until the pairs have said enough."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from analysis.ab_judge import RUNS, ArmRuns, check_alike, course_of
from analysis.ab_session import AbRun, AbSession, Arm, Slot
from analysis.env_template import expand
from analysis.errors import InvalidRunError, RunLogError, TargetDownError
from analysis.looks import LEAST_PAIRS, looks_due
from analysis.plural import plural
from analysis.profile import LoadProfile, load_profile
from analysis.target import Target, load_target
from scripts.ab.arm_service import ArmService
from scripts.ab.plan import OVERHEAD_S
from scripts.ab.progress_text import progress_lines
from scripts.ab.readiness import Readiness
from scripts.load_process import Ended, Order
from scripts.progress import Display
from scripts.run import fault_of, make_run

REFERENCE = "reference"
"""The target whose service a run starts by itself when it has no address of its own."""


@dataclass(frozen=True, slots=True)
class SittingEnd:
    """How a sitting ended; `broken` makes the session invalid, `cut` is why it stopped before its time."""

    session: AbSession
    broken: str | None = None
    cut: str | None = None


RunMaker = Callable[[Order, LoadProfile, Display, str], Ended]


class Sitting:
    """`maker` makes one run; the services, the order and the count of runs are this class's own."""

    def __init__(
        self,
        folder: Path,
        session: AbSession,
        runs: ArmRuns,
        display: Display,
        max_minutes: float | None,
        maker: RunMaker = make_run,
    ) -> None:
        self._folder = folder
        self._maker = maker
        self._session = session
        self._runs = runs
        self._display = display
        self._limit_s = None if max_minutes is None else 60 * max_minutes
        self._profile: LoadProfile = load_profile(session.plan.profile)
        self._target: Target = load_target(session.plan.target)
        self._first: str | None = next((run.run for run in session.runs if run.valid), None)

    def hold(self) -> SittingEnd:
        """InvalidRunError when it is interrupted; the session can then be taken up again."""
        try:
            with _signals_raise():
                return self._hold()
        except KeyboardInterrupt as stop:
            raise InvalidRunError(self._interrupted(str(stop) or "SIGINT")) from None

    def _hold(self) -> SittingEnd:
        required = False
        while (slot := self._session.next_slot()) is not None:
            if course_of(self._session, self._runs).is_decided:
                break
            if (broken := self._session.exhausted(slot)) is not None:
                last = self._session.repeated[-1]
                return SittingEnd(self._session, broken=f"{broken}; the last time: {last.reason}")
            if (cut := self._out_of_time(slot)) is not None:
                return SittingEnd(self._session, cut=cut)
            if not required:
                self._require_services()
                required = True
            self._make(slot)
        return SittingEnd(self._session)

    def _make(self, slot: Slot) -> None:
        name = f"pair {slot.pair} of {self._session.plan.most_pairs}, {slot.arm.value.upper()}"
        began = time.monotonic()
        try:
            run, reason = self._load(slot, name)
        except TargetDownError as error:
            if not any(run.valid and run.arm is slot.arm for run in self._session.runs):
                raise  # it never worked: trying again would only take longer to say so
            run, reason = None, str(error)
        if reason is not None:
            self._display.note(f"{name}: invalid, {reason}")
        self._session = self._session.with_run(
            AbRun(
                slot.pair,
                slot.arm,
                run,
                reason is None,
                reason,
                round(time.monotonic() - began, 3),
                self._session.sitting,
            )
        )
        self._session.write(self._folder)
        if reason is None:
            self._first = self._first or run
            self._tell(slot)

    def _load(self, slot: Slot, name: str) -> tuple[str | None, str | None]:
        """Name of the run's directory, and why it does not count."""
        order = self._order(slot.arm)
        with ExitStack() as stack:
            if (service := self._service(slot.arm)) is not None:
                self._display.note(f"{name}: starting {service.option}")
                stack.enter_context(service.running())
            ended = self._maker(order, self._profile, self._display, name)
            if ended.stopped_by is not None:
                raise KeyboardInterrupt(ended.stopped_by)
            reason = fault_of(ended, order, name)
        if ended.directory is None:
            return None, reason
        run = ended.directory.name
        return run, self._doubt(run) or reason

    def _doubt(self, run: str) -> str | None:
        """Why the run does not count. One that is not like the first ends the session."""
        try:
            made = self._runs[run]
        except RunLogError as error:
            return str(error)
        if made.broken:
            return made.broken[0]
        if self._first is not None:
            check_alike(self._runs[self._first], made)
        return None

    def _tell(self, slot: Slot) -> None:
        if self._session.pairs_done < slot.pair:
            return
        course = course_of(self._session, self._runs)
        for line in progress_lines(self._session, course):
            self._display.note(line)

    def _out_of_time(self, slot: Slot) -> str | None:
        """Time is only spent on pairs that reach a look."""
        session, limit_s = self._session, self._limit_s
        done = session.pairs_done
        if limit_s is None or any(run.pair == slot.pair and run.valid for run in session.runs):
            return None
        pair_s = session.spent_s / done if done else 2 * (self._profile.duration_s + OVERHEAD_S)
        next_look = next(pairs for pairs in looks_due(session.plan.most_pairs) if pairs > done)
        if session.plan.itself and done >= LEAST_PAIRS:
            next_look = done + 1
        needed_s = (next_look - done) * pair_s
        if session.spent_s + needed_s <= limit_s:
            return None
        spent_min, needed_min = session.spent_s / 60, needed_s / 60
        return (
            f"the time was up after {plural(done, 'pair')} and {spent_min:.1f} min: the next look, at "
            f"{next_look} pairs, would take {needed_min:.1f} min more; --max-minutes allows {limit_s / 60:g}"
        )

    def _order(self, arm: Arm) -> Order:
        plan = self._session.plan
        return Order(
            target=plan.target,
            profile=plan.profile,
            run_root=self._folder / RUNS,
            seed=plan.seed,
            base_url=plan.version(arm).url,
            processes=plan.processes,
            locust_args=plan.locust_args,
        )

    def _service(self, arm: Arm) -> ArmService | None:
        plan = self._session.plan
        command = plan.version(arm).command
        if command is None:
            return None
        return ArmService(
            option=f"--{arm.value}-command",
            command=command,
            folder=Path(plan.folder),
            log=self._folder / f"service-{arm.value}.log",
            readiness=self._readiness(arm),
            start_limit_s=plan.start_limit_s,
        )

    def _readiness(self, arm: Arm) -> Readiness:
        url = self._session.plan.version(arm).url
        if url is None:
            url = expand(self._target.base_url, os.environ, file=self._target.file, key="base_url")
        return Readiness(self._target, url, self._profile.mix.keys())

    def _require_services(self) -> None:
        plan = self._session.plan
        for arm in dict.fromkeys((Arm.A, Arm.A if plan.itself else Arm.B)):
            version = plan.version(arm)
            started_by_run = version.url is None and self._target.name == REFERENCE
            if version.command is None and not started_by_run:
                self._readiness(arm).require(f"--{arm.value}")

    def _interrupted(self, signal_name: str) -> str:
        done = plural(self._session.pairs_done, "pair")
        return f"stopped by {signal_name} after {done}; go on with `plimsoll ab --resume {self._folder}`"


@contextmanager
def _signals_raise() -> Iterator[None]:
    """A signal ends the services that were started, as Ctrl-C does."""

    def stop(number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt(signal.Signals(number).name)

    previous = {
        number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    }
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
