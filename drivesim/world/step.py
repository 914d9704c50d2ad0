"""`World`: a batch of independent worlds that step together. Start reading at `step_world`."""

import hashlib
import operator
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numba import njit

from drivesim.config import EnvConfig
from drivesim.config.simulation import USER_COUNTS
from drivesim.errors import ActionError, ConfigError, Status, check_range, check_shape, raise_if
from drivesim.extensions import NO_EXTENSIONS, Extensions, StepView
from drivesim.kernels.entry import entry, kernel
from drivesim.kernels.launch import Call, Launcher
from drivesim.kernels.target import clear_row, is_finite
from drivesim.kernels.warm_up import Job, WarmUp, job, launch_job
from drivesim.maps.bank import MapBank
from drivesim.maps.sources import has_streets, light_count
from drivesim.rng import Purpose, below, bits
from drivesim.state import ActorKind, EndReason, Event, RewardTerm, allocate_state, columns
from drivesim.state.bodies import is_driving, remember_poses, slot_of
from drivesim.state.events import NOBODY
from drivesim.state.kinds import kind_arrays
from drivesim.state.parameters import DISCRETE, asked_count, parameters_from
from drivesim.state.people import forget_paths
from drivesim.state.weather import WeatherOrigin
from drivesim.tasks.infractions import update_infractions
from drivesim.tasks.progress import advance_route, end_episode, start_route
from drivesim.tasks.rewards import reward_step
from drivesim.world.conditions import checked_conditions
from drivesim.world.contacts import detect_contacts
from drivesim.world.draws import drawn
from drivesim.world.driver import decide_world
from drivesim.world.fetch import fetch_lanes, fetch_points
from drivesim.world.meta import META_ACTION_COUNT, meta_action
from drivesim.world.people.appear import spawn_people
from drivesim.world.people.move import move_people
from drivesim.world.scenario import begin_scenario, direct_scenario, judge_scenario
from drivesim.world.scenario_choice import ScenarioChoice
from drivesim.world.scripted import begin_scripts
from drivesim.world.signals import begin_lights, change_lights, check_lights
from drivesim.world.spawn import spawn_world, vanish
from drivesim.world.traffic import locate, move_traffic
from drivesim.world.vehicle import drive, remember_velocity
from drivesim.world.weather import begin_weather, change_weather, set_weather_worlds
from drivesim.world.weather_choice import GivenWeather, WeatherChoice

_EPISODE, _ROUTE = int(Purpose.EPISODE), int(Purpose.ROUTE)
_NON_FINITE, _RUNNING = int(Status.NON_FINITE), int(EndReason.RUNNING)
_ZERO = np.float32(0.0)
_SEED_BITS = 64
MAPS_KEY = "maps.key"
"""Entry of a snapshot that tells which maps it belongs to."""
_DIGEST_BYTES = 16


@njit
def step_world(maps, state, parameters, action, world):
    """Advances one world by one control step; each line reads only what the lines above it wrote.

    Then `decide_world` decides what everybody does in the next step; for a driver, that is the expert's answer.
    """
    state.worlds.tick[world] += 1
    change_weather(maps, state, parameters, world)
    change_lights(maps, state, parameters, world)
    apply_actions(maps, state, parameters, action, world)
    if not has_poses(state, world):
        state.worlds.status[world] |= _NON_FINITE
        return
    locate_drivers(maps, state, parameters, world)
    direct_scenario(maps, state, parameters, world)
    move_traffic(maps, state, parameters, world)
    move_people(maps, state, parameters, world)
    detect_contacts(maps, state, parameters, world)
    judge_drivers(maps, state, parameters, world)
    judge_scenario(state, parameters, world)


@njit
def apply_actions(maps, state, parameters, action, world):
    """Moves the drivers' cars; the car of a driver whose episode has ended leaves the road.

    A row of `action` is (steering, acceleration), or (number of a meta-action, unused).
    """
    remember_poses(state.actors, world)
    for driver in range(state.drivers.slot.shape[1]):
        if not is_driving(state, world, driver):
            vanish(state.actors, world, slot_of(state, world, driver))
            continue
        steering, acceleration = action[world, driver, 0], action[world, driver, 1]
        if parameters.action_type == DISCRETE:
            steering, acceleration = meta_action(
                maps, state, parameters, np.int32(action[world, driver, 0]), world, driver
            )
        drive(state, parameters, steering, acceleration, world, driver)


@njit
def has_poses(state, world):
    """Whether every driver has a pose and a speed; without them nothing may be looked up on the map."""
    actors = state.actors
    for driver in range(state.drivers.slot.shape[1]):
        slot = slot_of(state, world, driver)
        total = actors.x[world, slot] + actors.y[world, slot] + actors.yaw[world, slot] + actors.speed[world, slot]
        if not is_finite(total):
            return False
    return True


@njit
def locate_drivers(maps, state, parameters, world):
    """Finds the lanes that the drivers' cars are in."""
    for driver in range(state.drivers.slot.shape[1]):
        if is_driving(state, world, driver):
            locate(maps, state, parameters, world, slot_of(state, world, driver))


@njit
def judge_drivers(maps, state, parameters, world):
    """Infractions, progress, end and reward of every driver; one whose episode has ended before earns nothing."""
    for driver in range(state.drivers.slot.shape[1]):
        if not is_driving(state, world, driver):
            state.episode.reward[world, driver] = _ZERO
            continue
        left = update_infractions(maps, state, parameters, world, driver)
        gained = advance_route(maps, state, parameters, left, world, driver)
        end_episode(maps, state, parameters, left, world, driver)
        reward_step(maps, state, parameters, gained, world, driver)


@njit
def begin_episode(maps, state, parameters, map_choice, route_choice, world):
    """Starts the episode that `seed` and `episode` name; all else is lost but the world's conditions.

    Args:
        maps: `MapArrays`.
        state: `WorldState`.
        parameters: `WorldParameters`.
        map_choice: Number of the map, which is in memory.
        route_choice: Route of the first driver on that map, or -1 to draw one; the others draw theirs.
        world: Index of the world.
    """
    worlds, routes = state.worlds, maps.routes
    seed, number = worlds.seed[world], worlds.episode[world]
    clear_world(state, world)
    key = bits(seed, _EPISODE, 0, number)
    worlds.seed[world], worlds.episode[world], worlds.key[world] = seed, number, key
    worlds.map[world] = map_choice
    begin_weather(maps, state, world)
    begin_lights(maps, state, parameters, world)
    first, last = routes.map_first[maps.slot_of[map_choice]], routes.map_end[maps.slot_of[map_choice]]
    for driver in range(state.drivers.slot.shape[1]):
        chosen = route_choice
        if driver > 0 or chosen < 0:
            chosen = below(key, _ROUTE, 0, driver, last - first)
        state.navigation.route[world, driver] = first + chosen
        start_route(maps, state, parameters, world, driver)
    spawn_world(maps, state, parameters, world)
    spawn_people(maps, state, parameters, world)
    begin_scripts(maps, state, parameters, world)
    begin_scenario(maps, state, parameters, world)
    for driver in range(state.drivers.slot.shape[1]):
        slot = slot_of(state, world, driver)
        state.held.speed[world, driver] = state.actors.speed[world, slot]
        state.held.lane[world, driver] = state.actors.lane[world, slot]
        remember_velocity(state, parameters, world, driver)


@njit
def clear_world(state, world):
    """Sets every column of a world to 0, its conditions and weather left out."""
    clear_row(state.worlds, world)
    clear_row(state.actors, world)
    clear_row(state.drivers, world)
    clear_row(state.actuators, world)
    clear_row(state.held, world)
    clear_row(state.plan, world)
    clear_row(state.labels, world)
    clear_row(state.navigation, world)
    clear_row(state.episode, world)
    clear_row(state.events, world)
    clear_row(state.scripts, world)
    clear_row(state.lights, world)
    clear_row(state.scenario, world)
    clear_row(state.junctions, world)
    clear_row(state.people, world)
    forget_paths(state, world)


@entry(inline=False)
def begin_worlds(maps, state, parameters, map_choice, route_choice, world):
    """Starts the next episode of a world; see `begin_episode`."""
    begin_episode(maps, state, parameters, map_choice[world], route_choice[world], world)


@entry(ahead=fetch_points, far_ahead=fetch_lanes)
def step_worlds(maps, state, parameters, action, world):
    """Advances a world by one control step; see `step_world`."""
    step_world(maps, state, parameters, action, world)


@entry(inline=False)
def decide_worlds(maps, state, parameters, world):
    """Lets everybody in a world decide; see `decide_world`."""
    if state.worlds.status[world] == 0:
        decide_world(maps, state, parameters, world)


@kernel
def _all_finite(action):
    return np.isfinite(action).all()


class World:
    """`world_count` independent worlds on the maps of a bank.

    World i behaves the same whatever the number of worlds and threads: it is a function of its seed, the number of its
    episode, its conditions and its actions. Plans and labels always belong to the current state.

    Args:
        bank: Maps to drive on.
        config: What to simulate; its sensors play no part here.
        world_count: Number of worlds.
        threads: Threads that share the worlds.
        driver_count: Drivers in every world; driver d steers the road user in slot d. With none, traffic is all over
            the map, and who leaves it returns elsewhere.
        extensions: What comes from outside the packages.

    Attributes:
        state: All that changes, shape (world, ...). Written here and nowhere else.
        parameters: The config as kernels know it.
        launcher: Runs kernels over ranges of worlds.
        has_begun: There has been an episode, so the state means something.
    """

    def __init__(
        self,
        bank: MapBank,
        config: EnvConfig,
        world_count: int,
        threads: int = 1,
        *,
        driver_count: int = 1,
        extensions: Extensions = NO_EXTENSIONS,
    ) -> None:
        check_range("world_count", world_count, 1, 1_000_000)
        check_range("threads", threads, 1, 1024)
        check_range("driver_count", driver_count, 0, 64)
        traffic = config.traffic
        scripts, scenarios = extensions.script_arrays(), extensions.scenario_arrays()
        user_count = sum(getattr(traffic, name) for name in USER_COUNTS) + traffic.door_count
        slot_count = driver_count + user_count + len(extensions.scripted) + scenarios.kind.shape[1]
        self.extensions = extensions
        self.bank = bank
        self.config = config
        self.world_count = world_count
        self.driver_count = driver_count
        self.state = allocate_state(
            world=world_count,
            slot=slot_count,
            driver=driver_count,
            event=len(Event) + len(extensions.events),
            term=len(RewardTerm) + len(extensions.terms),
            script=scripts.knot.shape[0],
            knot=scripts.knot.shape[1],
            asked=max(1, asked_count(config)),
            light=max(1, light_count(bank.source)),
            walker=max(1, traffic.pedestrian_count),
            user=scenarios.kind.shape[1],
            bend=scenarios.knot.shape[2],
            occasion=scenarios.action.shape[1],
        )
        self.state.conditions.friction[:] = config.vehicle.friction
        for name in USER_COUNTS:
            getattr(self.state.conditions, name)[:] = getattr(traffic, name)
        self._weather = WeatherChoice(config.weather, self.state)
        kinds = kind_arrays(extensions.all_kinds, traffic)
        self.parameters = parameters_from(
            config,
            slot_count,
            kinds=kinds,
            scripts=scripts,
            scenarios=scenarios if extensions.scenarios is not None else None,
            streets=has_streets(bank.source),
        )
        self._scenarios = ScenarioChoice(extensions.scenarios, scenarios, self.state, config, self._weather)
        self.launcher = Launcher(threads)
        self._action = np.zeros((world_count, driver_count, 2), np.float32)
        self._lease = bank.lease(world_count)
        self.has_begun = False

    def reset(
        self,
        seed: int | Sequence[int] | None = None,
        mask: np.ndarray | None = None,
        *,
        maps: Sequence[int] | np.ndarray | None = None,
        routes: Sequence[int] | np.ndarray | None = None,
        conditions: Mapping[str, Any] | None = None,
        weather: GivenWeather | None = None,
        variants: Sequence[int] | np.ndarray | None = None,
    ) -> None:
        """Begins new episodes in the worlds of `mask`, in all if None.

        Args:
            seed: World i is seeded with `seed + i`, or `seed[i]`, and begins its episode 0. None goes on to the next
                episode of each world's seed; the first reset then draws a seed.
            mask: bool, shape (world,).
            maps: Number of the map in its source for every world; drawn if None or -1.
            routes: Route, by its number on that map, for every world; drawn if None or -1.
            conditions: Values by column of `ConditionState`, each one number or an array of shape (world,); worlds
                keep theirs until they are given others.
            weather: One of every world, kept like conditions; None for those that go back to the config's.
            variants: Variant of the situations for every world; drawn if None or -1. It says which map, route, weather,
                friction and number of cars there are.

        Raises:
            ConfigError: A seed is negative, a map or route does not exist, or a condition is unknown or out of range.
        """
        chosen = self._mask(mask)
        given = checked_conditions(conditions or {}, self.config.traffic, self.world_count)
        map_choice, route_choice = self._choices(maps, routes)
        for name, values in given.items():
            getattr(self.state.conditions, name)[chosen] = values[chosen]
        if seed is None and not self.has_begun:
            seed = int(np.random.SeedSequence().generate_state(1, np.uint64)[0] >> np.uint64(1))
        worlds = np.flatnonzero(chosen)
        if weather is not None:
            self._weather.give(weather, worlds)
        record = self.state.worlds
        seeds = record.seed[worlds] if seed is None else self._seeds(seed)[worlds]
        episodes = np.zeros(len(worlds), record.episode.dtype) if seed is not None else record.episode[worlds] + 1
        if variants is not None or self.extensions.scenarios is not None:
            map_choice[worlds], route_choice[worlds] = self._scenarios.choose(worlds, seeds, episodes, variants)
        drawn = map_choice[worlds] < 0
        map_choice[worlds[drawn]] = self._drawn_maps(seeds[drawn], episodes[drawn])
        self._lease.take(worlds, map_choice[worlds])
        check_lights(self.bank.arrays, self.state, map_choice[worlds])
        if maps is None and self.extensions.scenarios is None:
            self._lease.expect(self._drawn_maps(seeds, episodes + 1).tolist())
        record.seed[worlds], record.episode[worlds] = seeds, episodes
        self.state.weather.since[worlds] = 0
        self._weather.draw(worlds)
        # Whoever stood on the map before must not be looked up on the lanes of another, not even to fetch them.
        self.state.actors.kind[worlds] = ActorKind.NONE
        if not self.has_begun:
            WarmUp(self.compile_jobs()).finish()
        self.has_begun = True
        self.launcher.run_in_turns((self._begin(map_choice, route_choice), self._decide()), worlds)

    def step(self, action: np.ndarray | Sequence[Any]) -> None:
        """Advances every world in which an episode still runs by one control step; in the others nobody earns anything.

        Args:
            action: float, shape (world, 2): steering (left positive) and acceleration, clipped to [-1, 1]. With
                `action_type` "discrete" integers of shape (world,), see `world.meta`. With several drivers, their
                axis comes second.

        Raises:
            ActionError: Wrong shape, not finite, or no such meta-action.
            SimulationError: A world's state has become meaningless.
        """
        self._take(action)
        record, episode = self.state.worlds, self.state.episode
        running = episode.end == _RUNNING
        goes_on = running.any(axis=1) if self.driver_count else np.ones(self.world_count, np.bool_)
        episode.reward[~goes_on] = 0.0
        self.launcher.run_in_turns((self._step(), self._decide()), np.flatnonzero(goes_on))
        if self._is_extended:
            self._extend(running)
        if record.status.any():
            raise_if(record.status, Status.NON_FINITE, tick=record.tick, seed=record.seed)

    def set_weather(self, weather: GivenWeather, mask: np.ndarray | None = None) -> None:
        """Gives worlds another weather while they drive; sensors and drivers know it from the next step on.

        Args:
            weather: One of every world, which lasts until it is given another; a change of it counts from now. None
                for those that go back to the config's.
            mask: Worlds that take it, bool, shape (world,); all if None.

        Raises:
            ConfigError: There is not one for every world.
        """
        worlds, state = np.flatnonzero(self._mask(mask)), self.state
        self._weather.give(weather, worlds)
        self._weather.draw(worlds)
        given = state.weather.origin[worlds] == WeatherOrigin.GIVEN
        state.weather.since[worlds] = np.where(given, state.worlds.tick[worlds], 0)
        if self.has_begun:
            chosen = worlds[state.weather.origin[worlds] != WeatherOrigin.NONE]
            self.launcher.run(set_weather_worlds, chosen, self.bank.arrays, state, self.parameters)

    @property
    def _is_extended(self) -> bool:
        return bool(self.extensions.terms or self.extensions.events)

    def _extend(self, running: np.ndarray) -> None:
        """Events and reward terms from outside, of the drivers whose episode ran before the step."""
        state, shape = self.state, running.shape
        view = StepView(self.bank.arrays, state, self.parameters)
        slots = (np.arange(shape[0])[:, None], state.drivers.slot)
        for number, event in enumerate(self.extensions.events, start=len(Event)):
            happens = np.asarray(event.function(view), np.bool_)
            check_shape(f"event {event.name!r}", happens, shape)
            happens = happens & running
            begins = happens & ~state.events.active[..., number]
            state.events.count[..., number] += begins
            values = {
                "time": np.broadcast_to((state.worlds.tick * self.parameters.step_s)[:, None], shape),
                "x": state.actors.x[slots],
                "y": state.actors.y[slots],
                "speed": state.actors.speed[slots],
                "other": np.full(shape, NOBODY),
            }
            for name, value in values.items():
                getattr(state.events, name)[begins, number] = value[begins]
            state.events.active[..., number] = happens
            if event.ends:
                ending = happens & (state.episode.end == EndReason.RUNNING)
                state.episode.end[ending] = EndReason.OTHER + number - len(Event)
        for number, term in enumerate(self.extensions.terms, start=len(RewardTerm)):
            value = np.asarray(term.function(view), np.float32)
            check_shape(f"reward term {term.name!r}", value, shape)
            state.episode.reward[..., number] = np.where(running, np.float32(term.weight) * value, 0.0)

    def decide(self, mask: np.ndarray | None = None) -> None:
        """Runs the drivers again on the current state; needed only after the state was changed from outside."""
        worlds = np.flatnonzero(self._mask(mask))
        self.state.actors.straight[worlds] = 0.0  # so that every car looks at the whole road ahead again
        self.launcher.run_in_turns((self._decide(),), worlds)

    def snapshot(self) -> dict[str, np.ndarray]:
        """Copies of all state arrays, by `group.column`, with lanes and routes by their numbers on their map."""
        snapshot = {name: array.copy() for name, array in self._arrays().items()}
        for name, first, _ in self._indices(self.state.worlds.map):
            snapshot[name] = np.where(snapshot[name] >= first, snapshot[name] - first, snapshot[name])
        snapshot[MAPS_KEY] = np.tile(self._maps_digest(), (self.world_count, 1))
        return snapshot

    def _maps_digest(self) -> np.ndarray:
        """What tells these maps from others, uint8: files of arrays hold numbers alone."""
        digest = hashlib.blake2b(self.bank.source.key.encode(), digest_size=_DIGEST_BYTES).digest()
        return np.frombuffer(digest, np.uint8)

    def restore(self, snapshot: dict[str, np.ndarray]) -> None:
        """Returns to a snapshot of a world batch with the same maps, config and number of worlds.

        Raises:
            ValueError: An array is missing, unknown, or of another shape or type; it is of other maps, or holds a map,
                lane or route that does not exist.
        """
        arrays = self._arrays()
        if snapshot.keys() != arrays.keys() | {MAPS_KEY}:
            unknown = snapshot.keys() ^ (arrays.keys() | {MAPS_KEY})
            raise ValueError(f"snapshot: arrays {sorted(unknown)} are missing or unknown")
        check_shape(f"snapshot[{MAPS_KEY!r}]", snapshot[MAPS_KEY], (self.world_count, _DIGEST_BYTES))
        if (snapshot[MAPS_KEY] != self._maps_digest()).any():
            raise ValueError(f"snapshot: is of other maps than those of this environment ({self.bank.source.key})")
        for name, array in arrays.items():
            check_shape(f"snapshot[{name!r}]", snapshot[name], array.shape)
            if snapshot[name].dtype != array.dtype:
                raise ValueError(f"snapshot[{name!r}]: expected dtype {array.dtype}, got {snapshot[name].dtype}")
        maps = snapshot["worlds.map"]
        if maps.min() < 0 or maps.max() >= self.bank.map_count:
            raise ValueError(f"snapshot['worlds.map']: expected numbers below {self.bank.map_count}, got {maps}")
        before = self.state.worlds.map.copy()
        self._lease.take(np.arange(self.world_count), maps)
        restored = dict(snapshot)
        for name, first, count in self._indices(maps):
            if not ((snapshot[name] >= -1) & (snapshot[name] < count)).all():
                self._lease.take(np.arange(self.world_count), before)
                raise ValueError(f"snapshot[{name!r}]: expected numbers of the map's {name.split('.')[1]}s, got others")
            restored[name] = np.where(snapshot[name] >= 0, snapshot[name] + first, snapshot[name])
        for name, array in arrays.items():
            array[...] = restored[name]
        self.has_begun = True

    def compile_jobs(self) -> tuple[Job, ...]:
        """The kernels that a world is run by, those that take longest to compile first."""
        no_choice = np.zeros(0, np.int32)
        calls = self._step(), self._decide(), self._begin(no_choice, no_choice)
        return (*(launch_job(call.kernel, *call.args) for call in calls), job(_all_finite, self._action))

    def _begin(self, map_choice: np.ndarray, route_choice: np.ndarray) -> Call:
        return Call(begin_worlds, (self.bank.arrays, self.state, self.parameters, map_choice, route_choice))

    def _step(self) -> Call:
        return Call(step_worlds, (self.bank.arrays, self.state, self.parameters, self._action))

    def _decide(self) -> Call:
        return Call(decide_worlds, (self.bank.arrays, self.state, self.parameters))

    def _indices(self, map_numbers: np.ndarray) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
        """Columns that hold lanes or routes: name, and of each world's map the first index and how many there are."""
        maps = self.bank.arrays
        tables = {"lane": maps.lanes, "route": maps.routes, "footpath": maps.footpaths}
        slots = np.maximum(maps.slot_of[map_numbers], 0)
        for group, values in self.state._asdict().items():
            for name, declared in columns(type(values)).items():
                if declared.points_at is not None:
                    table = tables[declared.points_at]
                    shape = (-1,) + (1,) * (getattr(values, name).ndim - 1)
                    first, end = table.map_first[slots].reshape(shape), table.map_end[slots].reshape(shape)
                    yield f"{group}.{name}", first, end - first

    def _drawn_maps(self, seeds: np.ndarray, episodes: np.ndarray) -> np.ndarray:
        """Numbers of the maps of some episodes, int32."""
        return drawn(seeds, episodes, Purpose.MAP, self.bank.map_count)

    def _arrays(self) -> dict[str, np.ndarray]:
        return {
            f"{group}.{name}": array
            for group, columns in self.state._asdict().items()
            for name, array in columns._asdict().items()
        }

    def _take(self, action: np.ndarray | Sequence[Any]) -> None:
        """Checks an action and keeps it in `_action`."""
        array = np.asarray(action)
        if self.parameters.action_type == DISCRETE:
            if array.shape != self._action_axes or array.dtype.kind not in "iu":
                raise ActionError(
                    f"action: expected integers of shape {self._action_axes}, got {array.dtype} {array.shape}"
                )
            if ((array < 0) | (array >= META_ACTION_COUNT)).any():
                raise ActionError(f"action: expected values in 0 .. {META_ACTION_COUNT - 1}, got {array.tolist()}")
            self._action[..., 0] = array.reshape(self._action.shape[:2])
            return
        expected = (*self._action_axes, 2)
        if array.shape != expected or array.dtype.kind not in "fiu":
            raise ActionError(f"action: expected numbers of shape {expected}, got {array.dtype} {array.shape}")
        self._action[...] = array.reshape(self._action.shape)
        if not _all_finite(self._action):
            world = int(np.flatnonzero(~np.isfinite(self._action).all(axis=(1, 2)))[0])
            raise ActionError(f"action: expected finite values, got {array[world].tolist()} for world {world}")

    @property
    def _action_axes(self) -> tuple[int, ...]:
        """Leading axes of an action: worlds, and drivers where there are several."""
        return (self.world_count,) if self.driver_count == 1 else (self.world_count, self.driver_count)

    def _mask(self, mask: np.ndarray | None) -> np.ndarray:
        if mask is None:
            return np.ones(self.world_count, np.bool_)
        mask = np.asarray(mask)
        check_shape("mask", mask, (self.world_count,))
        if mask.dtype != np.bool_:
            raise ValueError(f"mask: expected dtype bool, got {mask.dtype}")
        return mask

    def _seeds(self, seed: int | Sequence[int]) -> np.ndarray:
        if isinstance(seed, Sequence | np.ndarray):
            seeds = [operator.index(value) for value in seed]
            if len(seeds) != self.world_count:
                raise ConfigError(f"seed: expected {self.world_count} seeds, got {len(seeds)}")
        else:
            seeds = [operator.index(seed) + world for world in range(self.world_count)]
        for value in seeds:
            if not 0 <= value < 2**_SEED_BITS:
                raise ConfigError(f"seed: expected integers in 0 .. 2^{_SEED_BITS} - 1, got {value}")
        return np.array(seeds, np.uint64)

    def _choices(
        self, maps: Sequence[int] | np.ndarray | None, routes: Sequence[int] | np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Checked choices of map and route, int32 (world,), -1 where to be drawn."""
        if maps is None and routes is None:
            return np.full(self.world_count, -1, np.int32), np.full(self.world_count, -1, np.int32)
        bounds = {"maps": (maps, self.bank.map_count), "routes": (routes, 2**31)}
        chosen = []
        for name, (values, count) in bounds.items():
            array = np.full(self.world_count, -1) if values is None else np.asarray(values)
            if array.shape != (self.world_count,) or array.dtype.kind not in "iu":
                raise ConfigError(f"{name}: expected {self.world_count} integers, got {values!r}")
            if array.min() < -1 or array.max() >= count:
                raise ConfigError(f"{name}: expected numbers from -1 to {count - 1}, got {array.tolist()}")
            chosen.append(array.astype(np.int32))
        map_choice, route_choice = chosen
        worlds = np.flatnonzero(route_choice >= 0)
        if (map_choice[worlds] < 0).any():
            raise ConfigError(f"routes: expected -1 where no map is chosen, got {route_choice.tolist()}")
        route_counts = self.bank.route_counts(map_choice[worlds])
        for world, route_count in zip(worlds, route_counts, strict=True):
            if route_choice[world] >= route_count:
                raise ConfigError(
                    f"routes: map {map_choice[world]} has {route_count} routes, got number {route_choice[world]}"
                )
        return map_choice, route_choice
