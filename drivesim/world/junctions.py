"""What drivers do at junctions: lights, signs, right of way, gaps, room beyond.

Every step, before anybody decides, `look_ahead` finds for each road user the way across that it comes to, and
`judge_approach` whether a light or a full exit holds it. `junction_acceleration` then asks, of all who are on ways that
cross or join its own (`maps.conflicts`):

- somebody inside the common stretch is an obstacle, whatever the rules;
- somebody who has decided to go (`cleared`) goes, unless the room beyond is gone while it can still stop;
- else the rule of the two ways says who gives way (`maps.right_of_way`), and who does takes a gap: it goes where it is
  out of the stretch before the other can be there, or comes there after the other has left.

Nobody enters who would have to stop inside, except that who turns across oncoming traffic waits inside at a green
light where there is room for the whole car beyond the line.
Where all stand and wait for one another, the one who has waited longest goes (in a tie the lowest slot): decisions are
made one after another, so the next already sees it as cleared.
"""

import math

import numpy as np
from numba import njit

from drivesim.kernels.parts import part
from drivesim.maps.control import JunctionControl, SignalKind
from drivesim.maps.lanes import first_successor
from drivesim.maps.path import following
from drivesim.maps.right_of_way import Rule
from drivesim.semantics import LightColor
from drivesim.state import ActorKind
from drivesim.state.bodies import nose
from drivesim.state.lights import light_color
from drivesim.world.errands.calls import holds_for_call, passes_red
from drivesim.world.exits import COURTESY, PASSED, conflict_with, front_on, has_room_beyond, room_to_line
from drivesim.world.following import BRAKE_MAX, HALF, ONE, TWO, ZERO, follow
from drivesim.world.grip import comfortable_braking
from drivesim.world.lights import LOOK_SPACE, is_held, look_horizon, room_beyond
from drivesim.world.ways import way_of

f32, i32 = np.float32, np.int32

AT_LINE = f32(4.0)
"""Who stands with its front this near to the line is waiting there [m]."""
DECIDE_S, DECIDE_M = f32(1.0), f32(3.0)
"""Who has comfortable braking to the line, plus this, still ahead need not decide yet [s, m]."""
STOP_MARGIN = f32(1.0)
"""Who waits stands this far before the stretch that it keeps clear [m]."""
LINE_MARGIN = f32(0.3)
"""Who waits stands this far before the line [m]."""
GAP_CROSSING, GAP_JOINING, GAP_BEHIND = f32(1.2), f32(2.2), f32(0.4)
"""Time between two bodies in a common stretch: crossing, joining, after the other has left it [s]."""
PATIENCE_MAX, GAP_LEAST = f32(30.0), f32(0.4)
"""Gaps shrink to this share while somebody waits so long [s, 1]."""
GIVEN_UP = f32(2.0)
"""Who has waited this long for one that waits too may go first [s]."""
REFUSED = f32(8.0)
"""Who has the right and has not gone for so long, loses it [s]."""
BUMPER_ROOM = f32(1.5)
"""Who has less than this, and its minimum gap, to a standing lead cannot go [m]."""
CLEARED_MAX = f32(3.0)
"""A decision to go is forgotten where it is followed by standing this long [s]."""
MOVING = f32(1.0)
"""Somebody slower may stop any moment [m/s]."""
STANDING = f32(0.1)
HARD = f32(6.0)
"""Where stopping in time takes more than this, it is an emergency [m/s^2]."""
ROUNDING = f32(1.0)
INFINITY = f32(np.inf)

_NONE = int(ActorKind.NONE)
_GIVES_WAY, _IN_TURN, _TURN_FIRST = int(Rule.GIVES_WAY), int(Rule.IN_TURN), int(Rule.IN_TURN_FIRST)
_GOES_FIRST = int(Rule.GOES_FIRST)
_STOP, _ALL_WAY = int(SignalKind.STOP), int(JunctionControl.ALL_WAY_STOP)
_DARK, _GREEN = int(LightColor.DARK), int(LightColor.GREEN)


@njit
def forget_junction(state, world, slot):
    """Nothing is ahead of a road user."""
    junctions = state.junctions
    junctions.across[world, slot] = -1
    junctions.cleared[world, slot] = -1
    junctions.waited[world, slot] = 0
    junctions.comes[world, slot] = False


@njit
def is_met(maps, lane):
    """Whether a way across meets another or has a light; a bend, where two streets meet end to end, does neither."""
    return maps.ways.light[lane] >= 0 or maps.conflicts.lane_first[lane] < maps.conflicts.lane_first[lane + 1]


@njit
def look_ahead(maps, state, world, slot):
    """Finds the next way across of a road user, or the next light between junctions.

    A way is kept until the rear bumper has left it.
    """
    lanes, ways, actors, junctions = maps.lanes, maps.ways, state.actors, state.junctions
    lane, s = actors.lane[world, slot], actors.s[world, slot]
    if actors.kind[world, slot] == _NONE or lane < 0:
        forget_junction(state, world, slot)
        return
    kept = junctions.across[world, slot]
    if kept >= 0 and kept != lane and s < actors.rear[world, slot] and lanes.junction[kept] >= 0:
        if lanes.junction[lane] < 0 and following(maps, way_of(maps, state, world, slot), kept) == lane:
            junctions.to_across[world, slot] = -lanes.length[kept] - s
            return
    speed = actors.speed[world, slot]
    horizon = look_horizon(speed)
    start, found = -s, i32(-1)
    if ways.ahead[lane] - s <= horizon + ROUNDING:
        way, front = way_of(maps, state, world, slot), nose(actors, world, slot)
        while lane >= 0 and start <= horizon:
            if lanes.junction[lane] >= 0 and is_met(maps, lane):
                found = i32(lane)
                break
            if ways.light[lane] >= 0 and start + ways.line_s[lane] - front > PASSED:
                found = i32(lane)
                break
            start += lanes.length[lane]
            lane = following(maps, way, lane)
    if found < 0:
        forget_junction(state, world, slot)
        return
    if found != kept:
        junctions.waited[world, slot] = 0
        junctions.cleared[world, slot] = -1
    junctions.across[world, slot] = found
    junctions.to_across[world, slot] = start


@njit
def finds_room(maps, state, parameters, world, slot):
    """Whether somebody before a junction finds room beyond it.

    Who has decided to go looks again as long as it can stop: the car ahead may stop short.
    """
    speed = state.actors.speed[world, slot]
    stops = HALF * speed * speed / comfortable_braking(state, world, slot) + LINE_MARGIN
    if state.junctions.cleared[world, slot] == state.junctions.across[world, slot]:
        if room_to_line(maps, state, world, slot) <= stops:
            return True
    return has_room_beyond(maps, state, parameters, world, slot)


@part("streets")
def judge_approach(maps, state, parameters, world, slot):
    """Counts how long a road user has been waiting, and says whether a light, a lead or a full exit holds it."""
    junctions, actors = state.junctions, state.actors
    across = junctions.across[world, slot]
    if across < 0:
        return
    room, speed = room_to_line(maps, state, world, slot), actors.speed[world, slot]
    passed = room < PASSED
    if speed < STANDING and room < AT_LINE:
        junctions.waited[world, slot] += 1
        since = state.worlds.tick[world] - junctions.cleared_tick[world, slot]
        if f32(since) * parameters.step_s > CLEARED_MAX:
            junctions.cleared[world, slot] = -1
    elif speed > HALF:
        junctions.waited[world, slot] = 0
    comes = not stands_behind(state, world, slot)
    if comes and not passed:
        light = maps.ways.light[across]
        if is_held(maps, state, world, slot, light, room) or holds_for_call(maps, state, parameters, world, slot):
            comes = False
        elif room < HALF * speed * speed + LOOK_SPACE:
            comes = finds_room(maps, state, parameters, world, slot)
    if not comes:
        junctions.cleared[world, slot] = -1
    junctions.comes[world, slot] = comes


@njit
def stands_behind(state, world, slot):
    """Whether somebody stands close behind a lead that stands."""
    actors = state.actors
    lead = actors.lead[world, slot]
    if lead < 0 or actors.speed[world, slot] >= STANDING or actors.speed[world, lead] >= STANDING:
        return False
    return actors.lead_gap[world, slot] < actors.min_gap[world, slot] + BUMPER_ROOM


@njit
def time_over(distance, speed, accel, top):
    """Least time for a distance, accelerating to a top speed [s]."""
    if distance <= ZERO:
        return ZERO
    if speed >= top:
        return distance / max(speed, STANDING)
    run_up = HALF * (top * top - speed * speed) / accel
    if distance < run_up:
        return (f32(math.sqrt(speed * speed + TWO * accel * distance)) - speed) / accel
    return (top - speed) / accel + (distance - run_up) / top


@njit
def goes_before(maps, state, parameters, world, slot, other, rule):
    """Whether `other` goes before `slot` where neither has decided to go and `rule` is that of the way of `slot`."""
    junctions, actors = state.junctions, state.actors
    waited, other_waited = junctions.waited[world, slot], junctions.waited[world, other]
    courtesy = i32(COURTESY / parameters.step_s)
    if rule == _GOES_FIRST:
        dark = maps.ways.light[junctions.across[world, slot]] < 0
        return dark and other_waited >= courtesy and other_waited > waited
    if waited >= courtesy and waited > other_waited:
        return False
    given_up = i32(GIVEN_UP / parameters.step_s)
    if waited >= given_up and other_waited >= given_up and actors.speed[world, other] < STANDING:
        entered = room_to_line(maps, state, world, slot) < PASSED
        other_entered = room_to_line(maps, state, world, other) < PASSED
        if entered != other_entered:
            return other_entered
        if other_waited >= i32(REFUSED / parameters.step_s) or waited > other_waited:
            return False
        return not (waited == other_waited and slot < other)
    if rule == _GIVES_WAY:
        return True
    if (waited > 0) != (other_waited > 0):
        return other_waited > 0
    if waited > 0 and waited != other_waited:
        return other_waited > waited
    if waited == 0:
        ahead, other_ahead = junctions.to_across[world, slot], junctions.to_across[world, other]
        if ahead != other_ahead:
            return other_ahead < ahead
    return rule == _IN_TURN


@njit
def blocked_from(maps, state, parameters, world, slot):
    """Where on its way across the first stretch begins that a road user may not drive into now [m]; +inf for none."""
    lanes, conflicts, ways = maps.lanes, maps.conflicts, maps.ways
    actors, junctions = state.actors, state.junctions
    across = junctions.across[world, slot]
    junction = lanes.junction[across]
    front = front_on(state, world, slot)
    tail, speed = front - actors.length[world, slot], actors.speed[world, slot]
    accel, pace = actors.accel_max[world, slot], ways.pace[across]
    cleared = junctions.cleared[world, slot] == across
    waited = f32(junctions.waited[world, slot]) * parameters.step_s
    share = max(GAP_LEAST, ONE - waited / PATIENCE_MAX)
    nearest = INFINITY
    asks = passes_red(maps, state, world, slot, across)
    for other in range(actors.lane.shape[1]):
        way = junctions.across[world, other]
        if way < 0 or way == across or other == slot or lanes.junction[way] != junction:
            continue
        k = conflict_with(conflicts, across, way)
        if k < 0 or conflicts.begin[k] >= nearest:
            continue
        begin, end = conflicts.begin[k], conflicts.end[k]
        other_begin, other_end = conflicts.begin[conflicts.mirror[k]], conflicts.end[conflicts.mirror[k]]
        other_front = front_on(state, world, other)
        other_tail, other_speed = other_front - actors.length[world, other], actors.speed[world, other]
        if tail > end or other_tail > other_end:
            continue
        joins = first_successor(lanes, across) == first_successor(lanes, way)
        other_cleared = junctions.cleared[world, other] == way
        inside, other_inside = front > begin, other_front > other_begin
        soonest = time_over(begin - front, speed, accel, pace)
        leaves = INFINITY
        if other_speed > MOVING:
            leaves = (other_end - other_tail) / other_speed
        if other_inside:
            if joins and cleared and other_cleared:
                continue
            if inside:
                depth, other_depth = front - begin, other_front - other_begin
                if depth > other_depth or (depth == other_depth and slot < other):
                    continue
            elif leaves + GAP_BEHIND < soonest:
                continue
            nearest = min(nearest, begin)
            continue
        if inside:
            continue
        other_passed = room_to_line(maps, state, world, other) < PASSED
        if not junctions.comes[world, other]:
            continue
        if not other_passed and other_speed < STANDING and junctions.waited[world, other] == 0:
            continue
        if cleared and other_cleared:
            if joins:
                continue
            reach = (begin - front) / max(speed, HALF)
            other_reach = (other_begin - other_front) / max(other_speed, HALF)
            if reach < other_reach or (reach == other_reach and slot < other):
                continue
        elif cleared or not (
            other_cleared
            or goes_before(maps, state, parameters, world, slot, other, _GIVES_WAY if asks else conflicts.rule[k])
        ):
            continue
        done = time_over(end - tail, speed, accel, pace)
        top = max(lanes.speed_limit[way], other_speed)
        comes_in = time_over(other_begin - other_front, other_speed, actors.accel_max[world, other], top)
        if done + (GAP_JOINING if joins else GAP_CROSSING) * share < comes_in:
            continue
        if other_passed and other_cleared and leaves + GAP_BEHIND < soonest:
            continue
        nearest = min(nearest, begin)
    return nearest


@njit
def first_stretch(conflicts, lane):
    """Where on a way across the first begins that another has in common with it [m]; +inf where none has."""
    first = INFINITY
    for k in range(conflicts.lane_first[lane], conflicts.lane_first[lane + 1]):
        first = min(first, conflicts.begin[k])
    return first


@njit
def stop_acceleration(state, world, slot, free, headway, room):
    """Acceleration with which a road user stops within `room` [m/s^2]."""
    actors = state.actors
    speed, min_gap = actors.speed[world, slot], actors.min_gap[world, slot]
    if speed * speed > TWO * HARD * max(room, ZERO):
        return -BRAKE_MAX if speed > STANDING else min(free, -HALF)
    return follow(
        free, speed, ZERO, ZERO, room + min_gap, headway, min_gap, actors.accel_max[world, slot],
        comfortable_braking(state, world, slot),
    )  # fmt: skip


@part("streets", otherwise=INFINITY)
def junction_acceleration(maps, state, parameters, world, slot, free, headway):
    """Highest acceleration that lights, signs and others at junctions ahead allow [m/s^2]; +inf where none does.

    Writes `JunctionState.cleared` and `cleared_tick`.

    Args:
        maps: `MapArrays`.
        state: `WorldState`.
        parameters: `WorldParameters`.
        world: World.
        slot: Car.
        free: Its acceleration on a free road [m/s^2].
        headway: Its IDM T [s].
    """
    if state.junctions.across[world, slot] < 0:
        return INFINITY
    accel = _next_acceleration(maps, state, parameters, world, slot, free, headway)
    room = room_beyond(maps, state, world, slot)
    if room < INFINITY:
        accel = min(accel, stop_acceleration(state, world, slot, free, headway, room - LINE_MARGIN))
    return accel


@njit
def _next_acceleration(maps, state, parameters, world, slot, free, headway):
    """What the next way across allows; as `junction_acceleration`."""
    junctions, actors = state.junctions, state.actors
    across = junctions.across[world, slot]
    room, speed = room_to_line(maps, state, world, slot), actors.speed[world, slot]
    passed = room < PASSED
    if not passed and not junctions.comes[world, slot]:
        return stop_acceleration(state, world, slot, free, headway, room - LINE_MARGIN)
    if maps.lanes.junction[across] < 0:
        return INFINITY
    color = light_color(maps, state, world, maps.ways.light[across])
    if (
        not passed
        and color == _DARK
        and junctions.cleared[world, slot] != across
        and junctions.waited[world, slot] == 0
    ):
        if maps.ways.sign[across] == _STOP or maps.ways.control[across] == _ALL_WAY:
            return stop_acceleration(state, world, slot, free, headway, room - LINE_MARGIN)
    begin = blocked_from(maps, state, parameters, world, slot)
    if begin == INFINITY:
        decide_at = HALF * speed * speed / comfortable_braking(state, world, slot) + DECIDE_S * speed + DECIDE_M
        undecided = junctions.comes[world, slot] and junctions.cleared[world, slot] != across
        if room >= decide_at or not undecided:
            return INFINITY
        first = first_stretch(maps.conflicts, across)
        if first <= front_on(state, world, slot) or has_room_beyond(maps, state, parameters, world, slot):
            junctions.cleared[world, slot] = across
            junctions.cleared_tick[world, slot] = state.worlds.tick[world]
            return INFINITY
        begin = first
    inside = begin - STOP_MARGIN - front_on(state, world, slot)
    room -= LINE_MARGIN
    waits_inside = color == _GREEN and inside - room >= actors.length[world, slot]
    if not passed and not waits_inside and speed * speed <= TWO * HARD * (room - PASSED):
        return stop_acceleration(state, world, slot, free, headway, room)
    return stop_acceleration(state, world, slot, free, headway, inside)
