"""How likely an unchanged service passes against a baseline, as a line for people."""

import os
from collections.abc import Mapping
from pathlib import Path

from analysis.baseline import Baseline, BaselineKind, baseline_path, read_baseline
from analysis.errors import BaselineError
from analysis.gate import GateRules
from analysis.judged_run import gate_rules
from analysis.noise import Spread
from analysis.pair_power import pairs_forecast
from analysis.plural import plural
from analysis.power import ENOUGH, chance_of_all, forecast, percent, runs_enough
from analysis.profile import check_mix, load_profile
from analysis.run_environment import run_environment
from analysis.target import load_target

_OFFERED = (1, 3, 5)


def expectation(target: str, profile: str, runs: int, baseline: str, root: Path) -> str | None:
    """Of runs that are about to be made; None when there is nothing that they would be compared with."""
    definition, shape = load_target(target), load_profile(profile)
    if baseline == "none" or not shape.compare:
        return None
    path = Path(baseline)
    if baseline == "auto":
        env8 = run_environment(definition, os.environ).env8
        path = baseline_path(root, definition.name, shape.name, env8, BaselineKind.ROLLING)
    if not path.exists():
        return None
    try:
        stored = read_baseline(path)
    except BaselineError:
        return None  # whoever makes the run refuses it, and says why
    return forecast_text(stored, gate_rules(definition, shape, check_mix(shape, definition)), runs)


def chances_text(baseline: Baseline, rules: GateRules) -> str:
    """For a few numbers of new runs."""
    parts = [
        f"{percent(chance_of_all(forecast(baseline, rules, runs)))} with {plural(runs, 'run')}"
        for runs in _OFFERED
    ]
    return f"chance that an unchanged service passes{_when(baseline).rstrip(',')}: {', '.join(parts)}"


def forecast_text(baseline: Baseline, rules: GateRules, runs: int) -> str:
    """For the runs that are about to be made, with what would make a pass likely where it is not."""
    found = forecast(baseline, rules, runs)
    if not found:
        return (
            f"{plural(runs, 'run')} against baseline {baseline.baseline_id} will be inconclusive: "
            "no metric rests on enough observations to decide; make the run longer or ask for more runs"
        )
    chance = chance_of_all(found)
    text = (
        f"{plural(runs, 'run')} against baseline {baseline.baseline_id}: an unchanged service passes"
        f"{_when(baseline)} with a chance of {percent(chance)}"
    )
    if chance >= ENOUGH:
        return text
    text += f"; {found[0].name} is the least sure ({percent(found[0].chance)})"
    enough = runs_enough(baseline, rules, runs)
    if enough is None:
        return f"{text}; a wider margin or a quieter machine would help, more runs would not"
    return f"{text}; --runs {enough[0]} makes it {percent(enough[1])}"


def pairs_text(floors: Mapping[str, Spread], rules: GateRules, most_pairs: int) -> str | None:
    """For a session of pairs that is about to begin; None when nothing is known of its noise."""
    found = pairs_forecast(floors, rules, most_pairs)
    if not found:
        return None
    chance = chance_of_all(found)
    text = (
        f"an unchanged version passes within {plural(most_pairs, 'pair')} with a chance of {percent(chance)}"
    )
    if chance >= ENOUGH:
        return text
    return (
        f"{text}; {found[0].name} is the least sure ({percent(found[0].chance)}): "
        "longer runs, a wider margin or a quieter machine would help"
    )


def _when(baseline: Baseline) -> str:
    """Runs of a single session do not tell what another one brings."""
    return "" if baseline.carried() else ", on a day of the host like the baseline's,"
