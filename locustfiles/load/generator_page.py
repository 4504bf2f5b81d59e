"""The generator's health in Locust's web UI while a run goes on: a tab in its page, and a page with plots."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, jsonify, request

from analysis.plural import plural
from analysis.result import Check
from locustfiles.load.health_board import DRAWN, BoardRow
from locustfiles.load.page_template import rendered

if TYPE_CHECKING:
    from locustfiles.load.master_side import MasterSide

TAB = "generator"
COLUMNS = {
    "name": "Generator",
    "now": "Last slice",
    "worst": "Worst slice",
    "limit": "Limit",
    "outcome": "Last minute",
}
WIDTH, HEIGHT = 300, 30


def add_generator_page(web_ui: Any, master: "MasterSide", page: str) -> None:
    """Register `<page>/generator` and `<page>/generator.json`, and a tab beside Locust's own."""
    app: Flask = web_ui.app
    # The page stands two levels above: <base>/plimsoll.
    stats_path = f"{page.rpartition('/')[0]}/stats/requests"

    def generator_page() -> str:
        """Loads itself anew until the run is judged."""
        return rendered("generator", page=page, home=f"{page.rpartition('/')[0]}/", **health_state(master))

    def generator_json() -> Response:
        """The same for programs."""
        return jsonify(health_state(master))

    def add_rows(response: Response) -> Response:
        """Locust's page asks for its statistics every two seconds, and shows what comes with them."""
        if request.path == stats_path and response.status_code == 200 and response.is_json:
            rows = [{name: row[name] for name in COLUMNS} for row in health_state(master)["rows"]]
            report = {**response.get_json(), "extended_stats": [{"key": TAB, "data": rows}]}
            response.set_data(app.json.dumps(report))
        return response

    for path, view in (("/generator", generator_page), ("/generator.json", generator_json)):
        app.add_url_rule(page + path, view_func=web_ui.auth_required_if_enabled(view))
    app.after_request(add_rows)
    arguments = web_ui.template_args
    tab = {"title": "Generator", "key": TAB}
    arguments["extended_tabs"] = [*(arguments.get("extended_tabs") or ()), tab]
    table = {"key": TAB, "structure": [{"key": key, "title": title} for key, title in COLUMNS.items()]}
    arguments["extended_tables"] = [*(arguments.get("extended_tables") or ()), table]


def health_state(master: "MasterSide") -> dict[str, Any]:
    """The current or last run's health as plain values; without rows before the first slice is complete."""
    live = master.live
    board = None if live is None else live.board
    if live is None or board is None:
        return {"run": None, "over": False, "elapsed_s": 0, "rows": []}
    return {
        "run": live.directory.path.name,
        "over": master.judged,
        "elapsed_s": board.elapsed_s,
        "rows": [_workers_row(*live.workers), *map(_row, board.rows(_fastest_us(master)))],
    }


def _workers_row(workers: int, lost: int) -> dict[str, Any]:
    text = f"{plural(workers, 'worker')}, {lost} lost"
    check = Check("workers", not lost, f"{lost} lost", "0 lost", text)
    return _row(BoardRow(check, f"{workers - lost}", f"{lost} lost", ()))


def _row(row: BoardRow) -> dict[str, Any]:
    check = row.check
    outcome, tone = ("INVALID", "void") if check.invalidates else ("WARNING", "warn")
    if check.ok:
        outcome, tone = "OK", "good"
    return {
        "name": check.name.replace("_", " "),
        "text": check.text,
        "now": row.now or "",
        "worst": row.worst or "",
        "limit": check.limit or "",
        "outcome": outcome,
        "tone": tone,
        "lines": list(_lines(row.series)),
    }


def _lines(series: Iterable[float | None]) -> Iterator[str]:
    """Points of SVG polylines, the newest at the right edge; what is not known breaks the line."""
    values = list(series)
    top = max((value for value in values if value is not None), default=0.0) or 1.0
    first = DRAWN - len(values)
    line: list[str] = []
    for at, value in enumerate([*values, None], first):
        if value is not None:
            line.append(f"{at * WIDTH / (DRAWN - 1):.1f},{HEIGHT - value / top * (HEIGHT - 2):.1f}")
        elif line:
            yield " ".join(line)
            line = []


def _fastest_us(master: "MasterSide") -> float | None:
    """By Locust's own statistics, whose medians are rounded."""
    entries = master.environment.stats.entries.values()
    medians = [entry.median_response_time for entry in entries if entry.num_requests > entry.num_failures]
    return 1000.0 * min(medians) if medians else None
