"""Lights follow their programmes; signals on the way are found at their stop lines."""

import dataclasses

import numpy as np
import pytest
from numba import njit

from drivesim.config import EnvConfig
from drivesim.errors import MapError
from drivesim.maps.bank import MapBank
from drivesim.maps.control import Light, SignalKind, Turn
from drivesim.maps.path import Way, following
from drivesim.maps.right_of_way import turn_of
from drivesim.semantics import LightColor
from drivesim.world.signals import signal_ahead
from drivesim.world.step import World
from tests.reference.networks import ARM_M, four_way

CYCLE = ((10.0, LightColor.GREEN), (3.0, LightColor.AMBER), (15.0, LightColor.RED), (2.0, LightColor.RED_AMBER))
LIGHTS = (Light(phases=CYCLE), Light(phases=CYCLE, offset_s=15.0))


def lit_network():
    network = four_way()
    signals = tuple(dataclasses.replace(signal, light=signal.lane % 2) for signal in network.signals)
    return dataclasses.replace(network, signals=signals, lights=LIGHTS)


def lit_world(world_count: int = 1) -> World:
    world = World(MapBank.bare([lit_network()]), EnvConfig(sensors=()), world_count)
    world.reset(seed=3)
    return world


def color_at(light: Light, now: float) -> LightColor:
    within = (now - light.offset_s) % light.cycle_s
    for duration, color in light.phases:
        if within < duration:
            return color
        within -= duration
    raise AssertionError


def test_lights_show_what_their_programmes_say():
    world = lit_world()
    for moment in range(60):
        world.state.lights.clock[0] = moment
        world.step(np.array([[0.0, -1.0]], np.float32))
        now = moment + 0.1 * float(world.state.worlds.tick[0])
        for number, light in enumerate(LIGHTS):
            near = {color_at(light, now - 1e-3), color_at(light, now + 1e-3)}
            assert world.state.lights.color[0, number] in near


def test_a_held_light_shows_what_it_is_made_to():
    world = lit_world(2)
    world.state.lights.held[0, 1] = 1 + LightColor.DARK
    before = world.state.lights.color[1].copy()
    world.step(np.zeros((2, 2), np.float32))
    assert world.state.lights.color[0, 1] == LightColor.DARK
    assert np.isin(world.state.lights.color[1], [*before, LightColor.AMBER, LightColor.RED, LightColor.GREEN]).all()


def test_worlds_begin_at_moments_of_their_own_and_equal_seeds_at_the_same():
    world = lit_world(8)
    assert len(set(world.state.lights.clock.tolist())) == 8
    assert lit_world().state.lights.clock[0] == world.state.lights.clock[0]


def test_the_light_ahead_is_found_at_its_stop_line():
    maps = MapBank.bare([lit_network()]).arrays

    @njit
    def ahead(maps, way, lane, s, kind):
        return signal_ahead(maps, way, lane, s, np.float32(80.0), kind)

    way = Way(np.int32(-1), np.uint64(1), np.int64(0), np.int32(0))
    signal, distance = ahead(maps, way, np.int32(0), np.float32(10.0), np.uint8(SignalKind.LIGHT))
    assert maps.signals.lane[signal] == 0
    assert distance == pytest.approx(ARM_M - 11.0)
    assert ahead(maps, way, np.int32(0), np.float32(10.0), np.uint8(SignalKind.STOP))[0] == -1
    assert ahead(maps, way, np.int32(0), np.float32(ARM_M - 0.5), np.uint8(SignalKind.LIGHT))[0] == -1
    # Of an arrow and a disc at one line the arrow holds for its turn, the disc for all others.
    network = lit_network()
    disc = next(signal for signal in network.signals if signal.lane == 0)
    arrow = dataclasses.replace(disc, turns=1 << Turn.LEFT, light=1 - disc.light)
    for signals in ((disc, arrow), (arrow, disc)):
        maps = MapBank.bare([dataclasses.replace(network, signals=signals)]).arrays
        seen = set()
        for user in range(24):
            way = Way(np.int32(-1), np.uint64(1), np.int64(user), np.int32(0))
            across = following(maps, way, np.int32(0))
            signal, _ = ahead(maps, way, np.int32(0), np.float32(10.0), np.uint8(SignalKind.LIGHT))
            turn = turn_of(network.lanes[across])
            assert maps.signals.light[signal] == (arrow if turn == Turn.LEFT else disc).light == maps.ways.light[across]
            seen.add(turn)
        assert len(seen) == 3


def test_a_source_that_hides_its_lights_is_refused():
    class Source:
        map_count, key = 1, "hidden"

        def build(self, index: int):
            return lit_network()

    world = World(MapBank(Source()), EnvConfig(sensors=()), 1)
    with pytest.raises(MapError, match="has 2 lights, but its source leaves room for 1"):
        world.reset(seed=0)


@pytest.mark.parametrize("phases", [(), ((0.0, LightColor.RED),), ((float("nan"), LightColor.RED),)])
def test_a_programme_without_duration_is_refused(phases):
    with pytest.raises(MapError, match="longer than 0 s"):
        Light(phases=phases)
