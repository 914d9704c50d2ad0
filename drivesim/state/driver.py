"""What belongs to a driver: the slot it steers, its actuators, what it holds, its plan, its labels, its navigation.

A world has one driver or several. A driver steers the road user of one slot; everything here has axes (world, driver).
Plan, labels and navigation are valid for the current observation.
"""

from typing import Annotated, NamedTuple

import numpy as np

from drivesim.state.columns import Array, column

WAYPOINT_COUNT = 6
"""Way-points of a plan, 0.5 s apart."""
CURVATURE_COUNT = 4
CURVATURE_AHEAD_M = (5.0, 10.0, 20.0, 40.0)
"""Where the lane's curvature is labelled [m ahead along the lane]."""


class DriverState(NamedTuple):
    """Who steers what."""

    slot: Annotated[Array, column("world", "driver", dtype=np.int32, doc="Slot of the road user it steers.")]


class ActuatorState(NamedTuple):
    """What a driver has asked of its car, and how far the car has followed."""

    action: Annotated[Array, column("world", "driver", 2, doc="Steering and acceleration last asked for, in [-1, 1].")]
    pedal: Annotated[Array, column("world", "driver", unit="m/s^2", doc="State of the lagging pedals.")]
    jerk: Annotated[Array, column("world", "driver", unit="m/s^3", doc="Longitudinal jerk of the last step.")]
    velocity: Annotated[
        Array, column("world", "driver", 2, unit="m/s", doc="Of its car's rear axle over the ground: ahead, left.")
    ]
    asked: Annotated[
        Array,
        column("world", "driver", "asked", 2, doc="Actions of the last steps, that of tick t at t modulo their number; "
               "kept where the car has faults."),
    ]  # fmt: skip
    steering_delay: Annotated[
        Array, column("world", "driver", dtype=np.int32, doc="Control steps by which a fault delays the steering.")
    ]
    brake_delay: Annotated[
        Array, column("world", "driver", dtype=np.int32, doc="Control steps by which a fault delays the brakes.")
    ]
    brake_loss: Annotated[Array, column("world", "driver", doc="Share of the braking that a fault takes away.")]


class HeldState(NamedTuple):
    """What the meta-actions of discrete driving hold."""

    speed: Annotated[Array, column("world", "driver", unit="m/s", doc="Speed held.")]
    lane: Annotated[Array, column("world", "driver", dtype=np.int32, doc="Lane held.", points_at="lane")]


class PlanState(NamedTuple):
    """The expert's answer."""

    expert_action: Annotated[Array, column("world", "driver", 2, doc="Its action, in [-1, 1].")]
    waypoints: Annotated[
        Array, column("world", "driver", WAYPOINT_COUNT, 2, unit="m", doc="Its way-points, ego frame, 0.5 s apart.")
    ]
    target_speed: Annotated[
        Array, column("world", "driver", unit="m/s", doc="Speed that it wants one second from now.")
    ]


class LabelState(NamedTuple):
    """What a perfect look at the road would tell."""

    lane_offset: Annotated[
        Array, column("world", "driver", unit="m", doc="Rear axle from the centre of its lane, left positive.")
    ]
    lane_heading: Annotated[Array, column("world", "driver", unit="rad", doc="Yaw minus the lane's heading.")]
    lane_curvature: Annotated[
        Array, column("world", "driver", CURVATURE_COUNT, unit="1/m", doc="Curvature ahead, at `CURVATURE_AHEAD_M`.")
    ]
    lead_present: Annotated[
        Array, column("world", "driver", dtype=np.bool_, doc="A lead vehicle in the driver's path within 80 m.")
    ]
    lead_distance: Annotated[Array, column("world", "driver", unit="m", doc="Bumper gap to it; 0 where none.")]
    lead_closing: Annotated[
        Array, column("world", "driver", unit="m/s", doc="Own speed minus its speed; 0 where none.")
    ]
    lead_place: Annotated[
        Array,
        column("world", "driver", 2, unit="m", doc="Its rear, ahead and left of the rear axle; 0 where none."),
    ]
    light_present: Annotated[
        Array,
        column("world", "driver", dtype=np.bool_, doc="A light for the driver within 60 m ahead, facing its car."),
    ]
    light_color: Annotated[
        Array, column("world", "driver", dtype=np.uint8, doc="`LightColor` that it shows; DARK where none.")
    ]
    light_place: Annotated[
        Array,
        column("world", "driver", 2, unit="m", doc="Foot of its pole, ahead and left of the rear axle; 0 where none."),
    ]
    stop_line_present: Annotated[
        Array,
        column("world", "driver", dtype=np.bool_, doc="A stop line of a light or sign within 60 m ahead."),
    ]
    stop_line_distance: Annotated[
        Array, column("world", "driver", unit="m", doc="Front bumper to the next such line; 0 where none.")
    ]
    person_present: Annotated[
        Array,
        column("world", "driver", dtype=np.bool_, doc="Somebody on foot or cycle in its way within 40 m."),
    ]
    person_distance: Annotated[
        Array, column("world", "driver", unit="m", doc="Front bumper to the nearest of them; 0 where none.")
    ]
    person_place: Annotated[
        Array,
        column("world", "driver", 2, unit="m", doc="Where that one is, ahead and left of the rear axle; 0 where none."),
    ]
    gives_way: Annotated[
        Array, column("world", "driver", dtype=np.bool_, doc="The driver has to wait for others at the next junction.")
    ]


class NavigationState(NamedTuple):
    """Where a driver is to go, and how far it has come."""

    route: Annotated[Array, column("world", "driver", dtype=np.int32, doc="Route it drives.", points_at="route")]
    remaining: Annotated[Array, column("world", "driver", unit="m", doc="Route left to drive; never rises.")]
    completion: Annotated[Array, column("world", "driver", doc="Fraction of the route driven, in [0, 1].")]
    command: Annotated[
        Array,
        column("world", "driver", 4, doc="Lane change to make now (+1 left, -1 right, 0 none; held until its centre is "
               "near), distance in which the route needs one [m / 100, at most 5], speed limit [m/s / 10], "
               "limit 100 m ahead [m/s / 10]."),
    ]  # fmt: skip
    turn: Annotated[
        Array,
        column("world", "driver", 3, doc="At the next junction within 100 m: +1 to the left, -1 to the right, 0 "
               "straight on; 1 where there is one; distance to it [m / 100], 1 where none."),
    ]  # fmt: skip
