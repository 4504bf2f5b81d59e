"""What a contender needs to be there, and how it is installed."""

import importlib.util
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from analysis.errors import UsageError


@dataclass(frozen=True, slots=True)
class Program:
    """Looked for beside the running Python, then on the PATH."""

    name: str
    remedy: str

    @property
    def missing(self) -> str | None:
        """What to do; None when it is there."""
        return None if self._found() else self.remedy

    def path(self) -> str:
        """Raises UsageError when it is not there."""
        found = self._found()
        if found is None:
            raise UsageError(f"benchmarks: {self.name} is not installed; {self.remedy}")
        return found

    def _found(self) -> str | None:
        beside = Path(sys.executable).with_name(self.name)
        return str(beside) if beside.exists() else shutil.which(self.name)


@dataclass(frozen=True, slots=True)
class Module:
    """Importable by the running Python."""

    name: str
    remedy: str

    @property
    def missing(self) -> str | None:
        """What to do; None when it is there."""
        return None if importlib.util.find_spec(self.name) else self.remedy


def debian(package: str) -> str:
    """The remedy for what Debian has."""
    return f"install Debian's package {package}"


def from_registry(package: str) -> str:
    """The remedy for what the Python package registry has, programs in wheels included."""
    return f"install the Python package {package}, which requirements-dev.txt pins"
