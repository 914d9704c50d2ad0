"""Cars appear and vanish around drivers, out of their sight and never so that a crash cannot be avoided.

A place is found by going along the lanes from where a driver is, or from beside it on the other side of the road, by a
random way, then to a random lane there. It is accepted if its distance from every driver is right and if the car ahead
and the car behind there could keep clear in comfort. A slot that finds no place stays empty and tries again later.
Three of four slots belong to the driver's own direction; whoever finds no room there takes the other.
"""

import math

import numpy as np
from numba import njit

from drivesim.maps.lanes import HEADING, X, Y, first_link, neighbour_s, pose_at
from drivesim.maps.network import LaneType
from drivesim.maps.path import LONG, advance, lane_abreast, wander
from drivesim.rng import Purpose, below
from drivesim.state import ActorKind, Motion
from drivesim.state.bodies import is_driving, remember_pose, slot_of
from drivesim.state.sight import is_seen
from drivesim.world.appearance import PER_SLOT, draw, draw_car, set_body
from drivesim.world.driver import road_acceleration
from drivesim.world.errands.aside import stay
from drivesim.world.following import HALF, ONE, TWO, ZERO
from drivesim.world.grip import time_headway
from drivesim.world.junctions import forget_junction
from drivesim.world.lane_change import desired_speed
from drivesim.world.neighbours import drop_ahead, follower_along, lead_along, parts
from drivesim.world.vehicle import HEIGHT, LENGTH, REAR_OVERHANG, WHEELBASE, WIDTH
from drivesim.world.ways import way_of

f32, i32, u8 = np.float32, np.int32, np.uint8

SPAWN_NEAR, SPAWN_FAR = f32(20.0), f32(170.0)
"""Distance at the start of an episode [m]; near means from any driver, far from `centre` or the driver."""
RESPAWN_AHEAD, RESPAWN_BEHIND, RESPAWN_FAR = f32(150.0), f32(110.0), f32(205.0)
"""Distance later on [m]: ahead of a driver and behind it, both at least as far as it sees."""
RESPAWN_DEPTH = f32(55.0)
"""Farther than what is seen by at least this, so that there are places [m]."""
VANISH_FAR, VANISH_MARGIN = f32(225.0), f32(20.0)
"""Cars farther from every driver and from the centre of its traffic vanish: at least so far beyond who appears [m]."""
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
RAMP_LENGTH_MAX = f32(2000.0)
"""A ramp is followed this far to the road it belongs to [m]."""
DRIVER_MARGIN = f32(5.0)
"""Added to gaps behind and ahead of a driver [m]."""
DRIVER_ACCEL = f32(2.0)
"""IDM a of a driver [m/s^2]; it must merge from short ramps."""
SLOW_DOWN = f32(0.92)

STREET_LENGTH, STREET_WIDTH = f32(6.0), f32(2.2)
"""Trucks on streets are no larger: a 3.5 t delivery truck, which turns within its lane [m]."""
LORRY_SHARE = f32(0.4)
"""Of the trucks, those that are larger all the same."""
SCATTER_TRIES = np.int64(12)
"""Places anywhere on the map that are tried where there is no driver to be near to."""
WALKER_AHEAD, WALKER_BEHIND, WALKER_BESIDE = f32(50.0), f32(10.0), f32(4.5)
"""No car appears with somebody on foot so near ahead of it, behind it, beside its lane's centre [m]."""
LINE_ROOM, JOINT_ROOM = f32(3.0), f32(3.0)
"""No car appears with its bumper nearer than this to a junction's line ahead or to its edge behind [m]."""
PARTING_ROOM = f32(22.0)
"""Nor on so much of a lane that parts from another, as wide as both are together while it opens [m]."""

_WAY, _LANE, _LINK, _LORRY, _ANYWHERE = 64, 65, 66, 67, 96
_WAY_STRIDE, _LANE_STRIDE = f32(0.7548777), f32(0.5698403)
"""Between tries, modulo 1: the plastic sequence of Roberts, whose points keep apart in two dimensions."""
# Typed, not literal: numba compiles a function once per literal.
_SPAWN, _RESPAWN, _EGO = np.int64(Purpose.SPAWN), np.int64(Purpose.RESPAWN), np.int64(Purpose.EGO)
_APPEARANCE = np.int64(Purpose.APPEARANCE)
_START = i32(0)
TWICE = np.int64(2)
INFINITY = f32(np.inf)
SPREAD, SPREAD_STEP = f32(15.0), f32(20.0)
"""Drivers that begin at the same place keep this distance, and are moved on by so much [m]."""
_NONE, _CAR, _CYCLIST = int(ActorKind.NONE), int(ActorKind.CAR), int(ActorKind.CYCLIST)
_TRUCK = int(ActorKind.TRUCK)
_BIKING, _WALKER = int(LaneType.BIKING), int(Motion.WALKER)
_DRIVING, _ON_RAMP, _OFF_RAMP = int(LaneType.DRIVING), int(LaneType.ON_RAMP), int(LaneType.OFF_RAMP)


@njit(inline="always")
def reach(parameters):
    """Factor on the farthest distances: one for few cars, larger where they would not find room."""
    return max(f32(parameters.car_count) / CARS_IN_REACH, ONE)


@njit
def respawn_far(parameters):
    """Cars appear no farther than this from the driver or the centre of its traffic [m]."""
    seen = max(parameters.sight.ahead, parameters.sight.behind)
    return max(RESPAWN_FAR * reach(parameters), seen + RESPAWN_DEPTH)


@njit
def vanish_far(parameters):
    """Cars farther than this from every driver and from the centre of its traffic vanish [m]."""
    return max(VANISH_FAR * reach(parameters), respawn_far(parameters) + VANISH_MARGIN)


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
    actors.lead_gap[world, slot] = INFINITY
    stay(actors, world, slot)


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
    stay(actors, world, slot)
    actors.straight[world, slot] = ZERO
    remember_pose(actors, world, slot)
    actors.lead[world, slot] = -1
    actors.lead_gap[world, slot] = INFINITY


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
    headway, min_gap = time_headway(state, world, slot), actors.min_gap[world, slot]
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
    headway, min_gap = time_headway(state, world, follower), actors.min_gap[world, follower]
    return gap >= clear_distance(actors.speed[world, follower], speed, headway, min_gap)


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
    followed = ZERO
    while lanes.type[lane] == ramp and (ramp == _ON_RAMP or ramp == _OFF_RAMP) and followed < RAMP_LENGTH_MAX:
        first, links = lanes.predecessor_first, lanes.predecessor
        if ramp == _ON_RAMP:
            first, links = lanes.successor_first, lanes.successor
        other = first_link(first, links, lane)
        if other < 0:
            break
        lane = other
        s = ZERO if ramp == _ON_RAMP else lanes.length[lane]
        followed += lanes.length[lane]
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
    best, best_s, least = i32(-1), ZERO, INFINITY
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
def draw_vehicle(maps, state, parameters, world, slot, tick):
    """Draws a vehicle: on maps whose ways cross, trucks are those that deliver in towns but for a share of lorries.

    Lorries and buses are placed only where the streets hold them (`try_place`).
    """
    draw_car(state, parameters, world, slot, tick)
    actors, lane_first = state.actors, maps.conflicts.lane_first
    map_slot = maps.slot_of[state.worlds.map[world]]
    if lane_first[maps.lanes.map_end[map_slot]] == lane_first[maps.lanes.map_first[map_slot]]:
        return
    share = STREET_LENGTH / actors.length[world, slot]
    if share < ONE and actors.kind[world, slot] == _TRUCK:
        if draw(state.worlds.key[world], _APPEARANCE, tick, slot * PER_SLOT + _LORRY) < LORRY_SHARE:
            return
        set_body(
            actors, world, slot, STREET_LENGTH, min(actors.width[world, slot], STREET_WIDTH),
            actors.height[world, slot], share * actors.rear[world, slot], share * actors.wheelbase[world, slot],
        )  # fmt: skip


@njit
def has_room_before_junction(maps, actors, world, slot, lane, s):
    """Whether a place is outside every junction, with a body's length and more before the next."""
    lanes = maps.lanes
    if lanes.junction[lane] >= 0:
        return False
    room = maps.ways.ahead[lane] - s - (actors.length[world, slot] - actors.rear[world, slot])
    if room < LINE_ROOM:
        return False
    if parts(lanes, lane) and s < PARTING_ROOM:
        return False
    before = first_link(lanes.predecessor_first, lanes.predecessor, lane)
    return before < 0 or lanes.junction[before] < 0 or s > actors.rear[world, slot] + JOINT_ROOM


@njit
def scatter(maps, state, world, slot, purpose, tick):
    """Looks for a place anywhere on the map for a drawn car; True where the car now stands in the world."""
    lanes, key = maps.lanes, state.worlds.key[world]
    map_slot = maps.slot_of[state.worlds.map[world]]
    first, count = lanes.map_first[map_slot], lanes.map_end[map_slot] - lanes.map_first[map_slot]
    for attempt in range(SCATTER_TRIES):
        base = slot * PER_SLOT + _ANYWHERE + TWICE * attempt
        lane = i32(first + below(key, purpose, tick, base, count))
        s = lanes.length[lane] * draw(key, purpose, tick, base + 1)
        if lanes.type[lane] == _DRIVING and lanes.junction[lane] < 0:
            if try_place(maps, state, world, slot, lane, s, ZERO, ZERO, ZERO, ZERO, INFINITY):
                return True
    return False


@njit
def surprises(actors, world, slot):
    """Whether a placed car would come upon somebody who walks on the road."""
    cos, sin = f32(math.cos(actors.yaw[world, slot])), f32(math.sin(actors.yaw[world, slot]))
    for other in range(actors.kind.shape[1]):
        if actors.motion[world, other] != _WALKER or actors.kind[world, other] == _NONE:
            continue
        east, north = actors.x[world, other] - actors.x[world, slot], actors.y[world, other] - actors.y[world, slot]
        along, aside = east * cos + north * sin, north * cos - east * sin
        if -WALKER_BEHIND < along < WALKER_AHEAD and abs(aside) < WALKER_BESIDE:
            return True
    return False


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
    if s < ZERO or s > lanes.length[lane]:
        return False
    if lanes.type[lane] == _BIKING:
        if actors.kind[world, slot] != _CYCLIST:
            return False
    elif lanes.type[lane] != _DRIVING and lanes.type[lane] != _ON_RAMP:
        return False
    if actors.length[world, slot] > LONG and lanes.longest[lane] < actors.length[world, slot]:
        return False
    if not has_room_before_junction(maps, actors, world, slot, lane, s):
        return False
    leftmost = lanes.left[lane] < 0 and lanes.right[lane] >= 0
    if actors.speed_max[world, slot] < INFINITY and leftmost and lanes.type[lanes.right[lane]] == _DRIVING:
        return False
    speed = desired_speed(lanes, state, world, slot, lane)
    room = maps.ways.ahead[lane] - s - LINE_ROOM - actors.length[world, slot]
    place(maps, actors, world, slot, lane, s, min(speed, f32(math.sqrt(TWO * SPAWN_BRAKING * max(room, ZERO)))))
    if is_near(actors, world, slot, x, y, far) and is_clear(state, world, slot, ahead_min, behind_min):
        comfortable_speed(maps, state, world, slot)
        if fits(maps, state, world, slot) and not surprises(actors, world, slot):
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
    key, base = state.worlds.key[world], slot * PER_SLOT
    host = host_of(state, world, slot)
    way = draw(key, purpose, tick, base + _WAY)
    across = draw(key, purpose, tick, base + _LANE)
    link = draw(key, purpose, tick, base + _LINK)
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
        chosen, there = wander(lanes, lane, s + max(along, ZERO) + DROP_ROOM, link)
        abreast = lane_abreast(lanes, chosen, across)
        there = neighbour_s(lanes, chosen, abreast, there) + min(along, ZERO) - DROP_ROOM
        chosen, there = wander(lanes, abreast, there, link)
        if try_place(maps, state, world, slot, chosen, there, ahead_min, behind_min, x, y, far):
            return True
    return False


@njit
def respawn(maps, state, parameters, world, slot):
    """Lets an empty slot try to come back, far from every driver and out of its sight."""
    tick = state.worlds.tick[world]
    if state.drivers.slot.shape[1] == 0:
        draw_vehicle(maps, state, parameters, world, slot, i32(tick + 1))
        if not scatter(maps, state, world, slot, _RESPAWN, tick):
            vanish(state.actors, world, slot)
        return
    if (tick + slot) % RESPAWN_TICKS != 0:
        return
    draw_vehicle(maps, state, parameters, world, slot, i32(tick + 1))
    sight = parameters.sight
    ahead_min, behind_min = max(RESPAWN_AHEAD, sight.ahead), max(RESPAWN_BEHIND, sight.behind)
    far = respawn_far(parameters)
    if not find_place(maps, state, world, slot, _RESPAWN, tick, RESPAWN_TRIES, ahead_min, behind_min, far) or is_seen(
        state, sight, world, slot
    ):
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
        way = way_of(maps, state, world, slot_of(state, world, driver))
        lane, s = advance(maps, way, lane, s + SPREAD_STEP, changing=False)
    return lane, s


@njit
def spawn_driver(maps, state, parameters, world, driver):
    """Puts a driver's car at the start of its route, at 0.8 to 1 of the limit, slower before a curve."""
    actors, slot = state.actors, slot_of(state, world, driver)
    actors.driver[world, slot] = driver
    actors.kind[world, slot] = _CAR
    actors.look[world, slot] = 0
    set_body(actors, world, slot, f32(LENGTH), f32(WIDTH), f32(HEIGHT), f32(REAR_OVERHANG), f32(WHEELBASE))
    actors.speed_factor[world, slot] = ONE
    actors.speed_max[world, slot] = INFINITY
    actors.time_headway[world, slot] = parameters.time_headway
    actors.min_gap[world, slot] = parameters.min_gap
    actors.accel_max[world, slot] = max(parameters.accel_max, DRIVER_ACCEL)
    actors.brake_comfort[world, slot] = parameters.brake_comfort
    actors.cooldown[world, slot] = 0
    pace = f32(0.8) + f32(0.2) * draw(state.worlds.key[world], _EGO, _START, driver)
    lane, s = start_place(maps, state, world, driver)
    speed = min(maps.lanes.speed_limit[lane] * pace, desired_speed(maps.lanes, state, world, slot, lane))
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
        forget_junction(state, world, slot)
    for driver in range(drivers):
        state.drivers.slot[world, driver] = driver
        actors.driver[world, driver] = driver
    for driver in range(drivers):
        spawn_driver(maps, state, parameters, world, driver)
    far = SPAWN_FAR * reach(parameters)
    for slot in range(drivers, drivers + state.conditions.car_count[world]):
        draw_vehicle(maps, state, parameters, world, slot, _START)
        if drivers == 0:
            if not scatter(maps, state, world, slot, _SPAWN, np.int64(0)):
                vanish(actors, world, slot)
            continue
        if not find_place(maps, state, world, slot, _SPAWN, _START, SPAWN_TRIES, SPAWN_NEAR, SPAWN_NEAR, far):
            vanish(actors, world, slot)
