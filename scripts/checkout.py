"""Where the parts of this checkout lie, whatever the working directory."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCUSTFILE = ROOT / "locustfiles" / "rag.py"
RUNS = ROOT / "reports" / "runs"
BASELINES = ROOT / "baselines"
CALIBRATION = ROOT / "reports" / "calibration"
