"""Situations happen: conditions are watched, events begin, scripted road users move along their paths.

An event begins at the moment within the step at which its last condition was met, as far as that follows from times
and from places that somebody's front reaches; the road user is moved until then as before, and after it as the event
says. So a meeting that is timed to a centimetre does not depend on the length of a step.
"""

import math

import numpy as np
from numba import njit

from drivesim.kernels.parts import part
from drivesim.maps.control import SignalKind
from drivesim.maps.lanes import neighbour_s, pose_at, project, route_row
from drivesim.maps.path import advance
from drivesim.state import ActorKind, EndReason, Event, Lamp, Motion
from drivesim.state.bodies import slot_of
from drivesim.state.events import COLLISIONS, note
from drivesim.state.scenario import ActionType, ConditionType, Dynamics, Frame, Phase
from drivesim.world.appearance import draw_body
from drivesim.world.signals import signal_ahead
from drivesim.world.spawn import place, vanish
from drivesim.world.ways import way_of
from drivesim.world.weather import begin_change

f32, i32 = np.float32, np.int32

STILL = f32(0.1)
"""Slower than this is standing still [m/s]."""
SPEED_LEAST = f32(0.01)
"""Times to a place are told at no less than this [m/s]."""
LIGHT_HORIZON = f32(400.0)
"""Lights that an event holds are sought this far along the route [m]."""
SCENARIO_TIMEOUT = f32(240.0)
"""Situations have to be over so long after they have begun (CARLA scenario_runner) [s]."""
ALONG = f32(0.87)
"""Cosine of the angle within which another goes the same way, so that its speed spares the impact [-]: 30 degrees."""
BRAKE_LAMP = f32(-0.6)
"""Acceleration from which on the brake lamps are lit [m/s^2]."""

INFINITY, ZERO, HALF, ONE, TWO = f32(np.inf), f32(0.0), f32(0.5), f32(1.0), f32(2.0)
_START = i32(0)
_NONE, _SCRIPTED = int(ActorKind.NONE), np.uint8(Motion.SCRIPTED)
_WAITING, _BEGUN = np.uint8(Phase.WAITING), np.uint8(Phase.BEGUN)
_ON_ROUTE, _IN_WORLD = i32(Frame.ROUTE), i32(Frame.WORLD_PATH)
_SIMULATION_TIME, _TIME_TO_POSITION = i32(ConditionType.SIMULATION_TIME), i32(ConditionType.TIME_TO_POSITION)
_REACH, _GAP = i32(ConditionType.REACH_POSITION), i32(ConditionType.RELATIVE_DISTANCE)
_HEADWAY, _TTC = i32(ConditionType.TIME_HEADWAY), i32(ConditionType.TIME_TO_COLLISION)
_SPEED_IS, _STILL, _EVENT = i32(ConditionType.SPEED), i32(ConditionType.STAND_STILL), i32(ConditionType.EVENT)
_TO_SPEED, _TO_OFFSET, _APPEAR = i32(ActionType.SPEED), i32(ActionType.OFFSET), i32(ActionType.APPEAR)
_VANISH, _LIGHTS, _END = i32(ActionType.VANISH), i32(ActionType.HOLD_LIGHTS), i32(ActionType.END)
_WEATHER = i32(ActionType.WEATHER)
_TIME, _DISTANCE = i32(Dynamics.TIME), i32(Dynamics.DISTANCE)
_LIGHT = i32(SignalKind.LIGHT)
_BRAKE, _NO_BRAKE = np.uint8(Lamp.BRAKE), np.uint8(255 - Lamp.BRAKE)
_RUNNING, _SUCCESS, _LATE = int(EndReason.RUNNING), int(EndReason.SUCCESS), int(EndReason.TIMEOUT)
_TIMED_OUT = np.int64(Event.SCENARIO_TIMEOUT)
_DRIVER = np.int64(0)


@njit
def user_count(parameters):
    """Slots of scripted road users of situations in every world; they are the last."""
    return parameters.scenarios.kind.shape[1]


@njit
def user_slot(state, parameters, user):
    """Slot of a scripted road user; that of the first driver for `EGO`."""
    if user < 0:
        return slot_of(state, np.int64(0), _DRIVER)
    return np.int64(state.actors.kind.shape[1] - user_count(parameters) + user)


@part("streets")
def begin_scenario(maps, state, parameters, world):
    """Sets the scene: the driver's car and the scripted road users of the world's variant; events at time 0 begin."""
    scenarios, variant = parameters.scenarios, state.conditions.variant[world]
    if state.drivers.slot.shape[1] == 0:
        return
    if user_count(parameters) == 0 and scenarios.event_count[variant] == 0 and scenarios.time_limit[variant] == ZERO:
        return
    _place_ego(maps, state, parameters, world, variant)
    if scenarios.time_limit[variant] > ZERO:
        limit = i32(math.ceil(scenarios.time_limit[variant] / parameters.step_s))
        for driver in range(state.drivers.slot.shape[1]):
            state.episode.tick_limit[world, driver] = limit
    for user in range(user_count(parameters)):
        slot = user_slot(state, parameters, user)
        vanish(state.actors, world, slot)
        state.actors.driver[world, slot] = -1
        state.actors.motion[world, slot] = _SCRIPTED
        if scenarios.kind[variant, user] == 0:
            continue
        for knot in range(scenarios.knot_count[variant, user]):
            x, y = scenarios.knot[variant, user, knot, 0], scenarios.knot[variant, user, knot, 1]
            if scenarios.frame[variant, user] != _IN_WORLD:
                x, y = place_on_route(maps, state, world, x, y)
            state.scenario.x[world, user, knot] = x
            state.scenario.y[world, user, knot] = y
        scene = state.scenario
        scene.along[world, user] = scenarios.start[variant, user, 0]
        scene.left[world, user] = scenarios.start[variant, user, 1]
        scene.speed[world, user] = scenarios.start[variant, user, 2]
        scene.goal_speed[world, user] = scenarios.start[variant, user, 2]
        if not scenarios.hidden[variant, user]:
            _appear(maps, state, parameters, world, user)
    direct_scenario(maps, state, parameters, world)


@njit
def _place_ego(maps, state, parameters, world, variant):
    """Puts the first driver's car where the variant has it."""
    actors, ego, slot = state.actors, parameters.scenarios.ego[variant], slot_of(state, world, _DRIVER)
    routes, route = maps.routes, state.navigation.route[world, 0]
    if ego[4] > ZERO:
        actors.length[world, slot] = ego[4]
    if ego[5] > ZERO:
        actors.width[world, slot] = ego[5]
    if ego[6] > ZERO:
        actors.height[world, slot] = ego[6]
    if ego[7] > ZERO:
        actors.rear[world, slot] = ego[7]
    way = way_of(maps, state, world, slot)
    lane, s = advance(maps, way, routes.start_lane[route], routes.start_s[route] + ego[0], changing=False)
    place(maps, actors, world, slot, lane, s, ego[2])
    if ego[1] != ZERO:
        _, _, heading, _, _ = pose_at(maps.lanes, lane, s)
        actors.x[world, slot] -= ego[1] * f32(math.sin(heading))
        actors.y[world, slot] += ego[1] * f32(math.cos(heading))
        actors.d[world, slot] = ego[1]
    if ego[3] > ZERO:
        actors.speed_factor[world, slot] = ego[3] / maps.lanes.speed_limit[lane]
        actors.speed_max[world, slot] = ego[3]
    state.scenario.still[world] = ZERO


@njit
def route_place(maps, state, world, along):
    """Lane and s of the place `along` metres down the first driver's route."""
    routes, route = maps.routes, state.navigation.route[world, 0]
    way = way_of(maps, state, world, slot_of(state, world, _DRIVER))
    return advance(maps, way, routes.start_lane[route], routes.start_s[route] + along, changing=False)


@njit
def place_on_route(maps, state, world, along, left):
    """The point `along` metres down the first driver's route and `left` of it; x, y [m]."""
    lane, s = route_place(maps, state, world, along)
    x, y, heading, _, _ = pose_at(maps.lanes, lane, s)
    return x - left * f32(math.sin(heading)), y + left * f32(math.cos(heading))


@njit
def _appear(maps, state, parameters, world, user):
    """Gives a road user its body and puts it where it is by now."""
    scenarios, variant = parameters.scenarios, state.conditions.variant[world]
    actors, slot = state.actors, user_slot(state, parameters, user)
    draw_body(state, parameters, world, slot, _START, np.int64(scenarios.kind[variant, user]))
    actors.motion[world, slot] = _SCRIPTED
    # Others ask what somebody on their lane would do behind them.
    actors.speed_factor[world, slot] = ONE
    actors.time_headway[world, slot] = parameters.time_headway
    actors.accel_max[world, slot] = parameters.accel_max
    actors.brake_comfort[world, slot] = parameters.brake_comfort
    actors.min_gap[world, slot] = parameters.min_gap
    body = scenarios.body[variant, user]
    if body[0] > ZERO:
        actors.length[world, slot] = body[0]
        actors.rear[world, slot] = min(actors.rear[world, slot], HALF * body[0])
    if body[1] > ZERO:
        actors.width[world, slot] = body[1]
    if body[2] > ZERO:
        actors.height[world, slot] = body[2]
    if body[3] > ZERO:
        actors.rear[world, slot] = body[3]
    _pose_user(maps, state, parameters, world, user)
    actors.before_x[world, slot] = actors.x[world, slot]
    actors.before_y[world, slot] = actors.y[world, slot]
    actors.before_yaw[world, slot] = actors.yaw[world, slot]


@part("streets")
def direct_scenario(maps, state, parameters, world):
    """Lets the events begin whose conditions are met, then moves the scripted road users to the end of the step."""
    scenarios, variant = parameters.scenarios, state.conditions.variant[world]
    if state.drivers.slot.shape[1] == 0:
        return
    now = f32(state.worlds.tick[world]) * parameters.step_s
    ego = slot_of(state, world, _DRIVER)
    if abs(state.actors.speed[world, ego]) < STILL:
        state.scenario.still[world] += parameters.step_s
    else:
        state.scenario.still[world] = ZERO
    for event in range(scenarios.event_count[variant]):
        if state.scenario.phase[world, event] == _WAITING:
            since = _met_since(maps, state, parameters, world, event, now)
            if since >= ZERO:
                began = max(now - min(since, parameters.step_s), ZERO)
                state.scenario.phase[world, event] = _BEGUN
                state.scenario.began[world, event] = began
                _act(maps, state, parameters, world, event, began)
    for user in range(user_count(parameters)):
        slot = user_slot(state, parameters, user)
        if state.actors.kind[world, slot] == _NONE:
            state.scenario.time[world, user] = now
            continue
        before = state.actors.speed[world, slot]
        _move_until(state, world, user, now)
        _pose_user(maps, state, parameters, world, user)
        accel = (state.actors.speed[world, slot] - before) / parameters.step_s if now > ZERO else ZERO
        state.actors.accel[world, slot] = accel
        if accel < BRAKE_LAMP:
            state.actors.lamps[world, slot] |= _BRAKE
        else:
            state.actors.lamps[world, slot] &= _NO_BRAKE


@njit
def _met_since(maps, state, parameters, world, event, now):
    """How long ago the conditions of an event were met [s]; -1 while they are not."""
    scenarios, variant = parameters.scenarios, state.conditions.variant[world]
    count, any_of = scenarios.condition_count[variant, event], scenarios.any_of[variant, event]
    result = -ONE if any_of else INFINITY
    for number in range(count):
        since = _condition_since(maps, state, parameters, world, event, number, now)
        if any_of:
            result = max(result, since)
        else:
            result = min(result, since)
    return ZERO if count == 0 else result


@njit
def _condition_since(maps, state, parameters, world, event, number, now):
    """How long ago a condition was met [s]; -1 while it is not."""
    scenarios, variant = parameters.scenarios, state.conditions.variant[world]
    kind = scenarios.condition[variant, event, number, 0]
    at_least = scenarios.condition[variant, event, number, 1] == 1
    entity = scenarios.condition[variant, event, number, 2]
    other = scenarios.condition[variant, event, number, 3]
    value, position = scenarios.threshold[variant, event, number, 0], scenarios.threshold[variant, event, number, 1]
    pace, measured = ZERO, ZERO
    if kind == _SIMULATION_TIME:
        measured, pace = now, ONE
    elif kind == _EVENT:
        if state.scenario.phase[world, other] == _WAITING:
            return -ONE
        measured, pace = now - state.scenario.began[world, other], ONE
    elif kind == _STILL:
        measured = state.scenario.still[world]
        if entity >= 0 and state.scenario.speed[world, entity] >= STILL:
            return -ONE
    elif kind == _SPEED_IS:
        measured = speed_of(state, parameters, world, entity)
    elif kind == _REACH or kind == _TIME_TO_POSITION:
        front, speed = front_along(maps, state, parameters, world, entity), speed_of(state, parameters, world, entity)
        measured, pace = front, speed
        if kind == _TIME_TO_POSITION:
            measured, pace = (position - front) / max(speed, SPEED_LEAST), -ONE
    else:
        gap, closing = gap_between(state, parameters, world, entity, other)
        measured = gap
        if kind == _HEADWAY:
            measured = gap / max(speed_of(state, parameters, world, entity), SPEED_LEAST)
        elif kind == _TTC:
            measured = gap / closing if closing > SPEED_LEAST else INFINITY
    beyond = measured - value if at_least else value - measured
    if beyond < ZERO:
        return -ONE
    rate = pace if at_least else -pace
    return beyond / rate if rate > ZERO else ZERO


@njit
def speed_of(state, parameters, world, entity):
    """Speed of the first driver's car or of a scripted road user [m/s]."""
    if entity >= 0:
        return state.scenario.speed[world, entity]
    return state.actors.speed[world, slot_of(state, world, _DRIVER)]


@njit
def front_along(maps, state, parameters, world, entity):
    """How far somebody's front is along the route, or along its own path [m]."""
    actors = state.actors
    if entity >= 0:
        slot = user_slot(state, parameters, entity)
        return state.scenario.along[world, entity] + actors.length[world, slot] - actors.rear[world, slot]
    slot, route = slot_of(state, world, _DRIVER), state.navigation.route[world, 0]
    row = route_row(maps.lanes, maps.routes, route, actors.lane[world, slot])
    rear_axle = maps.routes.length[route] - (maps.routes.remaining[row] - actors.s[world, slot])
    return rear_axle + actors.length[world, slot] - actors.rear[world, slot]


@njit
def gap_between(state, parameters, world, entity, other):
    """Bumper gap from one ahead to another, along the heading of the first [m], and how fast it closes [m/s]."""
    actors = state.actors
    one = slot_of(state, world, _DRIVER) if entity < 0 else user_slot(state, parameters, entity)
    two = slot_of(state, world, _DRIVER) if other < 0 else user_slot(state, parameters, other)
    yaw = actors.yaw[world, one]
    east, north = actors.x[world, two] - actors.x[world, one], actors.y[world, two] - actors.y[world, one]
    ahead = east * f32(math.cos(yaw)) + north * f32(math.sin(yaw))
    turned = f32(math.cos(actors.yaw[world, two] - yaw))
    end = actors.rear[world, two] if turned > ZERO else actors.length[world, two] - actors.rear[world, two]
    gap = ahead - (actors.length[world, one] - actors.rear[world, one]) - end * abs(turned)
    return gap, actors.speed[world, one] - turned * actors.speed[world, two]


@njit
def _act(maps, state, parameters, world, event, began):
    """Does what an event does, at the moment `began` of this step."""
    scenarios, variant, scene = parameters.scenarios, state.conditions.variant[world], state.scenario
    kind, user = scenarios.action[variant, event, 0], scenarios.action[variant, event, 1]
    mode = scenarios.action[variant, event, 2]
    goal, amount = scenarios.amount[variant, event, 0], scenarios.amount[variant, event, 1]
    if kind == _END:
        scene.ended[world] = True
        return
    if kind == _LIGHTS:
        _hold_lights(maps, state, world, scenarios.action[variant, event, 4], scenarios.action[variant, event, 5])
        return
    if kind == _WEATHER:
        values = scenarios.weather[scenarios.action[variant, event, 3]]
        begin_change(state, parameters, world, values, amount, f32(state.worlds.tick[world]) * parameters.step_s)
        return
    slot = user_slot(state, parameters, user)
    if kind == _APPEAR:
        scene.time[world, user] = began
        _appear(maps, state, parameters, world, user)
        return
    if kind == _VANISH:
        vanish(state.actors, world, slot)
        return
    _move_until(state, world, user, began)
    if kind == _TO_SPEED:
        change = abs(goal - scene.speed[world, user])
        rate = amount if amount > ZERO else INFINITY
        if mode == _TIME:
            rate = change / amount
        elif mode == _DISTANCE:
            rate = change * (goal + scene.speed[world, user]) / (TWO * amount)
        scene.goal_speed[world, user] = goal
        scene.rate[world, user] = rate
        if rate == INFINITY:
            scene.speed[world, user] = goal
    elif kind == _TO_OFFSET:
        scene.left_from[world, user] = scene.left[world, user]
        scene.left_to[world, user] = goal
        scene.left_began[world, user] = began
        way = abs(goal - scene.left[world, user])
        scene.left_takes[world, user] = max(amount if amount >= ZERO else -way / amount, parameters.step_s)
        scene.left_smooth[world, user] = mode == 1


@njit
def _hold_lights(maps, state, world, own, others):
    """Makes the next light on the route show one colour and all others another; -1 leaves their programme."""
    held = state.lights.held
    map_slot = maps.slot_of[state.worlds.map[world]]
    first, end = maps.lights.map_first[map_slot], maps.lights.map_end[map_slot]
    slot = slot_of(state, world, _DRIVER)
    way = way_of(maps, state, world, slot)
    signal, _ = signal_ahead(
        maps, way, state.actors.lane[world, slot], state.actors.s[world, slot], LIGHT_HORIZON, _LIGHT
    )
    ahead = maps.signals.light[signal] if signal >= 0 else i32(-1)
    for light in range(first, end):
        color = own if light == ahead else others
        held[world, light - first] = np.uint8(color + 1) if color >= 0 else np.uint8(0)
        if color >= 0:
            state.lights.color[world, light - first] = np.uint8(color)


@njit
def _move_until(state, world, user, until):
    """Moves a road user along its path up to a moment, at constant acceleration until it has its goal speed."""
    scene = state.scenario
    left = until - scene.time[world, user]
    scene.time[world, user] = until
    speed, goal, rate = scene.speed[world, user], scene.goal_speed[world, user], scene.rate[world, user]
    if left > ZERO and speed != goal and rate > ZERO:
        needed = abs(goal - speed) / rate
        changing = min(needed, left)
        after = goal if needed <= left else speed + (rate if goal > speed else -rate) * changing
        scene.along[world, user] += HALF * (speed + after) * changing
        scene.speed[world, user] = after
        left -= changing
        speed = after
    scene.along[world, user] += speed * max(left, ZERO)
    takes = scene.left_takes[world, user]
    if takes > ZERO:
        share = min(max((until - scene.left_began[world, user]) / takes, ZERO), ONE)
        if scene.left_smooth[world, user]:
            share = share * share * share * (f32(10.0) + share * (f32(6.0) * share - f32(15.0)))
        start = scene.left_from[world, user]
        scene.left[world, user] = start + share * (scene.left_to[world, user] - start)
        if share >= ONE:
            scene.left_takes[world, user] = ZERO


@njit
def _pose_user(maps, state, parameters, world, user):
    """Writes pose, speed and lane of a road user from how far it has come."""
    scenarios, variant = parameters.scenarios, state.conditions.variant[world]
    slot = user_slot(state, parameters, user)
    state.actors.speed[world, slot] = state.scenario.speed[world, user]
    if scenarios.frame[variant, user] == _ON_ROUTE:
        _pose_on_route(maps, state, parameters, world, user, slot, scenarios.start[variant, user, 3])
        return
    _pose_on_path(state, world, user, slot, scenarios.knot_count[variant, user])


@njit
def _pose_on_path(state, world, user, slot, knots):
    """Pose on straight lines between points; it stands at the last."""
    actors, scene = state.actors, state.scenario
    rest = max(scene.along[world, user], ZERO)
    for knot in range(knots - 1):
        x, y = scene.x[world, user, knot], scene.y[world, user, knot]
        east, north = scene.x[world, user, knot + 1] - x, scene.y[world, user, knot + 1] - y
        length = f32(math.sqrt(east * east + north * north))
        last = knot == knots - 2
        if rest <= length or last:
            if rest > length:
                rest = length
                actors.speed[world, slot] = ZERO
            actors.x[world, slot] = x + rest / length * east
            actors.y[world, slot] = y + rest / length * north
            actors.yaw[world, slot] = f32(math.atan2(north, east))
            return
        rest -= length


@njit
def _pose_on_route(maps, state, parameters, world, user, slot, direction):
    """Pose at an offset beside the first driver's route, and the lane there where it drives along that.

    One that changes its offset at a constant speed keeps its heading, as in R157's grids.

    It counts as on one lane alone: who is beside it is not to brake for its side. `collision_course` sees it come over.
    """
    actors, scene, lanes = state.actors, state.scenario, maps.lanes
    along = scene.along[world, user]
    if direction < ZERO:
        along = parameters.scenarios.start[state.conditions.variant[world], user, 0] * TWO - along
    left = scene.left[world, user]
    lane, s = route_place(maps, state, world, along)
    x, y, heading, _, width = pose_at(lanes, lane, s)
    actors.x[world, slot] = x - left * f32(math.sin(heading))
    actors.y[world, slot] = y + left * f32(math.cos(heading))
    slope = ZERO
    if scene.left_takes[world, user] > ZERO and scene.left_smooth[world, user]:
        share = (scene.time[world, user] - scene.left_began[world, user]) / scene.left_takes[world, user]
        sideways = (scene.left_to[world, user] - scene.left_from[world, user]) / scene.left_takes[world, user]
        sideways *= f32(30.0) * share * share * (ONE - share) * (ONE - share)
        slope = f32(math.atan2(sideways, max(scene.speed[world, user], ONE)))
    actors.yaw[world, slot] = heading + direction * slope + (ZERO if direction > ZERO else f32(math.pi))
    actors.lane[world, slot] = -1
    actors.second_lane[world, slot] = -1
    actors.target_lane[world, slot] = -1
    if direction < ZERO or parameters.kinds.is_person[actors.kind[world, slot]]:
        return
    while abs(left) > HALF * width:
        other = lanes.left[lane] if left > ZERO else lanes.right[lane]
        if other < 0:
            break
        s = neighbour_s(lanes, lane, other, s)
        lane = other
        _, left = project(lanes, lane, s, actors.x[world, slot], actors.y[world, slot])
        _, _, _, _, width = pose_at(lanes, lane, s)
    if abs(left) > HALF * width:
        return
    actors.lane[world, slot] = lane
    actors.target_lane[world, slot] = lane
    actors.s[world, slot] = s
    actors.d[world, slot] = left


@part("streets")
def judge_scenario(state, parameters, world):
    """Keeps the speed of the first impact, ends the episode where a rule of the situation says so, and notes timeouts.

    A rule that ends a situation ends its route, which then is driven completely.
    """
    scene, actors, events = state.scenario, state.actors, state.events
    if state.drivers.slot.shape[1] == 0:
        return
    ego = slot_of(state, world, _DRIVER)
    if not scene.has_impact[world]:
        for event in range(len(COLLISIONS)):
            if events.count[world, 0, event] == 0:
                continue
            scene.has_impact[world] = True
            rest = f32(state.worlds.tick[world]) * parameters.step_s - events.time[world, 0, event]
            speed = actors.speed[world, ego] - actors.accel[world, ego] * rest
            other = events.other[world, 0, event]
            if other >= 0:
                turned = f32(math.cos(actors.yaw[world, other] - actors.yaw[world, ego]))
                if turned > ALONG:
                    speed -= turned * (actors.speed[world, other] - actors.accel[world, other] * rest)
            scene.impact_speed[world] = max(speed, ZERO)
    if scene.ended[world]:
        for driver in range(state.drivers.slot.shape[1]):
            if state.episode.end[world, driver] == _RUNNING:
                state.episode.end[world, driver] = _SUCCESS
                state.navigation.completion[world, driver] = ONE
    _time_out(state, parameters, world)


@njit
def _time_out(state, parameters, world):
    """Notes the event of a situation that has rules of its end of which none is met in time.

    CARLA's scenario timeout: `SCENARIO_TIMEOUT` after it has begun, here with its first event, or when the time limit
    of the episode, which is the situation's own, cuts it off.
    """
    scenarios, variant, scene = parameters.scenarios, state.conditions.variant[world], state.scenario
    end, began, has_rule = state.episode.end[world, _DRIVER], INFINITY, False
    for event in range(scenarios.event_count[variant]):
        if scenarios.action[variant, event, 0] == _END:
            has_rule = True
        elif scene.phase[world, event] == _BEGUN:
            began = min(began, scene.began[world, event])
    if has_rule and not scene.ended[world] and (end == _RUNNING or end == _LATE):
        now = f32(state.worlds.tick[world]) * parameters.step_s
        is_late = end == _LATE or now - began >= SCENARIO_TIMEOUT
        note(state, parameters, world, _DRIVER, _TIMED_OUT, is_late, ONE)
