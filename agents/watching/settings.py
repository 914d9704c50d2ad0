"""What a window remembers from one session to the next: panes and labels, in a small file of the user's."""

import json
import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from agents.files import write_text

LOG = logging.getLogger(__name__)
FILE_NAME = "window.json"
FORMAT = 1
RIGS_KEPT = 30
_SIZE_MAX = 1 << 18


class Remembered(NamedTuple):
    """How the wall looked."""

    shown: tuple[str, ...]
    enlarged: str = ""
    labels: str = "off"


def settings_file() -> Path:
    """Where it is kept: `$XDG_CONFIG_HOME/drivesim`, or `~/.config/drivesim`."""
    base = os.environ.get("XDG_CONFIG_HOME")
    try:
        home = Path.home()
    except RuntimeError:
        home = Path(".")
    return (Path(base) if base else home / ".config") / "drivesim" / FILE_NAME


class WindowSettings:
    """Reads and writes the file; each set of panes has an entry of its own, so that rigs do not disturb each other.

    Args:
        path: The file, which need not be there. One that cannot be read is passed over with a line in the log.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._rigs: dict[str, Any] = {}
        try:
            text = path.read_bytes()[:_SIZE_MAX].decode()
            values = json.loads(text)
            if not isinstance(values, dict) or values.get("format") != FORMAT or not isinstance(values["rigs"], dict):
                raise ValueError(f"expected format {FORMAT}")
            self._rigs = values["rigs"]
        except FileNotFoundError:
            pass
        except (OSError, ValueError, KeyError, RecursionError) as error:
            LOG.warning("%s: passed over, %s", path, error)

    def recall(self, panes: Sequence[str]) -> Remembered | None:
        """How these panes were arranged last; None where they never were, or nothing sensible is written."""
        entry = self._rigs.get(_key(panes))
        if not isinstance(entry, dict):
            return None
        shown, enlarged, labels = entry.get("shown"), entry.get("enlarged", ""), entry.get("labels", "off")
        if not (isinstance(shown, list) and isinstance(enlarged, str) and isinstance(labels, str)):
            return None
        wanted = [str(pane) for pane in shown]
        return Remembered(
            tuple(pane for pane in panes if pane in wanted), enlarged if enlarged in panes else "", labels
        )

    def remember(self, panes: Sequence[str], how: Remembered) -> None:
        """Keeps how these panes are arranged; a file that cannot be written is a line in the log."""
        self._rigs.pop(_key(panes), None)
        self._rigs[_key(panes)] = {"shown": list(how.shown), "enlarged": how.enlarged, "labels": how.labels}
        self._rigs = dict(list(self._rigs.items())[-RIGS_KEPT:])
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            write_text(self.path, json.dumps({"format": FORMAT, "rigs": self._rigs}, indent=1))
        except OSError as error:
            LOG.warning("%s: not written, %s", self.path, error.strerror or error)


def _key(panes: Sequence[str]) -> str:
    return ", ".join(panes)
