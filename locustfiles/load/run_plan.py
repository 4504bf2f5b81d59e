"""What the master tells its workers about a run."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from analysis.profile import LoadProfile
from analysis.question import load_questions, questions_sha256
from analysis.scenario import scenario_sha256
from analysis.target import Target

LOCAL = "local"
"""The id of the only worker when there is no master."""


@dataclass(frozen=True, slots=True)
class RunPlan:
    """The settings of one run, as they travel in Locust's parsed options. Holds names only, never secrets."""

    run_id: str
    target: str
    profile: str
    base_url: str
    seed: int
    start_ns: int
    scenario_sha256: str
    """A worker whose own files give another hash would send another load."""
    workers: tuple[str, ...]
    """Client ids in order; a worker's place here is its index, and who is not here takes no part."""

    def to_text(self) -> str:
        """One JSON text, because Locust forwards options as plain values."""
        return json.dumps(asdict(self))

    @classmethod
    def from_text(cls, text: str) -> "RunPlan":
        """The plan that `to_text` wrote."""
        content = json.loads(text)
        return cls(**{**content, "workers": tuple(content["workers"])})


def scenario_of(target: Target, profile: LoadProfile, seed: int) -> str:
    """The scenario's hash, its question set read."""
    questions = target.questions
    digest = None if questions is None else questions_sha256(load_questions(Path(questions.file)))
    return scenario_sha256(target, profile, seed, digest)
