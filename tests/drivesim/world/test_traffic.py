import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivesim.maps.control import Junction
from drivesim.maps.network import RoadNetwork, Route
from drivesim.state import ActorKind, EndReason, Lamp
from drivesim.world.traffic import shift, unshift
from tests.reference.contacts import corners
from tests.reference.drive import NEVER, Drive, arc_lane, straight_road
from tests.reference.roads import WIDTH_M, straight_lane

f32 = np.float32


def place(drive: Drive, slot: int = 1) -> tuple:
    a = drive.actors
    return tuple(float(column[0, slot]) for column in (a.x, a.y, a.yaw, a.speed, a.accel, a.lane, a.second_lane))


def test_speed_and_way_are_ballistic():
    drive = Drive(straight_road(1), cars=1)
    drive.put(0, 0, 5.0, 0.0)
    drive.put(1, 0, 30.0, 10.0)
    log = drive.run(0.3, watch=place, command={1: lambda _: 2.0})
    # x: 10 * 0.1 + 0.5 * 2 * 0.01 = 1.01, then 10.2 * 0.1 + 0.01 = 1.03
    assert np.diff(log[:, 0]) == pytest.approx([1.01, 1.03], abs=1e-4)
    assert log[:, 3] == pytest.approx([10.0, 10.2, 10.4], abs=1e-5)
    assert log[1:, 4] == pytest.approx([2.0, 2.0], abs=1e-4)


def test_a_braking_car_stops_within_a_step_and_never_goes_backwards():
    drive = Drive(straight_road(1), cars=1)
    drive.put(0, 0, 5.0, 0.0)
    drive.put(1, 0, 30.0, 0.5)
    log = drive.run(0.5, watch=place, command={1: lambda _: -8.0})
    # It stops after 0.5^2 / 16 = 15.6 mm, within the first step; the mean acceleration of that step is -5 m/s^2.
    assert log[1, 0] - log[0, 0] == pytest.approx(0.015625, abs=1e-4)
    assert log[1, 4] == pytest.approx(-5.0, abs=1e-4)
    assert (log[1:, 3] == 0.0).all()
    assert np.ptp(log[1:, 0]) == 0.0


@given(p=st.floats(0.0, 1.0))
def test_the_lateral_profile_can_be_read_backwards(p):
    moved = shift(f32(p))
    assert shift(unshift(moved)) == pytest.approx(moved, abs=2e-6)


def test_the_lateral_profile_starts_and_ends_at_rest():
    # 10/8 - 15/16 + 6/32 = 1/2
    assert [shift(f32(p)) for p in (0.0, 0.5, 1.0)] == pytest.approx([0.0, 0.5, 1.0])
    ends = [shift(f32(p)) for p in (0.01, 0.99)]
    assert ends == pytest.approx([1e-5, 1.0 - 1e-5], abs=1e-6)


def changing(speed: float, network: RoadNetwork | None = None, s: float = 30.0, lane: int = 1, **columns) -> Drive:
    """Slot 1 about to move from the right lane to the left one."""
    drive = Drive(network or straight_road(2, sections=3), cars=1)
    drive.put(0, 1, 5.0, 0.0)
    drive.put(1, lane, s, speed, target_lane=0, change_ticks=10, lamps=int(Lamp.LEFT), **columns)
    return drive


@pytest.mark.parametrize("speed", [4.0, 12.0, 20.0])
def test_a_lane_change_is_one_smooth_curve(speed):
    drive = changing(speed)
    log = drive.run(9.0, watch=place, command={1: lambda _: 0.0})
    assert log[-1, 1] == pytest.approx(WIDTH_M, abs=1e-4)
    assert (np.diff(log[:, 1]) > -1e-5).all()
    assert np.abs(np.diff(log[:, 1], 2)).max() < 0.012 * WIDTH_M
    course = np.arctan2(np.diff(log[:, 1]), np.diff(log[:, 0]))
    assert np.abs(course - 0.5 * (log[:-1, 2] + log[1:, 2])).max() < 0.02, "the nose points where the car goes"
    ways = np.hypot(np.diff(log[:, 0]), np.diff(log[:, 1]))
    assert ways == pytest.approx(np.full(len(ways), 0.1 * speed), rel=0.06)


def test_a_changing_car_is_on_both_lanes_until_its_body_is_in_one():
    log = changing(15.0).run(7.0, watch=place, command={1: lambda _: 0.0})
    both = log[:, 6] >= 0
    begins, ends = both.argmax(), len(both) - both[::-1].argmax()
    assert log[begins, 1] == pytest.approx(0.0, abs=0.01)
    assert both[begins:ends].all()
    assert WIDTH_M - log[ends, 1] + 0.9 < 0.5 * WIDTH_M
    half = int(np.flatnonzero(log[:, 1] > 0.5 * WIDTH_M)[0])
    assert log[half - 1, 5] % 2 == 1
    assert log[half, 5] % 2 == 0


def test_a_lane_change_goes_on_across_a_joint():
    log = changing(20.0, s=70.0).run(6.0, watch=place, command={1: lambda _: 0.0})
    assert log[-1, 1] == pytest.approx(WIDTH_M, abs=1e-4)
    assert np.abs(np.diff(log[:, 1], 2)).max() < 0.012 * WIDTH_M


def test_a_change_that_is_late_for_the_end_of_its_lane_goes_on_beyond_it():
    lanes = (
        straight_lane(0.0, WIDTH_M, 100.0, successors=(2,), right=1, change_right=True),
        straight_lane(0.0, 0.0, 100.0, left=0, change_left=True),
        straight_lane(100.0, WIDTH_M, 200.0, road=1),
    )
    road = RoadNetwork(
        name="drop", seed=0, lanes=lanes, routes=(Route(start_lane=0, start_s=5.0, goal_lane=2, goal_s=190.0),)
    )
    drive = changing(10.0, road, s=90.0)
    log = drive.run(8.0, watch=place, command={1: lambda _: 0.0})
    assert log[-1, 1] == pytest.approx(WIDTH_M, abs=1e-3)
    assert np.hypot(*np.diff(log[:, :2], axis=0).T).max() < 1.1


def test_a_car_waits_at_the_end_of_a_lane_that_it_cannot_leave():
    lanes = (
        straight_lane(0.0, WIDTH_M, 200.0, successors=(2,), right=1, change_right=True),
        straight_lane(0.0, 0.0, 200.0, left=0, change_left=False),
        straight_lane(200.0, WIDTH_M, 100.0, road=1),
    )
    road = RoadNetwork(
        name="drop", seed=0, lanes=lanes, routes=(Route(start_lane=0, start_s=5.0, goal_lane=2, goal_s=90.0),)
    )
    drive = Drive(road, cars=1)
    drive.put(0, 0, 5.0, 0.0)
    drive.put(1, 1, 40.0, 15.0)
    log = drive.run(30.0, watch=place, action=(0.0, -1.0))
    assert log[-1, 3] == pytest.approx(0.0, abs=0.2)
    assert 170.0 < log[-1, 0] < 200.0
    assert log[:, 4].min() > -4.7, "1.2 times what stops just in time"


def test_cars_follow_their_lane_around_a_bend():
    lane = arc_lane((0.0, 0.0, 0.0), 200.0, 1 / 60.0)
    road = RoadNetwork(
        name="arc", seed=0, lanes=(lane,), routes=(Route(start_lane=0, start_s=5.0, goal_lane=0, goal_s=190.0),)
    )
    drive = Drive(road, cars=1)
    drive.put(0, 0, 5.0, 0.0)
    drive.put(1, 0, 30.0, 10.0)
    log = drive.run(8.0, watch=place, command={1: lambda _: 0.0})
    # The circle about (0, 60).
    assert np.hypot(log[:, 0], log[:, 1] - 60.0) == pytest.approx(np.full(len(log), 60.0), abs=0.01)
    assert drive.actors.yaw_rate[0, 1] == pytest.approx(10.0 / 60.0, rel=1e-3)
    assert np.tan(drive.actors.steer[0, 1]) == pytest.approx(2.7 / 60.0, rel=1e-3)


@pytest.mark.parametrize("curvature", [-1 / 33.0, -1 / 60.0, 1 / 33.0])
def test_a_truck_stays_out_of_the_oncoming_lane_in_a_bend(curvature):
    # Traffic keeps right: the oncoming lane is outside of a bend to the right and inside of one to the left.
    lane = arc_lane((0.0, 0.0, 0.0), 80.0, curvature)
    road = RoadNetwork(
        name="arc", seed=0, lanes=(lane,), routes=(Route(start_lane=0, start_s=5.0, goal_lane=0, goal_s=75.0),)
    )
    drive = Drive(road, cars=1)
    drive.put(0, 0, 5.0, 0.0)
    drive.put(1, 0, 25.0, 8.0, kind=ActorKind.TRUCK, length=12.0, width=2.5, rear=2.6, wheelbase=6.0)
    drive.run(2.0, command={1: lambda _: 0.0}, action=(0.0, -1.0))
    a = drive.actors
    x, y, yaw = (float(column[0, 1]) for column in (a.x, a.y, a.yaw))
    ahead = 6.0 - 2.6
    box = corners(x + ahead * np.cos(yaw), y + ahead * np.sin(yaw), yaw, 12.0, 2.5)
    left = np.sign(curvature) * (1.0 / abs(curvature) - np.hypot(box[:, 0], box[:, 1] - 1.0 / curvature))
    assert left.max() < 0.5 * 3.5 + 0.15


@pytest.mark.parametrize("curvature", [-1 / 11.0, 1 / 11.0])
def test_bodies_keep_to_a_narrow_lane_in_the_bend_between_two_streets_of_a_town(curvature):
    half_m, turn = 1.45, 14.0 * curvature
    corner = np.array((np.sin(turn), 1.0 - np.cos(turn))) / curvature + (30.0, 0.0)
    far = corner + 30.0 * np.array((np.cos(turn), np.sin(turn)))
    lanes = (
        arc_lane((0.0, 0.0, 0.0), 30.0, 0.0, successors=(1,)),
        arc_lane((30.0, 0.0, 0.0), 14.0, curvature, successors=(2,)),
        arc_lane((*corner, turn), 30.0, 0.0, successors=(3,)),
        arc_lane((*far, turn), 10.0, 0.0, junction=0),
    )
    road = RoadNetwork(
        name="bend", seed=0, lanes=lanes, routes=(Route(start_lane=2, start_s=5.0, goal_lane=3, goal_s=9.0),),
        junctions=(Junction(name="beyond"),),
    )  # fmt: skip
    drive = Drive(road, cars=1)
    drive.put(0, 2, 20.0, 0.0)
    drive.put(1, 0, 20.0, 5.0, kind=ActorKind.TRUCK, length=6.0, width=2.2, rear=1.4, wheelbase=3.0)
    centre = np.concatenate([lane.points for lane in lanes])
    fine = np.stack([np.interp(np.arange(0.0, len(centre) - 1, 0.02), np.arange(len(centre)), c) for c in centre.T])
    worst = 0.0
    for _ in range(50):
        drive.run(0.1, command={1: lambda _: 0.0}, action=(0.0, -1.0))
        x, y, yaw = (float(column[0, 1]) for column in (drive.actors.x, drive.actors.y, drive.actors.yaw))
        box = corners(x + 1.6 * np.cos(yaw), y + 1.6 * np.sin(yaw), yaw, 6.0, 2.2)
        around = np.concatenate([box, 0.5 * (box + np.roll(box, 1, axis=0))])
        worst = max(worst, float(np.hypot(*(around[:, :, None] - fine)[:, :].transpose(1, 0, 2)).min(axis=1).max()))
    assert drive.actors.lane[0, 1] == 2
    assert worst < half_m


def locate(drive: Drive) -> tuple:
    """Lane, s, d after a step of a standing ego."""
    drive.world.step(np.array([[0.0, -1.0]], np.float32))
    a = drive.actors
    return int(a.lane[0, 0]), float(a.s[0, 0]), float(a.d[0, 0])


def test_the_ego_is_found_on_the_lane_it_is_on():
    drive = Drive(straight_road(3, sections=3))
    drive.put(0, 2, 50.0, 0.0, d=1.0)
    assert locate(drive) == pytest.approx((2, 50.0, 1.0), abs=1e-4)
    drive.put(0, 2, 50.0, 0.0, d=WIDTH_M + 0.5)
    assert locate(drive) == pytest.approx((1, 50.0, 0.5), abs=1e-4)
    drive.put(0, 2, 50.0, 0.0, d=2 * WIDTH_M - 0.5)
    assert locate(drive) == pytest.approx((0, 50.0, -0.5), abs=1e-4)
    drive.put(0, 2, 50.0, 0.0, d=-3.0)
    assert locate(drive) == pytest.approx((2, 50.0, -3.0), abs=1e-4)


def test_the_ego_is_followed_across_joints_forward_and_back():
    drive = Drive(straight_road(2, sections=3))
    drive.put(0, 1, 99.0, 0.0)
    drive.actors.x[0, 0] += 4.0
    assert locate(drive) == pytest.approx((3, 3.0, 0.0), abs=1e-4)
    drive.actors.x[0, 0] -= 5.0
    assert locate(drive) == pytest.approx((1, 98.0, 0.0), abs=1e-4)


def fork(goal_lane: int) -> RoadNetwork:
    """Lane 0 leads to lane 1, straight on, and to lane 2, a bend to the right of radius 50 m."""
    wide = {"edge_left": 12.0, "edge_right": 12.0}
    lanes = (
        straight_lane(0.0, 0.0, 50.0, successors=(1, 2), left_edge=12.0, right_edge=12.0),
        arc_lane((50.0, 0.0, 0.0), 60.0, 0.0, road=1, **wide),
        arc_lane((50.0, 0.0, 0.0), 60.0, -0.02, road=2, **wide),
    )
    route = Route(start_lane=0, start_s=5.0, goal_lane=goal_lane, goal_s=55.0)
    return RoadNetwork(name="fork", seed=0, lanes=lanes, routes=(route,))


@pytest.mark.parametrize("goal_lane", [1, 2])
@pytest.mark.parametrize("taken", [1, 2])
@pytest.mark.parametrize("d", [-0.2, 0.0, 0.2])
def test_at_a_fork_a_driver_is_on_the_branch_it_drives(goal_lane, taken, d):
    # Pure pursuit of the branch, wherever the route leads.
    drive = Drive(fork(goal_lane), model="kinematic")
    drive.put(0, 0, 30.0, 8.0, d=d)
    actors = drive.actors
    for _ in range(60):
        ahead = min(float(actors.x[0, 0]) - 50.0 + 6.0, 45.0)
        goal = (50.0 + ahead, d)
        if taken == 2 and ahead > 0.0:
            goal = (50.0 + 50.0 * np.sin(ahead / 50.0), 50.0 * np.cos(ahead / 50.0) - 50.0 + d)
        turn = np.arctan2(goal[1] - actors.y[0, 0], goal[0] - actors.x[0, 0]) - actors.yaw[0, 0]
        steer = np.arctan(2.58 * 2.0 * np.sin(turn) / np.hypot(goal[0] - actors.x[0, 0], goal[1] - actors.y[0, 0]))
        drive.world.step(np.array([[np.clip(steer / 0.5, -1.0, 1.0), 0.0]], np.float32))
        if actors.x[0, 0] > 68.0 or drive.episode.end[0, 0]:
            break
    assert actors.lane[0, 0] == taken
    if taken == goal_lane:
        assert actors.x[0, 0] > 66.0
    else:
        assert drive.episode.end[0, 0] == EndReason.ROUTE_DEVIATION
    assert abs(actors.d[0, 0]) < 1.0


def test_on_the_wrong_side_of_a_gore_a_driver_is_on_the_lane_it_drives():
    """Lanes 0 and 1 abreast lead to 2 and 3, which are no neighbours; the driver strays from 2 to 3."""
    wide = {"left_edge": 12.0, "right_edge": 12.0}
    lanes = (
        straight_lane(0.0, WIDTH_M, 50.0, successors=(2,), right=1, change_right=True, **wide),
        straight_lane(0.0, 0.0, 50.0, successors=(3,), left=0, change_left=True, **wide),
        straight_lane(50.0, WIDTH_M, 200.0, road=1, **wide),
        straight_lane(50.0, 0.0, 200.0, road=2, **wide),
    )
    route = Route(start_lane=0, start_s=5.0, goal_lane=2, goal_s=190.0)
    drive = Drive(RoadNetwork(name="gore", seed=0, lanes=lanes, routes=(route,)))
    drive.put(0, 0, 45.0, 10.0, turn=-0.1)
    lane = [drive.run(0.1, action=(0.0, 0.0), watch=lambda d: (d.actors.lane[0, 0],))[0, 0] for _ in range(35)]
    assert lane[10] == 2
    assert drive.actors.y[0, 0] < 0.5 * WIDTH_M
    assert drive.actors.lane[0, 0] == 3


def test_an_ego_across_the_line_is_on_both_lanes():
    drive = Drive(straight_road(2, sections=3))
    drive.put(0, 1, 50.0, 0.0, d=0.5, cooldown=NEVER)
    locate(drive)
    assert drive.actors.second_lane[0, 0] == -1
    drive.put(0, 1, 50.0, 0.0, d=1.2, cooldown=NEVER)
    locate(drive)
    assert drive.actors.second_lane[0, 0] == 0
