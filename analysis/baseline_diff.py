"""What differs between two baselines: the conditions they were recorded under, and what was measured."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace

from pydantic import JsonValue

from analysis.baseline import Baseline
from analysis.canonical import canonical_text
from analysis.comparison import compare
from analysis.environment import differing_keys
from analysis.gate import GateRules
from analysis.profile_parts import Model
from analysis.result import ComparisonRow, Outcome


@dataclass(frozen=True, slots=True)
class KeyChange:
    """One key whose value is another; None where a side lacks it."""

    name: str
    old: JsonValue
    new: JsonValue


@dataclass(frozen=True, slots=True)
class BaselineDiff:
    """With `hard` changes the two are not comparable, and rows have a change but no outcome."""

    old: Baseline
    new: Baseline
    hard: tuple[KeyChange, ...]
    soft: tuple[KeyChange, ...]
    rows: tuple[ComparisonRow, ...]

    def to_json(self) -> str:
        return canonical_text(
            {
                "old": self.old.baseline_id,
                "new": self.new.baseline_id,
                "comparable": not self.hard,
                "hard": [asdict(key) for key in self.hard],
                "soft": [asdict(key) for key in self.soft],
                "rows": [asdict(row) for row in self.rows],
            }
        )


def baseline_diff(old: Baseline, new: Baseline) -> BaselineDiff:
    """The new one's runs against the old one's, as the judge would compare them."""
    hard = tuple(_setting_changes(old, new))
    soft = tuple(_key_changes("environment.soft", old.environment.soft, new.environment.soft))
    rows = compare(old.summaries(), new.summaries(), _rules(new), old.floors(), old.carried())
    return BaselineDiff(old, new, hard, soft, rows if not hard else tuple(_untested(row) for row in rows))


def _setting_changes(old: Baseline, new: Baseline) -> Iterator[KeyChange]:
    for field in fields(old.setting):
        before, after = getattr(old.setting, field.name), getattr(new.setting, field.name)
        if field.name == "hard":
            yield from _key_changes("environment.hard", before, after)
        elif before != after:
            yield KeyChange(field.name, before, after)


def _key_changes(
    group: str, old: Mapping[str, JsonValue], new: Mapping[str, JsonValue]
) -> Iterator[KeyChange]:
    for key in differing_keys(old, new):
        yield KeyChange(f"{group}.{key}", old.get(key), new.get(key))


def _rules(baseline: Baseline) -> GateRules:
    """What was in force when it was recorded; of one from before that was kept, the defaults."""
    if baseline.gating is not None:
        return baseline.gating.rules
    keys = {key for run in baseline.runs for key in run.series}
    streams = {key.partition(".")[0] for key in keys if key.partition(".")[2] == "ttft"}
    return GateRules(Model.OPEN, streams, {})


def _untested(row: ComparisonRow) -> ComparisonRow:
    bare = replace(row, low=None, high=None, smallest_effect=None, adjusted_p=None)
    return replace(bare, outcome=Outcome.INCONCLUSIVE, gated=False)
