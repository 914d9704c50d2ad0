"""Traces of the drives of a batch, a row per control step."""

import numpy as np

from drivesim.envs.simulation import Simulation
from drivesim.maps.arrays import LanePoint
from drivesim.state import Event
from drivesim.state.events import COLLISIONS
from drivesim.state.kinds import kind_arrays
from drivesim.tasks.scores.trace import NEIGHBOUR_COUNT, DriveTrace, Others

_CHUNK = 256
_EGO = (
    "x", "y", "yaw", "speed", "lateral_speed", "yaw_rate", "lane_offset", "lane_heading", "lane_curvature",
    "lane_width", "speed_limit", "remaining", "planned", "against",
)  # fmt: skip
_FLAGS = ("in_junction", "is_changing", "off_road", "red_light")
_OTHERS = ("slot", "x", "y", "yaw", "speed", "length", "width", "is_person")


class TraceRecorder:
    """Records the first driver of every world of a batch, float32: about 400 bytes a step and world.

    Args:
        simulation: Whose state is read, when `record` is called.
    """

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        world = simulation.world
        self._near = min(NEIGHBOUR_COUNT, world.state.actors.kind.shape[1] - 1)
        self._persons = kind_arrays(world.extensions.all_kinds, world.config.traffic).is_person
        self._ego = np.zeros((_CHUNK, world.world_count, len(_EGO) + len(_FLAGS)), np.float32)
        self._others = np.zeros((_CHUNK, world.world_count, len(_OTHERS), max(self._near, 1)), np.float32)
        self._others[:, :, 0] = -1.0
        self._count = 0

    def record(self) -> None:
        """Appends what there is now."""
        if self._count == len(self._ego):
            self._ego = np.concatenate([self._ego, np.zeros_like(self._ego[:_CHUNK])])
            empty = np.zeros_like(self._others[:_CHUNK])
            empty[:, :, 0] = -1.0
            self._others = np.concatenate([self._others, empty])
        self._ego[self._count] = np.stack(self._ego_columns(), axis=-1)
        if self._near:
            self._others[self._count] = self._nearest()
        self._count += 1

    def _ego_columns(self) -> list[np.ndarray]:
        state, lanes = self._simulation.world.state, self._simulation.bank.arrays.lanes
        actors, worlds = state.actors, np.arange(len(state.worlds.tick))
        slot = state.drivers.slot[:, 0]

        def own(column: np.ndarray) -> np.ndarray:
            return column[worlds, slot]

        lane, s, velocity = own(actors.lane), own(actors.s), state.actuators.velocity[:, 0]
        lane = np.clip(lane, 0, len(lanes.length) - 1)
        along = np.clip(s, 0.0, lanes.length[lane])
        row = lanes.point_first[lane] + (along / np.maximum(lanes.step[lane], 1e-6)).astype(np.int64)
        point = lanes.point[np.minimum(row, lanes.point_first[lane + 1] - 1)]
        plan = np.diff(state.plan.waypoints[:, 0], axis=1, prepend=0.0)
        step_s, active = self._simulation.config.step_s, state.events.active[:, 0]
        wrong = state.episode.wrong_ticks[:, 0] > 0
        return [
            own(actors.x), own(actors.y), own(actors.yaw), velocity[:, 0], velocity[:, 1], own(actors.yaw_rate),
            own(actors.d), state.labels.lane_heading[:, 0], point[:, LanePoint.CURVATURE], point[:, LanePoint.WIDTH],
            lanes.speed_limit[lane], state.navigation.remaining[:, 0], np.hypot(plan[..., 0], plan[..., 1]).sum(axis=1),
            np.where(wrong, np.abs(velocity[:, 0]) * step_s, 0.0),
            lanes.junction[lane] >= 0, state.navigation.command[:, 0, 0] != 0.0, active[:, Event.OFF_ROAD],
            active[:, Event.RED_LIGHT],
        ]  # fmt: skip

    def _nearest(self) -> np.ndarray:
        """Shape (world, column, neighbour)."""
        state = self._simulation.world.state
        actors, worlds = state.actors, np.arange(len(state.worlds.tick))
        slot = state.drivers.slot[:, 0]
        ahead = 0.5 * actors.length - actors.rear
        x, y = actors.x + ahead * np.cos(actors.yaw), actors.y + ahead * np.sin(actors.yaw)
        distance = np.hypot(x - x[worlds, slot][:, None], y - y[worlds, slot][:, None])
        distance = np.where(actors.kind > 0, distance, np.inf)
        distance[worlds, slot] = np.inf
        near = np.argsort(distance, axis=1, kind="stable")[:, : self._near]
        there = np.isfinite(np.take_along_axis(distance, near, axis=1))
        columns = [
            np.take_along_axis(column, near, axis=1)
            for column in (x, y, actors.yaw, actors.speed, actors.length, actors.width)
        ]
        person = self._persons[np.take_along_axis(actors.kind, near, axis=1)]
        return np.stack([np.where(there, near, -1), *columns, person], axis=1)

    def trace(self, world: int) -> DriveTrace:
        """The drive of a world up to now."""
        state = self._simulation.world.state
        ego = self._ego[: self._count, world].T.astype(np.float64)
        others = self._others[: self._count, world].transpose(1, 0, 2).astype(np.float64)
        slot = int(state.drivers.slot[world, 0])
        values = dict(zip((*_EGO, *_FLAGS), ego, strict=True))
        for name in _FLAGS:
            values[name] = values[name] > 0.0
        near = dict(zip(_OTHERS, others, strict=True))
        near["slot"], near["is_person"] = near["slot"].astype(np.int32), near["is_person"] > 0.0
        return DriveTrace(
            step_s=self._simulation.config.step_s,
            length=float(state.actors.length[world, slot]),
            width=float(state.actors.width[world, slot]),
            rear=float(state.actors.rear[world, slot]),
            faults=state.events.at_fault[world, 0, list(COLLISIONS)].copy(),
            others=Others(**near),
            **values,
        )
