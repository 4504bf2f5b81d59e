"""How much two runs of one version differ, measured by pairs of them: the floor under later comparisons."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from analysis.arms import name_parts
from analysis.canonical import canonical_text
from analysis.errors import UsageError
from analysis.gate import GateRules
from analysis.looks import MOST_PAIRS, looks_taken
from analysis.noise import FLOOR_DF, Spread, sample_deviation
from analysis.pair import Pair, differences, paired_arms
from analysis.pair_noise import default_pair_floor
from analysis.profile import Model
from analysis.result import Outcome

_NO_RULES = GateRules(Model.OPEN, frozenset(), {})
"""Without a target, what every comparison looks at."""

AA_NOISE_SCHEMA = "plimsoll.aa-noise/1"


@dataclass(frozen=True, slots=True)
class AaNoise:
    """`figures` maps `endpoint.metric.statistic` to the deviation of a pair's difference, on the comparison's
    scale; a single run's is that divided by the square root of two.
    """

    figures: Mapping[str, Spread]
    pairs: int
    gates: int
    """Decisions that these pairs are enough for, one after the other."""
    false_regressions: int
    """Those of them that called the same version a regression."""

    def floors(self) -> dict[str, Spread]:
        """What a paired comparison may believe at least.

        Fewer than FLOOR_DF degrees of freedom may raise a floor above its default, never lower it.
        """
        floors: dict[str, Spread] = {}
        for name, spread in self.figures.items():
            default = default_pair_floor(name_parts(name)[2])
            deviation = spread.deviation if spread.df >= FLOOR_DF else max(default, spread.deviation)
            floors[name] = Spread(deviation, spread.df, floored=True)
        return floors

    def to_json(self) -> str:
        return canonical_text({"schema": AA_NOISE_SCHEMA, **asdict(self)})


def aa_noise(pairs: Sequence[Pair], rules: GateRules | None = None) -> AaNoise:
    """From pairs whose arms were the same version; needs two or more.

    With `rules` the sequential decision is made over and over, each time on the pairs that follow those of
    the one before, to count how often it cries wolf.
    """
    figures: dict[str, Spread] = {}
    for arms in paired_arms(pairs, rules or _NO_RULES):
        found = differences(arms)
        if found is not None:
            figures[arms.name] = Spread(sample_deviation(found), len(found) - 1.0, floored=False)
    outcomes = [] if rules is None else _decisions(pairs, rules)
    return AaNoise(figures, len(pairs), len(outcomes), outcomes.count(Outcome.REGRESSION))


def pooled(sessions: Sequence[AaNoise]) -> AaNoise:
    """Several sessions as one: deviations pooled by their degrees of freedom, gates added up."""
    figures: dict[str, Spread] = {}
    for name in sorted({name for session in sessions for name in session.figures}):
        found = [session.figures[name] for session in sessions if name in session.figures]
        df = math.fsum(spread.df for spread in found)
        variance = math.fsum(spread.df * spread.deviation**2 for spread in found) / df
        figures[name] = Spread(math.sqrt(variance), df, floored=False)
    return AaNoise(
        figures,
        sum(session.pairs for session in sessions),
        sum(session.gates for session in sessions),
        sum(session.false_regressions for session in sessions),
    )


def read_aa_noise(path: Path) -> AaNoise:
    """UsageError names the file and what is wrong with it."""
    wanted = "noise figures as `plimsoll ab --self` leaves them"
    try:
        content = json.loads(path.read_bytes())
        if not isinstance(content, dict) or content.pop("schema", None) != AA_NOISE_SCHEMA:
            raise UsageError(f"{path}: found no {AA_NOISE_SCHEMA}, wanted {wanted}")
        return _ADAPTER.validate_python(content)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror}), wanted {wanted}") from error
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise UsageError(f"{path}: {key}: {first['msg']}; wanted {wanted}") from error
    except ValueError as error:
        raise UsageError(f"{path}: found broken JSON ({error}), wanted {wanted}") from error


_ADAPTER = TypeAdapter(AaNoise)


def _decisions(pairs: Sequence[Pair], rules: GateRules) -> list[Outcome]:
    outcomes: list[Outcome] = []
    rest = list(pairs)
    while looks := looks_taken(rest, rules, {}, MOST_PAIRS):
        last = looks[-1]
        if not last.resolved and last.pairs < MOST_PAIRS:
            break
        outcomes.append(last.outcome)
        rest = rest[last.pairs :]
    return outcomes
