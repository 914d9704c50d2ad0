"""What a four-way junction says, as kernels read it."""

import dataclasses

import numpy as np
import pytest

from drivesim.maps.bank import MapBank
from drivesim.maps.control import SignalKind
from drivesim.maps.facts import conflicts_of
from drivesim.maps.network import AreaKind, RoadNetwork
from tests.reference.networks import ARM_M, LEFT, RIGHT, STRAIGHT, four_way
from tests.reference.roads import country, straight_lane

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


def test_ways_from_one_lane_conflict_where_they_meet_again_after_parting():
    # One goes straight on; the other swings 6 m to the left and comes back over the same 60 m.
    fine = np.linspace(0.0, 60.0, 6001)
    curve = np.stack((fine, 3.0 * (1.0 - np.cos(2.0 * np.pi * fine / 60.0))), axis=1)
    run = np.concatenate(([0.0], np.cumsum(np.hypot(*np.diff(curve, axis=0).T))))
    length = float(run[-1])
    points = np.stack([np.interp(np.linspace(0.0, length, 62), run, curve[:, axis]) for axis in (0, 1)], axis=1)
    heading = np.arctan2(0.1 * np.pi * np.sin(2.0 * np.pi * points[:, 0] / 60.0), 1.0)
    bent = dataclasses.replace(straight_lane(0.0, 0.0, 61.0), points=points, heading=heading, length=length, junction=0)
    straight = dataclasses.replace(straight_lane(0.0, 0.0, 60.0), junction=0)
    before = straight_lane(-50.0, 0.0, 50.0, successors=(1, 2))
    (_, (first,), (second,)) = conflicts_of(RoadNetwork(name="swing", seed=0, lanes=(before, straight, bent)))
    assert (first[0], second[0]) == (2, 1)
    # Lanes are 3.5 m wide and count as apart from 0.1 m less on: where the swing is wider than 3.4 m.
    back = 60.0 - 60.0 * np.arccos(1.0 - 3.4 / 3.0) / (2.0 * np.pi)
    for (_, begin, end), longer in ((first, 0.0), (second, length - 60.0)):
        assert begin == pytest.approx(back + longer, abs=1.5)
        assert end == pytest.approx(60.0 + longer)
