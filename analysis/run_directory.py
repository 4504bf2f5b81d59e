"""A run's directory: the names of its files, and its run.json written whole or not at all."""

import json
import os
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from analysis.errors import RunLogError, UsageError
from analysis.run_record import RunRecord, parse_run

_NS_PER_S = 1_000_000_000


def make_run_root(root: Path, option: str) -> None:
    """Before the load rather than after it: a run that cannot be written is not worth starting."""
    try:
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=root):
            pass
    except OSError as error:
        raise UsageError(
            f"{option}: found {root}, which cannot be written ({error.strerror}); name a directory"
        ) from error


@dataclass(frozen=True, slots=True)
class RunDirectory:
    """Files of one run; a file's attribute is its name with an underscore for the dot."""

    path: Path

    @classmethod
    def create(cls, root: Path, target: str, profile: str, now_ns: int) -> Self:
        """Make `<UTC time>-<target>-<profile>-<4 hex>` under `root`."""
        time = datetime.fromtimestamp(now_ns // _NS_PER_S, UTC).strftime("%Y%m%dT%H%M%SZ")
        while True:
            path = root / f"{time}-{target}-{profile}-{secrets.token_hex(2)}"
            try:
                path.mkdir(parents=True)
            except FileExistsError:
                if not root.is_dir():
                    raise RunLogError(f"{root} is not a directory: name another --run-directory") from None
            except OSError as error:
                raise RunLogError(
                    f"{path} cannot be made: {error.strerror}; name another --run-directory"
                ) from error
            else:
                return cls(path)

    @classmethod
    def open(cls, path: Path | str) -> Self:
        """An existing run's directory; `RunLogError` when it is none."""
        directory = cls(Path(path))
        if not directory.path.is_dir():
            raise RunLogError(f"{path}: a run directory was wanted, found no directory")
        if not directory.run_json.is_file():
            raise RunLogError(f"{path}: a run directory was wanted, found no run.json in it")
        return directory

    @property
    def run_json(self) -> Path:
        return self.path / "run.json"

    @property
    def latency_hlog(self) -> Path:
        return self.path / "latency.hlog"

    @property
    def counts_jsonl(self) -> Path:
        return self.path / "counts.jsonl"

    @property
    def samples_jsonl(self) -> Path:
        return self.path / "samples.jsonl"

    @property
    def events_jsonl(self) -> Path:
        return self.path / "events.jsonl"

    @property
    def result_json(self) -> Path:
        return self.path / "result.json"

    @property
    def baseline_json(self) -> Path:
        return self.path / "baseline.json"

    @property
    def calibration_json(self) -> Path:
        return self.path / "calibration.json"

    @property
    def report_html(self) -> Path:
        return self.path / "report.html"

    @property
    def report_md(self) -> Path:
        return self.path / "report.md"

    @property
    def junit_xml(self) -> Path:
        return self.path / "junit.xml"

    def write_run(self, content: Mapping[str, Any]) -> None:
        """Replace run.json: a reader sees the old or the new one. `RunLogError` when it cannot be written."""
        text = json.dumps(content, indent=1, sort_keys=True, allow_nan=False) + "\n"
        parse_run(text, self.run_json.name)
        _replace(self.run_json, text.encode())

    def read_run(self) -> RunRecord:
        """What run.json says; `RunLogError` when it is missing or damaged."""
        try:
            text = self.run_json.read_bytes()
        except OSError as error:
            raise RunLogError(f"{self.run_json} cannot be read: {error.strerror}") from error
        return parse_run(text, str(self.run_json))


def _replace(path: Path, content: bytes) -> None:
    unfinished = path.with_name(path.name + ".unfinished")
    try:
        with unfinished.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise RunLogError(f"{path} cannot be written: {error.strerror}; make room, then run again") from error
