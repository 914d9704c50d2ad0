import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivesim.config import EnvConfig
from drivesim.maps.network import RoadNetwork, Route
from drivesim.state.parameters import parameters_from
from drivesim.world.plan import track
from drivesim.world.vehicle import WHEELBASE
from tests.reference.drive import Drive, arc_lane, straight_road
from tests.reference.roads import straight_lane

f32 = np.float32
PARAMETERS = parameters_from(EnvConfig(), 1)


def circle_plan(speed: float, curvature: float) -> np.ndarray:
    """Way-points of a car that drives on along a circle."""
    angle = speed * 0.5 * np.arange(1, 7) * curvature
    return np.stack([np.sin(angle) / curvature, (1.0 - np.cos(angle)) / curvature], axis=1).astype(f32)


def test_the_tracker_on_a_hand_worked_plan():
    # (5, 1): 2 / 26.5 = 0.07547; (10, 2): 4 / 104.5 = 0.03828; (15, 3): 6 / 234.5 = 0.02559
    # 0.6 * 0.07547 + 0.3 * 0.03828 + 0.1 * 0.02559 = 0.05933; atan(2.5789 * 0.05933) / 0.5 = 0.3037
    # (12 - 10) / 4 = 0.5; (6 - 10) / 8 = -0.5
    points = np.array([[5, 1], [10, 2], [15, 3], [20, 4], [25, 5], [30, 6]], f32)
    assert track(points, f32(10), f32(12), PARAMETERS) == pytest.approx((0.3037, 0.5), abs=1e-3)
    assert track(points, f32(10), f32(6), PARAMETERS)[1] == pytest.approx(-0.5)


@given(speed=st.floats(4.0, 40.0), radius=st.floats(15.0, 500.0), sign=st.sampled_from((1.0, -1.0)))
def test_a_plan_along_a_circle_is_answered_with_the_steering_of_that_circle(speed, radius, sign):
    curvature = sign / radius
    if speed * 1.5 > radius:
        return
    steering, _ = track(circle_plan(speed, curvature), f32(speed), f32(speed), PARAMETERS)
    expected = math.atan(WHEELBASE * curvature) / 0.5
    # The guard of 0.5 m^2 weakens the answer by at most its share of the nearest squared distance.
    assert steering == pytest.approx(expected, rel=0.5 / (0.5 * speed) ** 2 + 0.01)


def test_a_standing_car_with_its_plan_on_the_spot_keeps_its_wheels_straight():
    points = np.full((6, 2), 1e-3, f32)
    steering, pedal = track(points, f32(0), f32(0), PARAMETERS)
    assert abs(steering) < 0.03
    assert pedal == 0.0


def test_actions_end_at_one():
    points = np.array([[0.5, 2], [1, 4], [1.5, 6], [2, 8], [2, 9], [2, 10]], f32)
    assert track(points, f32(0), f32(30), PARAMETERS) == (1.0, 1.0)
    assert track(points * np.array([1, -1], f32), f32(30), f32(0), PARAMETERS) == (-1.0, -1.0)


@settings(max_examples=60)
@given(
    d=st.floats(-1.5, 1.5), turn=st.floats(-0.26, 0.26), speed=st.floats(0.0, 20.0),
    model=st.sampled_from(("dynamic", "kinematic")),
)  # fmt: skip
def test_from_any_state_on_the_road_the_expert_returns_to_the_centre_and_stays(d, turn, speed, model):
    drive = DRIVES[model]
    drive.world.reset(0, maps=[0], routes=[0])
    drive.put(0, 0, 10.0, speed, d=d, turn=turn)
    log = drive.run(25.0, watch=lambda x: (x.labels.lane_offset[0, 0], x.labels.lane_heading[0, 0], x.actors.s[0, 0]))
    assert not drive.episode.end[0, 0]
    assert np.abs(log[-20:, 0]).max() < 0.05
    assert np.abs(log[-20:, 1]).max() < 0.01
    # Fast, the drift lasts 0.35 s until the wheels have turned, and is then stopped at 4 m/s^2 or more. Slow, the way
    # back is one of space: critically damped at k_max = 0.2 / m it strays by slope / (e k_max), and half as much again.
    drift = speed * np.sin(abs(turn))
    strays = max(0.35 * drift + drift**2 / 8.0, 1.5 * np.tan(abs(turn)) / (np.e * 0.2)) + 0.1
    assert np.abs(log[:, 0]).max() < abs(d) + strays


def long_road() -> RoadNetwork:
    lane = straight_lane(0.0, 0.0, 1500.0, left_edge=8.0, right_edge=8.0)
    return RoadNetwork(
        name="long", seed=0, lanes=(lane,), routes=(Route(start_lane=0, start_s=5.0, goal_lane=0, goal_s=1490.0),)
    )


DRIVES = {model: Drive(long_road(), model=model) for model in ("dynamic", "kinematic")}


def test_the_way_back_to_the_centre_neither_overshoots_nor_oscillates():
    drive = Drive(long_road())
    drive.put(0, 0, 10.0, 20.0, d=1.2)
    log = drive.run(12.0, watch=lambda x: (x.labels.lane_offset[0, 0],))[:, 0]
    assert log.min() > -0.05
    assert (np.diff(log) < 0.01).all()


def test_the_plan_is_what_the_car_then_does():
    drive = Drive(long_road())
    drive.put(0, 0, 10.0, 15.0, d=1.0)
    drive.world.decide()
    x, y, yaw = (float(drive.actors[i][0, 0]) for i in map(drive.actors._fields.index, ("x", "y", "yaw")))
    plan = drive.plan.waypoints[0, 0].astype(float)
    expected = np.stack([x + plan[:, 0] * np.cos(yaw) - plan[:, 1] * np.sin(yaw),
                         y + plan[:, 0] * np.sin(yaw) + plan[:, 1] * np.cos(yaw)], axis=1)  # fmt: skip
    log = drive.run(3.1, watch=lambda d: (d.actors.x[0, 0], d.actors.y[0, 0]))
    driven = log[[5, 10, 15, 20, 25, 30]]
    assert np.abs(driven - expected)[:, 1].max() < 0.2
    assert np.abs(driven - expected)[:, 0].max() < 1.0


def test_speed_is_held_without_oscillation_behind_the_actuators_lag():
    drive = Drive(long_road())
    drive.put(0, 0, 10.0, 5.0)
    log = drive.run(40.0, watch=lambda d: (d.actors.speed[0, 0], d.plan.expert_action[0, 0, 1]))
    assert log[-1, 0] == pytest.approx(20.0, abs=0.1)
    assert log[:, 0].max() < 20.1
    assert (np.diff(log[30:, 1]) < 1e-3).all(), "the pedal only ever eases"


def test_a_bend_is_followed_on_the_lanes_centre():
    lane = arc_lane((0.0, 0.0, 0.0), 600.0, 1 / 210.0, edge_left=6.0, edge_right=6.0)
    road = RoadNetwork(
        name="arc", seed=0, lanes=(lane,), routes=(Route(start_lane=0, start_s=5.0, goal_lane=0, goal_s=590.0),)
    )
    drive = Drive(road)
    drive.put(0, 0, 5.0, 20.0, steer=math.atan(WHEELBASE / 210.0), yaw_rate=20.0 / 210.0)
    log = drive.run(20.0, watch=lambda d: (d.labels.lane_offset[0, 0],))[:, 0]
    assert np.abs(log[100:]).max() < 0.06


def test_labels_say_where_the_lane_is_and_how_it_bends():
    first = arc_lane((0.0, 0.0, 0.0), 100.0, 0.0, successors=(1,))
    second = arc_lane((100.0, 0.0, 0.0), 200.0, 0.01, road=1)
    road = RoadNetwork(
        name="label",
        seed=0,
        lanes=(first, second),
        routes=(Route(start_lane=0, start_s=5.0, goal_lane=1, goal_s=190.0),),
    )
    drive = Drive(road)
    drive.put(0, 0, 85.0, 10.0, d=0.4, turn=-0.1)
    drive.world.decide()
    assert drive.labels.lane_offset[0, 0] == pytest.approx(0.4)
    assert drive.labels.lane_heading[0, 0] == pytest.approx(-0.1)
    # 5, 10, 20 and 40 m ahead: straight, straight, arc, arc
    assert drive.labels.lane_curvature[0, 0] == pytest.approx([0.0, 0.0, 0.01, 0.01], abs=1e-6)
    assert drive.navigation.command[0, 0] == pytest.approx([0.0, 5.0, 2.0, 2.0])


def test_way_points_lie_on_the_lane_ahead():
    drive = Drive(straight_road(1, sections=4))
    drive.put(0, 0, 10.0, 20.0)
    drive.world.decide()
    assert drive.plan.waypoints[0, 0][:, 0] == pytest.approx(10.0 * np.arange(1, 7), abs=0.5)
    assert np.abs(drive.plan.waypoints[0, 0][:, 1]).max() < 1e-3
    assert drive.plan.target_speed[0, 0] == pytest.approx(20.0 + drive.actors.accel_decided[0, 0])
