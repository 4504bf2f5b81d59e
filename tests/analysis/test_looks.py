from dataclasses import replace

import pytest

from analysis.looks import MOST_PAIRS, Look, look_at, looks_due, looks_taken
from analysis.result import Outcome
from tests.analysis.pair_builder import RULES, pairs, pairs_of


@pytest.mark.parametrize(
    ("most", "looks"),
    [(12, (4, 6, 8, 10, 12)), (8, (4, 6, 8)), (5, (4, 5)), (4, (4,))],
)
def test_looks_are_at_even_pairs_and_at_the_end(most: int, looks: tuple[int, ...]) -> None:
    assert looks_due(most) == looks


def test_nothing_is_looked_at_before_the_fourth_pair() -> None:
    assert looks_taken(pairs(3, change=0.5), RULES, {}, MOST_PAIRS) == ()


def test_looks_end_with_the_first_that_is_resolved() -> None:
    """More pairs than that change nothing: a decision that was made stands."""
    calm = looks_taken(pairs(12, noise=0.01), RULES, {}, MOST_PAIRS)

    assert [look.pairs for look in calm] == [4]
    assert calm[-1].outcome is Outcome.PASS


def test_noise_takes_more_pairs_until_there_are_no_more() -> None:
    taken = looks_taken(pairs(12, noise=0.12), RULES, {}, MOST_PAIRS)

    assert [look.pairs for look in taken] == [4, 6, 8, 10, 12]
    assert not any(look.resolved for look in taken[:-1])


def test_one_regression_resolves_a_look_whatever_the_others_say() -> None:
    noisy = pairs_of("p50", [1e5] * 6, [0.8e5, 1.3e5] * 3, metric="stream.response")
    worse = pairs(6, change=0.5)
    both = [
        (replace(a, series={**a.series, **c.series}), replace(b, series={**b.series, **d.series}))
        for (a, b), (c, d) in zip(noisy, worse, strict=True)
    ]
    look = look_at(both, RULES, {}, MOST_PAIRS)

    assert Outcome.INCONCLUSIVE in {row.outcome for row in look.rows if row.gated}
    assert look.outcome is Outcome.REGRESSION
    assert look.resolved


def test_pairs_without_enough_requests_are_hopeless_and_not_gone_on_with() -> None:
    taken = looks_taken(pairs(12, requests=30), RULES, {}, MOST_PAIRS)

    assert [(look.pairs, look.hopeless, look.resolved) for look in taken] == [(4, True, False)]


def last_look(change: float, noise: float, seed: int) -> Look:
    return looks_taken(pairs(12, change=change, noise=noise, seed=seed), RULES, {}, MOST_PAIRS)[-1]


def test_the_same_version_is_never_a_regression_in_a_hundred_sessions() -> None:
    """At a pair's noise of 2.7 %; `python -m scripts.bench verdicts` simulates thousands."""
    ends = [last_look(0.0, 0.027, seed) for seed in range(100)]

    assert [look for look in ends if look.outcome is Outcome.REGRESSION] == []
    assert sum(look.outcome is Outcome.PASS for look in ends) >= 95


def test_ten_percent_more_are_found_within_twelve_pairs() -> None:
    ends = [last_look(0.10, 0.027, seed) for seed in range(100)]

    assert sum(look.outcome is Outcome.REGRESSION for look in ends) >= 93
    assert [look for look in ends if look.outcome is Outcome.PASS] == []
