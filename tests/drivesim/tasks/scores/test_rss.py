import numpy as np
import pytest

from drivesim.tasks.scores.rss import EGO, OTHER, in_lane, lateral, longitudinal_opposite, longitudinal_same, rss_of
from tests.judges import ask
from tests.reference.traces import LENGTH, straight

AD_RSS = """
import ad_physics, ad_rss
p = ad_rss.physics
st, w, c = ad_rss.rss.structured, ad_rss.rss.world, ad_rss.rss.core
def dyn():
    d = w.RssDynamics()
    A = p.Acceleration
    d.alpha_lon.accel_max = A(3.5); d.alpha_lon.brake_min = A(-4.0); d.alpha_lon.brake_max = A(-8.0)
    d.alpha_lon.brake_min_correct = A(-3.0); d.alpha_lat.accel_max = A(0.2); d.alpha_lat.brake_min = A(-0.8)
    d.lateral_fluctuation_margin = p.Distance(0.1); d.response_time = p.Duration(1.0)
    d.max_speed_on_acceleration = p.Speed(100.0); d.min_longitudinal_safety_distance = p.Distance(0.0)
    u = d.unstructured_settings
    u.pedestrian_turning_radius = p.Distance(2.0); u.drive_away_max_angle = p.Angle(2.4)
    u.vehicle_yaw_rate_change = p.AngularAcceleration(0.3); u.vehicle_min_radius = p.Distance(3.5)
    u.vehicle_trajectory_calculation_step = p.Duration(0.2)
    return d
def obj(v, lat=0.0, correct=True):
    s = c.RelativeObjectState()
    o = s.structured_object_state
    o.velocity.speed_lon_min = o.velocity.speed_lon_max = p.Speed(v)
    o.velocity.speed_lat_min = o.velocity.speed_lat_max = p.Speed(lat)
    q = s.unstructured_object_state
    q.yaw = p.Angle(0.0); q.dimension.length = p.Distance(4.5); q.dimension.width = p.Distance(1.8)
    q.yaw_rate = p.AngularVelocity(0.0); q.center_point.x = q.center_point.y = p.Distance(0.0)
    q.speed_range.minimum = q.speed_range.maximum = p.Speed(v); q.steering_angle = p.Angle(0.0)
    o.distance_to_enter_intersection = o.distance_to_leave_intersection = p.Distance(1000.0)
    o.is_in_correct_lane = correct; o.has_priority = False
    s.dynamics = dyn(); s.object_type = w.ObjectType.OtherVehicle
    return s
same, opposite, across = [], [], []
for a, b, la, lb in given["speeds"].tolist():
    d = p.Distance(0.0)
    assert st.calculateSafeLongitudinalDistanceSameDirection(obj(b), obj(a), d)
    same.append(d.mDistance)
    d = p.Distance(0.0)
    assert st.calculateSafeLongitudinalDistanceOppositeDirection(obj(a), obj(b, correct=False), d)
    opposite.append(d.mDistance)
    d = p.Distance(0.0)
    assert st.calculateSafeLateralDistance(obj(10.0, la), obj(10.0, lb), d)
    across.append(d.mDistance)
answer["same"], answer["opposite"], answer["lateral"] = same, opposite, across
"""


def test_distances_equal_intels(rng):
    speeds = np.column_stack([rng.uniform(0.0, 40.0, (300, 2)), rng.uniform(-2.0, 2.0, (300, 2))])
    theirs = ask(AD_RSS, {"speeds": speeds}, "ad_rss", "numpy")
    one, two, left, right = speeds.T
    assert np.abs(longitudinal_same(one, two) - theirs["same"]).max() < 1e-6
    assert np.abs(longitudinal_opposite(one, two) - theirs["opposite"]).max() < 1e-6
    assert np.abs(lateral(left, right) - theirs["lateral"]).max() < 1e-6


def test_distances_by_hand():
    # 20 * 1 + 3.5 / 2 + 23.5^2 / 8 - 10^2 / 16
    assert longitudinal_same(20.0, 10.0) == pytest.approx(84.53125)
    assert longitudinal_same(0.0, 13.9) == 0.0
    # (10 + 13.5) / 2 + 13.5^2 / 6, and (10 + 13.5) / 2 + 13.5^2 / 8
    assert longitudinal_opposite(10.0, 10.0) == pytest.approx(76.65625)
    # 0.1 + 2 * (0.1 + 0.2^2 / 1.6)
    assert lateral(0.0, 0.0) == pytest.approx(0.35)


def follow(gap: float, *, speed: float = 20.0, theirs: float = 20.0, **other):
    ticks = 50
    x = gap + LENGTH + 1.0 + 0.1 * theirs * np.arange(ticks)
    return straight(ticks, speed=speed, others=({"x": x, "speed": theirs, **other},))


def test_the_rear_car_causes_the_danger():
    safe = float(longitudinal_same(20.0, 20.0, EGO))
    assert rss_of(follow(safe + 0.1)).danger_share == 0.0
    assert rss_of(follow(safe - 0.1)).danger_share == 1.0
    assert rss_of(follow(safe - 2.0)).min_margin == pytest.approx(-2.0)
    behind = float(longitudinal_same(20.0, 20.0, OTHER))
    close = rss_of(follow(-2.0 * LENGTH - behind + 0.5))
    assert close.danger.all() and not close.caused.any()


def test_a_car_in_the_next_lane_is_no_danger_until_it_is_near_sideways():
    assert not rss_of(follow(5.0, y=3.5)).danger.any()
    assert rss_of(follow(5.0, y=2.2)).danger.all()


def test_who_moves_into_the_danger_has_caused_it():
    ticks = 50
    side = np.linspace(5.0, 2.1, ticks)
    speed = -2.9 / (0.1 * (ticks - 1))
    x = 1.0 + 6.0 + 2.0 * np.arange(ticks)
    cut_in = straight(ticks, speed=20.0, others=({"x": x, "y": side, "speed": 20.0, "yaw": np.arcsin(speed / 20.0)},))
    result = rss_of(cut_in)
    assert result.danger.any() and not result.caused.any()
    drift = straight(
        ticks,
        speed=20.0,
        y=5.0 - side,
        lateral_speed=np.full(ticks, -speed),
        others=({"x": x, "y": 5.0, "speed": 20.0},),
    )
    assert rss_of(drift).caused.any()


def test_a_bend_does_not_look_like_lateral_motion():
    # On a circle of 50 m a car 30 m ahead is in the same lane: 0 to the left, 30 m along it.
    angle = 30.0 / 50.0
    other = {"x": 1.0 + 50.0 * np.sin(angle), "y": 50.0 * (1.0 - np.cos(angle)), "yaw": angle, "speed": 10.0}
    for sign in (1.0, -1.0):
        turned = {**other, "y": sign * other["y"], "yaw": sign * angle}
        ahead, left, heading = in_lane(straight(1, others=(turned,), lane_curvature=np.array([sign / 50.0])))
        assert ahead[0, 0] == pytest.approx(30.0)
        assert left[0, 0] == pytest.approx(0.0, abs=1e-9)
        assert heading[0, 0] == pytest.approx(0.0, abs=1e-9)


def test_a_proper_response_is_braking():
    ticks = 60
    x = 10.0 + 2.0 * np.arange(ticks)
    rolls = straight(ticks, speed=20.0, others=({"x": x, "speed": 20.0},))
    assert not rss_of(rolls).responds[-1]
    brakes = np.maximum(20.0 - 0.45 * np.arange(ticks), 0.0)
    assert rss_of(straight(ticks, speed=brakes, others=({"x": x, "speed": 20.0},))).responds.all()
