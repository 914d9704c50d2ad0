"""Room beyond junctions: whom somebody would hold up, on the ring of a roundabout and on crossings."""

import numpy as np
import pytest

from drivesim.config import EnvConfig, TrafficConfig
from drivesim.maps.bank import MapBank
from drivesim.maps.procedural.town import scenes
from drivesim.maps.procedural.town.plan import Control
from drivesim.state.actors import Errand
from drivesim.world import exits, junctions
from drivesim.world.exits import (
    CROSSED,
    FREE,
    JOINED,
    claims_room,
    front_on,
    has_room_beyond,
    is_claimed,
    may_stand_on,
    room_to_line,
    standing_of,
)
from drivesim.world.step import World


def standings(network):
    """`standing_of` for every lane of a map's junctions."""
    arrays = MapBank.bare([network]).arrays
    lanes = [index for index, lane in enumerate(network.lanes) if lane.junction >= 0]
    return {lane: int(standing_of.py_func(arrays, np.int32(lane))) for lane in lanes}


def test_who_stays_on_the_ring_of_a_roundabout_holds_up_nobody():
    network = scenes.crossing(Control.ROUNDABOUT)
    found = standings(network)
    arms_in = {index for index, lane in enumerate(network.lanes) if not entries(network, index)}
    stays = [lane for lane in found if not entries(network, lane) & arms_in and goes_on(network, lane)]
    assert len(stays) == 4
    assert {found[lane] for lane in stays} == {FREE}
    assert FREE not in {found[lane] for lane in found if entries(network, lane) & arms_in}


def entries(network, index):
    """Lanes that lead to a lane."""
    return {number for number, lane in enumerate(network.lanes) if index in lane.successors}


def goes_on(network, index):
    """Whether a way across leads to a lane that leads on."""
    return all(network.lanes[after].successors for after in network.lanes[index].successors)


def test_where_streets_cross_straight_ways_are_crossed():
    network = scenes.crossing(Control.PRIORITY)
    straight = [
        index for index, lane in enumerate(network.lanes)
        if lane.junction >= 0 and abs(lane.heading[-1] - lane.heading[0]) < 0.1
    ]  # fmt: skip
    assert len(straight) == 4
    assert {standings(network)[lane] for lane in straight} == {CROSSED}


def test_who_turns_right_is_crossed_by_nobody():
    network = scenes.crossing(Control.PRIORITY)
    found = standings(network)
    right = [
        index for index, lane in enumerate(network.lanes)
        if lane.junction >= 0 and lane.heading[-1] - lane.heading[0] < -1.0
    ]  # fmt: skip
    assert len(right) == 4
    assert {found[lane] for lane in right} <= {JOINED, FREE}


@pytest.mark.parametrize(
    ("waited_s", "own_s", "claims"),
    [(39.0, 0.0, False), (41.0, 0.0, True), (41.0, 50.0, False), (65.0, 0.0, False), (75.0, 0.0, True)],
)
def test_who_has_waited_for_40_s_claims_room_for_20_of_30_s_from_those_who_have_waited_less(waited_s, own_s, claims):
    network = scenes.crossing(Control.PRIORITY)
    config = EnvConfig(traffic=TrafficConfig(car_count=2), sensors=())
    world = World(MapBank.bare([network]), config, 1, driver_count=0)
    junctions, step_s = world.state.junctions, config.step_s
    junctions.across[0] = next(index for index, lane in enumerate(network.lanes) if lane.junction >= 0)
    junctions.waited[0] = round(own_s / step_s), round(waited_s / step_s)
    maps = world.bank.arrays
    assert claims_room.py_func(maps, world.state, world.parameters, 0, 0, 1) is claims
    assert not claims_room.py_func(maps, world.state, world.parameters, 0, 1, 1)


@pytest.mark.parametrize(("waited_s", "own_s", "claims"), [(2.0, 0.0, False), (4.0, 0.0, True), (4.0, 50.0, True)])
def test_an_emergency_vehicle_on_call_claims_room_after_3_s_even_from_who_has_waited_longer(waited_s, own_s, claims):
    network = scenes.crossing(Control.PRIORITY)
    config = EnvConfig(traffic=TrafficConfig(car_count=2, emergency_share=0.1), sensors=())
    world = World(MapBank.bare([network]), config, 1, driver_count=0)
    junctions, errand = world.state.junctions, world.state.actors.errand
    junctions.across[0] = next(index for index, lane in enumerate(network.lanes) if lane.junction >= 0)
    junctions.waited[0] = round(own_s / config.step_s), round(waited_s / config.step_s)
    errand[0] = Errand.NONE, Errand.ON_CALL
    assert bool(claims_room.py_func(world.bank.arrays, world.state, world.parameters, 0, 0, 1)) is claims
    errand[0, 0] = Errand.ON_CALL  # Of two, who has waited longer goes first.
    assert not claims_room.py_func(world.bank.arrays, world.state, world.parameters, 0, 0, 1)


@pytest.mark.parametrize(("waited_s", "claimed"), [(39.0, False), (41.0, True)])
def test_who_goes_first_on_a_ring_is_asked_for_room_by_who_has_waited_at_an_arm(waited_s, claimed):
    network = scenes.crossing(Control.ROUNDABOUT)
    found = standings(network)
    ring = next(lane for lane, standing in found.items() if standing == FREE and goes_on(network, lane))
    (out,) = network.lanes[ring].successors
    arm = next(lane for lane in found if lane != ring and network.lanes[lane].successors == (out,))
    config = EnvConfig(traffic=TrafficConfig(car_count=2), sensors=())
    world = World(MapBank.bare([network]), config, 1, driver_count=0)
    world.state.junctions.across[0] = ring, arm
    world.state.junctions.waited[0] = 0, round(waited_s / config.step_s)
    asked = is_claimed.py_func(world.bank.arrays, world.state, world.parameters, 0, 0, np.int32(out))
    assert asked is claimed


@pytest.mark.parametrize(
    ("waited_s", "front_on", "reach", "other_comes", "may"),
    [
        (21.0, 12.0, 6.8, False, True), (19.0, 12.0, 6.8, False, False), (21.0, -2.0, 6.8, False, False),
        (21.0, 12.0, 5.8, False, False), (21.0, 12.0, 6.8, True, False),
    ],
)  # fmt: skip
def test_who_has_stood_in_a_junction_for_20_s_waits_on_a_lane_that_just_holds_it(
    waited_s, front_on, reach, other_comes, may
):
    network = scenes.crossing(Control.PRIORITY)
    config = EnvConfig(traffic=TrafficConfig(car_count=2), sensors=())
    world = World(MapBank.bare([network]), config, 1, driver_count=0)
    state, maps = world.state, world.bank.arrays
    across = next(index for index, lane in enumerate(network.lanes) if lane.junction >= 0)
    (out,) = network.lanes[across].successors
    maps.ways.ahead[out] = reach
    state.actors.lane[0], state.actors.length[0], state.actors.rear[0] = across, 4.5, 0.9
    state.junctions.across[0] = across
    state.junctions.waited[0, 0] = round(waited_s / config.step_s)
    state.junctions.to_across[0, 0] = 3.6 - front_on
    state.junctions.cleared[0, 1] = across if other_comes else -1
    assert may_stand_on.py_func(maps, state, world.parameters, 0, 0, np.int32(out)) is may


@pytest.mark.parametrize(("to_line_m", "room"), [(0.5, False), (-2.0, True)])
def test_who_has_decided_to_go_on_leaves_room_once_its_front_has_passed_the_line(to_line_m, room):
    network = scenes.crossing(Control.PRIORITY)
    config = EnvConfig(traffic=TrafficConfig(car_count=2), sensors=())
    world = World(MapBank.bare([network]), config, 1, driver_count=0)
    state, maps = world.state, world.bank.arrays
    across = next(
        index for index, lane in enumerate(network.lanes)
        if lane.junction >= 0 and abs(lane.heading[-1] - lane.heading[0]) < 0.1
    )  # fmt: skip
    (out,) = network.lanes[across].successors
    # Two cars of 4.5 m with gaps of 2 m, and 1.5 m to the line, need 14.5 m; one of them alone 8 m.
    maps.ways.ahead[out] = 12.0
    state.actors.kind[0], state.actors.length[0], state.actors.rear[0], state.actors.min_gap[0] = 1, 4.5, 0.9, 2.0
    state.actors.lane[0], state.actors.s[0], state.actors.speed[0] = (0, out), (0.0, 9.0), (0.0, 2.0)
    state.junctions.across[0], state.junctions.cleared[0] = across, (-1, across)
    state.junctions.to_across[0] = 10.0, to_line_m + 3.6 - maps.ways.line_s[across]
    assert has_room_beyond.py_func(maps, state, world.parameters, 0, 0) == room


@pytest.mark.parametrize(
    ("decided", "to_line_m", "looks"), [(False, 3.0, True), (False, 0.5, True), (True, 3.0, True), (True, 1.2, False)]
)
def test_who_has_decided_to_go_looks_for_room_again_as_long_as_it_can_stop(monkeypatch, decided, to_line_m, looks):
    network = scenes.crossing(Control.PRIORITY)
    config = EnvConfig(traffic=TrafficConfig(car_count=1), sensors=())
    world = World(MapBank.bare([network]), config, 1, driver_count=0)
    state, maps = world.state, world.bank.arrays
    across = next(index for index, lane in enumerate(network.lanes) if lane.junction >= 0)
    state.actors.length[0], state.actors.rear[0], state.actors.speed[0] = 4.5, 0.9, 2.0
    state.junctions.across[0], state.junctions.cleared[0] = across, across if decided else -1
    state.junctions.to_across[0] = to_line_m + 3.6 - maps.ways.line_s[across]
    monkeypatch.setattr(junctions, "has_room_beyond", lambda *_: False)
    monkeypatch.setattr(junctions, "comfortable_braking", lambda *_: np.float32(2.0))
    monkeypatch.setattr(junctions, "room_to_line", room_to_line.py_func)
    monkeypatch.setattr(exits, "front_on", front_on.py_func)
    # From 2 m/s it stops in 1 m, 0.3 m before the line.
    assert junctions.finds_room.py_func(maps, state, world.parameters, 0, 0) is not looks
