"""What a generator notes about itself, in a process of its own because Locust patches it."""

import json
import subprocess
import sys
from typing import Any

SCRIPT = """
from locust.env import Environment
import json, time
import gevent
from analysis.profile import LoadProfile, Model
from locustfiles.load.generator_probe import GeneratorProbe
from locustfiles.load.recorder import Recorder
from locustfiles.load.stamp import now_ns

recorder = Recorder(LoadProfile("p", Model.CLOSED, {}, ()), now_ns(), {})
probe = GeneratorProbe(Environment(), recorder, "http://127.0.0.1:9")
gevent.sleep(0.3)
before = probe.reading()
until = time.monotonic() + 0.5
while time.monotonic() < until:
    pass
gevent.sleep(0.3)
after = probe.reading()
probe.stop()
rows = recorder.report()
print(json.dumps({"before": before, "after": after, "rows": rows}))
"""


def test_a_stall_is_as_many_late_wakes_as_it_lasted() -> None:
    """Half a second is ten of them: one alone would hide in p99, although every moment in it was late."""
    from analysis.histogram import Histogram

    found = run(SCRIPT)
    lags = Histogram()
    for row in found["rows"]:
        lags.merge(Histogram.decode(row["histograms"]["loop_lag"]))
    late = sum(int(count) for slot, count in zip(*lags.sparse(), strict=True) if slot >= 2048)

    assert found["after"]["loop_lag_max_us"] >= 400_000
    assert late >= 8
    assert lags.count >= 20


def test_a_reading_has_all_that_linux_tells() -> None:
    found = run(SCRIPT)["after"]

    assert {name for name, value in found.items() if value is None} <= {
        *("throttled_percent", "throttled_periods_percent", "fds_limit")
    }
    assert found["source"] == "generator"
    assert found["period_s"] >= 0.8
    assert found["cpu_percent"] + found["cpu_wait_percent"] > 30
    assert 0 < found["fds"] < 1000
    assert found["ports_limit"] > 1000


def run(script: str) -> dict[str, Any]:
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found
