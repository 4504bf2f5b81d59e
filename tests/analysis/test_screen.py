"""The error rates that the screen is trusted for, simulated with fixed seeds."""

import math
from collections.abc import Sequence

import numpy as np
import pytest

from analysis.result import Outcome
from analysis.screen import Limits, Screening, adjusted_p, outcomes, screen
from analysis.session import SessionNoise

TEN_PERCENT = Limits(worse=math.log1p(0.10), better=math.log1p(-0.10))
FLOOR = 0.03
GOOD = (Outcome.PASS, Outcome.IMPROVEMENT)


def judged(screenings: Sequence[Screening]) -> tuple[Outcome, ...]:
    """As gated metrics are judged together."""
    return outcomes(screenings, adjusted_p(screenings))


def simulate(
    *,
    sd: float,
    candidates: int,
    change: float = 0.0,
    metrics: int = 8,
    times: int = 500,
    sd_ratio: float = 1.0,
) -> list[tuple[Outcome, ...]]:
    """Outcomes of comparisons of 5 stored runs with `candidates` runs; only the first metric is changed."""
    random = np.random.default_rng([5, candidates, metrics, round(sd * 1000)])
    found = []
    for _ in range(times):
        old = random.normal(0.0, sd, (metrics, 5))
        new = random.normal(0.0, sd * sd_ratio, (metrics, candidates))
        new[0] += math.log1p(change)
        pairs = zip(old.tolist(), new.tolist(), strict=True)
        found.append(judged([screen(a, b, floor=FLOOR, limits=TEN_PERCENT) for a, b in pairs]))
    return found


def share(found: Sequence[tuple[Outcome, ...]], outcome: Outcome) -> float:
    return sum(outcome in row for row in found) / len(found)


@pytest.mark.parametrize("candidates", [1, 2, 3, 5])
@pytest.mark.parametrize("noise", [0.5, 1.0, 2.0, 3.0])
@pytest.mark.parametrize("metrics", [1, 8])
def test_an_unchanged_service_is_called_a_regression_once_in_a_hundred_at_most(
    noise: float, candidates: int, metrics: int
) -> None:
    """True for any of the gated metrics, even when runs scatter three times as much as the floor says."""
    found = simulate(sd=noise * FLOOR, candidates=candidates, metrics=metrics, times=1000)

    assert share(found, Outcome.REGRESSION) <= 0.01


@pytest.mark.parametrize("candidates", [1, 2, 3, 4, 5])
def test_a_candidate_that_scatters_twice_as_much_is_no_regression_by_that(candidates: int) -> None:
    found = simulate(sd=FLOOR, candidates=candidates, sd_ratio=2.0)

    assert share(found, Outcome.REGRESSION) <= 0.01


def test_the_day_of_a_host_is_no_regression_where_other_days_are_not_known() -> None:
    """Sessions that scatter by 3 % shift all runs of a side together."""
    random = np.random.default_rng(11)
    wrong = {0.0: 0, 0.03: 0}
    for _ in range(1000):
        days = random.normal(0.0, 0.045, 2)
        old, new = ((day + random.normal(0.0, 0.02, 5)).tolist() for day in days)
        for unknown in wrong:
            screening = screen(old, new, floor=FLOOR, limits=TEN_PERCENT, usual=unknown)
            wrong[unknown] += judged([screening])[0] is Outcome.REGRESSION

    assert wrong[0.0] / 1000 > 0.015
    assert wrong[0.03] / 1000 <= 0.01


def test_what_is_allowed_for_an_usual_session_keeps_no_pass_back() -> None:
    old, same, worse = [0.0, 0.01, -0.01, 0.02, -0.02], [0.0] * 3, [0.16] * 3

    passing, found = (screen(old, new, floor=FLOOR, limits=TEN_PERCENT, usual=0.03) for new in (same, worse))

    assert judged([passing])[0] is Outcome.PASS
    assert found.low > TEN_PERCENT.worse
    assert found.may_be_the_day
    assert judged([found])[0] is Outcome.INCONCLUSIVE
    assert judged([screen(old, worse, floor=FLOOR, limits=TEN_PERCENT)])[0] is Outcome.REGRESSION


def test_a_quarter_more_is_found_nearly_always() -> None:
    """+25 % where runs scatter by 3 %, five stored runs and three new ones."""
    found = simulate(sd=0.03, candidates=3, change=0.25, metrics=1, times=1000)

    assert share(found, Outcome.REGRESSION) >= 0.95


def test_a_quarter_more_is_found_among_eight_gated_metrics() -> None:
    found = simulate(sd=0.03, candidates=3, change=0.25, metrics=8, times=1000)

    assert sum(row[0] is Outcome.REGRESSION for row in found) / len(found) >= 0.93
    assert share([row[1:] for row in found], Outcome.REGRESSION) <= 0.01


@pytest.mark.parametrize("candidates", [1, 3, 5])
@pytest.mark.parametrize("noise", [0.5, 1.0, 3.0])
def test_at_the_margin_itself_neither_word_is_said_more_than_one_time_in_twenty(
    noise: float, candidates: int
) -> None:
    """A true change of exactly the margin: both REGRESSION and PASS would be claims without proof."""
    found = simulate(sd=noise * FLOOR, candidates=candidates, change=0.10, metrics=1, times=2000)

    assert share(found, Outcome.REGRESSION) <= 0.06
    assert sum(row[0] in GOOD for row in found) / len(found) <= 0.06


def test_a_quiet_unchanged_service_passes() -> None:
    found = simulate(sd=0.015, candidates=1)

    assert sum(all(outcome in GOOD for outcome in row) for row in found) / len(found) >= 0.85


def quantiles(
    random: np.random.Generator, p: float, runs: int, count: int, sigma: float, run_sd: float
) -> list[float]:
    """Log percentiles of runs with `count` log-normal observations each."""
    drawn = np.sort(random.normal(0.0, sigma, (runs, count)), axis=1)[:, math.ceil(p * count) - 1]
    logs: list[float] = (drawn + random.normal(0.0, run_sd, runs)).tolist()
    return logs


@pytest.mark.parametrize(
    ("p", "count", "candidates", "margin"),
    [
        (0.95, 400, 5, 0.10),
        (0.95, 667, 3, 0.10),
        (0.95, 2000, 1, 0.10),
        (0.50, 40, 5, 0.10),
        (0.50, 200, 1, 0.10),
        (0.99, 2000, 5, 0.20),
    ],
)
@pytest.mark.parametrize("sigma", [0.5, 1.0])
def test_the_least_counts_that_are_gated_keep_false_regressions_rare(
    p: float, count: int, candidates: int, margin: float, sigma: float
) -> None:
    """20 observations above the percentile in a run, 100 in the arm; light and heavy tails, run noise 1 %."""
    random = np.random.default_rng([9, count])
    limits = Limits(math.log1p(margin), math.log1p(-margin))
    wrong = 0
    for _ in range(300):
        old = quantiles(random, p, 5, count, sigma, 0.01)
        new = quantiles(random, p, candidates, count, sigma, 0.01)
        wrong += judged([screen(old, new, floor=FLOOR, limits=limits)])[0] is Outcome.REGRESSION

    assert wrong / 300 <= 0.015


def one(difference: float, standard_error: float = 0.01) -> Screening:
    half = 2 * standard_error
    return Screening(
        difference, difference - half, difference + half, standard_error, 10.0, TEN_PERCENT, 0.05
    )


@pytest.mark.parametrize(
    ("difference", "outcome"),
    [
        (0.20, Outcome.REGRESSION),
        (0.095, Outcome.INCONCLUSIVE),
        (0.02, Outcome.PASS),
        (-0.10, Outcome.PASS),
        (-0.20, Outcome.IMPROVEMENT),
    ],
)
def test_the_place_of_the_interval_decides(difference: float, outcome: Outcome) -> None:
    assert judged([one(difference)]) == (outcome,)


def test_a_regression_that_is_barely_sure_needs_more_among_many_metrics() -> None:
    barely = one(0.0953 + 0.021)

    assert judged([barely])[0] is Outcome.REGRESSION
    assert judged([barely, *[one(0.0)] * 9])[0] is Outcome.INCONCLUSIVE


def test_equal_runs_are_not_believed_to_be_without_noise() -> None:
    screening = screen([1.0] * 5, [1.0], floor=FLOOR, limits=TEN_PERCENT)

    assert screening.standard_error == pytest.approx(FLOOR * math.sqrt(1 / 5 + 1))


def test_the_smallest_effect_shrinks_with_more_runs() -> None:
    effects = [
        screen([0.0] * 5, [0.0] * count, floor=FLOOR, limits=TEN_PERCENT).smallest_effect(8)
        for count in (1, 3, 5, 10)
    ]

    assert effects == sorted(effects, reverse=True)
    assert effects[-1] > TEN_PERCENT.worse


def test_satterthwaite_agrees_with_the_textbook_for_equal_arms() -> None:
    """Two arms of five with equal deviations: eight degrees of freedom."""
    values = [-0.2, -0.1, 0.0, 0.1, 0.2]

    screening = screen(values, values, floor=0.001, limits=TEN_PERCENT)

    assert screening.df == pytest.approx(8.0)


@pytest.mark.parametrize(("old", "new"), [([1.0], [1.0]), ([1.0, 2.0], [])])
def test_too_few_runs_are_refused(old: list[float], new: list[float]) -> None:
    with pytest.raises(ValueError, match="needs at least 2 baseline runs"):
        screen(old, new, floor=FLOOR, limits=TEN_PERCENT)


def test_sessions_that_differ_widen_the_interval_and_cost_degrees_of_freedom() -> None:
    """Two sessions a tenth apart, whose runs agree: only their number says how sure the mean is."""
    old = [0.0] * 5 + [0.1] * 5

    alone = screen(old[:5], [0.05] * 3, floor=FLOOR, limits=TEN_PERCENT)
    both = screen(old, [0.05] * 3, floor=FLOOR, limits=TEN_PERCENT, sessions=(5, 5))

    assert both.df < alone.df
    assert both.standard_error == pytest.approx(
        math.sqrt(0.1**2 / 2 * 1.5 + FLOOR**2 * (1 / 10 + 1 / 3)), rel=0.01
    )
    assert both.high - both.low > 3 * (alone.high - alone.low)


def test_what_is_known_of_sessions_serves_a_baseline_of_one() -> None:
    known = SessionNoise(0.05, 6)

    alone = screen([0.0] * 5, [0.0] * 3, floor=FLOOR, limits=TEN_PERCENT)
    careful = screen([0.0] * 5, [0.0] * 3, floor=FLOOR, limits=TEN_PERCENT, carried=known)

    assert careful.standard_error == pytest.approx(math.hypot(alone.standard_error, 0.05 * math.sqrt(2)))


def test_sessions_of_one_run_each_are_runs_of_one_session() -> None:
    """Their scatter is all there is, and is not counted twice."""
    values = [-0.02, 0.0, 0.02, 0.04, -0.04]

    apart = screen(values, [0.0] * 3, floor=0.001, limits=TEN_PERCENT, sessions=(1, 1, 1, 1, 1))

    assert apart == screen(values, [0.0] * 3, floor=0.001, limits=TEN_PERCENT)


def sessions_simulated(
    session_sd: float,
    sessions: int,
    *,
    known: bool,
    change: float = 0.0,
    usual: float = 0.0,
    times: int = 1500,
) -> list[Outcome]:
    """Five stored runs in each session, three new ones in another, which take longer by `change`."""
    random = np.random.default_rng([6, sessions, round(session_sd * 1000)])
    found: list[Outcome] = []
    for _ in range(times):
        shifts = random.normal(0.0, session_sd, sessions + 1)
        old = np.concatenate([shift + random.normal(0.0, 0.015, 5) for shift in shifts[:-1]])
        new = shifts[-1] + math.log1p(change) + random.normal(0.0, 0.015, 3)
        sizes = (5,) * sessions if known else ()
        screening = screen(
            old.tolist(), new.tolist(), floor=0.02, limits=TEN_PERCENT, sessions=sizes, usual=usual
        )
        found += judged([screening])
    return found


@pytest.mark.parametrize("session_sd", [0.0, 0.03, 0.06])
def test_the_scatter_of_sessions_makes_no_false_regressions_where_it_is_known(session_sd: float) -> None:
    found = sessions_simulated(session_sd, 4, known=True)

    assert found.count(Outcome.REGRESSION) / len(found) <= 0.01


def test_the_scatter_of_sessions_makes_false_regressions_where_it_is_not_known() -> None:
    """What the term is for: the same runs, taken for those of one session."""
    found = sessions_simulated(0.06, 4, known=False)

    assert found.count(Outcome.REGRESSION) / len(found) > 0.01


@pytest.mark.parametrize("sessions", [2, 3, 5])
@pytest.mark.parametrize("session_sd", [0.0, 0.015, 0.03])
def test_a_change_of_the_margin_is_neither_proven_nor_refuted_however_few_the_sessions(
    session_sd: float, sessions: int
) -> None:
    found = sessions_simulated(session_sd, sessions, known=True, change=0.10, usual=0.03)

    assert found.count(Outcome.REGRESSION) / len(found) <= 0.06
    assert sum(outcome in GOOD for outcome in found) / len(found) <= 0.06


def test_two_sessions_that_differ_as_usual_leave_most_unchanged_services_a_pass() -> None:
    """By themselves, with a single degree of freedom, they would leave it to half of them."""
    found = sessions_simulated(0.03, 2, known=True, usual=0.03)

    assert sum(outcome in GOOD for outcome in found) / len(found) >= 0.6


def test_sessions_that_hardly_differ_cost_hardly_anything() -> None:
    found = sessions_simulated(0.005, 4, known=True)

    assert sum(outcome in GOOD for outcome in found) / len(found) >= 0.9
