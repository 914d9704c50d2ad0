"""Cars appear and vanish around the ego, never so that a crash cannot be avoided.

A place is a random metre of the map's lanes, accepted if it is at the wanted distance from the ego, on the wanted
side of the road, and if the car ahead and the car behind there could keep clear in comfort. A slot that finds no place
stays empty and tries again later. Three of four slots belong to the ego's own direction.

The spread of drivers follows Treiber's and SUMO's: desired speed over the limit ~ N(1, `speed_deviation`) and every
IDM parameter ~ N(mean, 0.2 mean), all cut off at two and a half deviations.
"""

import math

import numpy as np
from numba import njit

from drivesim.maps.lanes import pose_at
from drivesim.maps.network import LaneType
from drivesim.rng import Purpose, normal, uniform
from drivesim.world.driver import road_acceleration
from drivesim.world.following import HALF, ONE, TWO, ZERO
from drivesim.world.lane_change import desired_speed
from drivesim.world.neighbours import drop_ahead, follower_along, lead_along
from drivesim.world.state import EGO, ActorKind
from drivesim.world.vehicle import HEIGHT, LENGTH, REAR_OVERHANG, WHEELBASE, WIDTH

f32, i32, u8 = np.float32, np.int32, np.uint8

SPAWN_NEAR, SPAWN_FAR = f32(20.0), f32(170.0)
"""Distance from the ego at the start of an episode [m]."""
RESPAWN_AHEAD, RESPAWN_BEHIND, RESPAWN_FAR = f32(150.0), f32(110.0), f32(205.0)
"""Distance from the ego later on [m]: ahead, beyond what the camera draws."""
VANISH_FAR = f32(225.0)
"""Cars farther from the ego vanish [m]."""
CARS_IN_REACH = f32(18.0)
"""Where there are more cars than this, the farthest distances grow in proportion."""
SPAWN_TRIES, RESPAWN_TRIES = 48, 6
RESPAWN_TICKS = 5
"""An empty slot tries again this often."""
FLOW_HEADWAY = f32(0.8)
"""Gaps at spawning are at least this fraction of T."""
SPAWN_BRAKING = f32(1.5)
"""Braking that spawning may ask of anybody [m/s^2]."""
DROP_ROOM = f32(120.0)
"""No car appears this near the end of its lane [m], plus what braking to rest takes."""
EGO_MARGIN = f32(5.0)
"""Added to gaps behind and ahead of the ego [m]."""
EGO_ACCEL = f32(2.0)
"""IDM a of the ego [m/s^2]; it must merge from short ramps."""
DEVIATION, CUTOFF = f32(0.2), f32(2.5)
VAN_SHARE, MOTORCYCLE_SHARE = f32(0.15), f32(0.05)
TRUCK_ACCEL, TRUCK_HEADWAY = f32(0.6), f32(1.15)
"""Of a truck, relative to the mean."""
SLOW_DOWN = f32(0.92)

_PER_SLOT = 256
"""Draws reserved for one slot and tick."""
_LENGTH, _WIDTH, _HEIGHT, _LOOK, _KIND, _FACTOR = 0, 1, 2, 3, 4, 8
_PLACE = 32
# Typed, not literal: numba compiles a function once per literal.
_SPAWN, _DRIVER, _RESPAWN = np.int64(Purpose.SPAWN), np.int64(Purpose.DRIVER), np.int64(Purpose.RESPAWN)
_EGO, _APPEARANCE = np.int64(Purpose.EGO), np.int64(Purpose.APPEARANCE)
_START, _EGO_DRAW = i32(0), np.int64(0)
_NONE, _CAR, _VAN, _TRUCK, _MOTORCYCLE = (
    int(ActorKind.NONE), int(ActorKind.CAR), int(ActorKind.VAN), int(ActorKind.TRUCK), int(ActorKind.MOTORCYCLE)
)  # fmt: skip
_DRIVING, _ON_RAMP = int(LaneType.DRIVING), int(LaneType.ON_RAMP)


@njit(inline="always")
def reach(parameters):
    """Factor on the farthest distances: one for few cars, larger where they would not find room."""
    return max(f32(parameters.car_count) / CARS_IN_REACH, ONE)


@njit
def vanish(actors, world, slot):
    """Empties a slot."""
    actors.kind[world, slot] = _NONE
    actors.lane[world, slot] = -1
    actors.second_lane[world, slot] = -1
    actors.target_lane[world, slot] = -1
    actors.change_ticks[world, slot] = -1
    actors.lamps[world, slot] = 0
    actors.speed[world, slot] = ZERO
    actors.accel[world, slot] = ZERO
    actors.command[world, slot] = ZERO
    actors.lead[world, slot] = -1
    actors.lead_gap[world, slot] = f32(np.inf)


@njit
def place(maps, actors, world, slot, lane, s, speed):
    """Puts a car onto the centre of a lane, keeping it."""
    x, y, heading, curvature, _ = pose_at(maps.lanes, lane, s)
    actors.lane[world, slot] = lane
    actors.target_lane[world, slot] = lane
    actors.second_lane[world, slot] = -1
    actors.change_ticks[world, slot] = -1
    actors.s[world, slot] = s
    actors.d[world, slot] = ZERO
    actors.x[world, slot] = x
    actors.y[world, slot] = y
    actors.yaw[world, slot] = heading
    actors.speed[world, slot] = speed
    actors.accel[world, slot] = ZERO
    actors.command[world, slot] = ZERO
    actors.steer[world, slot] = f32(math.atan(actors.wheelbase[world, slot] * curvature))
    actors.yaw_rate[world, slot] = speed * curvature
    actors.slip[world, slot] = ZERO
    actors.lamps[world, slot] = 0
    actors.lead[world, slot] = -1
    actors.lead_gap[world, slot] = f32(np.inf)


@njit
def _uniform(key, purpose, tick, index):
    return uniform(key, purpose, tick, index)


@njit
def _deviate(key, tick, index):
    """A standard normal draw, cut off."""
    return min(max(normal(key, _DRIVER, tick, index), -CUTOFF), CUTOFF)


@njit
def _spread(key, tick, index, mean):
    """A driver parameter: normal around its mean, cut off."""
    return mean * (ONE + DEVIATION * _deviate(key, tick, index))


@njit
def _set_body(actors, world, slot, length, width, height, rear, wheelbase):
    actors.length[world, slot] = length
    actors.width[world, slot] = width
    actors.height[world, slot] = height
    actors.rear[world, slot] = rear
    actors.wheelbase[world, slot] = wheelbase


@njit
def draw_car(state, parameters, world, slot, tick):
    """Draws kind, body and driver of a slot."""
    actors, key = state.actors, state.episode.key[world]
    base = slot * _PER_SLOT
    small = _uniform(key, _APPEARANCE, tick, base + _LENGTH) - HALF
    wide = _uniform(key, _APPEARANCE, tick, base + _WIDTH) - HALF
    high = _uniform(key, _APPEARANCE, tick, base + _HEIGHT) - HALF
    actors.look[world, slot] = u8(_uniform(key, _APPEARANCE, tick, base + _LOOK) * f32(256.0))
    draw = _uniform(key, _APPEARANCE, tick, base + _KIND)
    accel, headway = parameters.accel_max, parameters.time_headway
    if draw < parameters.truck_share:
        kind = _TRUCK
        length = f32(11.0) + TWO * small
        _set_body(actors, world, slot, length, f32(2.5), f32(3.6) + f32(0.4) * high, f32(2.6), length * f32(0.5))
        accel, headway = accel * TRUCK_ACCEL, headway * TRUCK_HEADWAY
    elif draw < parameters.truck_share + VAN_SHARE:
        kind = _VAN
        length = f32(5.2) + f32(0.4) * small
        width, height = f32(2.0) + f32(0.1) * wide, f32(2.1) + f32(0.3) * high
        _set_body(actors, world, slot, length, width, height, f32(1.0), length * f32(0.6))
    elif draw < parameters.truck_share + VAN_SHARE + MOTORCYCLE_SHARE:
        kind = _MOTORCYCLE
        _set_body(actors, world, slot, f32(2.2), f32(0.9), f32(1.5), f32(0.35), f32(1.45))
    else:
        kind = _CAR
        length = f32(4.5) + f32(0.8) * small
        width, height = f32(1.8) + f32(0.16) * wide, f32(1.5) + f32(0.2) * high
        _set_body(actors, world, slot, length, width, height, f32(0.9), length * f32(0.6))
    actors.kind[world, slot] = u8(kind)
    spread = _deviate(key, tick, base + _FACTOR)
    actors.speed_factor[world, slot] = max(ONE + parameters.speed_deviation * spread, f32(0.2))
    actors.time_headway[world, slot] = max(_spread(key, tick, base + _FACTOR + 1, headway), f32(0.8))
    actors.accel_max[world, slot] = _spread(key, tick, base + _FACTOR + 2, accel)
    actors.brake_comfort[world, slot] = _spread(key, tick, base + _FACTOR + 3, parameters.brake_comfort)
    actors.min_gap[world, slot] = _spread(key, tick, base + _FACTOR + 4, parameters.min_gap)
    actors.cooldown[world, slot] = i32(slot % max(i32(ONE / parameters.step_s), i32(1)))


@njit
def comfortable_speed(maps, state, world, slot):
    """Slows a placed car until the road ahead asks for little braking."""
    actors = state.actors
    lane, s = actors.lane[world, slot], actors.s[world, slot]
    for _ in range(40):
        if road_acceleration(maps, state, world, slot, lane, s, i32(2)) > -HALF:
            break
        actors.speed[world, slot] *= SLOW_DOWN


@njit
def clear_distance(speed, lead_speed, headway, min_gap):
    """Gap that a follower needs in comfort behind a lead [m]."""
    excess = max(speed * speed - lead_speed * lead_speed, ZERO)
    return min_gap + FLOW_HEADWAY * headway * speed + excess / (TWO * SPAWN_BRAKING)


@njit
def fits(maps, state, world, slot):
    """True where a placed car is clear of everybody; slows it to the speed of a lead that is too near for its own."""
    actors = state.actors
    lane, s = actors.lane[world, slot], actors.s[world, slot]
    lead, gap = lead_along(maps, state, world, slot, lane, s, f32(300.0))
    headway, min_gap = actors.time_headway[world, slot], actors.min_gap[world, slot]
    if lead >= 0:
        if lead == 0:
            gap -= EGO_MARGIN
        lead_speed = actors.speed[world, lead]
        if gap < clear_distance(actors.speed[world, slot], lead_speed, headway, min_gap):
            actors.speed[world, slot] = min(actors.speed[world, slot], lead_speed)
            if gap < clear_distance(actors.speed[world, slot], lead_speed, headway, min_gap):
                return False
    speed = actors.speed[world, slot]
    room = drop_ahead(maps, state, world, slot, lane, s, f32(400.0))
    if room < DROP_ROOM + speed * speed / (TWO * SPAWN_BRAKING):
        return False
    follower, gap = follower_along(maps, state, world, slot, lane, s, f32(300.0))
    if follower < 0:
        return True
    if follower == 0:
        gap -= EGO_MARGIN
    headway, min_gap = actors.time_headway[world, follower], actors.min_gap[world, follower]
    return gap >= clear_distance(actors.speed[world, follower], speed, headway, min_gap)


@njit
def find_lane(lanes, row):
    """Lane that owns a row of `lanes.point`."""
    low, high = 0, lanes.length.shape[0] - 1
    while low < high:
        middle = (low + high + 1) // 2
        if lanes.point_first[middle] <= row:
            low = middle
        else:
            high = middle - 1
    return i32(low)


@njit
def try_place(maps, state, world, slot, draw, ahead_min, behind_min, far):
    """Tries one random place for a drawn car.

    Args:
        maps: `MapArrays`.
        state: `WorldState`.
        world: World.
        slot: Car.
        draw: Uniform in [0, 1): which metre of the map.
        ahead_min: Nearest distance from the ego where the place is ahead of it [m].
        behind_min: Nearest distance where it is behind [m].
        far: Farthest distance [m].

    Returns:
        True where the car now stands in the world.
    """
    lanes, actors = maps.lanes, state.actors
    number = state.episode.map[world]
    first = lanes.point_first[lanes.map_first[number]]
    last = lanes.point_first[lanes.map_first[number + 1]]
    row = min(first + i32(draw * f32(last - first)), last - 1)
    east = lanes.point[row, 0] - actors.x[world, 0]
    north = lanes.point[row, 1] - actors.y[world, 0]
    squared = east * east + north * north
    if squared > far * far or squared < behind_min * behind_min:
        return False
    cos, sin = f32(math.cos(actors.yaw[world, 0])), f32(math.sin(actors.yaw[world, 0]))
    if east * cos + north * sin > ZERO and squared < ahead_min * ahead_min:
        return False
    heading = lanes.point[row, 2]
    oncoming = f32(math.cos(heading)) * cos + f32(math.sin(heading)) * sin < ZERO
    if oncoming != (slot % 4 == 3):
        return False
    lane = find_lane(lanes, row)
    if row + 1 == lanes.point_first[lane + 1]:
        # The same place as the first point of the next lane: which of two cars there is ahead would be undecided.
        return False
    if lanes.type[lane] != _DRIVING and lanes.type[lane] != _ON_RAMP:
        return False
    leftmost = lanes.left[lane] < 0 and lanes.right[lane] >= 0
    if actors.kind[world, slot] == _TRUCK and leftmost and lanes.type[lanes.right[lane]] == _DRIVING:
        return False
    s = min(f32(row - lanes.point_first[lane]) * lanes.step[lane], lanes.length[lane])
    place(maps, actors, world, slot, lane, s, desired_speed(lanes, actors, world, slot, lane))
    comfortable_speed(maps, state, world, slot)
    if fits(maps, state, world, slot):
        return True
    actors.lane[world, slot] = -1
    actors.target_lane[world, slot] = -1
    return False


@njit
def respawn(maps, state, parameters, world, slot):
    """Lets an empty slot try to come back, far from the ego."""
    tick = state.episode.tick[world]
    if (tick + slot) % RESPAWN_TICKS != 0:
        return
    key = state.episode.key[world]
    draw_car(state, parameters, world, slot, i32(tick + 1))
    for attempt in range(RESPAWN_TRIES):
        draw = _uniform(key, _RESPAWN, tick, slot * _PER_SLOT + attempt)
        if try_place(maps, state, world, slot, draw, RESPAWN_AHEAD, RESPAWN_BEHIND, RESPAWN_FAR * reach(parameters)):
            return
    vanish(state.actors, world, slot)


@njit
def spawn_ego(maps, state, parameters, world):
    """Puts the ego at the start of its route, at 0.8 to 1 of the limit, slower before a curve."""
    actors, route = state.actors, state.episode.route[world]
    lane = maps.routes.start_lane[route]
    actors.kind[world, 0] = _CAR
    actors.look[world, 0] = 0
    _set_body(actors, world, EGO, f32(LENGTH), f32(WIDTH), f32(HEIGHT), f32(REAR_OVERHANG), f32(WHEELBASE))
    actors.speed_factor[world, 0] = ONE
    actors.time_headway[world, 0] = parameters.time_headway
    actors.min_gap[world, 0] = parameters.min_gap
    actors.accel_max[world, 0] = max(parameters.accel_max, EGO_ACCEL)
    actors.brake_comfort[world, 0] = parameters.brake_comfort
    actors.cooldown[world, 0] = 0
    draw = _uniform(state.episode.key[world], _EGO, _START, _EGO_DRAW)
    speed = maps.lanes.speed_limit[lane] * (f32(0.8) + f32(0.2) * draw)
    place(maps, actors, world, EGO, lane, maps.routes.start_s[route], speed)
    comfortable_speed(maps, state, world, EGO)
    actors.yaw_rate[world, 0] *= actors.speed[world, 0] / speed


@njit
def spawn_world(maps, state, parameters, world):
    """Begins an episode's traffic: the ego on its route, every other slot drawn and placed, or left empty."""
    actors = state.actors
    key = state.episode.key[world]
    for slot in range(actors.kind.shape[1]):
        vanish(actors, world, slot)
    spawn_ego(maps, state, parameters, world)
    for slot in range(1, actors.kind.shape[1]):
        draw_car(state, parameters, world, slot, _START)
        placed = False
        for attempt in range(SPAWN_TRIES):
            draw = _uniform(key, _SPAWN, _START, slot * _PER_SLOT + attempt)
            if try_place(maps, state, world, slot, draw, SPAWN_NEAR, SPAWN_NEAR, SPAWN_FAR * reach(parameters)):
                placed = True
                break
        if not placed:
            vanish(actors, world, slot)
