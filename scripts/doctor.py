"""`plimsoll doctor`: tells what of a target and its surroundings is right, what is wrong, and what to do."""

import logging
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console

from analysis.env_template import expand, without_credentials
from analysis.exit_code import ExitCode
from analysis.request_text import check_base_url, check_place
from analysis.target import Target, load_target
from scripts.doctor_checks.check import Area, Check, State
from scripts.doctor_checks.endpoints import check_endpoints
from scripts.doctor_checks.environment import check_environment
from scripts.doctor_checks.generator import check_generator
from scripts.doctor_checks.network import check_network
from scripts.doctor_checks.table import checks_json, print_table
from scripts.doctor_checks.watch import check_watch
from scripts.sidecar.watched import watched

REFERENCE = "reference"
_REFERENCE_ADVICE = "start it with `plimsoll serve` and ask again; a run starts it by itself"
_START_ADVICE = "start the service, or give --base-url"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What was looked at. Code 3: the target cannot be used; 2: its file or the environment is wrong."""

    checks: tuple[Check, ...]
    shown_url: str
    """Without credentials."""
    code: ExitCode


def doctor_command(target: str, base_url: str | None, as_json: bool) -> int:
    """0: a run can be made."""
    definition = load_target(target)
    found = diagnose(definition, base_url)
    if as_json:
        print(checks_json(found.checks, definition.name, found.shown_url, found.code))
    else:
        title = f"{definition.name} at {found.shown_url}"
        print_table(found.checks, title, _verdict(found.checks, found.code))
    return found.code


def diagnose(definition: Target, base_url: str | None) -> Diagnosis:
    """Looks at everything that a run needs; asks the service only when its file is right."""
    for name in ("httpx", "httpcore"):  # they log URLs and headers, which may hold secrets
        logging.getLogger(name).setLevel(logging.WARNING)
    if base_url is not None:
        check_base_url(base_url, "--base-url")
    checks = [Check(Area.TARGET, "target file", State.OK, f"{definition.file}: {_summary(definition)}")]
    checks += check_environment(definition, os.environ, base_url)
    if _is_wrong(checks):
        return Diagnosis(tuple(checks), without_credentials(base_url or definition.base_url), ExitCode.USAGE)
    url = base_url or expand(definition.base_url, os.environ, file=definition.file, key="base_url")
    check_place(url, definition.file, "base_url")
    with _progress() as progress:
        checks += _living_checks(definition, url.rstrip("/"), base_url, progress)
    code = ExitCode.INVALID if _is_wrong(checks) else ExitCode.PASS
    return Diagnosis(tuple(checks), without_credentials(url), code)


def _living_checks(
    target: Target, url: str, base_url: str | None, progress: Callable[[str], object]
) -> list[Check]:
    watch = watched(target, os.environ, base_url=base_url)
    progress("looking for the service")
    advice = _REFERENCE_ADVICE if target.name == REFERENCE else _START_ADVICE
    checks = check_network(url, advice, target.tls)
    if not _is_wrong(checks):
        checks += check_endpoints(target, url, progress)
    checks += check_watch(watch, target.sidecar, progress)
    return checks + check_generator(url)


def _summary(target: Target) -> str:
    watch = target.sidecar
    endpoints, objectives = len(target.endpoints), len(target.objectives)
    return f"{endpoints} endpoints, {objectives} objectives, {len(watch.queries)} queries"


def _is_wrong(checks: Sequence[Check]) -> bool:
    return any(check.state is State.WRONG for check in checks)


def _verdict(checks: Sequence[Check], code: ExitCode) -> str:
    doubts = sum(check.state is State.WARNING for check in checks)
    doubtful = f" {doubts} doubtful." if doubts else ""
    match code:
        case ExitCode.PASS:
            return f"A run can be made.{doubtful}"
        case ExitCode.USAGE:
            return "The target cannot be loaded as it stands: put right what is wrong above."
        case _:
            return f"The target cannot be used now: put right what is wrong above.{doubtful}"


@contextmanager
def _progress() -> Iterator[Callable[[str], object]]:
    """Tells on a terminal what is being waited for; silent elsewhere."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    with Console(stderr=True).status("looking") as status:
        yield status.update
