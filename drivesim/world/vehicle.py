"""The driven car: single-track models behind lagging, rate-limited actuators.

Parameters are vehicle 2 (BMW 320i) of M. Althoff, G. Würsching, "CommonRoad: Vehicle Models", 2020. Both models are
integrated in float64 with the classical Runge-Kutta scheme; the state between steps is float32.

Kinematic (KS; reference point at the rear axle, `reach` = 0) with steering angle delta and wheelbase L:

    beta = atan(reach / L * tan(delta)),  psi' = v * cos(beta) * tan(delta) / L,  v' = a

Dynamic (ST; reference point at the centre of gravity), tyre loads per mass n_f = (g l_r - a h) / L and
n_r = (g l_f + a h) / L, slip angles alpha_f = delta - beta - l_f psi' / v and alpha_r = l_r psi' / v - beta:

    f_i = mu * n_i * clip(C * alpha_i, -1, 1)
    psi'' = m / I * (l_f * f_f - l_r * f_r),  beta' = (f_f + f_r) / v - psi',  v' = a

Without the clip this is CommonRoad's ST. Differs from it: each axle's force ends at mu times its load; braking and
cornering share the friction circle (`share_grip`); |v psi'| never exceeds mu g; brakes stop the car and never
reverse it; below `DYNAMIC_SPEED_MIN` slip angle and yaw rate are those of KS at the centre of gravity, so their
derivatives are exact there (CommonRoad's beta' has tan^2(delta) * l_r / L squared where it must be tan(delta)).

`ActorState.speed` of a driven car is that of the reference point: rear axle (kinematic) or centre of gravity (dynamic).
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from drivesim.geometry import wrap_angle
from drivesim.state.bodies import slot_of
from drivesim.state.parameters import DYNAMIC
from drivesim.world.grip import GRAVITY, road_friction

LENGTH, WIDTH, HEIGHT = 4.508, 1.610, 1.40
"""Body [m]; CommonRoad gives no height."""
FRONT_AXLE, REAR_AXLE = 1.1561957064, 1.4227170936
"""Centre of gravity to the axles, l_f and l_r [m]."""
WHEELBASE = FRONT_AXLE + REAR_AXLE
REAR_OVERHANG = 1.05
"""Rear axle to rear bumper [m]; not given by CommonRoad."""
MASS, YAW_INERTIA = 1093.2952334674046, 1791.5995300122856
"""[kg], [kg m^2]"""
SPRUNG_HEIGHT = 0.61373004
"""Height h of the sprung mass, which moves the tyre loads [m]."""
CORNERING_STIFFNESS = 21.92 / 1.0489
"""C [1/rad]: a tyre's side force over its load and friction, per slip angle."""
STEER_RATE_MAX = 0.4
"""[rad/s]"""
ACCEL_MAX, ACCEL_SPEED, SPEED_MAX = 11.5, 7.319, 50.8
"""Engine and brakes [m/s^2], speed above which the engine's power limits it [m/s], top speed [m/s]."""
DYNAMIC_SPEED_MIN = 0.1
"""The dynamic model divides by speed; below this the kinematic one takes over [m/s]."""

_TYRE_STEP = 1.0
"""Step of integration in units of the tyres' relaxation time v / (mu C g); Runge-Kutta is stable up to 2.78."""


class Motion(NamedTuple):
    """State of a single-track model, or its time derivative; float64, world frame, at the reference point."""

    x: float
    y: float
    yaw: float
    speed: float
    yaw_rate: float
    slip: float


@njit
def limit_acceleration(accel, speed, friction):
    """What engine, brakes and tyres can do of a wanted acceleration [m/s^2]."""
    if speed >= SPEED_MAX and accel > 0.0:
        return 0.0
    highest = ACCEL_MAX * ACCEL_SPEED / max(speed, ACCEL_SPEED)
    grip = friction * GRAVITY
    return max(-min(ACCEL_MAX, grip), min(accel, min(highest, grip)))


@njit
def share_grip(accel, lateral, grip):
    """Divisor >= 1 that brings the acceleration (accel, lateral) onto the friction circle [1]."""
    return max(1.0, math.sqrt(accel * accel + lateral * lateral) / grip)


@njit
def kinematic_slip(steer, reach):
    """Slip angle of a point `reach` ahead of the rear axle [rad]."""
    return math.atan(reach / WHEELBASE * math.tan(steer))


@njit
def kinematic_rates(motion, steer, accel, friction, reach):
    """Time derivative of the kinematic model; slip and yaw rate are no states of it."""
    slip = kinematic_slip(steer, reach)
    yaw_rate = motion.speed * math.cos(slip) * math.tan(steer) / WHEELBASE
    grip = friction * GRAVITY
    accel = limit_acceleration(accel, motion.speed, friction)
    demand = motion.speed * yaw_rate
    lateral = max(-grip, min(demand, grip))
    divisor = share_grip(accel, lateral, grip)
    if motion.speed > 0.0 and (lateral != demand or divisor > 1.0):
        yaw_rate = lateral / divisor / motion.speed
    course = motion.yaw + slip
    return Motion(motion.speed * math.cos(course), motion.speed * math.sin(course), yaw_rate, accel / divisor, 0.0, 0.0)


@njit
def dynamic_rates(motion, steer, accel, friction):
    """Time derivative of the dynamic model."""
    accel = limit_acceleration(accel, motion.speed, friction)
    turn = motion.yaw_rate / motion.speed
    front = CORNERING_STIFFNESS * (steer - motion.slip - FRONT_AXLE * turn)
    rear = CORNERING_STIFFNESS * (REAR_AXLE * turn - motion.slip)
    transfer = accel * SPRUNG_HEIGHT
    front = friction / WHEELBASE * (GRAVITY * REAR_AXLE - transfer) * max(-1.0, min(front, 1.0))
    rear = friction / WHEELBASE * (GRAVITY * FRONT_AXLE + transfer) * max(-1.0, min(rear, 1.0))
    divisor = share_grip(accel, front + rear, friction * GRAVITY)
    front, rear = front / divisor, rear / divisor
    course = motion.yaw + motion.slip
    return Motion(
        motion.speed * math.cos(course),
        motion.speed * math.sin(course),
        motion.yaw_rate,
        accel / divisor,
        MASS / YAW_INERTIA * (FRONT_AXLE * front - REAR_AXLE * rear),
        (front + rear) / motion.speed - motion.yaw_rate,
    )


@njit
def _rates(motion, steer, accel, friction, reach, dynamic):
    if dynamic:
        return dynamic_rates(motion, steer, accel, friction)
    return kinematic_rates(motion, steer, accel, friction, reach)


@njit
def _moved(motion, rates, time):
    return Motion(
        motion.x + time * rates.x,
        motion.y + time * rates.y,
        motion.yaw + time * rates.yaw,
        motion.speed + time * rates.speed,
        motion.yaw_rate + time * rates.yaw_rate,
        motion.slip + time * rates.slip,
    )


@njit
def _runge_kutta(motion, steer, steer_rate, accel, friction, reach, dynamic, time):
    """The motion `time` later, by the classical fourth-order scheme."""
    half = 0.5 * time
    middle, end = steer + half * steer_rate, steer + time * steer_rate
    k1 = _rates(motion, steer, accel, friction, reach, dynamic)
    k2 = _rates(_moved(motion, k1, half), middle, accel, friction, reach, dynamic)
    k3 = _rates(_moved(motion, k2, half), middle, accel, friction, reach, dynamic)
    k4 = _rates(_moved(motion, k3, time), end, accel, friction, reach, dynamic)
    motion = _moved(motion, k1, time / 6.0)
    motion = _moved(motion, k2, time / 3.0)
    motion = _moved(motion, k3, time / 3.0)
    return _moved(motion, k4, time / 6.0)


@njit
def integrate(motion, steer, steer_rate, accel, friction, dynamic, time):
    """The motion `time` later under constant steering rate and wanted acceleration.

    Args:
        motion: `Motion` of the reference point.
        steer: Front wheel angle at the start [rad].
        steer_rate: [rad/s]
        accel: Wanted acceleration [m/s^2].
        friction: Road friction coefficient.
        dynamic: Dynamic (reference point: centre of gravity) or kinematic model (rear axle).
        time: [s]
    """
    reach = REAR_AXLE if dynamic else 0.0
    tyre_step = _TYRE_STEP / (friction * CORNERING_STIFFNESS * GRAVITY)
    left = time
    while left > 0.0:
        if dynamic and motion.speed >= DYNAMIC_SPEED_MIN:
            part = min(left, tyre_step * motion.speed)
            motion = _dynamic_step(motion, steer, steer_rate, accel, friction, part)
        else:
            part = left
            motion = _kinematic_step(motion, steer, steer_rate, accel, friction, reach, part)
        steer += part * steer_rate
        left -= part
    return motion


@njit
def _dynamic_step(motion, steer, steer_rate, accel, friction, time):
    """One Runge-Kutta step of the dynamic model, its yaw rate held at what the friction allows."""
    end = _runge_kutta(motion, steer, steer_rate, accel, friction, REAR_AXLE, True, time)
    limit = friction * GRAVITY / max(end.speed, DYNAMIC_SPEED_MIN)
    return Motion(end.x, end.y, end.yaw, end.speed, max(-limit, min(end.yaw_rate, limit)), end.slip)


@njit
def _kinematic_step(motion, steer, steer_rate, accel, friction, reach, time):
    """One Runge-Kutta step of the kinematic model, which ends early where the brakes bring the car to rest."""
    braking = -limit_acceleration(accel, motion.speed, friction)
    stops = braking > 0.0 and motion.speed <= braking * time
    moving_time = motion.speed / braking if stops else time
    end = _runge_kutta(motion, steer, steer_rate, accel, friction, reach, False, moving_time)
    steer += time * steer_rate
    end = Motion(end.x, end.y, end.yaw, 0.0 if stops else end.speed, 0.0, kinematic_slip(steer, reach))
    rates = kinematic_rates(end, steer, accel, friction, reach)
    return Motion(end.x, end.y, end.yaw, end.speed, rates.yaw, end.slip)


@njit
def lag_share(lag, time):
    """Share of the way to its target that a first-order actuator covers in `time` [1]."""
    return 1.0 - math.exp(-time / lag) if lag > 1e-6 else 1.0


@njit
def drive(state, parameters, steering, acceleration, world, driver):
    """Moves the car of one driver by one control step.

    Args:
        state: `WorldState`; the car's pose and motion and the driver's `ActuatorState` are written.
        parameters: `WorldParameters`.
        steering: Left positive; the action's range [-1, 1] is `steering_max`.
        acceleration: 1 is `throttle_max`, -1 is `brake_max`.
        world: Index of the world.
        driver: Index of the driver.
    """
    actors, actuators, slot = state.actors, state.actuators, slot_of(state, world, driver)
    friction = np.float64(road_friction(state, world, actors.speed[world, slot]))
    steering = min(max(np.float32(steering), np.float32(-1.0)), np.float32(1.0))
    acceleration = min(max(np.float32(acceleration), np.float32(-1.0)), np.float32(1.0))
    actuators.action[world, driver, 0], actuators.action[world, driver, 1] = steering, acceleration
    if parameters.asked_count > 0:
        steering, acceleration = done_of_asked(state, parameters, world, driver)
    dynamic = parameters.vehicle_model == DYNAMIC
    reach = REAR_AXLE if dynamic else 0.0
    time = np.float64(parameters.step_s) / parameters.substeps
    steer_share = lag_share(np.float64(parameters.steering_lag), time)
    pedal_share = lag_share(np.float64(parameters.acceleration_lag), time)
    steer_target = np.float64(steering * parameters.steering_max)
    pedal_target = np.float64(
        acceleration * (parameters.throttle_max if acceleration > np.float32(0.0) else parameters.brake_max)
    )
    steer, pedal = np.float64(actors.steer[world, slot]), np.float64(actuators.pedal[world, driver])
    yaw = np.float64(actors.yaw[world, slot])
    motion = Motion(
        actors.x[world, slot] + reach * math.cos(yaw),
        actors.y[world, slot] + reach * math.sin(yaw),
        yaw,
        np.float64(actors.speed[world, slot]),
        np.float64(actors.yaw_rate[world, slot]),
        np.float64(actors.slip[world, slot]),
    )
    for _ in range(parameters.substeps):
        change = max(-STEER_RATE_MAX * time, min((steer_target - steer) * steer_share, STEER_RATE_MAX * time))
        pedal += (pedal_target - pedal) * pedal_share
        motion = integrate(motion, steer, change / time, pedal, friction, dynamic, time)
        steer += change
    accel = np.float32((motion.speed - actors.speed[world, slot]) / parameters.step_s)
    actuators.jerk[world, driver] = (accel - actors.accel[world, slot]) / parameters.step_s
    actuators.pedal[world, driver] = pedal
    actors.accel[world, slot] = accel
    actors.x[world, slot] = motion.x - reach * math.cos(motion.yaw)
    actors.y[world, slot] = motion.y - reach * math.sin(motion.yaw)
    actors.yaw[world, slot] = wrap_angle(motion.yaw)
    actors.speed[world, slot] = motion.speed
    actors.steer[world, slot] = steer
    actors.yaw_rate[world, slot] = motion.yaw_rate
    actors.slip[world, slot] = motion.slip if dynamic else kinematic_slip(steer, REAR_AXLE)
    remember_velocity(state, parameters, world, driver)


@njit
def done_of_asked(state, parameters, world, driver):
    """Steering and acceleration that faulty actuators make of what a driver has asked for by now."""
    actuators, tick = state.actuators, np.int64(state.worlds.tick[world])
    asked, count = actuators.asked, np.int64(parameters.asked_count)
    for index in range(2):
        asked[world, driver, tick % count, index] = actuators.action[world, driver, index]
    acceleration = max(actuators.action[world, driver, 1], np.float32(0.0))
    steered, braked = tick - actuators.steering_delay[world, driver], tick - actuators.brake_delay[world, driver]
    # Nothing was asked before the episode began, at whose first step the tick is 1.
    steering = asked[world, driver, steered % count, 0] if steered > 0 else np.float32(0.0)
    braking = min(asked[world, driver, braked % count, 1], np.float32(0.0)) if braked > 0 else np.float32(0.0)
    if braking < np.float32(0.0):
        acceleration = braking * (np.float32(1.0) - actuators.brake_loss[world, driver])
    return steering, acceleration


@njit
def remember_velocity(state, parameters, world, driver):
    """Writes the velocity of the rear axle of a driver's car, which follows from that of the reference point."""
    actors, velocity, slot = state.actors, state.actuators.velocity, slot_of(state, world, driver)
    ahead, left = np.float64(actors.speed[world, slot]), 0.0
    if parameters.vehicle_model == DYNAMIC:
        slip = np.float64(actors.slip[world, slot])
        left = ahead * math.sin(slip) - REAR_AXLE * np.float64(actors.yaw_rate[world, slot])
        ahead *= math.cos(slip)
    velocity[world, driver, 0], velocity[world, driver, 1] = ahead, left
