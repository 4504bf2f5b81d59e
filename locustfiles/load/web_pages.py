"""The suite's own pages in Locust's web UI: the last run's state, verdict and report."""

import logging
from typing import TYPE_CHECKING, Any

from flask import Response, jsonify, send_file

from analysis.errors import RunLogError
from analysis.result import Verdict, read_result
from locustfiles.load.generator_page import add_generator_page
from locustfiles.load.page_template import rendered

if TYPE_CHECKING:
    from locustfiles.load.master_side import MasterSide

logger = logging.getLogger(__name__)

PAGE = "/plimsoll"
TONES = {
    Verdict.PASS: "good",
    Verdict.IMPROVEMENT: "good",
    Verdict.REGRESSION: "bad",
    Verdict.OBJECTIVE_MISSED: "bad",
    Verdict.INVALID: "void",
    Verdict.INCONCLUSIVE: "warn",
    Verdict.NO_BASELINE: "warn",
}


def add_web_pages(web_ui: Any, master: "MasterSide") -> None:
    """Register `/plimsoll` and the pages below it, linked from Locust's own page."""
    app = web_ui.app
    base = app.blueprints["locust"].url_prefix or ""
    page = f"{base}{PAGE}"

    def last_run_page() -> str:
        """State, verdict and links; loads itself anew until the run is judged."""
        return rendered("last_run", page=page, home=f"{base}/", **state_of(master))

    def last_run_json() -> Response:
        """The same for programs."""
        return jsonify(state_of(master))

    def last_report() -> Response:
        """The last run's HTML report."""
        live = master.live
        report = None if live is None else live.directory.path / "report.html"
        if report is None or not report.exists():
            return Response("No run has been judged yet.", status=404, mimetype="text/plain")
        return send_file(report.absolute())

    for path, view in (("", last_run_page), ("/run.json", last_run_json), ("/report", last_report)):
        app.add_url_rule(page + path, view_func=web_ui.auth_required_if_enabled(view))
    add_generator_page(web_ui, master, page)
    # The one place in Locust's page that can hold a link: its tab of downloads.
    web_ui.template_args["extended_csv_files"] = [
        *web_ui.template_args.get("extended_csv_files", ()),
        {"href": page, "title": "Verdict and report of the last run (Plimsoll)"},
    ]
    scheme = "https" if web_ui.tls_cert else "http"
    url = f"{scheme}://{web_ui.host or 'localhost'}:{web_ui.port}{page}"
    logger.info("Verdict and report of the last run: %s", url)


def state_of(master: "MasterSide") -> dict[str, Any]:
    """The last run as plain values; `run` is None before the first one."""
    live = master.live
    if live is None:
        return {"run": None}
    path = live.directory.path
    state: dict[str, Any] = {
        "run": path.name,
        "directory": str(path.absolute()),
        "target": live.target.name,
        "profile": live.profile.name,
        "status": live.status,
        "stop": None if live.stop_reason is None else live.stop_reason.detail,
        "judged": master.judged,
        "verdict": None,
        "tone": "void",
        "reasons": [],
        "exit_code": master.exit_code if master.judged else None,
        "report": (path / "report.html").exists(),
    }
    if master.judged:
        try:
            result = read_result(path / "result.json")
        except RunLogError as error:
            return state | {"reasons": [str(error)]}
        state |= {
            "verdict": result.verdict.value,
            "tone": TONES[result.verdict],
            "reasons": list(result.reasons),
        }
    return state
