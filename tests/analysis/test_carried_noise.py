"""The noise block of a regenerated baseline: pairs of the same version, and the weeks before."""

import math
from dataclasses import replace

import numpy as np
import pytest

from analysis.aa_noise import AaNoise
from analysis.baseline import Baseline
from analysis.baseline_builder import build_baseline
from analysis.baseline_parts import GateHealth
from analysis.carried_noise import session_noise, with_pairs, with_weeks
from analysis.history import Figure
from analysis.history_series import HistorySeries, segments_of
from analysis.noise import Spread
from tests.history_builder import built_row
from tests.run_builder import build_runs

P95 = "query.response.p95"


@pytest.fixture(scope="module")
def baseline(tmp_path_factory: pytest.TempPathFactory) -> Baseline:
    return build_baseline(build_runs(tmp_path_factory.mktemp("runs"), 5))


def pairs(deviation: float, df: float, *, gates: int = 2, false: int = 0) -> AaNoise:
    return AaNoise({P95: Spread(deviation, df, floored=False)}, 10, gates, false)


def weeks(count: int, *, between: float, within: float, runs: int = 7) -> HistorySeries:
    """Weeks whose levels and runs scatter as given, on the scale of the logarithm."""
    random = np.random.default_rng([count, runs])
    rows = []
    for week in range(count):
        mean = math.exp(random.normal(0.0, between) + random.normal(0.0, within / math.sqrt(runs)))
        rows.append(replace(built_row(week, {}), runs=runs, figures={P95: Figure(400_000.0 * mean, within)}))
    return segments_of(rows)[0].series[0]


def test_a_full_calibration_sets_the_floor_of_a_run(baseline: Baseline) -> None:
    found = with_pairs(baseline, pairs(0.01, 20.0), None).noise[P95]

    assert found.s_floor == pytest.approx(0.01 / math.sqrt(2))
    assert (found.s_pair_aa, found.aa_df) == (0.01, 20.0)


def test_a_short_calibration_may_only_raise_it(baseline: Baseline) -> None:
    """Nine degrees of freedom that agree by luck prove nothing."""
    default = baseline.noise[P95].s_floor

    assert with_pairs(baseline, pairs(0.01, 9.0), None).noise[P95].s_floor == default
    assert with_pairs(baseline, pairs(0.10, 9.0), None).noise[P95].s_floor == pytest.approx(
        0.10 / math.sqrt(2)
    )


def test_pairs_of_earlier_weeks_count_as_well(baseline: Baseline) -> None:
    first = with_pairs(baseline, pairs(0.02, 9.0, gates=2, false=1), None)
    second = with_pairs(baseline, pairs(0.04, 18.0, gates=3), first)

    assert second.noise[P95].aa_df == 27.0
    assert second.noise[P95].s_pair_aa == pytest.approx(math.sqrt((9 * 0.02**2 + 18 * 0.04**2) / 27))
    assert second.gate_health == GateHealth(5, 1)
    assert with_pairs(baseline, None, first).noise[P95] == first.noise[P95]


def test_pairs_of_another_load_do_not(baseline: Baseline) -> None:
    other = replace(with_pairs(baseline, pairs(0.02, 9.0), None), scenario_sha256="cd" * 32)

    assert with_pairs(baseline, None, other) == baseline


def test_without_pairs_nothing_changes(baseline: Baseline) -> None:
    assert with_pairs(baseline, None, None) == baseline
    assert with_pairs(baseline, None, baseline) == baseline


def test_the_deviation_between_weeks_is_found_beneath_that_of_their_runs() -> None:
    found = session_noise(weeks(400, between=0.02, within=0.05))

    assert found is not None
    assert found.deviation == pytest.approx(0.02, rel=0.1)
    assert found.df == 399


def test_weeks_that_differ_by_their_runs_alone_have_none() -> None:
    found = session_noise(weeks(400, between=0.0, within=0.05))

    assert found is not None
    assert found.deviation < 0.006


def test_a_new_level_is_no_scatter_of_weeks() -> None:
    rows = [built_row(week, {P95: 400_000.0 * (1.5 if week >= 10 else 1.0) + week % 2}) for week in range(20)]
    (series,) = segments_of(rows)[0].series
    found = session_noise(series)

    assert len(series.changes) == 1
    assert found is not None
    assert found.deviation == 0.0
    assert found.df == 18


def test_a_few_weeks_say_nothing(baseline: Baseline) -> None:
    assert session_noise(weeks(4, between=0.02, within=0.02)) is None
    assert session_noise(weeks(5, between=0.02, within=0.02)) is not None


def test_a_baseline_takes_the_weeks_for_sessions_and_keeps_what_it_knows_itself(baseline: Baseline) -> None:
    series = weeks(30, between=0.03, within=0.02)
    segment = segments_of(series.rows)[0]

    found = with_weeks(baseline, segment)
    known = replace(baseline, noise={P95: replace(baseline.noise[P95], s_session=0.01, session_df=1.0)})

    assert found.carried()[P95].deviation == pytest.approx(0.03, rel=0.4)
    assert set(found.carried()) == {P95}
    assert found.content_sha256 == found.sealed().content_sha256
    assert with_weeks(known, segment).noise == known.noise
