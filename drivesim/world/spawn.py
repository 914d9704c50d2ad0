"""Cars appear and vanish around drivers, never so that a crash cannot be avoided.

A place is found by going along the lanes from where a driver is, or from beside it on the other side of the road, by a
random way, then to a random lane there. It is accepted if its distance from every driver is right and if the car ahead
and the car behind there could keep clear in comfort. A slot that finds no place stays empty and tries again later.
Three of four slots belong to the driver's own direction; whoever finds no room there takes the other.

The spread of drivers follows Treiber's and SUMO's: desired speed over the limit ~ N(1, `speed_deviation`) and every
IDM parameter ~ N(mean, 0.2 mean), all cut off at two and a half deviations.
"""

import math

import numpy as np
from numba import njit

from drivesim.maps.lanes import HEADING, X, Y, neighbour_s, pose_at
from drivesim.maps.network import LaneType
from drivesim.rng import Purpose, normal, uniform
from drivesim.state import ActorKind
from drivesim.state.bodies import is_driving, slot_of
from drivesim.world.driver import road_acceleration
from drivesim.world.following import HALF, ONE, TWO, ZERO
from drivesim.world.lane_change import desired_speed
from drivesim.world.neighbours import HOPS_MAX, drop_ahead, follower_along, going_on, lead_along, path_next
from drivesim.world.vehicle import HEIGHT, LENGTH, REAR_OVERHANG, WHEELBASE, WIDTH

f32, i32, u8 = np.float32, np.int32, np.uint8

SPAWN_NEAR, SPAWN_FAR = f32(20.0), f32(170.0)
"""Distance at the start of an episode [m]; near means from any driver, far from `centre` or the driver."""
RESPAWN_AHEAD, RESPAWN_BEHIND, RESPAWN_FAR = f32(150.0), f32(110.0), f32(205.0)
"""Distance later on [m]: ahead of a driver, beyond what the camera draws."""
VANISH_FAR = f32(225.0)
"""Cars farther from every driver and from the centre of its traffic vanish [m]."""
CARS_IN_REACH = f32(18.0)
"""Where there are more cars than this, the farthest distances grow in proportion."""
SPAWN_TRIES, RESPAWN_TRIES = np.int64(24), np.int64(3)
"""The last third of either is on the other side of the road."""
RESPAWN_TICKS = 2
"""An empty slot tries again this often."""
FLOW_HEADWAY = f32(0.8)
"""Gaps at spawning are at least this fraction of T."""
SPAWN_BRAKING = f32(1.5)
"""Braking that spawning may ask of anybody [m/s^2]."""
DROP_ROOM = f32(120.0)
"""No car appears this near the end of its lane [m], plus what braking to rest takes; lanes are drawn this far ahead."""
DRIVER_MARGIN = f32(5.0)
"""Added to gaps behind and ahead of a driver [m]."""
DRIVER_ACCEL = f32(2.0)
"""IDM a of a driver [m/s^2]; it must merge from short ramps."""
DEVIATION, CUTOFF = f32(0.2), f32(2.5)
VAN_SHARE, MOTORCYCLE_SHARE = f32(0.15), f32(0.05)
TRUCK_ACCEL, TRUCK_HEADWAY = f32(0.6), f32(1.15)
"""Of a truck, relative to the mean."""
SLOW_DOWN = f32(0.92)

_PER_SLOT = 256
"""Draws reserved for one slot and tick."""
_LENGTH, _WIDTH, _HEIGHT, _LOOK, _KIND, _FACTOR = 0, 1, 2, 3, 4, 8
_WAY, _LANE, _LINK = 64, 65, 66
_WAY_STRIDE, _LANE_STRIDE = f32(0.7548777), f32(0.5698403)
"""Between tries, modulo 1: the plastic sequence of Roberts, whose points keep apart in two dimensions."""
# Typed, not literal: numba compiles a function once per literal.
_SPAWN, _DRIVER, _RESPAWN = np.int64(Purpose.SPAWN), np.int64(Purpose.DRIVER), np.int64(Purpose.RESPAWN)
_EGO, _APPEARANCE = np.int64(Purpose.EGO), np.int64(Purpose.APPEARANCE)
_START = i32(0)
SPREAD, SPREAD_STEP = f32(15.0), f32(20.0)
"""Drivers that begin at the same place keep this distance, and are moved on by so much [m]."""
_NONE, _CAR, _VAN, _TRUCK, _MOTORCYCLE = (
    int(ActorKind.NONE), int(ActorKind.CAR), int(ActorKind.VAN), int(ActorKind.TRUCK), int(ActorKind.MOTORCYCLE)
)  # fmt: skip
_DRIVING, _ON_RAMP, _OFF_RAMP = int(LaneType.DRIVING), int(LaneType.ON_RAMP), int(LaneType.OFF_RAMP)


@njit(inline="always")
def reach(parameters):
    """Factor on the farthest distances: one for few cars, larger where they would not find room."""
    return max(f32(parameters.car_count) / CARS_IN_REACH, ONE)


@njit
def vanish(actors, world, slot):
    """Empties a slot."""
    actors.kind[world, slot] = _NONE
    actors.driver[world, slot] = -1
    actors.lane[world, slot] = -1
    actors.second_lane[world, slot] = -1
    actors.target_lane[world, slot] = -1
    actors.change_ticks[world, slot] = -1
    actors.lamps[world, slot] = 0
    actors.speed[world, slot] = ZERO
    actors.accel[world, slot] = ZERO
    actors.accel_decided[world, slot] = ZERO
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
    actors.accel_decided[world, slot] = ZERO
    actors.steer[world, slot] = f32(math.atan(actors.wheelbase[world, slot] * curvature))
    actors.yaw_rate[world, slot] = speed * curvature
    actors.slip[world, slot] = ZERO
    actors.lamps[world, slot] = 0
    actors.straight[world, slot] = ZERO
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
    actors, key = state.actors, state.worlds.key[world]
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
        if actors.driver[world, lead] >= 0:
            gap -= DRIVER_MARGIN
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
    if actors.driver[world, follower] >= 0:
        gap -= DRIVER_MARGIN
    headway, min_gap = actors.time_headway[world, follower], actors.min_gap[world, follower]
    return gap >= clear_distance(actors.speed[world, follower], speed, headway, min_gap)


@njit
def _link(links, lane, draw):
    """A random successor or predecessor; -1 where there is none."""
    count = 0
    while count < links.shape[1] and links[lane, count] >= 0:
        count += 1
    if count == 0:
        return i32(-1)
    return links[lane, min(i32(draw * f32(count)), i32(count - 1))]


@njit
def follow_links(lanes, lane, s, draw):
    """The lane on which a place lies that is before or beyond the ends of `lane`.

    Args:
        lanes: `LaneArrays`.
        lane: Lane that s counts from.
        s: Place [m]; may be negative or beyond the lane's length.
        draw: Uniform in [0, 1): which way at forks and joints.

    Returns:
        Lane and s; s is still beyond its ends where the road has none further.
    """
    for _ in range(HOPS_MAX):
        if s > lanes.length[lane]:
            s -= lanes.length[lane]
            follow = _link(lanes.successor, going_on(lanes, lane), draw)
            if follow < 0:
                return lane, s + lanes.length[lane]
            lane = follow
        elif s < ZERO:
            before = _link(lanes.predecessor, lane, draw)
            if before < 0:
                break
            lane = before
            s += lanes.length[lane]
        else:
            break
    return lane, s


@njit
def lane_abreast(lanes, lane, draw):
    """A random one of the lanes abreast of `lane`, itself included."""
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
def centre(maps, state, world, slot):
    """Around which place on the road a driven car's traffic is: its own, on a ramp the one where that meets its road.

    On a ramp the road is out of reach, and the traffic that the car will meet there has to be there before it is.

    Returns:
        A lane and s [m].
    """
    lanes, actors = maps.lanes, state.actors
    lane, s = actors.lane[world, slot], actors.s[world, slot]
    ramp = lanes.type[lane]
    for _ in range(HOPS_MAX):
        if ramp == _ON_RAMP:
            follow = lanes.successor[lane, 0]
        elif ramp == _OFF_RAMP:
            follow = lanes.predecessor[lane, 0]
        else:
            break
        if follow < 0:
            break
        lane = follow
        s = ZERO if ramp == _ON_RAMP else lanes.length[lane]
        if lanes.type[lane] != ramp:
            break
    return lane, s


@njit
def opposite(maps, state, world, own, own_s):
    """Place on the road in the other direction, about abreast of (own, own_s).

    Returns:
        A lane, -1 where there is none, and s [m], which may be beyond its ends.
    """
    lanes = maps.lanes
    x, y, heading, _, _ = pose_at(lanes, own, own_s)
    cos, sin = f32(math.cos(heading)), f32(math.sin(heading))
    best, best_s, least = i32(-1), ZERO, f32(np.inf)
    map_slot = maps.slot_of[state.worlds.map[world]]
    for lane in range(lanes.map_first[map_slot], lanes.map_end[map_slot]):
        row = lanes.point_first[lane]
        east, north = x - lanes.point[row, X], y - lanes.point[row, Y]
        squared = east * east + north * north
        if squared >= least or lanes.type[lane] != _DRIVING:
            continue
        heading = lanes.point[row, HEADING]
        there_cos, there_sin = f32(math.cos(heading)), f32(math.sin(heading))
        if there_cos * cos + there_sin * sin < ZERO:
            best, best_s, least = i32(lane), east * there_cos + north * there_sin, squared
    return best, best_s


@njit
def is_near(actors, world, slot, x, y, far):
    """True where a car is less than `far` from (x, y) [m]."""
    east, north = actors.x[world, slot] - x, actors.y[world, slot] - y
    return east * east + north * north < far * far


@njit
def is_clear(state, world, slot, ahead_min, behind_min):
    """True where a car is no nearer to any driver than `ahead_min` ahead of it and `behind_min` behind it [m]."""
    actors = state.actors
    for driver in range(state.drivers.slot.shape[1]):
        if not is_driving(state, world, driver):
            continue
        own = slot_of(state, world, driver)
        x, y, yaw = actors.x[world, own], actors.y[world, own], actors.yaw[world, own]
        east, north = actors.x[world, slot] - x, actors.y[world, slot] - y
        near = ahead_min if east * f32(math.cos(yaw)) + north * f32(math.sin(yaw)) > ZERO else behind_min
        if is_near(actors, world, slot, x, y, near):
            return False
    return True


@njit
def host_of(state, world, slot):
    """Slot of the driver around which a car is placed: they take turns, those whose episode has ended left out."""
    drivers = state.drivers.slot.shape[1]
    for turn in range(drivers):
        driver = (slot + turn) % drivers
        if is_driving(state, world, driver):
            return slot_of(state, world, driver)
    return slot_of(state, world, np.int64(0))


@njit
def try_place(maps, state, world, slot, lane, s, ahead_min, behind_min, x, y, far):
    """Tries one place for a drawn car.

    Args:
        maps: `MapArrays`.
        state: `WorldState`.
        world: World.
        slot: Car.
        lane: Lane of the place.
        s: Its s [m].
        ahead_min: Nearest distance from a driver where the place is ahead of it [m].
        behind_min: Nearest distance where it is behind [m].
        x: East of the centre of the traffic [m].
        y: North of it [m].
        far: Farthest distance from there [m].

    Returns:
        True where the car now stands in the world.
    """
    lanes, actors = maps.lanes, state.actors
    if s < ZERO or s > lanes.length[lane] or (lanes.type[lane] != _DRIVING and lanes.type[lane] != _ON_RAMP):
        return False
    leftmost = lanes.left[lane] < 0 and lanes.right[lane] >= 0
    if actors.kind[world, slot] == _TRUCK and leftmost and lanes.type[lanes.right[lane]] == _DRIVING:
        return False
    place(maps, actors, world, slot, lane, s, desired_speed(lanes, actors, world, slot, lane))
    if is_near(actors, world, slot, x, y, far) and is_clear(state, world, slot, ahead_min, behind_min):
        comfortable_speed(maps, state, world, slot)
        if fits(maps, state, world, slot):
            return True
    actors.lane[world, slot] = -1
    actors.target_lane[world, slot] = -1
    return False


@njit
def find_place(maps, state, world, slot, purpose, tick, tries, ahead_min, behind_min, far):
    """Looks for a place for a drawn car.

    Args:
        maps: `MapArrays`.
        state: `WorldState`.
        world: World.
        slot: Car.
        purpose: `rng.Purpose` of the draws.
        tick: Control step of the draws.
        tries: Places tried at most.
        ahead_min: Nearest distance from a driver where the place is ahead of it [m].
        behind_min: Nearest distance where it is behind [m].
        far: Farthest distance from the driver or the centre of the traffic [m].

    Returns:
        True where the car now stands in the world.
    """
    lanes = maps.lanes
    key, base = state.worlds.key[world], slot * _PER_SLOT
    host = host_of(state, world, slot)
    way = _uniform(key, purpose, tick, base + _WAY)
    across = _uniform(key, purpose, tick, base + _LANE)
    link = _uniform(key, purpose, tick, base + _LINK)
    own, own_s = centre(maps, state, world, host)
    if slot % 2 == 0:
        # On a ramp, every other car is there with the driver.
        own, own_s = state.actors.lane[world, host], state.actors.s[world, host]
    x, y, _, _, _ = pose_at(lanes, own, own_s)
    oncoming = slot % 4 != 3
    lane, s = own, own_s
    for attempt in range(tries):
        if attempt == 0 or attempt == tries - tries // 3:
            oncoming = not oncoming
            lane, s = opposite(maps, state, world, own, own_s) if oncoming else (own, own_s)
        way += _WAY_STRIDE
        way -= f32(way >= ONE)
        across += _LANE_STRIDE
        across -= f32(across >= ONE)
        if lane < 0:
            continue
        side = TWO * way - ONE
        along = ahead_min + side * (far - ahead_min) if side >= ZERO else -behind_min + side * (far - behind_min)
        if oncoming:
            along = -along
        chosen, there = follow_links(lanes, lane, s + max(along, ZERO) + DROP_ROOM, link)
        abreast = lane_abreast(lanes, chosen, across)
        there = neighbour_s(lanes, chosen, abreast, there) + min(along, ZERO) - DROP_ROOM
        chosen, there = follow_links(lanes, abreast, there, link)
        if try_place(maps, state, world, slot, chosen, there, ahead_min, behind_min, x, y, far):
            return True
    return False


@njit
def respawn(maps, state, parameters, world, slot):
    """Lets an empty slot try to come back, far from every driver."""
    tick = state.worlds.tick[world]
    if (tick + slot) % RESPAWN_TICKS != 0:
        return
    draw_car(state, parameters, world, slot, i32(tick + 1))
    far = RESPAWN_FAR * reach(parameters)
    if not find_place(maps, state, world, slot, _RESPAWN, tick, RESPAWN_TRIES, RESPAWN_AHEAD, RESPAWN_BEHIND, far):
        vanish(state.actors, world, slot)


@njit
def start_place(maps, state, world, driver):
    """Where a driver begins: its route's start, or as far beyond it as drivers before it take up. Returns lane, s."""
    lanes, actors = maps.lanes, state.actors
    route = state.navigation.route[world, driver]
    lane, s = maps.routes.start_lane[route], maps.routes.start_s[route]
    for _ in range(driver + 1):
        x, y, _, _, _ = pose_at(lanes, lane, s)
        taken = False
        for before in range(driver):
            if is_near(actors, world, slot_of(state, world, before), x, y, SPREAD):
                taken = True
        if not taken:
            break
        s += SPREAD_STEP
        while s > lanes.length[lane]:
            follow = path_next(maps, state, world, slot_of(state, world, driver), lane)
            if follow < 0:
                break
            s -= lanes.length[lane]
            lane = follow
    return lane, s


@njit
def spawn_driver(maps, state, parameters, world, driver):
    """Puts a driver's car at the start of its route, at 0.8 to 1 of the limit, slower before a curve."""
    actors, slot = state.actors, slot_of(state, world, driver)
    actors.driver[world, slot] = driver
    actors.kind[world, slot] = _CAR
    actors.look[world, slot] = 0
    _set_body(actors, world, slot, f32(LENGTH), f32(WIDTH), f32(HEIGHT), f32(REAR_OVERHANG), f32(WHEELBASE))
    actors.speed_factor[world, slot] = ONE
    actors.time_headway[world, slot] = parameters.time_headway
    actors.min_gap[world, slot] = parameters.min_gap
    actors.accel_max[world, slot] = max(parameters.accel_max, DRIVER_ACCEL)
    actors.brake_comfort[world, slot] = parameters.brake_comfort
    actors.cooldown[world, slot] = 0
    draw = _uniform(state.worlds.key[world], _EGO, _START, driver)
    lane, s = start_place(maps, state, world, driver)
    speed = maps.lanes.speed_limit[lane] * (f32(0.8) + f32(0.2) * draw)
    place(maps, actors, world, slot, lane, s, speed)
    comfortable_speed(maps, state, world, slot)
    actors.yaw_rate[world, slot] *= actors.speed[world, slot] / speed


@njit
def spawn_world(maps, state, parameters, world):
    """Begins an episode's traffic: drivers on their routes, every other slot drawn and placed, or left empty."""
    actors = state.actors
    drivers = state.drivers.slot.shape[1]
    for slot in range(actors.kind.shape[1]):
        vanish(actors, world, slot)
    for driver in range(drivers):
        state.drivers.slot[world, driver] = driver
        actors.driver[world, driver] = driver
    for driver in range(drivers):
        spawn_driver(maps, state, parameters, world, driver)
    far = SPAWN_FAR * reach(parameters)
    for slot in range(drivers, drivers + state.conditions.car_count[world]):
        draw_car(state, parameters, world, slot, _START)
        if not find_place(maps, state, world, slot, _SPAWN, _START, SPAWN_TRIES, SPAWN_NEAR, SPAWN_NEAR, far):
            vanish(actors, world, slot)
