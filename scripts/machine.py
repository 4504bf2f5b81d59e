"""Whether this machine, the target and all that watches it are fit for a long measurement."""

import psutil

from analysis.errors import TargetDownError, UsageError
from analysis.exit_code import ExitCode
from analysis.target import load_target
from scripts.doctor import REFERENCE, diagnose
from scripts.doctor_checks.check import Area, Check, State

BUSY_PERCENT = 10.0
_LOOK_S = 1.0


def check_machine(target: str, base_url: str | None) -> tuple[str, ...]:
    """What is doubtful, as sentences; raises for what is wrong, before any load.

    The reference service need not run: a run starts it by itself.
    """
    definition = load_target(target)
    diagnosis = diagnose(definition, base_url)
    wrong = [
        check
        for check in diagnosis.checks
        if check.state is State.WRONG and not (definition.name == REFERENCE and _is_only_away(check))
    ]
    if wrong:
        kind = UsageError if diagnosis.code is ExitCode.USAGE else TargetDownError
        raise kind(_sentence(wrong[0]))
    doubts = [_sentence(check) for check in diagnosis.checks if check.state is State.WARNING]
    busy_percent = psutil.cpu_percent(interval=_LOOK_S)
    if busy_percent > BUSY_PERCENT:
        doubts.append(
            f"something else uses {busy_percent:.0f} % of this machine's cores: "
            "let it be quiet, or the noise will be larger"
        )
    return tuple(doubts)


def _is_only_away(check: Check) -> bool:
    return check.area is Area.SERVICE and check.name == "port"


def _sentence(check: Check) -> str:
    text = f"{check.name}: {check.found}"
    return text if check.advice is None else f"{text}; {check.advice}"
