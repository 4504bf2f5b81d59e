"""When pairs are looked at, and when they have said enough."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analysis.comparison import overall
from analysis.gate import GateRules
from analysis.noise import Spread
from analysis.pair import Pair
from analysis.paired import compare_pairs
from analysis.result import ComparisonRow, Outcome

LOOKS = (4, 6, 8, 10, 12)
"""Pairs after which a decision is tried. Trying after each would find what is not there more often."""

LEAST_PAIRS, MOST_PAIRS = LOOKS[0], LOOKS[-1]

ALPHA_PER_LOOK = 0.0175
"""Beyond each end of a look's interval: over all looks a change at the margin errs in 5 % of sessions, in
5.6 % where the noise is twice its floor, which is the worst."""

CONFIDENCE = 1 - 2 * ALPHA_PER_LOOK
"""Of one look's interval."""


@dataclass(frozen=True, slots=True)
class Look:
    """What the first `pairs` pairs say together."""

    pairs: int
    rows: tuple[ComparisonRow, ...]

    @property
    def outcome(self) -> Outcome:
        return overall(self.rows)

    @property
    def resolved(self) -> bool:
        """A regression is enough; all else needs every gated metric."""
        return self.outcome is not Outcome.INCONCLUSIVE

    @property
    def hopeless(self) -> bool:
        """No metric is gated: more pairs alone will not change that."""
        return not any(row.gated for row in self.rows)


def look_at(
    pairs: Sequence[Pair], rules: GateRules, floors: Mapping[str, Spread | float], most_pairs: int
) -> Look:
    """All pairs given, whether or not their number is one at which a decision is due."""
    rows = compare_pairs(pairs, rules, floors, alpha=ALPHA_PER_LOOK, final_pairs=most_pairs)
    return Look(len(pairs), rows)


def looks_due(most_pairs: int) -> tuple[int, ...]:
    """The looks of a session of at most so many pairs; the last is at its end."""
    return (*(pairs for pairs in LOOKS if pairs < most_pairs), most_pairs)


def looks_taken(
    pairs: Sequence[Pair], rules: GateRules, floors: Mapping[str, Spread | float], most_pairs: int
) -> tuple[Look, ...]:
    """Every look that the pairs so far allow, up to the first that is resolved or hopeless."""
    taken: list[Look] = []
    for count in looks_due(most_pairs):
        if count > len(pairs):
            break
        taken.append(look_at(pairs[:count], rules, floors, most_pairs))
        if taken[-1].resolved or taken[-1].hopeless:
            break
    return tuple(taken)
