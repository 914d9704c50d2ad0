"""The reward of a step, term by term, weighted by `RewardConfig`; the terms' sum is the reward."""

import numpy as np
from numba import njit

from drivesim.maps.lanes import pose_at
from drivesim.state import EndReason, RewardTerm
from drivesim.state.bodies import slot_of

JERK_MAX = np.float32(4.13)
"""Longitudinal jerk that nuPlan calls comfortable [m/s^3]."""
LATERAL_ACCEL_MAX = np.float32(4.89)
"""Lateral acceleration that nuPlan calls comfortable [m/s^2]."""
DISCOMFORT_MAX = np.float32(4.0)

PROGRESS, SPEED, LANE_CENTRE = int(RewardTerm.PROGRESS), int(RewardTerm.SPEED), int(RewardTerm.LANE_CENTRE)
COMFORT, SUCCESS, COLLISION = int(RewardTerm.COMFORT), int(RewardTerm.SUCCESS), int(RewardTerm.COLLISION)
OFF_ROAD, WRONG_WAY = int(RewardTerm.OFF_ROAD), int(RewardTerm.WRONG_WAY)
END_SUCCESS = int(EndReason.SUCCESS)

_ZERO, _HALF, _ONE = np.float32(0.0), np.float32(0.5), np.float32(1.0)


@njit
def discomfort(jerk, lateral_accel):
    """Squared jerk and lateral acceleration over nuPlan's bounds, added, at most `DISCOMFORT_MAX`."""
    along, across = jerk / JERK_MAX, lateral_accel / LATERAL_ACCEL_MAX
    return min(along * along + across * across, DISCOMFORT_MAX)


@njit
def reward_step(maps, state, parameters, gained, world, driver):
    """Fills the row of `EpisodeState.reward` of one driver.

    Args:
        maps: `MapArrays`.
        state: `WorldState`, with this step's contacts, infractions and end.
        parameters: `WorldParameters`.
        gained: Metres of route gained in this step.
        world: Index of the world.
        driver: Index of the driver.
    """
    actors, episode, slot = state.actors, state.episode, slot_of(state, world, driver)
    lane, speed = actors.lane[world, slot], actors.speed[world, slot]
    half_width = _HALF * pose_at(maps.lanes, lane, actors.s[world, slot])[4]
    centred = max(_ONE - abs(actors.d[world, slot]) / half_width, _ZERO)
    lateral = speed * actors.yaw_rate[world, slot]
    reward = episode.reward[world, driver]
    reward[PROGRESS] = parameters.reward_progress * gained
    reward[SPEED] = parameters.reward_speed * min(speed / maps.lanes.speed_limit[lane], _ONE)
    reward[LANE_CENTRE] = parameters.reward_lane_centre * centred
    reward[COMFORT] = parameters.reward_comfort * discomfort(state.actuators.jerk[world, driver], lateral)
    reward[SUCCESS] = parameters.reward_success if episode.end[world, driver] == END_SUCCESS else _ZERO
    reward[COLLISION] = parameters.reward_collision if episode.collision[world, driver] else _ZERO
    reward[OFF_ROAD] = parameters.reward_off_road if episode.off_road[world, driver] else _ZERO
    reward[WRONG_WAY] = parameters.reward_wrong_way if episode.wrong_way[world, driver] else _ZERO
