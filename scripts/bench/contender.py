"""The load generators that are compared, each asked for the same: small JSON POSTs on kept connections."""

import json
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from analysis.errors import UsageError
from scripts.checkout import LOCUSTFILE, ROOT

PATH = "/query"
BODY = json.dumps({"question": "What marks a safe load?"})
OURS = "ours"
LONG_S = 600
"""Longer than any measurement: the tools are stopped when it is over."""


@dataclass(frozen=True, slots=True)
class Order:
    """What one contender is asked to do."""

    url: str
    connections: int
    load_s: int
    """How long a contender that ends by itself lasts."""
    folder: Path
    """For the files that its command needs."""


@dataclass(frozen=True, slots=True)
class Contender:
    """A tool and how it is started."""

    name: str
    command: Callable[[Order], Sequence[str]]
    environment: Mapping[str, str] = field(default_factory=dict)
    ends_by_itself: bool = False


def contenders(names: Sequence[str]) -> list[Contender]:
    """Raises UsageError when one of the tools is not installed."""
    return [_CONTENDERS[name] for name in names]


def suite(order: Order, load_profile: str) -> Sequence[str]:
    """The whole suite: questions drawn, answers checked, every request recorded in the run log."""
    target = order.folder / "targets" / "bench.toml"
    questions = order.folder / "questions" / "bench.jsonl"
    profile = order.folder / "bench-profile.toml"
    for path in (target, questions):
        path.parent.mkdir(parents=True, exist_ok=True)
    questions.write_text(BODY + "\n")
    target.write_text(
        f'base_url = "{order.url}"\n\n'
        f'[endpoints.query]\npath = "{PATH}"\nbody = {{ question = "{{question}}" }}\n\n'
        '[questions]\nfile = "questions/bench.jsonl"\n'
    )
    profile.write_text(load_profile)
    words = [sys.executable, "-P", "-m", "locust", "-f", str(LOCUSTFILE), "--headless", "--only-summary"]
    words += ["--target", str(target), "--load-profile", str(profile), "--baseline", "none"]
    return [*words, "--run-directory", str(order.folder / "runs"), "--sidecar-command", "none"]


def _tool(name: str, remedy: str) -> str:
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        raise UsageError(f"benchmarks: {name} is not installed; {remedy}")
    return found


def _wrk(order: Order) -> Sequence[str]:
    script = order.folder / "wrk.lua"
    script.write_text(
        f'wrk.method = "POST"\nwrk.body = {json.dumps(BODY)}\n'
        'wrk.headers["Content-Type"] = "application/json"\n'
    )
    wrk = _tool("wrk", "install the package wrk")
    return [wrk, "-t1", f"-c{order.connections}", f"-d{LONG_S}s", "-s", str(script), order.url + PATH]


def _hey(order: Order) -> Sequence[str]:
    words = [_tool("hey", "install the package hey"), "-z", f"{LONG_S}s", "-c", str(order.connections)]
    return [*words, "-m", "POST", "-T", "application/json", "-d", BODY, order.url + PATH]


def _k6(order: Order) -> Sequence[str]:
    script = order.folder / "k6.js"
    script.write_text(
        f"import http from 'k6/http';\nconst body = {json.dumps(BODY)};\n"
        "const params = { headers: { 'Content-Type': 'application/json' } };\n"
        f"export default function () {{ http.post('{order.url}{PATH}', body, params); }}\n"
    )
    k6 = _tool("k6", "install the dependency group bench")
    words = [k6, "run", "--quiet", "--no-usage-report", "--no-summary", "--address", ""]
    return [*words, "--vus", str(order.connections), "--duration", f"{LONG_S}s", str(script)]


def _stock(module: str) -> Callable[[Order], Sequence[str]]:
    def command(order: Order) -> Sequence[str]:
        words = [sys.executable, "-P", "-m", "locust", "-f", str(ROOT / "locustfiles" / "peers" / module)]
        words += ["--headless", "--only-summary", "--host", order.url]
        return [*words, "-u", str(order.connections), "-r", str(order.connections)]

    return command


def _ours(order: Order) -> Sequence[str]:
    return suite(
        order,
        'model = "closed"\nmix = { query = 1 }\ncompare = false\n\n'
        f'[[stages]]\nname = "steady"\nduration = "{order.load_s}s"\nlevel = {order.connections}\n',
    )


_CONTENDERS: Mapping[str, Contender] = {
    contender.name: contender
    for contender in (
        Contender(OURS, _ours, {"PLIMSOLL_JUDGE": "off"}, ends_by_itself=True),
        Contender("wrk", _wrk),
        Contender("hey", _hey),
        Contender("k6", _k6),
        Contender("fasthttpuser", _stock("fast_http_user.py")),
        Contender("httpuser", _stock("http_user.py")),
    )
}
