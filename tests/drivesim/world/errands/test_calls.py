"""Emergency vehicles on call: red lights, who makes way, passing, blue lamps."""

from dataclasses import replace

import numpy as np
import pytest

from drivesim.config import EnvConfig, TaskConfig, TrafficConfig
from drivesim.maps.bank import MapBank
from drivesim.state import ActorKind, Lamp, Motion
from drivesim.state.actors import Errand
from drivesim.state.bodies import remember_poses
from drivesim.world.contacts import overlap_count
from drivesim.world.step import World
from tests.reference.streets import LANE_Y, mirrored, street


class Street:
    """A street with a driver that stands at its far end and vehicles put by hand in the slots after it."""

    def __init__(self, vehicles: int, *, left_hand: bool = False) -> None:
        network = replace(street(), footpaths=())
        network = mirrored(network) if left_hand else network
        self.side = -1.0 if left_hand else 1.0
        config = EnvConfig(
            traffic=TrafficConfig(car_count=vehicles, emergency_share=0.1), task=TaskConfig(blocked_s=600.0), sensors=()
        )
        self.world = World(MapBank.bare([network]), config, 1)
        self.world.reset(seed=1)
        self.a = self.world.state.actors
        self.a.kind[0, 1:] = ActorKind.NONE
        self.a.x[0, 0] = self.a.s[0, 0] = 240.0
        self.a.speed[0, 0] = 0.0
        self.world.state.conditions.car_count[0] = 0

    def put(
        self, slot: int, x: float, speed: float, *, kind=ActorKind.CAR, lane: int = 0, on_call: bool = False,
        width: float = 1.8,
    ) -> None:  # fmt: skip
        body = {"kind": kind, "motion": Motion.LANE_FOLLOWER, "length": 4.5, "width": width, "height": 1.5, "rear": 0.9,
                "wheelbase": 2.7, "x": x, "y": (-LANE_Y if lane == 0 else LANE_Y) * self.side,
                "yaw": 0.0 if lane == 0 else np.pi, "lane": lane, "target_lane": lane,
                "s": x if lane == 0 else 300.0 - x, "second_lane": -1, "change_ticks": -1, "speed": speed, "d": 0.0,
                "speed_factor": 1.0, "speed_max": np.inf, "time_headway": 1.2, "min_gap": 2.0, "accel_max": 1.5,
                "brake_comfort": 2.0, "errand": Errand.ON_CALL if on_call else Errand.NONE, "place": -1,
                "aside": 0.0, "aside_slope": 0.0, "aside_target": 0.0, "driver": -1, "lead": -1,
                "cooldown": 0, "lamps": 0}  # fmt: skip
        for name, value in body.items():
            getattr(self.a, name)[0, slot] = value

    def run(self, seconds: float) -> dict[str, np.ndarray]:
        """Columns per step and slot; no two bodies ever touch."""
        remember_poses(self.a, 0)
        self.world.decide()
        names, log = ("x", "y", "speed", "errand", "lamps", "aside"), []
        overlaps = getattr(overlap_count, "py_func", overlap_count)
        for _ in range(round(10.0 * seconds)):
            self.world.step(np.array([[0.0, -1.0]], np.float32))
            log.append([getattr(self.a, name)[0].astype(float) for name in names])
            assert overlaps(self.a, 0) == 0
        return dict(zip(names, np.moveaxis(np.array(log), 1, 0), strict=True))


@pytest.mark.parametrize("left_hand", [False, True])
def test_who_hears_it_from_behind_moves_to_the_edge_and_is_passed(left_hand):
    street = Street(2, left_hand=left_hand)
    street.put(1, 60.0, 10.0)
    street.put(2, 20.0, 14.0, kind=ActorKind.POLICE_CAR, on_call=True)
    log = street.run(13.0)
    made = log["errand"][:, 1] == Errand.MAKES_WAY
    assert made.any()
    # The lane is 3.5 m wide: (3.5 - 1.8) / 2 - 0.15 m.
    assert log["aside"][made, 1].min() * street.side == pytest.approx(-0.7, abs=0.02) or left_hand
    assert np.abs(log["aside"][made, 1]).max() == pytest.approx(0.7, abs=0.02)
    assert (np.sign(log["aside"][made, 1][20:]) == -street.side).all()
    abreast = int(np.argmax(log["x"][:, 2] > log["x"][:, 1]))
    # It slows to 3 m/s, and stands while it is passed.
    begins = int(np.argmax(np.abs(log["aside"][:, 2]) > 0.3))
    assert log["speed"][begins, 1] == pytest.approx(3.0, abs=0.5)
    assert log["speed"][abreast, 1] < 0.5
    assert log["x"][-1, 2] > log["x"][-1, 1] + 10.0
    assert np.abs(log["aside"][-1, 2]) < 0.3


def test_it_does_not_pass_while_somebody_comes():
    street = Street(3)
    street.put(1, 60.0, 3.0)
    street.put(2, 40.0, 5.0, kind=ActorKind.POLICE_CAR, on_call=True)
    street.put(3, 130.0, 8.0, lane=1, width=2.5)
    log = street.run(10.0)
    abreast = log["x"][:, 3] > log["x"][:, 2] - 3.0
    assert np.abs(log["aside"][abreast, 2]).max() < 0.3
    made = log["errand"][:, 3] == Errand.MAKES_WAY
    assert made.any()
    assert log["aside"][made, 3].min() == pytest.approx(-0.35, abs=0.03)  # (3.5 - 2.5) / 2 - 0.15 m to its right


def test_who_is_passed_drives_on_as_before():
    street = Street(2)
    street.put(1, 60.0, 10.0)
    street.put(2, 20.0, 14.0, kind=ActorKind.POLICE_CAR, on_call=True)
    log = street.run(13.0)
    assert log["errand"][-1, 1] == Errand.NONE
    assert log["aside"][-1, 1] == 0.0
    assert log["speed"][-1, 1] > 6.0


def test_blue_lamps_flash_two_and_a_half_times_a_second_on_call_alone():
    street = Street(2)
    street.put(1, 60.0, 5.0, kind=ActorKind.AMBULANCE, on_call=True)
    street.put(2, 160.0, 5.0, kind=ActorKind.FIRE_ENGINE)
    street.a.errand[0, 2] = Errand.OFF_CALL
    lit = (street.run(4.0)["lamps"].astype(int) & Lamp.BEACON) > 0
    assert np.count_nonzero(np.diff(lit[:, 1].astype(int)) == 1) in (9, 10, 11)
    assert lit[:, 1].mean() == pytest.approx(0.5, abs=0.06)
    assert not lit[:, 2].any()


def test_a_driver_is_asked_to_let_pass_and_its_expert_slows_down():
    street = Street(1)
    street.a.x[0, 0] = street.a.s[0, 0] = 120.0
    street.a.speed[0, 0] = 10.0
    street.put(1, 70.0, 12.0, kind=ActorKind.AMBULANCE, on_call=True)
    remember_poses(street.a, 0)
    street.world.decide()
    for _ in range(25):
        street.world.step(street.world.state.plan.expert_action[:, 0])
    assert street.a.errand[0, 0] == Errand.MAKES_WAY
    assert street.a.speed[0, 0] < 6.5
