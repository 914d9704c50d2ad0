"""`Moment`: one world at one instant, copied out of the batch so that drawing never races with stepping."""

import math
from dataclasses import dataclass, replace

import numpy as np

from drivesim.state import ActorKind, ActorState, EndReason, EpisodeState, WorldState
from drivesim.state.driver import ActuatorState, LabelState, NavigationState, PlanState
from drivesim.state.episode import WorldRecord
from drivesim.state.events import COLLISIONS, EventState
from drivesim.state.weather import WeatherState

JUMP_M_S = 80.0
"""A road user that moved faster than this from one step to the next was put there, it did not drive."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Moment:
    """One world and its first driver; every array of the state without these axes."""

    world: WorldRecord
    weather: WeatherState
    actors: ActorState
    actuators: ActuatorState
    expert: PlanState
    labels: LabelState
    navigation: NavigationState
    episode: EpisodeState
    events: EventState
    lights: np.ndarray
    """`LightColor` of every light of the map, uint8, shape (light,)."""
    time_s: float
    """Simulated time since the episode began [s]."""
    plan: np.ndarray
    """The expert's way-points, world frame [m], shape (way-point, 2)."""

    @property
    def map(self) -> int:
        """Number of the map in its source."""
        return int(self.world.map)

    @property
    def hit(self) -> int:
        """Slot of the road user that the driver touches, -1 for none."""
        touching = self.events.active[list(COLLISIONS)]
        return int(self.events.other[COLLISIONS[int(touching.argmax())]]) if touching.any() else -1

    @property
    def end(self) -> EndReason:
        """Why the episode is over, or RUNNING."""
        end = int(self.episode.end)
        return EndReason(end) if end < len(EndReason) else EndReason.OTHER


def world_from_ego(points: np.ndarray, x: float, y: float, yaw: float) -> np.ndarray:
    """Ego-frame points, shape (..., 2), in the world frame [m]."""
    cos, sin = math.cos(yaw), math.sin(yaw)
    return np.asarray(points, np.float64) @ np.array([[cos, sin], [-sin, cos]]) + (x, y)


def moment_of(state: WorldState, world_index: int, *, step_s: float) -> Moment:
    """Copies one world.

    Args:
        state: The batch.
        world_index: Which world.
        step_s: Duration of a control step [s].

    Raises:
        IndexError: There is no such world.
    """
    count = len(state.worlds.tick)
    if not 0 <= world_index < count:
        raise IndexError(f"world_index: expected 0 to {count - 1}, got {world_index}")
    world = WorldRecord(*(values[world_index].copy() for values in state.worlds))
    actors = ActorState(*(values[world_index].copy() for values in state.actors))
    expert = PlanState(*(values[world_index, 0].copy() for values in state.plan))
    return Moment(
        world=world,
        weather=WeatherState(*(values[world_index].copy() for values in state.weather)),
        actors=actors,
        actuators=ActuatorState(*(values[world_index, 0].copy() for values in state.actuators)),
        expert=expert,
        labels=LabelState(*(values[world_index, 0].copy() for values in state.labels)),
        navigation=NavigationState(*(values[world_index, 0].copy() for values in state.navigation)),
        episode=EpisodeState(*(values[world_index, 0].copy() for values in state.episode)),
        events=EventState(*(values[world_index, 0].copy() for values in state.events)),
        lights=state.lights.color[world_index].copy(),
        time_s=float(world.tick) * step_s,
        plan=world_from_ego(expert.waypoints, float(actors.x[0]), float(actors.y[0]), float(actors.yaw[0])),
    )


def load_into(state: WorldState, moment: Moment) -> None:
    """Writes what shows of a moment into world 0 of a state, whose arrays keep their place in memory and their type."""
    shown = (state.worlds, moment.world), (state.weather, moment.weather), (state.actors, moment.actors)
    for group, values in shown:
        for array, value in zip(group, values, strict=True):
            array[0] = value
    count = min(state.lights.color.shape[1], len(moment.lights))
    state.lights.color[0, :count] = moment.lights[:count]


def between(before: Moment, after: Moment, fraction: float) -> Moment:
    """The moment `fraction` of the way from `before` to `after`; who was replaced in between does not glide."""
    if fraction >= 1.0 or before.map != after.map or before.world.key != after.world.key:
        return after
    old, new = before.actors, after.actors
    same = (old.kind == new.kind) & (old.look == new.look) & (new.kind != ActorKind.NONE)
    same &= np.hypot(new.x - old.x, new.y - old.y) < JUMP_M_S * (after.time_s - before.time_s)
    share = np.where(same, np.float64(fraction), 1.0)
    turn = np.arctan2(np.sin(new.yaw - old.yaw), np.cos(new.yaw - old.yaw))

    def mix(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return a + (b - a) * share

    actors = new._replace(
        x=mix(old.x.astype(np.float64), new.x),
        y=mix(old.y.astype(np.float64), new.y),
        yaw=np.where(same, old.yaw + turn * fraction, new.yaw),
        speed=mix(old.speed, new.speed),
        steer=mix(old.steer, new.steer),
    )
    return replace(
        after,
        actors=actors,
        time_s=before.time_s + (after.time_s - before.time_s) * fraction,
        plan=before.plan + (after.plan - before.plan) * fraction,
    )
