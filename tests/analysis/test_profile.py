"""The load is a pure function of time, and observations are filed so that blocks never mix."""

import json
from itertools import pairwise
from math import isclose
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.errors import ConfigurationError, RunLogError
from analysis.profile import (
    AbortRule,
    Arrivals,
    LoadProfile,
    Model,
    Stage,
    check_mix,
    load_profile,
    profile_from_json,
    profile_json,
    profile_names,
)
from analysis.scenario import scenario_sha256
from analysis.target import Endpoint, Target, load_target, target_names

STAIRS = LoadProfile(
    name="stairs",
    model=Model.OPEN,
    mix={"query": 1.0},
    stages=(
        Stage("up", 10, 100.0, ramp=True, measure=False),
        Stage("high", 20, 100.0),
        Stage("down", 10, 50.0, ramp=True),
        Stage("pause", 5, 0.0, measure=False),
        Stage("again", 15, 20.0),
    ),
)


def shaped(*stages: Stage) -> LoadProfile:
    return LoadProfile(name="x", model=Model.OPEN, mix={"query": 1.0}, stages=stages)


stages = st.builds(
    Stage,
    name=st.just("s"),
    duration_s=st.integers(1, 500),
    level=st.floats(0, 1000),
    ramp=st.booleans(),
    measure=st.booleans(),
)
profiles = st.lists(stages, min_size=1, max_size=6).map(lambda several: shaped(*several))


@pytest.mark.parametrize(
    ("t_s", "level", "stage"),
    [
        (-0.1, 0, None), (0, 0, "up"), (5, 50, "up"), (10, 100, "high"), (29.999, 100, "high"),
        (30, 100, "down"), (35, 75, "down"), (40, 0, "pause"), (45, 20, "again"), (59.9, 20, "again"),
        (60, 0, None), (1e9, 0, None),
    ],
)  # fmt: skip
def test_a_level_follows_steps_and_ramps(t_s: float, level: float, stage: str | None) -> None:
    found = STAIRS.stage_at(t_s)

    assert isclose(STAIRS.level_at(t_s), level)
    assert (found.name if found else None) == stage


@pytest.mark.parametrize(
    ("t0_s", "t1_s", "expected"),
    [
        (0, 10, 500), (0, 5, 125), (5, 10, 375), (10, 30, 2000), (30, 40, 750), (40, 45, 0), (45, 60, 300),
        (0, 60, 3550), (-5, 99, 3550), (9, 11, 195), (20, 20, 0), (30, 20, 0), (60, 70, 0),
    ],
)  # fmt: skip
def test_expected_arrivals_are_the_area_under_the_level(t0_s: float, t1_s: float, expected: float) -> None:
    assert isclose(STAIRS.arrivals_between(t0_s, t1_s), expected)


@given(profile=profiles, cuts=st.lists(st.floats(0, 1), max_size=5))
def test_expected_arrivals_of_parts_add_up(profile: LoadProfile, cuts: list[float]) -> None:
    edges = [0.0, *sorted(cut * profile.duration_s for cut in cuts), float(profile.duration_s)]
    whole = profile.arrivals_between(0, profile.duration_s)

    assert isclose(
        sum(profile.arrivals_between(a, b) for a, b in pairwise(edges)), whole, rel_tol=1e-9, abs_tol=1e-9
    )


@given(profile=profiles, at=st.floats(0, 0.999))
def test_expected_arrivals_grow_with_the_level(profile: LoadProfile, at: float) -> None:
    """Over a moment the area is the level times its length, to the second order of that length."""
    t_s, moment_s = at * profile.duration_s, 1e-4
    slope = max(abs(b - a) for a, b in pairwise([0.0, *(stage.level for stage in profile.stages)]))
    edges = [sum(stage.duration_s for stage in profile.stages[:count]) for count in range(1, 7)]
    if any(t_s <= edge <= t_s + moment_s for edge in edges):
        return

    area = profile.arrivals_between(t_s, t_s + moment_s)

    assert abs(area - profile.level_at(t_s) * moment_s) <= slope * moment_s**2 + 1e-9


@pytest.mark.parametrize(
    ("durations", "slice_s"),
    [
        ((30, 120), 1), ((3600,), 1), ((3601,), 1), ((300, 14400), 5), ((7200,), 2), ((7201,), 1),
        ((86400,), 24), ((300, 86400), 25), ((7, 86393), 1),
    ],
)  # fmt: skip
def test_slices_are_a_second_until_a_run_takes_longer_than_an_hour(
    durations: tuple[int, ...], slice_s: int
) -> None:
    assert shaped(*(Stage("s", duration_s, 1.0) for duration_s in durations)).slice_s == slice_s


@given(durations=st.lists(st.integers(1, 200_000), min_size=1, max_size=4))
def test_no_slice_crosses_the_end_of_a_stage(durations: list[int]) -> None:
    profile = shaped(*(Stage("s", duration_s, 1.0) for duration_s in durations))

    assert all(duration_s % profile.slice_s == 0 for duration_s in durations)


def test_windows_are_the_measured_stretches_with_neighbours_merged() -> None:
    assert STAIRS.windows() == ((10.0, 40.0), (45.0, 60.0))


def test_level_windows_hold_one_level_each_and_leave_out_the_way_to_another() -> None:
    flat = (Stage("on", 15, 20.0), Stage("still on", 5, 20.0, ramp=True), Stage("more", 5, 30.0))

    assert STAIRS.level_windows() == ((10.0, 30.0), (45.0, 60.0))
    assert shaped(*flat).level_windows() == ((0.0, 20.0), (20.0, 25.0))
    assert shaped(Stage("up", 10, 20.0, ramp=True)).level_windows() == ()


def test_the_manual_profile_has_no_stages() -> None:
    manual = load_profile("manual")

    assert (manual.duration_s, manual.slice_s, manual.windows()) == (0, 1, ())
    assert manual.stage_at(0) is None


def load(folder: Path, text: str) -> LoadProfile:
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return load_profile(str(path))


SHORTEST = "model = 'open'\nmix.query = 1\n[[stages]]\nduration = '1m'\nlevel = 10\n"


def test_a_short_file_has_sensible_defaults(tmp_path: Path) -> None:
    assert load(tmp_path, SHORTEST) == LoadProfile(
        name="mine",
        model=Model.OPEN,
        mix={"query": 1.0},
        stages=(Stage("stage 1", 60, 10.0),),
        file=str(tmp_path / "mine.toml"),
    )


def test_every_key_of_a_file_is_taken_over(tmp_path: Path) -> None:
    profile = load(
        tmp_path,
        "name = 'n'\nmodel = 'closed'\nthink = ['100ms', '1s']\ndrain = '5s'\ncompare = false\n"
        "max_in_flight = 7\nmix = { query = 2.5, stream = { optional = true } }\n"
        "[[stages]]\nname = 'a'\nduration = 30\nlevel = 3\nramp = true\nmeasure = false\n"
        "[[stages]]\nduration = '1h'\nlevel = 3\n"
        "[[abort]]\nendpoint = 'query'\nresponse.p95_ms = 2000\nwindow = '30s'\nmin_count = 5\n"
        "[[abort]]\nerrors.ratio = 0.1\n",
    )

    assert profile == LoadProfile(
        name="n",
        model=Model.CLOSED,
        mix={"query": 2.5, "stream": 1.0},
        stages=(Stage("a", 30, 3.0, True, False), Stage("stage 2", 3600, 3.0)),
        optional_mix=frozenset({"stream"}),
        think_s=(0.1, 1.0),
        abort=(
            AbortRule("query", "response", "p95", 2_000_000.0, 30, 5),
            AbortRule(None, "errors", "ratio", 0.1, 10),
        ),
        drain_s=5.0,
        max_in_flight=7,
        compare=False,
        file=str(tmp_path / "mine.toml"),
    )


def test_one_think_time_is_a_range_without_width(tmp_path: Path) -> None:
    assert load(tmp_path, "model = 'closed'\nmix.query = 1\nthink = '2s'").think_s == (2.0, 2.0)


SEARCH = "model = 'open'\nmix.query = 1\n[search]\nstart = 5\n"
CLOSED = "model = 'closed'\nmix.query = 1\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("mix.query = 1", "model: found no such key, wanted open or closed"),
        ("model = 'open'", "mix: found no such key, wanted endpoints and their weights"),
        (
            "model = 'opne'\nmix.query = 1",
            r'model: found "opne", wanted open \(arrivals per second\) or closed',
        ),
        ("model = 'open'\nmix.query = 1", "stages: found no stage, wanted stages, which an open model needs"),
        ("model = 'open'\nmix = {}", "mix: found a table, wanted at least 1"),
        ("model = 'closed'\nmix.query = 0", "mix.query.weight: found 0, wanted a number above 0"),
        ("model = 'closed'\nmix.query = 'x'", 'mix.query: found "x", wanted a weight such as 3'),
        ("model = 'closed'\nmix.query.wieght = 1", 'mix.query.wieght: found an unknown key, .*"weight"'),
        (SHORTEST + "levle = 1", r'stages\[0\].levle: found an unknown key, .*did you mean "level"'),
        (SHORTEST.replace("10", "'ten'"), r'stages\[0\].level: found "ten", wanted a number'),
        (SHORTEST.replace("10", "-1"), r"stages\[0\].level: found -1, wanted a number not below 0"),
        (SHORTEST.replace("10", "0"), "stages: found level 0 in every stage"),
        (SHORTEST.replace("'1m'", "'1 minute'"), r"stages\[0\].duration: found .* wanted a duration such as"),
        (SHORTEST.replace("'1m'", "0"), r"stages\[0\].duration: found 0, wanted a number not below 1"),
        (SHORTEST + "measure = false", "stages: found no stage that is measured"),
        ("pacing = 1\n" + SHORTEST, "pacing: found it in an open model"),
        ("arrivals = 'uniform'\n" + SHORTEST, 'arrivals: found "uniform", wanted poisson or constant'),
        (CLOSED + "arrivals = 'poisson'", 'arrivals: found "poisson", wanted no such key when the model is'),
        (CLOSED + "think = 1\npacing = 1", "pacing: found it beside think"),
        (CLOSED + "think = ['3s', '1s']", "think: found a list, wanted a duration such as"),
        (
            CLOSED + "[[stages]]\nduration = 1\nlevel = 1.5",
            r"stages\[0\].level: found 1.5, wanted a whole number",
        ),
        (CLOSED + "finds_limit = true", "finds_limit: found true, wanted abort rules"),
        (CLOSED + "[[abort]]\nwindow = 5", r"abort\[0\]: found no limits, wanted one limit"),
        (CLOSED + "[[abort]]\nerrors.ratio = 0.1\nttft.p95_ms = 1", r"abort\[0\]: found 2 limits"),
        (CLOSED + "[[abort]]\nerrors.ratoi = 0.1", r'abort\[0\].errors.ratoi: .*did you mean "ratio"'),
        (CLOSED + "[[abort]]\nerrors.ratio = 1.1", r"abort\[0\].errors.ratio: found 1.1, wanted a ratio"),
        (
            CLOSED + "[[abort]]\nresponse.p95_ms = -1",
            r"abort\[0\].response.p95_ms: found -1.0, wanted milliseconds",
        ),
        (CLOSED + "[[abort]]\nendpoint = 'qurey'\nerrors.ratio = 0.1", r'abort\[0\].endpoint: .*"query"'),
        (SEARCH + "strat = 1", r'search.strat: found an unknown key, .*"start"'),
        (SEARCH.replace("start = 5", ""), "search.start: found no such key, wanted arrivals per second"),
        (SEARCH + "growth = 1", "search.growth: found 1, wanted a number above 1"),
        (SEARCH + "most = 2", r"search.most: found 2.*, wanted at least search.start, 5"),
        (SEARCH + "step = '2m'", "search: found steps of 4[0-9]+ s together, wanted at most 3600 s"),
        (SEARCH + "[[stages]]\nduration = 1\nlevel = 1", "stages: found them beside search"),
        (SEARCH.replace("open", "closed"), "search: found it in a closed model"),
        (CLOSED + "drain = '2h'", "drain: found .*, wanted a number not above 3600"),
    ],
)
def test_a_mistake_names_file_and_key(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=f"mine.toml: {message}"):
        load(tmp_path, text)


def test_a_search_is_as_long_as_all_its_steps_may_take_and_part_of_the_scenario(tmp_path: Path) -> None:
    profile = load(tmp_path, SEARCH + "steps = 4\nwarm_up = 10\nsettle = 2\nstep = 5\nrest = 8")
    other = load(
        tmp_path, SEARCH + "steps = 4\nwarm_up = 10\nsettle = 2\nstep = 5\nrest = 8\nprecision = 0.2"
    )
    at = target("query")

    assert profile.search is not None
    assert profile.duration_s == profile.search.longest_s == 10 + 4 * (2 + 5 + 8 + 5)
    assert profile.finds_limit
    assert scenario_sha256(at, profile, 1, None) != scenario_sha256(at, other, 1, None)


def test_an_unknown_profile_is_answered_with_the_nearest() -> None:
    with pytest.raises(ConfigurationError, match=r'found no such file, .*did you mean "baseline"\?'):
        load_profile("basline")


def target(*names: str) -> Target:
    return Target("t", "http://h", {name: Endpoint(name, "GET", "/") for name in names})


def test_a_mix_keeps_what_the_target_has_and_drops_what_is_optional() -> None:
    profile = load_profile("baseline")

    assert check_mix(profile, target("query", "health")) == {"query": 6.0, "health": 1.0}


def test_a_mix_entry_without_its_endpoint_is_refused() -> None:
    with pytest.raises(
        ConfigurationError, match=r"baseline\.toml: mix\.query: found no such endpoint in target t"
    ):
        check_mix(load_profile("baseline"), target("health", "qeury"))


def test_a_mix_of_which_nothing_is_left_is_refused() -> None:
    profile = LoadProfile("p", Model.CLOSED, {"a": 1.0}, optional_mix=frozenset({"a"}), file="p.toml")

    with pytest.raises(ConfigurationError, match=r"p\.toml: mix: found only endpoints that target t lacks"):
        check_mix(profile, target("query"))


@pytest.mark.parametrize("name", profile_names())
def test_every_shipped_profile_survives_its_run_directory_and_fits_every_target(name: str) -> None:
    profile = load_profile(name)
    back = profile_from_json(json.loads(json.dumps(profile_json(profile), sort_keys=True)))

    assert profile.name == name
    assert profile_json(back) == profile_json(profile)
    assert (back.stages, back.abort, back.mix) == (profile.stages, profile.abort, profile.mix)
    for shipped in target_names():
        assert check_mix(profile, load_target(shipped))["query"] > 0


def test_the_profiles_that_the_suite_promises_are_shipped() -> None:
    assert profile_names() == (
        "baseline", "breakpoint", "load", "manual", "pair", "smoke", "soak", "spike", "stress",
    )  # fmt: skip


def test_only_what_a_stored_baseline_could_answer_is_compared() -> None:
    assert {name for name in profile_names() if not load_profile(name).compare} == {"manual", "breakpoint"}
    assert {name for name in profile_names() if load_profile(name).finds_limit} == {"breakpoint"}


def test_the_baseline_profile_is_constant_arrivals_after_a_warm_up() -> None:
    baseline = load_profile("baseline")

    assert (baseline.model, baseline.arrivals) == (Model.OPEN, Arrivals.CONSTANT)
    assert baseline.windows() == ((30.0, 150.0),)


def test_a_damaged_definition_in_a_run_is_an_error_of_that_run() -> None:
    document = profile_json(load_profile("smoke"))
    document["model"] = "ajar"

    with pytest.raises(RunLogError, match=r"run\.json: profile_definition\.model"):
        profile_from_json(document)
