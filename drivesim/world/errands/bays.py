"""Parking bays: which are free, and where a vehicle stands in one."""

import math

import numpy as np
from numba import njit

from drivesim.geometry import wrap_angle
from drivesim.maps.lanes import pose_at, project
from drivesim.state import ActorKind
from drivesim.state.actors import Errand
from drivesim.state.bodies import box_of
from drivesim.world.following import HALF, ZERO

f32, i32 = np.float32, np.int32

PARALLEL = f32(0.2)
"""A bay that is turned further to its lane is not entered or left [rad]."""
SPACE = f32(7.5)
"""The next bay is no farther than this from middle to middle [m]."""
BAY_MARGIN = f32(0.2)
"""Free space at either end of a bay [m]."""
_NONE, _DOOR = int(ActorKind.NONE), int(ActorKind.CAR_DOOR)
_PARKS, _PULLS_OUT = int(Errand.PARKS), int(Errand.PULLS_OUT)


@njit
def bay_of(maps, state, world, slot):
    """Bay that a road user's errand is about, in the bank's numbering."""
    return maps.bays.map_first[maps.slot_of[state.worlds.map[world]]] + state.actors.place[world, slot]


@njit
def rear_axle_in(maps, actors, world, slot, bay):
    """Where the rear axle of a vehicle is that stands in the middle of a bay: x, y [m]."""
    bays = maps.bays
    back = HALF * actors.length[world, slot] - actors.rear[world, slot]
    yaw = bays.yaw[bay]
    return bays.x[bay] - back * f32(math.cos(yaw)), bays.y[bay] - back * f32(math.sin(yaw))


@njit
def beside_lane(maps, actors, world, slot, bay):
    """Place of that rear axle beside the bay's lane: s, d [m], and how far the bay is turned to the lane [rad]."""
    bays = maps.bays
    x, y = rear_axle_in(maps, actors, world, slot, bay)
    s, d = project(maps.lanes, bays.lane[bay], bays.s[bay], x, y)
    _, _, heading, _, _ = pose_at(maps.lanes, bays.lane[bay], s)
    return s, d, wrap_angle(bays.yaw[bay] - heading)


@njit
def is_empty(maps, state, world, slot, bay):
    """Whether nobody but `slot` stands in a bay, is about to, or pulls out of it or round it."""
    actors, bays = state.actors, maps.bays
    number = i32(bay - bays.map_first[maps.slot_of[state.worlds.map[world]]])
    cos, sin = f32(math.cos(bays.yaw[bay])), f32(math.sin(bays.yaw[bay]))
    for other in range(actors.kind.shape[1]):
        kind = actors.kind[world, other]
        if kind == _NONE or kind == _DOOR or other == slot:
            continue
        if actors.errand[world, other] == _PARKS and actors.place[world, other] == number:
            return False
        if actors.errand[world, other] == _PULLS_OUT:
            left = bay_of(maps, state, world, other)
            if bays.lane[left] == bays.lane[bay] and ZERO <= bays.s[bay] - bays.s[left] < SPACE:
                return False
        x, y, _, _, half_length, half_width = box_of(actors, world, other)
        east, north = x - bays.x[bay], y - bays.y[bay]
        if abs(east * cos + north * sin) < HALF * bays.length[bay] + half_length:
            if abs(north * cos - east * sin) < HALF * bays.width[bay] + half_width - f32(0.5):
                return False
    return True


@njit
def has_space(maps, state, world, slot, bay, ahead):
    """Whether the bay ahead of one along its lane (`ahead` 1), or behind it (-1), is empty, or there is none."""
    bays = maps.bays
    map_slot = maps.slot_of[state.worlds.map[world]]
    for other in range(bays.map_first[map_slot], bays.map_end[map_slot]):
        if other == bay or bays.lane[other] != bays.lane[bay]:
            continue
        along = (bays.s[other] - bays.s[bay]) * ahead
        east, north = bays.x[other] - bays.x[bay], bays.y[other] - bays.y[bay]
        if ZERO < along < SPACE and east * east + north * north < SPACE * SPACE:
            if not is_empty(maps, state, world, slot, other):
                return False
    return True
