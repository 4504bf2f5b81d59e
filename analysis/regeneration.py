"""What a weekly regeneration found: the new baseline beside the rolling one, the anchor and the history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from analysis.aa_noise import AaNoise
from analysis.baseline import AGE_CHECK, Baseline
from analysis.comparison import overall
from analysis.exit_code import ExitCode
from analysis.history_series import HistorySegment, segment_of
from analysis.result import Comparison, Outcome, Result, Verdict
from analysis.verdict import Decision, decide

_SEVERITY = {
    Verdict.PASS: 0,
    Verdict.IMPROVEMENT: 0,
    Verdict.INCONCLUSIVE: 1,
    Verdict.NO_BASELINE: 2,
    Verdict.OBJECTIVE_MISSED: 3,
    Verdict.REGRESSION: 4,
    Verdict.INVALID: 5,
}


class ReviewLabel(StrEnum):
    """What a reviewer should know before anything else."""

    NEW = "baseline-new"
    """Nothing comparable was there: another environment, another load, or the first one of all."""
    DEGRADED = "baseline-degraded"
    IMPROVED = "baseline-improved"
    DOUBTFUL = "baseline-doubtful"
    """Too little could be told apart from noise."""
    STEADY = "baseline-steady"


@dataclass(frozen=True, slots=True)
class Regeneration:
    """`judged` holds the comparison with the rolling baseline; without pairs of A and A there is no `aa`."""

    candidate: Baseline
    judged: Result
    anchor: Comparison | None
    aa: AaNoise | None
    doubts: Sequence[str]
    """What was doubtful about the machine before the load."""
    segments: tuple[HistorySegment, ...]
    """With the new row."""
    decision: Decision

    @property
    def label(self) -> ReviewLabel:
        return _LABELS[self.decision.verdict]

    @property
    def segment(self) -> HistorySegment:
        """The one that the new row belongs to."""
        return segment_of(self.segments, self.candidate.baseline_id)


def decide_regeneration(judged: Result, anchor: Comparison | None, *, allow_inconclusive: bool) -> Decision:
    """The graver of what the rolling baseline and the anchor say; the objectives are in both.

    Without an anchor the rolling baseline decides alone. An anchor that is there and not comparable leaves
    the question open whether small changes added up: that is no pass.
    """
    rolling = Decision(judged.verdict, ExitCode(judged.exit_code), judged.reasons)
    if anchor is None:
        return rolling
    checks = [check for check in judged.validity if check.name != AGE_CHECK]
    frozen = decide(
        checks, judged.objectives, anchor, wants_baseline=True, allow_inconclusive=allow_inconclusive
    )
    added = tuple(f"anchor: {reason}" for reason in frozen.reasons if reason not in judged.reasons)
    graver = max(rolling, frozen, key=lambda decision: _SEVERITY[decision.verdict])
    return Decision(graver.verdict, graver.exit_code, (*rolling.reasons, *added))


def outcome_of(comparison: Comparison | None) -> Outcome | None:
    """None where nothing could be compared."""
    return overall(comparison.rows) if comparison is not None and comparison.comparable else None


_LABELS: Mapping[Verdict, ReviewLabel] = {
    Verdict.PASS: ReviewLabel.STEADY,
    Verdict.IMPROVEMENT: ReviewLabel.IMPROVED,
    Verdict.INCONCLUSIVE: ReviewLabel.DOUBTFUL,
    Verdict.NO_BASELINE: ReviewLabel.NEW,
    Verdict.OBJECTIVE_MISSED: ReviewLabel.DEGRADED,
    Verdict.REGRESSION: ReviewLabel.DEGRADED,
    Verdict.INVALID: ReviewLabel.DOUBTFUL,
}
