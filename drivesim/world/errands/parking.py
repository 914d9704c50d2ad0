"""Parked cars leave their bays into traffic, drive, and park again.

Who leaves signals towards the road, takes a gap in which nobody has to brake, pulls out round the empty bay ahead, and
drives on as everybody does. After a while it looks for a bay on its lane whose neighbour behind is empty too, signals
towards the kerb and pulls in forwards, past whom it lets walk by on the pavement.
"""

import math

import numpy as np
from numba import njit

from drivesim.maps.lanes import pose_at, project
from drivesim.rng import Purpose, uniform
from drivesim.state import ActorKind, Motion
from drivesim.state.actors import Errand, Lamp
from drivesim.world.errands.bays import PARALLEL, bay_of, beside_lane, has_space, is_empty
from drivesim.world.errands.oncoming import is_passed_near
from drivesim.world.following import HALF, TWO, ZERO, free_acceleration
from drivesim.world.grip import comfortable_braking
from drivesim.world.junctions import stop_acceleration
from drivesim.world.neighbours import follower_along, lead_along
from drivesim.world.people.slots import first_walker

f32, i32, u8 = np.float32, np.int32, np.uint8

LOOK_TICKS = 5
"""Who is parked or seeks a bay thinks about it this often."""
LEAVES_EVERY_S = f32(90.0)
"""Mean time after which somebody who is parked wants to leave [s]."""
SIGNAL_S, GIVES_UP_S = f32(2.0), f32(40.0)
"""Signalled so long before pulling out; given up after waiting so long [s]."""
GAP_S, GAP_M, ROOM_AHEAD = f32(5.0), f32(8.0), f32(9.0)
"""Gap behind in time and space, and ahead [s, m]: critical gaps of merging are 4 to 6 s (specs 5.8)."""
PULL_SPEED, CLEAR = f32(3.5), f32(0.6)
"""Speed of pulling out and in while farther aside than this [m/s, m]."""
DRIVES_S = f32(20.0)
"""Who has left looks for a bay no sooner [s]."""
SEEK_NEAR, SEEK_FAR = f32(25.0), f32(70.0)
"""Bays are looked for this far ahead [m]."""
PARK_SIGNAL, PARK_SLOW, PARK_WAY = f32(30.0), f32(14.0), f32(8.8)
"""Before a bay: where it is signalled, where one is slow, and where one begins to pull in [m]."""
PARKED_NEAR, STANDING = f32(0.6), f32(0.15)
"""Who stands so near to its place has parked [m, m/s]."""
SWEPT_M, SWEPT_BACK, SWEPT_SIDE = f32(4.0), f32(1.5), f32(0.5)
"""Who pulls in lets people pass who walk so near before its nose, behind it, and beside its way [m]."""
SEARCH_M = f32(120.0)
INFINITY = f32(np.inf)
_NOBODY = int(ActorKind.NONE)
_STANDING, _FOLLOWER = u8(Motion.STANDING), u8(Motion.LANE_FOLLOWER)
_NONE, _LEAVES, _PULLS_OUT = u8(Errand.NONE), u8(Errand.LEAVES), u8(Errand.PULLS_OUT)
_SEEKS, _PARKS = u8(Errand.SEEKS), u8(Errand.PARKS)
_LEFT, _RIGHT, _KEEP = u8(Lamp.LEFT), u8(Lamp.RIGHT), u8(255 - Lamp.LEFT - Lamp.RIGHT)
_PARKING = np.int64(Purpose.PARKING)
_LEAVE_DRAW = 1 << 16
"""Index of the draw whether to leave; those of bays lie below."""


@njit
def run_parker(maps, state, parameters, world, slot):
    """Moves the errand of somebody who parks on by a step."""
    actors, tick = state.actors, state.worlds.tick[world]
    errand = actors.errand[world, slot]
    if errand == _PULLS_OUT:
        # Still turned, it would swing to the other side of its lane with the gentle turns of who drives on.
        if actors.aside[world, slot] == ZERO and actors.aside_slope[world, slot] == ZERO:
            begin_errand(actors, world, slot, _SEEKS, tick)
            actors.lamps[world, slot] &= _KEEP
            actors.cooldown[world, slot] = 0
        return
    if errand == _PARKS:
        pull_in(maps, state, world, slot)
        return
    if (tick + slot) % LOOK_TICKS != 0:
        return
    age = f32(tick - actors.errand_tick[world, slot]) * parameters.step_s
    if errand == _SEEKS:
        if age > DRIVES_S:
            seek(maps, state, world, slot)
    elif errand == _LEAVES:
        if age > GIVES_UP_S or is_open(state, parameters, world, slot):
            begin_errand(actors, world, slot, _NONE, tick)
            actors.lamps[world, slot] &= _KEEP
        elif age >= SIGNAL_S:
            pull_out(maps, state, parameters, world, slot)
    elif errand == _NONE and actors.motion[world, slot] == _FOLLOWER:
        begin_errand(actors, world, slot, _SEEKS, tick)
    elif actors.motion[world, slot] == _STANDING and actors.place[world, slot] >= 0:
        consider_leaving(maps, state, parameters, world, slot)


@njit
def begin_errand(actors, world, slot, errand, tick):
    """Gives somebody an errand."""
    actors.errand[world, slot] = errand
    actors.errand_tick[world, slot] = tick


@njit
def signal(actors, world, slot, side):
    """Lights the indicator of a side, left positive."""
    lamp = _LEFT if side > ZERO else _RIGHT
    actors.lamps[world, slot] = (actors.lamps[world, slot] & _KEEP) | lamp


@njit
def is_open(state, parameters, world, slot):
    """Whether a door of a parked car is open."""
    actors = state.actors
    first = state.drivers.slot.shape[1] + parameters.car_count + parameters.pedestrian_count + parameters.cyclist_count
    for door in range(first + parameters.parked_count, first + parameters.parked_count + parameters.door_count):
        if actors.kind[world, door] != 0 and actors.place[world, door] == slot:
            return True
    return False


@njit
def consider_leaving(maps, state, parameters, world, slot):
    """Lets somebody who is parked want to leave, where its bay can be left."""
    actors, tick = state.actors, state.worlds.tick[world]
    chance = uniform(state.worlds.key[world], _PARKING, tick, _LEAVE_DRAW + slot)
    if chance * LEAVES_EVERY_S > f32(LOOK_TICKS) * parameters.step_s or is_open(state, parameters, world, slot):
        return
    bay = bay_of(maps, state, world, slot)
    _, d, turned = beside_lane(maps, actors, world, slot, bay)
    if abs(turned) > PARALLEL or not has_space(maps, state, world, slot, bay, f32(1.0)):
        return
    begin_errand(actors, world, slot, _LEAVES, tick)
    signal(actors, world, slot, -d)


@njit
def pull_out(maps, state, parameters, world, slot):
    """Lets somebody begin to pull out of its bay, if there is a gap."""
    actors = state.actors
    bay = bay_of(maps, state, world, slot)
    lane = maps.bays.lane[bay]
    s, d = project(maps.lanes, lane, maps.bays.s[bay], actors.x[world, slot], actors.y[world, slot])
    follower, behind = follower_along(maps, state, world, slot, lane, s, SEARCH_M)
    if follower >= 0 and behind < GAP_M + GAP_S * actors.speed[world, follower]:
        return
    if parameters.has_calls and is_passed_near(actors, world, actors.x[world, slot], actors.y[world, slot], SEARCH_M):
        return
    lead, ahead = lead_along(maps, state, world, slot, lane, s, SEARCH_M)
    if (lead >= 0 and ahead < ROOM_AHEAD) or not has_space(maps, state, world, slot, bay, f32(1.0)):
        return
    _, _, heading, _, _ = pose_at(maps.lanes, lane, s)
    begin_errand(actors, world, slot, _PULLS_OUT, state.worlds.tick[world])
    actors.motion[world, slot] = _FOLLOWER
    actors.lane[world, slot] = lane
    actors.target_lane[world, slot] = lane
    actors.second_lane[world, slot] = -1
    actors.change_ticks[world, slot] = -1
    actors.cooldown[world, slot] = 1 << 20
    actors.s[world, slot] = s
    actors.d[world, slot] = ZERO
    actors.aside[world, slot] = d
    actors.aside_slope[world, slot] = f32(math.tan(actors.yaw[world, slot] - heading))
    actors.aside_target[world, slot] = ZERO
    actors.straight[world, slot] = ZERO


@njit
def seek(maps, state, world, slot):
    """Looks for a bay on the own lane that can be entered, and makes for the nearest."""
    actors, bays = state.actors, maps.bays
    lane = actors.lane[world, slot]
    if actors.target_lane[world, slot] != lane or actors.second_lane[world, slot] >= 0:
        return
    map_slot = maps.slot_of[state.worlds.map[world]]
    nearest = SEEK_FAR
    for bay in range(bays.map_first[map_slot], bays.map_end[map_slot]):
        way = bays.s[bay] - actors.s[world, slot]
        if bays.lane[bay] != lane or way < SEEK_NEAR or way >= nearest:
            continue
        _, _, turned = beside_lane(maps, actors, world, slot, bay)
        if abs(turned) > PARALLEL or bays.length[bay] < actors.length[world, slot] + f32(0.2):
            continue
        if is_empty(maps, state, world, slot, bay) and has_space(maps, state, world, slot, bay, f32(-1.0)):
            nearest = way
            actors.place[world, slot] = i32(bay - bays.map_first[map_slot])
            begin_errand(actors, world, slot, _PARKS, state.worlds.tick[world])


@njit
def room_to_bay(maps, state, world, slot):
    """From a rear axle to its place in the bay, along the lane, and how far aside that is [m]; +inf off its lane."""
    bay = bay_of(maps, state, world, slot)
    if state.actors.lane[world, slot] != maps.bays.lane[bay]:
        return INFINITY, ZERO
    s, d, _ = beside_lane(maps, state.actors, world, slot, bay)
    return s - state.actors.s[world, slot], d


@njit
def pull_in(maps, state, world, slot):
    """Brings somebody into its bay, and says when it has parked."""
    actors = state.actors
    room, d = room_to_bay(maps, state, world, slot)
    begun = actors.aside_target[world, slot] != ZERO
    if room == INFINITY or room < -PARKED_NEAR or not (begun or may_enter(maps, state, world, slot)):
        begin_errand(actors, world, slot, _SEEKS, state.worlds.tick[world])
        actors.aside_target[world, slot] = ZERO
        actors.lamps[world, slot] &= _KEEP
        actors.cooldown[world, slot] = 0
        return
    actors.cooldown[world, slot] = 1 << 20
    if room < PARK_SIGNAL:
        signal(actors, world, slot, d)
    if room < PARK_WAY:
        actors.aside_target[world, slot] = d
    if room < PARKED_NEAR and actors.speed[world, slot] < STANDING:
        actors.motion[world, slot] = _STANDING
        begin_errand(actors, world, slot, _NONE, state.worlds.tick[world])
        actors.speed[world, slot] = ZERO
        actors.accel[world, slot] = ZERO
        actors.accel_decided[world, slot] = ZERO
        actors.yaw_rate[world, slot] = ZERO
        actors.steer[world, slot] = ZERO
        actors.lane[world, slot] = -1
        actors.target_lane[world, slot] = -1
        actors.second_lane[world, slot] = -1
        actors.lead[world, slot] = -1
        actors.lead_gap[world, slot] = INFINITY
        actors.lamps[world, slot] = 0


@njit
def may_enter(maps, state, world, slot):
    """Whether the bay that somebody makes for is empty still, and the one behind it."""
    bay = bay_of(maps, state, world, slot)
    return is_empty(maps, state, world, slot, bay) and has_space(maps, state, world, slot, bay, f32(-1.0))


@njit
def room_to_people(state, parameters, world, slot):
    """From the front of somebody who pulls in to the nearest person on foot before it [m]; +inf for none near."""
    actors, nearest = state.actors, INFINITY
    cos, sin = f32(math.cos(actors.yaw[world, slot])), f32(math.sin(actors.yaw[world, slot]))
    front = actors.length[world, slot] - actors.rear[world, slot]
    first = first_walker(state, parameters)
    for other in range(first, first + parameters.pedestrian_count):
        if actors.kind[world, other] == _NOBODY:
            continue
        east, north = actors.x[world, other] - actors.x[world, slot], actors.y[world, other] - actors.y[world, slot]
        half = HALF * actors.width[world, other]
        room, left = east * cos + north * sin - front - half, north * cos - east * sin
        if -SWEPT_BACK < room < SWEPT_M and abs(left) < HALF * actors.width[world, slot] + half + SWEPT_SIDE:
            nearest = min(nearest, room)
    return nearest


@njit
def park_acceleration(maps, state, parameters, world, slot, headway):
    """Highest acceleration of somebody who pulls out or parks [m/s^2]."""
    actors = state.actors
    speed, brake = actors.speed[world, slot], comfortable_braking(state, world, slot)
    slow = free_acceleration(speed, PULL_SPEED, actors.accel_max[world, slot], brake)
    if actors.errand[world, slot] == _PULLS_OUT:
        return slow if abs(actors.aside[world, slot]) > CLEAR else INFINITY
    room, _ = room_to_bay(maps, state, world, slot)
    if room == INFINITY:
        return INFINITY
    near = room - PARK_SLOW
    if near > ZERO:
        excess = speed * speed - PULL_SPEED * PULL_SPEED
        braking = excess / (TWO * max(near, HALF))
        return -braking if braking > HALF else INFINITY
    if actors.aside_target[world, slot] != ZERO:
        room = min(room, room_to_people(state, parameters, world, slot) - SWEPT_SIDE)
    return min(slow, stop_acceleration(state, world, slot, slow, headway, max(room, ZERO)))
