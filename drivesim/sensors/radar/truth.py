"""The kernel that finds what a radar could see: scatter points with exact places, velocities and mean strengths."""

import math

import numpy as np

from drivesim.geometry import from_frame
from drivesim.kernels.device import routine
from drivesim.kernels.entry import kernel
from drivesim.sensors.objects import body_velocity
from drivesim.sensors.radar.draws import stream_of
from drivesim.sensors.radar.ordering import deliver, order_by_range
from drivesim.sensors.radar.reflection import put_body, put_ghost, put_scenery
from drivesim.sensors.radar.scene import list_blockers, list_bodies, list_scenery
from drivesim.state import ActorKind
from drivesim.state.bodies import slot_of

_NONE = int(ActorKind.NONE)
_ZERO, _HALF = np.float32(0.0), np.float32(0.5)
f32 = np.float32


@kernel
def find_points(views, first, last, maps, state, radar):
    """Fills points and frames of `views[first:last]`: the frames are the points that are no mirror images."""
    drivers = state.drivers.slot.shape[1]
    for at in range(first, last):
        view = views[at]
        world, driver = view // drivers, view % drivers
        own = slot_of(state, world, driver)
        if state.actors.kind[world, own] == _NONE:
            count = np.int64(0)
        else:
            count = find_points_of(maps, state, radar, view, first, world, driver, own)
        radar.count[view] = count
        order_by_range(radar.points, view, count, radar.order, radar.bins, first, radar.device.range)
        deliver(radar, radar.points, view, radar.order, count, view, first)


@routine
def find_points_of(maps, state, radar, view, row, world, driver, own):
    """Lists the points of a view, unordered, and the radar's own velocity; returns how many there are."""
    actors, device = state.actors, radar.device
    yaw = actors.yaw[world, own]
    cos, sin = f32(math.cos(yaw)), f32(math.sin(yaw))
    x, y = from_frame(device.ahead, device.left, actors.x[world, own], actors.y[world, own], cos, sin)
    heading = yaw + device.yaw
    eye = (x, y, f32(math.cos(heading)), f32(math.sin(heading)))
    set_own_velocity(actors, radar, view, world, own)
    body_count = list_bodies(state, radar, row, world, own, eye)
    thing_count = list_scenery(maps, radar, row, maps.slot_of[state.worlds.map[world]], eye, body_count)
    blocker_count = list_blockers(radar, row, thing_count)
    stream = stream_of(state.worlds.key[world], radar.name, driver, state.worlds.tick[world])
    count = np.int64(0)
    for thing in range(body_count):
        count = put_body(state, radar, view, row, blocker_count, count, thing, world)
        if device.ghost_share_max > _ZERO:
            count = put_ghost(state, radar, view, row, count, thing, thing_count, stream, world)
    for thing in range(body_count, thing_count):
        count = put_scenery(radar, view, row, blocker_count, count, thing)
    return count


@routine
def set_own_velocity(actors, radar, view, world, own):
    """Velocity of the radar over the ground, along its own axes: that of the car's middle, and its turning."""
    device = radar.device
    along, aside = body_velocity(actors, radar, world, own)
    middle = _HALF * actors.length[world, own] - actors.rear[world, own]
    turn = actors.yaw_rate[world, own]
    along, aside = along - turn * device.left, aside + turn * (device.ahead - middle)
    cos, sin = f32(math.cos(device.yaw)), f32(math.sin(device.yaw))
    radar.own[view, 0], radar.own[view, 1] = along * cos + aside * sin, aside * cos - along * sin
