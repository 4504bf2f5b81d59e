"""A load profile that goes up step by step, and when each step is measured."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """What is measured of one level; a slice is a second."""

    level: int
    start_s: int
    end_s: int


@dataclass(frozen=True, slots=True)
class Ladder:
    """One stage for each level, after a warm-up at the first."""

    levels: Sequence[int]
    warm_up_s: int
    window_s: int
    settle_s: int
    """Of each level, before it is measured."""

    def steps(self) -> list[Step]:
        steps: list[Step] = []
        end_s = self.warm_up_s
        for level in self.levels:
            start_s = end_s + self.settle_s
            end_s = start_s + self.window_s
            steps.append(Step(level, start_s, end_s))
        return steps

    def stages(self) -> str:
        """As TOML."""
        text = _stage("warm-up", self.warm_up_s, self.levels[0])
        begin_s = self.warm_up_s
        for step in self.steps():
            text += _stage(str(step.level), step.end_s - begin_s, step.level)
            begin_s = step.end_s
        return text


def _stage(name: str, duration_s: int, level: int) -> str:
    return f'\n[[stages]]\nname = "{name}"\nduration = {duration_s}\nlevel = {level}\n'
