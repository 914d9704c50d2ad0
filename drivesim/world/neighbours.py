"""Who is ahead, who is behind, and how far a lane leads.

A car is on the lane of its rear axle, and on `second_lane` as well while its body is in it or moves into it. Searches
ahead follow the lanes that a car will take (`maps.path`); behind a place is who will come to it on his own way.
Distances are along the centre lines; a car on the second lane is as far along as its share of the lane's length says.
"""

import math

import numpy as np
from numba import njit

from drivesim.maps.lanes import first_link, link_count, neighbour_s, project
from drivesim.maps.path import distance_along, drops, following
from drivesim.state.bodies import nose
from drivesim.world.ways import way_of

f32, i32 = np.float32, np.int32

MERGE_HORIZON = f32(80.0)
"""A car that comes from another lane into the same one is seen this far before the joint [m]."""
MERGE_SLACK = f32(0.5)
"""Its gap counts as longer by this fraction of the distance to the joint: the order is settled early, gently.
In a junction it has been settled by right of way."""
ROUNDING = f32(1.0)
"""Sums of lane lengths differ by less than this with the order in which they are added [m]."""
PARTING_MARGIN = f32(0.4)
"""Whose tail is farther than this beside a body on the own way has left it [m]."""
DETOUR = f32(20.0)
"""A way along lanes is shorter than the straight line by less than this: cars stand beside the centre lines [m]."""

NOBODY = np.int64(-1)
"""Slot of no car; as wide as the slots, so that functions compile once."""

INFINITY, ZERO, HALF, TWO = f32(np.inf), f32(0.0), f32(0.5), f32(2.0)


@njit
def drop_ahead(maps, state, world, slot, lane, s, horizon):
    """Distance to where a car's path ends though the road goes on [m]; +inf where that is not within `horizon`."""
    lanes = maps.lanes
    if lanes.to_drop[lane] - s > horizon + ROUNDING:
        return INFINITY
    way = way_of(maps, state, world, slot)
    distance = lanes.length[lane] - s
    while distance <= horizon:
        after = following(maps, way, lane)
        if after < 0:
            return distance if drops(lanes, lane) else INFINITY
        lane = after
        distance += lanes.length[lane]
    return INFINITY


@njit
def front_gap(actors, world, slot, lead, distance):
    """Bumper gap [m] from `slot` to `lead`, whose rear axle is `distance` ahead of that of `slot`."""
    return distance - actors.rear[world, lead] - nose(actors, world, slot)


@njit
def _within(actors, world, slot, other, distance):
    """True where two cars are less than `distance` apart as the crow flies [m]."""
    east = actors.x[world, other] - actors.x[world, slot]
    north = actors.y[world, other] - actors.y[world, slot]
    return east * east + north * north < distance * distance


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
def _nearest_joining(maps, state, world, slot, joined, joint, junction):
    """Nearest car on its way to lane `joined` that reaches it before `slot`, which has `joint` to go, does [m].

    Cars ahead on the lanes of `slot` itself have been found before. Where the joint lies at the end of a junction (its
    number, -1 for none), only those count who are in it and have decided to leave it or reach beyond its end; right of
    way says about the others. There the front bumper says who is first, since long vehicles fill the joint with theirs.
    """
    lanes, actors = maps.lanes, state.actors
    best, found = INFINITY, NOBODY
    for other in range(actors.lane.shape[1]):
        source = actors.lane[world, other]
        if source < 0 or other == slot:
            continue
        longer = ZERO
        if junction >= 0:
            longer = nose(actors, world, other) - nose(actors, world, slot)
        if lanes.length[source] - actors.s[world, other] > joint + longer:
            continue
        if junction >= 0 and lanes.junction[source] != junction:
            continue
        if junction >= 0 and state.junctions.cleared[world, other] != source:
            if lanes.length[source] - actors.s[world, other] > nose(actors, world, other):
                continue
        if not _within(actors, world, slot, other, TWO * joint + DETOUR):
            continue
        way = way_of(maps, state, world, other)
        distance = joint - distance_along(maps, way, source, actors.s[world, other], joined, ZERO, joint + longer)
        first_by = distance + longer
        if first_by < ZERO or distance >= best or (first_by == ZERO and other > slot):
            continue
        best, found = distance, np.int64(other)
    return found, best


@njit
def parts(lanes, lane):
    """Whether other lanes begin where `lane` does and may lie across it: in a junction, or where a lane opens."""
    if lanes.junction[lane] >= 0:
        return True
    before = first_link(lanes.predecessor_first, lanes.predecessor, lane)
    return before >= 0 and link_count(lanes.successor_first, before) > 1


@njit
def _nearest_parting(maps, state, world, slot, lane, offset):
    """Nearest car ahead on a way that parts from `lane` where it begins, with its tail not yet clear of it.

    Returns:
        Its slot, or -1, and the distance between the rear axles [m].
    """
    lanes, actors = maps.lanes, state.actors
    source = first_link(lanes.predecessor_first, lanes.predecessor, lane)
    best, found = INFINITY, NOBODY
    if source < 0:
        return found, best
    for other in range(actors.lane.shape[1]):
        there = actors.lane[world, other]
        if there < 0 or there == lane or lanes.junction[there] != lanes.junction[lane] or other == slot:
            continue
        if first_link(lanes.predecessor_first, lanes.predecessor, there) != source:
            continue
        distance = actors.s[world, other] + offset
        if distance < ZERO or distance >= best or (distance == ZERO and other < slot):
            continue
        back, yaw = actors.rear[world, other], actors.yaw[world, other]
        x = actors.x[world, other] - back * f32(math.cos(yaw))
        y = actors.y[world, other] - back * f32(math.sin(yaw))
        _, d = project(lanes, lane, actors.s[world, other] - back, x, y)
        if abs(d) < HALF * (actors.width[world, slot] + actors.width[world, other]) + PARTING_MARGIN:
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
    while offset <= horizon:
        lead, distance = _nearest_on(lanes, actors, world, slot, lane, offset, f32(1.0))
        if parts(lanes, lane):
            parting, parting_distance = _nearest_parting(maps, state, world, slot, lane, offset)
            if parting >= 0 and parting_distance < distance:
                lead, distance = parting, parting_distance
        junction = lanes.junction[lane]
        # In a junction others may come in between a car and the one ahead.
        if lead >= 0 and junction < 0:
            return lead, front_gap(actors, world, slot, lead, distance)
        offset += lanes.length[lane]
        after = following(maps, way_of(maps, state, world, slot), lane) if offset <= horizon or lead >= 0 else i32(-1)
        if after >= 0 and offset < MERGE_HORIZON and link_count(lanes.predecessor_first, after) > 1:
            joining, joining_distance = _nearest_joining(maps, state, world, slot, after, offset, junction)
            if joining >= 0 and (lead < 0 or joining_distance < distance):
                slack = MERGE_SLACK * offset if junction < 0 else ZERO
                return joining, front_gap(actors, world, slot, joining, joining_distance) + slack
        if lead >= 0:
            return lead, front_gap(actors, world, slot, lead, distance)
        if after < 0:
            break
        lane = after
    return NOBODY, INFINITY


@njit
def _nearest_coming(maps, state, world, slot, lane, s, horizon):
    """Nearest car on its way to (lane, s) from other lanes, and its distance; -1 for none within `horizon`."""
    lanes, actors = maps.lanes, state.actors
    found, least = NOBODY, horizon
    for other in range(actors.lane.shape[1]):
        own = actors.lane[world, other]
        if own < 0 or own == lane or other == slot or not _within(actors, world, slot, other, least + DETOUR):
            continue
        along, second = actors.s[world, other], actors.second_lane[world, other]
        if lanes.length[own] - along + s > least and second < 0:
            continue
        way = way_of(maps, state, world, other)
        distance = distance_along(maps, way, own, along, lane, s, least)
        if distance == INFINITY and second >= 0:
            along = neighbour_s(lanes, own, second, along)
            distance = distance_along(maps, way, second, along, lane, s, least)
        if distance < least:
            found, least = np.int64(other), distance
    return found, least


@njit
def follower_along(maps, state, world, slot, lane, s, horizon):
    """The car behind (lane, s), as `slot` there would find it.

    Returns:
        Its slot, or -1 where there is none within `horizon`, and its bumper gap to `slot` [m] (+inf for none).
    """
    lanes, actors = maps.lanes, state.actors
    # Whoever is on the lane itself is nearer than those who have yet to come to it; where no other road joins or parts,
    # the same holds for the lane before.
    follower, least = _nearest_on(lanes, actors, world, slot, lane, -s, f32(-1.0))
    while follower < 0 and s < horizon and link_count(lanes.predecessor_first, lane) == 1:
        before = lanes.predecessor[lanes.predecessor_first[lane]]
        if link_count(lanes.successor_first, before) > 1:
            break
        lane = before
        s += lanes.length[lane]
        follower, least = _nearest_on(lanes, actors, world, slot, lane, -s, f32(-1.0))
    if follower < 0 and s < horizon and link_count(lanes.predecessor_first, lane) > 0:
        follower, least = _nearest_coming(maps, state, world, slot, lane, s, horizon)
    if follower < 0 or least > horizon:
        return NOBODY, INFINITY
    return follower, front_gap(actors, world, follower, slot, least)


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
