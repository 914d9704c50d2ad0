"""Walkers, cyclists and parked cars appear around drivers, out of their sight, and vanish far from them.

Walkers appear on pavements, cyclists on cycle lanes or at the right side of streets, parked cars in bays. What is
drawn for somebody depends on the episode, the tick and its slot alone.
"""

import math

import numpy as np
from numba import njit

from drivesim.kernels.parts import part
from drivesim.maps.network import LaneType
from drivesim.maps.places import FootpathKind
from drivesim.rng import Purpose, below, normal, uniform
from drivesim.state import ActorKind, Motion
from drivesim.state.bodies import remember_pose
from drivesim.state.people import Nature
from drivesim.state.sight import is_seen
from drivesim.world.appearance import CUTOFF, PER_SLOT, draw_body, draw_driver
from drivesim.world.errands.aside import stay
from drivesim.world.errands.bays import BAY_MARGIN, is_empty
from drivesim.world.people.slots import first_cyclist, first_parked, first_walker
from drivesim.world.people.ways import path_pose
from drivesim.world.spawn import host_of, is_clear, is_near, try_place, vanish

f32, i32, i8, u8 = np.float32, np.int32, np.int8, np.uint8

PACE, PACE_DEVIATION = f32(1.34), f32(0.26)
"""Speed at which adults walk ~ N(1.34, 0.26) [m/s] (Helbing, Molnar 1995), cut off at two and a half deviations."""
CHILD_PACE, ELDERLY_PACE, ELDERLY_DEVIATION = f32(1.39), f32(1.0), f32(0.15)
"""Of children and of the elderly [m/s] (specs 5.8)."""
CHILDREN, ELDERLY = f32(0.12), f32(0.15)
"""Shares among people on foot."""
GAP_MIN, GAP_SPREAD, CHILD_GAP = f32(3.0), f32(2.0), f32(2.0)
"""Gaps taken by adults are drawn from 3 to 5 s, by children from 2 to 4 s."""
CHILD_HEIGHT, CHILD_SPREAD = f32(1.05), f32(0.4)
TOGETHER = f32(0.35)
"""Chance that somebody goes with the first of its three."""
COMPANY = f32(0.7)
"""Who goes together walks so far apart [m]."""
NEAR_AT_START, NEAR, FAR, GONE = f32(8.0), f32(60.0), f32(120.0), f32(160.0)
"""Distance from drivers at the start and later on, from the one around which they appear, and when they vanish [m]."""
APART = f32(1.2)
"""Nobody appears nearer to somebody else [m]."""
TRIES_AT_START, TRIES = 60, 6
RETRY_TICKS = 4
"""An empty slot tries again this often."""
SLOW_ROAD = f32(70.0 / 3.6)
"""Cyclists appear in lanes where cars are driven no faster [m/s]."""
RIDE_MIN, RIDE_SPREAD = f32(15.0 / 3.6), f32(5.0 / 3.6)
"""Cyclists ride at 15 to 20 km/h [m/s]."""
RIDE_ACCEL, RIDE_BRAKE, RIDE_GAP, RIDE_HEADWAY = f32(1.2), f32(3.0), f32(1.0), f32(1.2)
"""IDM a, b [m/s^2], s0 [m] and T [s] of cyclists."""
NEVER = i32(1 << 30)
VANS = f32(0.15)
"""Share of vans among parked cars."""
INFINITY, ZERO, HALF, ONE, TWO = f32(np.inf), f32(0.0), f32(0.5), f32(1.0), f32(2.0)
_PEDESTRIAN, _CYCLIST = np.int64(ActorKind.PEDESTRIAN), np.int64(ActorKind.CYCLIST)
_CAR, _VAN, _NONE = np.int64(ActorKind.CAR), np.int64(ActorKind.VAN), int(ActorKind.NONE)
_WALKER, _FOLLOWER, _STANDING = u8(Motion.WALKER), u8(Motion.LANE_FOLLOWER), u8(Motion.STANDING)
_ADULT, _CHILD, _ELDERLY = u8(Nature.ADULT), u8(Nature.CHILD), u8(Nature.ELDERLY)
_PAVEMENT = int(FootpathKind.PAVEMENT)
_BIKING, _DRIVING = int(LaneType.BIKING), int(LaneType.DRIVING)
_PEOPLE, _PARKING = np.int64(Purpose.PEOPLE), np.int64(Purpose.PARKING)
_NATURE, _PACE, _SIDE, _GAP, _AHEAD, _COMPANY, _PLACE = 0, 4, 6, 7, 8, 9, 16


@njit
def draw_walker(state, parameters, world, walker, tick):
    """Draws body and habits of a walker."""
    actors, people = state.actors, state.people
    slot, key = first_walker(state, parameters) + walker, state.worlds.key[world]
    draw_body(state, parameters, world, slot, i32(tick), _PEDESTRIAN)
    actors.motion[world, slot] = _WALKER
    base = walker * PER_SLOT
    deviate = min(max(normal(key, _PEOPLE, tick, (base + _PACE) // 2), -CUTOFF), CUTOFF)
    chance = uniform(key, _PEOPLE, tick, base + _NATURE)
    gap = GAP_SPREAD * uniform(key, _PEOPLE, tick, base + _GAP)
    people.nature[world, walker] = _ADULT
    people.pace[world, walker] = PACE + PACE_DEVIATION * deviate
    people.gap[world, walker] = GAP_MIN + gap
    if chance < CHILDREN:
        people.nature[world, walker] = _CHILD
        people.pace[world, walker] = CHILD_PACE + ELDERLY_DEVIATION * deviate
        people.gap[world, walker] = CHILD_GAP + gap
        height = CHILD_HEIGHT + CHILD_SPREAD * chance / CHILDREN
        small = height / actors.height[world, slot]
        actors.height[world, slot] = height
        actors.width[world, slot] *= small
        actors.length[world, slot] *= small
    elif chance < CHILDREN + ELDERLY:
        people.nature[world, walker] = _ELDERLY
        people.pace[world, walker] = ELDERLY_PACE + ELDERLY_DEVIATION * deviate
    people.side[world, walker] = -uniform(key, _PEOPLE, tick, base + _SIDE)
    people.guide[world, walker] = i32(walker)
    people.turns[world, walker] = 0
    people.waited[world, walker] = 0
    people.next_path[world, walker] = -1
    people.crossing[world, walker] = -1


@njit
def stand(maps, state, parameters, world, walker, path, along, ahead):
    """Puts a drawn walker onto a footpath, walking."""
    paths, people, actors = maps.footpaths, state.people, state.actors
    slot = first_walker(state, parameters) + walker
    people.path[world, walker] = path
    people.along[world, walker] = along
    people.ahead[world, walker] = ahead
    x, y, east, north = path_pose(paths, path, along)
    aside = people.side[world, walker] * max(HALF * paths.width[path] - f32(0.3), ZERO) * f32(ahead)
    pace = people.pace[world, walker] * f32(ahead)
    people.east[world, walker], people.north[world, walker] = pace * east, pace * north
    actors.x[world, slot], actors.y[world, slot] = x - aside * north, y + aside * east
    actors.yaw[world, slot] = f32(math.atan2(north * f32(ahead), east * f32(ahead)))
    actors.speed[world, slot] = people.pace[world, walker]
    actors.gait[world, slot] = f32(walker)
    for_nobody(actors, world, slot)


@njit
def for_nobody(actors, world, slot):
    """Says of somebody who is on no lane that it is on none."""
    actors.lane[world, slot] = -1
    actors.second_lane[world, slot] = -1
    actors.target_lane[world, slot] = -1
    actors.accel[world, slot] = ZERO
    actors.yaw_rate[world, slot] = ZERO
    actors.steer[world, slot] = ZERO
    actors.slip[world, slot] = ZERO
    actors.lamps[world, slot] = 0
    actors.lead[world, slot] = -1
    actors.lead_gap[world, slot] = INFINITY
    remember_pose(actors, world, slot)


@njit
def is_free(state, parameters, world, slot, near, far, unseen):
    """Whether somebody may appear where it has been put: near enough to a driver and not too near, to nobody else."""
    actors = state.actors
    if state.drivers.slot.shape[1] > 0:
        host = host_of(state, world, slot)
        if not is_near(actors, world, slot, actors.x[world, host], actors.y[world, host], far):
            return False
        if not is_clear(state, world, slot, near, near):
            return False
        if unseen and is_seen(state, parameters.sight, world, slot):
            return False
    for other in range(actors.kind.shape[1]):
        if other != slot and actors.kind[world, other] != _NONE:
            apart = APART + actors.length[world, other] * HALF
            if is_near(actors, world, slot, actors.x[world, other], actors.y[world, other], apart):
                return False
    return True


@njit
def place_walker(maps, state, parameters, world, walker, tick, tries, near, unseen):
    """Looks for a place on the pavements for a drawn walker, beside its company first; False where there is none."""
    paths, people, key = maps.footpaths, state.people, state.worlds.key[world]
    first = first_walker(state, parameters)
    slot, base = first + walker, walker * PER_SLOT
    map_slot = maps.slot_of[state.worlds.map[world]]
    low, count = paths.map_first[map_slot], paths.map_end[map_slot] - paths.map_first[map_slot]
    if count == 0:
        return False
    guide = walker - walker % 3
    company = uniform(key, _PEOPLE, tick, base + _COMPANY) < TOGETHER and guide != walker
    if company and state.actors.kind[world, first + guide] != _NONE and people.guide[world, guide] == guide:
        path = people.path[world, guide]
        half = HALF * paths.width[path] - f32(0.3)
        if paths.kind[path] == _PAVEMENT and half > COMPANY and people.next_path[world, guide] < 0:
            own = people.side[world, walker], people.pace[world, walker]
            people.side[world, walker] = people.side[world, guide] + f32(walker - guide) * COMPANY / half
            people.pace[world, walker] = people.pace[world, guide]
            if people.side[world, walker] <= ONE:
                stand(
                    maps, state, parameters, world, walker, path, people.along[world, guide], people.ahead[world, guide]
                )
                if is_company_free(state, parameters, world, slot, near, unseen):
                    people.guide[world, walker] = guide
                    people.turns[world, walker] = people.turns[world, guide]
                    return True
            people.side[world, walker], people.pace[world, walker] = own
    ahead = i8(1) if uniform(key, _PEOPLE, tick, base + _AHEAD) < HALF else i8(-1)
    for attempt in range(tries):
        draws = base + _PLACE + 2 * attempt
        path = i32(low + below(key, _PEOPLE, tick, draws, count))
        if paths.kind[path] != _PAVEMENT:
            continue
        along = paths.length[path] * uniform(key, _PEOPLE, tick, draws + 1)
        stand(maps, state, parameters, world, walker, path, along, ahead)
        if is_free(state, parameters, world, slot, near, FAR, unseen):
            return True
    return False


@njit
def is_company_free(state, parameters, world, slot, near, unseen):
    """Whether somebody may appear beside its company."""
    if not is_clear(state, world, slot, near, near):
        return False
    return not (unseen and is_seen(state, parameters.sight, world, slot))


@njit
def respawn_walker(maps, state, parameters, world, walker):
    """Lets an empty slot try to come back, out of every driver's sight."""
    tick = state.worlds.tick[world]
    if (tick + walker) % RETRY_TICKS != 0:
        return
    draw_walker(state, parameters, world, walker, tick)
    if not place_walker(maps, state, parameters, world, walker, tick, TRIES, NEAR, True):
        vanish(state.actors, world, first_walker(state, parameters) + walker)


@njit
def draw_cyclist(state, parameters, world, slot, tick):
    """Draws body and habits of a cyclist."""
    actors = state.actors
    draw_body(state, parameters, world, slot, i32(tick), _CYCLIST)
    actors.motion[world, slot] = _FOLLOWER
    chance = uniform(state.worlds.key[world], _PEOPLE, tick, slot * PER_SLOT + _PACE)
    actors.speed_max[world, slot] = RIDE_MIN + RIDE_SPREAD * chance
    actors.speed_factor[world, slot] = ONE
    actors.time_headway[world, slot] = RIDE_HEADWAY
    actors.min_gap[world, slot] = RIDE_GAP
    actors.accel_max[world, slot] = RIDE_ACCEL
    actors.brake_comfort[world, slot] = RIDE_BRAKE
    actors.cooldown[world, slot] = NEVER
    actors.gait[world, slot] = f32(slot)


@njit
def place_cyclist(maps, state, parameters, world, slot, tick, tries, near, unseen):
    """Looks for a place on a cycle lane, then on a street, for a drawn cyclist; False where there is none."""
    lanes, key, actors = maps.lanes, state.worlds.key[world], state.actors
    map_slot = maps.slot_of[state.worlds.map[world]]
    first, count = lanes.map_first[map_slot], lanes.map_end[map_slot] - lanes.map_first[map_slot]
    x, y, far = ZERO, ZERO, INFINITY
    if state.drivers.slot.shape[1] > 0:
        host = host_of(state, world, slot)
        x, y, far = actors.x[world, host], actors.y[world, host], FAR
    for attempt in range(tries):
        draws = slot * PER_SLOT + _PLACE + 2 * attempt
        lane = i32(first + below(key, _PEOPLE, tick, draws, count))
        kind = lanes.type[lane]
        if kind != _BIKING:
            outer = lanes.left[lane] if maps.left_hand[map_slot] else lanes.right[lane]
            if kind != _DRIVING or (outer >= 0 and lanes.type[outer] == _DRIVING) or attempt < tries // 2:
                continue
            if lanes.speed_limit[lane] > SLOW_ROAD:
                continue
        s = lanes.length[lane] * uniform(key, _PEOPLE, tick, draws + 1)
        if try_place(maps, state, world, slot, lane, s, near, near, x, y, far):
            if not (unseen and is_seen(state, parameters.sight, world, slot)):
                return True
            actors.lane[world, slot] = -1
            actors.target_lane[world, slot] = -1
    return False


@njit
def respawn_cyclist(maps, state, parameters, world, slot):
    """Lets an empty slot try to come back, out of every driver's sight."""
    tick = state.worlds.tick[world]
    if (tick + slot) % RETRY_TICKS != 0:
        return
    draw_cyclist(state, parameters, world, slot, tick)
    if not place_cyclist(maps, state, parameters, world, slot, tick, TRIES, NEAR, True):
        vanish(state.actors, world, slot)


@njit
def place_parked(maps, state, parameters, world, slot, tick, tries, near, unseen):
    """Looks for an empty bay for a car; False where there is none."""
    bays, actors, key = maps.bays, state.actors, state.worlds.key[world]
    map_slot = maps.slot_of[state.worlds.map[world]]
    first, count = bays.map_first[map_slot], bays.map_end[map_slot] - bays.map_first[map_slot]
    if count == 0:
        return False
    kind = _VAN if uniform(key, _PARKING, tick, slot * PER_SLOT) < VANS else _CAR
    draw_body(state, parameters, world, slot, i32(tick), kind)
    draw_driver(state, parameters, world, slot, i32(tick), kind)
    stay(actors, world, slot)
    actors.errand_tick[world, slot] = tick
    actors.motion[world, slot] = _STANDING
    actors.speed[world, slot] = ZERO
    length = actors.length[world, slot]
    for attempt in range(tries):
        bay = first + below(key, _PARKING, tick, slot * PER_SLOT + _PLACE + attempt, count)
        if bays.length[bay] < length + BAY_MARGIN:
            continue
        yaw, back = bays.yaw[bay], HALF * length - actors.rear[world, slot]
        actors.x[world, slot] = bays.x[bay] - back * f32(math.cos(yaw))
        actors.y[world, slot] = bays.y[bay] - back * f32(math.sin(yaw))
        actors.yaw[world, slot] = yaw
        for_nobody(actors, world, slot)
        if is_free(state, parameters, world, slot, near, FAR, unseen) and is_empty(maps, state, world, slot, bay):
            actors.place[world, slot] = bay - first
            return True
    return False


@njit
def respawn_parked(maps, state, parameters, world, slot):
    """Lets an empty slot try to take a bay out of every driver's sight."""
    tick = state.worlds.tick[world]
    if (tick + slot) % RETRY_TICKS == 0:
        if not place_parked(maps, state, parameters, world, slot, tick, TRIES, NEAR, True):
            vanish(state.actors, world, slot)


@njit
def is_gone(state, parameters, world, slot):
    """Whether somebody is far from every driver and not seen."""
    actors = state.actors
    if state.drivers.slot.shape[1] == 0:
        return False
    host = host_of(state, world, slot)
    if is_near(actors, world, slot, actors.x[world, host], actors.y[world, host], GONE):
        return False
    return not is_seen(state, parameters.sight, world, slot)


@part("streets")
def spawn_people(maps, state, parameters, world):
    """Begins an episode's walkers, cyclists and parked cars; slots without a place stay empty."""
    actors, start = state.actors, i32(0)
    asked = state.conditions
    for walker in range(asked.pedestrian_count[world]):
        draw_walker(state, parameters, world, walker, start)
        if not place_walker(maps, state, parameters, world, walker, start, TRIES_AT_START, NEAR_AT_START, False):
            vanish(actors, world, first_walker(state, parameters) + walker)
    first = first_cyclist(state, parameters)
    for slot in range(first, first + asked.cyclist_count[world]):
        draw_cyclist(state, parameters, world, slot, start)
        if not place_cyclist(maps, state, parameters, world, slot, start, TRIES_AT_START, NEAR_AT_START, False):
            vanish(actors, world, slot)
    first = first_parked(state, parameters)
    for slot in range(first, first + asked.parked_count[world]):
        if not place_parked(maps, state, parameters, world, slot, start, TRIES_AT_START, NEAR_AT_START, False):
            vanish(actors, world, slot)
