"""Lane changes: when a driver wants one (MOBIL or need), when it may begin, and what it signals.

    safety:     a~_n >= -b_safe                                                          (1)
    incentive:  a~_c - a_c + p (a~_n - a_n + a~_o - a_o) > threshold + bias               (2)

with the car c, the new follower n, the old follower o, accelerations by the IDM now and (~) after the change. The
bias asks for more to go left and for less to go right. Kesting, Treiber, Helbing, "General lane-changing model MOBIL
for car-following models", Transportation Research Record 1999 (2007) 86. Differs from it: the car's own braking
after the change is held to b_safe as well, and gaps of less than a quarter of a second are refused.

A change is needed where the lane ends (traffic) or leaves the route (drivers). b_safe then rises to `URGENT_BRAKING`
as the last point comes near.

`change_ticks` is the phase: -1 keeps the lane; up to `signal_ticks` the indicator is lit and the car waits; above, it
moves. The indicator thus burns for `SIGNAL_S` before the car moves, and until it is in its new lane.
"""

import math

import numpy as np
from numba import njit

from drivesim.maps.lanes import link_count, neighbour_s, next_lane, route_row
from drivesim.maps.network import LaneType
from drivesim.maps.path import drops, following
from drivesim.rng import Purpose, uniform
from drivesim.state import Lamp
from drivesim.world.following import ONE, ZERO, free_acceleration, idm
from drivesim.world.grip import comfortable_braking
from drivesim.world.neighbours import NOBODY, drop_ahead, follower_along, lead_along
from drivesim.world.ways import way_of

f32, i32 = np.float32, np.int32

SIGNAL_S = f32(1.0)
"""Indicator before lateral motion [s]."""
DECISION_S = f32(1.0)
"""Between two thoughts of changing lane [s]."""
PATIENCE_S = f32(3.0)
"""A change that nobody needs is given up after waiting this long [s]."""
COOLDOWN_S = f32(5.0)
"""After a change, before the next one by choice [s]."""
URGENT_BRAKING = f32(7.0)
"""b_safe where the lane ends [m/s^2]."""
TIME_GAP_MIN, GAP_MIN = f32(0.25), f32(1.0)
"""Smallest gaps accepted: `GAP_MIN + TIME_GAP_MIN * speed` [s, m]."""
NEED_TIME_S, NEED_SPACE = f32(15.0), f32(60.0)
"""A needed change is begun this long before the last point, per lane [s, m]."""
SEARCH_AHEAD, SEARCH_BEHIND = f32(150.0), f32(150.0)
"""Neighbours farther than this do not matter [m]."""
CROSSINGS_AHEAD = f32(2000.0)
"""Lanes to cross are counted this far ahead: three at 35 m/s take 1.8 km [m]."""
DROP_HORIZON = f32(300.0)
"""No change by choice into a lane that ends sooner [m]."""
NEAR_CENTRE = f32(0.7)
"""A driver's change is done this near the new lane's centre [m]."""
STALL_S, STALL_OFFSET = f32(4.0), f32(0.4)
"""A driven car that has not left its lane's centre by the offset after this time does not change lane [s, m]."""

STANDING = f32(0.3)
"""Slower than this is standing [m/s]."""
QUEUE_ROOM = f32(40.0)
"""Nobody changes lane for pleasure this near to a junction, plus what a change takes: there queues stand [m]."""
EXIT_SHARE = f32(0.25)
"""Share of the traffic that leaves by the next exit."""

INFINITY = f32(np.inf)
_DRIVING, _EXIT = int(LaneType.DRIVING), int(LaneType.EXIT)
_LEFTWARDS, _RIGHTWARDS = i32(1), i32(-1)
_EXITING, _ALWAYS = np.int64(Purpose.LANE_CHANGE), np.int64(0)
_LEFT, _RIGHT = int(Lamp.LEFT), int(Lamp.RIGHT)
_KEEP = np.uint8(255 - _LEFT - _RIGHT)


@njit
def ticks_of(seconds, step_s):
    """Control steps in a time span, rounded up."""
    return i32(math.ceil(seconds / step_s - f32(1e-4)))


@njit
def is_moving(change_ticks, step_s):
    """True from the first lateral motion of a lane change on."""
    return change_ticks >= 0 and change_ticks > ticks_of(SIGNAL_S, step_s)


@njit
def beside(lanes, lane, side):
    """Neighbour on the left (side > 0) or right, or -1."""
    return lanes.left[lane] if side > 0 else lanes.right[lane]


@njit
def may_change(lanes, lane, side):
    """True where the marking allows the change."""
    return (lanes.change[lane] & (1 if side > 0 else 2)) != 0


@njit
def may_enter(lanes, lane, target, side):
    """True where somebody who has to may change to the lane beside: one that only begins there has no other way in."""
    begins = link_count(lanes.predecessor_first, target) == 0 and link_count(lanes.predecessor_first, lane) > 0
    return may_change(lanes, lane, side) or begins


@njit
def desired_speed(lanes, state, world, slot, lane):
    """Speed that a driver wants on a straight, free lane in this weather [m/s]."""
    actors, weather = state.actors, state.weather
    wanted = min(lanes.speed_limit[lane] * actors.speed_factor[world, slot], actors.speed_max[world, slot])
    return min(wanted * weather.pace[world], weather.speed_max[world])


@njit
def idm_behind(lanes, state, world, slot, lane, lead, gap):
    """IDM acceleration of `slot` on `lane` behind `lead` (-1: nobody) at `gap` [m/s^2]."""
    actors = state.actors
    speed = actors.speed[world, slot]
    accel_max, brake = actors.accel_max[world, slot], comfortable_braking(state, world, slot)
    free = free_acceleration(speed, desired_speed(lanes, state, world, slot, lane), accel_max, brake)
    if lead < 0:
        return free
    # Gaps are judged by the headway of a clear day: who waits for that of heavy rain never gets in.
    headway, min_gap = actors.time_headway[world, slot], actors.min_gap[world, slot]
    return idm(free, speed, actors.speed[world, lead], gap, headway, min_gap, accel_max, brake)


@njit
def crossings(maps, route, lane):
    """How many lanes are yet to be crossed on a route, if `lane` is followed as far as that leads along it."""
    count = i32(0)
    followed = ZERO
    while lane >= 0 and followed < CROSSINGS_AHEAD:
        row = route_row(maps.lanes, maps.routes, route, lane)
        count = max(count, i32(abs(maps.routes.best_offset[row])))
        followed += maps.lanes.length[lane]
        lane = next_lane(maps.lanes, maps.routes, route, lane)
    return count


@njit
def needed_change(maps, state, world, slot):
    """Which change a driver needs and how far away it must be done.

    Returns:
        Side (1 left, -1 right, 0 none yet), distance to the last point [m] (+inf for none), urgency in [0, 1].
    """
    lanes, actors = maps.lanes, state.actors
    lane, s, speed = actors.lane[world, slot], actors.s[world, slot], actors.speed[world, slot]
    side, count = i32(0), i32(1)
    distance = INFINITY
    driver = actors.driver[world, slot]
    if driver >= 0:
        route = state.navigation.route[world, driver]
        row = route_row(lanes, maps.routes, route, lane)
        offset = maps.routes.best_offset[row]
        if offset != 0:
            side = _LEFTWARDS if offset > 0 else _RIGHTWARDS
            count = crossings(maps, route, lane)
            distance = maps.routes.drive_on[row] - s
    else:
        distance = drop_ahead(maps, state, world, slot, lane, s, DROP_HORIZON)
        if distance < INFINITY:
            left = lanes.left[lane]
            side = _LEFTWARDS if left >= 0 and not drops(lanes, left) else _RIGHTWARDS
    horizon = (NEED_TIME_S * speed + NEED_SPACE) * f32(count)
    if side == 0 or distance > horizon:
        return i32(0), distance, ZERO
    return side, distance, ONE - max(distance, ZERO) / horizon


@njit
def _bearable(state, world, safe_braking):
    """The part of b_safe that the road gives: at the end of the lane all that it gives [m/s^2]."""
    return min(safe_braking, state.weather.braking[world] * (safe_braking / URGENT_BRAKING))


@njit
def _clear_ahead(lanes, state, world, slot, target, lead, gap, safe_braking):
    """True where `slot` may come into `target` behind `lead`."""
    actors = state.actors
    if gap < GAP_MIN + TIME_GAP_MIN * actors.speed[world, slot]:
        return False
    return lead < 0 or idm_behind(lanes, state, world, slot, target, lead, gap) >= -_bearable(
        state, world, safe_braking
    )


@njit
def gives_way(actors, world, follower, target, gap):
    """True where a follower is itself on its way into `target` and stands: of two that claim a gap, who is ahead goes.

    Otherwise the one ahead waits for the claim of the one behind, and that one for the car ahead of it, for ever.
    """
    claims = actors.lane[world, follower] != target and actors.second_lane[world, follower] == target
    return claims and actors.speed[world, follower] < STANDING and gap > ZERO


@njit
def _clear_behind(lanes, state, world, slot, target, follower, gap, safe_braking):
    """True where `slot` may come into `target` in front of `follower` (1)."""
    actors = state.actors
    if follower < 0 or gives_way(actors, world, follower, target, gap):
        return True
    if gap < GAP_MIN + TIME_GAP_MIN * actors.speed[world, follower]:
        return False
    return idm_behind(lanes, state, world, follower, target, slot, gap) >= -_bearable(state, world, safe_braking)


@njit
def is_safe(maps, state, world, slot, target, safe_braking):
    """True where `slot` can come into `target` now without anybody having to brake harder than `safe_braking` (1)."""
    lanes, actors = maps.lanes, state.actors
    there = neighbour_s(lanes, actors.lane[world, slot], target, actors.s[world, slot])
    lead, gap = lead_along(maps, state, world, slot, target, there, SEARCH_AHEAD)
    if not _clear_ahead(lanes, state, world, slot, target, lead, gap, safe_braking):
        return False
    follower, gap = follower_along(maps, state, world, slot, target, there, SEARCH_BEHIND)
    return _clear_behind(lanes, state, world, slot, target, follower, gap, safe_braking)


@njit
def staying(maps, state, parameters, world, slot):
    """What (2) takes off for the lane being left, a_c - p (a~_o - a_o) [m/s^2]: the same for either side."""
    lanes, actors = maps.lanes, state.actors
    lane, s = actors.lane[world, slot], actors.s[world, slot]
    lead, gap = lead_along(maps, state, world, slot, lane, s, SEARCH_AHEAD)
    value = idm_behind(lanes, state, world, slot, lane, lead, gap)
    follower, behind = follower_along(maps, state, world, slot, lane, s, SEARCH_BEHIND)
    if follower >= 0:
        after = idm_behind(lanes, state, world, follower, lane, lead, behind + actors.length[world, slot] + gap)
        value -= parameters.politeness * (after - idm_behind(lanes, state, world, follower, lane, slot, behind))
    return value


@njit
def incentive(maps, state, parameters, world, slot, target, stay):
    """Left side of (2) less the threshold; -inf where (1) forbids the change [m/s^2]. `stay` is that of `staying`."""
    lanes, actors = maps.lanes, state.actors
    there = neighbour_s(lanes, actors.lane[world, slot], target, actors.s[world, slot])
    lead, gap = lead_along(maps, state, world, slot, target, there, SEARCH_AHEAD)
    if not _clear_ahead(lanes, state, world, slot, target, lead, gap, parameters.safe_braking):
        return -INFINITY
    follower, behind = follower_along(maps, state, world, slot, target, there, SEARCH_BEHIND)
    if not _clear_behind(lanes, state, world, slot, target, follower, behind, parameters.safe_braking):
        return -INFINITY
    gain = idm_behind(lanes, state, world, slot, target, lead, gap) - stay
    if follower >= 0:
        before = idm_behind(lanes, state, world, follower, target, lead, behind + actors.length[world, slot] + gap)
        after = idm_behind(lanes, state, world, follower, target, slot, behind)
        gain += parameters.politeness * (after - before)
    return gain - parameters.lane_change_threshold


@njit
def stays_beside(maps, state, world, slot, target, side, distance):
    """True where `target` remains the neighbour of the car's path for `distance` [m]."""
    lanes = maps.lanes
    way = way_of(maps, state, world, slot)
    lane = state.actors.lane[world, slot]
    left = distance - (lanes.length[lane] - state.actors.s[world, slot])
    while left > ZERO:
        lane = following(maps, way, lane)
        target = following(maps, way, target)
        if lane < 0 or target < 0 or beside(lanes, lane, side) != target:
            return False
        left -= lanes.length[lane]
    return True


@njit
def change_way(actors, parameters, world, slot):
    """Way that signalling and changing lane take [m]."""
    return actors.speed[world, slot] * (SIGNAL_S + parameters.lane_change_s) + f32(10.0)


@njit
def is_open(maps, state, parameters, world, slot, target, side):
    """True where a change by choice into `target` is allowed and does not have to be undone soon."""
    lanes, actors = maps.lanes, state.actors
    lane, speed = actors.lane[world, slot], actors.speed[world, slot]
    if target < 0 or not may_change(lanes, lane, side) or lanes.type[target] != _DRIVING:
        return False
    there = neighbour_s(lanes, lane, target, actors.s[world, slot])
    driver = actors.driver[world, slot]
    if driver >= 0:
        route = state.navigation.route[world, driver]
        row = route_row(lanes, maps.routes, route, target)
        room = f32(2.0) * (NEED_TIME_S * speed + NEED_SPACE) * f32(crossings(maps, route, target))
        if maps.routes.best_offset[row] != 0 and maps.routes.drive_on[row] - there < room:
            return False
    if drop_ahead(maps, state, world, slot, target, there, DROP_HORIZON) < INFINITY:
        return False
    return stays_beside(maps, state, world, slot, target, side, change_way(actors, parameters, world, slot))


@njit
def wants_exit(maps, state, world, slot, target):
    """True where `target` is an exit lane and this car is one of those that leave there."""
    lanes = maps.lanes
    if state.actors.driver[world, slot] >= 0 or target < 0 or lanes.type[target] != _EXIT:
        return False
    return uniform(state.worlds.key[world], _EXITING, _ALWAYS, slot) < EXIT_SHARE


@njit
def best_side(maps, state, parameters, world, slot):
    """Side that a driver would change to by its own choice (1 left, -1 right), or 0."""
    lanes, actors = maps.lanes, state.actors
    lane = actors.lane[world, slot]
    exit_lane = lanes.right[lane]
    if wants_exit(maps, state, world, slot, exit_lane) and may_change(lanes, lane, _RIGHTWARDS):
        room = stays_beside(
            maps, state, world, slot, exit_lane, _RIGHTWARDS, change_way(actors, parameters, world, slot)
        )
        safe = room and is_safe(maps, state, world, slot, exit_lane, parameters.safe_braking)
        return _RIGHTWARDS if safe else i32(0)
    stay = staying(maps, state, parameters, world, slot)
    best, side = ZERO, i32(0)
    for sign in (_LEFTWARDS, _RIGHTWARDS):
        target = beside(lanes, lane, sign)
        if target < 0:
            continue
        # What a free lane would be worth, the cheap part first: nobody changes lane for the new follower's sake.
        bias = f32(sign) * parameters.keep_right_bias
        hope = idm_behind(lanes, state, world, slot, target, NOBODY, INFINITY) - stay
        if hope - parameters.lane_change_threshold - bias <= best:
            continue
        if not is_open(maps, state, parameters, world, slot, target, sign):
            continue
        advantage = incentive(maps, state, parameters, world, slot, target, stay) - bias
        if advantage > best:
            best, side = advantage, sign
    return side


@njit
def end_change(actors, world, slot, cooldown):
    """Back to keeping the lane; the next thought of changing comes after `cooldown` ticks."""
    actors.target_lane[world, slot] = actors.lane[world, slot]
    actors.change_ticks[world, slot] = -1
    actors.cooldown[world, slot] = cooldown
    actors.lamps[world, slot] &= _KEEP


@njit
def _begin(actors, world, slot, target, side, cooldown):
    """Lights the indicator."""
    actors.target_lane[world, slot] = target
    actors.change_ticks[world, slot] = 0
    actors.cooldown[world, slot] = cooldown
    lamp = np.uint8(_LEFT if side > 0 else _RIGHT)
    actors.lamps[world, slot] = (actors.lamps[world, slot] & _KEEP) | lamp


@njit
def _settle_driven(maps, actors, world, slot, step_s):
    """Ends or takes back a driven car's change where it has done something else than its expert intended."""
    lane, target, ticks = actors.lane[world, slot], actors.target_lane[world, slot], actors.change_ticks[world, slot]
    offset = abs(actors.d[world, slot])
    lanes = maps.lanes
    if target == lane:
        if ticks >= 0 and (offset < NEAR_CENTRE or not is_moving(ticks, step_s)):
            end_change(actors, world, slot, ticks_of(COOLDOWN_S, step_s))
    elif target != lanes.left[lane] and target != lanes.right[lane]:
        end_change(actors, world, slot, ticks_of(DECISION_S, step_s))
    elif ticks > ticks_of(SIGNAL_S + STALL_S, step_s) and offset < STALL_OFFSET:
        end_change(actors, world, slot, ticks_of(DECISION_S, step_s))


@njit
def is_near_junction(maps, state, parameters, world, slot):
    """Whether a change begun now might not be complete where queues stand before the junction ahead."""
    actors = state.actors
    room = maps.ways.ahead[actors.lane[world, slot]] - actors.s[world, slot]
    return room < QUEUE_ROOM + actors.speed[world, slot] * parameters.lane_change_s


@njit
def choose_lane(maps, state, parameters, world, slot):
    """Advances a driver's lane change by one control step: begins, waits, moves off, or gives up.

    Returns:
        Distance to the last point of a change that is needed [m], +inf where none is; and whether the driver waits in
        vain: needs a change and cannot begin it.
    """
    lanes, actors = maps.lanes, state.actors
    step_s = parameters.step_s
    if actors.driver[world, slot] >= 0:
        _settle_driven(maps, actors, world, slot, step_s)
    lane = actors.lane[world, slot]
    ticks = actors.change_ticks[world, slot]
    needed, distance, urgency = needed_change(maps, state, world, slot)
    signal_ticks = ticks_of(SIGNAL_S, step_s)
    if ticks < 0:
        if needed != 0:
            target = beside(lanes, lane, needed)
            if target >= 0 and may_enter(lanes, lane, target, needed):
                _begin(actors, world, slot, target, needed, i32(0))
            return distance, True
        if actors.cooldown[world, slot] > 0:
            actors.cooldown[world, slot] -= 1
            return distance, False
        side = i32(0)
        if (lanes.left[lane] >= 0 or lanes.right[lane] >= 0) and not is_near_junction(
            maps, state, parameters, world, slot
        ):
            side = best_side(maps, state, parameters, world, slot)
        if side != 0:
            _begin(actors, world, slot, beside(lanes, lane, side), side, ticks_of(PATIENCE_S, step_s))
        else:
            actors.cooldown[world, slot] = ticks_of(DECISION_S, step_s)
        return distance, False
    if ticks > signal_ticks:
        actors.change_ticks[world, slot] = ticks + 1
        return distance, False
    target = actors.target_lane[world, slot]
    side = _LEFTWARDS if target == lanes.left[lane] else _RIGHTWARDS
    if needed == -side:
        end_change(actors, world, slot, ticks_of(DECISION_S, step_s))
        return distance, True
    if needed == 0 and is_near_junction(maps, state, parameters, world, slot):
        end_change(actors, world, slot, ticks_of(DECISION_S, step_s))
        return distance, False
    braking = parameters.safe_braking
    if needed == side:
        braking += (max(URGENT_BRAKING, braking) - braking) * urgency
    free = is_safe(maps, state, world, slot, target, braking)
    if needed == 0 and ticks == signal_ticks:
        way = actors.speed[world, slot] * parameters.lane_change_s
        free = free and stays_beside(maps, state, world, slot, target, side, way)
    if ticks < signal_ticks:
        actors.change_ticks[world, slot] = ticks + 1
    elif free and (may_change(lanes, lane, side) or (needed == side and may_enter(lanes, lane, target, side))):
        actors.change_ticks[world, slot] = ticks + 1
        actors.second_lane[world, slot] = target
    elif needed == 0:
        actors.cooldown[world, slot] -= 1
        if actors.cooldown[world, slot] <= 0:
            end_change(actors, world, slot, ticks_of(DECISION_S, step_s))
    return distance, needed == side and not free
