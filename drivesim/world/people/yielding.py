"""How drivers yield: to people who cross or are about to where they go first, and to anybody in the way."""

import math

import numpy as np
from numba import njit

from drivesim.kernels.parts import part
from drivesim.maps.lanes import edges_at, pose_at, project
from drivesim.maps.path import following
from drivesim.state import ActorKind, Motion
from drivesim.state.actors import Errand
from drivesim.world.following import HALF, ONE, TWO, ZERO
from drivesim.world.junctions import stop_acceleration
from drivesim.world.people.kerb import has_priority
from drivesim.world.people.slots import first_walker
from drivesim.world.people.ways import kerb_ahead, lane_ahead
from drivesim.world.ways import way_of

f32, i32 = np.float32, np.int32

LOOK_BRAKING, LOOK_S, LOOK_M = f32(2.0), f32(2.0), f32(15.0)
"""People are looked for as far as braking to rest so gently takes, and so much more [m/s^2, s, m]."""
STOP_BEFORE = f32(1.0)
"""Who yields stops this far before the crossing or the person [m]."""
ABOUT_TO = f32(3.0)
"""Somebody this near to the kerb is about to cross [m]."""
YIELD_BRAKING = f32(4.0)
"""Nobody brakes harder for somebody who has not stepped onto the road [m/s^2]."""
WAVED_S, WAVED_ROOM, WAVED_SPEED = f32(4.0), f32(2.0), f32(0.4)
"""Who has stood at the kerb for so long, or is this slow on a crossing, lets pass a car this near to it [s, m, m/s]."""
BLOCKED = f32(1.0)
"""Behind a lead slower than this nobody drives onto a crossing that it could not leave [m/s]."""
BESIDE = f32(0.5)
"""Free space beside a car within which nobody may be [m]."""
LATER = f32(2.0)
"""Somebody who comes into the lane this long after the car has left it does not hold it [s]."""
FORESEEN_S = f32(3.0)
"""Whoever walks towards the way is taken to go on for so long [s]."""
NEAR_ROAD = f32(3.0)
"""Somebody who follows a script may walk onto the road from so far beside it [m]."""
INFINITY = f32(np.inf)
_HOP = 0
_NONE, _SCRIPTED, _ON_CALL = int(ActorKind.NONE), int(Motion.SCRIPTED), int(Errand.ON_CALL)


@part("streets", otherwise=INFINITY)
def people_acceleration(maps, state, parameters, world, slot, free, headway):
    """Highest acceleration that people on foot allow a driver [m/s^2]; +inf where there are none.

    Args:
        maps: `MapArrays`.
        state: `WorldState`.
        parameters: `WorldParameters`.
        world: World.
        slot: Car.
        free: Its acceleration on a free road [m/s^2].
        headway: Its IDM T [s].
    """
    if not parameters.has_people:
        return INFINITY
    lanes, paths, actors = maps.lanes, maps.footpaths, state.actors
    lane, start, speed = actors.lane[world, slot], -actors.s[world, slot], actors.speed[world, slot]
    front = actors.length[world, slot] - actors.rear[world, slot]
    horizon = HALF * speed * speed / LOOK_BRAKING + LOOK_S * speed + LOOK_M
    way, least = way_of(maps, state, world, slot), INFINITY
    while lane >= 0 and start <= horizon + front:
        for k in range(paths.lane_first[lane], paths.lane_first[lane + 1]):
            row = paths.lane_cross[k]
            room = start + paths.cross_s[row, 0] - front
            if not -HALF < room < min(horizon, least):
                continue
            if is_crossed(maps, state, parameters, world, slot, row, room):
                least = room
            elif start <= ZERO < room and keeps_clear(maps, state, world, slot, lane, row, room):
                least = room
        least = min(least, nearest_person(maps, state, parameters, world, slot, lane, start, front, horizon))
        start += lanes.length[lane]
        lane = following(maps, way, lane)
    if least == INFINITY:
        return INFINITY
    return stop_acceleration(state, world, slot, free, headway, least - STOP_BEFORE)


@njit
def keeps_clear(maps, state, world, slot, lane, row, room):
    """Whether a car with `room` to a crossing of its lane [m] would have to stop on it behind its lead."""
    paths, actors = maps.footpaths, state.actors
    lead = actors.lead[world, slot]
    if lead < 0 or maps.lanes.junction[lane] >= 0 or paths.kind[paths.cross_path[row]] == _HOP:
        return False
    gap, span = actors.lead_gap[world, slot], paths.cross_s[row, 1] - paths.cross_s[row, 0]
    needed = room + span + actors.length[world, slot] + actors.min_gap[world, slot]
    return actors.speed[world, lead] < BLOCKED and room < gap < needed


@njit
def is_crossed(maps, state, parameters, world, slot, row, room):
    """Whether a car with `room` to a crossing of its lane [m] has to stop for somebody there."""
    paths, people, actors = maps.footpaths, state.people, state.actors
    path, first, speed = paths.cross_path[row], first_walker(state, parameters), actors.speed[world, slot]
    priority = has_priority(maps, state, world, path)
    can_stop = speed * speed <= TWO * YIELD_BRAKING * max(room - HALF, ZERO)
    span = paths.cross_s[row, 1] - paths.cross_s[row, 0] + actors.length[world, slot]
    done = (room + span) / max(speed, ONE)
    for walker in range(parameters.pedestrian_count):
        other = first + walker
        if actors.kind[world, other] == _NONE:
            continue
        on_path = people.path[world, walker] == path
        if not on_path and people.next_path[world, walker] != path:
            continue
        crossing, kerb = kerb_ahead(maps, state, world, walker)
        if crossing != path:
            continue
        going = people.crossing[world, walker] == path
        if not going and not (priority and kerb < ABOUT_TO and can_stop):
            continue
        if not on_path:
            if can_stop and not waves_on(state, parameters, world, walker, other, room, going):
                return True
            continue
        near, far = lane_ahead(paths, row, people.along[world, walker], people.ahead[world, walker])
        if near > HALF and waves_on(state, parameters, world, walker, other, room, going):
            continue
        pace = max(people.pace[world, walker], HALF)
        if far + HALF > ZERO and near / pace < done + LATER:
            return True
    return False


@njit
def waves_on(state, parameters, world, walker, other, room, going):
    """Whether somebody on foot who is not yet in a car's way lets it pass: it stands, held by another vehicle.

    Who has come near to a crossing would else wait for somebody who waits for a vehicle that waits for him.
    """
    if room > WAVED_ROOM:
        return False
    if going:
        return state.actors.speed[world, other] < WAVED_SPEED
    return f32(state.people.waited[world, walker]) * parameters.step_s > WAVED_S


@njit
def nearest_person(maps, state, parameters, world, slot, lane, start, front, horizon):
    """From a car's front to the nearest person on foot who is in its way on a lane, or will be [m]; +inf for none."""
    lanes, actors = maps.lanes, state.actors
    speed, nearest = actors.speed[world, slot], INFINITY
    reach = horizon + front
    for other in range(actors.kind.shape[1]):
        kind = actors.kind[world, other]
        if kind == _NONE or not parameters.kinds.is_person[kind] or actors.lane[world, other] >= 0:
            continue
        x, y = actors.x[world, other], actors.y[world, other]
        east, north = x - actors.x[world, slot], y - actors.y[world, slot]
        if east * east + north * north > reach * reach:
            continue
        middle_x, middle_y, heading, _, _ = pose_at(lanes, lane, HALF * lanes.length[lane])
        along = (x - middle_x) * f32(math.cos(heading)) + (y - middle_y) * f32(math.sin(heading))
        s, d = project(lanes, lane, min(max(HALF * lanes.length[lane] + along, ZERO), lanes.length[lane]), x, y)
        if s < ZERO or s > lanes.length[lane]:
            continue
        room = start + s - front - HALF * actors.width[world, other]
        if room < -HALF or room >= nearest:
            continue
        left, right, _ = edges_at(lanes, lane, s)
        margin = NEAR_ROAD if actors.motion[world, other] == _SCRIPTED else ZERO
        if d > left + margin or d < -right - margin:
            continue
        half = HALF * (actors.width[world, slot] + actors.width[world, other]) + BESIDE
        if actors.errand[world, slot] == _ON_CALL:
            half += abs(actors.aside[world, slot])
        _, _, heading, _, _ = pose_at(lanes, lane, s)
        across = actors.speed[world, other] * f32(math.sin(actors.yaw[world, other] - heading))
        then = d + across * min(max(room, ZERO) / max(speed, ONE) + HALF, FORESEEN_S)
        if abs(d) < half or abs(then) < half or d * then < ZERO:
            nearest = room
    return nearest
