"""Gives a run the calibration of its machine, where there is one that fits."""

import logging
from collections.abc import Mapping
from pathlib import Path

from analysis.calibration import calibration_path, read_calibration
from analysis.environment import Environment
from analysis.errors import CalibrationError
from analysis.run_directory import RunDirectory
from analysis.whole_file import write_whole
from locustfiles.load.provenance import CHECKOUT

logger = logging.getLogger(__name__)

VARIABLE = "PLIMSOLL_CALIBRATION"
"""Environment variable with the folder of calibrations."""


def copy_calibration(
    directory: RunDirectory, environment: Environment, start_utc: str, environ: Mapping[str, str]
) -> str | None:
    """Returns why the run carries none; None when it does. Never worth stopping a run for."""
    path = own_calibration(environment, environ)
    reason = why_unfit(path, environment, start_utc)
    try:
        if reason is None:
            write_whole(directory.calibration_json, path.read_bytes())
    except OSError as error:
        reason = f"{path.name}: cannot be copied: {error.strerror}"
    if reason is not None and path.exists():
        logger.warning("The run carries no calibration: %s", reason)
    return reason


def own_calibration(environment: Environment, environ: Mapping[str, str]) -> Path:
    """Where this machine's is, if it has one."""
    root = Path(environ.get(VARIABLE) or CHECKOUT / "reports" / "calibration")
    return calibration_path(root, environment.env8)


def why_unfit(path: Path, environment: Environment, start_utc: str) -> str | None:
    """Why a run that starts then cannot carry it, without the folder's name; None when it can."""
    if not path.exists():
        return f"this machine has no calibration ({environment.env8}); `plimsoll calibrate` makes one"
    try:
        misfit = read_calibration(path).misfit(environment.hard, environment.soft, start_utc)
    except CalibrationError as error:
        return str(error).replace(str(path), path.name)  # the run tells no more of this machine than needed
    return None if misfit is None else f"{path.name}: {misfit}; make it again with `plimsoll calibrate`"
