"""The one driver model: every car, the experts of the drivers included, decides its acceleration and its lane here.

An acceleration is the least of what is asked for by the free road, curves and limits ahead, the car ahead on every lane
the body is in, somebody who signals to come in, and the end of the lane.
"""

import numpy as np
from numba import njit

from drivesim.maps.arrays import LanePoint
from drivesim.maps.lanes import neighbour_s
from drivesim.maps.path import following
from drivesim.state import ActorKind, Lamp, Motion
from drivesim.state.bodies import is_driving, slot_of
from drivesim.world.collision_course import course_acceleration
from drivesim.world.errands.passing import is_apart, lead_past
from drivesim.world.errands.wishes import errand_acceleration
from drivesim.world.following import BRAKE_MAX, HALF, TWO, ZERO, follow, free_acceleration
from drivesim.world.grip import comfortable_braking, time_headway
from drivesim.world.junctions import judge_approach, junction_acceleration, look_ahead
from drivesim.world.lane_change import STANDING, choose_lane, desired_speed, is_moving
from drivesim.world.neighbours import lead_along, signaller_ahead
from drivesim.world.people.yielding import people_acceleration
from drivesim.world.plan import plan_driver
from drivesim.world.ways import way_of

f32, i32 = np.float32, np.int32

LATERAL_ACCEL_MAX = f32(2.0)
"""Curves are driven at this lateral acceleration, on a slippery road at half of what it gives [m/s^2]."""
REACTION_S, REACTION_SPACE = f32(0.5), f32(0.5)
"""Curves and limits count as no nearer than this, so that the last metres are smooth [s, m]."""
ROAD_BRAKING_MAX = f32(3.5)
"""Nothing but an obstacle is worth braking harder for [m/s^2]."""
JUMP, JUMP_M, JUMP_ACCEL = f32(0.08), f32(2.0), f32(1.1)
"""Where curvature changes by more than this within so many metres, a driven car goes at v^2 times the change of at most
this: its wheels turn at 0.4 rad/s, so that it would leave a lane whose bends begin at once [1/m, m, m/s^2]."""
JUMP_SPEED, JUMP_LOOK = f32(15.0), f32(25.0)
"""Faster cars see no such bend ahead; looks go so far beyond the end of the straight [m/s, m]."""
ROAD_HORIZON = f32(0.75)
"""How far ahead the road matters, in v^2 / b: one and a half times what comfortable braking to rest takes."""
LEAD_TIME_S, LEAD_SPACE = f32(5.0), f32(50.0)
"""Cars ahead are sought this far: LEAD_TIME_S * speed + LEAD_SPACE [s, m]."""
LEAVING_HEADWAY = f32(0.5)
"""Fraction of T kept to the lead on the lane that is being left."""
COURTESY_BRAKING = f32(1.5)
"""A gap is opened for somebody who signals with no more than this [m/s^2]."""
ALIGN_BRAKING = f32(2.0)
"""Who waits for a gap falls back behind the new lead with no more than this [m/s^2]."""
END_BRAKING, END_MARGIN = f32(2.0), f32(20.0)
"""Braking for the end of the lane [m/s^2], and the room left there to change lane from rest [m]."""
END_SLOW = f32(5.0)
"""Slower than this, the end of the lane is a standing car to the IDM [m/s]."""
END_EXCESS = f32(1.2)
"""Highest ratio of braking for the end of the lane to what stops just in time."""
BRAKE_LAMP_ON, BRAKE_LAMP_OFF = f32(-0.6), f32(-0.3)
"""Acceleration at which the brake lamps are lit and go out [m/s^2]."""

INFINITY = f32(np.inf)
_CURVATURE, _NONE = int(LanePoint.CURVATURE), int(ActorKind.NONE)
_LANE_FOLLOWER, _STANDING = int(Motion.LANE_FOLLOWER), int(Motion.STANDING)
_BRAKE = np.uint8(Lamp.BRAKE)
_NO_BRAKE = np.uint8(255 - Lamp.BRAKE)
_LIGHTS = np.uint8(Lamp.LIGHTS)
_NO_LIGHTS = np.uint8(255 - Lamp.LIGHTS)


@njit
def settle(kinematic, brake_comfort):
    """Acceleration that leads to a lower speed at a distance [m/s^2].

    With the kinematic braking r = (v^2 - v_goal^2) / (2 distance) it is -r^2 / b while too fast, which settles at b
    as the IDM does for a standing obstacle, and -r while still slower than the goal. The hardest r asks for the most.
    """
    return -kinematic * kinematic / brake_comfort if kinematic > ZERO else -kinematic


@njit
def road_acceleration(maps, state, world, slot, lane, s, stride):
    """Highest acceleration with which every curve and speed limit ahead is met in comfort [m/s^2].

    How far the path is straight enough is kept in `ActorState.straight`, so that a step looks only at what has come
    into sight since the last, and at all beyond the first curve that matters.

    Args:
        maps: `MapArrays`.
        state: `WorldState`.
        world: World.
        slot: Car.
        lane: Lane it drives on, or will.
        s: Its place there [m].
        stride: Lane points between two looks at the curvature, a power of two; the same points are looked at from
            step to step, so that the answer is smooth.
    """
    lanes, actors = maps.lanes, state.actors
    speed, brake = actors.speed[world, slot], comfortable_braking(state, world, slot)
    lateral_max = min(LATERAL_ACCEL_MAX, HALF * state.weather.braking[world])
    squared = speed * speed
    reaction = REACTION_S * speed + REACTION_SPACE
    horizon = ROAD_HORIZON * squared / brake + reaction
    desired = desired_speed(lanes, state, world, slot, lane)
    hardest = -INFINITY
    known = ZERO
    if actors.straight_lane[world, slot] == lane:
        known = max(actors.straight[world, slot] - s, ZERO)
    seen, curve = known, INFINITY
    first_lane, start = lane, -s
    while start <= horizon:
        if known - start < lanes.length[lane]:
            first, step = lanes.point_first[lane], lanes.step[lane]
            count = lanes.point_first[lane + 1] - first
            index = max(i32((known - start) / step), i32(0)) & -stride
            last = min(count, i32((horizon - start) / step) + 1)
            steep = lateral_max / (desired * desired)
            while index < last:
                curvature = abs(lanes.point[first + index, _CURVATURE])
                if curvature > steep:
                    away = start + f32(index) * step
                    curve = min(curve, away)
                    excess = squared * curvature - lateral_max
                    hardest = max(hardest, excess / (curvature * max(away, reaction)))
                index += stride
            seen = max(seen, start + f32(last) * step)
        start += lanes.length[lane]
        if start > horizon:
            break
        lane = following(maps, way_of(maps, state, world, slot), lane)
        if lane < 0:
            break
        ahead = desired_speed(lanes, state, world, slot, lane)
        if ahead < desired:
            hardest = max(hardest, (squared - ahead * ahead) / max(start, reaction))
            desired = ahead
    actors.straight_lane[world, slot] = first_lane
    actors.straight[world, slot] = s + min(seen, curve)
    return max(settle(HALF * hardest, brake), -ROAD_BRAKING_MAX)


@njit
def jump_acceleration(maps, state, world, slot, lane, s):
    """Highest acceleration with which a driven car follows bends that begin or end at once [m/s^2].

    Args as of `road_acceleration`, after which it is called: nothing is looked for on the straight known from there.
    """
    lanes, actors = maps.lanes, state.actors
    speed, brake = actors.speed[world, slot], comfortable_braking(state, world, slot)
    begin = max(actors.straight[world, slot] - s - JUMP_M, -JUMP_M)
    reach = min(HALF * speed * speed / brake + REACTION_S * speed + JUMP_M, begin + JUMP_LOOK)
    if speed > JUMP_SPEED or begin > reach:
        return INFINITY
    way, hardest, start, before = way_of(maps, state, world, slot), ZERO, -s, INFINITY
    while lane >= 0 and start <= reach:
        first, step = lanes.point_first[lane], lanes.step[lane]
        stride = max(i32(JUMP_M / step), i32(1))
        index = max(i32((begin - start) / step), i32(0))
        while index < lanes.point_first[lane + 1] - first and start + f32(index) * step <= reach:
            curvature = lanes.point[first + index, _CURVATURE]
            change = abs(curvature - before)
            if before < INFINITY and change > JUMP:
                away = max(start + f32(index) * step - JUMP_M, REACTION_SPACE)
                hardest = max(hardest, (speed * speed - JUMP_ACCEL / change) / (TWO * away))
            before = curvature
            index += stride
        start += lanes.length[lane]
        lane = following(maps, way, lane)
    return max(settle(hardest, brake), -ROAD_BRAKING_MAX) if hardest > ZERO else INFINITY


@njit
def behind(state, world, slot, free, lead, gap, headway):
    """Acceleration of `slot` behind `lead` at `gap` [m/s^2]; `free` where there is none."""
    if lead < 0:
        return free
    actors = state.actors
    return follow(
        free, actors.speed[world, slot], actors.speed[world, lead], actors.accel[world, lead], gap, headway,
        actors.min_gap[world, slot], actors.accel_max[world, slot], comfortable_braking(state, world, slot),
    )  # fmt: skip


@njit
def can_yield(closing, gap):
    """True where gentle braking keeps a car behind one that asks to come in; alongside it, standing helps nobody."""
    approach_speed = max(closing, ZERO)
    return gap > ZERO and approach_speed * approach_speed < TWO * COURTESY_BRAKING * gap


@njit
def end_acceleration(state, world, slot, free, last_point):
    """Acceleration of a car that has to leave its lane within `last_point` and cannot yet [m/s^2]."""
    actors = state.actors
    speed, min_gap = actors.speed[world, slot], actors.min_gap[world, slot]
    room = last_point - (actors.length[world, slot] - actors.rear[world, slot]) - END_MARGIN
    if speed < END_SLOW:
        accel_max, brake = actors.accel_max[world, slot], comfortable_braking(state, world, slot)
        return follow(
            free, speed, ZERO, ZERO, room + min_gap, time_headway(state, world, slot), min_gap, accel_max, brake
        )
    kinematic = speed * speed / (TWO * max(room, HALF))
    # A fourth power: no braking far from the end, where a gap may still open; and never much more than is needed.
    ratio = kinematic / END_BRAKING
    ratio *= ratio
    return free - min(END_BRAKING * ratio * ratio, END_EXCESS * max(kinematic, END_BRAKING))


@njit
def _brake_lamps(actors, world, slot, accel):
    """Lights the brake lamps while braking or standing, with hysteresis."""
    lit = actors.lamps[world, slot] & _BRAKE
    threshold = BRAKE_LAMP_OFF if lit else BRAKE_LAMP_ON
    if accel < threshold or (actors.speed[world, slot] < STANDING and accel < STANDING):
        actors.lamps[world, slot] |= _BRAKE
    else:
        actors.lamps[world, slot] &= _NO_BRAKE


@njit
def _switch_lights(state, parameters, world, slot):
    """Switches head and tail lamps by the weather; people on foot, who is parked and empty slots have none."""
    actors = state.actors
    kind = actors.kind[world, slot]
    is_parked = actors.motion[world, slot] == _STANDING and actors.driver[world, slot] < 0
    if state.weather.lights[world] and kind != _NONE and not is_parked and not parameters.kinds.is_person[kind]:
        actors.lamps[world, slot] |= _LIGHTS
    else:
        actors.lamps[world, slot] &= _NO_LIGHTS


@njit
def decide_car(maps, state, parameters, world, slot, asked):
    """Decides lane, acceleration, lamps and lead of one car.

    Args:
        maps: `MapArrays`.
        state: `WorldState`.
        parameters: `WorldParameters`.
        world: World.
        slot: Car.
        asked: Whether any car of the world asked to come into another lane before this step's decisions.

    Returns:
        Distance to the last point of a needed lane change [m]; +inf where none is needed.
    """
    lanes, actors = maps.lanes, state.actors
    last_point, waits = choose_lane(maps, state, parameters, world, slot)
    lane, s, speed = actors.lane[world, slot], actors.s[world, slot], actors.speed[world, slot]
    target, second = actors.target_lane[world, slot], actors.second_lane[world, slot]
    headway, brake = time_headway(state, world, slot), comfortable_braking(state, world, slot)
    moving = is_moving(actors.change_ticks[world, slot], parameters.step_s)
    desired = desired_speed(lanes, state, world, slot, lane)
    free = free_acceleration(speed, desired, actors.accel_max[world, slot], brake)
    horizon = LEAD_TIME_S * speed + LEAD_SPACE

    lead, gap = lead_along(maps, state, world, slot, lane, s, horizon)
    if parameters.has_calls and lead >= 0 and is_apart(state.actors, world, slot, lead):
        lead, gap = lead_past(state, world, slot)
    leaving = moving and target != lane
    accel = behind(state, world, slot, free, lead, gap, headway * LEAVING_HEADWAY if leaving else headway)
    other = target if target != lane else second
    if other >= 0 and (moving or waits or second >= 0):
        other_lead, other_gap = lead_along(maps, state, world, slot, other, neighbour_s(lanes, lane, other, s), horizon)
        leaving = moving and other != target
        wish = behind(
            state, world, slot, free, other_lead, other_gap, headway * LEAVING_HEADWAY if leaving else headway
        )
        if not moving and second != other:
            wish = max(wish, -ALIGN_BRAKING)
        if wish < accel or lead < 0:
            lead, gap = other_lead, other_gap
        accel = min(accel, wish)
    actors.lead[world, slot] = lead
    actors.lead_gap[world, slot] = gap

    if asked:
        guest, guest_gap = signaller_ahead(lanes, actors, world, slot, lane, s)
        if guest >= 0 and can_yield(speed - actors.speed[world, guest], guest_gap):
            accel = min(accel, max(behind(state, world, slot, free, guest, guest_gap, headway), -COURTESY_BRAKING))
    stride = i32(2)
    driven = actors.driver[world, slot] >= 0
    while not driven and f32(stride) < REACTION_S * speed * HALF:
        stride = i32(stride * 2)
    if moving and target != lane:
        s = neighbour_s(lanes, lane, target, s)
        lane = target
    accel = min(accel, road_acceleration(maps, state, world, slot, lane, s, stride))
    if driven:
        accel = min(accel, jump_acceleration(maps, state, world, slot, lane, s))
    accel = min(accel, junction_acceleration(maps, state, parameters, world, slot, free, headway))
    accel = min(accel, people_acceleration(maps, state, parameters, world, slot, free, headway))
    accel = min(accel, errand_acceleration(maps, state, parameters, world, slot, free, headway))
    if last_point < INFINITY and waits:
        accel = min(accel, end_acceleration(state, world, slot, free, last_point))
    accel = min(accel, course_acceleration(maps, state, parameters, world, slot))
    accel = max(accel, -min(BRAKE_MAX, state.weather.braking[world]))
    actors.accel_decided[world, slot] = accel
    _brake_lamps(actors, world, slot, actors.accel[world, slot] if driven else accel)
    return last_point


@njit
def is_asked(actors, world):
    """Whether any car of a world asks to come into another lane."""
    for slot in range(actors.lane.shape[1]):
        if actors.target_lane[world, slot] != actors.lane[world, slot]:
            return True
    return False


@njit
def decide_world(maps, state, parameters, world):
    """Decides for every car of a world, from the current state; for a driver it is the expert's answer.

    Writes of `ActorState`: accel_decided, lead, lead_gap, lamps, target_lane, second_lane, change_ticks, cooldown; of
    each driver: what `plan.plan_driver` writes; all of `JunctionState`.
    """
    actors = state.actors
    asked = is_asked(actors, world)
    for slot in range(actors.kind.shape[1]):
        look_ahead(maps, state, world, slot)
    for slot in range(actors.kind.shape[1]):
        judge_approach(maps, state, parameters, world, slot)
    for slot in range(actors.kind.shape[1]):
        _switch_lights(state, parameters, world, slot)
        is_free = actors.driver[world, slot] < 0 and actors.motion[world, slot] == _LANE_FOLLOWER
        if is_free and actors.kind[world, slot] != _NONE:
            decide_car(maps, state, parameters, world, slot, asked)
    for driver in range(state.drivers.slot.shape[1]):
        if is_driving(state, world, driver):
            last_point = decide_car(maps, state, parameters, world, slot_of(state, world, driver), asked)
            plan_driver(maps, state, parameters, world, driver, last_point)
