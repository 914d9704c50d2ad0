"""The driving score of CARLA Leaderboard 2.1, per episode and at any moment of one.

    DS = RC * (1 - outside) / (1 + sum_j c_j n_j)

with the route completion RC in percent, the fraction of the way driven outside the route's lanes, and n_j infractions
of kind j. Leaderboards 1.0 and 2.0 multiply p_j^n_j instead: other numbers, other ranking. Reference:
carla-simulator/leaderboard, branch leaderboard-2.1. Differs from it: the minimum-speed infraction, which compares with
surrounding traffic at four checkpoints, is not counted; a contact ends the episode here, so it occurs at most once.
"""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

import numpy as np

from drivesim.extensions import NO_EXTENSIONS, Extensions
from drivesim.state import EpisodeState, Event, WorldState

VERSION = "leaderboard-2.1"
COEFFICIENTS: Mapping[str, float] = MappingProxyType(
    {
        "collision_pedestrian": 1.00,
        "collision_vehicle": 0.70,
        "collision_static": 0.60,
        "red_light": 0.40,
        "stop_sign": 0.25,
        "scenario_timeout": 0.40,
        "yield_emergency_vehicle": 0.40,
    }
)
"""c_j of every kind of infraction."""


INFRACTIONS: Mapping[Event, str] = MappingProxyType(
    {
        Event.COLLISION_PERSON: "collision_pedestrian",
        Event.COLLISION_VEHICLE: "collision_vehicle",
        Event.COLLISION_STATIC: "collision_static",
        Event.RED_LIGHT: "red_light",
        Event.STOP_SIGN: "stop_sign",
        Event.SCENARIO_TIMEOUT: "scenario_timeout",
        Event.YIELD_EMERGENCY: "yield_emergency_vehicle",
    }
)
"""Kind of infraction that an event is counted as."""


def leaderboard_score(
    completion: np.ndarray,
    outside: np.ndarray,
    infractions: Mapping[str, np.ndarray | float],
    extra: np.ndarray | float = 0.0,
) -> np.ndarray:
    """The score DS in [0, 100].

    Args:
        completion: Fraction of the route driven, in [0, 1], any shape.
        outside: Fraction of the way driven outside the route's lanes, in [0, 1], same shape.
        infractions: Number of infractions by kind, a key of `COEFFICIENTS`; broadcast against `completion`.
        extra: Weighted number of infractions of other kinds, same shape.

    Raises:
        KeyError: An unknown kind of infraction.
    """
    weighted = (
        sum((COEFFICIENTS[kind] * np.asarray(count) for kind, count in infractions.items()), np.float64(0.0)) + extra
    )
    return 100.0 * np.asarray(completion) * (1.0 - np.asarray(outside)) / (1.0 + weighted)


def outside_fraction(episode: EpisodeState) -> np.ndarray:
    """Share of the distance driven that lay outside the route's lanes, shape (world, driver)."""
    return episode.outside_m / np.maximum(episode.distance_m, np.float32(1.0))


def driving_score(state: WorldState, extensions: Extensions = NO_EXTENSIONS) -> np.ndarray:
    """The score of every driver if its episode ended now, in [0, 100], float32, shape (world, driver)."""
    # Not as a product of matrices: that may add up in an order which depends on the number of worlds.
    weighted = (state.events.count * _weights(extensions)).sum(axis=-1)
    score = leaderboard_score(state.navigation.completion, outside_fraction(state.episode), {}, weighted)
    return score.astype(np.float32)


@cache
def _weights(extensions: Extensions) -> np.ndarray:
    """Coefficient of every event, those from outside last, float64."""
    weights = np.zeros(len(Event))
    for event, kind in INFRACTIONS.items():
        weights[event] = COEFFICIENTS[kind]
    return np.array([*weights, *(event.coefficient for event in extensions.events)])
