"""A four-way junction, driven by the expert in every direction."""

import numpy as np

from drivesim.config import EnvConfig
from drivesim.maps.bank import MapBank
from drivesim.state import EndReason
from drivesim.world.step import World
from tests.reference.networks import four_way


def test_the_expert_takes_every_way_across_a_junction():
    network = four_way()
    count = len(network.routes)
    world = World(MapBank.from_networks([network]), EnvConfig(sensors=()), count)
    world.reset(0, maps=[0] * count, routes=np.arange(count))
    for _ in range(400):
        world.step(world.state.plan.expert_action[:, 0])
        if world.state.episode.end[:, 0].all():
            break
    assert (world.state.episode.end[:, 0] == EndReason.SUCCESS).all()
    goals = np.array([route.goal_lane for route in network.routes])
    np.testing.assert_array_equal(world.state.actors.lane[:, 0], goals)
