"""Who is ahead, who is behind, and how far a lane leads.

A car is on the lane of its rear axle, and on `second_lane` as well while its body is in it or moves into it. Searches
follow the lanes that a car will take: a driver its route, the others a branch drawn per car and lane. Distances are
along the centre lines; a car on the second lane is as far along as its fraction of the lane's length says.
"""

import numpy as np
from numba import njit

from drivesim.maps.lanes import neighbour_s, next_lane
from drivesim.rng import Purpose, below

f32 = np.float32

HOPS_MAX = 12
"""Lanes that a search goes through at most."""
MERGE_HORIZON = f32(80.0)
"""A car that comes from another lane into the same one is seen this far before the joint [m]."""
MERGE_SLACK = f32(0.5)
"""Its gap counts as longer by this fraction of the distance to the joint: the order is settled early, gently."""
ROUNDING = f32(1.0)
"""Sums of lane lengths differ by less than this with the order in which they are added [m]."""

NOBODY = np.int64(-1)
"""Slot of no car; as wide as the slots, so that functions compile once."""

INFINITY, ZERO = f32(np.inf), f32(0.0)
_BRANCH = np.int64(Purpose.BRANCH)


@njit
def path_next(maps, state, world, slot, lane):
    """The lane that a car takes after `lane`; -1 where the map ends."""
    lanes = maps.lanes
    driver = state.actors.driver[world, slot]
    if driver >= 0:
        follow = next_lane(lanes, maps.routes, state.navigation.route[world, driver], lane)
        return follow if follow >= 0 else lanes.successor[lane, 0]
    if lanes.successor[lane, 1] < 0:
        return lanes.successor[lane, 0]
    count = 2
    while count < lanes.successor.shape[1] and lanes.successor[lane, count] >= 0:
        count += 1
    # Counted within the map: where the map lies in memory must not matter.
    own = lane - lanes.map_first[maps.slot_of[state.worlds.map[world]]]
    return lanes.successor[lane, below(state.worlds.key[world], _BRANCH, own, slot, count)]


@njit
def going_on(lanes, lane):
    """The lane itself, or one abreast that has a successor where it has none."""
    if lanes.successor[lane, 0] >= 0:
        return lane
    other = lanes.left[lane]
    while other >= 0:
        if lanes.successor[other, 0] >= 0:
            return other
        other = lanes.left[other]
    other = lanes.right[lane]
    while other >= 0:
        if lanes.successor[other, 0] >= 0:
            return other
        other = lanes.right[other]
    return lane


@njit
def drops(lanes, lane):
    """True where a lane ends and the road goes on: it has no successor, and a neighbour has one."""
    return going_on(lanes, lane) != lane


@njit
def drop_ahead(maps, state, world, slot, lane, s, horizon):
    """Distance to where a car's path ends though the road goes on [m]; +inf where that is not within `horizon`."""
    lanes = maps.lanes
    if lanes.to_drop[lane] - s > horizon + ROUNDING:
        return INFINITY
    distance = -s
    for _ in range(HOPS_MAX):
        distance += lanes.length[lane]
        if distance > horizon:
            return INFINITY
        follow = path_next(maps, state, world, slot, lane)
        if follow < 0:
            return distance if drops(lanes, lane) else INFINITY
        lane = follow
    return INFINITY


@njit
def front_gap(actors, world, slot, lead, distance):
    """Bumper gap [m] from `slot` to `lead`, whose rear axle is `distance` ahead of that of `slot`."""
    return distance - actors.rear[world, lead] - (actors.length[world, slot] - actors.rear[world, slot])


@njit
def _nearest_on(lanes, actors, world, slot, lane, offset, sign):
    """Nearest other car on a lane, ahead (sign 1) or behind (-1) of the place `offset` counts from.

    Returns:
        Its slot, or -1, and the distance between the rear axles [m], not negative. Of two cars abreast, the one in
        the lower slot is ahead.
    """
    best, found = INFINITY, NOBODY
    for other in range(actors.lane.shape[1]):
        if actors.lane[world, other] == lane:
            distance = sign * (actors.s[world, other] + offset)
        elif actors.second_lane[world, other] == lane:
            there = neighbour_s(lanes, actors.lane[world, other], lane, actors.s[world, other])
            distance = sign * (there + offset)
        else:
            continue
        if distance < ZERO or distance >= best or other == slot:
            continue
        if distance == ZERO and (other < slot) != (sign > ZERO):
            continue
        best, found = distance, np.int64(other)
    return found, best


@njit
def _nearest_joining(lanes, actors, world, slot, lane, follow, joint):
    """Nearest car that reaches the joint of `lane` and `follow` from another lane before `slot`, `joint` away, does."""
    best, found = INFINITY, NOBODY
    for k in range(lanes.predecessor.shape[1]):
        source = lanes.predecessor[follow, k]
        if source < 0:
            break
        if source == lane:
            continue
        for other in range(actors.lane.shape[1]):
            if actors.lane[world, other] != source or other == slot:
                continue
            distance = joint - (lanes.length[source] - actors.s[world, other])
            if distance < ZERO or distance >= best or (distance == ZERO and other > slot):
                continue
            best, found = distance, np.int64(other)
    return found, best


@njit
def lead_along(maps, state, world, slot, lane, s, horizon):
    """The car ahead of (lane, s) on the path of `slot`.

    Returns:
        Its slot, or -1 where there is none within `horizon`, and the bumper gap [m] (+inf for none; negative where
        the two overlap lengthwise).
    """
    lanes, actors = maps.lanes, state.actors
    offset = -s
    for _ in range(HOPS_MAX):
        lead, distance = _nearest_on(lanes, actors, world, slot, lane, offset, f32(1.0))
        if lead >= 0:
            return lead, front_gap(actors, world, slot, lead, distance)
        offset += lanes.length[lane]
        if offset > horizon:
            break
        follow = path_next(maps, state, world, slot, lane)
        if follow < 0:
            break
        if lanes.predecessor[follow, 1] >= 0 and offset < MERGE_HORIZON:
            lead, distance = _nearest_joining(lanes, actors, world, slot, lane, follow, offset)
            if lead >= 0:
                return lead, front_gap(actors, world, slot, lead, distance) + MERGE_SLACK * offset
        lane = follow
    return NOBODY, INFINITY


@njit
def follower_along(maps, state, world, slot, lane, s, horizon):
    """The car behind (lane, s), as `slot` there would find it.

    Returns:
        Its slot, or -1 where there is none within `horizon`, and its bumper gap to `slot` [m] (+inf for none).
    """
    lanes, actors = maps.lanes, state.actors
    follower, distance = _nearest_on(lanes, actors, world, slot, lane, -s, f32(-1.0))
    behind = s
    for _ in range(HOPS_MAX):
        if follower >= 0 or behind > horizon or lanes.predecessor[lane, 0] < 0:
            break
        for k in range(lanes.predecessor.shape[1]):
            source = lanes.predecessor[lane, k]
            if source < 0:
                break
            offset = -(lanes.length[source] + behind)
            other, far = _nearest_on(lanes, actors, world, slot, source, offset, f32(-1.0))
            if other >= 0 and (follower < 0 or far < distance):
                follower, distance = other, far
        lane = lanes.predecessor[lane, 0]
        behind += lanes.length[lane]
    if follower < 0:
        return NOBODY, INFINITY
    return follower, front_gap(actors, world, follower, slot, distance)


@njit
def signaller_ahead(lanes, actors, world, slot, lane, s):
    """The nearest car ahead that asks to come into `lane` from beside it but has not yet begun to move.

    Returns:
        Its slot, or -1, and the bumper gap [m] (+inf for none).
    """
    best, found = INFINITY, NOBODY
    for other in range(actors.lane.shape[1]):
        beside = actors.lane[world, other]
        if actors.target_lane[world, other] != lane or beside == lane or other == slot or beside < 0:
            continue
        if actors.second_lane[world, other] == lane:
            continue
        distance = neighbour_s(lanes, beside, lane, actors.s[world, other]) - s
        if ZERO <= distance < best:
            best, found = distance, np.int64(other)
    if found < 0:
        return found, INFINITY
    return found, front_gap(actors, world, slot, found, best)
