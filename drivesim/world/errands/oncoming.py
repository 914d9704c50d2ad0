"""Who comes the other way where an emergency vehicle passes on the oncoming lane, and how near along its way.

Streets bend and people turn into them, so nearness is measured along the way that somebody takes, and not straight
ahead. `calls.holds_for_call` keeps those out who have not yet entered the junction before that street,
`passing.plan_passing` does not begin while anybody comes.
"""

import math

import numpy as np
from numba import njit

from drivesim.maps.lanes import pose_at
from drivesim.maps.path import advance
from drivesim.state import ActorKind
from drivesim.state.actors import Errand
from drivesim.world.following import HALF
from drivesim.world.ways import way_of

f32, u8 = np.float32, np.uint8

NEAR_M = f32(110.0)
"""Ways are looked along so far [m]: what a car at 50 km/h takes to stop in comfort, and a passing after that."""
STRIDE_M, BESIDE_M = f32(5.0), f32(8.0)
"""Places on a way are looked at so far apart; who comes by nearer than this comes by on the same street [m]."""
OFF_LANE = f32(0.3)
"""Who is farther than this from its place on the lane has not come back to it [m]."""
INFINITY, ZERO = f32(np.inf), f32(0.0)
_NONE, _ON_CALL = int(ActorKind.NONE), u8(Errand.ON_CALL)


@njit
def is_passing(actors, world, slot):
    """Whether somebody is an emergency vehicle on call that passes, or comes back from that."""
    if actors.errand[world, slot] != _ON_CALL or actors.kind[world, slot] == _NONE:
        return False
    return actors.aside_target[world, slot] != ZERO or abs(actors.aside[world, slot]) > OFF_LANE


@njit
def way_towards(maps, state, world, slot, passer):
    """Way after which somebody is abreast of `passer`, coming the other way [m]; +inf where beyond `NEAR_M`."""
    lanes, actors = maps.lanes, state.actors
    x, y, yaw = actors.x[world, passer], actors.y[world, passer], actors.yaw[world, passer]
    lane, s, gone = actors.lane[world, slot], actors.s[world, slot], ZERO
    way = way_of(maps, state, world, slot)
    while gone < NEAR_M and s <= lanes.length[lane]:
        there_x, there_y, heading, _, _ = pose_at(lanes, lane, s)
        away = f32(math.hypot(there_x - x, there_y - y))
        if away > NEAR_M - gone + BESIDE_M:
            return INFINITY
        if away < BESIDE_M and f32(math.cos(heading - yaw)) < -HALF:
            return gone
        stride = max(STRIDE_M, away - BESIDE_M)
        gone += stride
        lane, s = advance(maps, way, lane, s + stride, changing=False)
    return INFINITY


@njit
def way_to_passing(maps, state, world, slot):
    """Way after which somebody meets the nearest who passes [m]; +inf for none."""
    actors, nearest = state.actors, INFINITY
    for other in range(actors.kind.shape[1]):
        if actors.errand[world, other] == _ON_CALL and other != slot and is_passing(actors, world, other):
            nearest = min(nearest, way_towards(maps, state, world, slot, np.int64(other)))
    return nearest


@njit
def is_passed_near(actors, world, x, y, near):
    """Whether anybody passes nearer than `near` to a place [m]."""
    for other in range(actors.kind.shape[1]):
        if actors.errand[world, other] == _ON_CALL and is_passing(actors, world, other):
            if f32(math.hypot(actors.x[world, other] - x, actors.y[world, other] - y)) < near:
                return True
    return False
