"""What the kernels need to know of an `EnvConfig`, as one named tuple."""

import math
from typing import NamedTuple

import numpy as np

from drivesim.config.simulation import ACTION_DELAY_S, ACTION_TYPES, VEHICLE_MODELS, EnvConfig
from drivesim.kernels.parts import ABSENT, PRESENT, Absent, Present
from drivesim.state.kinds import KINDS, KindArrays, kind_arrays
from drivesim.state.scenario import ScenarioArrays, no_scenarios
from drivesim.state.scripts import ScriptArrays
from drivesim.state.sight import Sight, sight_of

KINEMATIC = VEHICLE_MODELS.index("kinematic")
DYNAMIC = VEHICLE_MODELS.index("dynamic")
DISCRETE = ACTION_TYPES.index("discrete")
NO_SCRIPTS = ScriptArrays(np.zeros((1, 1, 3), np.float32), np.zeros(0, np.int32), np.zeros(0, np.int32))


class WorldParameters(NamedTuple):
    """Constants of one environment; float32 or int32, SI units, and tables. Names are those of the configs."""

    streets: Present | Absent
    """The part of kernels (`kernels.parts`) that only streets need: junctions, lights, people on foot, whoever parks,
    is on call or follows a script, situations, and meta-actions."""
    sight: Sight
    """The cameras of every driver's car."""

    step_s: np.float32
    """Control step [s]."""
    substeps: np.int32
    """Integration steps of the ego per control step."""
    slot_count: np.int32
    """Slots per world, those of drivers included."""
    action_type: np.int32
    """Index in `ACTION_TYPES`."""

    vehicle_model: np.int32
    """Index in `VEHICLE_MODELS`."""
    steering_max: np.float32
    """[rad]"""
    throttle_max: np.float32
    """[m/s^2]"""
    brake_max: np.float32
    """[m/s^2], positive."""
    steering_lag: np.float32
    """[s]"""
    acceleration_lag: np.float32
    """[s]"""
    asked_count: np.int32
    """Actions that are kept for faults of the actuators; 0: the car has none."""

    car_count: np.int32
    """Slots of cars per world."""
    pedestrian_count: np.int32
    """Slots of people on foot, which follow those of cars."""
    cyclist_count: np.int32
    """Slots of cyclists, which follow those of people on foot."""
    parked_count: np.int32
    """Slots of parked cars, which follow those of cyclists."""
    door_count: np.int32
    """Slots of open doors, which follow those of parked cars."""
    has_errands: np.bool_
    """Somebody may park, halt at bus stops or be on call."""
    has_calls: np.bool_
    """There may be emergency vehicles on call."""
    has_people: np.bool_
    """Somebody may be on the road on foot."""
    time_headway: np.float32
    """IDM T, mean [s]."""
    min_gap: np.float32
    """IDM s0, mean [m]."""
    accel_max: np.float32
    """IDM a, mean [m/s^2]."""
    brake_comfort: np.float32
    """IDM b, mean [m/s^2]."""
    speed_deviation: np.float32
    politeness: np.float32
    lane_change_threshold: np.float32
    """[m/s^2]"""
    safe_braking: np.float32
    """[m/s^2], positive."""
    keep_right_bias: np.float32
    """[m/s^2]"""
    lane_change_s: np.float32
    """[s]"""
    lane_change_ticks: np.int32

    time_base: np.float32
    """[s]"""
    time_speed_fraction: np.float32
    blocked_ticks: np.int32
    route_deviation: np.float32
    off_road_margin: np.float32
    """[m]"""
    wrong_way_ticks: np.int32

    kinds: KindArrays
    scripts: ScriptArrays
    scenarios: ScenarioArrays

    reward_progress: np.float32
    reward_speed: np.float32
    reward_lane_centre: np.float32
    reward_comfort: np.float32
    reward_success: np.float32
    reward_collision: np.float32
    reward_off_road: np.float32
    reward_wrong_way: np.float32


def delay_ticks(delay_s: float, step_s: float) -> int:
    """Control steps that last at least so long."""
    return math.ceil(delay_s / step_s - 1e-6)


def asked_count(config: EnvConfig) -> int:
    """Actions that have to be kept for faulty actuators; 0 where they can have no faults."""
    return delay_ticks(ACTION_DELAY_S[-1], config.step_s) + 1 if config.vehicle.faults else 0


def parameters_from(
    config: EnvConfig,
    slot_count: int,
    *,
    kinds: KindArrays | None = None,
    scripts: ScriptArrays | None = None,
    scenarios: ScenarioArrays | None = None,
    streets: bool = True,
) -> WorldParameters:
    """The kernels' view of a config.

    Args:
        config: The config.
        slot_count: Slots per world, those of drivers included.
        kinds: Kinds of road users; the shipped ones if None.
        scripts: Scripted road users.
        scenarios: Situations; None where there are none.
        streets: There may be junctions, lights or footpaths on the maps.
    """
    f, i = np.float32, np.int32
    vehicle, traffic, task, reward = config.vehicle, config.traffic, config.task, config.reward
    kinds = kinds if kinds is not None else kind_arrays(KINDS, traffic)
    streets |= scenarios is not None
    scenarios = scenarios if scenarios is not None else no_scenarios()
    scripted = [*scenarios.kind.ravel(), *(scripts.kind if scripts is not None else ())]
    has_calls = traffic.emergency_share > 0.0 or any(kinds.is_emergency[kind] for kind in scripted)
    has_errands = has_calls or traffic.parked_count > 0 or traffic.bus_share > 0.0
    has_people = traffic.pedestrian_count > 0 or (scripts is not None and len(scripts.kind) > 0)
    is_discrete = config.action_type == "discrete"
    streets |= has_errands or has_people or is_discrete or traffic.cyclist_count > 0

    def ticks(seconds: float) -> np.int32:
        return np.int32(max(1, math.ceil(seconds / config.step_s - 1e-9)))

    return WorldParameters(
        streets=PRESENT if streets else ABSENT,
        sight=sight_of(config.sensors),
        step_s=f(config.step_s),
        substeps=i(config.physics_substeps),
        slot_count=i(slot_count),
        action_type=i(ACTION_TYPES.index(config.action_type)),
        vehicle_model=i(VEHICLE_MODELS.index(vehicle.model)),
        steering_max=f(vehicle.steering_max_rad),
        throttle_max=f(vehicle.throttle_max_m_s2),
        brake_max=f(vehicle.brake_max_m_s2),
        steering_lag=f(vehicle.steering_lag_s),
        acceleration_lag=f(vehicle.acceleration_lag_s),
        asked_count=i(asked_count(config)),
        car_count=i(traffic.car_count),
        pedestrian_count=i(traffic.pedestrian_count),
        cyclist_count=i(traffic.cyclist_count),
        parked_count=i(traffic.parked_count),
        door_count=i(traffic.door_count),
        has_errands=np.bool_(has_errands),
        has_calls=np.bool_(has_calls),
        has_people=np.bool_(has_people),
        time_headway=f(traffic.time_headway_s),
        min_gap=f(traffic.min_gap_m),
        accel_max=f(traffic.acceleration_m_s2),
        brake_comfort=f(traffic.braking_m_s2),
        speed_deviation=f(traffic.speed_deviation),
        politeness=f(traffic.politeness),
        lane_change_threshold=f(traffic.lane_change_threshold_m_s2),
        safe_braking=f(traffic.safe_braking_m_s2),
        keep_right_bias=f(traffic.keep_right_bias_m_s2),
        lane_change_s=f(traffic.lane_change_s),
        lane_change_ticks=ticks(traffic.lane_change_s),
        time_base=f(task.time_base_s),
        time_speed_fraction=f(task.time_speed_fraction),
        blocked_ticks=ticks(task.blocked_s),
        route_deviation=f(task.route_deviation_m),
        off_road_margin=f(task.off_road_margin_m),
        wrong_way_ticks=ticks(task.wrong_way_s),
        kinds=kinds,
        scripts=scripts if scripts is not None else NO_SCRIPTS,
        scenarios=scenarios,
        reward_progress=f(reward.progress),
        reward_speed=f(reward.speed),
        reward_lane_centre=f(reward.lane_centre),
        reward_comfort=f(reward.comfort),
        reward_success=f(reward.success),
        reward_collision=f(reward.collision),
        reward_off_road=f(reward.off_road),
        reward_wrong_way=f(reward.wrong_way),
    )
