"""The README's tables of measurements, as Markdown; the same results give the same text."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from scripts.bench.results import Result
from scripts.bench.truth import SATURATED

OURS = "plimsoll"
TITLES = {
    OURS: "**Plimsoll**",
    SATURATED: "**Plimsoll**, 1200 connections",
    "fasthttpuser": "Locust FastHttpUser",
    "httpuser": "Locust HttpUser",
}
VERSION_OF = {"fasthttpuser": "locust", "httpuser": "locust"}
GOALS = {
    "requests": {"wrk": 0.2, "hey": 1.2, "k6": 2.0, "fasthttpuser": 4.5},
    "requests-tls": {"k6": 1.2, "fasthttpuser": 3.5},
}
EVENT_GOALS = {"packet": {"aiohttp": 2.0}, "burst": {"httpx-sse": 10.0}, "burst_json": {"httpx-sse": 4.0}}
"""By the work; as ratios of the events read in a second of CPU time."""
FULL_SHARE = 0.9
"""Of its core that the server used: what was measured is then the server. Ours should get that too."""
STREAMS = "500"
ABSENT = ""

Results = Mapping[str, Result]


def readme_block(results: Results) -> str:
    """Ends with a line break; a part that was not measured is left out."""
    parts = [_place(results), *_requests(results), *_truth(results), *_streams(results)]
    parts += [*_arrivals(results), *_memory(results), _commands(results)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _place(results: Results) -> str:
    machines = sorted({_machine(result) for result in results.values()})
    days = sorted({result["measured_on"] for result in results.values()})
    if not days:
        return "Nothing was measured yet."
    when = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
    return (
        f"Measured on {when}: {'; '.join(machines)}. The generator has one core, the server another; rounds "
        "alternate between the tools, and figures and ratios are medians of the rounds."
    )


def _machine(result: Result) -> str:
    machine = result["machine"]
    return (
        f"{machine['cpu_model']}, {machine['cpu_cores']} cores, {machine['memory_total_gib']} GiB, "
        f"{str(machine['os_image']).capitalize()}, Linux {machine['kernel']}, Python {machine['python']}"
    )


def _requests(results: Results) -> Iterator[str]:
    kinds = {name: results[name] for name in ("requests", "requests-tls") if name in results}
    if not kinds:
        return
    documents = {name: result["document"] for name, result in kinds.items()}
    connections = next(iter(documents.values()))["connections"]
    yield (
        f"Requests per second of one core: small JSON POSTs over {connections} kept connections, as fast as "
        "each tool can. The server counts. Every answer to Plimsoll is in its run log, or this fails."
    )
    tools = _in_order(document["requests_per_s"] for document in documents.values())
    heads, rows = ["tool"], [[_title(tool, kinds.values())] for tool in tools]
    for name, document in documents.items():
        scheme = "HTTPS" if document["tls"] else "HTTP"
        heads += [f"{scheme}, 1/s", "Plimsoll ÷ it", "goal"]
        for tool, row in zip(tools, rows, strict=True):
            row += _rate_cells(document, tool, GOALS[name].get(tool))
    yield _table(heads, rows)
    shares = [document["core_share"][OURS] for document in documents.values()]
    if min(shares) < FULL_SHARE:
        yield f"The machine was busy: Plimsoll got {min(shares):.0%} of its core."
    if any("\\*" in cell for row in rows for cell in row):
        yield "\\* The server's core was full: the tool alone could do more."


def _rate_cells(document: Mapping[str, Any], tool: str, goal: float | None) -> list[str]:
    rate = document["requests_per_s"].get(tool)
    if rate is None:
        return [ABSENT, ABSENT, ""]
    mark = " \\*" if document["server_share"][tool] >= FULL_SHARE else ""
    ratio = document["ratios"].get(tool)
    return [
        f"{_thousands(rate)}{mark}",
        "" if ratio is None else _ratio(ratio),
        "" if goal is None else f"≥ {goal:g}",
    ]


def _truth(results: Results) -> Iterator[str]:
    kinds = {name: results[name] for name in ("truth", "truth-tls") if name in results}
    if not kinds:
        return
    documents = [result["document"] for result in kinds.values()]
    first = documents[0]
    yield (
        f"The 99th percentile at saturation: {first['connections']} kept connections, each answer due "
        f"{first['delay_ms']:g} ms after its request came. What a tool reports stands beside what the "
        "server's own log says of the same requests, in ms; the goal is an error within 1 ms. Plimsoll "
        "leaves out its first seconds, in which connections are opened; the others report theirs, too, some "
        "with the time to connect."
    )
    tools = _in_order(document["requests_per_s"] for document in documents)
    heads, rows = ["tool"], [[_title(tool, kinds.values())] for tool in tools]
    for document in documents:
        scheme = "HTTPS" if document["tls"] else "HTTP"
        heads += [f"{scheme}: reported", "true", "error"]
        for tool, row in zip(tools, rows, strict=True):
            if tool in document["error_ms"]:
                keys = ("reported_ms", "truth_ms", "error_ms")
                row += [_ms(document[key][tool]["p99"]) for key in keys]
            else:
                row += [ABSENT] * 3
    yield _table(heads, rows)


def _streams(results: Results) -> Iterator[str]:
    if "streams" not in results:
        return
    result = results["streams"]
    document = result["document"]
    rates = {tool: by[STREAMS] for tool, by in document["streams_per_s"].items() if STREAMS in by}
    ideal = document["ideal_streams_per_s"][STREAMS]
    yield (
        f"Event streams: {STREAMS} at a time, {document['events_per_stream']} events each, the first after "
        f"50 ms and then one every 20 ms; {ideal:.0f} streams per second would be all. Errors against the "
        "server's log, matched event by event, in ms."
    )
    heads = ["tool", "streams/s", "first text p50", "p99", "any event p50", "p99", "memory"]
    rows = [
        [
            _title(tool, [result]),
            f"{rates[tool]:.0f}",
            *(_ms(document["ttft_error_ms"][tool][STREAMS][percent]) for percent in ("p50", "p99")),
            *(_ms(document["error_ms"][tool][STREAMS][percent]) for percent in ("p50", "p99")),
            f"{document['rss_mb'][tool][STREAMS]:.0f} MB",
        ]
        for tool in _in_order([rates])
    ]
    yield _table(heads, rows)
    what = {
        "packet": "one event per packet",
        "message": "one message of a WebSocket per packet",
        "burst": "in bursts, JSON left alone",
        "burst_json": "in bursts, JSON decoded",
    }
    told = [
        f"{_ratio(ratio)} times those of {_title(tool, [result])} ({what[work]}{_goal(work, tool)})"
        for work, by_tool in document["ratios"].items()
        if work in what
        for tool, ratio in by_tool.items()
    ]
    if told:
        yield f"Events read in a second of CPU time: {', '.join(told)}."


def _goal(work: str, tool: str) -> str:
    goal = EVENT_GOALS.get(work, {}).get(tool)
    return "" if goal is None else f"; goal: ≥ {goal:g}"


def _arrivals(results: Results) -> Iterator[str]:
    if "arrivals" in results:
        document = results["arrivals"]["document"]
        lag = document["send_lag_ms"]
        yield (
            f"Arrivals of the open model at {document['rate_per_s']}/s: {document['sent']} sent of "
            f"{document['drawn']} drawn, `send_lag` {_ms(lag['p50'])} ms at p50 and {_ms(lag['p99'])} ms "
            f"at p99 (goal: ≤ 1 ms), variation of the gaps {document['gap_variation']:.3f} (goal: ≤ 0.1)."
            f"{_undisturbed(document)}"
        )


def _undisturbed(document: Mapping[str, Any]) -> str:
    """A virtual machine stops its cores for tens of milliseconds, which no generator can make up for."""
    late_ms, quiet = document["machine_late_ms"], document["undisturbed"]
    if late_ms is None:
        return ""
    told = f" A bare timer beside it, which nothing may keep waiting, was up to {late_ms:.1f} ms late"
    if not quiet:
        return f"{told}, and in every second more than 0.5 ms."
    seconds = document["rounds"] * document["steady_s"]
    return (
        f"{told}. In the {quiet['seconds']} of {seconds} seconds in which it never was more than 0.5 ms "
        f"late: {_ms(quiet['send_lag_p99_ms'])} ms at p99, variation of the gaps "
        f"{quiet['gap_variation']:.3f}."
    )


def _memory(results: Results) -> Iterator[str]:
    if "memory" in results:
        day = results["memory"]["document"]["day"]
        yield (
            f"Memory: {day['growth_mb']:.1f} MB more after {_millions(day['observations'])} million "
            f"observations in {_thousands(day['seconds'])} slices of a second, "
            f"{day['second_half_mb']:.1f} MB of them in the second half (goal: ≤ 64 MB)."
        )


def _commands(results: Results) -> str:
    commands = [f"`{result['command']}`" for _, result in sorted(results.items())]
    return f"The commands: {', '.join(commands)}." if commands else ""


def _in_order(rates: Iterable[Mapping[str, float]]) -> list[str]:
    """Ours, then the fastest first."""
    best: dict[str, float] = {}
    for table in rates:
        for tool, rate in table.items():
            best[tool] = max(rate, best.get(tool, 0.0))
    return sorted(best, key=lambda tool: (tool != OURS, -best[tool], tool))


def _title(tool: str, results: Iterable[Result]) -> str:
    versions = next(iter(results))["versions"]
    version = versions.get(VERSION_OF.get(tool, tool))
    return TITLES.get(tool, tool) + (f" {version}" if version else "")


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---", *["---:"] * (len(heads) - 1)], *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _thousands(number: float) -> str:
    """Three figures are enough of what differs by a percent from run to run."""
    digits = 3 - len(str(round(number)))
    return f"{round(number, min(0, digits)):,.0f}"


def _millions(number: float) -> str:
    return f"{number / 1e6:.0f}"


def _ratio(ratio: float) -> str:
    return f"{ratio:.2f}" if ratio < 10 else f"{ratio:.0f}"


def _ms(value_ms: float) -> str:
    return f"{value_ms:.3f}" if abs(value_ms) < 0.1 else f"{value_ms:.2f}"
