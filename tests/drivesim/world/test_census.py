"""The census against vehicles put by hand: who is stuck, who touches whom, who runs a red light."""

import numpy as np
import pytest

from drivesim.config import EnvConfig, TrafficConfig
from drivesim.maps.bank import MapBank
from drivesim.state import ActorKind, Motion
from drivesim.world.census import count_worlds, new_census
from drivesim.world.step import World
from tests.reference.streets import LANE_Y, street


class Count:
    """A street with two vehicles, in slots 1 and 2, that nothing moves but the test."""

    def __init__(self) -> None:
        config = EnvConfig(traffic=TrafficConfig(car_count=1, parked_count=1), sensors=())
        self.world = World(MapBank.bare([street(bays=20)]), config, 1)
        self.world.reset(seed=1)
        self.a = self.world.state.actors
        self.a.kind[0] = ActorKind.NONE
        self.census = new_census(1, self.a.kind.shape[1])

    def put(self, slot: int, x: float, y: float, *, speed: float, parked: bool = False) -> None:
        body = {"kind": ActorKind.CAR, "motion": Motion.STANDING if parked else Motion.LANE_FOLLOWER, "length": 4.5,
                "width": 1.8, "rear": 0.9, "x": x, "y": y, "yaw": 0.0, "speed": speed, "driver": -1,
                "lane": -1 if parked else 0, "s": x}  # fmt: skip
        for name, value in body.items():
            getattr(self.a, name)[0, slot] = value

    def count(self, steps: int = 1) -> None:
        for _ in range(steps):
            self.world.launcher.run(
                count_worlds, np.arange(1), self.world.bank.arrays, self.world.state, self.world.parameters, self.census
            )


def test_who_is_parked_is_not_stuck_and_slows_nobody_down():
    count = Count()
    count.put(1, 50.0, -LANE_Y, speed=8.0)
    count.put(2, 80.0, -4.6, speed=0.0, parked=True)
    count.count(20)
    assert count.census.longest[0] == 0
    assert count.census.user_steps[0] == 40
    assert count.census.vehicle_steps[0] == 20
    assert count.census.speed_sum[0] / count.census.vehicle_steps[0] == pytest.approx(8.0)


def test_who_stands_on_its_way_is_stuck():
    count = Count()
    count.put(1, 50.0, -LANE_Y, speed=0.0)
    count.count(30)
    count.put(1, 50.0, -LANE_Y, speed=1.0)
    count.count(5)
    count.put(1, 50.0, -LANE_Y, speed=0.0)
    count.count(10)
    assert count.census.longest[0] == 30


@pytest.mark.parametrize("parked", [False, True])
def test_a_contact_counts_once_as_long_as_it_lasts(parked):
    count = Count()
    count.put(1, 50.0, -LANE_Y, speed=3.0)
    count.put(2, 53.0, -LANE_Y, speed=0.0, parked=parked)
    count.count(7)
    assert count.census.collisions[0] == 1
    count.put(2, 90.0, -LANE_Y, speed=0.0, parked=parked)
    count.count()
    count.put(2, 52.0, -LANE_Y, speed=0.0, parked=parked)
    count.count(2)
    assert count.census.collisions[0] == 2
