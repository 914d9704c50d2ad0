"""Who comes the other way along its own way: nearness on a street that bends, and who turns into one."""

import numpy as np
import pytest

from drivesim.config import EnvConfig, TrafficConfig
from drivesim.maps.bank import MapBank
from drivesim.maps.network import RoadNetwork
from drivesim.maps.path import following
from drivesim.maps.procedural.town import scenes
from drivesim.maps.procedural.town.plan import Control
from drivesim.state import ActorKind, Motion
from drivesim.state.actors import Errand
from drivesim.world.errands.calls import holds_for_call
from drivesim.world.errands.oncoming import is_passing, way_towards
from drivesim.world.errands.passing import (
    behind_oncoming,
    has_made_way,
    is_street_free,
    may_return,
    passed_to,
    passes_all,
)
from drivesim.world.step import World
from drivesim.world.ways import way_of
from tests.reference.drive import arc_lane

RADIUS = 60.0


def plain(function):
    return getattr(function, "py_func", function)


def world_on(network: RoadNetwork, cars: int) -> World:
    """A world of cars of 4.5 m on no lane, the last of which is on call."""
    config = EnvConfig(traffic=TrafficConfig(car_count=cars, emergency_share=0.1), sensors=())
    world = World(MapBank.bare([network]), config, 1, driver_count=0)
    actors = world.state.actors
    actors.kind[0], actors.motion[0], actors.lane[0] = ActorKind.CAR, Motion.LANE_FOLLOWER, -1
    actors.length[0], actors.width[0], actors.rear[0], actors.errand[0] = 4.5, 1.8, 0.9, Errand.NONE
    actors.aside[0] = actors.aside_target[0] = actors.speed[0] = 0.0
    actors.accel_max[0], actors.brake_comfort[0], actors.time_headway[0] = 1.5, 2.0, 1.2
    actors.errand[0, -1] = Errand.ON_CALL
    return world


def put(world: World, slot: int, lane: int, s: float) -> None:
    """Puts somebody on a lane."""
    actors, there = world.state.actors, world.bank.arrays.lanes
    row = there.point_first[lane] + round(s / there.step[lane])
    x, y, heading = there.point[row, :3]
    actors.lane[0, slot], actors.target_lane[0, slot], actors.s[0, slot] = lane, lane, s
    actors.x[0, slot], actors.y[0, slot], actors.yaw[0, slot] = x, y, heading


def bend() -> RoadNetwork:
    """A street that turns left on a circle of 60 m to the middle of the street; lane 1 is the oncoming one."""
    length = 0.5 * np.pi * RADIUS
    there = arc_lane((0.0, -1.75, 0.0), (RADIUS + 1.75) / RADIUS * length, 1.0 / (RADIUS + 1.75), edge_left=5.25)
    back = arc_lane((RADIUS - 1.75, RADIUS, -0.5 * np.pi), (RADIUS - 1.75) / RADIUS * length, -1.0 / (RADIUS - 1.75))
    return RoadNetwork(name="bend", seed=0, lanes=(there, back))


@pytest.mark.parametrize("degrees", [20.0, 45.0, 75.0])
def test_nearness_is_measured_along_the_bend(degrees):
    world = world_on(bend(), 2)
    put(world, 1, 0, 5.0)
    put(world, 0, 1, (RADIUS - 1.75) * np.radians(90.0 - degrees))
    way = plain(way_towards)(world.bank.arrays, world.state, 0, 0, 1)
    assert way == pytest.approx((RADIUS - 1.75) * np.radians(degrees) - 5.0, abs=9.0)
    assert not plain(is_street_free)(world.bank.arrays, world.state, world.parameters, 0, 1, 1.0, 3.0)


def test_who_has_come_by_or_drives_the_same_way_does_not_come_towards_it():
    world = world_on(bend(), 3)
    put(world, 2, 0, 50.0)
    put(world, 0, 1, 70.0)
    put(world, 1, 0, 20.0)
    for slot in (0, 1):
        assert plain(way_towards)(world.bank.arrays, world.state, 0, slot, 2) == np.inf
    assert plain(is_street_free)(world.bank.arrays, world.state, world.parameters, 0, 2, 1.0, 3.0)


@pytest.mark.parametrize(("left", "free"), [(2.9, False), (-2.9, True), (5.5, True)])
def test_nobody_is_passed_where_a_car_is_parked_on_the_side_of_passing(left, free):
    # As in a street with one lane alone, with bays on both sides; its body reaches to 1 m left of the middle + 1.8 m.
    world = world_on(bend(), 2)
    put(world, 1, 0, 20.0)
    actors, radius = world.state.actors, RADIUS + 1.75
    turned = 50.0 / radius
    actors.x[0, 0], actors.y[0, 0] = (radius - left) * np.sin(turned), RADIUS - (radius - left) * np.cos(turned)
    actors.motion[0, 0] = Motion.STANDING
    found = plain(is_street_free)(world.bank.arrays, world.state, world.parameters, 0, 1, 1.0, 2.8)
    assert bool(found) is free


def ways_of(world: World, network: RoadNetwork) -> tuple[int, int, int]:
    """Lane that leads to the junction, the way across that slot 0 takes from there, and the lane that comes towards it
    on the street that it leads to."""
    before = next(
        k for k, lane in enumerate(network.lanes)
        if lane.junction < 0 and lane.successors and network.lanes[lane.successors[0]].junction >= 0
    )  # fmt: skip
    across = int(plain(following)(world.bank.arrays, plain(way_of)(world.bank.arrays, world.state, 0, 0), before))
    end = network.lanes[network.lanes[across].successors[0]].points[-1]
    towards = next(
        k for k, lane in enumerate(network.lanes)
        if lane.junction < 0 and lane.successors and np.hypot(*(lane.points[0] - end)) < 6.0
    )  # fmt: skip
    return before, across, towards


@pytest.mark.parametrize("passes", [False, True])
def test_nobody_enters_a_junction_before_a_street_where_somebody_passes(passes):
    network = scenes.crossing(Control.PRIORITY)
    world = world_on(network, 2)
    before, across, towards = ways_of(world, network)
    put(world, 0, before, network.lanes[before].length - 6.0)
    put(world, 1, towards, network.lanes[towards].length - 40.0)
    world.state.actors.aside_target[0, 1] = 2.0 if passes else 0.0
    world.state.junctions.across[0] = across, -1
    arrays = world.bank.arrays
    assert bool(plain(is_passing)(world.state.actors, 0, 1)) is passes
    assert bool(plain(holds_for_call)(arrays, world.state, world.parameters, 0, 0)) is passes


def test_who_passes_does_not_enter_a_junction_beside_its_lane():
    network = scenes.crossing(Control.PRIORITY)
    world = world_on(network, 1)
    before, across, _ = ways_of(world, network)
    put(world, 0, before, network.lanes[before].length - 6.0)
    world.state.actors.aside[0, 0] = world.state.actors.aside_target[0, 0] = 1.5
    world.state.junctions.across[0] = across
    assert plain(holds_for_call)(world.bank.arrays, world.state, world.parameters, 0, 0)
    world.state.actors.aside_target[0, 0] = 0.0  # It has a gap to come back to, and needs some way for that.
    assert not plain(holds_for_call)(world.bank.arrays, world.state, world.parameters, 0, 0)


@pytest.mark.parametrize("aside", [0.0, 2.0])
def test_who_leaves_a_junction_stops_only_for_one_that_passes_and_not_for_one_that_waits_at_its_line(aside):
    world = world_on(bend(), 2)
    put(world, 0, 0, 10.0)
    put(world, 1, 1, 80.0)
    actors = world.state.actors
    actors.x[0, 1], actors.y[0, 1], actors.yaw[0, 1] = actors.x[0, 0] + 9.0, actors.y[0, 0] + 1.0, np.pi
    actors.speed[0, 0], actors.aside[0, 1] = 5.0, aside
    accel = plain(behind_oncoming)(world.state, 0, 0, np.float32(1.0))
    assert accel < -3.0 if aside > 0.0 else accel == np.inf


def test_all_who_stand_too_close_to_come_back_between_them_are_passed_at_once():
    world = world_on(bend(), 4)
    actors = world.state.actors
    put(world, 3, 0, 2.0)
    for slot, s in enumerate((12.0, 25.0, 80.0)):
        put(world, slot, 0, s)
        actors.errand[0, slot] = Errand.MAKES_WAY
    assert plain(has_made_way)(actors, 0, 0)
    assert plain(passed_to)(world.state, 0, 3, 0) == pytest.approx(25.0 + 3.6 - 2.0)
    assert plain(passed_to)(world.state, 0, 3, 2) == pytest.approx(80.0 + 3.6 - 2.0)
    actors.aside_target[0, 1] = -0.6  # It has not moved aside yet.
    assert plain(passed_to)(world.state, 0, 3, 0) == np.inf


@pytest.mark.parametrize(("width", "passes"), [(1.8, True), (2.5, False)])
def test_nobody_is_passed_if_another_behind_whom_one_cannot_come_back_is_too_wide(width, passes):
    # It is 2.2 m beside them: bodies of 1.8 m are 0.4 m apart there, one of 2.5 m is 0.05 m away.
    world = world_on(bend(), 3)
    for slot, s in enumerate((30.0, 40.0, 20.0)):
        put(world, slot, 0, s)
    actors = world.state.actors
    actors.aside[0, :2], actors.width[0, 1] = -0.2, width
    assert plain(passes_all)(actors, 0, 2, np.float32(25.0), np.float32(2.0)) is passes
    assert plain(passes_all)(actors, 0, 2, np.float32(15.0), np.float32(2.0))


@pytest.mark.parametrize(
    ("speed", "comes", "waited_s", "holds"),
    [(0.0, False, 0.0, False), (0.0, True, 0.0, True), (5.0, False, 44.0, True), (5.0, True, 46.0, False)],
)
def test_who_comes_on_call_holds_others_for_45_s_unless_it_waits_for_room_itself(speed, comes, waited_s, holds):
    network = scenes.crossing(Control.PRIORITY)
    world = world_on(network, 2)
    conflicts = world.bank.arrays.conflicts
    mine = next(k for k, lane in enumerate(network.lanes) if lane.junction >= 0)
    other = conflicts.other[conflicts.lane_first[mine]]
    for slot, across in enumerate((mine, other)):
        before = next(k for k, lane in enumerate(network.lanes) if across in lane.successors)
        put(world, slot, before, network.lanes[before].length - 6.0)
    world.state.junctions.across[0] = mine, other
    world.state.junctions.to_across[0] = 6.0
    world.state.junctions.comes[0, 1], world.state.actors.speed[0, 1] = comes, speed
    world.state.actors.lead[0] = -1
    world.state.junctions.waited[0, 0] = round(waited_s / world.config.step_s)
    assert bool(plain(holds_for_call)(world.bank.arrays, world.state, world.parameters, 0, 0)) is holds


@pytest.mark.parametrize(
    ("behind_m", "speed", "other_speed", "may"),
    [
        (2.0, 0.0, 0.0, True), (0.1, 0.0, 0.0, False), (2.0, 1.0, 0.0, False), (2.0, 0.0, 1.0, False),
        (6.0, 3.0, 3.0, True),
    ],
)  # fmt: skip
def test_who_has_passed_comes_back_before_somebody_close_behind_only_if_both_stand(behind_m, speed, other_speed, may):
    world = world_on(bend(), 2)
    put(world, 0, 0, 40.0)
    put(world, 1, 0, 40.0 + 4.5 + behind_m)
    world.state.actors.speed[0] = other_speed, speed
    assert bool(plain(may_return)(world.state.actors, 0, 1)) is may
