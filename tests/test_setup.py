"""`scripts/setup.sh` leaves a `.venv` that works, or none."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Begins like Debian's Python without its venv package: the folder is there, pip is not.
PYTHON_WITHOUT_VENV = """\
#!/usr/bin/env bash
if [[ ${1:-} == -m ]]; then
  mkdir -p .venv/bin
  ln -s "$REAL_PYTHON" .venv/bin/python
  exit 1
fi
exec "$REAL_PYTHON" "$@"
"""


def shell(folder: Path, command: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """With the functions of the script, in a folder that is no checkout."""
    return subprocess.run(
        ["bash", "-c", f"set -euo pipefail\nsource {ROOT / 'scripts/setup.sh'}\n{command}"],
        cwd=folder,
        env={**os.environ, "PLIMSOLL_PYTHON": sys.executable, **environ},
        capture_output=True,
        text=True,
        check=False,
    )


def program(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o755)
    return path


def test_a_venv_without_pip_is_made_anew(tmp_path: Path) -> None:
    """As an interrupted installation leaves it."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", ".venv"], cwd=tmp_path, check=True)
    before = shell(tmp_path, "venv_works")
    after = shell(tmp_path, "make_venv && venv_works")

    assert before.returncode != 0
    assert after.returncode == 0, after.stderr


def test_a_venv_that_cannot_be_made_is_not_left_behind(tmp_path: Path) -> None:
    """Neither this Python nor the package manager can help; the next attempt starts from nothing."""
    (tmp_path / "bin").mkdir()
    program(tmp_path / "bin/apt-get", "#!/bin/sh\necho 'no network' >&2\nexit 100\n")
    program(tmp_path / "bin/sudo", '#!/bin/sh\nexec "$@"\n')
    python = program(tmp_path / "bin/python", PYTHON_WITHOUT_VENV)
    done = shell(
        tmp_path,
        "set_up requirements.txt",
        PLIMSOLL_PYTHON=str(python),
        REAL_PYTHON=sys.executable,
        PATH=f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}",
    )

    assert done.returncode != 0
    assert "no network" in done.stderr
    assert not (tmp_path / ".venv").exists()
