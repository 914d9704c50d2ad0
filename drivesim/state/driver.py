"""What is known of, and planned for, the ego."""

from typing import Annotated, NamedTuple

import numpy as np

from drivesim.state.columns import Array, column

WAYPOINT_COUNT = 6
"""Way-points of a plan, 0.5 s apart."""
CURVATURE_COUNT = 4
CURVATURE_AHEAD_M = (5.0, 10.0, 20.0, 40.0)
"""Where the lane's curvature is labelled [m ahead along the lane]."""


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
