"""The load generators that are compared, each asked for the same: small JSON POSTs on kept connections."""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from scripts.bench.tool import Module, Program, debian, from_registry
from scripts.checkout import LOCUSTFILE, ROOT

PATH = "/query"
BODY = json.dumps({"question": "What marks a safe load?"})
OURS = "plimsoll"
LONG_S = 600
"""Longer than any measurement: the tools are stopped when it is over."""
WRK_REPORT = """
function done(_, latency)
  for _, p in ipairs({50, 95, 99}) do
    io.write(string.format("p%d %.3f\\n", p, latency:percentile(p) / 1000))
  end
end
"""
K6_REPORT = """
export function handleSummary({ metrics }) {
  const value = metrics.http_req_duration.values;
  return { stdout: [50, 95, 99].map((p) => `p${p} ${value[`p(${p})`]}\\n`).join('') };
}
"""
K6 = Program("k6", from_registry("k6"))
WRK = Program("wrk", debian("wrk"))
HEY = Program("hey", debian("hey"))
H2LOAD = Program("h2load", debian("nghttp2-client"))


@dataclass(frozen=True, slots=True)
class Order:
    """What one contender is asked to do."""

    url: str
    connections: int
    load_s: int
    """How long a contender that ends by itself lasts."""
    folder: Path
    """For the files that its command needs."""
    report: bool = False
    """Whether every contender is to last `load_s` and print its percentiles at the end."""
    ca_file: Path | None = None
    """Who vouches for an https URL; only ours looks."""

    @property
    def lasts_s(self) -> int:
        return self.load_s if self.report else LONG_S


@dataclass(frozen=True, slots=True)
class Contender:
    """A tool and how it is started."""

    name: str
    command: Callable[[Order], Sequence[str]]
    environment: Mapping[str, str] = field(default_factory=dict)
    ends_by_itself: bool = False
    needs: Program | Module | None = None

    @property
    def missing(self) -> str | None:
        """How to install what is not there; None when all is."""
        return None if self.needs is None else self.needs.missing


def contenders(names: Sequence[str]) -> list[Contender]:
    """The ones of these names, installed or not."""
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
        + (f'\n[tls]\nca_file = "{order.ca_file}"\n' if order.ca_file else "")
    )
    profile.write_text(load_profile)
    words = [sys.executable, "-P", "-m", "locust", "-f", str(LOCUSTFILE), "--headless", "--only-summary"]
    words += ["--target", str(target), "--load-profile", str(profile), "--baseline", "none"]
    return [*words, "--run-directory", str(order.folder / "runs"), "--sidecar-command", "none"]


def _wrk(order: Order) -> Sequence[str]:
    script = order.folder / "wrk.lua"
    script.write_text(
        f'wrk.method = "POST"\nwrk.body = {json.dumps(BODY)}\n'
        'wrk.headers["Content-Type"] = "application/json"\n' + (WRK_REPORT if order.report else "")
    )
    words = [WRK.path(), "-t1", f"-c{order.connections}", f"-d{order.lasts_s}s"]
    return [*words, "-s", str(script), order.url + PATH]


def _hey(order: Order) -> Sequence[str]:
    words = [HEY.path(), "-z", f"{order.lasts_s}s", "-c", str(order.connections)]
    return [*words, "-m", "POST", "-T", "application/json", "-d", BODY, order.url + PATH]


def _k6(order: Order) -> Sequence[str]:
    script = order.folder / "k6.js"
    script.write_text(
        f"import http from 'k6/http';\nconst body = {json.dumps(BODY)};\n"
        "const params = { headers: { 'Content-Type': 'application/json' } };\n"
        f"export default function () {{ http.post('{order.url}{PATH}', body, params); }}\n"
        + (K6_REPORT if order.report else "")
    )
    words = [K6.path(), "run", "--quiet", "--no-usage-report", "--insecure-skip-tls-verify", "--address", ""]
    words += ["--summary-trend-stats", "p(50),p(95),p(99)"] if order.report else ["--no-summary"]
    return [*words, "--vus", str(order.connections), "--duration", f"{order.lasts_s}s", str(script)]


def _h2load(order: Order) -> Sequence[str]:
    body = order.folder / "body.json"
    body.write_text(BODY)
    words = [H2LOAD.path(), "--h1", "-t1", f"-c{order.connections}", f"-D{order.lasts_s}"]
    return [*words, "-d", str(body), "-H", "Content-Type: application/json", order.url + PATH]


def _client(module: str) -> Callable[[Order], Sequence[str]]:
    def command(order: Order) -> Sequence[str]:
        words = [sys.executable, "-P", "-m", f"scripts.bench.clients.{module}"]
        return [*words, order.url + PATH, str(order.connections), BODY]

    return command


def _stock(module: str) -> Callable[[Order], Sequence[str]]:
    def command(order: Order) -> Sequence[str]:
        words = [sys.executable, "-P", "-m", "locust", "-f", str(ROOT / "locustfiles" / "peers" / module)]
        words += ["--headless", "--only-summary", "--host", order.url]
        words += ["-t", f"{order.load_s}s"] if order.report else []
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
        Contender("wrk", _wrk, needs=WRK),
        Contender("hey", _hey, needs=HEY),
        Contender("h2load", _h2load, needs=H2LOAD),
        Contender("k6", _k6, needs=K6),
        Contender("aiohttp", _client("aiohttp_client"), needs=Module("aiohttp", from_registry("aiohttp"))),
        Contender("httpx", _client("httpx_client"), needs=Module("httpx", from_registry("httpx"))),
        Contender("fasthttpuser", _stock("fast_http_user.py")),
        Contender("httpuser", _stock("http_user.py")),
    )
}
