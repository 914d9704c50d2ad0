"""Situations: the tables of all variants of a set, and what of its own variant a world remembers."""

from enum import IntEnum
from typing import Annotated, NamedTuple

import numpy as np

from drivesim.state.columns import Array, column
from drivesim.state.weather import WeatherValue


class ConditionType(IntEnum):
    """What a condition looks at; names are OpenSCENARIO's where it has one."""

    SIMULATION_TIME = 0
    TIME_TO_POSITION = 1
    REACH_POSITION = 2
    RELATIVE_DISTANCE = 3
    TIME_HEADWAY = 4
    TIME_TO_COLLISION = 5
    SPEED = 6
    STAND_STILL = 7
    EVENT = 8


class ActionType(IntEnum):
    """What an event does."""

    SPEED = 0
    OFFSET = 1
    APPEAR = 2
    VANISH = 3
    HOLD_LIGHTS = 4
    END = 5
    WEATHER = 6


class Dynamics(IntEnum):
    """What the number that goes with a change of speed means."""

    RATE = 0
    TIME = 1
    DISTANCE = 2


class Frame(IntEnum):
    """What a scripted road user moves along."""

    ROUTE = 0
    """The first driver's route, at an offset to its left."""
    ROUTE_PATH = 1
    """Straight lines between points given along and beside the route."""
    WORLD_PATH = 2
    """Straight lines between points of the world frame."""


class Phase(IntEnum):
    """How far an event is."""

    WAITING = 0
    BEGUN = 1


EGO = -1
"""Number of the first driver's car where road users of a scenario are numbered."""


class ScenarioArrays(NamedTuple):
    """All variants of a set; leading axis variant. float32 unless said otherwise, SI units."""

    map: np.ndarray
    """Map of the set's source, int32."""
    route: np.ndarray
    """Route of the first driver on it, int32."""
    time_limit: np.ndarray
    """Time after which the episode is cut off [s]; 0: that of the task."""
    ego: np.ndarray
    """Along the route, left of it [m], speed, speed that it wants (0: as the limit says) [m/s], length, width, height,
    rear [m] (0: the car's own), shape (variant, 8)."""
    kind: np.ndarray
    """Kind of every road user, int32, shape (variant, user); 0: none."""
    frame: np.ndarray
    """`Frame`, int32, shape (variant, user)."""
    start: np.ndarray
    """Along, left [m], speed [m/s], direction (1 with the route, -1 against it), shape (variant, user, 4)."""
    hidden: np.ndarray
    """Whether it appears only later, bool, shape (variant, user)."""
    body: np.ndarray
    """Length, width, height, rear [m]; 0: drawn as of its kind, shape (variant, user, 4)."""
    knot: np.ndarray
    """Path, shape (variant, user, knot, 2) [m]."""
    knot_count: np.ndarray
    """int32, shape (variant, user)."""
    event_count: np.ndarray
    """int32."""
    any_of: np.ndarray
    """Whether one of its conditions is enough, bool, shape (variant, occasion)."""
    condition_count: np.ndarray
    """int32, shape (variant, occasion)."""
    condition: np.ndarray
    """`ConditionType`, 1 for at least and 0 for at most, entity, other entity or event, int32, shape
    (variant, occasion, condition, 4)."""
    threshold: np.ndarray
    """Value and position, shape (variant, occasion, condition, 2)."""
    action: np.ndarray
    """`ActionType`, road user, mode, row of `weather`, colours held by the route's light and by the others (-1: none),
    int32, shape (variant, occasion, 6)."""
    amount: np.ndarray
    """Goal and rate, time or distance, shape (variant, occasion, 2)."""
    weather: np.ndarray
    """Weathers that events bring, a row of `WeatherValue` each; leading axis weather."""


class ScenarioState(NamedTuple):
    """What happens in a world's situation. Axes: `user` counts its road users, `occasion` its events."""

    x: Annotated[Array, column("world", "user", "bend", unit="m", doc="Points of the path, world frame, east.")]
    y: Annotated[Array, column("world", "user", "bend", unit="m", doc="Points of the path, world frame, north.")]
    along: Annotated[Array, column("world", "user", unit="m", doc="How far it has come on its path or the route.")]
    left: Annotated[Array, column("world", "user", unit="m", doc="Offset from there to the left of the route.")]
    speed: Annotated[Array, column("world", "user", unit="m/s", doc="Along its path.")]
    time: Annotated[Array, column("world", "user", unit="s", doc="Until when it has been moved.")]
    goal_speed: Annotated[Array, column("world", "user", unit="m/s", doc="Speed that it changes to.")]
    rate: Annotated[Array, column("world", "user", unit="m/s^2", doc="How fast it does.")]
    left_from: Annotated[Array, column("world", "user", unit="m", doc="Offset when it last began to change.")]
    left_to: Annotated[Array, column("world", "user", unit="m", doc="Offset that it changes to.")]
    left_began: Annotated[Array, column("world", "user", unit="s", doc="When the change of offset began.")]
    left_takes: Annotated[Array, column("world", "user", unit="s", doc="How long it takes; 0: there is none.")]
    left_smooth: Annotated[Array, column("world", "user", dtype=np.bool_, doc="It begins and ends gently.")]
    phase: Annotated[Array, column("world", "occasion", dtype=np.uint8, doc="`Phase` of every event.")]
    began: Annotated[Array, column("world", "occasion", unit="s", doc="When it began, within the step.")]
    still: Annotated[Array, column("world", unit="s", doc="How long the first driver's car has stood.")]
    ended: Annotated[Array, column("world", dtype=np.bool_, doc="A rule has ended the situation.")]
    impact_speed: Annotated[
        Array, column("world", unit="m/s", doc="Speed of the first impact, as far as the other party had it not too.")
    ]
    has_impact: Annotated[Array, column("world", dtype=np.bool_, doc="The first driver's car has touched something.")]


def no_scenarios() -> ScenarioArrays:
    """Tables without a variant's road users or events."""
    f, i, b = np.float32, np.int32, np.bool_
    return ScenarioArrays(
        map=np.zeros(1, i), route=np.zeros(1, i), time_limit=np.zeros(1, f), ego=np.zeros((1, 8), f),
        kind=np.zeros((1, 0), i), frame=np.zeros((1, 0), i), start=np.zeros((1, 0, 4), f), hidden=np.zeros((1, 0), b),
        body=np.zeros((1, 0, 4), f), knot=np.zeros((1, 0, 1, 2), f), knot_count=np.zeros((1, 0), i),
        event_count=np.zeros(1, i), any_of=np.zeros((1, 0), b), condition_count=np.zeros((1, 0), i),
        condition=np.zeros((1, 0, 1, 4), i), threshold=np.zeros((1, 0, 1, 2), f), action=np.zeros((1, 0, 6), i),
        amount=np.zeros((1, 0, 2), f), weather=np.zeros((1, len(WeatherValue)), f),
    )  # fmt: skip
