"""Whose fault a collision is, as nuPlan tells (motional/nuplan-devkit, `no_ego_at_fault_collisions`)."""

import math

import numpy as np
from numba import njit

from drivesim.geometry import boxes_overlap, from_frame
from drivesim.maps.lanes import next_lane, pose_at, project
from drivesim.state import Event
from drivesim.state.bodies import box_between, pose_between, slot_of
from drivesim.state.events import COLLISIONS

STOPPED_SPEED = np.float32(0.05)
"""Not faster than this is standing [m/s]."""
BEHIND_COS = np.float32(math.cos(math.radians(150.0)))
"""Cosine of the angle to the ego's heading beyond which what it meets is behind it."""
BUMPER_M = np.float32(0.02)
"""Half the depth of the strip that stands for the front bumper [m]."""

_ONE, _HALF = np.float32(1.0), np.float32(0.5)
_OFF_ROAD = np.int64(Event.OFF_ROAD)


@njit
def blame(maps, state, parameters, world, driver):
    """Counts the collisions that have begun in this step and are the driver's fault."""
    events, began = state.events, (state.worlds.tick[world] - 1) * parameters.step_s
    for event in range(len(COLLISIONS)):
        if events.active[world, driver, event] and events.time[world, driver, event] >= began:
            share = min((events.time[world, driver, event] - began) / parameters.step_s, _ONE)
            other = events.other[world, driver, event]
            if is_at_fault(maps, state, world, driver, other, np.float32(share)):
                events.at_fault[world, driver, event] += 1


@njit
def is_at_fault(maps, state, world, driver, other, share):
    """Whether a driver is to blame for a collision a `share` of the last step after it began.

    Who stands is not; who meets what stands, or meets anything with the front bumper, is; who is hit from behind is
    not; who is met at the side is if it was in several lanes or off the road.

    Args:
        maps: `MapArrays`.
        state: `WorldState`.
        world: Index of the world.
        driver: Index of the driver.
        other: Slot of the other party; negative: scenery.
        share: In [0, 1].
    """
    actors, slot = state.actors, slot_of(state, world, driver)
    if abs(actors.speed[world, slot]) <= STOPPED_SPEED:
        return False
    if other < 0 or abs(actors.speed[world, other]) <= STOPPED_SPEED:
        return True
    x, y, yaw = pose_between(actors, world, slot, share)
    cos, sin = np.float32(math.cos(yaw)), np.float32(math.sin(yaw))
    box_x, box_y, box_cos, box_sin, half_length, half_width = box_between(actors, world, np.int64(other), share)
    east, north = box_x - x, box_y - y
    if east * cos + north * sin < BEHIND_COS * np.float32(math.sqrt(east * east + north * north)):
        return False
    front = actors.length[world, slot] - actors.rear[world, slot]
    half = _HALF * actors.width[world, slot]
    bumper_x, bumper_y = from_frame(front, np.float32(0.0), x, y, cos, sin)
    if boxes_overlap(
        bumper_x, bumper_y, cos, sin, BUMPER_M, half, box_x, box_y, box_cos, box_sin, half_length, half_width
    ):
        return True
    return state.events.active[world, driver, _OFF_ROAD] or is_in_several_lanes(maps, state, world, driver)


@njit
def is_in_several_lanes(maps, state, world, driver):
    """Whether a corner of a driver's car is beside the lane that its rear axle is in, or the one it takes next.

    The ways across a junction share its surface, so nobody in a junction is in several lanes.
    """
    actors, lanes, slot = state.actors, maps.lanes, slot_of(state, world, driver)
    own = actors.lane[world, slot]
    if lanes.junction[own] >= 0:
        return False
    x, y, cos, sin, half_length, half_width = box_between(actors, world, slot, _ONE)
    for end in (-_ONE, _ONE):
        for side in (-_ONE, _ONE):
            corner_x, corner_y = from_frame(end * half_length, side * half_width, x, y, cos, sin)
            lane = own
            s, d = project(lanes, lane, actors.s[world, slot], corner_x, corner_y)
            if s > lanes.length[lane]:
                following = next_lane(lanes, maps.routes, state.navigation.route[world, driver], lane)
                if following >= 0:
                    s, d = project(lanes, following, s - lanes.length[lane], corner_x, corner_y)
                    lane = following
            if lanes.junction[lane] < 0 and abs(d) > _HALF * pose_at(lanes, lane, s)[4]:
                return True
    return False
