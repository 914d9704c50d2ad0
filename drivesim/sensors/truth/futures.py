"""Where road users went: futures cut out of a recorded drive, the only honest ones.

A simulation does not know its future before it is driven: the driver's next action changes it. A drive that has been
recorded does. `Tracks` takes down who was where at every control step, and gives for each of them where everybody was
half a second later, a second later, and so on.
"""

from typing import NamedTuple

import numpy as np

from drivesim.errors import ConfigError
from drivesim.state import ActorKind, WorldState

HORIZON_S = 3.0
STEP_S = 0.5


class Futures(NamedTuple):
    """Where road users will be, from every step of a drive; leading axis `step`, then `world` and `slot`."""

    position: np.ndarray
    """Middles of bodies on the ground in the frame of the ego of that step [m], float32, (step, world, slot, point, 2);
    nan where not valid."""
    yaw: np.ndarray
    """Headings in that frame [rad], float32, shape (step, world, slot, point)."""
    valid: np.ndarray
    """The same road user is still there, in the same episode, and the drive goes on so long; bool."""
    times_s: np.ndarray
    """How long after that step each point is [s], shape (point,)."""


class Tracks:
    """Takes down a drive: one call of `add` after `reset` and after every step.

    Args:
        step_s: Control step [s].
        horizon_s: How far futures reach [s].
        interval_s: Time between their points [s].

    Raises:
        ConfigError: The interval is no whole number of control steps, or longer than the horizon.
    """

    def __init__(self, step_s: float = 0.1, *, horizon_s: float = HORIZON_S, interval_s: float = STEP_S) -> None:
        stride = round(interval_s / step_s)
        if stride < 1 or abs(stride * step_s - interval_s) > 1e-6:
            raise ConfigError(f"interval_s: expected a multiple of the control step {step_s:g} s, got {interval_s!r}")
        count = int(horizon_s / interval_s + 1e-6)
        if count < 1:
            raise ConfigError(f"horizon_s: expected at least interval_s = {interval_s:g}, got {horizon_s!r}")
        self._ahead = stride * np.arange(1, count + 1)
        self.times_s = self._ahead * step_s
        self._rows: list[tuple[np.ndarray, ...]] = []

    def __len__(self) -> int:
        """Steps taken down."""
        return len(self._rows)

    def add(self, state: WorldState) -> None:
        """Takes down where everybody is."""
        actors, worlds = state.actors, np.arange(len(state.worlds.map))
        yaw = actors.yaw.astype(np.float64)
        ahead = 0.5 * actors.length.astype(np.float64) - actors.rear
        middle = np.stack([actors.x + ahead * np.cos(yaw), actors.y + ahead * np.sin(yaw)], axis=-1)
        own = state.drivers.slot[:, 0]
        ego = np.stack([actors.x[worlds, own], actors.y[worlds, own], actors.yaw[worlds, own]], axis=-1)
        there = actors.kind != ActorKind.NONE
        self._rows.append((middle, yaw, there, actors.born.copy(), state.worlds.episode.copy(), ego.astype(np.float64)))

    def futures(self) -> Futures:
        """Futures of every step so far.

        Raises:
            ValueError: Nothing has been taken down.
        """
        if not self._rows:
            raise ValueError("futures: expected a drive, but nothing has been taken down")
        middle, yaw, there, born, episode, ego = (np.stack(column) for column in zip(*self._rows, strict=True))
        steps, worlds, slots = there.shape
        position = np.full((steps, worlds, slots, len(self._ahead), 2), np.nan, np.float32)
        heading = np.full(position.shape[:-1], np.nan, np.float32)
        valid = np.zeros(heading.shape, np.bool_)
        for point, ahead in enumerate(self._ahead.tolist()):
            if ahead >= steps:
                break
            now, later = slice(0, steps - ahead), slice(ahead, steps)
            same = there[now] & there[later] & (born[now] == born[later])
            same &= (episode[now] == episode[later])[..., None]
            cos, sin = np.cos(ego[now, :, 2])[..., None], np.sin(ego[now, :, 2])[..., None]
            east, north = np.moveaxis(middle[later] - ego[now, :, None, :2], -1, 0)
            seen = np.stack([east * cos + north * sin, north * cos - east * sin], axis=-1)
            turned = (yaw[later] - ego[now, :, 2][..., None] + np.pi) % (2.0 * np.pi) - np.pi
            position[now, :, :, point] = np.where(same[..., None], seen, np.nan)
            heading[now, :, :, point] = np.where(same, turned, np.nan)
            valid[now, :, :, point] = same
        return Futures(position, heading, valid, self.times_s)
