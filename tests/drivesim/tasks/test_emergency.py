"""Holding up an emergency vehicle, with one that is scripted behind a driver who keeps its speed."""

import numpy as np

from drivesim.scenarios import ScenarioSet, scenario_from
from drivesim.state import Event
from tests.drivesim.world.test_scenario_events import world_of

SPEED = 8.0
CASES = {
    # Gap: the rear axle is 0.83 m before the driver's rear end, and its own front 5 m before its rear axle.
    "held up": ({"kind": "ambulance", "along_m": 30.0, "length_m": 6.0, "rear_m": 1.0}, 1),
    "beside, to pass": ({"kind": "ambulance", "along_m": 30.0, "left_m": 3.0, "length_m": 6.0, "rear_m": 1.0}, 0),
    "too far behind": ({"kind": "ambulance", "along_m": 10.0, "length_m": 6.0, "rear_m": 1.0}, 0),
    "a van": ({"kind": "van", "along_m": 30.0}, 0),
    "coming towards it": ({"kind": "ambulance", "along_m": 30.0, "against": True, "speed_m_s": 0.0}, 0),
}


def test_who_keeps_an_emergency_vehicle_behind_for_15_s_has_not_yielded_once():
    sets = [
        scenario_from(
            {"name": "call", "road": {"scene": "straight", "length_m": 800},
             "ego": {"along_m": 50.0, "speed_m_s": SPEED, "length_m": 4.36, "rear_m": 0.83},
             "users": [{"name": "behind", "speed_m_s": SPEED, **user}]}
        )
        for user, _ in CASES.values()
    ]  # fmt: skip
    world = world_of(ScenarioSet("calls", tuple(each.variants[0] for each in sets)))
    state, event = world.state, Event.YIELD_EMERGENCY

    def roll(steps: int) -> None:
        for _ in range(steps):
            action = state.plan.expert_action[:, 0].copy()
            action[:, 1] = np.clip(0.5 * (SPEED - state.actors.speed[:, 0]), -1.0, 1.0)
            world.step(action)

    roll(148)
    assert state.events.count[:, 0, event].tolist() == [0] * len(CASES)
    roll(4)
    assert state.events.count[:, 0, event].tolist() == [count for _, count in CASES.values()]
    slot = state.actors.kind.shape[1] - 1
    assert state.events.other[0, 0, event] == slot
    assert state.events.time[0, 0, event] == np.float32(15.0)
    roll(50)
    assert state.events.count[0, 0, event] == 1
