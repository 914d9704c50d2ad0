"""Motion of the traffic along its lanes, and where driven cars are among them.

Traffic is integrated ballistically over a control step: v' = max(0, v + a dt), s' = s + v dt + a dt^2 / 2, and a car
that would go backwards stops. A lane change shifts it by the lane distance w along the quintic

    d(p) = w (10 p^3 - 15 p^4 + 6 p^5),   dp/dt = min(1 / lane_change_s, v / way)                 (1)

where the way is `SHIFT_LENGTH`, or more for long vehicles, whose nose would swing out. p is read off the offset
itself, so that nothing but (lane, d) remembers how far the change has come. Half way over, `lane` becomes the new lane.
"""

import math

import numpy as np
from numba import njit

from drivesim.maps.lanes import link_count, neighbour_s, pose_at, project
from drivesim.maps.network import LaneType
from drivesim.maps.path import drops, following, nearest_branch, pose_along
from drivesim.state import ActorKind, Motion
from drivesim.state.bodies import is_driving, slot_of
from drivesim.state.sight import is_seen
from drivesim.world.errands.aside import move_aside
from drivesim.world.following import HALF, ONE, ZERO
from drivesim.world.lane_change import COOLDOWN_S, DECISION_S, beside, end_change, is_moving, ticks_of
from drivesim.world.scripted import first_slot, move_scripted
from drivesim.world.spawn import centre, is_near, respawn, vanish, vanish_far
from drivesim.world.ways import way_of

f32, i32 = np.float32, np.int32

SHIFT_LENGTH, SHIFT_LENGTHS = f32(24.0), f32(5.0)
"""Way a lane change takes at least: this long, and this many lengths of the car [m, 1]."""
LONG = f32(6.0)
"""Vehicles longer than this keep to the inside of bends [m]."""
KERB_ROOM = f32(0.75)
"""Cyclists ride this far from the outer edge of their lane [m]."""
KERB_SLOPE = f32(0.15)
"""They come nearer to it, or leave it, by no more than this per metre [1]."""
CLEARANCE = f32(0.2)
"""A body farther than this inside its lane's edge is on that lane alone [m]."""
INFINITY = f32(np.inf)
GENTLE_SQUARE = f32(0.01)
"""The next term of the series is below 2e-9 of the slope."""
ROUTE_PREFERENCE = f32(0.3)
"""At a fork a driver is on the route's branch unless another is nearer by this [m]."""

_NONE, _CYCLIST = int(ActorKind.NONE), int(ActorKind.CYCLIST)
_BIKING = int(LaneType.BIKING)
_SCRIPTED, _STANDING, _WALKER = int(Motion.SCRIPTED), int(Motion.STANDING), int(Motion.WALKER)
_LEFTWARDS, _RIGHTWARDS = i32(1), i32(-1)
_NEWTON_STEPS = 4
_SIDEWAYS_MAX = 4


@njit
def arc_tangent(slope):
    """Angle of a slope [rad]; of the gentle ones, which are nearly all, by the series, exact to float32."""
    square = slope * slope
    if square < GENTLE_SQUARE:
        return slope * (ONE - square * (f32(1.0 / 3.0) - square * (f32(0.2) - square * f32(1.0 / 7.0))))
    return f32(math.atan(slope))


@njit
def shift(p):
    """Quintic step of (1), 0 at p = 0 and 1 at p = 1."""
    return p * p * p * (f32(10.0) + p * (f32(6.0) * p - f32(15.0)))


@njit
def shift_rate(p):
    """Derivative of `shift`."""
    return f32(30.0) * p * p * (ONE - p) * (ONE - p)


@njit
def unshift(fraction):
    """Inverse of `shift` on [0, 1], by Newton's method from the cubic's root."""
    mirrored = fraction > HALF
    rest = min(max(ONE - fraction if mirrored else fraction, ZERO), HALF)
    if rest < f32(1e-9):
        return ONE if mirrored else ZERO
    p = min(f32((rest * f32(0.1)) ** f32(1.0 / 3.0)) * f32(1.15), HALF)
    for _ in range(_NEWTON_STEPS):
        p = min(max(p - (shift(p) - rest) / shift_rate(p), f32(1e-4)), HALF)
    return ONE - p if mirrored else p


@njit
def change_step(lanes, actors, parameters, world, slot):
    """Moves a changing car sideways by one step.

    Returns:
        Its lateral slope dd/ds and the curvature of its shift [1/m].
    """
    lane, target = actors.lane[world, slot], actors.target_lane[world, slot]
    d, speed = actors.d[world, slot], actors.speed[world, slot]
    _, _, _, _, width = pose_at(lanes, lane, actors.s[world, slot])
    if target != lane:
        side = ONE if target == lanes.left[lane] else -ONE
        there = neighbour_s(lanes, lane, target, actors.s[world, slot])
        _, _, _, _, other_width = pose_at(lanes, target, there)
        whole = HALF * (width + other_width)
        p = unshift(max(side * d, ZERO) / whole)
    else:
        side = ONE if d < ZERO else -ONE
        whole = width
        p = unshift(ONE - abs(d) / whole)
    way = max(SHIFT_LENGTH, SHIFT_LENGTHS * actors.length[world, slot])
    rate = min(ONE / parameters.lane_change_s, speed / way)
    p = min(p + rate * parameters.step_s, ONE)
    moved = side * whole * shift(p)
    actors.d[world, slot] = moved if target != lane else moved - side * whole
    if p >= ONE:
        actors.d[world, slot] = ZERO
    per_metre = rate / max(speed, HALF)
    slope = side * whole * shift_rate(p) * per_metre
    bend = f32(60.0) * p * (ONE - p) * (ONE - f32(2.0) * p)
    return slope, side * whole * bend * per_metre * per_metre


@njit
def hand_over(lanes, actors, world, slot):
    """Makes the target lane the lane of a changing car, which stays where it is."""
    lane, target, s, d = (
        actors.lane[world, slot], actors.target_lane[world, slot], actors.s[world, slot], actors.d[world, slot]
    )  # fmt: skip
    x, y, heading, _, _ = pose_at(lanes, lane, s)
    x -= d * f32(math.sin(heading))
    y += d * f32(math.cos(heading))
    s, d = project(lanes, target, neighbour_s(lanes, lane, target, s), x, y)
    actors.lane[world, slot] = target
    actors.second_lane[world, slot] = lane
    actors.s[world, slot] = max(s, ZERO)
    actors.d[world, slot] = d


@njit
def cross_joint(maps, state, parameters, world, slot):
    """Takes a car whose s is beyond its lane to the following one, with the lane it changes to.

    Returns:
        False where it is beyond the map, where it goes straight on.
    """
    lanes, actors = maps.lanes, state.actors
    lane = actors.lane[world, slot]
    while actors.s[world, slot] > lanes.length[lane]:
        target, second = actors.target_lane[world, slot], actors.second_lane[world, slot]
        after = following(maps, way_of(maps, state, world, slot), lane)
        if after < 0 and target != lane and is_moving(actors.change_ticks[world, slot], parameters.step_s):
            hand_over(lanes, actors, world, slot)
            actors.second_lane[world, slot] = -1
            lane = target
            continue
        if after < 0:
            if not drops(lanes, lane):
                return False
            actors.s[world, slot] = lanes.length[lane]
            actors.speed[world, slot] = ZERO
            return True
        actors.s[world, slot] -= lanes.length[lane]
        actors.lane[world, slot] = after
        if second >= 0:
            actors.second_lane[world, slot] = beside(
                lanes, after, _LEFTWARDS if second == lanes.left[lane] else _RIGHTWARDS
            )
        if target != lane:
            target = beside(lanes, after, _LEFTWARDS if target == lanes.left[lane] else _RIGHTWARDS)
            actors.target_lane[world, slot] = target if target >= 0 else after
            if target < 0 and not is_moving(actors.change_ticks[world, slot], parameters.step_s):
                end_change(actors, world, slot, ticks_of(DECISION_S, parameters.step_s))
        else:
            actors.target_lane[world, slot] = after
        lane = after
    return True


@njit
def off_track(lanes, actors, world, slot):
    """How far a long vehicle keeps from its place on the lane towards the inside of a bend to the right [m].

    With the rear axle on the lane, the nose, a ahead of it, swings out by a^2 / (2 R); in a bend to the right that is
    towards the oncoming lane. Half of it to either side is what lanes are wide enough for. Left is positive.
    """
    if actors.length[world, slot] < LONG:
        return ZERO
    nose = actors.length[world, slot] - actors.rear[world, slot]
    _, _, _, curvature, _ = pose_at(lanes, actors.lane[world, slot], actors.s[world, slot] + HALF * nose)
    return min(curvature, ZERO) * nose * nose * f32(0.25)


@njit
def cycle_place(maps, state, world, lane, width):
    """How far left of a lane's centre cyclists ride [m]: at the edge of streets, in the middle of cycle lanes."""
    if maps.lanes.type[lane] == _BIKING:
        return ZERO
    aside = max(HALF * width - KERB_ROOM, ZERO)
    return aside if maps.left_hand[maps.slot_of[state.worlds.map[world]]] else -aside


@njit
def kerb_side(actors, world, slot, x, y, heading, aside, way):
    """How far left of a lane's centre a cyclist rides [m]: on from where it was, towards its place.

    Args:
        actors: `ActorState`.
        world: World.
        slot: Cyclist.
        x: Centre of the lane abreast of it [m].
        y: [m]
        heading: Of the lane there [rad].
        aside: Where its place is, left of that centre [m].
        way: How far it has ridden in the step [m].
    """
    east, north = actors.before_x[world, slot] - x, actors.before_y[world, slot] - y
    before = north * f32(math.cos(heading)) - east * f32(math.sin(heading))
    return min(max(aside, before - KERB_SLOPE * way), before + KERB_SLOPE * way)


@njit
def chord_pose(maps, state, world, slot):
    """Pose of a body in the tight bends of streets and junctions: x, y of its rear axle [m], heading [rad].

    It lies along the chord between the places of its bumpers, half as far inside of the centre line as the chord is, so
    that its ends are as far out as its middle is in. Tangent at its rear axle, its nose would swing far out.
    """
    lanes, actors = maps.lanes, state.actors
    lane, s = actors.lane[world, slot], actors.s[world, slot]
    length, rear = actors.length[world, slot], actors.rear[world, slot]
    way = way_of(maps, state, world, slot)
    tail_x, tail_y, _, _, _ = pose_at(lanes, lane, s - rear)
    nose_x, nose_y, _, _, _ = pose_along(maps, way, lane, s + length - rear)
    x, y, heading, _, _ = pose_along(maps, way, lane, s + HALF * length - rear)
    east, north = nose_x - tail_x, nose_y - tail_y
    cos, sin = f32(math.cos(heading)), f32(math.sin(heading))
    turned = heading + f32(math.atan2(north * cos - east * sin, east * cos + north * sin))
    back = HALF * length - rear
    x += HALF * (HALF * (tail_x + nose_x) - x) - back * f32(math.cos(turned))
    y += HALF * (HALF * (tail_y + nose_y) - y) - back * f32(math.sin(turned))
    return x, y, turned


@njit
def move_car(maps, state, parameters, world, slot):
    """Integrates one car over a control step.

    Returns:
        False where it is beyond the map.
    """
    lanes, actors = maps.lanes, state.actors
    step_s = parameters.step_s
    before, accel = actors.speed[world, slot], actors.accel_decided[world, slot]
    speed = before + accel * step_s
    if speed < ZERO:
        way = -HALF * before * before / accel
        speed = ZERO
    else:
        way = before * step_s + HALF * accel * step_s * step_s
    actors.speed[world, slot] = speed
    actors.accel[world, slot] = (speed - before) / step_s
    actors.s[world, slot] += way
    on_map = cross_joint(maps, state, parameters, world, slot)
    slope, bend = ZERO, ZERO
    changing = is_moving(actors.change_ticks[world, slot], step_s)
    if changing:
        slope, bend = change_step(lanes, actors, parameters, world, slot)
    lane, d = actors.lane[world, slot], actors.d[world, slot]
    x, y, heading, curvature, width = pose_at(lanes, lane, actors.s[world, slot])
    if parameters.has_errands:
        aside, steep = move_aside(actors, world, slot, way)
        d, slope = d + aside, slope + steep
    if actors.kind[world, slot] == _CYCLIST:
        d += kerb_side(actors, world, slot, x, y, heading, cycle_place(maps, state, world, lane, width), way)
    elif maps.ways.ahead[lane] < INFINITY:
        x, y, heading = chord_pose(maps, state, world, slot)
    else:
        d += off_track(lanes, actors, world, slot)
    if d != ZERO:
        x -= d * f32(math.sin(heading))
        y += d * f32(math.cos(heading))
    actors.x[world, slot] = x
    actors.y[world, slot] = y
    actors.yaw[world, slot] = heading + arc_tangent(slope)
    actors.yaw_rate[world, slot] = speed * (curvature + bend)
    actors.steer[world, slot] = arc_tangent(actors.wheelbase[world, slot] * (curvature + bend))
    if changing:
        _settle(maps, actors, world, slot, width, step_s)
    return on_map


@njit
def _settle(maps, actors, world, slot, width, step_s):
    """Hands a changing car over to its new lane half way, frees the old one once clear, and ends the change."""
    lanes = maps.lanes
    lane, target = actors.lane[world, slot], actors.target_lane[world, slot]
    d = actors.d[world, slot]
    if target != lane:
        if abs(d) > HALF * width:
            hand_over(lanes, actors, world, slot)
        return
    if abs(d) + HALF * actors.width[world, slot] < HALF * width - CLEARANCE:
        actors.second_lane[world, slot] = -1
    if d == ZERO:
        actors.second_lane[world, slot] = -1
        end_change(actors, world, slot, ticks_of(COOLDOWN_S, step_s))


@njit
def is_wanted(maps, state, world, slot, far):
    """True where a car is less than `far` from a driver, or from the place that the driver's traffic is around [m].

    Where there are no drivers, everybody is wanted.
    """
    actors = state.actors
    if state.drivers.slot.shape[1] == 0:
        return True
    for driver in range(state.drivers.slot.shape[1]):
        if is_driving(state, world, driver):
            own = slot_of(state, world, driver)
            if is_near(actors, world, slot, actors.x[world, own], actors.y[world, own], far):
                return True
            lane, s = centre(maps, state, world, own)
            x, y, _, _, _ = pose_at(maps.lanes, lane, s)
            if is_near(actors, world, slot, x, y, far):
                return True
    return False


@njit
def move_traffic(maps, state, parameters, world):
    """Advances everybody whom no driver steers by one control step; cars far away or off the map vanish and return.

    Who is seen stays, and drives straight on beyond the map's end until nobody sees it.

    Reads `ActorState.accel_decided`, lane and target_lane as `driver.decide_world` left them, and the drivers' new
    poses.
    """
    actors = state.actors
    drivers = state.drivers.slot.shape[1]
    far = vanish_far(parameters)
    for slot in range(actors.kind.shape[1]):
        motion = actors.motion[world, slot]
        if actors.driver[world, slot] >= 0 or motion == _STANDING or motion == _WALKER:
            continue
        if motion == _SCRIPTED:
            move_scripted(state, parameters, world, slot, slot - first_slot(state, parameters))
            continue
        if actors.kind[world, slot] == _NONE:
            if drivers <= slot < drivers + state.conditions.car_count[world]:
                respawn(maps, state, parameters, world, slot)
            continue
        on_map = move_car(maps, state, parameters, world, slot)
        if on_map and is_wanted(maps, state, world, slot, far):
            continue
        if not is_seen(state, parameters.sight, world, slot):
            vanish(actors, world, slot)


@njit
def _along(maps, way, lane, s, d, x, y):
    """Follows links forward or back while a point lies beyond the ends of its lane. Returns lane, s, d."""
    lanes = maps.lanes
    while s < ZERO or s > lanes.length[lane]:
        first, links, preferred = lanes.predecessor_first, lanes.predecessor, i32(-1)
        if s > ZERO:
            first, links, preferred = lanes.successor_first, lanes.successor, following(maps, way, lane)
        best, best_s, best_d, least = i32(-1), s, d, f32(np.inf)
        for k in range(first[lane], first[lane + 1]):
            other = links[k]
            guess = s - lanes.length[lane] if s > ZERO else lanes.length[other] + s
            other_s, other_d = project(lanes, other, guess, x, y)
            away = abs(other_d) - (ROUTE_PREFERENCE if other == preferred else ZERO)
            if away < least:
                best, best_s, best_d, least = other, other_s, other_d, away
        if best < 0:
            break
        forward = s > ZERO
        lane, s, d = best, best_s, best_d
        if (forward and s < ZERO) or (not forward and s > lanes.length[lane]):
            break
    return lane, s, d


@njit
def locate(maps, state, parameters, world, slot):
    """Finds the lane that a driven car is in after its own motion: writes lane, s, d and second_lane.

    The search goes from the last lane to its links and neighbours, and as long as the lanes that part at its start are
    near, to these. The nearest branch of a fork wins, at equality the route's. A target lane that follows the last
    target is kept up.
    """
    lanes, actors = maps.lanes, state.actors
    x, y = actors.x[world, slot], actors.y[world, slot]
    before, target = actors.lane[world, slot], actors.target_lane[world, slot]
    guess = actors.s[world, slot] + actors.speed[world, slot] * parameters.step_s
    s, d = project(lanes, before, guess, x, y)
    way = way_of(maps, state, world, slot)
    lane, s, d = _along(maps, way, before, s, d, x, y)
    if lane != before:
        if target == before:
            target = lane
        elif target == lanes.left[before] or target == lanes.right[before]:
            target = beside(lanes, lane, _LEFTWARDS if target == lanes.left[before] else _RIGHTWARDS)
            target = target if target >= 0 else lane
    if abs(d) > ROUTE_PREFERENCE and link_count(lanes.predecessor_first, lane) > 0:
        lane, s, d = nearest_branch(maps, way, lane, s, d, x, y, ROUTE_PREFERENCE)
    half = ZERO
    for _ in range(_SIDEWAYS_MAX):
        _, _, _, _, width = pose_at(lanes, lane, s)
        half = HALF * width
        other = beside(lanes, lane, _LEFTWARDS if d > ZERO else _RIGHTWARDS)
        if abs(d) <= half or other < 0:
            break
        other_s, other_d = project(lanes, other, neighbour_s(lanes, lane, other, s), x, y)
        if abs(other_d) >= abs(d):
            break
        lane, s, d = other, other_s, other_d
    actors.lane[world, slot] = lane
    actors.s[world, slot] = s
    actors.d[world, slot] = d
    if target != lane and target != lanes.left[lane] and target != lanes.right[lane]:
        target = lane
    actors.target_lane[world, slot] = target
    second = i32(-1)
    if target != lane and is_moving(actors.change_ticks[world, slot], parameters.step_s):
        # Claimed before the body is there, or two cars could take the same gap from both sides.
        second = target
    elif abs(d) + HALF * actors.width[world, slot] > half:
        second = beside(lanes, lane, _LEFTWARDS if d > ZERO else _RIGHTWARDS)
    actors.second_lane[world, slot] = second
