"""Lights hold whoever comes to them, however short the lanes before them are."""

import numpy as np
import pytest

from drivesim.config import EnvConfig
from drivesim.maps.bank import MapBank
from drivesim.maps.control import Junction, Light, Signal
from drivesim.maps.network import Area, AreaKind, RoadNetwork, Route
from drivesim.semantics import LightColor
from drivesim.world.step import World
from tests.reference.drive import arc_lane

ARM_M, BOX_M, BETWEEN_M = 120.0, 15.0, 10.0
"""Lengths of the street before and behind two junctions, across each, and between them [m]."""
LINE_X = ARM_M + BOX_M + BETWEEN_M - 1.0
"""Line before the second junction [m]."""


def two_lights(second: Light) -> RoadNetwork:
    """A street east through two junctions close together; the light of the first is green."""
    lengths, x, lanes = (ARM_M, BOX_M, BETWEEN_M, BOX_M, ARM_M), 0.0, []
    for k, length in enumerate(lengths):
        after = () if k == 4 else (k + 1,)
        junction = k // 2 if k % 2 else -1
        lanes.append(
            arc_lane((x, 0.0, 0.0), length, 0.0, road=k, junction=junction, successors=after, speed_limit=13.4)
        )
        x += length
    signals = tuple(
        Signal(type="1000001", x=0.0, y=-3.0, yaw=np.pi, lane=2 * k, stop_s=lengths[2 * k] - 1.0, light=k)
        for k in range(2)
    )
    ground = np.array([(0.0, -1.75), (x, -1.75), (x, 1.75), (0.0, 1.75)])
    return RoadNetwork(
        name="two lights", seed=0, lanes=tuple(lanes), signals=signals,
        lights=(Light(phases=((1000.0, LightColor.GREEN),)), second),
        junctions=(Junction(name="0"), Junction(name="1")),
        areas=(Area(polygon=ground, kind=AreaKind.DRIVABLE),),
        routes=(Route(start_lane=0, start_s=10.0, goal_lane=4, goal_s=ARM_M - 20.0),),
    )  # fmt: skip


@pytest.mark.parametrize("turns_red_at", [0.0, 4.0, 6.0, 8.0, 9.0, 10.0])
def test_the_light_behind_a_junction_and_a_short_lane_holds_who_can_stop_there_in_comfort(turns_red_at):
    phases = ((turns_red_at + 1e-3, LightColor.GREEN), (3.0, LightColor.AMBER), (900.0, LightColor.RED))
    world = World(MapBank.bare([two_lights(Light(phases=phases))]), EnvConfig(sensors=()), 1)
    world.reset(seed=3)
    actors = world.state.actors
    actors.speed[0, 0], world.state.lights.clock[0] = 13.4, 0.0
    actors.speed_factor[0, 0] = 1.0
    world.decide()
    front, hardest = [], 0.0
    for _ in range(200):
        world.step(world.state.plan.expert_action[:, 0])
        front.append(actors.x[0, 0] + actors.length[0, 0] - actors.rear[0, 0])
        hardest = min(hardest, actors.accel_decided[0, 0])
    passes = np.flatnonzero(np.array(front) > LINE_X)
    assert len(passes) == 0 or 0.1 * passes[0] < turns_red_at + 3.0, "it runs the red light"
    assert hardest > -5.0
    if turns_red_at < 5.0:
        assert front[-1] > LINE_X - 4.0, "it does not even come to the line"
