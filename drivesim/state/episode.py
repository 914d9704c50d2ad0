"""Episodes: a world's seed, clock and map, and what each of its drivers has done wrong and earned."""

from enum import IntEnum
from typing import Annotated, NamedTuple

import numpy as np

from drivesim.state.columns import Array, column


class WorldRecord(NamedTuple):
    """What a world's drivers share."""

    seed: Annotated[Array, column("world", dtype=np.uint64, doc="Seed given to reset plus the world's index.")]
    episode: Annotated[Array, column("world", dtype=np.int32, doc="Episodes begun since that reset, from 0.")]
    key: Annotated[Array, column("world", dtype=np.uint64, doc="Random key of the episode: seed and episode mixed.")]
    tick: Annotated[Array, column("world", dtype=np.int32, doc="Control steps since the episode began.")]
    map: Annotated[Array, column("world", dtype=np.int32, doc="Number of the map in its source.")]
    status: Annotated[Array, column("world", dtype=np.int32, doc="`errors.Status` bits.")]


class ConditionState(NamedTuple):
    """Parameters that may differ between the worlds of a batch; a reset keeps them."""

    friction: Annotated[Array, column("world", doc="Friction coefficient of the road.")]
    car_count: Annotated[
        Array, column("world", dtype=np.int32, doc="Slots that traffic may fill, at most `TrafficConfig.car_count`.")
    ]
    pedestrian_count: Annotated[Array, column("world", dtype=np.int32, doc="The same of people on foot.")]
    cyclist_count: Annotated[Array, column("world", dtype=np.int32, doc="The same of cyclists.")]
    parked_count: Annotated[Array, column("world", dtype=np.int32, doc="The same of parked cars.")]
    variant: Annotated[
        Array, column("world", dtype=np.int32, doc="Variant of the situations that it holds: row of `ScenarioArrays`.")
    ]


class EpisodeState(NamedTuple):
    """The episode of every driver."""

    tick_limit: Annotated[Array, column("world", "driver", dtype=np.int32, doc="Truncated at this tick.")]
    blocked_ticks: Annotated[
        Array, column("world", "driver", dtype=np.int32, doc="Ticks below 0.1 m/s without a break.")
    ]
    wrong_ticks: Annotated[
        Array, column("world", "driver", dtype=np.int32, doc="Ticks of driving against the traffic.")
    ]
    off_route_m: Annotated[Array, column("world", "driver", unit="m", doc="Distance driven since the route was left.")]
    has_stopped: Annotated[
        Array, column("world", "driver", dtype=np.bool_, doc="It has stood at the line of the stop sign that is near.")
    ]
    outside_m: Annotated[Array, column("world", "driver", unit="m", doc="Distance driven outside the route's lanes.")]
    distance_m: Annotated[Array, column("world", "driver", unit="m", doc="Distance driven.")]
    end: Annotated[Array, column("world", "driver", dtype=np.uint8, doc="`EndReason`, 0 while it runs.")]
    reward: Annotated[
        Array,
        column(
            "world", "driver", "term", doc="Weighted terms of the last step: `RewardTerm`, then those from outside."
        ),
    ]


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
    OTHER = 8
    """An event from outside; the number goes on by which one."""
