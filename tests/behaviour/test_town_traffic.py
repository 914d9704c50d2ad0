"""Whole towns that drive by themselves: nobody touches anybody, runs a red light or stands for ever."""

import numpy as np
import pytest

from drivesim.config import EnvConfig, MapConfig, TrafficConfig
from drivesim.maps.bank import MapBank
from drivesim.maps.procedural import build_network
from drivesim.world.census import count_worlds, new_census
from drivesim.world.step import World

TOWN = MapConfig(generator="town", length_m=400.0)


@pytest.mark.slow
@pytest.mark.parametrize(("walkers", "cyclists", "parked"), [(0, 0, 0), (24, 4, 16)])
def test_towns_drive_for_five_minutes_without_a_contact_a_red_light_run_or_a_gridlock(walkers, cyclists, parked):
    towns, step_s = 6, 0.1
    bank = MapBank.bare([build_network(TOWN, 90_001 + k) for k in range(towns)])
    traffic = TrafficConfig(car_count=32, pedestrian_count=walkers, cyclist_count=cyclists, parked_count=parked)
    world = World(bank, EnvConfig(traffic=traffic, sensors=()), towns, driver_count=0)
    world.reset(7, maps=np.arange(towns))
    census = new_census(towns, world.state.actors.kind.shape[1])
    action = np.zeros((towns, 0, 2), np.float32)
    for _ in range(3000):
        world.step(action)
        world.launcher.run(count_worlds, np.arange(towns), bank.arrays, world.state, world.parameters, census)
    assert census.collisions.sum() == census.people_hit.sum() == census.red_lights.sum() == 0
    assert census.longest.max() * step_s < 120.0
    assert census.entered.min() > 100
