"""A progress bar for what takes long without a window."""

from collections.abc import Iterator
from contextlib import contextmanager

from drivesim.render.window import Report


@contextmanager
def progress_bar(shown: bool) -> Iterator[Report]:
    """A progress bar on the terminal's error stream."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=not shown) as bars:
        task = bars.add_task("starting", total=1.0)

        def report(text: str, share: float | None) -> None:
            bars.update(task, description=text, completed=share or 0.0)

        yield report
