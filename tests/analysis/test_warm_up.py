import pytest

from analysis.warm_up import warm_up_of
from tests.analysis.courses import courses, decaying

K = 5


@pytest.mark.parametrize("phi", [0.0, 0.9])
def test_steady_runs_rarely_ask_for_a_longer_warm_up(phi: float) -> None:
    baselines = [warm_up_of(list(courses(K, phi=phi, seed=seed))) for seed in range(400)]

    assert sum(found is not None and not found.enough for found in baselines) / 400 <= 0.02


@pytest.mark.parametrize(("tau_s", "least_s", "most_s"), [(20.0, 45.0, 75.0), (60.0, 70.0, 75.0)])
def test_a_warm_up_that_is_too_short_is_seen_with_what_it_should_be(
    tau_s: float, least_s: float, most_s: float
) -> None:
    """MSER-5 cuts no more than half of a run, 75 s of 150."""
    found = warm_up_of(list(courses(K, deviation=0.02, shape=decaying(tau_s))))

    assert found is not None
    assert not found.enough
    assert (found.warm_up_s, found.runs) == (30.0, K)
    assert least_s <= found.needed_s <= most_s
    assert found.shift > 0.025


def test_a_warm_up_that_is_long_enough_is_kept() -> None:
    found = warm_up_of(list(courses(K, deviation=0.02, shape=decaying(5.0))))

    assert found is not None
    assert found.enough
    assert found.needed_s == 30.0


def test_too_few_runs_too_short_ones_and_runs_of_different_profiles_say_nothing() -> None:
    assert warm_up_of(list(courses(K - 1))) is None
    assert warm_up_of(list(courses(K, steady_s=20))) is None
    assert warm_up_of([*courses(3), *courses(3, warm_up_s=20)]) is None
