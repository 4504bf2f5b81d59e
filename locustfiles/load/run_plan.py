"""What the master tells its workers about a run."""

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class RunPlan:
    """The settings of one run, as they travel in Locust's parsed options. Holds names only, never secrets."""

    run_id: str
    target: str
    profile: str
    base_url: str
    seed: int
    start_ns: int
    workers: int

    def to_text(self) -> str:
        """One JSON text, because Locust forwards options as plain values."""
        return json.dumps(asdict(self))

    @classmethod
    def from_text(cls, text: str) -> "RunPlan":
        """The plan that `to_text` wrote."""
        return cls(**json.loads(text))
