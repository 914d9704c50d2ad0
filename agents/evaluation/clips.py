"""The last seconds of drives: copies of the state while they are driven, painted from above once one has failed."""

import itertools
from collections import deque
from pathlib import Path
from typing import Any

from drivesim.envs.simulation import Simulation
from drivesim.render import SceneRenderer
from drivesim.render.video import VideoWriter
from drivesim.state import WorldState

CLIP_S = 8.0
CLIP_HZ = 10.0
CLIP_PX = (480, 320)
CLIPS_MAX = 12
"""Clips of a suite."""


class LastSeconds:
    """The state of a batch over the last `CLIP_S`.

    Args:
        simulation: Whose state is kept.
        folder: Where clips go.
    """

    def __init__(self, simulation: Simulation, folder: Path) -> None:
        self._simulation, self._folder = simulation, folder
        self._every = max(1, round(1.0 / (CLIP_HZ * simulation.config.step_s)))
        self._fps = 1.0 / (self._every * simulation.config.step_s)
        self._states: deque[WorldState] = deque(maxlen=round(CLIP_S * self._fps))
        self._calls = 0

    def keep(self) -> None:
        """Keeps what there is now, if it is time."""
        if self._calls % self._every == 0:
            self._states.append(copied(self._simulation.world.state))
        self._calls += 1

    def write(self, world: int, name: str) -> str:
        """Paints the last seconds of a world.

        Returns:
            Name of the file, an .mp4 in the folder.
        """
        if (self._calls - 1) % self._every:
            self._states.append(copied(self._simulation.world.state))
        ticks, first = [int(state.worlds.tick[world]) for state in self._states], len(self._states) - 1
        # Before that this world held another drive.
        while first > 0 and ticks[first - 1] < ticks[first]:
            first -= 1
        painter = SceneRenderer(self._simulation.bank, CLIP_PX, step_s=self._simulation.config.step_s)
        with VideoWriter(self._folder / f"{name}.mp4", fps=self._fps, size=CLIP_PX) as video:
            for state in itertools.islice(self._states, first, None):
                video.write(painter.frame(state, world))
        return f"{name}.mp4"


def copied(group: Any) -> Any:
    """A copy of named tuples of arrays."""
    return type(group)(*(copied(each) if isinstance(each, tuple) else each.copy() for each in group))
