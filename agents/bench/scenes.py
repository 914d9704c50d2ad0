"""What is measured: environments with their sensors, driven by the expert, resets included."""

from pathlib import Path
from typing import Any, final

import gymnasium as gym
import numpy as np

from agents.bench.timing import Loop, Window
from agents.watching.driven_world import DrivenWorld
from agents.watching.player import Player
from agents.watching.screen import Screen
from drivesim import assets
from drivesim.kernels.launch import Launcher
from drivesim.render.scenery import prepare_plants
from drivesim.render.vehicles import prepare_sprites

FULL_WORLDS = 256
FULL_MAPS = 64
FULL_CARS = 9
"""Cars asked for: one may be on its way back, and 99 worlds in 100 should have 8 beside the ego."""
FULL_CAMERA = {"width": 64, "height": 64, "channels": ["rgb", "depth", "semantic"]}
COLOUR_CAMERA = {"width": 96, "height": 96, "channels": ["rgb"]}
VECTOR_CARS = 32
WINDOW_SIZE = (1280, 720)
WINDOW_FPS = 60
STAGGER_STEPS = 300
"""Worlds are reset one after the other over this many steps, so that episodes do not end all at once."""


@final
class Batch:
    """A vector environment driven by the expert, read through its zero-copy view.

    Args:
        env_id: Registered environment.
        worlds: Worlds that step together.
        maps: Distinct roads.
        sensors: Configs or dictionaries; none for the state alone.
        cars: Other cars per world; None keeps the environment's own number.
        weather: Name of a weather; None for a clear noon.
    """

    def __init__(
        self,
        env_id: str,
        *,
        worlds: int,
        maps: int,
        sensors: list[Any],
        cars: int | None = None,
        weather: str | None = None,
    ) -> None:
        config = None if cars is None else {"traffic": {"car_count": cars}}
        env = gym.make_vec(env_id, num_envs=worlds, map_count=maps, sensors=sensors, config=config, weather=weather)
        self.env: Any = env.unwrapped
        self.worlds = worlds
        self.env.reset(seed=0)

    def step(self) -> None:
        """One step of every world with its observation; ended worlds begin anew."""
        self.env.advance(self.env.expert_action())

    def step_with_copies(self) -> None:
        """The same through Gymnasium's `step`, whose observations are copies."""
        self.env.step(self.env.expert_action())

    def stagger(self, steps: int = STAGGER_STEPS) -> None:
        """Spreads the worlds' episodes out over `steps` steps."""
        order = np.arange(self.worlds) * steps // self.worlds
        for step in range(steps):
            due = order == step
            if due.any():
                self.env.reset(options={"reset_mask": due})
            self.step()

    def road_users(self) -> np.ndarray:
        """Road users of every world now, the ego included, shape (world,)."""
        return (self.env.simulation.world.state.actors.kind != 0).sum(axis=1)

    def loop(self) -> Loop:
        """Measures `step`, counting frames: one per world and step."""
        return Loop(self.step, self.worlds)

    def close(self) -> None:
        """Ends the environment's threads."""
        self.env.close()


@final
class OnThreads:
    """A batch whose worlds are shared out to a number of threads, as a subject of its own."""

    def __init__(self, batch: Batch, threads: int) -> None:
        self._batch = batch
        self._launcher = Launcher(threads)

    def window(self, seconds: float) -> Window:
        """Lends the batch its threads for one window."""
        world = self._batch.env.simulation.world
        before, world.launcher = world.launcher, self._launcher
        try:
            return self._batch.loop().window(seconds)
        finally:
            world.launcher = before

    def close(self) -> None:
        """Ends the threads."""
        self._launcher.close()


def full_batch(worlds: int = FULL_WORLDS, maps: int = FULL_MAPS) -> Batch:
    """Highway traffic, 64x64 colour, depth and semantics."""
    return Batch("drivesim/Highway-v0", worlds=worlds, maps=maps, sensors=[FULL_CAMERA], cars=FULL_CARS)


def town_batch(worlds: int = FULL_WORLDS, maps: int = FULL_MAPS) -> Batch:
    """Streets with the cars, people, cyclists and parked cars of the town's preset, the camera of `full_batch`."""
    return Batch("drivesim/Town-v0", worlds=worlds, maps=maps, sensors=[FULL_CAMERA])


def vector_batch(worlds: int, maps: int) -> Batch:
    """Highway traffic with room for 32 cars per world, the ego among them, without a camera."""
    return Batch("drivesim/Highway-v0", worlds=worlds, maps=maps, sensors=[], cars=VECTOR_CARS - 1)


def colour_batch(worlds: int, maps: int) -> Batch:
    """Country roads without traffic, 96x96 colour."""
    return Batch("drivesim/Lane-v0", worlds=worlds, maps=maps, sensors=[COLOUR_CAMERA])


@final
class Single:
    """One environment from `gymnasium.make`, driven by the expert."""

    def __init__(self, env_id: str, *, maps: int, sensors: list[dict[str, Any]]) -> None:
        # The checker compares spaces at every step for whoever writes an environment, not for whoever uses one.
        self.env = gym.make(env_id, map_count=maps, sensors=sensors, disable_env_checker=True)
        self._base: Any = self.env.unwrapped
        self.env.reset(seed=0)

    def step(self) -> None:
        """One step with its observation; a new episode where the last is over."""
        _, _, terminated, truncated, _ = self.env.step(self._base.expert_action())
        if terminated or truncated:
            self.env.reset()

    def loop(self) -> Loop:
        """Measures `step`."""
        return Loop(self.step, 1)

    def close(self) -> None:
        """Ends the environment's threads."""
        self.env.close()


def colour_single(maps: int) -> Single:
    """A country road, 96x96 colour."""
    return Single("drivesim/Lane-v0", maps=maps, sensors=[COLOUR_CAMERA])


def highway_single(maps: int) -> Single:
    """A highway with traffic, the environment as it comes."""
    return Single("drivesim/Highway-v0", maps=maps, sensors=[{}])


@final
class Watched:
    """What `drivesim watch` does for a frame, without a display: the shipped network on a highway, all panes shown."""

    def __init__(self) -> None:
        drive = DrivenWorld(
            env="highway",
            agent=str(assets.path("models/highway.safetensors")),
            seed=0,
            road=None,
            roads=1,
            held_out=True,
            report=lambda text, share: None,
        )
        prepare_sprites()
        prepare_plants()
        player = Player(drive, synchronous=True, keeps=True)
        self._screen = Screen(player, pictures=Path(), size=WINDOW_SIZE)
        self._frame = np.zeros((WINDOW_SIZE[1], WINDOW_SIZE[0], 4), np.uint8)

    def step(self) -> None:
        """One frame, a sixtieth of a second after the last; every sixth needs a control step first."""
        self._screen.player.advance(1.0 / WINDOW_FPS)
        self._screen.draw(self._frame, 1.0 / WINDOW_FPS)

    def loop(self) -> Loop:
        """Measures `step`."""
        return Loop(self.step, 1)

    def close(self) -> None:
        """Ends the threads."""
        self._screen.close()
