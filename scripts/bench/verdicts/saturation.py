"""Whether a run whose generator was not quick enough can pass."""

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from analysis.exit_code import ExitCode
from analysis.result import Verdict
from scripts.bench.verdicts.row import Row, at_most
from scripts.bench.verdicts.still_bench import StillBench

TABLE = "Saturated generator"

INJECTED: Mapping[str, Mapping[str, Any]] = {
    "CPU at 95 %": {"reading": {"cpu_percent": 95.0}},
    "event loop 50 ms late": {"lags_us": {"loop_lag": 50_000}},
    "sends 20 ms late": {"lags_us": {"send_lag": 20_000}},
    "looks 50 ms late": {"lags_us": {"wake_lag": 50_000}},
    "waits for a core 20 % of the time": {"reading": {"cpu_wait_percent": 20.0}},
    "throttled 5 % of the time": {"reading": {"throttled_percent": 5.0}},
    "10 % stolen by the hypervisor": {"reading": {"steal_percent": 10.0}},
    "no file descriptors left": {"reading": {"fds": 9_990}},
    "no local ports left": {"reading": {"ports": 27_990}},
    "one arrival of twenty dropped": {"dropped": 1},
    "one arrival of twenty not drawn": {"missing": 1},
    "a worker lost": {"events": [{"kind": "worker_lost", "worker": 0}]},
    "stopped by its memory guard": {
        "keys": {"status": "aborted", "stop": {"kind": "memory_guard", "detail": "99 % in use"}}
    },
}
"""In runs whose latencies are those of an unchanged service."""


def saturation_rows() -> Iterator[Row]:
    """Each fault alone, beside the same run without one."""
    with tempfile.TemporaryDirectory(prefix="plimsoll-verdicts-") as folder:
        bench = StillBench(Path(folder))
        sound = bench.judged()
        found = {name: bench.judged(**change) for name, change in INJECTED.items()}
    passed = [name for name, result in found.items() if result.exit_code == ExitCode.PASS]
    yield at_most(TABLE, "without a fault: not PASS", [sound.verdict is not Verdict.PASS], 0.0)
    yield at_most(TABLE, "with one: PASS", [name in passed for name in found], 0.0, ", ".join(passed))
