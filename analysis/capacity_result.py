"""What a search for the capacity found, as a result and a baseline keep it."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import takewhile

from analysis.capacity import CONFIDENCE, Estimate, Trial, estimate, next_rate
from analysis.capacity_step import Step, StepOutcome, measured_step, outcome_of, steps_of
from analysis.measurement import elapsed_s, part_of, sum_of
from analysis.plural import plural
from analysis.profile import LoadProfile, Search, Stage
from analysis.result import Capacity, CapacityStep, SearchEnd
from analysis.run_log import RunLog
from analysis.target_parts import Objective


def capacity_of(search: Search, outcomes: Sequence[StepOutcome]) -> Capacity:
    """Of all these steps together; they may be several runs'."""
    trials = trials_of(outcomes)
    following = following_rate(search, outcomes)
    end = following if isinstance(following, SearchEnd) else SearchEnd.STOPPED
    found = estimate(trials)
    kept = [trial.rate_per_s for trial in trials if trial.kept]
    missed = [trial.rate_per_s for trial in trials if not trial.kept]
    return Capacity(
        rate_per_s=None if found is None else found.rate_per_s,
        low_per_s=found.low_per_s if found is not None else max(kept, default=None),
        high_per_s=found.high_per_s if found is not None else min(missed, default=None),
        end=end,
        text=_text(end, found, kept, missed, search, outcomes),
        steps=tuple(
            CapacityStep(each.step.rate_per_s, each.answered_per_s, each.kept, each.reason)
            for each in outcomes
        ),
    )


def following_rate(search: Search, outcomes: Sequence[StepOutcome]) -> float | SearchEnd:
    """The rate to try after these steps, or why there is none."""
    return next_rate(search, trials_of(outcomes), len(outcomes), len(_empty(outcomes)))


def trials_of(outcomes: Iterable[StepOutcome]) -> tuple[Trial, ...]:
    """Those that show something."""
    return tuple(Trial(each.step.rate_per_s, each.kept) for each in outcomes if each.kept is not None)


def outcomes_of(log: RunLog, objectives: Sequence[Objective]) -> tuple[StepOutcome, ...]:
    """Every step of a run, judged by what its files hold."""
    return tuple(_outcome(log, step, objectives) for step in steps_of(log.events))


def followed(profile: LoadProfile, log: RunLog, outcomes: Sequence[StepOutcome]) -> LoadProfile:
    """The profile with the stages that the search made of it; its metrics are those of the steps that kept
    the objectives, or of all steps where none did."""
    stages: list[Stage] = []
    at_s = 0
    any_kept = any(each.kept for each in outcomes)
    for each in outcomes:
        step, name = each.step, f"{each.step.rate_per_s:g} a second"
        stretches = (
            (step.start_s, Stage("rest", 1, 0.0, measure=False)),
            (min(step.from_s, step.end_s), Stage(f"settling at {name}", 1, step.rate_per_s, measure=False)),
            (step.end_s, Stage(name, 1, step.rate_per_s, measure=bool(each.kept) or not any_kept)),
        )
        for end_s, stage in stretches:
            if end_s > at_s:
                stages.append(replace(stage, duration_s=end_s - at_s))
                at_s = end_s
    left_s = int(elapsed_s(log)) - at_s
    if left_s > 0 and stages:
        stages.append(Stage("rest", left_s, 0.0, measure=False))
    return replace(profile, stages=tuple(stages)) if stages else profile


def _outcome(log: RunLog, step: Step, objectives: Sequence[Objective]) -> StepOutcome:
    if step.measured_s == 0:
        return outcome_of(step, None, objectives)
    part = part_of(log, ((step.from_s, step.end_s),))
    edges = {number: sum_of(log.totals((number, number + 1))) for number in (step.from_s - 1, step.end_s - 1)}
    return outcome_of(step, measured_step(step, part, edges), objectives)


def _empty(outcomes: Sequence[StepOutcome]) -> list[StepOutcome]:
    """The last ones, as far as they show nothing."""
    return list(takewhile(lambda each: each.kept is None, reversed(outcomes)))


def _text(
    end: SearchEnd,
    found: Estimate | None,
    kept: Sequence[float],
    missed: Sequence[float],
    search: Search,
    outcomes: Sequence[StepOutcome],
) -> str:
    if found is not None:
        text = (
            f"the service keeps its objectives up to {found.rate_per_s:.4g} arrivals/s, "
            f"between {found.low_per_s:.4g} and {found.high_per_s:.4g} ({100 * CONFIDENCE:.0f} %)"
        )
        if end is SearchEnd.FOUND:
            return text
        return f"{text}: wider than {100 * search.precision:.3g} %, as {_why(end, search, outcomes)}"
    if end is SearchEnd.MOST:
        return f"the service kept its objectives at {max(kept):.4g} arrivals/s, the most that was allowed"
    if end is SearchEnd.NONE:
        return f"the service missed its objectives at every rate, down to {min(missed):.4g} arrivals/s"
    tried = f": they were kept at {max(kept):.4g} arrivals/s" if kept else ""
    if missed:
        tried = f": they were missed at {min(missed):.4g} arrivals/s"
    return (
        f"the highest rate that keeps the objectives was not found, as {_why(end, search, outcomes)}{tried}"
    )


def _why(end: SearchEnd, search: Search, outcomes: Sequence[StepOutcome]) -> str:
    if end is SearchEnd.STEPS:
        return f"the profile allows {plural(search.steps, 'step')}"
    if end is SearchEnd.BLIND:
        empty = _empty(outcomes)
        return f"{plural(len(empty), 'step')} in a row showed nothing, the last one as {empty[0].reason}"
    return "the run ended first"
