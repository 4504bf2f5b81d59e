"""What could not be read is named, with how often and why."""

from typing import Any

from analysis.unwatched import unwatched_parts


def sidecar(**missing: str) -> dict[str, Any]:
    return {"source": "sidecar", "t_utc_ns": 1, "missing": missing}


def test_a_part_that_was_never_there_is_named_with_its_reason() -> None:
    samples = [sidecar(redis="no URL given"), sidecar(redis="no URL given")]

    assert unwatched_parts(samples) == ("redis: no URL given",)


def test_a_part_that_was_lost_says_for_how_many_samples() -> None:
    """The most frequent reason stands for all of them."""
    lost = [sidecar(prometheus="no answer for 0.8 s"), *[sidecar(prometheus="connection refused")] * 3]

    assert unwatched_parts([*[sidecar()] * 6, *lost]) == (
        "prometheus: connection refused, in 4 of 10 samples",
    )


def test_the_first_sample_and_single_series_are_not_mentioned() -> None:
    """The first sample comes before the first answer; a query may have no data yet."""
    single = {"prometheus.error_ratio": "no data"}

    assert unwatched_parts([sidecar(redis="no answer for 0.1 s"), *[sidecar(**single)] * 5]) == ()


def test_samples_of_the_generator_and_other_writers_are_no_reason() -> None:
    """Any command may write samples, with or without this key."""
    samples: list[dict[str, Any]] = [{"source": "generator"}, {"source": "sidecar"}, sidecar()]

    assert unwatched_parts(samples) == ()
