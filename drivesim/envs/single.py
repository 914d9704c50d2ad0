"""`DriveEnv`: one world behind Gymnasium's single-environment interface."""

import os
from collections.abc import Sequence
from typing import Any

import gymnasium as gym
import numpy as np

from drivesim.config import EnvConfig, SensorConfig
from drivesim.envs import episode
from drivesim.envs.arguments import check_running, choice_from, options_from, seeds_from, weather_of_world
from drivesim.envs.observation import action_space, observation_space
from drivesim.envs.simulation import Simulation, configure
from drivesim.errors import ActionError, check_choice, check_integer
from drivesim.extensions import NO_EXTENSIONS, Extensions
from drivesim.sensors.labels import Labels
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
        map: An OpenDRIVE file (.xodr, .xodr.gz), a map's config or source, or a dictionary of changes to it.
        map_start: First generator seed of the roads.
        map_count: Number of roads.
        map_memory_mb: Memory for maps [MB]; results do not depend on it.
        sensors: Preset name, one sensor, or a list of them.
        action_type: "continuous" or "discrete".
        weather: Preset's name, a weather, or a list of which every episode draws one.
        threads: Threads that build the maps; a single world steps on one.
        extensions: Kinds, scripts, reward terms and events from outside; see `drivesim.extensions`.
        **unknown: Refused, with the nearest known name.
    """

    metadata: dict[str, Any] = {  # noqa: RUF012  # Gymnasium declares it so
        "render_modes": list(RENDER_MODES),
        "render_fps": EnvConfig().control_rate_hz,
    }

    def __init__(
        self,
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
        **unknown: Any,
    ) -> None:
        if render_mode is not None:
            check_choice("render_mode", render_mode, RENDER_MODES)
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
        self.metadata = {**type(self).metadata, "render_fps": self.config.control_rate_hz}
        self.render_mode = render_mode
        self._extensions = extensions
        self.simulation = Simulation(self.config, world_count=1, threads=threads, extensions=extensions)
        self.observation_space = observation_space(self.config)
        self.action_space = action_space(self.config)
        self._started = self._closed = False
        self._renderer: Any = None
        self._window: Any = None

    def __getstate__(self) -> dict[str, Any]:
        """A copy draws with a renderer and in a window of its own."""
        return {**self.__dict__, "_renderer": None, "_window": None}

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Begins an episode.

        Args:
            seed: Begins this seed's first episode; None goes on to the next one.
            options: `map` chooses the road by its number in its source, `route` the route by its number
                on that road; `conditions` maps columns of `ConditionState` to numbers, which last until changed, as
                does `weather`, see `set_weather`. `variant` chooses among situations, where there are any.

        Raises:
            ConfigError: A seed or an option is unknown or out of range.
        """
        check_running("reset()", started=True, closed=self._closed)
        seeds = seeds_from(seed, 1)
        chosen = options_from(options, ("conditions", "map", "route", "variant", "weather"))
        road = [choice_from("map", chosen["map"], self.simulation.bank.map_count)] if "map" in chosen else None
        route = [choice_from("route", chosen["route"])] if "route" in chosen else None
        weather = [weather_of_world(chosen["weather"], "options['weather']")] if "weather" in chosen else None
        super().reset(seed=None if seeds is None else seeds[0])
        if seeds is None and not self._started:
            seeds = [int(self.np_random.integers(2**31))]
        variant = [choice_from("variant", chosen["variant"])] if "variant" in chosen else None
        self.simulation.reset(
            seeds, maps=road, routes=route, conditions=chosen.get("conditions"), weather=weather, variants=variant
        )
        self._started = True
        if self.render_mode == "human":
            self._show()
        return self._copy(), self._info()

    def step(self, action: Any) -> tuple[dict[str, np.ndarray], float, bool, bool, dict[str, Any]]:
        """Advances by one control step.

        Raises:
            ActionError: The action has another shape or type, or is out of range.
            ResetNeeded: No episode has begun.
        """
        check_running("step()", started=self._started, closed=self._closed)
        simulation, array = self.simulation, np.asarray(action)
        if array.shape != self.action_space.shape:
            raise ActionError(f"action: expected shape {self.action_space.shape}, got {array.shape}")
        simulation.world.step(array[None])
        simulation.observe()
        record = simulation.world.state.episode
        end = int(record.end[0, 0])
        info = self._info()
        if end:
            told = episode.end_info(simulation.world.state, self._extensions)
            info |= {
                name: values[0].item() if isinstance(values[0], np.generic) else values[0]
                for name, values in told.items()
            }
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

    def labels(self) -> Labels:
        """Truth and expert's answer for the current observation, as copies; see `Simulation.labels`."""
        check_running("labels()", started=self._started, closed=self._closed)
        return self.simulation.labels().of_world(0)

    def expert_action(self) -> np.ndarray:
        """The expert's action for the current observation, float32 (2,)."""
        check_running("expert_action()", started=self._started, closed=self._closed)
        return self.simulation.world.state.plan.expert_action[0, 0].copy()

    def snapshot(self) -> dict[str, np.ndarray]:
        """Everything needed to return to this moment."""
        check_running("snapshot()", started=self._started, closed=self._closed)
        return self.simulation.snapshot()

    def restore(self, snapshot: dict[str, np.ndarray]) -> None:
        """Returns to the moment of `snapshot`."""
        check_running("restore()", started=True, closed=self._closed)
        self.simulation.restore(snapshot)
        self._started = True

    def set_weather(self, weather: Any) -> None:
        """Changes the weather while driving, for this and later episodes; the next step shows it.

        Args:
            weather: A preset's name, a config or a dictionary; a change of weather counts from now. None goes back to
                the config's.

        Raises:
            ConfigError: It is none of these, or out of range.
        """
        check_running("set_weather()", started=self._started, closed=self._closed)
        self.simulation.world.set_weather([weather_of_world(weather)])

    def set_fault(self, sensor: str, kind: str, severity: int | None) -> None:
        """Gives a sensor a fault from now on; see `Simulation.set_fault`."""
        check_running("set_fault()", started=self._started, closed=self._closed)
        self.simulation.set_fault(sensor, kind, severity)

    def render(self) -> np.ndarray | None:
        """A picture (H, W, 3) from above in mode "rgb_array"; None otherwise ("human" draws by itself)."""
        check_running("render()", started=self._started, closed=self._closed)
        return self._picture() if self.render_mode == "rgb_array" else None

    def close(self) -> None:
        """Closes the window and ends the worker threads."""
        if self._window is not None:
            self._window.close()
            self._window = None
        self.simulation.close()
        self._closed = True

    def _picture(self) -> np.ndarray:
        if self._renderer is None:
            from drivesim.render import SceneRenderer

            self._renderer = SceneRenderer(self.simulation.bank, step_s=self.config.step_s)
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
        return {
            name: values[0] if values.dtype == object else values[0].item()
            for name, values in episode.step_info(self.simulation.world.state, self._extensions).items()
        }
