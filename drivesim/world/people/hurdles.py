"""Vehicles in the way of somebody who crosses the road: who moves is let pass, who stands is walked around."""

import numpy as np
from numba import njit

from drivesim.state import ActorKind
from drivesim.state.bodies import box_of

f32 = np.float32

AHEAD_M, AHEAD_S = f32(0.6), f32(0.5)
"""A vehicle is in the way where a body would be so far ahead, and after so much time [m, s]."""
MARGIN, MARGIN_MOVING = f32(0.35), f32(0.6)
"""Room kept to vehicles that stand and to those that move [m]."""
STANDS = f32(0.2)
"""A vehicle slower than this stands [m/s]."""
TOWARDS = f32(0.7)
"""Cosine to the direction to a vehicle's end, above which one walks against that end and not along its side."""
ZERO, ONE = f32(0.0), f32(1.0)
NOBODY = np.int64(-1)
_NONE = int(ActorKind.NONE)


@njit
def hurdle_ahead(state, parameters, world, slot, east, north, besides):
    """The first vehicle other than `besides` in the way of somebody who walks in a direction; -1 for none."""
    actors = state.actors
    far = AHEAD_M + AHEAD_S * actors.speed[world, slot]
    for other in range(actors.kind.shape[1]):
        kind = actors.kind[world, other]
        if kind == _NONE or other == besides or (parameters.kinds.is_person[kind] and actors.lane[world, other] < 0):
            continue
        at_x, at_y, cos, sin, half_length, half_width = box_of(actors, world, other)
        rx, ry = actors.x[world, slot] - at_x, actors.y[world, slot] - at_y
        reach = half_length + half_width + far
        if abs(rx) > reach or abs(ry) > reach:
            continue
        margin = MARGIN if actors.speed[world, other] < STANDS else MARGIN_MOVING
        for ahead in (AHEAD_M, far):
            x, y = rx + ahead * east, ry + ahead * north
            if abs(x * cos + y * sin) < half_length + margin and abs(y * cos - x * sin) < half_width + margin:
                return np.int64(other)
    return NOBODY


@njit
def way_round(state, parameters, world, slot, east, north, over_east, over_north):
    """Direction in which somebody walks round a vehicle that stands.

    It is straight over the road as soon as that is free; until then along the vehicle's side to the nearer end, or
    across its end where one walks against that.

    Args:
        state: `WorldState`.
        parameters: `WorldParameters`.
        world: World.
        slot: Who walks.
        east: Of the unit vector to where it wants to walk.
        north: Of the same.
        over_east: Of the unit vector straight over the road.
        over_north: Of the same.

    Returns:
        East and north of the unit vector, whether that way is free, and the slot of the vehicle in the way (-1: none).
    """
    hurdle = hurdle_ahead(state, parameters, world, slot, east, north, NOBODY)
    if hurdle < 0:
        return east, north, True, hurdle
    actors = state.actors
    if actors.speed[world, hurdle] >= STANDS:
        return east, north, False, hurdle
    if hurdle_ahead(state, parameters, world, slot, over_east, over_north, NOBODY) < 0:
        return over_east, over_north, True, hurdle
    at_x, at_y, cos, sin, half_length, _ = box_of(actors, world, hurdle)
    rx, ry = actors.x[world, slot] - at_x, actors.y[world, slot] - at_y
    along, beside = rx * cos + ry * sin, ry * cos - rx * sin
    end = ONE if along >= ZERO else -ONE
    if end * along > half_length and -end * (over_east * cos + over_north * sin) > TOWARDS:
        side = ONE if beside >= ZERO else -ONE
        east, north = -side * sin, side * cos
    else:
        east, north = end * cos, end * sin
    is_free = hurdle_ahead(state, parameters, world, slot, east, north, hurdle) < 0
    return east, north, is_free, hurdle
