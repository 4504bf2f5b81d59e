"""The sidecar as a run meets it: a process that prints one JSON line a tick."""

import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest

from analysis.exit_code import ExitCode
from analysis.sample import parse_sample
from tests.scripts.sidecar_run import (
    DEADLINE_S,
    ROOT,
    Sample,
    SidecarRun,
    environment,
    sidecar,
    sidecar_words,
    target_file,
)
from tests.servers.debian_server import free_port
from tests.servers.prometheus_server import PrometheusServer, prometheus_server
from tests.servers.redis_server import redis_server

pytestmark = pytest.mark.alone

SECRET = "pl4nted-5ecret"
WATCH_ALL = """\
process = {{ port = {port} }}
prometheus_url = "{prometheus}"
redis_url = "${{REDIS:-}}"
breaker_pattern = "circuit_breaker:*"
[sidecar.queries]
up = "count(up == 1)"
heap = "sum(go_memstats_heap_inuse_bytes)"
idle = "vector(0)"
rate = "vector(2)"
"""


def wait_until_gone(pid: int) -> bool:
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.02)
    return False


def watch_everything(
    prometheus: PrometheusServer, tmp_path: Path, *words: str
) -> tuple[list[Sample], SidecarRun]:
    """Eleven samples once nothing is missing, and the sidecar that has ended."""
    with redis_server(tmp_path, password=SECRET) as redis:
        with redis.client() as client:
            client.set("circuit_breaker:rag", json.dumps({"state": "half_open"}))
        watch = WATCH_ALL.format(port=prometheus.port, prometheus=prometheus.url)
        with sidecar(target_file(tmp_path, watch), *words, environ={"REDIS": redis.url}) as run:
            run.until(lambda sample: not sample["missing"])
            samples = [run.sample() for _ in range(11)]
            assert run.end() == (ExitCode.PASS, "")
    return samples, run


def test_everything_is_watched(prometheus: PrometheusServer, tmp_path: Path) -> None:
    samples, run = watch_everything(prometheus, tmp_path)
    last = samples[-1]

    assert last["source"] == "sidecar"
    assert last["host"]["memory_used_percent"] > 0.0
    assert last["process"]["pids"][0] == prometheus.pid
    assert last["prometheus"] == {"up": 1.0, "heap": last["prometheus"]["heap"], "idle": 0.0, "rate": 2.0}
    assert last["redis"]["used_memory_bytes"] > 0
    assert last["breakers"] == {"rag": "half_open"}
    assert not any(SECRET.encode() in line for line in run.lines)
    assert [parse_sample(line)["seq"] for line in run.lines] == list(range(len(run.lines)))


@pytest.mark.slow
def test_watching_everything_keeps_to_its_budget(prometheus: PrometheusServer, tmp_path: Path) -> None:
    """10 ms of CPU a sample is 1 % of a core at one sample a second. The median spares a busy host."""
    samples, _ = watch_everything(prometheus, tmp_path, "--period", "1")

    spent_s = [after["sidecar"]["cpu_s"] - before["sidecar"]["cpu_s"] for before, after in pairwise(samples)]
    assert statistics.median(spent_s) <= 0.010
    assert max(sample["sidecar"]["rss_bytes"] for sample in samples) <= 80_000_000


def test_ticks_keep_to_the_schedule_of_the_first(tmp_path: Path) -> None:
    """Were each period counted from the end of the sample before, all that they cost would add up."""
    period_s = 0.1
    with sidecar(target_file(tmp_path), "--period", f"{period_s}") as run:
        samples = [run.sample() for _ in range(25)]

    first, *_, last = samples
    cost_s = last["sidecar"]["cpu_s"] - first["sidecar"]["cpu_s"]
    since_s = [(sample["t_mono_ns"] - first["t_mono_ns"]) / 1e9 for sample in samples[-7:]]
    off_s = [abs((seconds + period_s / 2) % period_s - period_s / 2) for seconds in since_s]
    assert min(off_s) < cost_s / 2  # the least of several, as a busy machine wakes some of them late


def test_missed_ticks_are_marked_as_a_gap(tmp_path: Path) -> None:
    """The process is stopped for half a second; nothing is made up for that time."""
    with sidecar(target_file(tmp_path), "--period", "0.1") as run:
        before = [run.sample() for _ in range(3)][-1]
        run.process.send_signal(signal.SIGSTOP)
        until = time.monotonic() + 0.5
        while time.monotonic() < until:
            time.sleep(0.05)
        run.process.send_signal(signal.SIGCONT)
        after = run.until(lambda sample: sample["gap_s"] is not None)
        following = run.sample()

    assert after["gap_s"] >= 0.5
    assert after["t_mono_ns"] - before["t_mono_ns"] >= 500_000_000
    assert following["gap_s"] is None


def test_count_ends_it_and_a_file_takes_the_lines(tmp_path: Path) -> None:
    output = tmp_path / "samples.jsonl"
    output.write_text("before\n")
    words = sidecar_words(target_file(tmp_path), "--count", "3", "--output", str(output))
    done = subprocess.run(words, cwd=ROOT, env=environment(), capture_output=True, timeout=30, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    first, *lines = output.read_bytes().splitlines()
    assert first == b"before"
    assert [parse_sample(line)["seq"] for line in lines] == [0, 1, 2]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(tmp_path: Path, number: int) -> None:
    with sidecar(target_file(tmp_path)) as run:
        run.sample()

        assert run.end(number) == (ExitCode.PASS, "")


def test_a_reader_that_goes_away_ends_it_quietly(tmp_path: Path) -> None:
    with sidecar(target_file(tmp_path), "--period", "30") as run:
        run.sample()
        assert run.process.stdout is not None
        run.process.stdout.close()
        code = run.process.wait(DEADLINE_S)  # long before the next tick
        assert run.process.stderr is not None
        errors = run.process.stderr.read()

    assert (code, errors) == (ExitCode.PASS, b"")


def test_it_does_not_outlive_its_parent(tmp_path: Path) -> None:
    """The parent is killed and can tell nobody; lines go to a file, so no pipe breaks."""
    output = tmp_path / "samples.jsonl"
    words = sidecar_words(target_file(tmp_path), "--output", str(output))
    parent = (
        f"import subprocess, sys\np = subprocess.Popen({words!r})\nprint(p.pid, flush=True)\nsys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", parent],
        cwd=ROOT,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        deadline = time.monotonic() + DEADLINE_S
        while not (output.exists() and output.read_bytes()) and time.monotonic() < deadline:
            time.sleep(0.02)
        process.kill()
    gone = wait_until_gone(pid)
    if not gone:
        os.kill(pid, signal.SIGKILL)

    assert gone
    assert all(parse_sample(line) for line in output.read_bytes().splitlines())


def test_servers_that_are_away_at_the_start_are_taken_up_when_they_come(tmp_path: Path) -> None:
    with prometheus_server(tmp_path) as prometheus, redis_server(tmp_path) as redis:
        prometheus.stop()
        redis.stop()
        watch = WATCH_ALL.format(port=prometheus.port, prometheus=prometheus.url).replace(
            "count(up == 1)", "vector(1)"
        )
        watch = watch.replace("sum(go_memstats_heap_inuse_bytes)", "vector(3)")
        with sidecar(target_file(tmp_path, watch), environ={"REDIS": redis.url}) as run:
            away = run.until(lambda sample: sample["missing"].get("redis") == "connection refused")
            prometheus.start()
            redis.start()
            back = run.until(lambda sample: set(sample["missing"]) == {"breakers"})
            redis.stop()
            prometheus.stop()
            lost = run.until(
                lambda sample: {"redis", "prometheus", "process"} <= set(sample["missing"]) and sample["host"]
            )
            assert run.end() == (ExitCode.PASS, "")

    assert away["missing"]["process"] == f"nothing listens on port {prometheus.port}"
    assert away["redis"] is None
    assert back["prometheus"] == {"up": 1.0, "heap": 3.0, "idle": 0.0, "rate": 2.0}
    assert back["missing"] == {"breakers": "no key matches"}
    assert lost["prometheus"] == {"up": None, "heap": None, "idle": None, "rate": None}
    assert lost["process"] is None
    assert lost["host"]["memory_used_percent"] > 0.0


def test_a_hanging_server_never_delays_the_hosts_reading(tmp_path: Path) -> None:
    """Prometheus and Redis accept and say nothing; the host is read on time all the same."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        watch = WATCH_ALL.format(port=free_port(), prometheus=f"http://127.0.0.1:{port}")
        environ = {"REDIS": f"redis://:{SECRET}@127.0.0.1:{port}/0"}
        with sidecar(target_file(tmp_path, watch), "--period", "0.1", environ=environ) as run:
            run.until(lambda sample: {"prometheus", "redis"} <= set(sample["missing"]))
            samples = [run.sample() for _ in range(15)]

    steps_s = [(after["t_mono_ns"] - before["t_mono_ns"]) / 1e9 for before, after in pairwise(samples)]
    assert statistics.median(steps_s) == pytest.approx(0.1, abs=0.05)
    assert all(sample["host"]["memory_used_percent"] > 0.0 for sample in samples)
    assert all(sample["missing"]["redis"].startswith("no answer") for sample in samples)
    assert not any(SECRET.encode() in line for line in run.lines)


def test_what_has_no_url_is_named_in_every_sample(tmp_path: Path) -> None:
    watch = WATCH_ALL.format(port=free_port(), prometheus="${NOT_SET_ANYWHERE:-}")
    with sidecar(target_file(tmp_path, watch), environ={"REDIS": ""}) as run:
        missing = [run.sample()["missing"] for _ in range(2)][-1]

    assert missing == {
        "process": missing["process"],
        "prometheus": "no URL given",
        "redis": "no URL given",
        "breakers": "no URL given",
    }


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--output", "/no/such/directory/x"), "--output /no/such/directory/x: cannot be written"),
        (("--period", "4000"), "--period 4000: wanted 0.1 to 3600 seconds"),
        (("--base-url", f"http://u:{SECRET}@127.0.0.1"), "credentials written into the URL"),
    ],
)
def test_usage_errors_are_one_line(tmp_path: Path, words: tuple[str, ...], message: str) -> None:
    done = subprocess.run(
        sidecar_words(target_file(tmp_path), *words),
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == ExitCode.USAGE
    assert done.stdout == ""
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert SECRET not in done.stderr


@pytest.mark.parametrize("value", ["", f"gopher://{SECRET}"])
def test_a_url_from_the_environment_that_cannot_be_used_is_not_repeated(tmp_path: Path, value: str) -> None:
    watch = 'redis_url = "${PLIMSOLL_TEST_REDIS}"'
    done = subprocess.run(
        sidecar_words(target_file(tmp_path, watch)),
        cwd=ROOT,
        env=environment({"PLIMSOLL_TEST_REDIS": value}),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == ExitCode.USAGE
    assert "sidecar.redis_url" in done.stderr
    assert SECRET not in done.stderr


def test_a_full_disk_ends_it_with_a_message(tmp_path: Path) -> None:
    words = sidecar_words(target_file(tmp_path), "--output", "/dev/full")
    done = subprocess.run(
        words, cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=30, check=False
    )

    assert done.returncode == ExitCode.INVALID
    assert (
        done.stderr
        == "plimsoll: /dev/full: cannot be written (No space left on device); the samples end here\n"
    )


def test_nothing_heavy_is_imported_to_watch_prometheus_and_redis() -> None:
    """pandas and matplotlib would cost more memory than everything else together."""
    code = (
        "import sys, scripts.sidecar.command\n"
        "from scripts.sidecar.prometheus import Prometheus\n"
        "from scripts.sidecar.redis_watch import RedisWatch\n"
        "early = [name for name in ('requests', 'redis', 'httpx', 'asyncio') if name in sys.modules]\n"
        "Prometheus('http://127.0.0.1:9', {'up': 'up'}).read(1.0)\n"
        "RedisWatch('redis://127.0.0.1:9', None, None).read(1.0)\n"
        "heavy = ('pandas', 'matplotlib', 'numpy', 'gevent', 'locust')\n"
        "late = [name for name in heavy if name in sys.modules]\n"
        "print(early, late)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout == "[] []\n"
