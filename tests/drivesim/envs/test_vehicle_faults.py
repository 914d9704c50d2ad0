"""Faulty actuators: what they do of what is asked, when, and that healthy ones are what they were."""

import gymnasium as gym
import numpy as np
import pytest

from drivesim.config import EnvConfig, FaultConfig, VehicleConfig, fault_names
from drivesim.errors import ConfigError

STEPS = 25


def drive(faults=(), *, ask=lambda step: (0.2, 0.4), steps=STEPS, restore_at=None, worlds=2):
    """Steering angle, pedal and asked action of world 0 before every step, and the environment."""
    vehicle = {"faults": list(faults), "steering_lag_s": 0.0, "acceleration_lag_s": 0.0}
    env = gym.make_vec("drivesim/Lane-v0", num_envs=worlds, map_count=2, sensors=[], config={"vehicle": vehicle})
    env.reset(seed=4)
    state, rows = env.unwrapped.simulation.world.state, []
    for step in range(steps):
        if step == restore_at:
            snapshot = env.unwrapped.snapshot()
            env.step(np.tile(np.float32([-1.0, -1.0]), (worlds, 1)))
            env.unwrapped.restore(snapshot)
        env.step(np.tile(np.float32(ask(step)), (worlds, 1)))
        rows.append((state.actors.steer[0, 0], state.actuators.pedal[0, 0], *state.actuators.action[0, 0]))
    return np.array(rows), env


def swerve(step):
    return 0.02 * np.sin(1.3 * step), 0.2


def stop_and_go(step):
    return 0.0, 0.3 if step % 8 < 4 else -0.5


@pytest.mark.parametrize(("severity", "ticks"), [(1, 1), (2, 1), (3, 2), (4, 2), (5, 3)])
def test_late_steering_does_what_was_asked_some_steps_before(severity, ticks):
    """50, 100, 150, 200, 300 ms in control steps of 100 ms, rounded up."""
    healthy, _ = drive(ask=swerve)
    late, _ = drive([{"kind": "steering_delay", "severity": severity}], ask=swerve)
    start = healthy[0, 0] - 0.5 * swerve(0)[0]
    assert late[:ticks, 0] == pytest.approx(np.zeros(ticks), abs=abs(start) + 0.01)
    assert late[ticks + 1 :, 0] == pytest.approx(healthy[1:-ticks, 0], abs=1e-6)
    np.testing.assert_array_equal(late[:, 2:], healthy[:, 2:])


def test_late_brakes_brake_late_and_throttle_at_once_unless_still_braking():
    healthy, _ = drive(ask=stop_and_go)
    late, _ = drive([{"kind": "brake_delay", "severity": 4}], ask=stop_and_go)
    assert healthy[:12, 1] == pytest.approx([1.2] * 4 + [-4.0] * 4 + [1.2] * 4)
    # Between the end of the throttle and the late brakes the pedals are at rest.
    assert late[:14, 1] == pytest.approx([1.2] * 4 + [0.0] * 2 + [-4.0] * 4 + [1.2] * 2 + [0.0] * 2)


@pytest.mark.parametrize(("severity", "share"), [(1, 0.9), (3, 0.5), (5, 0.1)])
def test_weak_brakes_do_a_share_and_the_throttle_is_whole(severity, share):
    weak, _ = drive([{"kind": "brake_loss", "severity": severity}], ask=stop_and_go)
    assert weak[:8, 1] == pytest.approx([1.2] * 4 + [-4.0 * share] * 4)


def test_faults_come_and_go_by_their_schedule_and_the_label_says_so():
    faults = [{"kind": "brake_loss", "severity": 5, "start_s": 0.5, "duration_s": 0.3}]
    rows, _ = drive(faults, ask=lambda step: (0.0, -0.1), steps=10)
    assert rows[:, 1] == pytest.approx([-0.8] * 5 + [-0.08] * 3 + [-0.8] * 2)
    _, env = drive(faults, steps=6)
    assert fault_names("vehicle") == ("steering_delay", "brake_delay", "brake_loss")
    assert env.unwrapped.labels()["vehicle_faults"].tolist() == [[0, 0, 5]] * 2
    assert "vehicle_faults" not in drive(steps=1)[1].unwrapped.labels()


def test_a_snapshot_holds_what_was_asked():
    faults = [{"kind": "steering_delay", "severity": 5}, {"kind": "brake_delay", "severity": 5}]
    through, _ = drive(faults, ask=lambda step: (swerve(step)[0], stop_and_go(step)[1]))
    restored, _ = drive(faults, ask=lambda step: (swerve(step)[0], stop_and_go(step)[1]), restore_at=9)
    np.testing.assert_array_equal(through, restored)


def test_actuators_whose_fault_has_not_come_are_healthy():
    healthy, _ = drive(ask=swerve)
    waiting, _ = drive([{"kind": "steering_delay", "start_s": 100.0}], ask=swerve)
    np.testing.assert_array_equal(waiting, healthy)


def test_worlds_do_not_share_faults_drawn_by_chance():
    faults = [{"kind": "brake_loss", "probability": 0.5}]
    _, env = drive(faults, steps=1, worlds=40)
    assert 5 < (env.unwrapped.labels()["vehicle_faults"][:, 2] > 0).sum() < 35


def test_a_fault_that_no_car_has_is_refused():
    with pytest.raises(ConfigError, match="brake_loss"):
        EnvConfig(vehicle=VehicleConfig(faults=(FaultConfig(kind="brake_los"),)))
