"""Progress on a terminal's stderr; silent anywhere else."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol


class Report(Protocol):
    """Told how many steps are done, of how many, and in a few words how it goes."""

    def __call__(self, done: int, steps: int, note: str = "", /) -> None:
        """Tell it."""
        ...


class Progress(Protocol):
    """What the stages of an audit report to."""

    def stage(self, name: str) -> AbstractContextManager[Report]:
        """Open a stage; gives a function that takes (steps done, steps in all)."""
        ...


class Silent:
    """Reports nothing."""

    @contextmanager
    def stage(self, name: str) -> Iterator[Report]:
        """Do nothing."""
        yield lambda done, steps, note="": None


class Terminal:
    """A bar for each stage on stderr, through rich."""

    @contextmanager
    def stage(self, name: str) -> Iterator[Report]:
        """Show a bar with what is left, and the time a finished stage took."""
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
        from rich.progress import Progress as Bars

        columns = (
            TextColumn("{task.description:<22}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}"),
        )
        with Bars(*columns, console=Console(stderr=True)) as bars:
            task = bars.add_task(name, total=None, note="")
            yield lambda done, steps, note="": bars.update(
                task, completed=done, total=steps, note=note
            )
            bars.update(task, completed=1, total=1)


def on_stderr() -> Progress:
    """Return bars if stderr is a terminal, else nothing."""
    return Terminal() if sys.stderr.isatty() else Silent()
