import numpy as np
import pytest

from drivesim.config import EnvConfig, MapConfig, TrafficConfig
from drivesim.maps.bank import MapBank
from drivesim.maps.network import RoadNetwork, Route
from drivesim.maps.procedural import build_network
from drivesim.state import ActorKind, Lamp
from drivesim.world.driver import LATERAL_ACCEL_MAX, ROAD_BRAKING_MAX, settle
from drivesim.world.step import World
from tests.reference.drive import Drive, arc_lane, straight_road
from tests.reference.roads import straight_lane

f32 = np.float32


def bend(curvature: float = 1 / 50, limit_after: float = 20.0) -> RoadNetwork:
    """200 m straight on, 80 m of arc, 200 m straight on."""
    first = arc_lane((0.0, 0.0, 0.0), 200.0, 0.0, successors=(1,))
    second = arc_lane((200.0, 0.0, 0.0), 80.0, curvature, successors=(2,), road=1)
    x, y = second.points[-1]
    third = arc_lane((x, y, second.heading[-1]), 200.0, 0.0, road=2, speed_limit=limit_after)
    routes = (Route(start_lane=0, start_s=5.0, goal_lane=2, goal_s=190.0),)
    return RoadNetwork(name="bend", seed=0, lanes=(first, second, third), routes=routes)


def motion(drive: Drive, slot: int = 1) -> tuple:
    a = drive.actors
    return a.speed[0, slot], a.accel[0, slot], a.lane[0, slot], a.s[0, slot]


def test_slowing_for_a_place_settles_at_comfortable_braking():
    # 20 m/s to 10 m/s: r = (400 - 100) / (2 d). At 75 m r = b = 2 and the answer is -2; at 150 m -(1^2) / 2.
    assert [settle(f32(300.0 / (2.0 * d)), f32(2)) for d in (75.0, 150.0)] == pytest.approx([-2.0, -0.5])
    assert settle(f32(0), f32(2)) == 0.0
    assert settle(f32(-36.0 / (2.0 * 30.0)), f32(2)) == pytest.approx(0.6)


def test_a_bend_is_driven_at_the_comfortable_speed_without_hard_braking():
    drive = Drive(bend())
    drive.put(0, 0, 20.0, 20.0)
    log = drive.run(30.0, watch=lambda d: motion(d, 0))
    comfortable = np.sqrt(LATERAL_ACCEL_MAX * 50.0)
    inside = log[log[:, 2] == 1]
    assert inside[:, 0].max() == pytest.approx(comfortable, abs=0.5)
    assert inside[:, 0].min() > comfortable - 1.0
    assert log[:, 1].min() > -2.5
    after = log[(log[:, 2] == 2) & (log[:, 3] > 20.0)]
    assert after[:, 1].min() > 0.0, "it speeds up behind the bend"


def test_a_lower_limit_is_met_where_it_begins():
    drive = Drive(bend(curvature=1e-6, limit_after=12.0))
    drive.put(0, 0, 20.0, 20.0)
    log = drive.run(30.0, watch=lambda d: motion(d, 0))
    at_limit = log[log[:, 2] == 2][0]
    assert at_limit[0] == pytest.approx(12.0, abs=0.6)
    assert log[:, 1].min() > -2.5


def test_a_bend_met_too_fast_is_braked_for_no_harder_than_allowed():
    drive = Drive(bend(curvature=1 / 20), cars=1)
    drive.put(0, 2, 150.0, 0.0)
    drive.put(1, 0, 180.0, 20.0)
    log = drive.run(2.0, watch=motion)
    assert log[:, 1].min() == pytest.approx(-ROAD_BRAKING_MAX, abs=1e-4)


def test_cars_settle_at_the_equilibrium_gap_of_the_idm():
    drive = Drive(straight_road(1, sections=20), cars=2)
    drive.put(0, 0, 5.0, 0.0)
    drive.put(1, 0, 30.0, 12.0)
    drive.put(2, 0, 80.0, 12.0)
    drive.run(60.0, command={2: lambda _: 0.0})
    # (2 + 12 * 1.5) / sqrt(1 - (12 / 20)^4) = 21.44
    assert drive.gap(1, 2) == pytest.approx(21.44, abs=0.15)
    assert drive.actors.lead[0, 1] == 2
    assert drive.actors.lead_gap[0, 1] == pytest.approx(drive.gap(1, 2), abs=1e-3)


def test_trucks_keep_to_their_own_limit():
    lane = straight_lane(0.0, 0.0, 1500.0)
    road = RoadNetwork(
        name="fast", seed=0, lanes=(lane,), routes=(Route(start_lane=0, start_s=5.0, goal_lane=0, goal_s=99.0),)
    )
    drive = Drive(road, cars=1)
    drive.put(0, 0, 5.0, 0.0)
    drive.put(1, 0, 100.0, 20.0, kind=ActorKind.TRUCK, speed_factor=2.0, speed_max=85.0 / 3.6)
    drive.run(5.0)
    drive.world.decide()
    # Limit 20 m/s times 2, held to 85 km/h = 23.61 m/s: 1.4 (1 - (v / 23.61)^4)
    speed = float(drive.actors.speed[0, 1])
    assert drive.actors.accel_decided[0, 1] == pytest.approx(1.4 * (1.0 - (speed * 3.6 / 85.0) ** 4), abs=1e-3)


def brake_lit(drive: Drive) -> tuple:
    return (drive.actors.lamps[0, 1] & Lamp.BRAKE) != 0, drive.actors.accel_decided[0, 1], drive.actors.speed[0, 1]


def test_brake_lamps_burn_while_braking_and_while_standing_and_only_then():
    drive = Drive(straight_road(1, sections=10), cars=2)
    drive.put(0, 0, 5.0, 0.0)
    drive.put(1, 0, 40.0, 15.0)
    drive.put(2, 0, 120.0, 0.0)
    log = drive.run(25.0, watch=brake_lit, command={2: lambda t: 0.0 if t < 18.0 else 1.5})
    lit, command, speed = log[:, 0] > 0, log[:, 1], log[:, 2]
    assert lit[command < -0.7].all()
    assert lit[(speed < 0.05) & (command < 0.05)].all()
    assert not lit[(command > -0.2) & (speed > 0.2)].any()
    assert np.abs(np.diff(lit.astype(int))).sum() <= 4, "they do not flicker"


def test_an_ego_behind_a_standing_car_reports_it_as_its_lead():
    drive = Drive(straight_road(1, sections=4), cars=1)
    drive.put(0, 0, 20.0, 15.0)
    drive.put(1, 0, 90.0, 3.0)
    drive.world.decide()
    assert drive.labels.lead_present[0, 0]
    assert drive.labels.lead_distance[0, 0] == pytest.approx(drive.gap(0, 1), abs=1e-3)
    assert drive.labels.lead_closing[0, 0] == pytest.approx(12.0)
    # On a straight road the rear is as far from the own rear axle as the gap and the own front say.
    front = float(drive.actors.length[0, 0] - drive.actors.rear[0, 0])
    assert drive.labels.lead_place[0, 0] == pytest.approx((drive.gap(0, 1) + front, 0.0), abs=1e-3)
    drive.put(1, 1, 20.0, 3.0)
    drive.world.decide()
    assert not drive.labels.lead_present[0, 0]
    assert drive.labels.lead_distance[0, 0] == 0.0
    assert not drive.labels.lead_place[0, 0].any()


def test_the_lead_is_the_nearest_body_ahead_in_the_egos_own_lane_whatever_lane_it_wants():
    drive = Drive(straight_road(2, sections=4), cars=2)
    drive.put(0, 0, 20.0, 15.0)
    drive.put(1, 0, 80.0, 15.0)
    drive.put(2, 1, 50.0, 15.0)
    actors = drive.world.state.actors
    actors.target_lane[0, 0] = actors.lane[0, 2]
    actors.change_ticks[0, 0] = 10
    actors.second_lane[0, 0] = actors.lane[0, 2]
    drive.world.decide()
    assert actors.target_lane[0, 0] == actors.lane[0, 2]
    assert drive.labels.lead_distance[0, 0] == pytest.approx(drive.gap(0, 1), abs=1e-3)
    actors.second_lane[0, 2] = actors.lane[0, 0]
    drive.world.decide()
    assert drive.labels.lead_distance[0, 0] == pytest.approx(drive.gap(0, 2), abs=1e-3), "half of it is in this lane"


@pytest.mark.parametrize("generator", ["highway", "country_road"])
def test_who_remembers_the_road_decides_as_who_looks_at_all_of_it_again(generator):
    bank = MapBank.bare([build_network(MapConfig(generator=generator), seed) for seed in range(3)])
    world = World(bank, EnvConfig(traffic=TrafficConfig(car_count=10), sensors=()), 6)
    world.reset(5)
    for _ in range(60):
        before, action = world.snapshot(), world.state.plan.expert_action[:, 0].copy()
        world.step(action)
        remembered = world.state.actors.accel_decided.copy()
        world.restore(before)
        world.state.actors.straight[:] = 0.0
        world.step(action)
        # Who slows down looks more closely, and then may see between two points that were looked at before.
        difference = np.abs(world.state.actors.accel_decided - remembered)
        assert (difference == 0.0).mean() > 0.95
        assert difference.max() < 0.2
