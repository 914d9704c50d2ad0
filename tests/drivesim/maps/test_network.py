"""What a road network refuses. The smallest correct one is two straight lanes in a row and one beside the first."""

import dataclasses

import numpy as np
import pytest

from drivesim.errors import MapError
from drivesim.maps.control import Signal
from drivesim.maps.network import Lane, RoadNetwork, Route


def straight(start: tuple[float, float], *, length: float = 10.0, heading: float = 0.0, **fields) -> Lane:
    """A straight lane with points 1 m apart."""
    count = round(length) + 1
    along = np.linspace(0.0, length, count)[:, None]
    values = {
        "points": np.array(start) + along * np.array([np.cos(heading), np.sin(heading)]),
        "heading": np.full(count, heading),
        "curvature": np.zeros(count),
        "width": np.full(count, 3.5),
        "edge_left": np.full(count, 1.75),
        "edge_right": np.full(count, 1.75),
        "oncoming_left": np.full(count, np.inf),
        "length": length,
        "speed_limit": 20.0,
    }
    return Lane(**{**values, **fields})


def network(*lanes: Lane, **fields) -> RoadNetwork:
    return RoadNetwork(name="test", seed=0, lanes=lanes, **fields)


FIRST = straight((0.0, 0.0), successors=(1,), left=2)
SECOND = straight((10.0, 0.0))
BESIDE = straight((0.0, 3.5), right=0)


def with_first(**changes) -> tuple[Lane, Lane, Lane]:
    return dataclasses.replace(FIRST, **changes), SECOND, BESIDE


def spoilt(values: np.ndarray, index: int, value: float) -> np.ndarray:
    copy = values.copy()
    copy[index] = value
    return copy


def test_a_correct_network_is_accepted():
    route = Route(start_lane=0, start_s=0.0, goal_lane=1, goal_s=10.0)
    signal = Signal(type="206", x=10.0, y=-2.0, yaw=np.pi, lane=0, stop_s=9.0)
    assert len(network(FIRST, SECOND, BESIDE, routes=(route,), signals=(signal,)).lanes) == 3


def test_a_network_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        network(SECOND).seed = 3  # type: ignore[misc]  # the point of the test


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"points": FIRST.points[:1]}, r"expected points of shape \(>= 2, 2\), got \(1, 2\)"),
        ({"points": FIRST.points[:, 0]}, r"expected points of shape \(>= 2, 2\), got \(11,\)"),
        ({"points": spoilt(FIRST.points, 3, np.nan)}, "points are not finite"),
        ({"points": spoilt(FIRST.points, 3, 3.5)}, "points are not evenly spaced along its length 10.000 m"),
        ({"length": 12.0}, "points are not evenly spaced along its length 12.000 m"),
        ({"length": 0.4}, "length 0.4 m, expected at least 0.5 m"),
        ({"length": np.nan}, "length nan m, expected at least 0.5 m"),
        ({"length": np.inf}, "length inf m, expected at least 0.5 m"),
        ({"heading": np.zeros(4)}, r"heading has shape \(4,\), expected \(11,\)"),
        ({"curvature": spoilt(FIRST.curvature, 0, np.inf)}, "curvature is not finite"),
        ({"oncoming_left": spoilt(FIRST.oncoming_left, 0, np.nan)}, "oncoming_left is not finite"),
        ({"width": spoilt(FIRST.width, 4, 0.0)}, "width falls to 0.0 m, expected more than 0 m"),
        ({"speed_limit": 0.0}, "speed limit 0.0 m/s, expected a positive number"),
        ({"speed_limit": np.nan}, "speed limit nan m/s, expected a positive number"),
        ({"successors": (3,)}, "link to lane 3, which does not exist"),
        ({"successors": (-1,)}, "link to lane -1, which does not exist"),
        ({"left": 3}, "link to lane 3, which does not exist"),
        ({"left": -2}, "link to lane -2, which does not exist"),
        ({"left": 1}, "its left neighbour 1 does not have it on the right"),
        ({"right": 1}, "its right neighbour 1 does not have it on the left"),
        ({"successors": (2,)}, r"joint to lane 2 gapes 10\.595 m and turns 0\.0000 rad"),
    ],
)
def test_a_broken_lane_is_named(changes, message):
    with pytest.raises(MapError, match=rf"test: lane 0: {message}"):
        network(*with_first(**changes))


@pytest.mark.parametrize("gap", [0.04, 0.06])
def test_a_joint_may_gape_by_five_centimetres(gap):
    lanes = straight((0.0, 0.0), successors=(1,)), straight((10.0 + gap, 0.0))
    if gap < 0.05:
        network(*lanes)
    else:
        with pytest.raises(MapError, match="gapes 0.060 m"):
            network(*lanes)


@pytest.mark.parametrize("turn", [0.03, -0.03, 2 * np.pi])
def test_a_joint_may_turn_a_little_or_by_whole_turns(turn):
    follower = straight((10.0, 0.0), heading=turn)
    network(straight((0.0, 0.0), successors=(1,)), follower)


def test_a_kink_is_refused():
    with pytest.raises(MapError, match=r"joint to lane 1 gapes 0\.000 m and turns 0\.1000 rad"):
        network(straight((0.0, 0.0), successors=(1,)), straight((10.0, 0.0), heading=0.1))


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ({"start_lane": 2}, "route 0: start lane 2 does not exist"),
        ({"goal_lane": -1}, "route 0: goal lane -1 does not exist"),
        ({"start_s": -0.1}, "route 0: start at -0.1 m is outside lane 0 of 10.000 m"),
        ({"goal_s": 10.1}, "route 0: goal at 10.1 m is outside lane 1 of 10.000 m"),
        ({"goal_s": np.nan}, "route 0: goal at nan m is outside lane 1"),
    ],
)
def test_a_route_lies_on_its_lanes(place, message):
    route = Route(**{"start_lane": 0, "start_s": 0.0, "goal_lane": 1, "goal_s": 10.0, **place})
    with pytest.raises(MapError, match=message):
        network(straight((0.0, 0.0), successors=(1,)), SECOND, routes=(route,))


def test_a_signal_lies_on_its_lane():
    signal = Signal(type="206", x=0.0, y=0.0, yaw=0.0, lane=0, stop_s=11.0)
    with pytest.raises(MapError, match="signal 0 at 11.0 m is outside lane 0"):
        network(SECOND, signals=(signal,))
