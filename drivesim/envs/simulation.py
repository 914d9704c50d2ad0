"""`Simulation`: a batch of worlds with its maps and sensors, the one core behind every environment."""

import os
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import numpy as np

from drivesim.config import ENV_PRESETS, EnvConfig, MapConfig, MapSource, env_config_from, replace, sensors_from
from drivesim.envs.observation import observe_worlds
from drivesim.envs.warm_up import WarmUp
from drivesim.errors import ConfigError, check_choice, check_range, hint
from drivesim.maps.bank import MapBank
from drivesim.maps.sources import source_of
from drivesim.sensors.rig import Rig
from drivesim.world.step import World

BANK_CACHE_SIZE = 3
"""Banks kept alive though nobody uses them."""


_BANKS: OrderedDict[tuple[str, int], MapBank] = OrderedDict()


def shared_bank(config: MapConfig | MapSource, memory_mb: int) -> MapBank:
    """The bank of these maps; environments of one process that ask for the same maps share it."""
    source = source_of(config)
    key = source.key, memory_mb
    bank = _BANKS.get(key) or MapBank(source, memory_mb=memory_mb)
    _BANKS[key] = bank
    _BANKS.move_to_end(key)
    if len(_BANKS) > BANK_CACHE_SIZE:
        _BANKS.popitem(last=False)
    return bank


def configure(
    base_config: str,
    config: str | dict[str, Any] | EnvConfig | os.PathLike[str] | None,
    *,
    map_start: int | None = None,
    map_count: int | None = None,
    map_memory_mb: int | None = None,
    sensors: str | Sequence[Any] | None = None,
    action_type: str | None = None,
    unknown: dict[str, Any] | None = None,
) -> EnvConfig:
    """The config an environment's keyword arguments ask for.

    Args:
        base_config: Preset that stands behind the environment's id.
        config: Preset name, JSON file, dictionary of changes, or a whole config.
        map_start: First generator seed of the roads.
        map_count: Number of roads.
        map_memory_mb: Memory for maps [MB].
        sensors: Preset name or list of sensors.
        action_type: `continuous` or `discrete`.
        unknown: Keyword arguments nobody knows; any is an error.

    Raises:
        ConfigError: Something is unknown (the nearest name is given) or out of range.
    """
    known = (
        "config", "render_mode", "map_start", "map_count", "map_memory_mb", "sensors", "action_type", "threads",
        "autoreset_mode",
    )  # fmt: skip
    for name in unknown or {}:
        raise ConfigError(f"unknown argument {name!r}; {hint(name, known)}")
    base = ENV_PRESETS[check_choice("base_config", base_config, ENV_PRESETS)]
    result = base if config is None else env_config_from(config, base=base)
    roads = {name: value for name, value in (("start", map_start), ("count", map_count)) if value is not None}
    changes: dict[str, Any] = {}
    if roads:
        if not isinstance(result.map, MapConfig):
            raise ConfigError(f"map_{next(iter(roads))}: chooses procedural roads, but the maps are {result.map!r}")
        changes["map"] = roads
    if map_memory_mb is not None:
        changes["map_memory_mb"] = map_memory_mb
    if sensors is not None:
        changes["sensors"] = sensors_from(sensors if isinstance(sensors, str) else list(sensors))
    if action_type is not None:
        changes["action_type"] = action_type
    return replace(result, **changes)


class Simulation:
    """Worlds, maps and sensors stepped together.

    Args:
        config: What to simulate.
        world_count: Independent worlds, at least 1.
        threads: Worker threads; results do not depend on them.
        bank: Maps to drive on; built from `config.map`, or shared with an earlier simulation, if not given.
    """

    def __init__(self, config: EnvConfig, *, world_count: int, threads: int = 1, bank: MapBank | None = None) -> None:
        check_range("world_count", world_count, 1, 1_000_000)
        check_range("threads", threads, 1, 1024)
        self.config = config
        self.world_count = world_count
        warm_up = WarmUp()
        try:
            self.bank = bank if bank is not None else shared_bank(config.map, config.map_memory_mb)
            self.world = World(self.bank, config, world_count, threads)
            self.rig = Rig(config.sensors, world_count, step_s=config.step_s)
            if warm_up.is_cold:
                # Drawn for no world: this compiles the cameras while the world is compiled elsewhere.
                self.rig.update(
                    self.bank.arrays, self.world.state, self.world.launcher, np.zeros(world_count, np.bool_)
                )
            warm_up.finish()
        except BaseException:
            warm_up.cancel()
            raise
        self._ego = np.zeros((world_count, 8), np.float32)
        self._route = np.zeros((world_count, config.route_point_count, 2), np.float32)
        self._command = np.zeros((world_count, 4), np.float32)
        self._observation = {
            **self.rig.observation(),
            "ego": self._ego,
            "route": self._route,
            "command": self._command,
        }

    def reset(
        self,
        seed: int | Sequence[int] | None = None,
        *,
        mask: np.ndarray | None = None,
        maps: Sequence[int] | np.ndarray | None = None,
        routes: Sequence[int] | np.ndarray | None = None,
    ) -> None:
        """Begins new episodes and observes them; see `World.reset`."""
        self.world.reset(seed, mask, maps=maps, routes=routes)
        self.observe(mask)

    def observe(self, mask: np.ndarray | None = None) -> None:
        """Renders the sensors of the worlds in `mask`, shape (world,), of all if None, and fills the vectors."""
        # The vectors first: the lanes that they read are still in the caches from the step, which pictures empty.
        world = self.world
        world.launcher.run(
            observe_worlds,
            self.world_count,
            self.bank.arrays,
            world.state,
            self._ego,
            self._route,
            self._command,
        )
        self.rig.update(self.bank.arrays, world.state, world.launcher, mask)

    def observation(self) -> dict[str, np.ndarray]:
        """Views of the current observation, leading axis `world`; the next `observe` overwrites them."""
        return self._observation

    def labels(self) -> dict[str, np.ndarray]:
        """Views for this observation, by name: the expert's answer, the truth about lane and lead, the command."""
        state = self.world.state
        groups = {**state.plan._asdict(), **state.labels._asdict(), "command": state.navigation.command}
        return {name: values[:, 0] for name, values in groups.items()}

    def snapshot(self) -> dict[str, np.ndarray]:
        """Everything that changes, as copies."""
        return self.world.snapshot()

    def restore(self, snapshot: dict[str, np.ndarray]) -> None:
        """Returns to a snapshot and observes it."""
        self.world.restore(snapshot)
        self.observe()

    def close(self) -> None:
        """Ends the worker threads."""
        self.world.launcher.close()
