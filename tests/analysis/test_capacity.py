"""The search finds a known capacity, however blurred, in few steps, and its interval says how well."""

import math
import random
from itertools import pairwise

import numpy as np
import pytest

from analysis.capacity import MOST_EMPTY, Trial, estimate, next_rate
from analysis.profile import Search
from analysis.result import SearchEnd

SEARCH = Search(start_per_s=20.0)


def searched(
    capacity_per_s: float, *, spread: float = 0.0, seed: int = 0, search: Search = SEARCH
) -> tuple[list[Trial], SearchEnd]:
    """A service whose capacity is another one in each step."""
    draw = random.Random(seed)
    trials: list[Trial] = []
    while not isinstance(following := next_rate(search, trials, len(trials)), SearchEnd):
        trials.append(Trial(following, following <= capacity_per_s * math.exp(draw.gauss(0.0, spread))))
    return trials, following


@pytest.mark.parametrize("capacity_per_s", [3.1, 7.0, 19.9, 20.1, 97.3, 640.0, 12_345.0])
def test_a_sharp_capacity_is_found_within_two_percent_and_lies_in_the_interval(capacity_per_s: float) -> None:
    trials, end = searched(capacity_per_s)
    found = estimate(trials)

    assert end is SearchEnd.FOUND
    assert found is not None
    assert found.rate_per_s == pytest.approx(capacity_per_s, rel=0.02)
    assert found.low_per_s <= capacity_per_s <= found.high_per_s
    assert found.high_per_s <= 1.1 * found.low_per_s


def test_the_rate_grows_until_a_step_misses_then_each_step_halves_what_is_left() -> None:
    trials, _ = searched(97.3)
    rates = [trial.rate_per_s for trial in trials]

    assert rates[:4] == [20.0, 40.0, 80.0, 160.0]
    assert 80.0 < rates[4] < 160.0
    brackets = []
    for count in range(4, 9):
        kept = max(trial.rate_per_s for trial in trials[:count] if trial.kept)
        missed = min(trial.rate_per_s for trial in trials[:count] if not trial.kept)
        brackets.append(math.log(missed / kept))
    assert all(after <= 0.75 * before for before, after in pairwise(brackets[:3]))
    assert brackets[-1] < 0.1


def test_rates_at_the_knee_are_tried_again() -> None:
    trials, _ = searched(97.3)
    rates = [trial.rate_per_s for trial in trials]

    assert len(set(rates)) < len(rates)
    repeated = {rate for rate in rates if rates.count(rate) > 1}
    assert all(rate == pytest.approx(97.3, rel=0.05) for rate in repeated)


def test_one_step_that_was_spoilt_far_below_the_capacity_is_made_good() -> None:
    """The second step is missed although the service could do five times as much."""
    trials = [Trial(20.0, True), Trial(40.0, False)]
    while not isinstance(following := next_rate(SEARCH, trials, len(trials)), SearchEnd):
        trials.append(Trial(following, following <= 200.0))
    found = estimate(trials)

    assert following is SearchEnd.FOUND
    assert found is not None
    assert found.rate_per_s == pytest.approx(200.0, rel=0.05)


def test_a_first_step_that_is_missed_leads_to_lower_rates() -> None:
    trials, end = searched(1.1)

    assert [trial.rate_per_s for trial in trials[:5]] == [20.0, 10.0, 5.0, 2.5, 1.25]
    assert end is SearchEnd.FOUND


def test_a_service_that_keeps_them_at_no_rate_and_one_that_does_at_every_rate_end_the_search() -> None:
    none, end_of_none = searched(0.0)
    most, end_of_most = searched(1e9, search=Search(start_per_s=20.0, most_per_s=100.0))

    assert end_of_none is SearchEnd.NONE
    assert min(trial.rate_per_s for trial in none) >= 20.0 / 64
    assert end_of_most is SearchEnd.MOST
    assert [trial.rate_per_s for trial in most] == [20.0, 40.0, 80.0, 100.0]
    assert estimate(none) is estimate(most) is None


def test_the_search_ends_when_its_steps_are_used_up_and_says_so() -> None:
    search = Search(start_per_s=20.0, steps=6)
    trials, end = searched(97.3, search=search)

    assert (len(trials), end) == (6, SearchEnd.STEPS)
    found = estimate(trials)
    assert found is not None
    assert not found.within(search.precision)
    assert found.low_per_s <= 97.3 <= found.high_per_s


def test_steps_that_show_nothing_are_repeated_and_counted() -> None:
    assert next_rate(SEARCH, [], 2, empty=2) == 20.0
    assert next_rate(SEARCH, [Trial(20.0, True)], 7, empty=2) == 40.0
    assert next_rate(SEARCH, [], SEARCH.steps, empty=2) is SearchEnd.STEPS


def test_steps_that_show_nothing_one_after_the_other_end_a_search_that_has_not_found_it() -> None:
    found, _ = searched(97.3)

    assert next_rate(SEARCH, [], MOST_EMPTY, empty=MOST_EMPTY) is SearchEnd.BLIND
    assert next_rate(SEARCH, [Trial(20.0, True)], 4, empty=MOST_EMPTY) is SearchEnd.BLIND
    assert next_rate(SEARCH, found, len(found) + MOST_EMPTY, empty=MOST_EMPTY) is SearchEnd.FOUND


def test_a_blurred_capacity_is_found_within_ten_percent() -> None:
    """Nineteen of twenty; the interval holds the truth as often as it says."""
    close = held = 0
    for seed in range(60):
        capacity_per_s = float(np.exp(np.random.default_rng(seed).uniform(np.log(5), np.log(2000))))
        trials, _ = searched(capacity_per_s, spread=0.04, seed=seed)
        found = estimate(trials)
        assert found is not None
        close += abs(found.rate_per_s / capacity_per_s - 1) <= 0.1
        held += found.low_per_s <= capacity_per_s <= found.high_per_s

    assert close >= 0.95 * 60
    assert held >= 0.85 * 60
