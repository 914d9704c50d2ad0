"""`DriveEnv`: one world behind Gymnasium's single-environment interface."""

import os
from collections.abc import Sequence
from typing import Any

import gymnasium as gym
import numpy as np

from drivesim.config import EnvConfig
from drivesim.envs import episode
from drivesim.envs.observation import action_space, observation_space
from drivesim.envs.simulation import Simulation, configure
from drivesim.errors import ConfigError, check_choice
from drivesim.state import EndReason

RENDER_MODES = ("human", "rgb_array")


class DriveEnv(gym.Env[dict[str, Any], Any]):
    """One car on one road.

    The episode ends at the route's end, on contact, off the road, against the traffic, off the route or after
    standing still too long (terminated), or when its time is up (truncated). Keys of `info` at every step: speed,
    route_completion, collision, offroad, wrong_way, red_light, driving_score, and `reward_<term>`; at the end also
    success and end_reason. Observations are listed in `observation.py`.

    Args:
        base_config: Preset behind the id.
        config: Preset name, JSON path, dictionary of changes, or `EnvConfig`.
        render_mode: None, "human" (a window, drawn on reset and step) or "rgb_array".
        map_start: First generator seed of the roads.
        map_count: Number of roads.
        map_memory_mb: Memory for maps [MB]; results do not depend on it.
        sensors: Preset name or list of sensors.
        action_type: "continuous" or "discrete".
        threads: Threads that build the maps; a single world steps on one.
        **unknown: Refused, with the nearest known name.
    """

    metadata: dict[str, Any] = {"render_modes": list(RENDER_MODES), "render_fps": 10}  # noqa: RUF012  # Gymnasium's way

    def __init__(
        self,
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
        self.render_mode = render_mode
        self.simulation = Simulation(self.config, world_count=1, threads=threads)
        self.observation_space = observation_space(self.config)
        self.action_space = action_space(self.config)
        self._discrete = self.config.action_type == "discrete"
        self._started = False
        self._renderer: Any = None
        self._window: Any = None

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Begins an episode.

        Args:
            seed: Begins this seed's first episode; None goes on to the next one.
            options: `map` chooses the road by its number in its source, `route` the route by its number on that road.
        """
        super().reset(seed=seed)
        options = dict(options or {})
        road, route = ([options.pop(name)] if name in options else None for name in ("map", "route"))
        if options:
            raise ConfigError(f"options: unknown keys {sorted(options)}; known: map, route")
        if seed is None and not self._started:
            seed = int(self.np_random.integers(2**31))
        self._started = True
        self.simulation.reset(seed, maps=road, routes=route)
        if self.render_mode == "human":
            self._show()
        return self._copy(), self._info()

    def step(self, action: Any) -> tuple[dict[str, np.ndarray], float, bool, bool, dict[str, Any]]:
        """Advances by one control step."""
        simulation = self.simulation
        if not self._started:
            raise gym.error.ResetNeeded("call reset() before step()")
        simulation.world.step(np.asarray([action]) if self._discrete else np.asarray(action)[None])
        simulation.observe()
        record = simulation.world.state.episode
        end = int(record.end[0, 0])
        info = self._info()
        if end:
            info["success"] = end == EndReason.SUCCESS
            info["end_reason"] = EndReason(end).name.lower()
        if self.render_mode == "human":
            self._show()
        truncated = end == EndReason.TIMEOUT
        return (
            self._copy(),
            float(record.reward[0, 0].sum(dtype=np.float64)),
            bool(end) and not truncated,
            truncated,
            info,
        )

    def labels(self) -> dict[str, np.ndarray]:
        """Truth and expert's answer for the current observation, as copies; see `Simulation.labels`."""
        return {name: values[0].copy() for name, values in self.simulation.labels().items()}

    def expert_action(self) -> np.ndarray:
        """The expert's action for the current observation, float32 (2,)."""
        return self.simulation.world.state.plan.expert_action[0, 0].copy()

    def snapshot(self) -> dict[str, np.ndarray]:
        """Everything needed to return to this moment."""
        return self.simulation.snapshot()

    def restore(self, snapshot: dict[str, np.ndarray]) -> None:
        """Returns to the moment of `snapshot`."""
        self.simulation.restore(snapshot)
        self._started = True

    def render(self) -> np.ndarray | None:
        """A picture (H, W, 3) from above in mode "rgb_array"; None otherwise ("human" draws by itself)."""
        return self._picture() if self.render_mode == "rgb_array" else None

    def close(self) -> None:
        """Closes the window and ends the worker threads."""
        if self._window is not None:
            self._window.close()
            self._window = None
        self.simulation.close()

    def _picture(self) -> np.ndarray:
        if self._renderer is None:
            from drivesim.render import SceneRenderer

            self._renderer = SceneRenderer(self.simulation.bank)
        return self._renderer.frame(self.simulation.world.state, 0)

    def _show(self) -> None:
        picture = self._picture()
        if self._window is None:
            from drivesim.render import Window

            self._window = Window(size=(picture.shape[1], picture.shape[0]), title="drivesim")
        self._window.show(picture, fps=self.metadata["render_fps"])

    def _copy(self) -> dict[str, np.ndarray]:
        return {name: values[0].copy() for name, values in self.simulation.observation().items()}

    def _info(self) -> dict[str, Any]:
        return {name: values[0].item() for name, values in episode.step_info(self.simulation.world.state).items()}
