"""Everything that changes: struct-of-arrays with leading axis `world`, each column declared once.

Allocation, snapshots, the README's table and the shape checks all come from these declarations.
"""

from enum import IntEnum
from typing import Annotated, Any, NamedTuple, TypeVar, get_type_hints

import numpy as np

WAYPOINT_COUNT = 6
"""Way-points of a plan, 0.5 s apart."""
EGO = np.int64(0)
"""Slot of the ego, typed like a loop's index: a literal 0 would compile every function a second time."""
CURVATURE_COUNT = 4
CURVATURE_AHEAD_M = (5.0, 10.0, 20.0, 40.0)
"""Where the lane's curvature is labelled [m ahead along the lane]."""


class Column(NamedTuple):
    """Declaration of one state array."""

    dims: tuple[str | int, ...]
    dtype: type
    unit: str
    doc: str


def column(*dims: str | int, dtype: type = np.float32, unit: str = "-", doc: str) -> Column:
    """Declares an array: its axes, dtype, unit and meaning."""
    return Column(dims, dtype, unit, doc)


Array = np.ndarray


class ActorKind(IntEnum):
    """Kinds of road user. Slot 0 of every world is the ego."""

    NONE = 0
    CAR = 1
    VAN = 2
    TRUCK = 3
    MOTORCYCLE = 4


class Lamp(IntEnum):
    """Bits of `ActorState.lamps`."""

    BRAKE = 1
    LEFT = 2
    RIGHT = 4


class ActorState(NamedTuple):
    """Every road user of every world; slot 0 is the ego."""

    kind: Annotated[Array, column("world", "slot", dtype=np.uint8, doc="`ActorKind`; 0 means the slot is empty.")]
    look: Annotated[Array, column("world", "slot", dtype=np.uint8, doc="Chooses paint and shape details.")]
    length: Annotated[Array, column("world", "slot", unit="m", doc="Bumper to bumper.")]
    width: Annotated[Array, column("world", "slot", unit="m", doc="Body width.")]
    height: Annotated[Array, column("world", "slot", unit="m", doc="Roof above ground.")]
    rear: Annotated[Array, column("world", "slot", unit="m", doc="Rear bumper behind the rear axle.")]
    wheelbase: Annotated[Array, column("world", "slot", unit="m", doc="Rear axle to front axle.")]
    x: Annotated[Array, column("world", "slot", unit="m", doc="Rear axle, world frame, east.")]
    y: Annotated[Array, column("world", "slot", unit="m", doc="Rear axle, world frame, north.")]
    yaw: Annotated[Array, column("world", "slot", unit="rad", doc="Heading, counter-clockwise from east.")]
    speed: Annotated[Array, column("world", "slot", unit="m/s", doc="Along its course; the ego's: see `vehicle`.")]
    accel: Annotated[Array, column("world", "slot", unit="m/s^2", doc="Longitudinal acceleration of the last step.")]
    steer: Annotated[Array, column("world", "slot", unit="rad", doc="Front wheel angle, left positive.")]
    yaw_rate: Annotated[Array, column("world", "slot", unit="rad/s", doc="Yaw rate.")]
    slip: Annotated[Array, column("world", "slot", unit="rad", doc="Side slip angle at the centre of gravity.")]
    lane: Annotated[Array, column("world", "slot", dtype=np.int32, doc="Lane the rear axle is in.")]
    s: Annotated[Array, column("world", "slot", unit="m", doc="Rear axle along `lane`.")]
    d: Annotated[Array, column("world", "slot", unit="m", doc="Offset from the centre of `lane`, left positive.")]
    target_lane: Annotated[Array, column("world", "slot", dtype=np.int32, doc="Lane the driver steers for.")]
    second_lane: Annotated[
        Array,
        column("world", "slot", dtype=np.int32, doc="Neighbour of `lane` its body is in or moves into; -1: none."),
    ]
    change_ticks: Annotated[
        Array, column("world", "slot", dtype=np.int32, doc="Ticks since the current lane change began; -1: none.")
    ]
    cooldown: Annotated[Array, column("world", "slot", dtype=np.int32, doc="Ticks until MOBIL may decide again.")]
    lamps: Annotated[Array, column("world", "slot", dtype=np.uint8, doc="`Lamp` bits that are lit.")]
    command: Annotated[
        Array, column("world", "slot", unit="m/s^2", doc="Acceleration the driver model has decided for the next step.")
    ]
    speed_factor: Annotated[Array, column("world", "slot", doc="Desired speed over the limit.")]
    time_headway: Annotated[Array, column("world", "slot", unit="s", doc="IDM T.")]
    min_gap: Annotated[Array, column("world", "slot", unit="m", doc="IDM s0.")]
    accel_max: Annotated[Array, column("world", "slot", unit="m/s^2", doc="IDM a.")]
    brake_comfort: Annotated[Array, column("world", "slot", unit="m/s^2", doc="IDM b.")]
    straight_lane: Annotated[
        Array, column("world", "slot", dtype=np.int32, doc="Lane from whose start `straight` counts.")
    ]
    straight: Annotated[
        Array,
        column("world", "slot", unit="m", doc="Nothing on the path up to here is too curved for the desired speed."),
    ]
    lead: Annotated[Array, column("world", "slot", dtype=np.int32, doc="Slot of the lead vehicle, -1 for none.")]
    lead_gap: Annotated[Array, column("world", "slot", unit="m", doc="Bumper gap to `lead`; +inf for none.")]


class EgoState(NamedTuple):
    """What is known of, and planned for, the ego. Labels of imitation; valid for the current observation."""

    action: Annotated[Array, column("world", 2, doc="Action last applied, in [-1, 1].")]
    accel_actual: Annotated[Array, column("world", unit="m/s^2", doc="Pedal actuator state.")]
    set_speed: Annotated[Array, column("world", unit="m/s", doc="Speed held by discrete actions.")]
    set_lane: Annotated[Array, column("world", dtype=np.int32, doc="Lane held by discrete actions.")]
    jerk: Annotated[Array, column("world", unit="m/s^3", doc="Longitudinal jerk of the last step.")]
    expert_action: Annotated[Array, column("world", 2, doc="The expert's action, in [-1, 1].")]
    waypoints: Annotated[
        Array, column("world", WAYPOINT_COUNT, 2, unit="m", doc="The expert's plan, ego frame, 0.5 s apart.")
    ]
    target_speed: Annotated[Array, column("world", unit="m/s", doc="Speed the expert wants one second from now.")]
    lane_offset: Annotated[
        Array, column("world", unit="m", doc="Rear axle from the centre of its lane, left positive.")
    ]
    lane_heading: Annotated[Array, column("world", unit="rad", doc="Yaw minus the lane's heading.")]
    lane_curvature: Annotated[
        Array, column("world", CURVATURE_COUNT, unit="1/m", doc="Curvature ahead, at `CURVATURE_AHEAD_M`.")
    ]
    lead_present: Annotated[Array, column("world", dtype=np.bool_, doc="A lead vehicle in the ego's path within 80 m.")]
    lead_distance: Annotated[Array, column("world", unit="m", doc="Bumper gap to it; 0 where none.")]
    lead_closing: Annotated[Array, column("world", unit="m/s", doc="Ego speed minus its speed; 0 where none.")]
    command: Annotated[
        Array,
        column("world", 4, doc="Lane change to make now (+1 left, -1 right, 0 none; held until its centre is near), "
               "distance in which the route needs one [m / 100, at most 5], speed limit [m/s / 10], "
               "limit 100 m ahead [m/s / 10]."),
    ]  # fmt: skip


class EpisodeState(NamedTuple):
    """The episode of every world."""

    seed: Annotated[Array, column("world", dtype=np.uint64, doc="Seed given to reset plus the world's index.")]
    episode: Annotated[Array, column("world", dtype=np.int32, doc="Episodes begun since that reset, from 0.")]
    key: Annotated[Array, column("world", dtype=np.uint64, doc="Random key of the episode: seed and episode mixed.")]
    tick: Annotated[Array, column("world", dtype=np.int32, doc="Control steps since the episode began.")]
    tick_limit: Annotated[Array, column("world", dtype=np.int32, doc="Truncated at this tick.")]
    map: Annotated[Array, column("world", dtype=np.int32, doc="Map in the bank.")]
    route: Annotated[Array, column("world", dtype=np.int32, doc="Route in the bank.")]
    remaining: Annotated[Array, column("world", unit="m", doc="Route left to drive; never rises.")]
    completion: Annotated[Array, column("world", doc="Fraction of the route driven, in [0, 1].")]
    blocked_ticks: Annotated[Array, column("world", dtype=np.int32, doc="Ticks below 0.1 m/s without a break.")]
    wrong_ticks: Annotated[Array, column("world", dtype=np.int32, doc="Ticks of driving against the traffic.")]
    outside_m: Annotated[Array, column("world", unit="m", doc="Distance driven outside the route's lanes.")]
    distance_m: Annotated[Array, column("world", unit="m", doc="Distance driven.")]
    collision: Annotated[Array, column("world", dtype=np.bool_, doc="The ego touches something.")]
    hit: Annotated[Array, column("world", dtype=np.int32, doc="Slot the ego touches, -1 for none, -2 for scenery.")]
    off_road: Annotated[Array, column("world", dtype=np.bool_, doc="A corner of the ego is off the road.")]
    wrong_way: Annotated[Array, column("world", dtype=np.bool_, doc="The ego has driven against the traffic.")]
    end: Annotated[Array, column("world", dtype=np.uint8, doc="`EndReason`, 0 while it runs.")]
    reward: Annotated[Array, column("world", 8, doc="`RewardTerm` columns of the last step, weighted.")]
    status: Annotated[Array, column("world", dtype=np.int32, doc="`errors.Status` bits.")]


class RewardTerm(IntEnum):
    """Columns of `EpisodeState.reward`."""

    PROGRESS = 0
    SPEED = 1
    LANE_CENTRE = 2
    COMFORT = 3
    SUCCESS = 4
    COLLISION = 5
    OFF_ROAD = 6
    WRONG_WAY = 7


class EndReason(IntEnum):
    """Why an episode ended. TIMEOUT truncates, all others terminate."""

    RUNNING = 0
    SUCCESS = 1
    COLLISION = 2
    OFF_ROAD = 3
    WRONG_WAY = 4
    ROUTE_DEVIATION = 5
    BLOCKED = 6
    TIMEOUT = 7


class WorldState(NamedTuple):
    """All that changes in a batch of worlds."""

    actors: ActorState
    ego: EgoState
    episode: EpisodeState


Group = TypeVar("Group", ActorState, EgoState, EpisodeState)


def columns(group: type[Any]) -> dict[str, Column]:
    """Declarations of a group's arrays, by name."""
    return {name: hint.__metadata__[0] for name, hint in get_type_hints(group, include_extras=True).items()}


def allocate(group: type[Group], *, world: int, slot: int) -> Group:
    """Zeroed arrays of one group."""
    sizes = {"world": world, "slot": slot}
    return group(
        **{
            name: np.zeros(tuple(sizes[d] if isinstance(d, str) else d for d in declared.dims), declared.dtype)
            for name, declared in columns(group).items()
        }
    )


def allocate_state(*, world: int, slot: int) -> WorldState:
    """Zeroed state of `world` worlds with `slot` road users each, the ego included."""
    return WorldState(
        actors=allocate(ActorState, world=world, slot=slot),
        ego=allocate(EgoState, world=world, slot=slot),
        episode=allocate(EpisodeState, world=world, slot=slot),
    )
