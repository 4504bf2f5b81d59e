"""The scenario's hash follows the load and nothing else."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from analysis.leaving import Leaving
from analysis.profile import Arrivals, LoadProfile, Model, Stage, load_profile
from analysis.reconnecting import Reconnecting
from analysis.scenario import scenario_sha256
from analysis.target import Endpoint, Questions, Target, load_target, redacted, target_from_json

TARGET = load_target("reference")
PROFILE = load_profile("baseline")


def hashed(
    target: Target = TARGET, profile: LoadProfile = PROFILE, seed: int = 1, questions: str = "q"
) -> str:
    return scenario_sha256(target, profile, seed, questions)


def with_query(change: Callable[[Endpoint], Endpoint]) -> Target:
    return replace(TARGET, endpoints={**TARGET.endpoints, "query": change(TARGET.endpoints["query"])})


def with_stage(change: Callable[[Stage], Stage]) -> LoadProfile:
    return replace(PROFILE, stages=(PROFILE.stages[0], change(PROFILE.stages[1])))


@pytest.mark.parametrize(
    "changed",
    [
        hashed(with_query(lambda query: replace(query, path="/other"))),
        hashed(with_query(lambda query: replace(query, method="PUT"))),
        hashed(with_query(lambda query: replace(query, body={"question": "{question}"}))),
        hashed(with_query(lambda query: replace(query, headers={"X-Cache": "off"}))),
        hashed(with_query(lambda query: replace(query, leave=Leaving(0.5, after_tokens=(1, 2))))),
        hashed(with_query(lambda query: replace(query, reconnect=Reconnecting(3)))),
        hashed(replace(TARGET, questions=Questions("f", 0.5, 7))),
        hashed(replace(TARGET, questions=Questions("f", 1.0, 8))),
        hashed(questions="r"),
        hashed(seed=2),
        hashed(profile=replace(PROFILE, mix={**PROFILE.mix, "health": 2.0})),
        hashed(profile=replace(PROFILE, arrivals=Arrivals.POISSON)),
        hashed(profile=replace(PROFILE, model=Model.CLOSED)),
        hashed(profile=replace(PROFILE, think_s=(1.0, 2.0))),
        hashed(profile=replace(PROFILE, max_in_flight=5)),
        hashed(profile=with_stage(lambda stage: replace(stage, level=41.0))),
        hashed(profile=with_stage(lambda stage: replace(stage, duration_s=121))),
        hashed(profile=with_stage(lambda stage: replace(stage, ramp=True))),
        hashed(profile=replace(PROFILE, stages=PROFILE.stages[1:])),
    ],
)
def test_another_load_is_another_scenario(changed: str) -> None:
    assert changed != hashed()


@pytest.mark.parametrize(
    "same",
    [
        hashed(replace(TARGET, name="x", file="y", base_url="http://elsewhere:1")),
        hashed(replace(TARGET, objectives=(), margins={"response.p95": 0.5}, limits={})),
        hashed(with_query(lambda query: replace(query, timeout_s=9.0))),
        hashed(replace(TARGET, questions=Questions("another/place.jsonl", 1.0, 7))),
        hashed(replace(TARGET, endpoints={**TARGET.endpoints, "unmixed": Endpoint("unmixed", "GET", "/")})),
        hashed(profile=replace(PROFILE, name="x", file="y", abort=(), drain_s=1.0)),
        hashed(profile=with_stage(lambda stage: replace(stage, name="another"))),
        hashed(target_from_json(redacted(TARGET))),
    ],
)
def test_names_places_and_promises_leave_the_scenario_alone(same: str) -> None:
    assert same == hashed()


def test_a_rotated_key_leaves_the_scenario_alone() -> None:
    old, new = (replace(TARGET, headers={"Authorization": f"Bearer {key}"}) for key in ("old", "new"))

    assert hashed(old) == hashed(new)


def test_a_mix_entry_that_the_target_lacks_is_no_part_of_the_scenario() -> None:
    without = {name: endpoint for name, endpoint in TARGET.endpoints.items() if name != "stream"}
    reduced = replace(PROFILE, mix={name: weight for name, weight in PROFILE.mix.items() if name != "stream"})

    assert hashed(replace(TARGET, endpoints=without)) == hashed(profile=reduced)
