"""Buses halt at the stops of their lane, and go on."""

from dataclasses import replace

import numpy as np
import pytest

from drivesim.config import EnvConfig, TaskConfig, TrafficConfig
from drivesim.maps.bank import MapBank
from drivesim.maps.places import BusStop
from drivesim.state import ActorKind, Lamp, Motion
from drivesim.state.actors import Errand
from drivesim.state.bodies import remember_poses
from drivesim.world.step import World
from tests.reference.streets import LANE_Y, street

STOP_S = 150.0


def ride(speed: float = 10.0, *, x: float = 60.0, seconds: float = 60.0) -> dict[str, np.ndarray]:
    """A bus drives east towards a stop, behind it a driver that stands; columns of the bus per step."""
    network = replace(street(), bus_stops=(BusStop(lane=0, s=STOP_S),), footpaths=())
    traffic = TrafficConfig(car_count=1, bus_share=0.5, truck_share=0.0)
    config = EnvConfig(traffic=traffic, task=TaskConfig(blocked_s=600.0), sensors=())
    world = World(MapBank.bare([network]), config, 1)
    world.reset(seed=2)
    a = world.state.actors
    bus = {"kind": ActorKind.BUS, "motion": Motion.LANE_FOLLOWER, "length": 11.0, "width": 2.5, "height": 3.0,
           "rear": 3.2, "wheelbase": 5.5, "x": x, "y": -LANE_Y, "yaw": 0.0, "lane": 0, "target_lane": 0, "s": x,
           "second_lane": -1, "change_ticks": -1, "speed": speed, "speed_factor": 1.0, "speed_max": 23.0, "d": 0.0,
           "time_headway": 1.5, "min_gap": 2.0, "accel_max": 1.2, "brake_comfort": 2.0, "errand": 0, "place": -1,
           "cooldown": 0, "lead": -1}  # fmt: skip
    for name, value in bus.items():
        getattr(a, name)[0, 1] = value
    a.x[0, 0] = a.s[0, 0] = 40.0
    a.speed[0, 0] = 0.0
    remember_poses(a, 0)
    world.decide()
    names = ("x", "speed", "errand", "lamps", "lane")
    log = []
    for _ in range(round(10.0 * seconds)):
        world.step(np.array([[0.0, -1.0]], np.float32))
        log.append([float(getattr(a, name)[0, 1]) for name in names])
    return dict(zip(names, np.array(log).T, strict=True))


def test_a_bus_halts_with_its_front_at_the_stop_and_drives_on():
    log = ride()
    at = log["errand"] == Errand.AT_STOP
    front = log["x"] + 11.0 - 3.2
    assert front[at] == pytest.approx(STOP_S, abs=1.5)
    assert 8.0 <= 0.1 * at.sum() <= 21.0
    after = np.flatnonzero(at)[-1] + 1
    assert front[after:].max() > STOP_S + 50.0
    assert (log["errand"][after:] == Errand.NONE).all()  # never twice at the same


def test_it_signals_to_the_kerb_before_and_to_the_road_after():
    log = ride()
    lamps, at = log["lamps"].astype(int), log["errand"] == Errand.AT_STOP
    coming = (log["errand"] == Errand.TO_STOP) & (log["x"] + 7.8 > STOP_S - 28.0)
    assert (lamps[coming] & Lamp.RIGHT).all()
    assert not (lamps & Lamp.LEFT)[~at].any()
    assert (lamps[at][-20:] & Lamp.LEFT).all()


def test_it_passes_a_stop_that_it_could_not_halt_at_in_comfort():
    # From 12 m/s a stop within 20 m takes 3.6 m/s^2.
    log = ride(12.0, x=STOP_S - 7.8 - 20.0, seconds=5.0)
    assert (log["errand"] == Errand.NONE).all()
    assert log["speed"].min() > 10.0
