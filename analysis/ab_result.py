"""What an A/B session decided: the content of its result.json."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import ConfigDict, TypeAdapter
from pydantic.dataclasses import dataclass as checked

from analysis.aa_noise import AaNoise
from analysis.ab_session import AbRun
from analysis.canonical import canonical_text
from analysis.exit_code import ExitCode
from analysis.looks import LEAST_PAIRS, Look
from analysis.plural import plural
from analysis.result import Attribution, Comparison, ComparisonRow, Outcome, Verdict
from analysis.verdict import changed_text, doubt_text, not_gated_texts

AB_RESULT_SCHEMA = "plimsoll.ab-result/1"

_FORBID = ConfigDict(extra="forbid")
_VERDICTS = {
    Outcome.REGRESSION: (Verdict.REGRESSION, ExitCode.REGRESSION),
    Outcome.PASS: (Verdict.PASS, ExitCode.PASS),
    Outcome.IMPROVEMENT: (Verdict.IMPROVEMENT, ExitCode.PASS),
}


@dataclass(frozen=True, slots=True)
class PairRow:
    """One pair: in which order it was made, and how B differs from A in each gated metric."""

    pair: int
    order: str
    """AB or BA."""
    run_a: str
    run_b: str
    changes: Mapping[str, float | None]
    """`endpoint.metric.statistic` to the change, of ratios the difference."""


@dataclass(frozen=True, slots=True)
class LookRow:
    """What was found at one look."""

    pairs: int
    outcome: Outcome
    undecided: tuple[str, ...]
    """Gated metrics that it left open."""


@checked(frozen=True, slots=True, config=_FORBID)
class AbResult:
    ab_id: str
    target: str
    profile: str
    start_utc: str
    a: str
    """The old version: its command, or its URL without credentials."""
    b: str
    itself: bool
    verdict: Verdict
    exit_code: int
    reasons: tuple[str, ...]
    pairs: int
    most_pairs: int
    spent_s: float
    alpha_per_look: float
    looks: tuple[LookRow, ...]
    rows: tuple[ComparisonRow, ...]
    """Of the last look, or of all pairs where there was none yet."""
    course: tuple[PairRow, ...]
    repeated: tuple[AbRun, ...]
    warnings: tuple[str, ...]
    calibrated: bool
    """Whether the noise floors come from pairs of one version; else they are the default ones."""
    noise: AaNoise | None
    """Of a session of one version against itself."""
    environment: Mapping[str, object]
    versions: Mapping[str, object]
    attribution: tuple[Attribution, ...] = ()
    """One for each gated row that is a regression, when that is the verdict."""
    schema: str = field(default=AB_RESULT_SCHEMA)

    @property
    def comparison(self) -> Comparison:
        """As reports show comparisons."""
        return Comparison("A", "pairs", self.pairs, self.pairs, self.rows, comparable=True, differing=())

    def to_json(self) -> str:
        return canonical_text(_ADAPTER.dump_python(self, mode="json"))


_ADAPTER = TypeAdapter(AbResult)


@dataclass(frozen=True, slots=True)
class AbDecision:
    """`reasons` are sentences for people, the weightiest first."""

    verdict: Verdict
    exit_code: ExitCode
    reasons: tuple[str, ...]


def decide_pairs(
    last: Look | None,
    *,
    broken: str | None,
    cut: str | None,
    allow_inconclusive: bool,
    unsteady: str | None = None,
) -> AbDecision:
    """`last` is the last look taken, `broken` why the session is void, `cut` why it ended before its time.

    Runs that were not steady, as `unsteady` says, prove no pass: what they spent warming up hides a change.
    """
    if broken is not None:
        return AbDecision(Verdict.INVALID, ExitCode.INVALID, (broken,))
    doubt = ExitCode.PASS if allow_inconclusive else ExitCode.INCONCLUSIVE
    if last is not None and last.resolved:
        verdict, code = _VERDICTS[last.outcome]
        wanted = Outcome.REGRESSION if verdict is Verdict.REGRESSION else Outcome.IMPROVEMENT
        changed = tuple(changed_text(row) for row in last.rows if row.gated and row.outcome is wanted)
        if verdict is Verdict.REGRESSION:
            return AbDecision(verdict, code, changed)
        if unsteady is not None:
            return AbDecision(Verdict.INCONCLUSIVE, doubt, (unsteady,))
        count = sum(row.gated for row in last.rows)
        kept = (
            f"{'the only gated metric' if count == 1 else f'all {count} gated metrics'} of B "
            f"{'is' if count == 1 else 'are'} within the margins of A, after {plural(last.pairs, 'pair')}"
        )
        return AbDecision(verdict, code, (*changed, kept, *not_gated_texts(last.rows)))
    reasons = [] if cut is None else [cut]
    if last is None:
        reasons.append(f"fewer than {LEAST_PAIRS} pairs were made, so that nothing was looked at")
    elif last.hopeless:
        reasons.append("no metric has enough observations to be gated: make the load profile longer")
    else:
        reasons += _doubts(last.rows)
    return AbDecision(Verdict.INCONCLUSIVE, doubt, tuple(reasons))


def _doubts(rows: Sequence[ComparisonRow]) -> list[str]:
    return [doubt_text(row) for row in rows if row.gated and row.outcome is Outcome.INCONCLUSIVE]
