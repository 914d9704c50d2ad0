"""Truth about every road user around a driver's car: where it is, how it moves, how large it is, what and who it is."""

import math
from typing import Annotated, NamedTuple

import numpy as np

from drivesim.geometry import to_frame, wrap_angle
from drivesim.kernels.device import device
from drivesim.kernels.entry import entry
from drivesim.kernels.launch import Launcher
from drivesim.state import ActorKind, WorldState
from drivesim.state.bodies import box_of, slot_of
from drivesim.state.columns import Array, allocate, column
from drivesim.state.parameters import DYNAMIC, WorldParameters
from drivesim.world.vehicle import REAR_AXLE

_NONE = int(ActorKind.NONE)
_HALF = np.float32(0.5)
_REAR_AXLE = np.float32(REAR_AXLE)


class ObjectLabels(NamedTuple):
    """Road users as a driver's car sees them: x forward, y left of its rear axle. 0 where there is none."""

    valid: Annotated[
        Array, column("world", "driver", "slot", dtype=np.bool_, doc="Somebody other than the driver's own car.")
    ]
    position: Annotated[
        Array, column("world", "driver", "slot", 2, unit="m", doc="Middle of its body on the ground, ego frame.")
    ]
    yaw: Annotated[Array, column("world", "driver", "slot", unit="rad", doc="Its heading in the ego frame, [-pi, pi).")]
    velocity: Annotated[
        Array,
        column("world", "driver", "slot", 2, unit="m/s", doc="Of that middle over the ground, along the ego's axes."),
    ]
    size: Annotated[Array, column("world", "driver", "slot", 3, unit="m", doc="Length, width, height of its body.")]
    semantic: Annotated[Array, column("world", "driver", "slot", dtype=np.uint8, doc="`Semantic` id of its kind.")]
    track: Annotated[
        Array, column("world", "driver", "slot", dtype=np.int32, doc="Nobody else in the episode has this number.")
    ]


def object_labels(state: WorldState, parameters: WorldParameters, launcher: Launcher) -> ObjectLabels:
    """Labels of all road users for every driver."""
    worlds, slots = state.actors.kind.shape
    labels = allocate(ObjectLabels, {"world": worlds, "slot": slots, "driver": state.drivers.slot.shape[1]})
    launcher.run(describe_objects, np.arange(worlds), state, parameters, labels)
    return labels


@entry()
def describe_objects(state, parameters, labels, world):
    """Fills the `ObjectLabels` of a world, zeroed before; nothing for a driver whose car has left the road."""
    actors = state.actors
    slots = actors.kind.shape[1]
    for driver in range(state.drivers.slot.shape[1]):
        own = slot_of(state, world, driver)
        if actors.kind[world, own] == _NONE:
            continue
        own_x, own_y, own_yaw = actors.x[world, own], actors.y[world, own], actors.yaw[world, own]
        own_cos, own_sin = np.float32(math.cos(own_yaw)), np.float32(math.sin(own_yaw))
        for slot in range(slots):
            kind = actors.kind[world, slot]
            if kind == _NONE or slot == own:
                continue
            labels.valid[world, driver, slot] = True
            x, y, cos, sin, _, _ = box_of(actors, world, slot)
            ahead, left = to_frame(x, y, own_x, own_y, own_cos, own_sin)
            labels.position[world, driver, slot, 0], labels.position[world, driver, slot, 1] = ahead, left
            labels.yaw[world, driver, slot] = wrap_angle(actors.yaw[world, slot] - own_yaw)
            along, aside = body_velocity(actors, parameters, world, slot)
            east, north = along * cos - aside * sin, along * sin + aside * cos
            labels.velocity[world, driver, slot, 0] = east * own_cos + north * own_sin
            labels.velocity[world, driver, slot, 1] = north * own_cos - east * own_sin
            labels.size[world, driver, slot, 0] = actors.length[world, slot]
            labels.size[world, driver, slot, 1] = actors.width[world, slot]
            labels.size[world, driver, slot, 2] = actors.height[world, slot]
            labels.semantic[world, driver, slot] = parameters.kinds.semantic[kind]
            labels.track[world, driver, slot] = actors.born[world, slot] * slots + slot


@device
def body_velocity(actors, parameters, world, slot):
    """Velocity of the middle of a body, along its heading and to its left [m/s].

    Speeds are those of the rear axle, which does not slip; of a driven car with the dynamic model, of the centre of
    gravity.
    """
    along, aside = actors.speed[world, slot], np.float32(0.0)
    arm = _HALF * actors.length[world, slot] - actors.rear[world, slot]
    if actors.driver[world, slot] >= 0 and parameters.vehicle_model == DYNAMIC:
        slip = actors.slip[world, slot]
        along, aside = along * np.float32(math.cos(slip)), along * np.float32(math.sin(slip))
        arm -= _REAR_AXLE
    return along, aside + arm * actors.yaw_rate[world, slot]
