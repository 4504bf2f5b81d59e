from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.interval_log import parse_line
from analysis.judged_run import read_judged_run
from analysis.latency_course import LatencyCourse
from analysis.profile import LoadProfile, Model, Stage
from tests.run_builder import PROFILE, build_run

WARM_UP = Stage("warm-up", 30, 20.0, ramp=True, measure=False)
LONG = replace(PROFILE, stages=(WARM_UP, Stage("steady", 60, 20.0)))
STAIRS = replace(PROFILE, stages=(WARM_UP, Stage("one", 30, 20.0), Stage("two", 30, 40.0)))
RAMP = replace(PROFILE, stages=(WARM_UP, Stage("up", 60, 40.0, ramp=True)))
BY_HAND = LoadProfile("manual", Model.CLOSED, PROFILE.mix)
FEW = {"query": 10, "health": 10}


def course_of(root: Path, **plan: Any) -> LatencyCourse | None:
    return read_judged_run(build_run(root, **{"profile": LONG, "per_slice": FEW, **plan})).course


def forget(path: Path, endpoint: str, start_s: int, end_s: int) -> None:
    """Take the rows of these seconds out of the log; of all endpoints, if it is not said of which."""

    def kept(line: str) -> bool:
        row = parse_line(line)
        return row is None or not row.tag.startswith(endpoint) or not start_s <= row.start_s < end_s

    log = path / "latency.hlog"
    log.write_text("".join(line for line in log.read_text().splitlines(keepends=True) if kept(line)))


def test_a_course_is_the_mean_logarithm_in_batches_of_five_seconds(tmp_path: Path) -> None:
    """Around the mean of the measured part; the warm-up of these runs takes three times as long."""
    course = course_of(tmp_path, pace=lambda t: 2.0 if t >= 60 else 1.0)

    assert course is not None
    assert (len(course.levels), course.warm_up, course.warm_up_s) == (18, 6, 30.0)
    assert course.levels[6:12] == pytest.approx(-np.log(2) / 2, abs=0.1)
    assert course.levels[12:] == pytest.approx(np.log(2) / 2, abs=0.1)
    assert course.levels[:6] == pytest.approx(np.log(3) - np.log(2) / 2, abs=0.1)


def test_the_mix_of_quick_and_slow_endpoints_does_not_move_it(tmp_path: Path) -> None:
    """A query takes a hundred times as long as a health check; for ten seconds there are only queries."""
    path = build_run(tmp_path, profile=LONG, per_slice=FEW)
    forget(path, "health", 70, 80)

    course = read_judged_run(path).course

    assert course is not None
    assert course.levels[6:] == pytest.approx(0.0, abs=0.15)


def test_longer_slices_make_longer_batches(tmp_path: Path) -> None:
    """A profile of more than an hour is kept in slices of 2 s or more."""
    profile = replace(PROFILE, stages=(Stage("steady", 4000, 20.0),))
    course = course_of(tmp_path, profile=profile, slices=60, per_slice={"query": 5})

    assert profile.slice_s == 2
    assert course is not None
    assert (course.batch_s, len(course.levels)) == (4.0, 30)


@pytest.mark.parametrize("end_s", [72, 75])
def test_seconds_without_an_answer_are_passed_over(tmp_path: Path, end_s: int) -> None:
    """A whole batch of them, too."""
    path = build_run(tmp_path, profile=LONG, per_slice=FEW)
    forget(path, "", 70, end_s)

    course = read_judged_run(path).course

    assert course is not None
    assert course.levels[6:] == pytest.approx(0.0, abs=0.15)


@pytest.mark.parametrize("profile", [STAIRS, RAMP, BY_HAND])
def test_a_load_that_changes_in_the_measured_part_has_no_course(tmp_path: Path, profile: LoadProfile) -> None:
    slices = None if profile.stages else 20

    assert course_of(tmp_path, profile=profile, slices=slices) is None


def test_a_run_that_hardly_ever_answers_has_no_course(tmp_path: Path) -> None:
    assert course_of(tmp_path, per_slice={"query": 0, "health": 0}) is None
