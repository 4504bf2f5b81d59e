"""What a person sees on stderr while runs go on: a bar on a terminal, a line per stage elsewhere."""

import sys
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn


class Display(Protocol):
    """Shows how far the present run is."""

    def start_run(self, name: str, duration_s: int) -> None: ...

    def advance(self, elapsed_s: float, stage: str) -> None: ...

    def note(self, text: str) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def open_display() -> Display:
    return BarDisplay() if sys.stderr.isatty() else LineDisplay()


class LineDisplay:
    """One line when a run starts and one for each stage: what a CI log can hold."""

    def __init__(self) -> None:
        self._run = ""
        self._stage = ""

    def start_run(self, name: str, duration_s: int) -> None:
        self._run = name
        self._stage = ""
        self.note(f"{self._run}: {_planned(duration_s)}")

    def advance(self, elapsed_s: float, stage: str) -> None:
        if stage != self._stage:
            self._stage = stage
            self.note(f"{self._run}: {elapsed_s:.0f} s, {stage}")

    def note(self, text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


class BarDisplay:
    """A bar that is redrawn in place and gone at the end."""

    def __init__(self) -> None:
        self._progress = Progress(
            TextColumn("{task.fields[run]}", markup=False),
            BarColumn(),
            TextColumn("{task.fields[stage]}", markup=False),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._task: TaskID | None = None

    def start_run(self, name: str, duration_s: int) -> None:
        if self._task is not None:
            self._progress.remove_task(self._task)
        self._task = self._progress.add_task("", total=duration_s or None, run=name, stage="starting")

    def advance(self, elapsed_s: float, stage: str) -> None:
        if self._task is not None:
            self._progress.update(self._task, completed=elapsed_s, stage=stage)

    def note(self, text: str) -> None:
        self._progress.console.print(text, markup=False, highlight=False)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()


def _planned(duration_s: int) -> str:
    return f"{duration_s} s planned" if duration_s else "until it is stopped"
