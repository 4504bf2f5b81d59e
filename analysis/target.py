"""The service under test, as one TOML file describes it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from analysis.endpoint import Dialect, Endpoint, Expectation
from analysis.sidecar_watch import ProcessWatch, SidecarWatch

__all__ = [
    "Dialect",
    "Endpoint",
    "Expectation",
    "Objective",
    "ProcessWatch",
    "Questions",
    "SidecarWatch",
    "Target",
]


@dataclass(frozen=True, slots=True)
class Questions:
    """A question set and how its popularity falls off from the first line to the last."""

    file: str
    """Relative to the folder that holds `targets/` and `questions/`."""
    zipf: float = 1.0
    """Exponent: the n-th question is asked in proportion to n**-zipf; 0 asks all alike."""
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Objective:
    """An absolute limit on one metric."""

    name: str
    endpoint: str | None
    """None: the service as a whole."""
    metric: str
    statistic: str
    limit: float
    unit: str


@dataclass(frozen=True, slots=True)
class Target:
    """A service: where it is, what is asked of it, what is watched and what is promised."""

    name: str
    base_url: str
    """May hold `${NAME}`, which is expanded only where the URL is used."""
    endpoints: Mapping[str, Endpoint]
    headers: Mapping[str, str] = field(default_factory=dict)
    questions: Questions | None = None
    sidecar: SidecarWatch = field(default_factory=SidecarWatch)
    objectives: tuple[Objective, ...] = ()
    margins: Mapping[str, float] = field(default_factory=dict)
    """`metric.statistic` or `endpoint.metric.statistic` to the change that is tolerated."""
    limits: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """Endpoint to metric to the most microseconds a request may take to count as goodput."""
    file: str = ""
