"""`DriveVectorEnv`: the native batch. No driving logic below this line."""

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from drivesim.config import EnvConfig
from drivesim.envs import episode
from drivesim.envs.observation import action_space, observation_space
from drivesim.envs.simulation import Simulation, configure
from drivesim.errors import ConfigError, check_choice

RENDER_MODES = ("rgb_array",)


class DriveVectorEnv(VectorEnv[dict[str, np.ndarray], np.ndarray, np.ndarray]):
    """Many worlds of one config, stepped together; world i of seed s equals a single environment of seed s + i.

    Observations, spaces and `info` are those of `DriveEnv` with a leading axis; see `observation.py`.

    Args:
        num_envs: Worlds.
        base_config: Preset behind the id.
        config: Preset name, JSON path, dictionary of changes, or `EnvConfig`.
        render_mode: None or "rgb_array".
        map_start: First generator seed of the roads.
        map_count: Number of roads.
        map_memory_mb: Memory for maps [MB]; results do not depend on it.
        sensors: Preset name or list of sensors.
        action_type: "continuous" or "discrete".
        threads: Worker threads; results do not depend on them.
        autoreset_mode: An `AutoresetMode` or its value.
        **unknown: Refused, with the nearest known name.
    """

    metadata: dict[str, Any] = {  # noqa: RUF012  # Gymnasium declares it so
        "render_modes": list(RENDER_MODES),
        "render_fps": 10,
        "autoreset_mode": AutoresetMode.NEXT_STEP,
    }

    def __init__(
        self,
        num_envs: int = 1,
        *,
        base_config: str = "lane",
        config: str | dict[str, Any] | EnvConfig | os.PathLike[str] | None = None,
        render_mode: str | None = None,
        map_start: int | None = None,
        map_count: int | None = None,
        map_memory_mb: int | None = None,
        sensors: str | Sequence[Any] | None = None,
        action_type: str | None = None,
        threads: int = 1,
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        **unknown: Any,
    ) -> None:
        if render_mode is not None:
            check_choice("render_mode", render_mode, RENDER_MODES)
        self.config = configure(
            base_config,
            config,
            map_start=map_start,
            map_count=map_count,
            map_memory_mb=map_memory_mb,
            sensors=sensors,
            action_type=action_type,
            unknown=unknown,
        )
        try:
            self.autoreset_mode = AutoresetMode(autoreset_mode)
        except ValueError:
            known = [mode.value for mode in AutoresetMode]
            raise ConfigError(f"autoreset_mode: expected one of {known}, got {autoreset_mode!r}") from None
        self.metadata = {**type(self).metadata, "autoreset_mode": self.autoreset_mode}
        self.num_envs = num_envs
        self.render_mode = render_mode
        self.simulation = Simulation(self.config, world_count=num_envs, threads=threads)
        self.single_observation_space = observation_space(self.config)
        self.single_action_space = action_space(self.config)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._pending = np.zeros(num_envs, np.bool_)
        self._started = False
        self._renderer: Any = None

    def reset(
        self, *, seed: int | Sequence[int] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Begins new episodes.

        Args:
            seed: World i gets `seed + i`, or `seed[i]`; None goes on to each world's next episode.
            options: `reset_mask` (bool (world,)) resets only those worlds; `map` and `route` (int (world,)) choose the
                road by its number in its source and the route by its number on that road.
        """
        options = dict(options or {})
        mask = options.pop("reset_mask", None)
        if mask is not None and (not isinstance(mask, np.ndarray) or mask.shape != (self.num_envs,)):
            raise ConfigError(f"options['reset_mask']: expected a bool array of shape ({self.num_envs},), got {mask!r}")
        maps, routes = options.pop("map", None), options.pop("route", None)
        if options:
            raise ConfigError(f"options: unknown keys {sorted(options)}; known: map, reset_mask, route")
        if seed is None and not self._started:
            seed = int(self.np_random.integers(2**31))
        elif seed is not None:
            super().reset(seed=seed if isinstance(seed, int) else None)
        self._started = True
        self.simulation.reset(seed, mask=mask, maps=maps, routes=routes)
        self._pending[slice(None) if mask is None else mask] = False
        state = self.simulation.world.state
        chosen = np.ones(self.num_envs, np.bool_) if mask is None else mask
        return self._copy(), episode.with_masks(episode.step_info(state), chosen)

    def step(
        self, actions: np.ndarray
    ) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        """Advances every world by one control step; ended worlds begin anew as `autoreset_mode` says."""
        reward, terminated, truncated, info = self.advance(actions)
        return self._copy(), reward, terminated, truncated, info

    def advance(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        """`step` without copying the observation: read it through `observe_view`."""
        simulation, state = self.simulation, self.simulation.world.state
        simulation.world.step(actions)
        reward, terminated, truncated = episode.outcome(state)
        pending, ended = self._pending, terminated | truncated
        if self.autoreset_mode is AutoresetMode.NEXT_STEP and pending.any():
            reward[pending] = 0.0
            terminated[pending] = truncated[pending] = ended[pending] = False
            simulation.world.reset(mask=pending)
        info = episode.with_masks(episode.step_info(state), np.ones(self.num_envs, np.bool_))
        if ended.any():
            info |= episode.with_masks(episode.end_info(state), ended)
        if self.autoreset_mode is AutoresetMode.SAME_STEP and ended.any():
            simulation.observe()
            info |= {"final_obs": self._copy(), "_final_obs": ended, "final_info": info.copy(), "_final_info": ended}
            simulation.reset(mask=ended)
            info |= episode.with_masks(episode.step_info(state), np.ones(self.num_envs, np.bool_))
        else:
            simulation.observe()
        self._pending = ended if self.autoreset_mode is AutoresetMode.NEXT_STEP else np.zeros_like(ended)
        return reward, terminated, truncated, info

    def observe_view(self) -> dict[str, np.ndarray]:
        """The current observation without copying; the next step overwrites it."""
        return self.simulation.observation()

    def labels(self) -> dict[str, np.ndarray]:
        """Truth and expert's answer for the current observation, as views; see `Simulation.labels`."""
        return self.simulation.labels()

    def expert_action(self) -> np.ndarray:
        """The expert's action for the current observation, float32 (world, 2)."""
        return self.simulation.world.state.plan.expert_action[:, 0].copy()

    def snapshot(self) -> dict[str, np.ndarray]:
        """Everything needed to return to this moment."""
        return {**self.simulation.snapshot(), "env.pending": self._pending.copy()}

    def restore(self, snapshot: dict[str, np.ndarray]) -> None:
        """Returns to the moment of `snapshot`."""
        rest = dict(snapshot)
        self._pending = rest.pop("env.pending").copy()
        self.simulation.restore(rest)
        self._started = True

    def render(self) -> tuple[np.ndarray, ...] | None:
        """One picture (H, W, 3) per world, or None without a render mode."""
        if self.render_mode is None:
            return None
        if self._renderer is None:
            from drivesim.render import SceneRenderer

            self._renderer = SceneRenderer(self.simulation.bank)
        state = self.simulation.world.state
        return tuple(self._renderer.frame(state, world) for world in range(self.num_envs))

    def close_extras(self, **kwargs: Any) -> None:
        """Ends the worker threads."""
        self.simulation.close()

    def _copy(self) -> dict[str, np.ndarray]:
        return {name: values.copy() for name, values in self.simulation.observation().items()}
