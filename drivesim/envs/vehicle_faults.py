"""Faults of the car itself: what is wrong with the actuators at this moment, which acts on the next step's action."""

import numpy as np

from drivesim.config import EnvConfig, fault_names
from drivesim.config.sensors import VEHICLE
from drivesim.config.simulation import ACTION_DELAY_S, BRAKE_LOSS
from drivesim.sensors.faults import FaultSchedule
from drivesim.state import WorldState
from drivesim.state.parameters import delay_ticks


def vehicle_schedule(config: EnvConfig) -> FaultSchedule:
    """When the drivers' cars have which of `fault_names("vehicle")`."""
    return FaultSchedule(config.vehicle.faults, sensor_type=VEHICLE, name=VEHICLE, step_s=config.step_s)


def set_vehicle_faults(config: EnvConfig, schedule: FaultSchedule, state: WorldState) -> None:
    """Writes the delays and losses that the actuators have now."""
    now = schedule.severities(state.worlds.key, state.worlds.tick)
    by_name = dict(zip(fault_names(VEHICLE), now.T, strict=True))
    ticks = np.array([0, *(delay_ticks(delay, config.step_s) for delay in ACTION_DELAY_S)], np.int32)
    state.actuators.steering_delay[:] = ticks[by_name["steering_delay"]][:, None]
    state.actuators.brake_delay[:] = ticks[by_name["brake_delay"]][:, None]
    state.actuators.brake_loss[:] = np.array([0.0, *BRAKE_LOSS], np.float32)[by_name["brake_loss"]][:, None]
