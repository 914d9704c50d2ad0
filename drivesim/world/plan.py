"""The expert's plan for a driver: way-points over 3 s and a target speed, and the tracker that turns them into actions.

The plan starts from what the car really does. Along the lane it aims for, with offset d and slope d' = dd/ds, it
follows

    d'' = k^2 clip(-d, +-PULL_MAX) - 2 k d',   k = min(omega / v, k_max)                       (1)

limited in lateral acceleration: a critically damped return to the centre that becomes a drift of constant slope for
far goals such as the next lane, and a path in space rather than time when slow. Because it has no memory, plans of
successive steps agree, and a network that sees the same picture can make the same plan. Speed along the plan tends
from the decided acceleration towards none with time constant `ACCEL_FADE_S`.

In a bend the rear tyres slip by v^2 kappa / (mu C g) and the nose points inward by as much. The tracker, which knows
only points, would take that for a turn already made and settle outside the centre, so (1) aims inside it by the offset
that cancels this in the steady state, 2 v / omega times the slip.

`track` is the whole controller between plan and car; the network drives through the same formula.
"""

import math

import numpy as np
from numba import njit

from drivesim.geometry import wrap_angle
from drivesim.maps.lanes import neighbour_s, project
from drivesim.maps.path import advance, following, pose_along
from drivesim.state import CURVATURE_AHEAD_M, CURVATURE_COUNT, WAYPOINT_COUNT
from drivesim.state.bodies import box_of, seen_from, slot_of
from drivesim.state.parameters import DYNAMIC
from drivesim.world.following import HALF, ONE, TWO, ZERO
from drivesim.world.grip import road_friction
from drivesim.world.lane_change import is_moving
from drivesim.world.neighbours import NOBODY, front_gap
from drivesim.world.town_labels import write_town_labels
from drivesim.world.vehicle import CORNERING_STIFFNESS, GRAVITY, WHEELBASE
from drivesim.world.ways import way_of

f32, i32 = np.float32, np.int32

OMEGA = f32(1.3)
"""Natural frequency of the return to the lane's centre, omega [rad/s]."""
SLOPE_RATE_MAX = f32(0.2)
"""k_max [1/m]."""
PULL_MAX = f32(1.5)
"""Offsets beyond this pull no harder [m]."""
PLAN_ACCEL_MAX = f32(5.0)
"""Lateral acceleration of the return [m/s^2]: half of what dry tyres give, for recovering from a wrong heading. A lane
change asks for omega^2 PULL_MAX = 2.5 at most."""
PLAN_CURVATURE_MAX = f32(0.12)
"""Curvature of the return [1/m]."""
SLOPE_MAX = f32(1.0)
SMALL_SQUARE = f32(0.0025)
"""The next term of the series is below 5e-9."""
ACCEL_FADE_S = f32(2.0)
PLAN_STEP_S = f32(0.1)
STEPS_PER_WAYPOINT = 5

PURSUIT_WEIGHTS = (f32(0.6), f32(0.3), f32(0.1))
"""Of the way-points at 0.5, 1.0 and 1.5 s; they sum to 1."""
PURSUIT_GUARD = f32(0.5)
"""Added to a squared distance [m^2]."""
TARGET_SPEED_S = f32(1.0)
"""A target speed is to be reached in this time [s]."""
NOSE_SHARE, INSIDE_MAX = f32(0.4), f32(0.6)
"""Ways across junctions are aimed at inside of their centre by this share of nose^2 times curvature, at most so far
[1, m]: of what is aimed at half is reached, and the nose then is about as far outside as the rear axle is inside."""
CREEP_SPEED, CREEP_BEND, CREEP_M = f32(2.0), f32(0.03), f32(3.0)
"""Slower than this in a bend tighter than this, a driver steers to the lane's centre so far ahead [m/s, 1/m, m]."""
LEAD_LABEL_RANGE = f32(80.0)
"""[m]"""
LIMIT_AHEAD = f32(100.0)
"""[m]"""
COMMAND_DISTANCE_MAX = f32(5.0)

INFINITY = f32(np.inf)
_WHEELBASE, _STIFFNESS = f32(WHEELBASE), f32(CORNERING_STIFFNESS * GRAVITY)


@njit
def clip(value, low, high):
    """`value` held between `low` and `high`."""
    return min(max(value, low), high)


@njit
def track(waypoints, speed, target_speed, parameters):
    """Action that follows a plan: pure pursuit and a proportional speed control.

        curvature    = sum_i w_i * 2 y_i / (x_i^2 + y_i^2 + 0.5 m^2),  i = way-points at 0.5, 1.0, 1.5 s,
                       w = (0.6, 0.3, 0.1)
        steering     = clip(atan(wheelbase * curvature) / steering_max, -1, 1)
        acceleration = (target_speed - speed) / 1 s
        pedal        = clip(acceleration / throttle_max, 0, 1) where positive,
                       clip(acceleration / brake_max, -1, 0) where negative

    2 y / (x^2 + y^2) is the curvature of the circle through the rear axle, along its heading, and the way-point. The
    0.5 m^2 makes points bunched around a standing car ask for no steering.

    Args:
        waypoints: Plan in the ego frame [m], shape (6, 2); 0.5 s apart.
        speed: Speed of the ego [m/s].
        target_speed: Speed wanted in one second [m/s].
        parameters: `WorldParameters`.

    Returns:
        Steering and pedal, float32 in [-1, 1].
    """
    curvature = ZERO
    for i in range(len(PURSUIT_WEIGHTS)):
        x, y = waypoints[i, 0], waypoints[i, 1]
        curvature += PURSUIT_WEIGHTS[i] * TWO * y / (x * x + y * y + PURSUIT_GUARD)
    steering = f32(math.atan(_WHEELBASE * curvature)) / parameters.steering_max
    accel = (target_speed - speed) / TARGET_SPEED_S
    pedal = accel / (parameters.throttle_max if accel > ZERO else parameters.brake_max)
    return clip(steering, -ONE, ONE), clip(pedal, -ONE, ONE)


@njit
def inverse_root(square):
    """1 / sqrt(1 + square); by its series where that is exact, as a root and a quotient hold up what follows."""
    if square < SMALL_SQUARE:
        return ONE - square * (HALF - square * f32(0.375))
    return ONE / f32(math.sqrt(ONE + square))


@njit
def write_waypoints(maps, state, world, driver, lane, s, d, dynamic):
    """Plans along `lane`, where the driver's car is at (s, d), and writes `PlanState.waypoints`.

    `dynamic` says that the car's tyres slip.
    """
    actors, plan, slot = state.actors, state.plan, slot_of(state, world, driver)
    x0, y0, yaw = actors.x[world, slot], actors.y[world, slot], actors.yaw[world, slot]
    cos, sin = f32(math.cos(yaw)), f32(math.sin(yaw))
    speed, accel = max(actors.speed[world, slot], ZERO), actors.accel_decided[world, slot]
    way = way_of(maps, state, world, slot)
    _, _, heading, curvature, _ = pose_along(maps, way, lane, s)
    slope = f32(math.tan(clip(f32(wrap_angle(yaw - heading)), f32(-0.8), f32(0.8))))
    compliance = ZERO
    if dynamic:
        compliance = ONE / (road_friction(state, world, speed) * _STIFFNESS)
    nose = actors.length[world, slot] - actors.rear[world, slot]
    crosses = maps.ways.ahead[lane] - s < nose
    inside = inside_of_bend(maps, way, lane, s, nose) if crosses else ZERO
    for step in range(1, WAYPOINT_COUNT * STEPS_PER_WAYPOINT + 1):
        length = max(speed * PLAN_STEP_S + HALF * accel * PLAN_STEP_S * PLAN_STEP_S, ZERO)
        speed = max(speed + accel * PLAN_STEP_S, ZERO)
        accel -= accel * (PLAN_STEP_S / ACCEL_FADE_S)
        rate = min(OMEGA / max(speed, ONE), SLOPE_RATE_MAX)
        goal = TWO * compliance * speed * speed * curvature / rate + inside
        bend = rate * rate * clip(goal - d, -PULL_MAX, PULL_MAX) - TWO * rate * slope
        bend_max = min(PLAN_CURVATURE_MAX, PLAN_ACCEL_MAX / max(speed * speed, ONE))
        along = length * inverse_root(slope * slope)
        turn = clip(bend, -bend_max, bend_max) * along
        d += (slope + HALF * turn) * along
        slope = clip(slope + turn, -SLOPE_MAX, SLOPE_MAX)
        s += along / max(ONE - curvature * d, HALF)
        if step % STEPS_PER_WAYPOINT == 0:
            x, y, heading, curvature, _ = pose_along(maps, way, lane, s)
            x -= d * f32(math.sin(heading)) + x0
            y += d * f32(math.cos(heading)) - y0
            index = step // STEPS_PER_WAYPOINT - 1
            plan.waypoints[world, driver, index, 0] = x * cos + y * sin
            plan.waypoints[world, driver, index, 1] = y * cos - x * sin
            if crosses:
                inside = inside_of_bend(maps, way, lane, s, nose)


@njit
def inside_of_bend(maps, way, lane, s, nose):
    """Offset at which a car drives through a bend of a junction, so that its nose, `nose` ahead, stays in its lane [m].

    With the rear axle on the centre the nose swings out by nose^2 / (2 R).
    """
    _, _, _, curvature, _ = pose_along(maps, way, lane, s + nose)
    return clip(NOSE_SHARE * nose * nose * curvature, -INSIDE_MAX, INSIDE_MAX)


@njit
def creep_steering(maps, state, parameters, world, driver, lane, s, steering):
    """Steering of a car that creeps round a bend; `steering` elsewhere.

    The way-points of a slow plan lie so near together that `track` asks for hardly any steering.
    """
    actors, slot = state.actors, slot_of(state, world, driver)
    if actors.speed[world, slot] >= CREEP_SPEED:
        return steering
    x, y, _, curvature, _ = pose_along(maps, way_of(maps, state, world, slot), lane, s + CREEP_M)
    if abs(curvature) < CREEP_BEND:
        return steering
    x -= actors.x[world, slot]
    y -= actors.y[world, slot]
    yaw = actors.yaw[world, slot]
    left = y * f32(math.cos(yaw)) - x * f32(math.sin(yaw))
    wanted = f32(math.atan(_WHEELBASE * TWO * left / (x * x + y * y))) / parameters.steering_max
    return clip(wanted, -ONE, ONE)


@njit
def vehicle_ahead(maps, state, world, slot, lane, s):
    """The nearest vehicle ahead of (lane, s) on the path of a driven car: what the camera can point at.

    The expert follows others too, which no picture tells: the lead of the lane it waits to change to, and cars that
    will join its own.

    Returns:
        Its slot, or -1 where there is none within `LEAD_LABEL_RANGE`, and the bumper gap [m].
    """
    lanes, actors = maps.lanes, state.actors
    way = way_of(maps, state, world, slot)
    found, least = NOBODY, LEAD_LABEL_RANGE
    offset = -s
    while offset < LEAD_LABEL_RANGE + actors.length[world, slot]:
        for other in range(actors.lane.shape[1]):
            if other == slot:
                continue
            if actors.lane[world, other] == lane:
                there = actors.s[world, other]
            elif actors.second_lane[world, other] == lane:
                there = neighbour_s(lanes, actors.lane[world, other], lane, actors.s[world, other])
            else:
                continue
            gap = front_gap(actors, world, slot, other, there + offset)
            if ZERO < gap < least:
                found, least = np.int64(other), gap
        offset += lanes.length[lane]
        lane = following(maps, way, lane)
        if found >= 0 or lane < 0:
            break
    return found, least


@njit
def write_labels(maps, state, world, driver):
    """Writes what the camera could tell: lane geometry and the lead vehicle."""
    actors, labels, slot = state.actors, state.labels, slot_of(state, world, driver)
    lane, s = actors.lane[world, slot], actors.s[world, slot]
    way = way_of(maps, state, world, slot)
    _, _, heading, _, _ = pose_along(maps, way, lane, s)
    labels.lane_offset[world, driver] = actors.d[world, slot]
    labels.lane_heading[world, driver] = wrap_angle(actors.yaw[world, slot] - heading)
    for k in range(CURVATURE_COUNT):
        _, _, _, curvature, _ = pose_along(maps, way, lane, s + f32(CURVATURE_AHEAD_M[k]))
        labels.lane_curvature[world, driver, k] = curvature
    lead, gap = vehicle_ahead(maps, state, world, slot, lane, s)
    labels.lead_present[world, driver] = lead >= 0
    labels.lead_distance[world, driver] = gap if lead >= 0 else ZERO
    labels.lead_closing[world, driver] = actors.speed[world, slot] - actors.speed[world, lead] if lead >= 0 else ZERO
    ahead, left = ZERO, ZERO
    if lead >= 0:
        x, y, cos, sin, half_length, _ = box_of(actors, world, lead)
        ahead, left = seen_from(actors, world, slot, x - half_length * cos, y - half_length * sin)
    labels.lead_place[world, driver, 0], labels.lead_place[world, driver, 1] = ahead, left


@njit
def write_command(maps, state, parameters, world, driver, last_point):
    """Writes the navigator's instruction.

    The lane change is commanded from the moment the expert moves until its offset from the new lane's centre is below
    `lane_change.NEAR_CENTRE`: while the expert waits for a gap, a driver who sees only ahead is told to keep its lane.
    """
    lanes, actors, command = maps.lanes, state.actors, state.navigation.command
    slot = slot_of(state, world, driver)
    lane, target = actors.lane[world, slot], actors.target_lane[world, slot]
    side = ZERO
    if is_moving(actors.change_ticks[world, slot], parameters.step_s):
        if target == lane:
            side = ONE if actors.d[world, slot] < ZERO else -ONE
        else:
            side = ONE if target == lanes.left[lane] else -ONE
    command[world, driver, 0] = side
    command[world, driver, 1] = clip(last_point / f32(100.0), ZERO, COMMAND_DISTANCE_MAX)
    command[world, driver, 2] = lanes.speed_limit[lane] / f32(10.0)
    way = way_of(maps, state, world, slot)
    lane, _ = advance(maps, way, lane, actors.s[world, slot] + LIMIT_AHEAD, changing=True)
    command[world, driver, 3] = lanes.speed_limit[lane] / f32(10.0)


@njit
def plan_driver(maps, state, parameters, world, driver, last_point):
    """Writes plan, expert action, labels and command of a driver, from the decisions in `ActorState`.

    Args:
        maps: `MapArrays`.
        state: `WorldState`.
        parameters: `WorldParameters`.
        world: World.
        driver: Driver.
        last_point: Distance in which a lane change must be done [m]; +inf for none.
    """
    lanes, actors, plan, slot = maps.lanes, state.actors, state.plan, slot_of(state, world, driver)
    lane, s, d = actors.lane[world, slot], actors.s[world, slot], actors.d[world, slot]
    target = actors.target_lane[world, slot]
    if target != lane and is_moving(actors.change_ticks[world, slot], parameters.step_s):
        s, d = project(lanes, target, neighbour_s(lanes, lane, target, s), actors.x[world, slot], actors.y[world, slot])
        lane = target
    write_waypoints(maps, state, world, driver, lane, s, d, parameters.vehicle_model == DYNAMIC)
    speed = actors.speed[world, slot]
    target_speed = max(ZERO, speed + actors.accel_decided[world, slot] * TARGET_SPEED_S)
    plan.target_speed[world, driver] = target_speed
    steering, pedal = track(plan.waypoints[world, driver], speed, target_speed, parameters)
    plan.expert_action[world, driver, 0] = creep_steering(maps, state, parameters, world, driver, lane, s, steering)
    plan.expert_action[world, driver, 1] = pedal
    write_labels(maps, state, world, driver)
    write_command(maps, state, parameters, world, driver, last_point)
    write_town_labels(maps, state, parameters, world, driver)
