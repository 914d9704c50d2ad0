"""The window that shows a learner drive while it learns: a process of its own, which training never waits for."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from drivesim.render.window import display_is_named


class Spectator:
    """`drivesim watch --follow` on a training's folder.

    Args:
        env: What is driven.
        folder: The training's.
        heads: Heads that it learns beside those that ship, each as `module:NAME`.
    """

    def __init__(self, env: str, folder: Path, *, heads: Sequence[str] = ()) -> None:
        self.command = [sys.executable, "-m", "agents.cli", "watch", "--env", env, "--follow", str(folder)]
        if heads:
            self.command += ["--heads", *heads]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def is_open(self) -> bool:
        """There is a window, or soon will be."""
        return self._process is not None and self._process.poll() is None

    def open(self) -> None:
        """Starts it, where a display is named; without one it ends by itself."""
        if not display_is_named():
            return
        path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
        # A process group of its own: Ctrl-C in the terminal ends the training, and this with it.
        self._process = subprocess.Popen(
            self.command,
            env={**os.environ, "PYTHONPATH": path},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            process_group=0,
        )

    def wait(self) -> bool:
        """Waits until the user closes it; false where no window was to be had."""
        return self._process is not None and self._process.wait() == 0

    def close(self) -> None:
        """Ends it."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
