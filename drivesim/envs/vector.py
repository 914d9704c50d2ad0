"""`DriveVectorEnv`: the native batch. No driving logic below this line."""

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium.error import ResetNeeded
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from drivesim.config import EnvConfig, SensorConfig
from drivesim.envs import episode
from drivesim.envs.arguments import check_running, choices_from, mask_from, options_from, seeds_from, weathers_of
from drivesim.envs.observation import action_space, observation_space
from drivesim.envs.simulation import Simulation, configure
from drivesim.errors import ConfigError, check_choice, check_integer
from drivesim.extensions import NO_EXTENSIONS, Extensions
from drivesim.sensors.labels import Labels

RENDER_MODES = ("rgb_array",)


class DriveVectorEnv(VectorEnv[dict[str, np.ndarray], np.ndarray, np.ndarray]):
    """Many worlds of one config, stepped together; world i of seed s equals a single environment of seed s + i.

    Observations, spaces and `info` are those of `DriveEnv` with a leading axis; see `observation.py`.

    Args:
        num_envs: Worlds.
        base_config: Preset behind the id.
        config: Preset name, JSON path, dictionary of changes, or `EnvConfig`.
        render_mode: None or "rgb_array".
        map: An OpenDRIVE file (.xodr, .xodr.gz), a map's config or source, or a dictionary of changes to it.
        map_start: First generator seed of the roads.
        map_count: Number of roads.
        map_memory_mb: Memory for maps [MB]; results do not depend on it.
        sensors: Preset name, one sensor, or a list of them.
        action_type: "continuous" or "discrete".
        weather: Preset's name, a weather, or a list of which every episode draws one.
        threads: Worker threads; results do not depend on them.
        autoreset_mode: An `AutoresetMode` or its value.
        extensions: Kinds, scripts, reward terms and events from outside; see `drivesim.extensions`.
        **unknown: Refused, with the nearest known name.
    """

    metadata: dict[str, Any] = {  # noqa: RUF012  # Gymnasium declares it so
        "render_modes": list(RENDER_MODES),
        "render_fps": EnvConfig().control_rate_hz,
        "autoreset_mode": AutoresetMode.NEXT_STEP,
    }

    def __init__(
        self,
        num_envs: int = 1,
        *,
        base_config: str = "lane",
        config: str | dict[str, Any] | EnvConfig | os.PathLike[str] | None = None,
        render_mode: str | None = None,
        map: Any = None,  # the config's own name for it
        map_start: int | None = None,
        map_count: int | None = None,
        map_memory_mb: int | None = None,
        sensors: str | SensorConfig | dict[str, Any] | Sequence[Any] | None = None,
        action_type: str | None = None,
        weather: Any = None,
        threads: int = 1,
        extensions: Extensions = NO_EXTENSIONS,
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        **unknown: Any,
    ) -> None:
        if render_mode is not None:
            check_choice("render_mode", render_mode, RENDER_MODES)
        check_integer("num_envs", num_envs, 1, 1_000_000)
        check_integer("threads", threads, 1, 1024)
        self.config = configure(
            base_config,
            config,
            map=map,
            map_start=map_start,
            map_count=map_count,
            map_memory_mb=map_memory_mb,
            sensors=sensors,
            action_type=action_type,
            weather=weather,
            unknown=unknown,
        )
        try:
            self.autoreset_mode = AutoresetMode(autoreset_mode)
        except ValueError:
            known = [mode.value for mode in AutoresetMode]
            raise ConfigError(f"autoreset_mode: expected one of {known}, got {autoreset_mode!r}") from None
        self.metadata = {
            **type(self).metadata,
            "render_fps": self.config.control_rate_hz,
            "autoreset_mode": self.autoreset_mode,
        }
        self.num_envs = num_envs = int(num_envs)
        self.render_mode = render_mode
        self._extensions = extensions
        self.simulation = Simulation(self.config, world_count=num_envs, threads=threads, extensions=extensions)
        self.single_observation_space = observation_space(self.config)
        self.single_action_space = action_space(self.config)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._pending = np.zeros(num_envs, np.bool_)
        self._started = False
        self._renderer: Any = None

    def __getstate__(self) -> dict[str, Any]:
        """A copy draws with a renderer of its own."""
        return {**self.__dict__, "_renderer": None}

    def reset(
        self, *, seed: int | Sequence[int] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Begins new episodes.

        Args:
            seed: World i gets `seed + i`, or `seed[i]`; None goes on to each world's next episode.
            options: `reset_mask` (bool (world,)) resets only those worlds; `map` and `route` (int (world,)) choose the
                road by its number in its source and the route by its number on that road, -1 leaves it to chance;
                `conditions` maps columns of `ConditionState` to numbers or arrays (world,), which last until they are
                changed, as does `weather`, see `set_weather`; `variant` (int (world,)) chooses among situations.

        Raises:
            ConfigError: A seed or an option is unknown or out of range.
            ResetNeeded: The first reset leaves worlds out.
        """
        check_running("reset()", started=True, closed=self.closed)
        seeds = seeds_from(seed, self.num_envs)
        wanted = options_from(options, ("conditions", "map", "reset_mask", "route", "variant", "weather"))
        mask = mask_from(wanted.get("reset_mask"), self.num_envs)
        if mask is not None and not self._started and not mask.all():
            raise ResetNeeded("call reset() for all worlds before options['reset_mask'] chooses some")
        maps = (
            choices_from("map", wanted["map"], self.num_envs, self.simulation.bank.map_count)
            if "map" in wanted
            else None
        )
        routes = choices_from("route", wanted["route"], self.num_envs) if "route" in wanted else None
        weather = weathers_of(wanted["weather"], self.num_envs, "options['weather']") if "weather" in wanted else None
        variants = choices_from("variant", wanted["variant"], self.num_envs) if "variant" in wanted else None
        if seeds is not None:
            super().reset(seed=seeds[0])
        elif not self._started:
            first = int(self.np_random.integers(2**31))
            seeds = list(range(first, first + self.num_envs))
        self.simulation.reset(
            seeds,
            mask=mask,
            maps=maps,
            routes=routes,
            conditions=wanted.get("conditions"),
            weather=weather,
            variants=variants,
        )
        self._started = True
        self._pending[slice(None) if mask is None else mask] = False
        state = self.simulation.world.state
        chosen = np.ones(self.num_envs, np.bool_) if mask is None else mask
        return self._copy(), episode.with_masks(episode.step_info(state, self._extensions), chosen)

    def step(
        self, actions: np.ndarray
    ) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        """Advances every world by one control step; ended worlds begin anew as `autoreset_mode` says."""
        reward, terminated, truncated, info = self.advance(actions)
        return self._copy(), reward, terminated, truncated, info

    def advance(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        """`step` without copying the observation: read it through `observe_view`.

        Raises:
            ActionError: The actions have another shape or type, or are out of range.
            ResetNeeded: No episode has begun.
        """
        check_running("step()", started=self._started, closed=self.closed)
        simulation, state = self.simulation, self.simulation.world.state
        simulation.world.step(actions)
        reward, terminated, truncated = episode.outcome(state)
        pending, ended = self._pending, terminated | truncated
        if self.autoreset_mode is AutoresetMode.NEXT_STEP and pending.any():
            reward[pending] = 0.0
            terminated[pending] = truncated[pending] = ended[pending] = False
            simulation.world.reset(mask=pending)
        info = episode.with_masks(episode.step_info(state, self._extensions), np.ones(self.num_envs, np.bool_))
        if ended.any():
            info |= episode.with_masks(episode.end_info(state, self._extensions), ended)
        simulation.observe()
        if self.autoreset_mode is AutoresetMode.SAME_STEP and ended.any():
            info |= {
                "final_obs": self._rows(ended),
                "_final_obs": ended,
                "final_info": info.copy(),
                "_final_info": ended,
            }
            simulation.reset(mask=ended)
            info |= episode.with_masks(episode.step_info(state, self._extensions), np.ones(self.num_envs, np.bool_))
        self._pending = ended if self.autoreset_mode is AutoresetMode.NEXT_STEP else np.zeros_like(ended)
        return reward, terminated, truncated, info

    def observe_view(self) -> dict[str, np.ndarray]:
        """The current observation without copying; the next step overwrites it."""
        check_running("observe_view()", started=self._started, closed=self.closed)
        return self.simulation.observation()

    def labels(self) -> Labels:
        """Truth and expert's answer for the current observation, as views; see `Simulation.labels`."""
        check_running("labels()", started=self._started, closed=self.closed)
        return self.simulation.labels()

    def expert_action(self) -> np.ndarray:
        """The expert's action for the current observation, float32 (world, 2)."""
        check_running("expert_action()", started=self._started, closed=self.closed)
        return self.simulation.world.state.plan.expert_action[:, 0].copy()

    def snapshot(self, *, sensors: bool = True) -> dict[str, np.ndarray]:
        """Everything needed to return to this moment.

        Args:
            sensors: With what sensors remember, which is whole frames where they are late or may have faults.
        """
        check_running("snapshot()", started=self._started, closed=self.closed)
        return {**self.simulation.snapshot(sensors=sensors), "env.pending": self._pending.copy()}

    def restore(self, snapshot: dict[str, np.ndarray], *, sensors: bool = True) -> None:
        """Returns to the moment of `snapshot`.

        Args:
            snapshot: One of this environment.
            sensors: What they remember returns too. Otherwise they go on from what they remember now: restoring the
                steps after a moment one by one shows the frames that driving from there showed.
        """
        check_running("restore()", started=True, closed=self.closed)
        rest = dict(snapshot)
        self._pending = rest.pop("env.pending").copy()
        self.simulation.restore(rest, sensors=sensors)
        self._started = True

    def set_weather(self, weather: Any) -> None:
        """Changes the weather while driving, for this and later episodes; the next step shows it.

        Args:
            weather: One for all worlds or a list of one for each: a preset's name, a config or a dictionary; a change
                of weather counts from now. None goes back to the config's.

        Raises:
            ConfigError: One is none of these or out of range, or there is not one for every world.
        """
        check_running("set_weather()", started=self._started, closed=self.closed)
        self.simulation.world.set_weather(weathers_of(weather, self.num_envs))

    def set_fault(self, sensor: str, kind: str, severity: int | None, *, mask: np.ndarray | None = None) -> None:
        """Gives a sensor a fault from now on, in all worlds or those of `mask`; see `Simulation.set_fault`."""
        check_running("set_fault()", started=self._started, closed=self.closed)
        self.simulation.set_fault(sensor, kind, severity, mask_from(mask, self.num_envs, "mask"))

    def render(self) -> tuple[np.ndarray, ...] | None:
        """One picture (H, W, 3) per world, or None without a render mode."""
        check_running("render()", started=self._started, closed=self.closed)
        if self.render_mode is None:
            return None
        if self._renderer is None:
            from drivesim.render import SceneRenderer

            self._renderer = SceneRenderer(self.simulation.bank, step_s=self.config.step_s)
        state = self.simulation.world.state
        return tuple(self._renderer.frame(state, world) for world in range(self.num_envs))

    def close_extras(self, **kwargs: Any) -> None:
        """Ends the worker threads."""
        self.simulation.close()

    def _copy(self) -> dict[str, np.ndarray]:
        return {name: values.copy() for name, values in self.simulation.observation().items()}

    def _rows(self, worlds: np.ndarray) -> np.ndarray:
        """Gymnasium's form of `final_obs`: an array of objects, the observation of each world in a mask, else None."""
        observation, rows = self.simulation.observation(), np.full(self.num_envs, None, object)
        for world in np.flatnonzero(worlds):
            rows[world] = {name: values[world].copy() for name, values in observation.items()}
        return rows
