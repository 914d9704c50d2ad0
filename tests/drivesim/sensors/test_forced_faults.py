"""A fault that is forced on a lidar or radar is the fault that its config would have given it."""

import numpy as np
import pytest

from drivesim.config import (
    DELIVERY_FAULTS,
    ENV_PRESETS,
    FaultConfig,
    LidarConfig,
    RadarConfig,
    applicable_faults,
    replace,
)
from drivesim.envs.simulation import Simulation

RIG = (LidarConfig(), RadarConfig())
SEVERITY = 5
KINDS = {sensor.name: [kind for kind in applicable_faults(sensor) if kind not in DELIVERY_FAULTS] for sensor in RIG}


def simulation_of(rig) -> Simulation:
    simulation = Simulation(replace(ENV_PRESETS["highway"], sensors=rig), world_count=2)
    simulation.reset(7)
    return simulation


def drive(simulation: Simulation, steps: int) -> list[dict[str, np.ndarray]]:
    seen = []
    for _ in range(steps):
        simulation.world.step(np.zeros((2, 2), np.float32))
        simulation.observe()
        seen.append({name: values.copy() for name, values in simulation.observation().items()})
    return seen


@pytest.mark.parametrize("number", range(max(map(len, KINDS.values()))))
def test_what_is_forced_from_the_first_step_on_equals_what_is_configured(number):
    chosen = {name: kinds[number] for name, kinds in KINDS.items() if number < len(kinds)}
    rig = tuple(
        replace(sensor, faults=(FaultConfig(kind=chosen[sensor.name], severity=SEVERITY, start_s=0.1),))
        if sensor.name in chosen
        else sensor
        for sensor in RIG
    )
    configured, forced, sound = simulation_of(rig), simulation_of(RIG), simulation_of(RIG)
    for name, kind in chosen.items():
        forced.set_fault(name, kind, SEVERITY)
    expected, found, plain = drive(configured, 12), drive(forced, 12), drive(sound, 12)
    for name in chosen:
        np.testing.assert_array_equal(found[-1][name], expected[-1][name], err_msg=f"{name} {chosen[name]}")
        # A mirror image needs a rail, a dark body a road user: those need not be there.
        if chosen[name] not in ("ghosts", "missing_echo"):
            assert any(not np.array_equal(a[name], b[name]) for a, b in zip(found, plain, strict=True))
