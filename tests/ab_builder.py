"""Sessions of pairs whose runs are made up, through the code that makes real ones."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from analysis.ab_session import AbPlan, Version
from analysis.profile import LoadProfile, Model, Stage
from scripts.load_process import Ended, Order
from scripts.progress import Display
from tests.run_builder import TARGET, build_run

A_URL, B_URL = "http://127.0.0.1:18801", "http://127.0.0.1:18802"
PROFILE = LoadProfile(
    name="short",
    model=Model.CLOSED,
    mix={"query": 1.0},
    stages=(Stage("warm-up", 1, 20.0, ramp=False, measure=False), Stage("steady", 10, 20.0)),
    file="profiles/short.toml",
)
FORGIVING = replace(TARGET, margins={"response.p50": 0.1, "response.p95": 0.1})
"""A thousand requests a run scatter by a few percent."""
PROFILE_TOML = """
model = "closed"
mix = { query = 1 }
[[stages]]
name = "warm-up"
duration = "1s"
level = 20
measure = false
[[stages]]
name = "steady"
duration = "10s"
level = 20
"""


def plan(folder: Path, *, most_pairs: int = 4, itself: bool = False, command: str | None = None) -> AbPlan:
    """Of the reference target; A and B are told apart by their URLs."""
    profile = folder / "short.toml"
    profile.write_text(PROFILE_TOML)
    a, b = Version(A_URL, command), Version(B_URL, command)
    return AbPlan(
        target="reference",
        profile=str(profile),
        a=a,
        b=a if itself else b,
        itself=itself,
        most_pairs=most_pairs,
        processes=None,
        seed=None,
        start_limit_s=10.0,
        folder=str(folder),
        floors={},
    )


@dataclass
class MadeUpRuns:
    """Makes runs instead of a load: B's latencies are `change` above A's, with some noise.

    `spoil` is asked for the changes of each run's plan, by its number from 0; a name of a signal in place of
    them interrupts the session there.
    """

    change: float = 0.0
    noise: float = 0.005
    spoil: Callable[[int], dict[str, Any] | str] = lambda _: {}
    asked: list[str] = field(default_factory=list)
    """The URL of each run, in order."""

    def __call__(self, order: Order, _profile: LoadProfile, display: Display, name: str) -> Ended:
        number = len(self.asked)
        spoiled = self.spoil(number)
        self.asked.append(order.base_url or "")
        display.start_run(name, 11)
        if isinstance(spoiled, str):
            return Ended(3, None, Path("locust.log"), spoiled, "")
        factor = float(np.exp(np.random.default_rng([11, number]).normal(0, self.noise)))
        if order.base_url == B_URL:
            factor *= 1 + self.change
        path = build_run(
            order.run_root,
            number=number,
            target=FORGIVING,
            profile=PROFILE,
            per_slice={"query": 100},
            scale=factor,
            **spoiled,
        )
        return Ended(0, path, path / "locust.log", None, "")
