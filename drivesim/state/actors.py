"""Road users: their bodies, their motion, and what their drivers have decided."""

from enum import IntEnum
from typing import Annotated, NamedTuple

import numpy as np

from drivesim.state.columns import Array, column


class Lamp(IntEnum):
    """Bits of `ActorState.lamps`."""

    BRAKE = 1
    LEFT = 2
    RIGHT = 4
    LIGHTS = 8
    """Head and tail lamps."""
    BEACON = 16
    """Blue lamps of an emergency vehicle on call, in the bright half of a flash."""


class Errand(IntEnum):
    """What a road user is about, besides driving on."""

    NONE = 0
    LEAVES = 1
    """It stands in its bay, signals, and waits for a gap."""
    PULLS_OUT = 2
    SEEKS = 3
    """It drives on, and looks for a bay."""
    PARKS = 4
    """It makes for a bay."""
    TO_STOP = 5
    """A bus makes for a stop."""
    AT_STOP = 6
    ON_CALL = 7
    """An emergency vehicle with blue lamps and siren."""
    OFF_CALL = 8
    MAKES_WAY = 9
    """It lets an emergency vehicle pass; drivers have this errand too, whatever they do."""


class ActorState(NamedTuple):
    """Every road user of every world."""

    kind: Annotated[
        Array,
        column("world", "slot", dtype=np.uint8, doc="`ActorKind`, or one from outside; 0: an empty slot."),
    ]
    driver: Annotated[
        Array, column("world", "slot", dtype=np.int32, doc="Driver that steers it; -1: it drives by itself.")
    ]
    motion: Annotated[
        Array, column("world", "slot", dtype=np.uint8, doc="`Motion` that moves it where no driver steers it.")
    ]
    born: Annotated[Array, column("world", "slot", dtype=np.int32, doc="Tick at which it took its slot.")]
    look: Annotated[Array, column("world", "slot", dtype=np.uint8, doc="Chooses paint and shape details.")]
    length: Annotated[Array, column("world", "slot", unit="m", doc="Bumper to bumper.")]
    width: Annotated[Array, column("world", "slot", unit="m", doc="Body width.")]
    height: Annotated[Array, column("world", "slot", unit="m", doc="Roof above ground.")]
    rear: Annotated[Array, column("world", "slot", unit="m", doc="Rear bumper behind the rear axle.")]
    wheelbase: Annotated[Array, column("world", "slot", unit="m", doc="Rear axle to front axle.")]
    x: Annotated[Array, column("world", "slot", unit="m", doc="Rear axle, world frame, east.")]
    y: Annotated[Array, column("world", "slot", unit="m", doc="Rear axle, world frame, north.")]
    yaw: Annotated[Array, column("world", "slot", unit="rad", doc="Heading, counter-clockwise from east.")]
    before_x: Annotated[Array, column("world", "slot", unit="m", doc="`x` when the last step began.")]
    before_y: Annotated[Array, column("world", "slot", unit="m", doc="`y` when the last step began.")]
    before_yaw: Annotated[Array, column("world", "slot", unit="rad", doc="`yaw` when the last step began.")]
    speed: Annotated[
        Array, column("world", "slot", unit="m/s", doc="Along its course; of a driven car: see `vehicle`.")
    ]
    accel: Annotated[Array, column("world", "slot", unit="m/s^2", doc="Longitudinal acceleration of the last step.")]
    steer: Annotated[Array, column("world", "slot", unit="rad", doc="Front wheel angle, left positive.")]
    yaw_rate: Annotated[Array, column("world", "slot", unit="rad/s", doc="Yaw rate.")]
    slip: Annotated[Array, column("world", "slot", unit="rad", doc="Side slip angle at the centre of gravity.")]
    gait: Annotated[
        Array,
        column("world", "slot", unit="rad", doc="Phase of the limbs of who walks, or pedals, by the way covered."),
    ]
    lane: Annotated[Array, column("world", "slot", dtype=np.int32, doc="Lane the rear axle is in.", points_at="lane")]
    s: Annotated[Array, column("world", "slot", unit="m", doc="Rear axle along `lane`.")]
    d: Annotated[Array, column("world", "slot", unit="m", doc="Offset from the centre of `lane`, left positive.")]
    target_lane: Annotated[Array, column("world", "slot", dtype=np.int32, doc="Lane to steer for.", points_at="lane")]
    second_lane: Annotated[
        Array,
        column(
            "world",
            "slot",
            dtype=np.int32,
            doc="Neighbour of `lane` its body is in or moves into; -1: none.",
            points_at="lane",
        ),
    ]
    change_ticks: Annotated[
        Array, column("world", "slot", dtype=np.int32, doc="Ticks since the current lane change began; -1: none.")
    ]
    errand: Annotated[Array, column("world", "slot", dtype=np.uint8, doc="`Errand`.")]
    errand_tick: Annotated[
        Array, column("world", "slot", dtype=np.int32, doc="When its errand began, or a door was opened.")
    ]
    place: Annotated[
        Array,
        column("world", "slot", dtype=np.int32, doc="Bay or bus stop of its errand, counted within the map; of a door, "
               "the slot of its car; -1: none."),
    ]  # fmt: skip
    aside: Annotated[
        Array,
        column("world", "slot", unit="m", doc="How far left of its place on the lane it is: to park, to let pass."),
    ]
    aside_slope: Annotated[Array, column("world", "slot", doc="Slope of that along the lane.")]
    aside_target: Annotated[Array, column("world", "slot", unit="m", doc="Where it moves to: `aside` wanted.")]
    cooldown: Annotated[Array, column("world", "slot", dtype=np.int32, doc="Ticks until MOBIL may decide again.")]
    lamps: Annotated[Array, column("world", "slot", dtype=np.uint8, doc="`Lamp` bits that are lit.")]
    accel_decided: Annotated[
        Array, column("world", "slot", unit="m/s^2", doc="Acceleration the driver model has decided for the next step.")
    ]
    speed_factor: Annotated[Array, column("world", "slot", doc="Desired speed over the limit.")]
    speed_max: Annotated[Array, column("world", "slot", unit="m/s", doc="It never wants to be faster.")]
    time_headway: Annotated[Array, column("world", "slot", unit="s", doc="IDM T.")]
    min_gap: Annotated[Array, column("world", "slot", unit="m", doc="IDM s0.")]
    accel_max: Annotated[Array, column("world", "slot", unit="m/s^2", doc="IDM a.")]
    brake_comfort: Annotated[Array, column("world", "slot", unit="m/s^2", doc="IDM b.")]
    straight_lane: Annotated[
        Array, column("world", "slot", dtype=np.int32, doc="Lane from whose start `straight` counts.", points_at="lane")
    ]
    straight: Annotated[
        Array,
        column("world", "slot", unit="m", doc="Nothing on the path up to here is too curved for the desired speed."),
    ]
    lead: Annotated[Array, column("world", "slot", dtype=np.int32, doc="Slot of the lead vehicle, -1 for none.")]
    lead_gap: Annotated[Array, column("world", "slot", unit="m", doc="Bumper gap to `lead`; +inf for none.")]
