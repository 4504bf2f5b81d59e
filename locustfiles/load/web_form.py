"""What the suite adds to Locust's web UI: a check of the form's choice, and pages for the last run."""

from typing import TYPE_CHECKING, Any

from flask import Response, jsonify, request, send_file

from analysis.errors import PlimsollError

if TYPE_CHECKING:
    from locustfiles.load.master_side import MasterSide

FIELDS = {
    "target": "target",
    "load_profile": "load_profile",
    "baseline": "baseline",
    "host": "host",
}


def add_web_pages(web_ui: Any, master: "MasterSide") -> None:
    """Register the check before `/swarm` and the pages `/plimsoll` and `/plimsoll/report`."""
    app, environment = web_ui.app, master.environment

    def check_choice() -> Response | None:
        """Apply the form's target and profile before Locust starts the test with them."""
        if request.method != "POST" or not request.path.endswith("/swarm") or master.busy:
            return None
        options: Any = environment.parsed_options
        before = {name: getattr(options, name, None) for name in (*FIELDS, "seed", "run_time")}
        try:
            for field, option in FIELDS.items():
                if field in request.form:
                    setattr(options, option, request.form[field].strip())
            if "seed" in request.form:
                options.seed = int(request.form["seed"] or 0)
            master.wait_for_judge()
            master.choose()
        except (PlimsollError, ValueError) as error:
            for name, value in before.items():
                setattr(options, name, value)
            return jsonify({"success": False, "message": str(error), "host": environment.host})
        return None

    def last_run() -> Response:
        """The last run's directory, state and verdict as JSON."""
        live = master.live
        if live is None:
            return jsonify({"run": None})
        result = live.directory.path / "result.json"
        return jsonify(
            {
                "run": live.directory.path.name,
                "directory": str(live.directory.path),
                "status": live.status,
                "judged": master.judged,
                "exit_code": master.exit_code if result.exists() else None,
                "report": "/plimsoll/report" if (live.directory.path / "report.html").exists() else None,
            }
        )

    def last_report() -> Response:
        """The last run's HTML report."""
        live = master.live
        report = None if live is None else live.directory.path / "report.html"
        if report is None or not report.exists():
            return Response("No run has been judged yet.", status=404, mimetype="text/plain")
        return send_file(report.absolute())

    app.before_request(check_choice)
    app.add_url_rule("/plimsoll", view_func=web_ui.auth_required_if_enabled(last_run))
    app.add_url_rule("/plimsoll/report", view_func=web_ui.auth_required_if_enabled(last_report))
