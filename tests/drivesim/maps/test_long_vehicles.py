"""Where long vehicles can drive."""

import dataclasses

import numpy as np
import pytest

from drivesim.maps.long_vehicles import BESIDE_M, WIDTH_M, longest_kept, longest_onward
from drivesim.maps.network import RoadNetwork
from tests.reference.drive import arc_lane
from tests.reference.networks import LEFT, RIGHT, STRAIGHT, four_way
from tests.reference.roads import straight_lane

NETWORK = four_way()


def way(arm: int, turn: int) -> int:
    return 8 + 3 * arm + turn


def chord_bulge(lane, length: float) -> float:
    """Greatest distance of a lane with 30 m of straight at both ends from chords of a length across it [m]."""
    ends = np.array([np.cos(lane.heading[[0, -1]]), np.sin(lane.heading[[0, -1]])]).T
    run = np.linspace(0.0, 30.0, 301)[1:, None]
    dense, coarse = np.linspace(0.0, 1.0, 400), np.linspace(0.0, 1.0, len(lane.points))
    middle = np.stack([np.interp(dense, coarse, lane.points[:, axis]) for axis in range(2)], axis=1)
    points = np.concatenate((lane.points[0] - run[::-1] * ends[0], middle, lane.points[-1] + run * ends[1]))
    most = 0.0
    for first in range(0, len(points), 3):
        beyond = np.hypot(*(points[first:] - points[first]).T) >= length
        if not beyond.any():
            break
        last = first + int(np.argmax(beyond))
        chord = points[last] - points[first]
        offset = points[first : last + 1] - points[first]
        most = max(most, float(np.abs(chord[0] * offset[:, 1] - chord[1] * offset[:, 0]).max() / np.hypot(*chord)))
    return most


@pytest.mark.parametrize("turn", [LEFT, RIGHT])
def test_the_longest_vehicle_of_a_turn_bulges_no_farther_than_it_may(turn):
    lane, longest = NETWORK.lanes[way(0, turn)], longest_kept(NETWORK)[way(0, turn)]
    allowed = float(lane.width.min()) + 2.0 * BESIDE_M - WIDTH_M
    # Bends are tightest in their middle: by the least radius a vehicle bulges somewhat less.
    assert 0.75 * allowed < chord_bulge(lane, float(longest)) <= 1.05 * allowed


def test_lanes_straight_on_and_outside_junctions_hold_every_vehicle():
    longest = longest_kept(NETWORK)
    outside = [lane.junction < 0 for lane in NETWORK.lanes]
    assert np.isinf(longest[outside]).all()
    assert all(np.isinf(longest[way(arm, STRAIGHT)]) for arm in range(4))


def test_a_bend_between_junctions_holds_what_its_radius_says():
    # Both ends on an arc of 9 m: (L / 2)^2 = h (18 m - h), with h the width that the lane has to spare.
    bend = arc_lane((0.0, 0.0, 0.0), 12.0, 1.0 / 9.0)
    spare = float(bend.width.min()) + 2.0 * BESIDE_M - WIDTH_M
    (longest,) = longest_kept(RoadNetwork(name="bend", seed=0, lanes=(bend,)))
    assert longest == pytest.approx(2.0 * np.sqrt(spare * (18.0 - spare)), rel=1e-3)


def test_who_drives_on_must_fit_into_all_that_follows_on_some_way():
    # 0 leads to a bend of 9 m and, by 2, to one of 20 m.
    lanes = (
        straight_lane(0.0, 0.0, 50.0, successors=(1, 2)),
        arc_lane((50.0, 0.0, 0.0), 12.0, 1.0 / 9.0),
        straight_lane(50.0, 0.0, 50.0, successors=(3,)),
        arc_lane((100.0, 0.0, 0.0), 25.0, -1.0 / 20.0),
    )
    network = RoadNetwork(name="fork", seed=0, lanes=lanes)
    tight, wide = longest_kept(network)[[1, 3]]
    assert tight < wide < np.inf
    assert longest_onward(network).tolist() == [wide, tight, wide, wide]


def test_round_a_ring_the_tightest_bend_counts_for_all():
    half = np.pi * 20.0
    ring = (
        arc_lane((0.0, 0.0, 0.0), half, 1.0 / 20.0, successors=(1,)),
        arc_lane((0.0, 40.0, np.pi), half, 1.0 / 20.0, successors=(0,)),
        straight_lane(-50.0, 0.0, 50.0, successors=(0,)),
    )
    narrow = dataclasses.replace(ring[1], width=0.9 * ring[1].width)
    network = RoadNetwork(name="ring", seed=0, lanes=(ring[0], narrow, ring[2]))
    kept = longest_kept(network)
    assert kept[1] < kept[0]
    assert longest_onward(network).tolist() == [kept[1]] * 3


def test_where_the_map_ends_nothing_follows():
    lanes = (straight_lane(0.0, 0.0, 50.0, successors=(1,)), straight_lane(50.0, 0.0, 50.0))
    assert np.isinf(longest_onward(RoadNetwork(name="end", seed=0, lanes=lanes))).all()
