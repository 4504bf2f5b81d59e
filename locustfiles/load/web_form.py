"""What the suite adds to Locust's start form: a check of the choice before the start."""

from locust.util.timespan import parse_timespan

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from flask import Response, before_render_template, jsonify, request

from analysis.errors import PlimsollError, UsageError, shown
from locustfiles.load.user_classes import asks_target

if TYPE_CHECKING:
    from locustfiles.load.master_side import MasterSide

TEXTS = ("target", "load_profile", "baseline", "host")
COMMAND_LINE_ONLY = ("run_directory", "sidecar_command", "plimsoll_plan")
"""Locust takes any option from the form; these would let a web page start programs and write files."""
FOREIGN = ("cross-site", "same-site")
"""What a browser says in Sec-Fetch-Site when the page that sends a request is not ours."""


def add_form_check(web_ui: Any, master: "MasterSide") -> None:
    """Refuse a start that cannot work, with a message in the form."""
    app, environment = web_ui.app, master.environment

    def refused(message: str) -> Response:
        return jsonify({"success": False, "message": message, "host": environment.host})

    def check_choice() -> Response | None:
        """Apply the form's target and profile before Locust starts the test with them."""
        if request.method != "POST":
            return None
        if request.headers.get("Sec-Fetch-Site") in FOREIGN:
            return Response("another site's page may not do this", status=403, mimetype="text/plain")
        if not request.path.endswith("/swarm"):
            return None
        for name in COMMAND_LINE_ONLY:
            if name in request.form:
                return refused(f"{name} can be given on the command line only")
        if master.opening:
            return refused("a run is just being opened: wait for it, or stop it")
        if master.busy:
            return None
        options: Any = environment.parsed_options
        before = dict(vars(options))
        try:
            vars(options).update(_choices(request.form))
            master.wait_for_judge()
            master.choose()
        except PlimsollError as error:
            vars(options).update(before)
            return refused(str(error))
        return None

    def before_page(_app: object, template: Any, context: dict[str, Any], **_: Any) -> None:
        """Locust's page asks for a host, although every target has one."""
        if template.name == "index.html" and asks_target(environment.user_classes):
            context["template_args"]["missing_host_warning"] = False

    app.before_request(check_choice)
    before_render_template.connect(before_page, app, weak=False)


def _choices(form: Mapping[str, str]) -> dict[str, object]:
    """The form's values of the options that a run is chosen by; raises UsageError naming the field."""
    found: dict[str, object] = {name: form[name].strip() for name in TEXTS if name in form}
    if "allow_inconclusive" in form:
        found["allow_inconclusive"] = form["allow_inconclusive"] == "true"
    if "seed" in form:
        found["seed"] = _seed(form["seed"].strip())
    if "run_time" in form:
        found["run_time"] = _run_time(form["run_time"].strip())
    return found


def _seed(text: str) -> int:
    try:
        return int(text or 0)
    except ValueError:
        raise UsageError(f"seed: found {shown(text)}, wanted a whole number") from None


def _run_time(text: str) -> int | None:
    try:
        return parse_timespan(text) if text else None
    except ValueError:
        raise UsageError(f"run time: found {shown(text)}, wanted a time such as 90s, 5m or 1h30m") from None
