"""Walking along lanes: where somebody will be after so many metres, and which lanes lead where.

A `Way` says which lanes somebody takes: those of a route, or at every fork a branch drawn once. Two walks ask it:

- `following` keeps the lane: the lane that its end leads to. Who searches for others, plans or moves goes this way.
- `onward` makes the changes that a route needs as well, each at the last point where it can be made. Who is shown the
  road ahead (`route`, the ribbon, the limit to come) goes this way.

All walks are bounded by distance, never by a number of lanes; a lane has a length above 0, so they end. A walk that the
map ends goes on straight beyond the last lane.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from drivesim.maps.circles import FORKS_MAX, SLOTS_MAX
from drivesim.maps.lanes import (
    first_successor,
    link_count,
    neighbour_s,
    next_lane,
    pose_at,
    project,
    route_row,
)
from drivesim.rng import Purpose, below

f32, i32, i64 = np.float32, np.int32, np.int64

CROSSING_M = f32(24.0)
"""A change that a route needs and nobody has begun is shown on the last so many metres of the lane [m]."""
FADE_TIME_S, FADE_RATE_MAX = f32(1.0), f32(0.12)
"""An offset fades with this time constant, and over no less than 1 / FADE_RATE_MAX when slow [s, 1/m]."""

LONG = f32(6.5)
"""Shorter vehicles hold to any lane [m]."""
INFINITY, ZERO, ONE, TWO, THREE = f32(np.inf), f32(0.0), f32(1.0), f32(2.0), f32(3.0)
_BRANCH = np.int64(Purpose.BRANCH)


class Way(NamedTuple):
    """Which lanes somebody takes."""

    route: np.int32
    """Route in the bank; -1: branches are drawn."""
    key: np.uint64
    """Random key of the draws."""
    user: np.int64
    """Who takes it: every road user draws its own branches."""
    first_lane: np.int32
    """First lane of the map, so that draws do not depend on the maps beside it in the bank."""
    length: np.float32 = ZERO
    """Of who takes it [m]: long vehicles draw among branches that hold them."""


@njit
def following(maps, way, lane):
    """The lane that `lane` leads to; -1 where the map ends. Off its route a way takes the first successor."""
    lanes = maps.lanes
    if way.route >= 0:
        taken = next_lane(lanes, maps.routes, way.route, lane)
        return taken if taken >= 0 else first_successor(lanes, lane)
    count = link_count(lanes.successor_first, lane)
    if count < 2:
        return first_successor(lanes, lane)
    if way.length > LONG:
        return long_branch(lanes, way, lane, count)
    draw = below(way.key, _BRANCH, lane - way.first_lane, way.user, count)
    if draw == left_out(lanes, way, lane):
        draw = i32((draw + 1) % count)
    return lanes.successor[lanes.successor_first[lane] + draw]


@njit
def left_out(lanes, way, lane):
    """The branch of a fork that leads on round a small circle where this user is to leave it; -1 for none.

    At one of the forks of such a circle every user leaves, see `circles`.
    """
    if lanes.circle[lane] < 0:
        return i32(-1)
    code = i64(lanes.circle[lane])
    onward, forks = i32(code % SLOTS_MAX), i32(code // SLOTS_MAX % FORKS_MAX + 1)
    place, circle = code // (SLOTS_MAX * FORKS_MAX) % FORKS_MAX, code // (SLOTS_MAX * FORKS_MAX * FORKS_MAX)
    return onward if i64(below(way.key, _BRANCH, i32(circle), way.user, forks)) == place else i32(-1)


@njit
def long_branch(lanes, way, lane, count):
    """The branch of a fork that a long vehicle takes: one that holds it, or else the one that nearly does.

    Round a small circle where it is to leave that only if no other holds it.
    """
    first, held, best = lanes.successor_first[lane], 0, lanes.successor[lanes.successor_first[lane]]
    out = first + left_out(lanes, way, lane)
    for k in range(first, first + count):
        other = lanes.successor[k]
        held += k != out and lanes.longest[other] >= way.length
        if lanes.longest[other] > lanes.longest[best]:
            best = other
    if held == 0:
        return best
    draw = below(way.key, _BRANCH, lane - way.first_lane, way.user, held)
    for k in range(first, first + count):
        other = lanes.successor[k]
        if k != out and lanes.longest[other] >= way.length:
            if draw == 0:
                return other
            draw -= 1
    return best


@njit
def across(lanes, lane, count):
    """The lane `count` lanes to the left, to the right where negative; the outermost where there are fewer."""
    while count != 0:
        other = lanes.left[lane] if count > 0 else lanes.right[lane]
        if other < 0:
            break
        lane = other
        count -= i32(1) if count > 0 else i32(-1)
    return lane


@njit
def crossing(maps, way, lane):
    """Lanes that the route crosses before it can be followed no farther on `lane`, left positive; 0 for none."""
    if way.route < 0:
        return i32(0)
    row = route_row(maps.lanes, maps.routes, way.route, lane)
    if maps.routes.next_slot[row] >= 0:
        return i32(0)
    return i32(maps.routes.best_offset[row])


@njit
def onward(maps, way, lane):
    """The lane after `lane` with the changes that the route needs; -1 where the map ends."""
    count = crossing(maps, way, lane)
    if count != 0:
        taken = next_lane(maps.lanes, maps.routes, way.route, across(maps.lanes, lane, count))
        if taken >= 0:
            return taken
    return following(maps, way, lane)


@njit
def advance(maps, way, lane, s, changing):
    """Lane and s of a place `s` from the start of `lane` on; s stays beyond the map's end.

    Args:
        maps: `MapArrays`.
        way: Whose way it is.
        lane: Where s begins.
        s: Distance from there [m].
        changing: Walk `onward`, with the changes that the route needs, instead of `following`.
    """
    lanes = maps.lanes
    while s > lanes.length[lane]:
        after = onward(maps, way, lane) if changing else following(maps, way, lane)
        if after < 0:
            break
        s -= lanes.length[lane]
        lane = after
    return lane, s


@njit
def pose_along(maps, way, lane, s):
    """x, y [m], heading [rad], curvature [1/m] and width [m] at `s` along the lanes that follow."""
    lane, s = advance(maps, way, lane, s, changing=False)
    return pose_at(maps.lanes, lane, s)


@njit
def distance_along(maps, way, lane, s, goal_lane, goal_s, most):
    """Distance from (lane, s) to (goal_lane, goal_s) along the lanes that follow [m]; +inf where above `most`."""
    lanes = maps.lanes
    distance = goal_s - s
    while lane >= 0 and distance <= most:
        if lane == goal_lane and distance >= ZERO:
            return distance
        distance += lanes.length[lane]
        if distance > most:
            break
        lane = following(maps, way, lane)
    return INFINITY


@njit
def fade_rate(speed):
    """How fast an offset fades ahead of somebody at a speed [1/m]."""
    return min(ONE / (FADE_TIME_S * max(speed, ONE)), FADE_RATE_MAX)


@njit
def fade(u):
    """What is left of an offset after `u` = rate times distance: a critically damped return, begun along the lane."""
    return (ONE + u) * f32(math.exp(-u))


@njit
def ease(t):
    """Smooth step from 0 at t = 0 to 1 at t = 1."""
    t = min(max(t, ZERO), ONE)
    return t * t * (THREE - TWO * t)


@njit
def course_start(maps, lane, s, target, x, y):
    """Where the course of a car on the way to lane `target` begins: `target`, and its s, d there [m]."""
    lanes = maps.lanes
    s, d = project(lanes, target, neighbour_s(lanes, lane, target, s), x, y)
    return target, s, d


@njit
def course_point(maps, way, lane, s, offset):
    """x, y [m] of the course at (lane, s), `offset` to its left.

    The course keeps the middle of the lane. Where the route crosses lanes, it does so on the last `CROSSING_M`.
    """
    lanes = maps.lanes
    x, y, heading, _, _ = pose_at(lanes, lane, s)
    count = crossing(maps, way, lane)
    if count != 0:
        end = maps.routes.drive_on[route_row(lanes, maps.routes, way.route, lane)]
        room = min(CROSSING_M, end)
        if s > end - room:
            other = across(lanes, lane, count)
            there_x, there_y, _, _, _ = pose_at(lanes, other, neighbour_s(lanes, lane, other, s))
            share = ease((s - end) / room + ONE)
            x += share * (there_x - x)
            y += share * (there_y - y)
    if offset != ZERO:
        x -= offset * f32(math.sin(heading))
        y += offset * f32(math.cos(heading))
    return x, y


@njit
def going_on(lanes, lane):
    """The lane itself, or one abreast that has a successor where it has none."""
    if link_count(lanes.successor_first, lane) > 0:
        return lane
    other = lanes.left[lane]
    while other >= 0:
        if link_count(lanes.successor_first, other) > 0:
            return other
        other = lanes.left[other]
    other = lanes.right[lane]
    while other >= 0:
        if link_count(lanes.successor_first, other) > 0:
            return other
        other = lanes.right[other]
    return lane


@njit
def drops(lanes, lane):
    """True where a lane ends and the road goes on: it has no successor, and a neighbour has one."""
    return going_on(lanes, lane) != lane


@njit
def lane_abreast(lanes, lane, draw):
    """A random one of the lanes abreast of `lane`, itself included; `draw` is uniform in [0, 1)."""
    leftmost, count = lane, 1
    while lanes.left[leftmost] >= 0:
        leftmost = lanes.left[leftmost]
        count += 1
    other = lane
    while lanes.right[other] >= 0:
        other = lanes.right[other]
        count += 1
    for _ in range(min(i32(draw * f32(count)), i32(count - 1))):
        leftmost = lanes.right[leftmost]
    return leftmost


@njit
def _link(first, links, lane, draw):
    """A random successor or predecessor; -1 where there is none."""
    count = link_count(first, lane)
    if count == 0:
        return i32(-1)
    return links[first[lane] + min(i32(draw * f32(count)), i32(count - 1))]


@njit
def wander(lanes, lane, s, draw):
    """The lane on which a place lies that is before or beyond the ends of `lane`, by any way.

    Args:
        lanes: `LaneArrays`.
        lane: Lane that s counts from.
        s: Place [m]; may be negative or beyond the lane's length.
        draw: Uniform in [0, 1): which way at forks and joints.

    Returns:
        Lane and s; s is still beyond its ends where the road has none further.
    """
    while s > lanes.length[lane]:
        after = _link(lanes.successor_first, lanes.successor, going_on(lanes, lane), draw)
        if after < 0:
            return lane, s
        s -= lanes.length[lane]
        lane = after
    while s < ZERO:
        before = _link(lanes.predecessor_first, lanes.predecessor, lane, draw)
        if before < 0:
            break
        lane = before
        s += lanes.length[lane]
    return lane, s


@njit
def nearest_branch(maps, way, lane, s, d, x, y, preference):
    """The nearest to a point of `lane` and the lanes that part from it where it begins.

    Those are the successors of its predecessors and of the lanes beside these; lanes beside `lane` are left out. A lane
    that the way leads to counts as nearer by `preference` [m].

    Args:
        maps: `MapArrays`.
        way: Whose way it is.
        lane: Lane on which the point has been found.
        s: Its s there [m].
        d: Its d there [m].
        x: Point [m].
        y: Point [m].
        preference: See above [m].

    Returns:
        lane, s, d.
    """
    lanes = maps.lanes
    least = INFINITY
    found, found_s, found_d = lane, s, d
    for k in range(lanes.predecessor_first[lane], lanes.predecessor_first[lane + 1]):
        before = lanes.predecessor[k]
        for side in range(3):
            source = before if side == 0 else (lanes.left[before] if side == 1 else lanes.right[before])
            if source < 0:
                continue
            preferred = following(maps, way, source)
            for j in range(lanes.successor_first[source], lanes.successor_first[source + 1]):
                other = lanes.successor[j]
                if other == lanes.left[lane] or other == lanes.right[lane]:
                    continue
                other_s, other_d = s, d
                if other != lane:
                    other_s, other_d = project(lanes, other, s, x, y)
                    if other_s < ZERO or other_s > lanes.length[other]:
                        continue
                away = abs(other_d) - (preference if other == preferred else ZERO)
                if away < least:
                    least, found, found_s, found_d = away, other, other_s, other_d
    return found, found_s, found_d
