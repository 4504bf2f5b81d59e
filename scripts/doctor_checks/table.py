"""Shows the checks: a table for people, JSON for programs."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from scripts.doctor_checks.check import Check, State

SCHEMA = "plimsoll.doctor/1"
_MARKS = {
    State.OK: ("right", "green"),
    State.WARNING: ("doubtful", "yellow"),
    State.WRONG: ("wrong", "bold red"),
}
_WIDTH_IN_FILES = 140


def print_table(checks: Sequence[Check], title: str, verdict: str) -> None:
    width = None if sys.stdout.isatty() else _WIDTH_IN_FILES
    console = Console(file=sys.stdout, width=width, highlight=False)
    table = Table(title=Text(title), box=box.SIMPLE_HEAD, title_justify="left", expand=False)
    for heading in ("", "about", "check", "found", "what to do"):
        table.add_column(heading, overflow="fold")
    for check in checks:
        word, style = _MARKS[check.state]
        # Text, not markup: what was found may hold square brackets.
        table.add_row(
            Text(word, style), Text(check.area), Text(check.name), Text(check.found), Text(check.advice or "")
        )
    console.print(table)
    console.print(Text(verdict))


def checks_json(checks: Sequence[Check], target: str, base_url: str, exit_code: int) -> str:
    document = {
        "schema": SCHEMA,
        "target": target,
        "base_url": base_url,
        "exit_code": exit_code,
        "checks": [asdict(check) for check in checks],
    }
    return json.dumps(document, indent=2, sort_keys=True)
