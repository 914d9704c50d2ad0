"""What stands at the road for signals: sizes, heights, places."""

import dataclasses
import math

import numpy as np
import pytest

from drivesim.config.simulation import MapConfig
from drivesim.maps.control import Light, Signal
from drivesim.maps.network import SceneryKind
from drivesim.maps.places import Footpath, FootpathKind
from drivesim.maps.procedural import build_network
from drivesim.maps.signal_scenery import Arrow, RoadSign, limit_look, signal_scenery
from drivesim.semantics import LightColor
from tests.reference.networks import four_way

LIGHT = Light(phases=((30.0, LightColor.GREEN), (30.0, LightColor.RED)))


def with_signals(*signals: Signal, **more):
    return dataclasses.replace(four_way(), signals=signals, lights=(LIGHT, LIGHT), **more)


def light(**changes) -> Signal:
    base = {"type": "1000001", "x": -11.0, "y": -4.5, "yaw": math.pi, "lane": 0, "stop_s": 49.0, "light": 0}
    return Signal(**{**base, **changes})


def of_kind(things, kind: SceneryKind):
    return [thing for thing in things if thing.kind == kind]


def test_a_light_beside_the_road_hangs_between_2_1_and_2_5_m_and_faces_traffic():
    things = signal_scenery(with_signals(light()))
    (head,), (pole,) = of_kind(things, SceneryKind.TRAFFIC_LIGHT), of_kind(things, SceneryKind.POST)
    assert 2.1 <= head.base <= 2.5
    assert (head.width, head.height, head.light) == (0.35, 1.0, 0)
    assert math.cos(head.yaw) == pytest.approx(1.0)  # its face looks back along its yaw, west, where traffic comes from
    assert (pole.x, pole.y) == (-11.0, -4.5)
    assert pole.height == pytest.approx(head.base + head.height)
    assert head.x < pole.x - 0.5 * pole.length


def test_a_sign_for_two_lanes_stands_there_once():
    yields = [light(type="205", light=-1, lane=lane, stop_s=9.0) for lane in (0, 8)]
    assert len(signal_scenery(with_signals(*yields))) == 2


def test_a_light_and_its_sign_share_a_pole_the_sign_above():
    things = signal_scenery(with_signals(light(), light(type="205", light=-1)))
    (head,), (sign,) = of_kind(things, SceneryKind.TRAFFIC_LIGHT), of_kind(things, SceneryKind.ROAD_SIGN)
    assert sign.look == RoadSign.YIELD
    assert sign.base > head.base + head.height
    assert len(of_kind(things, SceneryKind.POST)) == 1


def test_arrows_hang_side_by_side():
    things = signal_scenery(with_signals(light(turns=1 << 1), light(turns=1, light=1)))
    left, straight = of_kind(things, SceneryKind.TRAFFIC_LIGHT)
    assert (left.look, straight.look) == (Arrow.LEFT, Arrow.STRAIGHT)
    assert math.hypot(left.x - straight.x, left.y - straight.y) >= 0.35
    assert left.base == straight.base


def test_a_high_light_hangs_from_a_mast_beside_the_road():
    things = signal_scenery(with_signals(light(y=-1.75, height=5.5)))
    (head,), (mast,) = of_kind(things, SceneryKind.TRAFFIC_LIGHT), of_kind(things, SceneryKind.POST)
    (arm,) = of_kind(things, SceneryKind.MAST_ARM)
    assert head.base == pytest.approx(5.0)
    # Lane 0 lies 1.75 m right of the middle and its surface ends 1.75 m farther; the mast 0.6 m outside that.
    assert mast.y == pytest.approx(-(1.75 + 1.75 + 0.6))
    assert arm.length == pytest.approx(abs(mast.y + 1.75))
    assert arm.base > 4.5


@pytest.mark.parametrize(("kmh", "number"), [(30, 6), (50, 10), (130, 26), (48.3, 10), (200, 26)])
def test_a_limit_shows_the_nearest_number(kmh, number):
    assert limit_look(kmh / 3.6) == RoadSign.LIMIT + number


def test_people_see_a_light_at_the_far_end_of_their_crossing():
    path = Footpath(
        points=np.array([(-14.0, -6.0), (-14.0, 6.0)]), width=4.0, kind=FootpathKind.LIGHTS, start_node=0, end_node=1,
        light=1,
    )  # fmt: skip
    heads = of_kind(signal_scenery(with_signals(footpaths=(path,))), SceneryKind.WALK_LIGHT)
    assert sorted(round(math.sin(head.yaw)) for head in heads) == [-1, 1]
    for head in heads:
        assert head.light == 1
        assert math.copysign(1.0, head.y) == round(math.sin(head.yaw))
        assert abs(head.x + 14.0) > 2.0


@pytest.mark.parametrize("generator", ["country_road", "highway"])
def test_roads_that_place_their_own_limit_signs_get_no_others(generator):
    for seed in range(6):
        assert signal_scenery(build_network(MapConfig(generator=generator), seed)) == ()
