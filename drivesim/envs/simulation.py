"""`Simulation`: a batch of worlds with its maps and sensors, the one core behind every environment."""

import os
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from drivesim.config import (
    ENV_PRESETS,
    EnvConfig,
    MapConfig,
    MapFileConfig,
    MapSource,
    SensorConfig,
    env_config_from,
    map_from,
    replace,
    sensors_from,
    weather_from,
)
from drivesim.envs.observation import allocate_vectors, observe_worlds
from drivesim.envs.vehicle_faults import set_vehicle_faults, vehicle_schedule
from drivesim.envs.warm_up import compile_jobs
from drivesim.errors import ConfigError, check_choice, check_integer, hint
from drivesim.extensions import NO_EXTENSIONS, Extensions
from drivesim.kernels.warm_up import WarmUp
from drivesim.maps.bank import MapBank
from drivesim.maps.sources import has_streets, source_of
from drivesim.sensors.labels import LABELS, Labels, Values, read_label
from drivesim.sensors.objects import ObjectLabels, object_labels
from drivesim.sensors.rig import SNAPSHOT_PREFIX, Rig
from drivesim.sensors.truth.labels import Moment, Truth
from drivesim.world.step import World
from drivesim.world.weather_choice import GivenWeather

BANK_CACHE_SIZE = 3
"""Banks kept alive though nobody uses them."""


_OBJECT_LABELS = tuple(f"objects_{name}" for name in ObjectLabels._fields)
_BANKS: OrderedDict[tuple[str, int], MapBank] = OrderedDict()


def shared_bank(config: MapConfig | MapFileConfig | MapSource, memory_mb: int) -> MapBank:
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
    map: Any = None,  # the config's own name for it
    map_start: int | None = None,
    map_count: int | None = None,
    map_memory_mb: int | None = None,
    sensors: str | SensorConfig | dict[str, Any] | Sequence[Any] | None = None,
    action_type: str | None = None,
    weather: Any = None,
    unknown: dict[str, Any] | None = None,
) -> EnvConfig:
    """The config an environment's keyword arguments ask for.

    Args:
        base_config: Preset that stands behind the environment's id.
        config: Preset name, JSON file, dictionary of changes, or a whole config.
        map: An OpenDRIVE file, a map's config or source, or a dictionary of changes to it.
        map_start: First generator seed of the roads.
        map_count: Number of roads.
        map_memory_mb: Memory for maps [MB].
        sensors: Preset name, one sensor, or a list of them.
        action_type: `continuous` or `discrete`.
        weather: Preset's name, a weather, or a list of which every episode draws one.
        unknown: Keyword arguments nobody knows; any is an error.

    Raises:
        ConfigError: Something is unknown (the nearest name is given) or out of range.
    """
    known = (
        "config", "render_mode", "map", "map_start", "map_count", "map_memory_mb", "sensors", "action_type", "weather",
        "threads", "autoreset_mode", "extensions",
    )  # fmt: skip
    for name in unknown or {}:
        raise ConfigError(f"unknown argument {name!r}; {hint(name, known)}")
    base = ENV_PRESETS[check_choice("base_config", base_config, ENV_PRESETS)]
    result = base if config is None else env_config_from(config, base=base)
    if map is not None:
        result = replace(result, map=map_from(map))
    for argument, field, value in (("map_start", "start", map_start), ("map_count", "count", map_count)):
        if value is None:
            continue
        if not isinstance(result.map, MapConfig):
            raise ConfigError(f"{argument}: chooses procedural roads, but the maps are {result.map!r}")
        try:
            result = replace(result, map={field: value})
        except ConfigError as error:
            raise ConfigError(str(error).replace(f"MapConfig.{field}", argument)) from None
    changes: dict[str, Any] = {}
    if map_memory_mb is not None:
        changes["map_memory_mb"] = map_memory_mb
    if sensors is not None:
        changes["sensors"] = sensors_from(sensors)
    if action_type is not None:
        changes["action_type"] = action_type
    if weather is not None:
        changes["weather"] = weather_from(weather)
    return replace(result, **changes)


class Simulation:
    """Worlds, maps and sensors stepped together.

    Args:
        config: What to simulate.
        world_count: Independent worlds, at least 1.
        threads: Worker threads; results do not depend on them.
        bank: Maps to drive on; built from `config.map`, or shared with an earlier simulation, if not given.
        extensions: What comes from outside the packages.
    """

    def __init__(
        self,
        config: EnvConfig,
        *,
        world_count: int,
        threads: int = 1,
        bank: MapBank | None = None,
        extensions: Extensions = NO_EXTENSIONS,
    ) -> None:
        check_integer("world_count", world_count, 1, 1_000_000)
        check_integer("threads", threads, 1, 1024)
        self.config = config
        self.world_count = world_count
        self._given_bank = bank
        streets = has_streets(bank.source if bank is not None else config.map)
        streets |= bool(extensions.scripted) or extensions.scenarios is not None
        warm_up = WarmUp(compile_jobs(config, streets=streets))
        try:
            self.bank = bank if bank is not None else shared_bank(config.map, config.map_memory_mb)
            self.world = World(self.bank, config, world_count, threads, extensions=extensions)
            self.truth = Truth(config.sensors, world_count, step_s=config.step_s, kinds=extensions.all_kinds)
            self.rig = Rig(
                config.sensors,
                world_count,
                step_s=config.step_s,
                kinds=extensions.all_kinds,
                vehicle_model=config.vehicle.model,
            )
            warm_up.finish()
        except BaseException:
            warm_up.cancel()
            raise
        self._car_faults = vehicle_schedule(config)
        self.vectors = allocate_vectors(config, world_count)
        self._gather()

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled as what it was made of and its state: maps that follow from the config are built or found again."""
        return _rebuilt, (*self._made_of(), self._given_bank, self._kept())

    def __deepcopy__(self, memo: dict[int, Any]) -> "Simulation":
        """A simulation of its own in the same state, on the same maps, which nobody writes."""
        copied = _rebuilt(*self._made_of(), self.bank, self._kept())
        copied._given_bank = self._given_bank
        memo[id(self)] = copied
        return copied

    def reset(
        self,
        seed: int | Sequence[int] | None = None,
        *,
        mask: np.ndarray | None = None,
        maps: Sequence[int] | np.ndarray | None = None,
        routes: Sequence[int] | np.ndarray | None = None,
        conditions: Mapping[str, Any] | None = None,
        weather: GivenWeather | None = None,
        variants: Sequence[int] | np.ndarray | None = None,
    ) -> None:
        """Begins new episodes and observes them; see `World.reset`."""
        self.world.reset(
            seed, mask, maps=maps, routes=routes, conditions=conditions, weather=weather, variants=variants
        )
        self.observe(mask)

    def observe(self, mask: np.ndarray | None = None) -> None:
        """Updates the sensors of the worlds in `mask`, shape (world,), of all if None, and fills the vectors."""
        # The vectors first: the lanes that they read are still in the caches from the step, which pictures empty.
        maps, state, launcher = self.bank.arrays, self.world.state, self.world.launcher
        launcher.run(observe_worlds, np.arange(self.world_count), maps, state, self.vectors)
        self.rig.update(maps, state, launcher, mask)
        if self.config.vehicle.faults:
            set_vehicle_faults(self.config, self._car_faults, state)

    def observation(self) -> dict[str, np.ndarray]:
        """Views of the current observation, leading axis `world`; the next `observe` overwrites them."""
        return self._observation

    def labels(self) -> Labels:
        """Truth for this observation by name, leading axis `world`; what is no view of the state is computed when read.

        The expert's answer, the truth about lane and lead, the command; of all road users around the first driver's car
        `objects_<column>`, shape (world, slot, ...), see `ObjectLabels`, and `objects_visible` where a camera has an
        instance channel; of sensors that keep it the truth of the delivered frame, `<key>_truth`, and of those that may
        have faults `<name>_faults`, the severity of each of `fault_names(type)` in the delivered frame; of a car that
        may have some `vehicle_faults`, of `fault_names("vehicle")`; boxes, lines and free space for every sensor, see
        `drivesim/sensors/truth/README.md`; and the labels that `register_label` has made known.
        """
        state = self.world.state
        groups = {**state.plan._asdict(), **state.labels._asdict(), "command": state.navigation.command}
        world = self.world
        waiting: dict[str, Values] = self.truth.labels(
            Moment(self.bank.arrays, state, world.parameters, world.launcher, self.bank.network, self.rig.observation())
        )
        waiting |= dict.fromkeys(_OBJECT_LABELS, self._object_labels)
        waiting |= dict.fromkeys(
            (f"{each.config.name}_faults" for each in self.rig.sensors if each.may_have_faults),
            lambda: self.rig.faults(state),
        )
        if self.config.vehicle.faults:
            waiting["vehicle_faults"] = lambda: {
                "vehicle_faults": self._car_faults.severities(state.worlds.key, state.worlds.tick)
            }
        if self.rig.instance_camera is not None:
            waiting["objects_visible"] = self._visible_share
        for name in LABELS:
            waiting[name] = partial(self._registered_label, name)
        ready = {name: values[:, 0] for name, values in groups.items()}
        # With one driver a view is a world.
        return Labels(ready | self.rig.truths(), waiting)

    def snapshot(self, *, sensors: bool = True) -> dict[str, np.ndarray]:
        """Everything that changes, as copies; without `sensors` what they remember is left out."""
        return {**self.world.snapshot(), **(self.rig.snapshot() if sensors else {})}

    def restore(self, snapshot: dict[str, np.ndarray], *, sensors: bool = True) -> None:
        """Returns to a snapshot and observes it; without `sensors` these go on from what they remember."""
        of_sensors = {name: values for name, values in snapshot.items() if name.startswith(SNAPSHOT_PREFIX)}
        if sensors:
            self.rig.check(of_sensors)
        self.world.restore({name: values for name, values in snapshot.items() if name not in of_sensors})
        if sensors:
            self.rig.restore(of_sensors)
            self._gather()
        self.observe()

    def set_fault(self, sensor: str, kind: str, severity: int | None, mask: np.ndarray | None = None) -> None:
        """Gives a sensor a fault in place of what its config says, and observes it.

        It lasts until it is set again, over episodes, and is in every snapshot. A sensor with a rate, a latency or a
        memory shows faults of its picture from its next frame on; everything else shows at once.

        Args:
            sensor: Name of the sensor.
            kind: One of `fault_names(type)` of its type.
            severity: 1 to 5; 0: it does not have it, whatever its config says; None: as its config says.
            mask: The worlds, bool, shape (world,); None: all.

        Raises:
            ConfigError: There is no such sensor, it cannot have the fault, or the severity is not one.
        """
        self.rig.set_fault(sensor, kind, severity, mask)
        self._gather()
        self.observe()

    def _gather(self) -> None:
        """Finds the buffers of the observation."""
        self._observation = {**self.rig.observation(), **self.vectors._asdict()}

    def _made_of(self) -> tuple[EnvConfig, Extensions, int, int]:
        return self.config, self.world.extensions, self.world_count, self.world.launcher.threads

    def _kept(self) -> dict[str, np.ndarray] | None:
        """A snapshot; None before the first episode."""
        return self.snapshot() if self.world.has_begun else None

    def _object_labels(self) -> dict[str, np.ndarray]:
        world = self.world
        labels = object_labels(world.state, world.parameters, world.launcher)
        return {f"objects_{name}": values[:, 0] for name, values in labels._asdict().items()}

    def _visible_share(self) -> dict[str, np.ndarray]:
        return {"objects_visible": self.rig.visible(self.world.state, self.world.launcher)[:, 0]}

    def _registered_label(self, name: str) -> dict[str, np.ndarray]:
        return {name: read_label(name, self.bank.arrays, self.world.state)}

    def close(self) -> None:
        """Ends the worker threads."""
        self.world.launcher.close()


def _rebuilt(
    config: EnvConfig,
    extensions: Extensions,
    world_count: int,
    threads: int,
    bank: MapBank | None,
    snapshot: dict[str, np.ndarray] | None,
) -> Simulation:
    simulation = Simulation(config, world_count=world_count, threads=threads, bank=bank, extensions=extensions)
    if snapshot is not None:
        simulation.restore(snapshot)
    return simulation
