"""A process that generates load may open all the descriptors that the system allows it."""

import resource
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
LOW = 64
PROGRAM = f"""
import resource
from locustfiles.load.descriptor_limit import raise_descriptor_limit
_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, ({LOW}, hard))
raise_descriptor_limit()
print(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
"""


def test_the_limit_rises_as_far_as_it_may() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert int(done.stdout) == resource.getrlimit(resource.RLIMIT_NOFILE)[1] > LOW
