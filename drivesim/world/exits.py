"""Whether there is room beyond a junction for whoever wants to cross it.

Nobody may enter a junction who would have to stop in it and so hold up others who cross (Vienna Convention on Road
Traffic 1968, article 18.2). What that asks for depends on the way:

- a way that nobody crosses, and on which everybody who joins gives way, holds up nobody: who is on the ring of a
  roundabout drives on as far as the car ahead lets it;
- any other way is entered only where a whole car fits beyond it, behind all who are there or have decided to go there.

Where the lane beyond is shorter than a car, whoever enters must get through the next junction too: where it goes first
there, or nobody crosses it here, there has to be room for one more car along its way; else nobody may be there whom it
would meet.
"""

import numpy as np
from numba import njit

from drivesim.maps.lanes import first_successor
from drivesim.maps.path import following
from drivesim.maps.right_of_way import Rule
from drivesim.world.following import HALF, ZERO
from drivesim.world.ways import way_of

f32, i32 = np.float32, np.int32

LINE_ROOM = f32(1.5)
"""A queue ends this far before the next junction [m]."""
EXIT_BRAKING = f32(2.0)
"""Somebody beyond the junction is taken to stop within what this takes [m/s^2]."""
SPARE = f32(6.5)
"""Where queues reach over junctions, so much stays free in front of whoever comes in: no ring is ever full [m]."""
INFINITY = f32(np.inf)

CROSSED, JOINED, FREE = i32(0), i32(1), i32(2)
"""A way across: others cross it; others only join it, and it gives way to some; it goes before all who join it."""

_GOES_FIRST = int(Rule.GOES_FIRST)


@njit
def conflict_with(conflicts, lane, other):
    """Entry of `ConflictArrays` for two lanes, -1 for none."""
    for k in range(conflicts.lane_first[lane], conflicts.lane_first[lane + 1]):
        if conflicts.other[k] == other:
            return k
    return i32(-1)


@njit
def standing_of(maps, across):
    """Whom somebody on a way across would hold up: `CROSSED`, `JOINED` or `FREE`."""
    lanes, conflicts = maps.lanes, maps.conflicts
    out, found = first_successor(lanes, across), FREE
    for k in range(conflicts.lane_first[across], conflicts.lane_first[across + 1]):
        if first_successor(lanes, conflicts.other[k]) != out:
            return CROSSED
        if conflicts.rule[k] != _GOES_FIRST:
            found = JOINED
    return found


@njit
def is_first_on(maps, lane):
    """Whether a lane is a way across without a light on which one goes before all others."""
    if lane < 0 or maps.lanes.junction[lane] < 0 or maps.ways.light[lane] >= 0:
        return False
    for k in range(maps.conflicts.lane_first[lane], maps.conflicts.lane_first[lane + 1]):
        if maps.conflicts.rule[k] != _GOES_FIRST:
            return False
    return True


@njit
def has_room_beyond(maps, state, world, slot):
    """Whether there will be room beyond the junction for somebody and for all who are in it on the way there."""
    lanes, actors, junctions = maps.lanes, state.actors, state.junctions
    across = junctions.across[world, slot]
    if lanes.junction[across] < 0:
        return True
    standing = standing_of(maps, across)
    out = following(maps, way_of(maps, state, world, slot), across)
    if out >= 0 and lanes.junction[out] >= 0:
        return is_empty_beyond(maps, state, world, slot, out, out)
    if out < 0 or standing == FREE:
        return True
    space, reach = INFINITY, maps.ways.ahead[out]
    taken = actors.length[world, slot] + actors.min_gap[world, slot]
    if reach < taken + LINE_ROOM:
        beyond = following(maps, way_of(maps, state, world, slot), out)
        if standing == JOINED or is_first_on(maps, beyond):
            return is_open_along(maps, state, world, slot, out, taken + SPARE)
        return is_empty_beyond(maps, state, world, slot, out, beyond)
    queue = ZERO
    for other in range(actors.lane.shape[1]):
        lane = actors.lane[world, other]
        if lane < 0 or other == slot:
            continue
        if lane == out:
            space = min(space, actors.s[world, other] - actors.rear[world, other] + stopping(actors, world, other))
            leaving = junctions.across[world, other]
            if leaving < 0 or lanes.junction[leaving] < 0 or junctions.cleared[world, other] != leaving:
                queue += actors.length[world, other] + actors.min_gap[world, other]
        way = junctions.across[world, other]
        if way < 0 or lane == out or first_successor(lanes, way) != out:
            continue
        if way == across and junctions.to_across[world, other] >= junctions.to_across[world, slot]:
            continue
        if lane == way or junctions.cleared[world, other] == way:
            taken += actors.length[world, other] + actors.min_gap[world, other]
    return space >= taken and queue + taken + LINE_ROOM <= reach


@njit
def stopping(actors, world, slot):
    """Way in which somebody may come to rest [m]."""
    speed = actors.speed[world, slot]
    return HALF * speed * speed / EXIT_BRAKING


@njit
def is_open_along(maps, state, world, slot, lane, need):
    """Whether a road user finds `need` metres free from the start of `lane` on along its way.

    Who has decided to come onto that way before the road user is there takes its own length of it.
    """
    lanes, actors, junctions = maps.lanes, state.actors, state.junctions
    way, start = way_of(maps, state, world, slot), ZERO
    while lane >= 0 and start < need:
        for other in range(actors.lane.shape[1]):
            if actors.lane[world, other] < 0 or other == slot:
                continue
            if actors.lane[world, other] == lane:
                tail = start + actors.s[world, other] - actors.rear[world, other]
                if tail + stopping(actors, world, other) < need:
                    return False
                continue
            across = junctions.across[world, other]
            if lanes.junction[lane] >= 0 or across < 0 or first_successor(lanes, across) != lane:
                continue
            if across == junctions.across[world, slot]:
                if junctions.to_across[world, other] >= junctions.to_across[world, slot]:
                    continue
            if actors.lane[world, other] == across or junctions.cleared[world, other] == across:
                need += actors.length[world, other] + actors.min_gap[world, other]
        start += lanes.length[lane]
        lane = following(maps, way, lane)
    return True


@njit
def is_empty_beyond(maps, state, world, slot, out, beyond):
    """Whether nobody is on `out`, no place to stand on, or would be met on `beyond`, the way across that it leads to.

    Who enters goes through both; else two who come from either end would wait for each other's tail.
    """
    lanes, actors, junctions = maps.lanes, state.actors, state.junctions
    for other in range(actors.lane.shape[1]):
        if other == slot:
            continue
        way = junctions.across[world, other]
        if actors.lane[world, other] == out or (
            way >= 0 and first_successor(lanes, way) == out and (junctions.cleared[world, other] == way)
        ):
            return False
        if way < 0 or beyond < 0 or (actors.lane[world, other] != way and junctions.cleared[world, other] != way):
            continue
        if way == beyond or conflict_with(maps.conflicts, beyond, way) >= 0:
            return False
    return True
