"""How vehicles move aside from their place on the lane: out of a bay and into one, to the edge, around what stands.

Along the way covered, the offset e from where it is wanted shrinks with slopes of at most `SLOPE_MAX`, and the slope
changes by no more than k per metre: the curvature of a tight turn for who parks, of a gentle one for all others, and
less where that would take more than `LATERAL_MAX`. The wanted slope

    e' = -sign(e) min(SLOPE_MAX, sqrt(2 c k |e|)),    k = min(BEND, LATERAL_MAX / v^2)          (1)

is the one from which that curvature just leads to rest at e = 0; c is a margin. On its way to e = 0 a nose n ahead
comes c k n^2 / 2 farther, which gentle turns keep to a decimetre. With tight turns back who pulls out of a bay
would come far into the oncoming lane, and who pulls in far onto the pavement, so k in (1) is smaller than that of the
turn away: such that the nose stays within `NOSE_MAX`, and `PARK_BACK`.
"""

import math

import numpy as np
from numba import njit

from drivesim.state.actors import Errand

f32, u8 = np.float32, np.uint8

SLOPE_MAX, BEND_MAX, MARGIN = f32(0.7), f32(0.2), f32(0.75)
"""Of (1): [1], [1/m] (rear axle on a circle of 5 m radius, as cars turn), c."""
GENTLE, LATERAL_MAX = f32(0.018), f32(2.0)
"""Of all who do not park [1/m], [m/s^2]."""
PASS_BEND, PASS_NOSE = f32(0.06), f32(0.25)
"""Of emergency vehicles on call: k of (1) of the turn away [1/m], and how far the nose may come beyond [m]."""
_PULLS_OUT, _PARKS, _ON_CALL = u8(Errand.PULLS_OUT), u8(Errand.PARKS), u8(Errand.ON_CALL)
NOSE_MAX = f32(0.35)
"""Who pulls out brings its nose no farther beyond its place on the lane [m]: a car of 1.9 m needs 2.6 m of lane."""
PARK_BACK = f32(0.13)
"""k of (1) of who pulls in [1/m]: a longer way in would touch who stands in the second bay behind."""
DONE, DONE_SLOPE = f32(0.02), f32(0.04)
"""Nearer and flatter than this it is there [m, 1]."""
ZERO, ONE, TWO = f32(0.0), f32(1.0), f32(2.0)


@njit
def move_aside(actors, world, slot, way):
    """Moves a vehicle that covers `way` [m] towards `ActorState.aside_target`.

    Returns:
        How far left of its place on the lane it is [m], and the slope of that along the lane.
    """
    aside, slope = actors.aside[world, slot], actors.aside_slope[world, slot]
    off = aside - actors.aside_target[world, slot]
    if off == ZERO and slope == ZERO:
        return aside, slope
    speed = actors.speed[world, slot]
    parks = actors.errand[world, slot] == _PULLS_OUT or actors.errand[world, slot] == _PARKS
    on_call = actors.errand[world, slot] == _ON_CALL
    most = BEND_MAX if parks else PASS_BEND if on_call else GENTLE
    bend = min(most, LATERAL_MAX / max(speed * speed, ONE))
    back = bend
    if on_call or actors.errand[world, slot] == _PULLS_OUT:
        nose = max(actors.length[world, slot] - actors.rear[world, slot], ONE)
        back = min(bend, TWO * (PASS_NOSE if on_call else NOSE_MAX) / (MARGIN * nose * nose))
    elif actors.errand[world, slot] == _PARKS:
        back = min(bend, PARK_BACK)
    wanted = min(SLOPE_MAX, f32(math.sqrt(TWO * MARGIN * back * abs(off))))
    wanted = -wanted if off > ZERO else wanted
    turn = bend * way
    slope += min(max(wanted - slope, -turn), turn)
    aside += slope * way
    if abs(aside - actors.aside_target[world, slot]) < DONE and abs(slope) < DONE_SLOPE:
        aside, slope = actors.aside_target[world, slot], ZERO
    actors.aside[world, slot], actors.aside_slope[world, slot] = aside, slope
    return aside, slope


@njit
def stay(actors, world, slot):
    """A vehicle keeps to its place on the lane, and has no errand."""
    actors.errand[world, slot] = 0
    actors.place[world, slot] = -1
    actors.aside[world, slot] = ZERO
    actors.aside_slope[world, slot] = ZERO
    actors.aside_target[world, slot] = ZERO
