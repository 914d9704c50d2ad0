"""What a four-way junction says, as kernels read it."""

from dataclasses import replace

import numpy as np
import pytest

from drivesim.maps.bank import MapBank
from drivesim.maps.control import SignalKind
from drivesim.maps.facts import LONG_WIDTH_M, SWEPT_BESIDE_M, conflicts_of, longest_vehicles
from drivesim.maps.network import AreaKind, RoadNetwork
from tests.reference.drive import arc_lane
from tests.reference.networks import ARM_M, LEFT, RIGHT, STRAIGHT, four_way
from tests.reference.roads import country

NETWORK = four_way()
BANK = MapBank.bare([country(), NETWORK])
FIRST = 3
"""Two lanes of the map before it in the bank, and the entry that ends them."""


def way(arm: int, turn: int) -> int:
    return 8 + 3 * arm + turn


def conflicting(lane: int) -> dict[int, tuple[float, float]]:
    arrays = BANK.arrays.conflicts
    entries = range(*arrays.lane_first[FIRST + lane : FIRST + lane + 2])
    return {int(arrays.other[k]) - FIRST: (float(arrays.begin[k]), float(arrays.end[k])) for k in entries}


def test_the_ways_across_conflict_as_in_a_textbook():
    # 16 pairs cross (4 straight with straight, 4 straight with the oncoming left turn, 4 straight with the left turn
    # from its right, 4 left turns from adjacent arms) and 3 of every way out join: 12.
    pairs = {(lane, other) for lane, row in enumerate(conflicts_of(NETWORK)) for other, *_ in row}
    assert pairs == {(b, a) for a, b in pairs}
    assert len(pairs) == 2 * (16 + 12)
    assert {lane for lane, _ in pairs} == set(range(8, 20))


def test_a_way_straight_on_conflicts_with_who_crosses_it_and_who_joins_it():
    # Turns from arm 0, which runs east: 1 comes from the south, 2 is oncoming, 3 comes from the north.
    expected = {
        way(1, STRAIGHT), way(3, STRAIGHT), way(2, LEFT), way(1, LEFT),  # crossing
        way(1, RIGHT), way(3, LEFT),  # joining
    }  # fmt: skip
    found = conflicting(way(0, STRAIGHT))
    assert set(found) == expected
    # The way from the north runs on x = -1.75, 8.25 m from the start, and both are 3.5 m wide.
    assert found[way(3, STRAIGHT)] == (pytest.approx(8.25 - 3.5, abs=0.6), pytest.approx(8.25 + 3.5, abs=0.6))
    assert found[way(3, LEFT)][1] == pytest.approx(20.0)
    assert way(0, LEFT) not in found, "they part"
    assert conflicting(0) == {}


def test_ways_that_part_conflict_where_they_meet_again():
    # Two mirror images that end straight cross there at 1.2 rad: surfaces 3.5 m wide, less 0.1 m, overlap for
    # 3.4 m / sin(1.2 rad) to either side of the crossing.
    s = np.linspace(0.0, 46.0, 461)
    lanes = [arc_lane((-30.0, 0.0, 0.0), 30.0, 0.0, successors=(1, 2))]
    for side in (1.0, -1.0):
        heading = side * 0.6 * np.where(s < 30.0, np.sin(np.pi * s / 20.0), -1.0)
        middle = 0.5 * (heading[1:] + heading[:-1])
        points = np.zeros((461, 2))
        points[1:] = np.cumsum(0.1 * np.stack([np.cos(middle), np.sin(middle)], axis=1), axis=0)
        lanes.append(
            replace(arc_lane((0.0, 0.0, 0.0), 460.0, 0.0, junction=0), points=points, heading=heading, length=46.0)
        )
    crossing = s[30:][np.argmin(np.abs(lanes[1].points[30:, 1]))]
    half = 3.4 / np.sin(1.2)
    found = conflicts_of(RoadNetwork(name="eight", seed=0, lanes=tuple(lanes)))
    ((other, begin, end),) = found[1]
    assert other == 2
    assert (begin, end) == (pytest.approx(crossing - half, abs=0.6), pytest.approx(crossing + half, abs=0.6))
    assert found[2][0] == (1, pytest.approx(begin), pytest.approx(end))


def test_lights_hold_at_their_stop_lines():
    signals = BANK.arrays.signals
    assert [*signals.map_first.tolist(), int(signals.map_end[-1])] == [0, 0, 4]
    assert signals.lane.tolist() == [FIRST, FIRST + 1, FIRST + 2, FIRST + 3]
    assert signals.stop_s == pytest.approx(np.full(4, ARM_M - 1.0))
    assert set(signals.kind.tolist()) == {SignalKind.LIGHT}
    assert np.diff(signals.lane_first[FIRST : FIRST + 21]).tolist() == [1, 1, 1, 1] + [0] * 16


def test_areas_and_junctions_arrive():
    areas, lanes = BANK.arrays.areas, BANK.arrays.lanes
    assert (areas.map_first[1], areas.map_end[1], areas.map_end[0]) == (1, 4, 0)
    assert areas.kind[1:4].tolist() == [AreaKind.DRIVABLE] * 3
    np.testing.assert_array_equal(areas.corner[areas.corner_first[3] : areas.corner_first[4]], NETWORK.areas[2].polygon)
    assert lanes.junction[FIRST : FIRST + 20].tolist() == [-1] * 8 + [0] * 12
    successors = lanes.successor[lanes.successor_first[FIRST] : lanes.successor_first[FIRST + 1]]
    assert successors.tolist() == [FIRST + way(0, turn) for turn in (STRAIGHT, RIGHT, LEFT)]


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
    lane, longest = NETWORK.lanes[way(0, turn)], longest_vehicles(NETWORK)[way(0, turn)]
    allowed = float(lane.width.min()) + 2.0 * SWEPT_BESIDE_M - LONG_WIDTH_M
    # Bends are tightest in their middle: by the least radius a vehicle bulges somewhat less.
    assert 0.75 * allowed < chord_bulge(lane, float(longest)) <= 1.05 * allowed


def test_lanes_straight_on_and_outside_junctions_hold_every_vehicle():
    longest = longest_vehicles(NETWORK)
    outside = [lane.junction < 0 for lane in NETWORK.lanes]
    assert np.isinf(longest[outside]).all()
    assert all(np.isinf(longest[way(arm, STRAIGHT)]) for arm in range(4))
