import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba import njit

from drivesim.config import EnvConfig, VehicleConfig
from drivesim.state import allocate_state
from drivesim.state.parameters import parameters_from
from drivesim.world.vehicle import (
    DYNAMIC_SPEED_MIN,
    GRAVITY,
    REAR_AXLE,
    STEER_RATE_MAX,
    WHEELBASE,
    Motion,
    drive,
    dynamic_rates,
    integrate,
    kinematic_rates,
)
from tests.reference.vehicle import simulate_dynamic, simulate_kinematic

DRY = 1.0489
STEP_S = 0.02


@njit
def drive_rows(state, parameters, actions):
    """Applies the rows of `actions` to the ego of world 0."""
    for row in range(actions.shape[0]):
        drive(state, parameters, actions[row, 0], actions[row, 1], 0, 0)


@njit
def coast(motion, steer, inputs, friction, dynamic, out):
    """Integrates rows of (steering rate, acceleration), 0.02 s each."""
    for row in range(inputs.shape[0]):
        motion = integrate(motion, steer, inputs[row, 0], inputs[row, 1], friction, dynamic, 0.02)
        steer += 0.02 * inputs[row, 0]
        out[row] = motion


def run(speed, inputs, *, dynamic, steer=0.0, friction=DRY):
    out = np.zeros((len(inputs), 6))
    coast(Motion(0.0, 0.0, 0.0, float(speed), 0.0, 0.0), float(steer), inputs, friction, dynamic, out)
    return out


class Car:
    """The ego of a single world, driven by actions."""

    def __init__(self, speed=0.0, **vehicle):
        self.parameters = parameters_from(EnvConfig(vehicle=VehicleConfig(**vehicle)), 1)
        self.state = allocate_state(world=1, slot=1)
        self.state.actors.speed[:] = speed
        self.state.conditions.friction[:] = EnvConfig(vehicle=VehicleConfig(**vehicle)).vehicle.friction

    def drive(self, steering, acceleration, steps):
        drive_rows(self.state, self.parameters, np.tile(np.array([steering, acceleration], np.float32), (steps, 1)))

    def __getattr__(self, name):
        return float(getattr(self.state.actors, name)[0, 0])


def weave(rng, *, steer_rate, accel):
    """Five seconds of inputs that change every 0.1 s, steering about straight ahead."""
    steps, hold = 50, 5
    rate = steer_rate * np.sign(np.sin(np.arange(steps) * 0.35 + 0.5)) * rng.uniform(0.2, 1.0, steps)
    return np.repeat(np.stack([rate, rng.uniform(*accel, steps)], axis=1), hold, axis=0)


@pytest.mark.parametrize("speed", [2.0, 8.0, 20.0])
def test_the_kinematic_model_agrees_with_commonroad_over_five_seconds(rng, speed):
    inputs = weave(rng, steer_rate=0.2 if speed < 10.0 else 0.03, accel=(-0.3, 3.0))
    expected = simulate_kinematic(speed, 0.0, inputs, STEP_S)
    got = run(speed, inputs, dynamic=False)
    assert np.abs(got[:, :3] - expected[:, [0, 1, 4]]).max() < 1e-3
    assert np.abs(got[:, 3] - expected[:, 3]).max() < 1e-6
    assert np.ptp(expected[:, 4]) > 0.1


@pytest.mark.parametrize("speed", [3.0, 8.0, 15.0, 30.0])
def test_the_dynamic_model_agrees_with_commonroad_in_its_linear_range(rng, speed):
    inputs = weave(rng, steer_rate=min(0.2, 3.0 / speed**1.5), accel=(-0.3, 2.0))
    expected = simulate_dynamic(speed, inputs, STEP_S)
    got = run(speed, inputs, dynamic=True)
    assert np.abs(got[:, :3] - expected[:, [0, 1, 4]]).max() < 1e-3
    assert np.abs(got[:, 4:] - expected[:, 5:]).max() < 1e-3
    assert np.ptp(expected[:, 4]) > 0.05


def test_actions_drive_the_same_path_as_commonroad_with_their_actuators_recorded(rng):
    # The float32 state and the conversion between rear axle and centre of gravity are part of this path.
    car = Car(speed=12.0)
    x, y, yaw, inputs = [], [], [], []
    for k in range(50):
        steer, pedal = car.steer, float(car.state.actuators.pedal[0, 0])
        action = (0.08 * math.sin(0.3 * k), 0.2 * math.cos(0.2 * k))
        target, gain = 0.5 * np.float32(action[0]), 4.0 if action[1] > 0.0 else 8.0
        for _ in range(5):
            rate = np.clip((target - steer) * (1.0 - math.exp(-0.4)), -0.008, 0.008) / STEP_S
            pedal += (gain * np.float32(action[1]) - pedal) * (1.0 - math.exp(-0.1))
            steer += STEP_S * rate
            inputs.append((rate, pedal))
        car.drive(*action, 1)
        x.append(car.x + REAR_AXLE * (math.cos(car.yaw) - 1.0))
        y.append(car.y + REAR_AXLE * math.sin(car.yaw))
        yaw.append(car.yaw)
    expected = simulate_dynamic(12.0, np.array(inputs), STEP_S)[4::5]
    assert np.abs(np.stack([x, y, yaw], axis=1) - expected[:, [0, 1, 4]]).max() < 1e-3


@pytest.mark.parametrize("model", ["kinematic", "dynamic"])
def test_full_brakes_stop_the_car_in_the_distance_of_constant_deceleration(model):
    car = Car(speed=20.0, model=model, acceleration_lag_s=0.0)
    car.drive(0.0, -1.0, 60)
    assert car.x == pytest.approx(20.0**2 / (2.0 * 8.0), abs=1e-3)
    assert (car.speed, car.yaw, car.y) == (0.0, 0.0, 0.0)


def test_friction_sets_the_braking_distance():
    # mu = 0.2: v^2 / (2 mu g) = 100 / (2 * 0.2 * 9.81) = 25.48 m
    car = Car(speed=10.0, friction=0.2, acceleration_lag_s=0.0)
    car.drive(0.0, -1.0, 80)
    assert car.x == pytest.approx(25.484, abs=1e-2)


@pytest.mark.parametrize("model", ["kinematic", "dynamic"])
def test_brakes_hold_the_car_and_never_reverse_it(model):
    car = Car(speed=0.05, model=model)
    car.drive(1.0, -1.0, 30)
    assert car.speed == 0.0 and car.accel == 0.0 and car.yaw_rate == 0.0
    x, y = car.x, car.y
    car.drive(-1.0, -1.0, 30)
    assert (car.x, car.y) == (x, y)
    assert car.steer == pytest.approx(-0.5, abs=1e-3)


@pytest.mark.parametrize(("model", "slope"), [("kinematic", math.tan(0.05)), ("dynamic", 0.05)])
def test_steady_cornering_follows_the_radius_of_the_steering_angle(model, slope):
    # With equal cornering stiffness per load on both axles the dynamic car steers neutrally: R = L / delta.
    car = Car(speed=8.0, model=model)
    car.drive(0.1, 0.0, 40)
    assert car.yaw_rate == pytest.approx(car.speed * slope / WHEELBASE, rel=2e-3)


def test_the_pedal_lags_by_its_time_constant():
    car = Car(speed=10.0)
    car.drive(0.0, 1.0, 2)
    assert float(car.state.actuators.pedal[0, 0]) == pytest.approx(4.0 * (1.0 - math.exp(-1.0)), rel=1e-5)


def test_the_steering_moves_at_its_rate_limit_and_no_further_than_commanded():
    car = Car(speed=1.0)
    car.drive(1.0, 0.0, 5)
    assert car.steer == pytest.approx(5 * 0.1 * STEER_RATE_MAX, abs=1e-5)
    car.drive(1.0, 0.0, 40)
    assert car.steer == pytest.approx(0.5, abs=1e-6)


def test_the_engine_weakens_above_its_switching_speed_and_ends_at_top_speed():
    # At 40 m/s the engine gives 11.5 * 7.319 / 40 = 2.104 m/s^2.
    car = Car(speed=40.0, acceleration_lag_s=0.0)
    car.drive(0.0, 1.0, 1)
    assert car.accel == pytest.approx(11.5 * 7.319 / 40.1, abs=0.01)
    car.drive(0.0, 1.0, 150)
    assert car.speed == pytest.approx(50.8, abs=0.1)


@given(
    speed=st.floats(0.5, 50.0),
    steer=st.floats(-1.0, 1.0),
    accel=st.floats(-11.5, 11.5),
    yaw_rate=st.floats(-1.0, 1.0),
    slip=st.floats(-0.5, 0.5),
    friction=st.floats(0.05, 2.0),
)
def test_no_state_asks_more_of_the_tyres_than_the_friction_circle(speed, steer, accel, yaw_rate, slip, friction):
    grip = friction * GRAVITY
    motion = Motion(0.0, 0.0, 0.0, speed, yaw_rate, slip)
    rates = dynamic_rates(motion, steer, accel, friction)
    assert math.hypot(rates.speed, speed * (yaw_rate + rates.slip)) <= grip * (1.0 + 1e-9)
    rates = kinematic_rates(motion, steer, accel, friction, 0.0)
    assert math.hypot(rates.speed, speed * rates.yaw) <= grip * (1.0 + 1e-9)


@given(
    speed=st.floats(0.0, 50.0),
    actions=st.lists(st.tuples(st.floats(-1.0, 1.0), st.floats(-1.0, 1.0)), min_size=20, max_size=20),
    friction=st.sampled_from([0.1, 0.5, DRY]),
    model=st.sampled_from(["kinematic", "dynamic"]),
)
def test_any_driving_stays_finite_and_within_the_grip(speed, actions, friction, model):
    car = Car(speed=speed, friction=friction, model=model)
    for steering, acceleration in actions:
        car.drive(steering, acceleration, 1)
        assert all(np.isfinite(column).all() for column in car.state.actors)
        assert car.speed * abs(car.yaw_rate) <= friction * GRAVITY * (1.0 + 1e-4)
        assert 0.0 <= car.speed <= 51.0


def test_the_slip_angle_below_the_dynamic_range_has_its_exact_derivative():
    # beta = atan(b / L tan(delta)) has beta' = b u / (L cos^2(delta) (1 + (b / L tan(delta))^2)).
    steer, rate = 0.45, 0.3
    out = run(0.05, np.tile([rate, 0.0], (2, 1)), dynamic=True, steer=steer)
    middle = steer + 1.5 * STEP_S * rate
    tangent = REAR_AXLE / WHEELBASE * math.tan(middle)
    expected = REAR_AXLE * rate / (WHEELBASE * math.cos(middle) ** 2 * (1.0 + tangent**2))
    assert (out[1, 5] - out[0, 5]) / STEP_S == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("acceleration", [0.05, -0.05])
def test_nothing_jumps_where_the_models_change_over(acceleration):
    car = Car(speed=0.02 if acceleration > 0.0 else 0.4, acceleration_lag_s=0.0)
    car.drive(0.4, 0.0, 10)
    rows = []
    for _ in range(12):
        car.drive(0.4, acceleration, 1)
        rows.append((car.speed, car.yaw_rate, car.slip))
    speed, yaw_rate, slip = np.array(rows).T
    assert speed.min() < DYNAMIC_SPEED_MIN < speed.max()
    assert np.abs(np.diff(yaw_rate)).max() < 0.01
    assert np.abs(np.diff(slip)).max() < 0.02


def test_a_hard_stop_from_any_speed_passes_the_changeover_without_a_kick():
    car = Car(speed=3.0)
    car.drive(0.6, -1.0, 20)
    assert car.speed == 0.0
    assert car.slip == pytest.approx(math.atan(REAR_AXLE / WHEELBASE * math.tan(car.steer)), abs=1e-5)
