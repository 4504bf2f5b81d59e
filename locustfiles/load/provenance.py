"""Where a run comes from: versions of what drove it and the state of this checkout."""

import platform
from importlib.metadata import version
from pathlib import Path
from subprocess import DEVNULL, PIPE, TimeoutExpired, run

CHECKOUT = Path(__file__).resolve().parents[2]
PACKAGES = ("plimsoll", "locust", "gevent", "httptools", "hdrhistogram", "numpy")
# `git status` would write the index: whoever commits in the checkout meanwhile must not be held up.
_LOOK_ONLY = ("--no-optional-locks",)


def versions() -> dict[str, str]:
    """Versions of the interpreter and of the packages that take part in timing."""
    return {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}}


def git_state() -> dict[str, object] | None:
    """The checkout's commit and whether it was changed; None outside a git checkout."""
    commit = _git("rev-parse", "HEAD")
    if commit is None:
        return None
    return {"commit": commit.strip(), "dirty": bool(_git("status", "--porcelain", "--untracked-files=no"))}


def _git(*words: str) -> str | None:
    try:
        done = run(  # noqa: S603 - fixed words, no shell
            ["git", *_LOOK_ONLY, "-C", str(CHECKOUT), *words],  # noqa: S607 - looked up like everywhere else
            stdout=PIPE,
            stderr=DEVNULL,
            timeout=10,
            check=False,
        )
    except (OSError, TimeoutExpired):
        return None
    return done.stdout.decode(errors="replace") if done.returncode == 0 else None
