"""What `plimsoll ab` refuses, and how it starts and ends the services that it compares."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from analysis.errors import PlimsollError, TargetDownError, UsageError
from analysis.exit_code import ExitCode
from analysis.target import load_target
from scripts.ab.arm_service import ArmService
from scripts.ab.plan import Asked, plan_of
from scripts.ab.readiness import Readiness
from tests.servers.debian_server import free_port

LIMIT_S = 60.0
TARGET = """
base_url = "{url}"
[endpoints.query]
method = "GET"
path = "/"
"""
PROFILE = """
model = "closed"
mix = { query = 1 }
think = "50ms"
[[stages]]
name = "steady"
duration = "30s"
level = 2
"""
ASKED = Asked(
    target="reference",
    profile="baseline",
    a="http://127.0.0.1:1",
    b="http://127.0.0.1:2",
    a_command=None,
    b_command=None,
    itself=False,
    pairs=12,
    max_minutes=None,
    noise=(),
    processes=None,
    seed=None,
    start_limit_s=60.0,
    locust_args=(),
)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"a": None, "b": None}, "found no two versions, wanted --a URL and --b URL"),
        ({"b": None}, "found no two versions"),
        (
            {"b": "http://127.0.0.1:1/"},
            "--b: found the address of --a, .*--self compares a version with itself",
        ),
        ({"a_command": "serve"}, "found one start command, wanted --a-command and --b-command"),
        ({"a_command": "true", "b_command": "sh -c 'x"}, "--b-command: found .*, whose quotes are open"),
        ({"a_command": " ", "b_command": "true"}, "--a-command: found nothing, wanted a program"),
        ({"a_command": "true", "b_command": "PORT=1 true"}, "--b-command: found 'PORT=1', .*or sh -c"),
        (
            {"itself": True, "b": None, "a_command": "./no"},
            "--a-command: found './no', which cannot be started",
        ),
        ({"start_limit_s": 0.0}, "--start-limit: found 0, wanted seconds, more than 0"),
        ({"start_limit_s": float("nan")}, "--start-limit: found nan"),
        ({"max_minutes": float("nan")}, "--max-minutes: found nan"),
        ({"itself": True}, "--self: found an option for B"),
        ({"a": "ftp://host"}, "--a: base_url"),
        ({"b": "http://me:secret@host"}, "--b: base_url: found credentials"),
        ({"pairs": 3}, "--pairs: found 3, wanted 4 to 12"),
        ({"pairs": 13}, "--pairs: found 13, wanted 4 to 12"),
        ({"max_minutes": 5.0}, r"--max-minutes: found 5, wanted \d+ or more: the 4 pairs of a first look"),
        ({"profile": "manual"}, "--load-profile: found manual, which"),
        ({"profile": "breakpoint"}, "--load-profile: found breakpoint, which is never compared"),
        ({"target": "refrence"}, "refrence"),
        ({"noise": (Path("nowhere.json"),)}, "nowhere.json: cannot be read"),
    ],
)
def test_what_cannot_be_done_is_refused_before_anything_is_started(
    changes: Mapping[str, object], message: str
) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        plan_of(replace(ASKED, **changes))  # type: ignore[arg-type]
    assert "secret" not in str(caught.value)


def plimsoll_ab(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "scripts.cli", "ab", *words], capture_output=True, text=True, check=False
    )


def test_a_service_that_is_not_there_ends_with_3_before_any_load(tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    done = plimsoll_ab("--a", url, "--b", f"{url}/b", "--run-root", str(tmp_path))

    assert done.returncode == ExitCode.INVALID
    assert f"--a: nothing answers at {url}: start the service, or correct it" in done.stderr
    assert list(tmp_path.glob("*/runs/*")) == []


def test_a_session_is_not_taken_up_with_other_options(tmp_path: Path) -> None:
    done = plimsoll_ab("--resume", str(tmp_path), "--pairs", "6")

    assert done.returncode == ExitCode.USAGE
    assert "--resume: found --pairs beside it" in done.stderr


class Service:
    """Python's own file server as the version of an arm."""

    def __init__(self, folder: Path, port: int | None = None) -> None:
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.command = f"{sys.executable} -m http.server --bind 127.0.0.1 {self.port}"
        self.folder = folder
        (folder / "target.toml").write_text(TARGET.format(url=self.url))
        self.readiness = Readiness(load_target(str(folder / "target.toml")), self.url, {"query"})

    def arm(self, command: str | None = None, start_limit_s: float = 30.0) -> ArmService:
        return ArmService(
            option="--b-command",
            command=self.command if command is None else command,
            folder=self.folder,
            log=self.folder / "service.log",
            readiness=self.readiness,
            start_limit_s=start_limit_s,
        )


@pytest.fixture
def service(tmp_path: Path) -> Service:
    return Service(tmp_path)


def test_a_service_is_healthy_inside_and_gone_with_its_children_after(service: Service) -> None:
    """A shell in between does not hide it."""
    with service.arm(f"sh -c '{service.command}; true'").running():
        assert service.readiness.doubt() is None
    assert not service.readiness.answers()
    with service.arm().running():
        assert service.readiness.answers()
    assert not service.readiness.answers()


def test_a_service_that_ignores_the_request_to_end_is_ended_all_the_same(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scripts.ab.arm_service._STOP_LIMIT_S", 0.5)
    with service.arm(f"sh -c 'trap \"\" TERM; {service.command}'").running():
        pass

    assert not service.readiness.answers()


def test_what_a_start_script_left_running_has_time_to_end_in_order(service: Service) -> None:
    """The script itself is gone at once, the service that it started takes a moment."""
    slow = f"sh -c 'trap \"sleep 1; touch ended; exit\" TERM; {service.command} & wait'"
    (service.folder / "start").write_text(f"{slow}; true\n")
    with service.arm("sh start").running():
        pass

    assert (service.folder / "ended").exists()


def test_a_service_ends_with_all_that_its_script_started_when_ab_is_killed(service: Service) -> None:
    (service.folder / "start").write_text(f"{service.command}; true\n")
    code = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from tests.scripts.test_ab import Service\n"
        "service = Service(Path(sys.argv[1]), int(sys.argv[2]))\n"
        "with service.arm('sh start').running():\n"
        "    print('up', flush=True)\n"
        "    time.sleep(60)\n"
    )
    words = [sys.executable, "-c", code, str(service.folder), str(service.port)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "up\n"
            assert service.readiness.answers()
        finally:
            process.kill()
    deadline = time.monotonic() + LIMIT_S
    while service.readiness.answers():
        assert time.monotonic() < deadline, "the service outlived the process that started it"
        time.sleep(0.1)


@pytest.mark.parametrize(
    ("command", "error", "message"),
    [
        ("true", TargetDownError, "ended with code 0 .*; let it stay in the foreground"),
        ("sh -c 'echo no such model >&2; exit 7'", TargetDownError, "ended with code 7 .*: no such model"),
        ("sh -c 'exit 1'", TargetDownError, "ended with code 1 .*: it said nothing"),
        ("/no/such/program", UsageError, "which cannot be started"),
        (
            "sleep 60",
            TargetDownError,
            r"not healthy at http://.* within 0\.5 s \(nothing accepts connections\)",
        ),
    ],
)
def test_a_command_that_starts_no_service_is_told_of(
    service: Service, command: str, error: type[PlimsollError], message: str
) -> None:
    with pytest.raises(error, match=rf"^--b-command: .*{message}"), service.arm(command, 0.5).running():
        pass


def test_a_service_that_answers_wrongly_is_not_healthy(service: Service, tmp_path: Path) -> None:
    (tmp_path / "target.toml").write_text(
        TARGET.format(url=service.url) + 'expect = { contains = "never" }\n'
    )
    strict = load_target(str(tmp_path / "target.toml"))
    service.readiness = Readiness(strict, service.url, {"query"})

    with pytest.raises(TargetDownError, match="not healthy"), service.arm(start_limit_s=2.0).running():
        pass


def test_a_service_that_runs_already_is_not_taken_for_the_one_to_start(service: Service) -> None:
    """Its answers would be laid to the other version."""
    with (
        service.arm().running(),
        pytest.raises(UsageError, match=r"something answers at .* before the command is started"),
        service.arm().running(),
    ):
        pass


def test_an_interrupted_session_leaves_no_service_and_says_how_to_go_on(
    service: Service, tmp_path: Path
) -> None:
    profile, root = tmp_path / "long.toml", tmp_path / "sessions"
    profile.write_text(PROFILE)
    words = [
        *(sys.executable, "-m", "scripts.cli", "ab", "--target", str(tmp_path / "target.toml")),
        *("--load-profile", str(profile), "--run-root", str(root)),
        *("--a-command", service.command, "--b-command", service.command),
    ]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            wait_for_load(root)
            os.kill(process.pid, signal.SIGINT)
            _, stderr = process.communicate(timeout=LIMIT_S)
        finally:
            process.kill()
    (folder,) = root.iterdir()

    assert process.returncode == ExitCode.INVALID
    assert re.search(
        rf"stopped by SIGINT after 0 pairs; go on with `plimsoll ab --resume .*{folder.name}`", stderr
    )
    assert not service.readiness.answers()
    assert (folder / "ab.json").exists()
    assert "Traceback" not in stderr


def wait_for_load(root: Path) -> None:
    deadline = time.monotonic() + LIMIT_S
    while time.monotonic() < deadline:
        if any('"name":"steady"' in path.read_text() for path in root.glob("*/runs/*/events.jsonl")):
            return
        time.sleep(0.1)
    raise AssertionError("the first run did not begin")
