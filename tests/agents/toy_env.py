"""A world of one straight line, small enough to train in within a test; offers what `TrainingEnv` asks for."""

import numpy as np
import torch

from agents.network.policy import track
from drivesim.config import VehicleConfig
from drivesim.semantics import Semantic
from drivesim.state import CURVATURE_COUNT, WAYPOINT_COUNT

STEP_S = 0.1
EPISODE_TICKS = 12
HORIZON_ROW = 24


class ToyEnv:
    """Cars along a bright line; an episode fails 2 m beside it and succeeds after `EPISODE_TICKS`.

    Where the camera `lags`, it shows the picture of the tick before, which it remembers.
    """

    def __init__(self, num_envs: int, height: int = 64, width: int = 128, *, lags: bool = False) -> None:
        self.num_envs, self.height, self.width, self.lags = num_envs, height, width, lags
        self.delivered = self.measured = np.zeros((num_envs, height, width, 3), np.uint8)
        self.state = {
            "offset": np.zeros(num_envs, np.float32),
            "heading": np.zeros(num_envs, np.float32),
            "speed": np.zeros(num_envs, np.float32),
            "tick": np.zeros(num_envs, np.int32),
            "episode": np.zeros(num_envs, np.uint64),
            "seed": np.zeros(num_envs, np.uint64),
        }

    def reset(self, *, seed: int | None = None, options: dict[str, np.ndarray] | None = None) -> None:
        if options is not None:
            self._begin(options["reset_mask"])
            return
        self.state["seed"][:] = np.arange(self.num_envs) + (seed or 0)
        self.state["episode"][:] = 0
        self._begin(np.ones(self.num_envs, np.bool_))
        self._measure()

    def advance(self, actions: np.ndarray):
        state = self.state
        yaw_rate = actions[:, 0] * np.float32(0.5 / 2.6) * state["speed"]
        state["heading"] += yaw_rate * np.float32(STEP_S)
        state["offset"] += state["speed"] * np.sin(state["heading"]) * np.float32(STEP_S)
        state["speed"] = np.maximum(state["speed"] + actions[:, 1] * np.float32(0.4), np.float32(0.0))
        state["tick"] += 1
        terminated = np.abs(state["offset"]) > 2.0
        truncated = (state["tick"] >= EPISODE_TICKS) & ~terminated
        self._begin(terminated | truncated)
        self._measure()
        return np.zeros(self.num_envs), terminated, truncated, {"success": truncated.copy()}

    def _measure(self) -> None:
        on_line, _ = self._line()
        ground = np.broadcast_to(np.arange(self.height)[:, None] >= HORIZON_ROW, on_line.shape)
        camera = np.where(ground[..., None], np.uint8(90), np.uint8(200)).repeat(3, axis=-1)
        camera[on_line] = 250
        late = np.where((self.state["tick"] == 0)[:, None, None, None], camera, self.measured)
        self.delivered, self.measured = late if self.lags else camera, camera

    def observe_view(self) -> dict[str, np.ndarray]:
        on_line, ground_depth = self._line()
        shape = (self.num_envs, self.height, self.width)
        ground = np.broadcast_to(np.arange(self.height)[:, None] >= HORIZON_ROW, shape)
        camera = self.delivered
        semantic = np.where(ground, np.uint8(Semantic.ROAD), np.uint8(Semantic.SKY))
        semantic[on_line] = Semantic.ROAD_LINE
        ego = np.zeros((self.num_envs, 8), np.float32)
        ego[:, 0] = self.state["speed"] / 10.0
        command = np.tile(np.array([0.0, 5.0, 1.0, 1.0], np.float32), (self.num_envs, 1))
        return {
            "camera": camera,
            "camera_tele": camera[:, HORIZON_ROW : HORIZON_ROW + 8, self.width // 2 - 8 : self.width // 2 + 8],
            "camera_semantic": semantic,
            "camera_depth": np.broadcast_to(ground_depth[:, None], shape).astype(np.float32),
            "ego": ego,
            "command": command,
        }

    def labels(self) -> dict[str, np.ndarray]:
        state, count = self.state, self.num_envs
        times = np.float32(0.5) * np.arange(1, WAYPOINT_COUNT + 1, dtype=np.float32)
        ahead = state["speed"][:, None] * times
        back = -state["offset"][:, None] * (1.0 - np.exp(-times)) - state["heading"][:, None] * ahead
        waypoints = np.stack((ahead, back), axis=-1).astype(np.float32)
        target_speed = np.full(count, 8.0, np.float32)
        action = track(
            torch.from_numpy(waypoints),
            torch.from_numpy(target_speed),
            torch.from_numpy(state["speed"]),
            VehicleConfig(),
        )
        return {
            "expert_action": action.numpy(),
            "waypoints": waypoints,
            "target_speed": target_speed,
            "lane_offset": state["offset"],
            "lane_heading": state["heading"],
            "lane_curvature": np.zeros((count, CURVATURE_COUNT), np.float32),
            "lead_present": np.zeros(count, np.bool_),
            "lead_distance": np.zeros(count, np.float32),
            "lead_closing": np.zeros(count, np.float32),
        }

    def snapshot(self, *, sensors: bool = True) -> dict[str, np.ndarray]:
        remembered = {"delivered": self.delivered.copy(), "measured": self.measured.copy()}
        return {**{name: value.copy() for name, value in self.state.items()}, **(remembered if sensors else {})}

    def restore(self, snapshot: dict[str, np.ndarray], *, sensors: bool = True) -> None:
        self.state = {name: np.array(snapshot[name]) for name in self.state}
        if sensors:
            self.delivered, self.measured = snapshot["delivered"], snapshot["measured"]
        else:
            self._measure()

    def mirror(self) -> None:
        """Turns the scene into its mirror image."""
        self.state["offset"] = -self.state["offset"]
        self.state["heading"] = -self.state["heading"]
        self._measure()

    def _begin(self, mask: np.ndarray) -> None:
        for world in np.flatnonzero(mask):
            rng = np.random.default_rng((int(self.state["seed"][world]), int(self.state["episode"][world])))
            self.state["offset"][world], self.state["heading"][world] = rng.uniform(-0.5, 0.5), rng.uniform(-0.1, 0.1)
            self.state["speed"][world] = rng.uniform(6.0, 10.0)
            self.state["tick"][world] = 0
            self.state["episode"][world] += 1

    def _line(self) -> tuple[np.ndarray, np.ndarray]:
        row = np.arange(self.height, dtype=np.float32)
        below = row - HORIZON_ROW + 0.5
        depth = np.where(below > 0.0, 64.0 * 1.5 / np.maximum(below, 0.5), 1000.0).astype(np.float32)
        # Pinhole of focal 64: the line lies `offset` to the right of a car that is `offset` to its left.
        lateral = self.state["offset"][:, None] / depth + self.state["heading"][:, None]
        # Blocks of two columns keep the picture equal to its mirror image after every second column is dropped.
        centre = self.width / 2 + 64.0 * lateral
        block = (np.arange(self.width) // 2 * 2 + 1).astype(np.float32)
        on_line = (np.abs(block - centre[..., None]) < 2.0) & (below > 0.0)[:, None]
        return on_line, depth
