"""Reads the runs of an A/B session and says what they decide."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from analysis.aa_noise import aa_noise
from analysis.ab_result import AbResult, LookRow, PairRow, decide_pairs
from analysis.ab_session import AbSession, Arm, slots
from analysis.attribution import attribute
from analysis.comparison_row import as_change
from analysis.env_template import without_credentials
from analysis.errors import InvalidRunError
from analysis.gate import GateRules
from analysis.judged_run import read_judged_run
from analysis.looks import ALPHA_PER_LOOK, LEAST_PAIRS, Look, look_at, looks_taken
from analysis.pair import Pair, differences, paired_arms
from analysis.result import ComparisonRow, Outcome, Verdict
from analysis.run_summary import RunSummary
from analysis.setting import Setting
from analysis.steadiness import STEADY

RUNS = "runs"
"""Folder of a session that holds its run directories."""


@dataclass(frozen=True, slots=True)
class ArmRun:
    """What a session keeps of one of its runs."""

    summary: RunSummary
    rules: GateRules
    setting: Setting
    base_url: str
    broken: tuple[str, ...]
    """Why the run is invalid."""
    warnings: tuple[tuple[str, str], ...]
    """Names and texts of failed checks that leave it valid."""
    environment: Mapping[str, object]
    versions: Mapping[str, object]


def read_arm_run(path: Path) -> ArmRun:
    run = read_judged_run(path)
    record = run.log.run
    return ArmRun(
        summary=run.summary(),
        rules=run.rules,
        setting=run.setting,
        base_url=record.base_url,
        broken=tuple(check.text for check in run.checks if check.invalidates and not check.ok),
        warnings=tuple(
            (check.name, check.text) for check in run.checks if not check.ok and not check.invalidates
        ),
        environment=asdict(record.environment),
        versions=dict(record.versions),
    )


class ArmRuns:
    """The runs of a session, each read once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / RUNS
        self._read: dict[str, ArmRun] = {}

    def __getitem__(self, name: str) -> ArmRun:
        if name not in self._read:
            self._read[name] = read_arm_run(self._folder / name)
        return self._read[name]

    def of_pair(self, session: AbSession, pair: int) -> tuple[ArmRun, ArmRun]:
        """A's run and B's, in whichever order they were made. InvalidRunError when they are not alike."""
        by_arm = {slot.arm: self[session.valid_run(slot) or ""] for slot in slots(pair)}
        return by_arm[Arm.A], by_arm[Arm.B]


def check_alike(first: ArmRun, other: ArmRun) -> None:
    """InvalidRunError names the keys in which two runs of a session differ."""
    differing = first.setting.differing_from(other.setting)
    if differing:
        raise InvalidRunError(
            f"{other.summary.run_id} and {first.summary.run_id} are not alike, these keys differ: "
            f"{', '.join(differing)}; begin a new session"
        )


@dataclass(frozen=True, slots=True)
class Course:
    """A session's pairs so far, and what was seen at its looks."""

    pairs: tuple[Pair, ...]
    looks: tuple[Look, ...]
    now: Look | None
    """All pairs together, for people to watch; it decides nothing. None before the second pair."""

    @property
    def is_decided(self) -> bool:
        return bool(self.looks) and (self.looks[-1].resolved or self.looks[-1].hopeless)


def course_of(session: AbSession, runs: ArmRuns) -> Course:
    """One version against itself is looked at once, at the end: its noise is what is wanted."""
    plan, done = session.plan, session.pairs_done
    both = [runs.of_pair(session, pair) for pair in range(1, done + 1)]
    pairs = tuple((a.summary, b.summary) for a, b in both)
    if done < 2:
        return Course(pairs, (), None)
    rules = both[0][0].rules
    now = look_at(pairs, rules, plan.floors, plan.most_pairs)
    if plan.itself:
        return Course(pairs, (now,) if done == plan.most_pairs else (), now)
    return Course(pairs, looks_taken(pairs, rules, plan.floors, plan.most_pairs), now)


def judge_session(
    session: AbSession, runs: ArmRuns, *, broken: str | None, cut: str | None, allow_inconclusive: bool
) -> AbResult:
    """`broken` says why the session is void, `cut` why it ended before its time."""
    plan = session.plan
    course = course_of(session, runs)
    last = course.looks[-1] if course.looks else None
    if plan.itself and course.now is not None and course.now.pairs >= LEAST_PAIRS:
        last = course.now
    shown = last or course.now
    used = [
        runs[name]
        for pair in range(1, session.pairs_done + 1)
        for slot in slots(pair)
        if (name := session.valid_run(slot)) is not None
    ]
    decision = decide_pairs(
        last, broken=broken, cut=cut, unsteady=_unsteady(used), allow_inconclusive=allow_inconclusive
    )
    rows = () if shown is None else shown.rows
    first = used[0] if used else None
    rules = None if first is None else first.rules
    return AbResult(
        ab_id=session.ab_id,
        target=plan.target if first is None else first.setting.target,
        profile=plan.profile if first is None else first.setting.profile,
        start_utc=session.start_utc,
        a=shown_version(session, Arm.A, first),
        b=shown_version(session, Arm.B, first),
        itself=plan.itself,
        verdict=decision.verdict,
        exit_code=int(decision.exit_code),
        reasons=decision.reasons,
        pairs=0 if shown is None else shown.pairs,
        most_pairs=plan.most_pairs,
        spent_s=session.spent_s,
        alpha_per_look=ALPHA_PER_LOOK,
        looks=tuple(_look_row(look) for look in course.looks),
        rows=rows,
        course=tuple(_pair_row(number, pair, rules, rows) for number, pair in enumerate(course.pairs, 1)),
        repeated=session.repeated,
        warnings=tuple(text for text in _warnings(used) if text not in decision.reasons),
        calibrated=bool(plan.floors),
        noise=aa_noise(course.pairs, rules) if plan.itself and len(course.pairs) > 1 else None,
        environment={} if first is None else first.environment,
        versions={} if first is None else first.versions,
        attribution=attribute(rows) if decision.verdict is Verdict.REGRESSION else (),
    )


def shown_version(session: AbSession, arm: Arm, first: ArmRun | None) -> str:
    version = session.plan.version(arm)
    if version.command is not None:
        return version.command
    if version.url is not None:
        return without_credentials(version.url)
    return "the target's own address" if first is None else first.base_url


def _look_row(look: Look) -> LookRow:
    open_rows = [row for row in look.rows if row.gated and row.outcome is Outcome.INCONCLUSIVE]
    return LookRow(look.pairs, look.outcome, tuple(row.name for row in open_rows))


def _pair_row(number: int, pair: Pair, rules: GateRules | None, rows: Sequence[ComparisonRow]) -> PairRow:
    a, b = pair
    changes: dict[str, float | None] = {}
    gated = {row.name for row in rows if row.gated}
    for arms in () if rules is None else paired_arms([pair], rules):
        if arms.name in gated:
            found = differences(arms)
            changes[arms.name] = None if found is None else as_change(arms.statistic, found[0])
    order = "".join(slot.arm.value.upper() for slot in slots(number))
    return PairRow(number, order, a.run_id, b.run_id, changes)


def _unsteady(runs: Sequence[ArmRun]) -> str | None:
    """What is said of the runs that were not steady, when most were: their warm-up is too short.

    A few are left to chance, and to the scatter of the pairs.
    """
    texts = [text for run in runs for name, text in run.warnings if name == STEADY]
    return _told(texts, runs) if 2 * len(texts) > len(runs) else None


def _warnings(runs: Sequence[ArmRun]) -> tuple[str, ...]:
    """One for each check that failed somewhere, with how often it did."""
    found: dict[str, list[str]] = {}
    for run in runs:
        for name, text in run.warnings:
            found.setdefault(name, []).append(text)
    return tuple(_told(texts, runs) for texts in found.values())


def _told(texts: Sequence[str], runs: Sequence[ArmRun]) -> str:
    return f"in {len(texts)} of {len(runs)} runs: {texts[-1]}"
