import dataclasses
import math

import numpy as np
import pytest
from numba import njit

from drivesim.kernels.views import view
from drivesim.maps.control import Junction
from drivesim.maps.network import RoadNetwork, Route
from drivesim.maps.path import following
from drivesim.world.neighbours import drop_ahead, follower_along, lead_along, signaller_ahead
from drivesim.world.ways import way_of
from tests.reference.drive import Drive, straight_road
from tests.reference.roads import WIDTH_M, connectors, straight_lane

FRONT, REAR = 3.6, 0.9
"""Of the standard car, from the rear axle [m]."""


@njit
def search(maps, state, slot, lane, s):
    """Lead, follower and asking car as seen from (lane, s), with their gaps, and the distance to a lane's end."""
    lead, ahead = lead_along(maps, state, 0, slot, lane, s, np.float32(250.0))
    follower, behind = follower_along(maps, state, 0, slot, lane, s, np.float32(250.0))
    guest, asking = signaller_ahead(maps.lanes, state.actors, 0, slot, lane, s)
    return lead, ahead, follower, behind, guest, asking, drop_ahead(maps, state, 0, slot, lane, s, np.float32(500.0))


def look(drive: Drive, slot: int, lane: int | None = None, s: float | None = None):
    place = drive.actors.lane[0, slot] if lane is None else np.int32(lane)
    along = drive.actors.s[0, slot] if s is None else np.float32(s)
    return search(view(drive.world.bank.arrays), view(drive.world.state), slot, place, along)


def merge() -> RoadNetwork:
    """Lanes 0 (from the west) and 1 (from the south-west, drawn on top) join into lane 2; lane 3 ends beside 0."""
    lanes = (
        straight_lane(0.0, 0.0, 100.0, successors=(2,), right=3, change_right=True),
        straight_lane(0.0, 0.0, 100.0, successors=(2,), road=1),
        straight_lane(100.0, 0.0, 100.0, road=2),
        straight_lane(0.0, -WIDTH_M, 100.0, left=0, change_left=True),
    )
    routes = (Route(start_lane=0, start_s=5.0, goal_lane=2, goal_s=90.0),)
    return RoadNetwork(name="merge", seed=0, lanes=lanes, routes=routes)


def test_the_gap_is_from_bumper_to_bumper():
    drive = Drive(straight_road(), cars=2)
    drive.put(1, 1, 20.0, 10.0)
    drive.put(2, 1, 50.0, 10.0, length=11.0, rear=2.6)
    lead, gap, *_ = look(drive, 1)
    assert (lead, gap) == (2, pytest.approx(30.0 - FRONT - 2.6))
    _, _, follower, gap, *_ = look(drive, 2)
    assert (follower, gap) == (1, pytest.approx(30.0 - FRONT - 2.6))


def test_leads_and_followers_are_found_across_joints():
    drive = Drive(straight_road(), cars=2)
    drive.put(0, 0, 5.0, 10.0)
    drive.put(1, 1, 90.0, 10.0)
    drive.put(2, 5, 10.0, 10.0)
    assert look(drive, 1)[:2] == (2, pytest.approx(120.0 - FRONT - REAR))
    assert look(drive, 2)[2:4] == (1, pytest.approx(120.0 - FRONT - REAR))


def test_on_random_roads_the_nearest_car_of_the_lane_is_found(rng):
    drive = Drive(straight_road(), cars=8)
    for _ in range(40):
        x = rng.uniform(0.0, 299.0, 9)
        side = rng.integers(0, 2, 9)
        for slot in range(9):
            section = int(x[slot] // 100.0)
            drive.put(slot, 2 * section + int(side[slot]), x[slot] - 100.0 * section, 10.0)
        for slot in range(1, 9):
            ahead = [k for k in range(9) if side[k] == side[slot] and 0.0 < x[k] - x[slot] < 250.0]
            behind = [k for k in range(9) if side[k] == side[slot] and 0.0 < x[slot] - x[k] < 250.0]
            lead, _, follower, *_ = look(drive, slot)
            assert lead == min(ahead, key=lambda k: x[k], default=-1)
            assert follower == max(behind, key=lambda k: x[k], default=-1)


def test_a_car_between_two_lanes_is_on_both():
    drive = Drive(straight_road(), cars=2)
    drive.put(0, 0, 1.0, 0.0)
    drive.put(1, 0, 20.0, 10.0)
    drive.put(2, 1, 60.0, 10.0, d=1.5, second_lane=0, target_lane=0)
    assert look(drive, 1)[0] == 2
    assert look(drive, 0, lane=1, s=10.0)[0] == 2


def test_a_car_that_signals_asks_and_does_not_lead():
    drive = Drive(straight_road(), cars=2)
    drive.put(0, 0, 1.0, 0.0)
    drive.put(1, 0, 20.0, 10.0)
    drive.put(2, 1, 60.0, 10.0, target_lane=0, change_ticks=3)
    lead, gap, _, _, guest, asking, _ = look(drive, 1)
    assert (lead, gap) == (-1, math.inf)
    assert (guest, asking) == (2, pytest.approx(40.0 - FRONT - REAR))


def test_before_a_merge_the_car_nearer_to_the_joint_leads():
    drive = Drive(merge(), cars=2)
    drive.put(0, 2, 95.0, 10.0)
    drive.put(1, 0, 40.0, 10.0)
    drive.put(2, 1, 60.0, 10.0)
    lead, gap, *_ = look(drive, 1)
    assert lead == 2
    assert gap > 20.0 - FRONT - REAR, "the order is settled gently while the joint is far"
    assert look(drive, 2)[0] == 0
    drive.put(1, 0, 99.0, 10.0)
    drive.put(2, 1, 79.0, 10.0)
    assert look(drive, 2)[:2] == (1, pytest.approx(20.0 - FRONT - REAR + 0.5 * 21.0))


def junction_merge() -> RoadNetwork:
    """The merge above with both ways in across a junction."""
    lanes = merge().lanes
    ways = (dataclasses.replace(lane, junction=0) for lane in lanes[:2])
    return dataclasses.replace(merge(), lanes=(*ways, *lanes[2:]), junctions=(Junction(name="0"),))


def test_who_joins_between_a_car_in_a_junction_and_the_one_ahead_of_it_leads():
    drive = Drive(junction_merge(), cars=3)
    drive.put(1, 0, 30.0, 5.0)
    drive.put(2, 0, 80.0, 5.0)
    drive.put(3, 1, 60.0, 5.0)
    drive.world.state.junctions.cleared[0, 2:] = 0, 1
    lead, gap, *_ = look(drive, 1)
    assert (lead, gap) == (3, pytest.approx(30.0 - FRONT - REAR))
    assert look(drive, 3)[0] == 2


def test_at_the_end_of_a_junction_who_has_its_front_ahead_leads():
    # The bus's rear axle is 3 m behind the car's, its front 4.4 m ahead.
    drive = Drive(junction_merge(), cars=2)
    drive.put(1, 0, 90.0, 5.0)
    drive.put(2, 1, 87.0, 5.0, length=11.0, rear=3.0)
    drive.world.state.junctions.cleared[0, 1:] = 0, 1
    lead, gap, *_ = look(drive, 1)
    assert (lead, gap) == (2, pytest.approx(-3.0 - FRONT - 3.0))
    assert look(drive, 2)[0] == -1


def test_the_follower_behind_a_merge_is_the_nearer_of_both_roads():
    drive = Drive(merge(), cars=2)
    drive.put(1, 0, 70.0, 10.0)
    drive.put(2, 1, 80.0, 10.0)
    drive.put(0, 2, 10.0, 10.0)
    assert look(drive, 0)[2:4] == (2, pytest.approx(30.0 - FRONT - drive.actors.rear[0, 0]))


def test_a_lane_ends_only_where_the_road_goes_on_beside_it():
    drive = Drive(merge(), cars=1)
    drive.put(1, 3, 30.0, 10.0)
    assert look(drive, 1)[-1] == pytest.approx(70.0)
    drive.put(1, 0, 30.0, 10.0)
    assert look(drive, 1)[-1] == math.inf


def test_over_many_short_lanes_whoever_is_within_reach_is_found():
    # The lanes are 5 m long; lane 40 is where both chains have joined.
    drive = Drive(connectors(), cars=2)
    drive.put(0, 41, 2.0, 0.0)
    drive.put(1, 0, 2.0, 10.0)
    drive.put(2, 40, 30.0, 10.0)
    assert look(drive, 1)[:2] == (2, pytest.approx(128.0 - FRONT - REAR))
    assert look(drive, 2)[2:4] == (1, pytest.approx(128.0 - FRONT - REAR))


def test_a_follower_comes_from_any_of_the_roads_that_join_however_far_back():
    drive = Drive(connectors(), cars=2)
    drive.put(2, 40, 10.0, 10.0)
    for chain in range(2):
        drive.put(0, 41, 2.0, 0.0)
        drive.put(1, 20 * chain + 3, 1.0, 10.0)
        assert look(drive, 2)[2:4] == (1, pytest.approx(94.0 - FRONT - REAR))


def test_a_car_that_joins_is_seen_over_the_lanes_between():
    drive = Drive(connectors(), cars=2)
    drive.put(0, 40, 50.0, 0.0)
    drive.put(1, 8, 0.0, 10.0)
    drive.put(2, 32, 0.0, 10.0)
    # 60 m and 40 m to the joint.
    assert look(drive, 1)[:2] == (2, pytest.approx(20.0 - FRONT - REAR + 0.5 * 60.0))
    assert look(drive, 2)[0] == 0


def test_who_turns_off_before_a_place_does_not_follow_there():
    drive = Drive(connectors(), cars=12)
    for slot in range(2, 13):
        drive.put(slot, 40, 8.0 * slot - 15.0, 10.0)
    drive.put(0, 61, 4.0, 0.0)
    maps, state = view(drive.world.bank.arrays), view(drive.world.state)
    for branch in (41, 61):
        drive.put(1, branch, 3.0, 10.0)
        takes = [slot for slot in range(2, 13) if branch_of(maps, state, slot, np.int32(40)) == branch]
        assert look(drive, 1)[2] == max(takes)


@njit
def branch_of(maps, state, slot, lane):
    return following(maps, way_of(maps, state, 0, slot), lane)
