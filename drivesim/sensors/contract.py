"""What a sensor is: it measures the worlds that are due, in stages, into frames of its own.

A frame goes through `STAGES` in this order, and then through delivery (`sensors.delivery`), which is the same for all:

    truth    what a perfect device would see, read off maps and state
    medium   what lies between: weather and light
    device   what the device makes of it: exposure, noise, distortion
    faults   what is wrong with the device: dead pixels, dirt, dropped frames

Each stage changes `frames` in place, and may be run alone. A stage that a sensor does not have does nothing.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from drivesim.config import fault_names
from drivesim.errors import check_choice
from drivesim.kernels.launch import Launcher
from drivesim.kernels.warm_up import Job
from drivesim.maps.arrays import MapArrays
from drivesim.sensors.faults import FaultSchedule, imposed
from drivesim.state import Column, WorldState
from drivesim.state.kinds import KINDS, RoadUserKind
from drivesim.state.sensors import allocate_columns

STAGES = ("truth", "medium", "device", "faults")
"""Methods of a sensor that make a frame."""


class Sensor:
    """A sensor on the car of every driver. Reads maps and state; writes its own frames and memory, nothing else.

    View v is driver v % drivers of world v // drivers. What a sensor measures in a view follows from that world's data
    and that view's memory alone, whatever else is due.

    Args:
        config: Its config; `config.measured()` says which frames there are.
        world_count: Number of worlds.
        step_s: Control step [s].
        driver_count: Drivers in every world.
        kinds: Kinds of road user, in the order of their numbers.
        vehicle_model: What drives the drivers' cars, one of `VEHICLE_MODELS`: it says what `ActorState.speed` is of.

    Attributes:
        frames: The latest frames by channel name, shape (view, ...).
        truths: What a perfect device would have measured, where its config keeps that: copies of `frames` after the
            stage `truth`.
        memory: What it remembers from one frame to the next: the arrays of `memory_columns`, zeroed when an episode
            begins. A sensor without memory is a function of maps and state.
        schedule: When it has which fault, as the config says.
        forced: Severities forced from outside in place of the config's, int8, shape (world, fault), `NOT_FORCED` where
            the config has its way; None where it has in everything.
    """

    memory_columns: ClassVar[Mapping[str, Column]] = {}
    """What it remembers, with axis `world` or `view` first."""

    def __init__(
        self,
        config: Any,
        world_count: int,
        *,
        step_s: float = 0.1,
        driver_count: int = 1,
        kinds: tuple[RoadUserKind, ...] = KINDS,
        vehicle_model: str = "kinematic",
    ) -> None:
        self.config = config
        self.vehicle_model = vehicle_model
        self.kinds = kinds
        self.world_count = world_count
        self.driver_count = driver_count
        self.view_count = world_count * driver_count
        self.step_s = step_s
        self.frames: dict[str, np.ndarray] = {
            channel.name: np.zeros((self.view_count, *channel.shape), channel.dtype) for channel in config.measured()
        }
        self.truths: dict[str, np.ndarray] = (
            {name: np.zeros_like(frames) for name, frames in self.frames.items()} if config.truth else {}
        )
        self.memory = allocate_columns(self.memory_columns, world=world_count, driver=driver_count)
        self.forced: np.ndarray | None = None
        self.schedule = FaultSchedule(config.faults, sensor_type=config.type, name=config.name, step_s=step_s)

    def update(
        self,
        maps: MapArrays,
        state: WorldState,
        launcher: Launcher,
        due: np.ndarray | None = None,
        *,
        until: str = "faults",
    ) -> None:
        """Measures the worlds in `due`, bool, shape (world,), or all; the others keep their last frame.

        Args:
            maps: Roads and what stands beside them.
            state: The worlds.
            launcher: Runs kernels over worlds or views.
            due: The worlds, all if None.
            until: The last stage that is run.
        """
        check_choice("until", until, STAGES)
        for stage in STAGES[: STAGES.index(until) + 1]:
            getattr(self, stage)(maps, state, launcher, due)
            if stage == "truth" and self.truths:
                views, _, _ = self.carriers(state, due)
                for name, kept in self.truths.items():
                    kept[views] = self.frames[name][views]

    def truth(self, maps: MapArrays, state: WorldState, launcher: Launcher, due: np.ndarray | None) -> None:
        """Writes what a perfect device would see."""
        raise NotImplementedError(f"{type(self).__name__} must measure something")

    def medium(self, maps: MapArrays, state: WorldState, launcher: Launcher, due: np.ndarray | None) -> None:
        """Changes the frames as weather and light do."""

    def device(self, maps: MapArrays, state: WorldState, launcher: Launcher, due: np.ndarray | None) -> None:
        """Changes the frames as the device does."""

    def faults(self, maps: MapArrays, state: WorldState, launcher: Launcher, due: np.ndarray | None) -> None:
        """Changes the frames as defects do."""

    def severities(self, state: WorldState) -> np.ndarray:
        """How badly it has each fault of `fault_names(config.type)` at this tick, uint8, shape (world, fault)."""
        scheduled = self.schedule.severities(state.worlds.key, state.worlds.tick)
        return scheduled if self.forced is None else imposed(scheduled, self.forced)

    @property
    def may_have_faults(self) -> bool:
        """A fault is in its config, or forced."""
        return bool(self.config.faults) or self.forced is not None

    def severity(self, kind: str, state: WorldState) -> np.ndarray:
        """How badly it has one fault, uint8, shape (world,); 0: not at all."""
        return self.severities(state)[:, fault_names(self.config.type).index(kind)]

    def compile_jobs(self, maps: MapArrays, state: WorldState) -> tuple[Job, ...]:
        """The kernels it runs, for maps and a state like these, so that they can be compiled beforehand."""
        return ()

    def pane(self, frames: Mapping[str, np.ndarray]) -> np.ndarray | None:
        """A picture of one view's frames by channel name, uint8 (H, W, 3), to show people; None: there is none."""
        return None

    def strip(self, frames: Mapping[str, np.ndarray]) -> Mapping[str, np.ndarray] | None:
        """Numbers of one view's frames to show people over time, by name with unit, the oldest first; None: none."""
        return None

    def carriers(self, state: WorldState, due: np.ndarray | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The views of the worlds in `due`, or all: view, world, and slot of the car that carries the sensor."""
        views = np.arange(self.view_count) if due is None else np.flatnonzero(np.repeat(due, self.driver_count))
        worlds, drivers = np.divmod(views, self.driver_count)
        return views, worlds, state.drivers.slot[worlds, drivers]
