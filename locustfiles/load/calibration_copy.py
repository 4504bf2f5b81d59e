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
    root = Path(environ.get(VARIABLE) or CHECKOUT / "reports" / "calibration")
    path = calibration_path(root, environment.env8)
    if not path.exists():
        return f"this machine has no calibration ({environment.env8}); `plimsoll calibrate` makes one"
    try:
        content = path.read_bytes()
        misfit = read_calibration(path).misfit(environment.hard, environment.soft, start_utc)
        if misfit is None:
            write_whole(directory.calibration_json, content)
            return None
        reason = f"{path.name}: {misfit}; make it again with `plimsoll calibrate`"
    except CalibrationError as error:
        reason = str(error).replace(str(path), path.name)  # the run tells no more of this machine than needed
    except OSError as error:
        reason = f"{path.name}: cannot be copied: {error.strerror}"
    logger.warning("The run carries no calibration: %s", reason)
    return reason
