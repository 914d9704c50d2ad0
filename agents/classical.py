"""A driver without learning: OpenCV finds the markings, a Kalman filter tracks the lane, pure pursuit follows it.

It sees what the network sees (picture, speed, limit, command), and stands as the honest baseline.
"""

import math
from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np

from agents.interface import Explanation
from drivesim.config import CameraConfig, VehicleConfig
from drivesim.state import CURVATURE_COUNT

STEP_S = 0.1
MARKING_WIDTH_M = 0.15
NEAR_M, FAR_M = 3.0, 32.0
"""Ground distances between which markings are looked for."""
GATE_M = 0.7
"""A point farther than this from the expected boundary belongs to something else."""
LATERAL_ACCELERATION_MAX = 2.2
"""Speed in bends keeps below this [m/s^2]."""
WHEELBASE_M = 2.57882
MEASUREMENT_SIGMA_M = 0.12
OBSTACLE_CONTRAST = 40.0
"""Grey levels by which an obstacle's foot differs from the asphalt before it."""


class LaneFilter:
    """Kalman filter over (offset [m], slope, curvature [1/m], width [m]) of the lane ahead of one car.

    The centre line in the ego frame is y(x) = offset + slope * x + curvature * x^2 / 2.
    """

    def __init__(self) -> None:
        self.mean = np.array([0.0, 0.0, 0.0, 3.5])
        self.covariance = np.diag([0.3, 0.05, 0.01, 0.3]) ** 2

    def predict(self, distance_m: float, turned_rad: float) -> None:
        """Moves the lane backwards by the car's own motion."""
        step = np.array(
            [[1.0, distance_m, 0.5 * distance_m**2, 0.0], [0.0, 1.0, distance_m, 0.0], [0, 0, 1, 0], [0, 0, 0, 1]]
        )
        self.mean = step @ self.mean
        self.mean[1] -= turned_rad
        noise = np.diag([0.02, 0.008, 0.0025, 0.01]) ** 2
        self.covariance = step @ self.covariance @ step.T + noise

    def update(self, points: np.ndarray) -> int:
        """Takes marking points (point, 2) of the ego frame that lie near either boundary; returns how many."""
        if not len(points):
            return 0
        x, y = points.T
        centre = self.mean[0] + self.mean[1] * x + 0.5 * self.mean[2] * x**2
        side = np.where(y > centre, 0.5, -0.5)
        model = np.stack([np.ones_like(x), x, 0.5 * x**2, side], axis=1)
        residual = y - model @ self.mean
        near = np.abs(residual) < GATE_M
        if near.sum() < 3:
            return int(near.sum())
        model, residual = model[near], residual[near]
        # Far points are worth less: a pixel there spans more ground.
        sigma = MEASUREMENT_SIGMA_M * (1.0 + x[near] / 8.0) * (1.0 + np.abs(residual) / 0.3)
        information = np.linalg.inv(self.covariance)
        weighted = model / sigma[:, None] ** 2
        self.covariance = np.linalg.inv(information + weighted.T @ model)
        self.mean = self.mean + self.covariance @ (weighted.T @ residual)
        self.mean[3] = np.clip(self.mean[3], 2.8, 4.2)
        self.mean[2] = np.clip(self.mean[2], -0.04, 0.04)
        return int(near.sum())

    def recentre(self) -> None:
        """Takes the neighbouring lane as its own once the car is more in that one."""
        if abs(self.mean[0]) > 0.5 * self.mean[3]:
            self.mean[0] -= math.copysign(self.mean[3], self.mean[0])


class ClassicalAgent:
    """Drives any number of worlds, each with a filter of its own.

    Args:
        camera: The camera behind the observation key `camera`; it must be level.
        vehicle: Scales of the action.
    """

    def __init__(self, camera: CameraConfig | None = None, vehicle: VehicleConfig | None = None) -> None:
        self.camera = camera or CameraConfig()
        self.sensors = (self.camera,)
        self.vehicle = vehicle or VehicleConfig()
        self.filters: list[LaneFilter] = []
        self._lead = np.zeros(0)
        camera = self.camera
        self._focal = camera.focal[0]
        horizon = camera.principal_y * camera.height
        rows = np.arange(camera.height) + 0.5 - horizon
        with np.errstate(divide="ignore"):
            depth = np.where(rows > 0, camera.z_m * self._focal / rows, np.inf)
        self._rows = np.flatnonzero((depth > NEAR_M) & (depth < FAR_M))
        self._depth = depth

    def reset(self, env_count: int, mask: np.ndarray | None = None) -> None:
        """Forgets what it tracked in the worlds of `mask`, in all if None."""
        if mask is None or len(self.filters) != env_count:
            self.filters = [LaneFilter() for _ in range(env_count)]
            self._lead = np.full(env_count, np.inf)
            return
        for world in np.flatnonzero(mask):
            self.filters[world] = LaneFilter()
            self._lead[world] = np.inf

    def act(self, observation: Mapping[str, np.ndarray], info: Mapping[str, Any]) -> np.ndarray:
        """Actions, float32 (world, 2)."""
        count = len(self.filters)
        actions = np.zeros((count, 2), np.float32)
        for world in range(count):
            picture, ego, command = (observation[key][world] for key in ("camera", "ego", "command"))
            actions[world] = self._drive(world, picture, ego, command)
        return actions

    def explain(self) -> Explanation:
        """Offset, heading and curvature of the tracked lanes."""
        means = np.array([lane.mean for lane in self.filters], np.float32)
        return {
            "lane_offset": -means[:, 0],
            "lane_heading": -np.arctan(means[:, 1]),
            "lane_curvature": np.repeat(means[:, 2:3], CURVATURE_COUNT, axis=1),
        }

    def markings(self, picture: np.ndarray) -> np.ndarray:
        """Marking points in the ego frame [m], (point, 2), from a picture (H, W, 3): bright, narrow, on dark."""
        brightness = picture.max(axis=2).astype(np.float32)
        found = []
        for row in self._rows:
            depth = self._depth[row]
            half = max(1, round(0.5 * MARKING_WIDTH_M * self._focal / depth))
            line = brightness[row]
            width = 2 * half + 1
            inside = cv2.blur(line[None], (width, 1))[0]
            around = cv2.blur(line[None], (3 * width, 1), borderType=cv2.BORDER_REPLICATE)[0]
            contrast = 1.5 * (inside - around)  # inside minus the mean of its two flanks
            peak = (contrast[1:-1] > contrast[:-2]) & (contrast[1:-1] >= contrast[2:]) & (contrast[1:-1] > 12.0)
            columns = np.flatnonzero(peak) + 1
            left, centre, right = contrast[columns - 1], contrast[columns], contrast[columns + 1]
            curve = np.maximum(2.0 * centre - left - right, 1e-3)
            exact = columns + 0.5 * np.clip((right - left) / curve, -1.0, 1.0) + 0.5
            lateral = -(exact - self.camera.principal_x * self.camera.width) * depth / self._focal
            found.append(np.stack([np.full_like(lateral, depth + self.camera.x_m), lateral + self.camera.y_m], axis=1))
        return np.concatenate(found) if found else np.zeros((0, 2))

    def obstacle_m(self, picture: np.ndarray, lane: LaneFilter) -> float:
        """Distance ahead of the camera to the nearest thing standing in the lane [m]; +inf for none."""
        grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
        asphalt, run = None, 0
        for row in range(len(grey) - 1, -1, -1):
            depth = self._depth[row]
            if not 2.0 < depth < 80.0:
                continue
            x = depth + self.camera.x_m
            centre = lane.mean[0] + lane.mean[1] * x + 0.5 * lane.mean[2] * x**2
            span = np.array([centre + 0.8, centre - 0.8]) - self.camera.y_m
            columns = self.camera.principal_x * self.camera.width - span * self._focal / depth
            low, high = int(max(columns[0], 0)), int(min(columns[1] + 1, grey.shape[1]))
            if high - low < 1:
                break
            value = float(np.median(grey[row, low:high]))
            if asphalt is not None and abs(value - asphalt) > OBSTACLE_CONTRAST:
                run += 1
                if run == 2:
                    return float(self._depth[min(row + 2, len(grey) - 1)])
            else:
                run = 0
                asphalt = value if asphalt is None else 0.8 * asphalt + 0.2 * value
        return math.inf

    def _drive(self, world: int, picture: np.ndarray, ego: np.ndarray, command: np.ndarray) -> tuple[float, float]:
        lane = self.filters[world]
        speed, yaw_rate = 10.0 * float(ego[0]), float(ego[1])
        lane.predict(speed * STEP_S, yaw_rate * STEP_S)
        lane.update(self.markings(picture))
        lane.recentre()
        ahead = max(6.0, 0.9 * speed)
        offset, slope, curvature, width = lane.mean
        shift = float(np.sign(command[0])) * width
        aim_y = offset + slope * ahead + 0.5 * curvature * ahead**2 + shift * min(1.0, ahead / 40.0 + 0.3)
        steer = math.atan(WHEELBASE_M * 2.0 * aim_y / (ahead**2 + aim_y**2))

        limit = 10.0 * float(min(command[2], max(command[3], 0.0) + 0.4 * max(command[2] - command[3], 0.0)))
        bend = math.sqrt(LATERAL_ACCELERATION_MAX / max(abs(curvature), 1e-4))
        wanted = min(limit, bend)
        acceleration = 0.8 * (wanted - speed)
        gap = self.obstacle_m(picture, lane)
        before, self._lead[world] = self._lead[world], gap
        if math.isfinite(gap):
            closing = (before - gap) / STEP_S if math.isfinite(before) else 0.0
            desired = 4.0 + max(0.0, 1.5 * speed + speed * float(np.clip(closing, -5.0, 15.0)) / 3.5)
            acceleration = min(acceleration, 1.5 * (1.0 - (desired / max(gap, 1.0)) ** 2))
        scale = self.vehicle.throttle_max_m_s2 if acceleration > 0 else self.vehicle.brake_max_m_s2
        return (
            float(np.clip(steer / self.vehicle.steering_max_rad, -1.0, 1.0)),
            float(np.clip(acceleration / scale, -1.0, 1.0)),
        )
