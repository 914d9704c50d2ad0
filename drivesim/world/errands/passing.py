"""Others make way for an emergency vehicle on call, and it passes those who have.

Where there is one lane each way, who has it behind, or meets it, moves to the edge of the street and slows down. It
passes on the left of who has moved aside, if it is back on its lane before that ends, and nobody comes or walks there.
While it passes the street is its own: who is passed stands, who would turn into the street waits before the junction,
who is on it already stops far ahead, and nobody pulls out of a bay. In left-hand traffic sides are swapped. Where there
are several lanes, who has it behind on the own lane slows down, and it changes lane.
"""

import math

import numpy as np
from numba import njit

from drivesim.maps.lanes import edges_at, pose_at, project
from drivesim.maps.network import LaneType
from drivesim.state import ActorKind, Motion
from drivesim.state.actors import Errand
from drivesim.state.bodies import nose
from drivesim.world.errands.calls import is_on_call
from drivesim.world.errands.oncoming import INFINITY, is_passing, way_to_passing, way_towards
from drivesim.world.following import HALF, ONE, TWO, ZERO, follow, free_acceleration
from drivesim.world.grip import comfortable_braking
from drivesim.world.neighbours import front_gap

f32, u8 = np.float32, np.uint8

BEHIND_M, MEETS_M, GONE_M, ASIDE_M = f32(60.0), f32(70.0), f32(8.0), f32(8.0)
"""Heard so far from behind and from ahead; past once so far beyond; heard on streets so wide [m]."""
IN_LANE_M = f32(1.6)
"""Who is nearer than this to the line of somebody's motion is on its lane [m]."""
SAME_WAY = f32(0.7)
"""Cosine between headings of who goes the same way."""
EDGE, BETWEEN, ASIDE_MAX = f32(0.15), f32(0.5), f32(0.8)
"""Room kept to the edge, between who passes and who is passed, and most that one moves aside [m]."""
APART = f32(0.2)
"""Who is farther than this beside somebody is not in its way [m]."""
CREEP = f32(3.0)
"""Speed of who lets pass [m/s]."""
RETURN_M, RETURN_BRAKING, BEFORE_M = f32(9.0), f32(5.0), f32(5.0)
"""One comes back behind somebody with this gap, and what twice comfortable braking takes; and so far before somebody
[m, m/s^2, m]."""
PASS_SPEED, SIDEWAYS_M = f32(7.0), f32(18.0)
"""Speed of who passes [m/s], and way that it takes to leave its lane, and to come back [m]."""
SLOW, SEES_M = f32(4.5), f32(40.0)
"""Who is passed is slower than this, and is seen so far ahead [m/s, m]."""
KEEP_M = f32(60.0)
"""Who comes the other way stops so far before somebody that passes [m]."""
FREE_M, WALK_SIDE = f32(70.0), f32(3.0)
"""Nobody stands in the way of who passes so far ahead, and nobody walks as near to it as this [m]."""
STANDING = f32(0.1)
_DRIVING = int(LaneType.DRIVING)
_NONE, _FOLLOWER = int(ActorKind.NONE), int(Motion.LANE_FOLLOWER)
_IDLE, _SEEKS, _OFF_CALL = u8(Errand.NONE), u8(Errand.SEEKS), u8(Errand.OFF_CALL)
_ON_CALL, _MAKES_WAY = u8(Errand.ON_CALL), u8(Errand.MAKES_WAY)


@njit
def hear_calls(maps, state, parameters, world):
    """Says who of a world makes way, and to which side."""
    actors = state.actors
    for slot in range(actors.kind.shape[1]):
        errand = actors.errand[world, slot]
        if actors.kind[world, slot] == _NONE or actors.lane[world, slot] < 0:
            continue
        drives = actors.driver[world, slot] >= 0 or actors.motion[world, slot] == _FOLLOWER
        if not drives or (errand != _IDLE and errand != _SEEKS and errand != _OFF_CALL and errand != _MAKES_WAY):
            continue
        if parameters.kinds.is_person[actors.kind[world, slot]]:
            continue
        if hears(state, parameters, world, np.int64(slot), has_lanes(maps.lanes, actors.lane[world, slot])):
            actors.errand[world, slot] = _MAKES_WAY
            actors.aside_target[world, slot] = edge_of(maps, state, world, slot)
        elif errand == _MAKES_WAY:
            actors.errand[world, slot] = _IDLE
            actors.aside_target[world, slot] = ZERO


@njit
def has_lanes(lanes, lane):
    """Whether a lane has another beside it that goes the same way."""
    left, right = lanes.left[lane], lanes.right[lane]
    return (left >= 0 and lanes.type[left] == _DRIVING) or (right >= 0 and lanes.type[right] == _DRIVING)


@njit
def hears(state, parameters, world, slot, has_lanes):
    """Whether an emergency vehicle on call comes from behind or ahead of somebody, on its street.

    Where the street `has_lanes`: from behind on its own lane.
    """
    actors = state.actors
    for other in range(actors.kind.shape[1]):
        if other == slot or actors.kind[world, other] == _NONE or not is_on_call(state, parameters, world, other):
            continue
        cos, sin = f32(math.cos(actors.yaw[world, other])), f32(math.sin(actors.yaw[world, other]))
        east, north = actors.x[world, slot] - actors.x[world, other], actors.y[world, slot] - actors.y[world, other]
        along, across = east * cos + north * sin, north * cos - east * sin
        turned = f32(math.cos(actors.yaw[world, slot] - actors.yaw[world, other]))
        far = BEHIND_M if turned > SAME_WAY else MEETS_M if turned < -SAME_WAY and not has_lanes else ZERO
        if -GONE_M < along < far and abs(across) < (IN_LANE_M if has_lanes else ASIDE_M):
            return True
    return False


@njit
def edge_of(maps, state, world, slot):
    """How far left of the middle of its lane somebody keeps who makes way [m].

    0 in junctions, for drivers, and where there are several lanes.
    """
    lanes, actors = maps.lanes, state.actors
    lane = actors.lane[world, slot]
    if lanes.junction[lane] >= 0 or actors.driver[world, slot] >= 0 or has_lanes(lanes, lane):
        return ZERO
    _, _, _, _, width = pose_at(lanes, lane, actors.s[world, slot])
    aside = min(max(HALF * (width - actors.width[world, slot]) - EDGE, ZERO), ASIDE_MAX)
    left_hand = maps.left_hand[maps.slot_of[state.worlds.map[world]]]
    return aside if left_hand else -aside


@njit
def way_acceleration(maps, state, world, slot):
    """Highest acceleration of somebody who makes way [m/s^2]; junctions are left before one slows down."""
    actors = state.actors
    if maps.lanes.junction[actors.lane[world, slot]] >= 0:
        return INFINITY
    brake = comfortable_braking(state, world, slot)
    if is_passed(actors, world, slot):
        return -brake if actors.speed[world, slot] > STANDING else -HALF
    return free_acceleration(actors.speed[world, slot], CREEP, actors.accel_max[world, slot], brake)


@njit
def is_passed(actors, world, slot):
    """Whether an emergency vehicle comes by beside somebody who makes way: it has left the lane so far as to do so."""
    tail = actors.s[world, slot] + actors.length[world, slot] - actors.rear[world, slot]
    for other in range(actors.kind.shape[1]):
        if actors.errand[world, other] != _ON_CALL or actors.speed[world, other] < STANDING:
            continue  # Who stands beside others lets them go on.
        if not is_passing(actors, world, other):
            continue
        behind = tail - actors.s[world, other] + actors.rear[world, other]
        if is_apart(actors, world, slot, other) and -BEFORE_M < behind < SEES_M + actors.length[world, slot]:
            return True
    return False


@njit
def call_acceleration(maps, state, world, slot, free):
    """Highest acceleration that somebody's being or meeting an emergency vehicle that passes allows [m/s^2]."""
    actors = state.actors
    speed, accel_max = actors.speed[world, slot], actors.accel_max[world, slot]
    brake = comfortable_braking(state, world, slot)
    if is_passing(actors, world, slot):
        slow = free_acceleration(speed, PASS_SPEED, accel_max, brake)
        return min(slow, behind_oncoming(state, world, slot, free))
    way = way_to_passing(maps, state, world, slot)
    if way == INFINITY:
        return INFINITY
    if maps.lanes.junction[actors.lane[world, slot]] >= 0:
        return behind_oncoming(state, world, slot, free)
    return follow(free, speed, ZERO, ZERO, max(way - KEEP_M, f32(0.1)), ZERO, TWO, accel_max, brake)


@njit
def behind_oncoming(state, world, slot, free):
    """Acceleration that stops somebody before whoever comes the other way on its part of the street [m/s^2].

    Only one that passes matters to others.
    """
    actors, least = state.actors, INFINITY
    x, y, yaw = actors.x[world, slot], actors.y[world, slot], actors.yaw[world, slot]
    cos, sin = f32(math.cos(yaw)), f32(math.sin(yaw))
    passes = is_passing(actors, world, slot)
    for other in range(actors.kind.shape[1]):
        if actors.kind[world, other] == _NONE or other == slot or actors.lane[world, other] < 0:
            continue
        if not passes and not is_passing(actors, world, other):
            continue
        east, north = actors.x[world, other] - x, actors.y[world, other] - y
        along, across = east * cos + north * sin, north * cos - east * sin
        beside = HALF * (actors.width[world, slot] + actors.width[world, other]) + EDGE
        if f32(math.cos(actors.yaw[world, other] - yaw)) > ZERO or not ZERO < along < SEES_M or abs(across) > beside:
            continue
        least = min(least, along - (nose(actors, world, slot) + nose(actors, world, other)))
    if least == INFINITY:
        return INFINITY
    if actors.aside_target[world, slot] != ZERO and passes:
        least -= SIDEWAYS_M  # It comes back to its lane within that.
    return follow(
        free, actors.speed[world, slot], ZERO, ZERO, max(least, f32(0.1)), actors.time_headway[world, slot], TWO,
        actors.accel_max[world, slot], comfortable_braking(state, world, slot),
    )  # fmt: skip


@njit
def plan_passing(maps, state, parameters, world, slot):
    """Says how far left of its lane an emergency vehicle on call drives, to pass who has made way."""
    lanes, actors = maps.lanes, state.actors
    if actors.aside_target[world, slot] != ZERO:
        if may_return(actors, world, slot):
            actors.aside_target[world, slot] = ZERO
        return
    lane, lead = actors.lane[world, slot], first_aside(state, world, slot)
    if lead < 0 or lanes.junction[lane] >= 0 or has_lanes(lanes, lane) or actors.target_lane[world, slot] != lane:
        return
    ends = passed_to(state, world, slot, lead)
    room = min(lanes.length[lane], maps.ways.ahead[lane]) - actors.s[world, slot]
    if ends + SIDEWAYS_M + SIDEWAYS_M + BEFORE_M + actors.length[world, slot] > room:
        return
    left_hand = maps.left_hand[maps.slot_of[state.worlds.map[world]]]
    side = -ONE if left_hand else ONE
    own = HALF * actors.width[world, slot]
    aside = side * offset_of(actors, world, lead) + HALF * actors.width[world, lead] + BETWEEN + own
    left, right, _ = edges_at(lanes, lane, actors.s[world, slot])
    if aside + own > (right if left_hand else left) or aside < ZERO:
        return
    if not passes_all(actors, world, slot, ends, side * aside):
        return
    if is_street_free(maps, state, parameters, world, slot, side, aside + own):
        actors.aside_target[world, slot] = side * aside


@njit
def passed_to(state, world, slot, lead):
    """From an emergency vehicle to the nose of the last of those that it has to pass with `lead` [m].

    +inf where one of them has not made way. They are who have no gap before them that it could come back into.
    """
    actors = state.actors
    gap = actors.length[world, slot] + BEFORE_M + PASS_SPEED * PASS_SPEED / RETURN_BRAKING + RETURN_M
    end = actors.s[world, lead] - actors.s[world, slot] + actors.length[world, lead] - actors.rear[world, lead]
    grows = True
    while grows:
        grows = False
        for other in range(actors.kind.shape[1]):
            if other == slot or actors.lane[world, other] != actors.lane[world, slot]:
                continue
            ahead = actors.s[world, other] - actors.s[world, slot]
            front = ahead + actors.length[world, other] - actors.rear[world, other]
            if front < ZERO or ahead - actors.rear[world, other] > end + gap:
                continue
            if not has_made_way(actors, world, other):
                return INFINITY
            if front > end:
                end, grows = front, True
    return end


@njit
def passes_all(actors, world, slot, ends, aside):
    """Whether somebody who is `aside` left of its lane passes beside all on it whose tail is nearer than `ends` [m]."""
    for other in range(actors.kind.shape[1]):
        if other == slot or actors.lane[world, other] != actors.lane[world, slot]:
            continue
        ahead = actors.s[world, other] - actors.s[world, slot]
        if ZERO < ahead < ends + actors.rear[world, other] and not clears(actors, world, slot, other, aside):
            return False
    return True


@njit
def may_return(actors, world, slot):
    """Whether somebody who is aside may come back to its lane: nobody there is abreast of it, or just ahead.

    Nor just behind, unless both stand: it drives forwards as it comes back, and who follows sees it on its lane.
    """
    speed, tail, front = actors.speed[world, slot], actors.rear[world, slot], nose(actors, world, slot)
    for other in range(actors.kind.shape[1]):
        if other == slot or actors.kind[world, other] == _NONE or actors.lane[world, other] != actors.lane[world, slot]:
            continue
        ahead, other_speed = actors.s[world, other] - actors.s[world, slot], actors.speed[world, other]
        room = max(speed * speed - other_speed * other_speed, ZERO) / RETURN_BRAKING + RETURN_M
        behind = BEFORE_M if max(speed, other_speed) > STANDING else EDGE
        if -(tail + behind + nose(actors, world, other)) < ahead < front + actors.rear[world, other] + room:
            return False
    return True


@njit
def offset_of(actors, world, slot):
    """How far left of the middle of its lane somebody is [m]."""
    return actors.d[world, slot] + (actors.aside[world, slot] if actors.driver[world, slot] < 0 else ZERO)


@njit
def clears(actors, world, slot, other, offset):
    """Whether somebody `offset` left of the middle of its lane passes beside another on that lane [m]."""
    beside = HALF * (actors.width[world, slot] + actors.width[world, other]) + APART
    return abs(offset_of(actors, world, other) - offset) > beside


@njit
def has_made_way(actors, world, slot):
    """Whether somebody makes way, is where it lets pass, and slow."""
    is_there = abs(actors.aside[world, slot] - actors.aside_target[world, slot]) < EDGE
    return actors.errand[world, slot] == _MAKES_WAY and actors.speed[world, slot] < SLOW and is_there


@njit
def first_aside(state, world, slot):
    """The nearest ahead on the same lane who has made way; -1 for none."""
    actors, nearest, found = state.actors, SEES_M, np.int64(-1)
    for other in range(actors.kind.shape[1]):
        if other == slot or actors.lane[world, other] != actors.lane[world, slot]:
            continue
        ahead = actors.s[world, other] - actors.s[world, slot]
        if ZERO < ahead < nearest and has_made_way(actors, world, other):
            nearest, found = ahead, np.int64(other)
    return found


@njit
def is_street_free(maps, state, parameters, world, slot, side, reach):
    """Whether nobody comes the other way, and nobody walks or stands ahead within `reach` of the lane's middle [m].

    Args:
        maps: `MapArrays`.
        state: `WorldState`.
        parameters: `WorldParameters`.
        world: World.
        slot: The emergency vehicle.
        side: To which it would pass: 1 left, -1 right.
        reach: How far to that side its body would come [m].
    """
    actors, lane = state.actors, state.actors.lane[world, slot]
    for other in range(actors.kind.shape[1]):
        if actors.kind[world, other] == _NONE or other == slot:
            continue
        if actors.lane[world, other] >= 0:
            if way_towards(maps, state, world, np.int64(other), slot) < INFINITY:
                return False
            continue
        x, y = actors.x[world, other], actors.y[world, other]
        away = f32(math.hypot(x - actors.x[world, slot], y - actors.y[world, slot]))
        if away > FREE_M:
            continue
        s, d = project(maps.lanes, lane, min(actors.s[world, slot] + away, maps.lanes.length[lane]), x, y)
        is_person = parameters.kinds.is_person[actors.kind[world, other]]
        beside = side * d - HALF * actors.width[world, other]
        near = reach + (WALK_SIDE if is_person else EDGE)
        if s > actors.s[world, slot] - actors.rear[world, slot] and -reach < side * d and beside < near:
            if is_person or d * side > ZERO:
                return False
    return True


@njit
def is_apart(actors, world, slot, lead):
    """Whether two on the same lane pass each other side by side: one passes, or is on call and the other makes way."""
    own, other = actors.errand[world, slot], actors.errand[world, lead]
    gives_way = (own == _ON_CALL and other == _MAKES_WAY) or (own == _MAKES_WAY and other == _ON_CALL)
    if not (gives_way or is_passing(actors, world, slot) or is_passing(actors, world, lead)):
        return False
    if actors.lane[world, slot] != actors.lane[world, lead]:
        return False
    return clears(actors, world, slot, lead, offset_of(actors, world, slot))


@njit
def lead_past(state, world, slot):
    """The nearest ahead on the own lane who is in the way of somebody that is aside, and the gap [m].

    Returns:
        Slot, -1 for none, and the bumper gap [m].
    """
    actors, nearest, found = state.actors, INFINITY, np.int64(-1)
    for other in range(actors.kind.shape[1]):
        if other == slot or actors.lane[world, other] != actors.lane[world, slot]:
            continue
        ahead = actors.s[world, other] - actors.s[world, slot]
        if ahead <= ZERO or ahead >= nearest or clears(actors, world, slot, other, offset_of(actors, world, slot)):
            continue
        nearest, found = ahead, np.int64(other)
    if found < 0:
        return found, INFINITY
    return found, front_gap(actors, world, slot, found, nearest)
