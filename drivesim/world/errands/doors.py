"""Doors of parked cars swing open into the road, stay open while people get in and out, and close.

A leaf is a road user of kind `car_door` in a slot of its own, so that everybody and every sensor meets it as a body.
Its rear end is the hinge. On a lane, it is an obstacle there: who comes stops, or changes lane.
"""

import math

import numpy as np
from numba import njit

from drivesim.geometry import boxes_overlap
from drivesim.maps.lanes import project
from drivesim.rng import Purpose, below, uniform
from drivesim.state import ActorKind, Motion
from drivesim.state.actors import Errand
from drivesim.state.bodies import box_of, remember_pose
from drivesim.world.appearance import PAINT_COUNT, draw_body, draw_driver, look_of_paint
from drivesim.world.errands.bays import PARALLEL, bay_of, beside_lane
from drivesim.world.following import HALF, ONE, TWO, ZERO
from drivesim.world.neighbours import follower_along
from drivesim.world.people.slots import end_parked, first_parked
from drivesim.world.spawn import vanish

f32, i32, u8 = np.float32, np.int32, np.uint8

LOOK_TICKS = 10
"""Somebody thinks about opening a door this often."""
OPENS = f32(0.2)
"""Chance that it does."""
OPENING_S, CLOSING_S, STAYS, STAYS_SPREAD = f32(1.0), f32(1.0), f32(3.0), f32(5.0)
"""Time of swinging open and shut, and of staying open [s]."""
ANGLE = f32(math.radians(62.0))
"""Of a door that is open."""
HINGE_BACK = f32(1.5)
"""Hinge of the driver's door behind the front bumper [m]."""
CAREFUL_S, CARELESS = f32(6.0), f32(0.2)
"""Who looks opens where nobody comes for so long; this share opens where who comes can still stop in comfort [s, 1]."""
COMFORT, REACTION_S, ROOM = f32(3.0), f32(1.0), f32(3.0)
"""Of those who come: braking, reaction, and what they keep [m/s^2, s, m]."""
IN_THE_WAY = f32(1.35)
"""A door that reaches nearer than this to the middle of the lane is an obstacle on it [m]."""
BESIDE = f32(0.4)
"""Free space around the place that a door takes [m]."""
SEARCH_M = f32(90.0)
_NONE, _DOOR = int(ActorKind.NONE), np.int64(ActorKind.CAR_DOOR)
_CAR, _STANDING = int(ActorKind.CAR), u8(Motion.STANDING)
_IDLE, _PARKING = u8(Errand.NONE), np.int64(Purpose.PARKING)
_OPEN_DRAW = 1 << 18
"""Index of a door's draws; those of bays lie below."""


@njit
def run_door(maps, state, parameters, world, door):
    """Moves a door by a step, or lets one open."""
    actors, tick = state.actors, state.worlds.tick[world]
    if actors.kind[world, door] == _NONE:
        if (tick + door) % LOOK_TICKS == 0:
            consider_opening(maps, state, parameters, world, door)
        return
    host = np.int64(actors.place[world, door])
    age = f32(tick - actors.errand_tick[world, door]) * parameters.step_s
    stays = STAYS + STAYS_SPREAD * uniform(
        state.worlds.key[world], _PARKING, actors.errand_tick[world, door], _OPEN_DRAW + 4 * door + 3
    )
    shut = age - OPENING_S - stays
    if actors.kind[world, host] == _NONE or shut >= CLOSING_S:
        vanish(actors, world, door)
        return
    share = min(age / OPENING_S, ONE) if shut < ZERO else ONE - shut / CLOSING_S
    swing(maps, state, world, door, host, share * share * (f32(3.0) - TWO * share) * ANGLE)


@njit
def hinge_of(actors, world, host, side):
    """Hinge of a parked car's front door on a side, left positive: x, y [m]."""
    ahead = actors.length[world, host] - actors.rear[world, host] - HINGE_BACK
    aside, yaw = side * HALF * actors.width[world, host], actors.yaw[world, host]
    cos, sin = f32(math.cos(yaw)), f32(math.sin(yaw))
    return actors.x[world, host] + ahead * cos - aside * sin, actors.y[world, host] + ahead * sin + aside * cos


@njit
def swing(maps, state, world, door, host, angle):
    """Puts a door at an angle to its car, and onto the lane beside it if it is in the way there."""
    actors = state.actors
    bay = bay_of(maps, state, world, host)
    lane = maps.bays.lane[bay]
    _, d, _ = beside_lane(maps, actors, world, host, bay)
    side = ONE if d < ZERO else -ONE
    x, y = hinge_of(actors, world, host, side)
    yaw = actors.yaw[world, host] + f32(math.pi) - side * angle
    remember_pose(actors, world, door)
    actors.x[world, door], actors.y[world, door], actors.yaw[world, door] = x, y, yaw
    length = actors.length[world, door]
    tip_x, tip_y = x + length * f32(math.cos(yaw)), y + length * f32(math.sin(yaw))
    s, d = project(maps.lanes, lane, maps.bays.s[bay], tip_x, tip_y)
    actors.lane[world, door] = lane if abs(d) < IN_THE_WAY else -1
    actors.target_lane[world, door] = actors.lane[world, door]
    actors.s[world, door], actors.d[world, door] = s, ZERO


@njit
def consider_opening(maps, state, parameters, world, door):
    """Lets somebody in one of the parked cars open the door towards the road, where that is free."""
    actors, key, tick = state.actors, state.worlds.key[world], state.worlds.tick[world]
    draws = _OPEN_DRAW + 4 * door
    if parameters.parked_count == 0 or uniform(key, _PARKING, tick, draws) > OPENS:
        return
    host = first_parked(state, parameters) + below(key, _PARKING, tick, draws + 1, parameters.parked_count)
    if actors.kind[world, host] == _NONE or actors.motion[world, host] != _STANDING or actors.place[world, host] < 0:
        return
    if actors.errand[world, host] != _IDLE or is_open_already(state, parameters, world, host):
        return
    bay = bay_of(maps, state, world, host)
    s, d, turned = beside_lane(maps, actors, world, host, bay)
    if abs(turned) > PARALLEL:
        return
    side, lane = ONE if d < ZERO else -ONE, maps.bays.lane[bay]
    follower, gap = follower_along(maps, state, world, host, lane, s, SEARCH_M)
    if follower >= 0:
        speed = actors.speed[world, follower]
        needed = CAREFUL_S * speed
        if uniform(key, _PARKING, tick, draws + 2) < CARELESS:
            needed = REACTION_S * speed + speed * speed / (TWO * COMFORT)
        if gap < needed + ROOM:
            return
    if not is_swing_free(state, world, host, side):
        return
    draw_body(state, parameters, world, door, i32(tick), _DOOR)
    draw_driver(state, parameters, world, door, i32(tick), _DOOR)  # who finds it behind asks how it would follow
    kind, look = np.int64(actors.kind[world, host]), np.int64(actors.look[world, host])
    paint = (np.int64(7) * look + kind) % PAINT_COUNT
    actors.look[world, door] = look_of_paint(actors.look[world, host], _DOOR, paint)
    actors.height[world, door] = min(actors.height[world, door], f32(0.95) * actors.height[world, host])
    actors.place[world, door] = i32(host)
    actors.errand_tick[world, door] = tick
    actors.speed[world, door] = ZERO
    actors.min_gap[world, door] = ZERO
    actors.second_lane[world, door] = -1
    swing(maps, state, world, door, host, ZERO)
    remember_pose(actors, world, door)


@njit
def is_open_already(state, parameters, world, host):
    """Whether a car has an open door."""
    actors = state.actors
    for door in range(end_parked(state, parameters), end_parked(state, parameters) + parameters.door_count):
        if actors.kind[world, door] != _NONE and actors.place[world, door] == host:
            return True
    return False


@njit
def is_swing_free(state, world, host, side):
    """Whether nobody is where a door would swing, nor close to that."""
    actors = state.actors
    x, y = hinge_of(actors, world, host, side)
    cos, sin = f32(math.cos(actors.yaw[world, host])), f32(math.sin(actors.yaw[world, host]))
    half = HALF + BESIDE
    x, y = x - HALF * cos - side * half * sin, y - HALF * sin + side * half * cos
    for other in range(actors.kind.shape[1]):
        if actors.kind[world, other] == _NONE or other == host:
            continue
        at_x, at_y, at_cos, at_sin, half_length, half_width = box_of(actors, world, other)
        if boxes_overlap(x, y, cos, sin, half + HALF, half, at_x, at_y, at_cos, at_sin, half_length, half_width):
            return False
    return True
