"""At the kerb: who may step onto the road, and when.

On green people go. On a zebra they go first, as soon as everybody who comes can still stop in comfort. Elsewhere they
take a gap: nobody comes to the crossed lane for as long after they do as they ask for (3 to 5 s; specs 5.8).
Whoever could not stop any more is let pass everywhere.
"""

import math

import numpy as np
from numba import njit

from drivesim.maps.path import following
from drivesim.maps.places import FootpathKind
from drivesim.semantics import LightColor
from drivesim.state import ActorKind
from drivesim.state.lights import light_color
from drivesim.world.people.ways import lane_ahead
from drivesim.world.ways import way_of

f32, i32 = np.float32, np.int32

COMFORT, REACTION = f32(3.0), f32(1.0)
"""Who has the right expects drivers to brake no harder, after this time [m/s^2, s]."""
SIGHT = f32(120.0)
"""Vehicles farther away than this are not looked at [m]."""
LEAVES = f32(0.8)
"""Time between a person in a lane and a vehicle there [s]."""
PULLS_AWAY = f32(2.0)
"""A vehicle that stands may begin to move with this [m/s^2]."""
STANDING = f32(0.3)
HORIZON_S, HORIZON_M = f32(9.0), f32(15.0)
"""Vehicles are followed along their ways as far as they come in this time, and so much more [s, m]."""
INFINITY, ZERO, HALF, ONE, TWO = f32(np.inf), f32(0.0), f32(0.5), f32(1.0), f32(2.0)
NO_ROW = i32(-1)
_NONE = int(ActorKind.NONE)
_ZEBRA, _LIGHTS = int(FootpathKind.ZEBRA), int(FootpathKind.LIGHTS)
_DARK, _GREEN = int(LightColor.DARK), int(LightColor.GREEN)


@njit
def has_priority(maps, state, world, path):
    """Whether people go first on a crossing at this moment."""
    paths = maps.footpaths
    if paths.kind[path] == _LIGHTS:
        return light_color(maps, state, world, paths.light[path]) == _GREEN
    return paths.kind[path] == _ZEBRA


@njit
def is_red(maps, state, world, path):
    """Whether a light keeps people from a crossing."""
    paths = maps.footpaths
    if paths.kind[path] != _LIGHTS:
        return False
    color = light_color(maps, state, world, paths.light[path])
    return color != _GREEN and color != _DARK


@njit
def crossing_on_way(maps, state, world, slot, path):
    """Where a vehicle's way meets a crossing first.

    Returns:
        Row of the axis footcross, -1 for none, and the way from its rear axle to where the crossing begins [m],
        negative beyond. A vehicle whose rear has left it does not meet it.
    """
    lanes, paths, actors = maps.lanes, maps.footpaths, state.actors
    lane, start, rear = actors.lane[world, slot], -actors.s[world, slot], actors.rear[world, slot]
    horizon = HORIZON_S * actors.speed[world, slot] + HORIZON_M
    way = way_of(maps, state, world, slot)
    while lane >= 0 and start <= horizon:
        for row in range(paths.cross_first[path], paths.cross_first[path + 1]):
            if paths.cross_lane[row] == lane and start + paths.cross_s[row, 1] + rear > ZERO:
                return i32(row), start + paths.cross_s[row, 0]
        start += lanes.length[lane]
        lane = following(maps, way, lane)
    return NO_ROW, INFINITY


@njit
def may_cross(maps, state, world, path, along, ahead, pace, gap):
    """Whether somebody at a place before a road may step onto it now.

    Args:
        maps: `MapArrays`.
        state: `WorldState`.
        world: World.
        path: The crossing.
        along: Place on it, which may be beyond its ends [m].
        ahead: 1 or -1: direction along it.
        pace: Speed of crossing [m/s].
        gap: Gap that is taken where nobody has to stop [s].
    """
    paths, actors = maps.footpaths, state.actors
    if is_red(maps, state, world, path):
        return False
    priority = has_priority(maps, state, world, path)
    row = paths.point_first[path]
    x, y = paths.point[row, 0], paths.point[row, 1]
    for slot in range(actors.kind.shape[1]):
        if actors.kind[world, slot] == _NONE or actors.lane[world, slot] < 0:
            continue
        east, north = actors.x[world, slot] - x, actors.y[world, slot] - y
        if east * east + north * north > SIGHT * SIGHT:
            continue
        crossed, way = crossing_on_way(maps, state, world, slot, path)
        if crossed >= 0 and not lets_cross(maps, state, world, slot, crossed, way, along, ahead, pace, gap, priority):
            return False
    return True


@njit
def lets_cross(maps, state, world, slot, row, way, along, ahead, pace, gap, priority):
    """Whether somebody may step before one vehicle whose rear axle has `way` to the crossing [m]; see `may_cross`."""
    paths, actors = maps.footpaths, state.actors
    speed, length = actors.speed[world, slot], actors.length[world, slot]
    near, far = lane_ahead(paths, row, along, ahead)
    comes, leaves = max(near, ZERO) / pace, far / pace
    room = way - (length - actors.rear[world, slot])
    clear = room + length + paths.cross_s[row, 1] - paths.cross_s[row, 0]
    if speed > STANDING and clear / speed + LEAVES < comes:
        return True
    if room < ZERO:
        return False
    if speed < STANDING:
        return priority or f32(math.sqrt(TWO * room / PULLS_AWAY)) > leaves + LEAVES
    if priority and room > REACTION * speed + HALF * speed * speed / COMFORT + ONE:
        return True
    arrives = room / speed
    return arrives > leaves + LEAVES and (priority or arrives - comes > gap)
