"""The inertial unit: specific force and angular rate over the time since the last frame.

The unit sees a driver's car at control steps alone, and knows its yaw, yaw rate and rear axle's velocity there. In
between, yaw is the cubic through both poses and rates, and the velocity in the car's frame changes evenly. A sample is
the mean over its time, as from a unit that integrates: the angular rate is the change of yaw over that time, the
specific force the change of the unit's velocity, in its frame halfway. So the sum of the samples is the change of yaw
and of velocity that the car has made. The unit's velocity has the lever arm r in it, v = v_axle + omega x r, and with
it the accelerations alpha x r and omega x (omega x r).
"""

import math
from typing import Any, NamedTuple, cast

import numpy as np

from drivesim.config.sensors.motion import ACCEL_BIAS_FAULT_M_S2, GYRO_BIAS_FAULT_DEG_S, ImuConfig
from drivesim.errors import ConfigError
from drivesim.geometry import wrap_angle
from drivesim.kernels.device import device
from drivesim.kernels.entry import entry
from drivesim.kernels.launch import Launcher
from drivesim.kernels.warm_up import Job, launch_job
from drivesim.maps.arrays import MapArrays
from drivesim.sensors.contract import Sensor
from drivesim.sensors.motion.draws import either_way, episode_stream, frame_stream, name_code, normal_pair
from drivesim.sensors.motion.strip import strip_picture
from drivesim.sensors.noise import uniforms
from drivesim.state import WorldState
from drivesim.state.bodies import slot_of
from drivesim.state.columns import column

GRAVITY = 9.81
"""[m/s^2], that of the vehicle model."""
f32 = np.float32
_HALF, _SIXTH, _24TH, _120TH = 0.5, 1.0 / 6.0, 1.0 / 24.0, 1.0 / 120.0
_TICK, _YAW, _RATE, _AHEAD, _LEFT = 0, 1, 2, 3, 4
"""Columns of `motion`."""


class ImuSettings(NamedTuple):
    """What the kernels know of an `ImuConfig`, SI units."""

    driver_count: np.int64
    code: np.int64
    """`name_code` of its name."""
    step: np.float64
    """Control step [s]."""
    sample: np.float64
    """Time of a sample [s]."""
    ahead: np.float64
    """Place in the ego frame [m]."""
    left: np.float64
    turn: np.ndarray
    """sensor_from_ego, shape (3, 3)."""
    noise: np.ndarray
    """Deviation of a sample's white noise by axis, float32, shape (6,)."""
    walk: np.ndarray
    """Deviation of a frame's step of the bias, float32, shape (6,)."""
    start: np.ndarray
    """Greatest bias when an episode begins, float32, shape (6,)."""
    scale: np.float32
    """Greatest scale error."""
    range: np.ndarray
    """Where each axis saturates, float32, shape (6,)."""


def sensor_from_ego(config: Any) -> np.ndarray:
    """Rotation from the ego frame into that of a sensor, float64, shape (3, 3), from its yaw, pitch and roll."""
    yaw, pitch, roll = (math.radians(angle) for angle in (config.yaw_deg, config.pitch_deg, config.roll_deg))
    cy, sy, cp, sp, cr, sr = (f(angle) for angle in (yaw, pitch, roll) for f in (math.cos, math.sin))
    about_z = np.array([[cy, -sy, 0.0], [sy, cy, 0.0], [0.0, 0.0, 1.0]])
    about_y = np.array([[cp, 0.0, sp], [0.0, 1.0, 0.0], [-sp, 0.0, cp]])
    about_x = np.array([[1.0, 0.0, 0.0], [0.0, cr, -sr], [0.0, sr, cr]])
    return (about_z @ about_y @ about_x).T.copy()


def imu_settings(config: ImuConfig, *, step_s: float, driver_count: int) -> ImuSettings:
    """The kernels' view of a config."""
    errors, period = config.errors, 1.0 / config.rate_hz
    by_axis = [np.repeat(f32([a, g]), 3) for a, g in (
        (errors.accel_noise_density * math.sqrt(config.sample_rate_hz),
         errors.gyro_noise_density * math.sqrt(config.sample_rate_hz)),
        (errors.accel_random_walk * math.sqrt(period), errors.gyro_random_walk * math.sqrt(period)),
        (errors.accel_start_bias, errors.gyro_start_bias),
        (config.accel_range_m_s2, math.radians(config.gyro_range_deg_s)),
    )]  # fmt: skip
    return ImuSettings(
        driver_count=np.int64(driver_count), code=name_code(config.name), step=np.float64(step_s),
        sample=np.float64(1.0 / config.sample_rate_hz), ahead=np.float64(config.x_m), left=np.float64(config.y_m),
        turn=sensor_from_ego(config), noise=by_axis[0], walk=by_axis[1], start=by_axis[2], range=by_axis[3],
        scale=f32(errors.scale_error),
    )  # fmt: skip


@device
def remember_motion(state, settings, motion, view):
    """Puts the car's motion now behind the one before, which goes; a second look at the same moment changes nothing."""
    world, driver = view // settings.driver_count, view % settings.driver_count
    slot = slot_of(state, world, driver)
    moment = np.float64(state.worlds.tick[world] + 1)
    if motion[view, 1, _TICK] != moment:
        for k in range(motion.shape[2]):
            motion[view, 0, k] = motion[view, 1, k]
    motion[view, 1, _TICK] = moment
    motion[view, 1, _YAW] = state.actors.yaw[world, slot]
    motion[view, 1, _RATE] = state.actors.yaw_rate[world, slot]
    motion[view, 1, _AHEAD] = state.actuators.velocity[world, driver, 0]
    motion[view, 1, _LEFT] = state.actuators.velocity[world, driver, 1]


@device
def turned_by(share, time, turn, first, last):
    """Yaw since the start [rad] and yaw rate, a `share` of `time` later, of the cubic that turns by `turn`."""
    square = 3.0 * turn - time * (2.0 * first + last)
    cube = time * (first + last) - 2.0 * turn
    yaw = share * (time * first + share * (square + share * cube))
    return yaw, first + share * (2.0 * square + 3.0 * share * cube) / time


@entry(inline=False)
def sense_motion(state, settings, motion, samples, view):
    """Writes the true samples of a view.

    Args:
        state: `WorldState`.
        settings: `ImuSettings`.
        motion: Memory: motion at the frame before and at this one, float64, shape (view, 2, 5): tick + 1 (0: none), yaw,
            yaw rate, velocity ahead and left.
        samples: Written: float32, shape (view, sample, 6).
        view: Index of the view.
    """
    remember_motion(state, settings, motion, view)
    count = samples.shape[1]
    before = 0 if motion[view, 0, _TICK] > 0.0 else 1
    time = max(motion[view, 1, _TICK] - motion[view, before, _TICK], 1.0) * settings.step
    first, last = motion[view, before, _RATE], motion[view, 1, _RATE]
    turn = np.float64(wrap_angle(motion[view, 1, _YAW] - motion[view, before, _YAW])) if before == 0 else time * last
    start_ahead, start_left = motion[view, before, _AHEAD], motion[view, before, _LEFT]
    gain_ahead, gain_left = motion[view, 1, _AHEAD] - start_ahead, motion[view, 1, _LEFT] - start_left
    # Before the motion that it knows, a car goes on as it was then.
    share = (time - count * settings.sample) / time
    old_yaw, old_rate = share * time * first, first
    if share > 0.0:
        old_yaw, old_rate = turned_by(share, time, turn, first, last)
    grown = max(share, 0.0)
    old_ahead = start_ahead + grown * gain_ahead - old_rate * settings.left
    old_left = start_left + grown * gain_left + old_rate * settings.ahead
    for k in range(count):
        share = (time - (count - 1 - k) * settings.sample) / time
        yaw, rate = share * time * first, first
        if share > 0.0:
            yaw, rate = turned_by(share, time, turn, first, last)
        grown = max(share, 0.0)
        ahead = start_ahead + grown * gain_ahead - rate * settings.left
        left = start_left + grown * gain_left + rate * settings.ahead
        # Sine and cosine of half the turn of a sample: below 0.1 rad, so these terms are exact to 1e-9.
        half = _HALF * (yaw - old_yaw)
        square = half * half
        sin = half * (1.0 - square * (_SIXTH - square * _120TH))
        cos = 1.0 - square * (_HALF - square * _24TH)
        x = ((ahead - old_ahead) * cos - (left + old_left) * sin) / settings.sample
        y = ((left - old_left) * cos + (ahead + old_ahead) * sin) / settings.sample
        z = (yaw - old_yaw) / settings.sample
        for axis in range(3):
            samples[view, k, axis] = (
                settings.turn[axis, 0] * x + settings.turn[axis, 1] * y + settings.turn[axis, 2] * GRAVITY
            )
            samples[view, k, 3 + axis] = settings.turn[axis, 2] * z
        old_yaw, old_ahead, old_left = yaw, ahead, left


@entry(inline=False)
def disturb_samples(state, settings, bias, samples, view):
    """Makes of true samples what the unit says: scale errors, bias, noise, saturation.

    Args:
        state: `WorldState`.
        settings: `ImuSettings`.
        bias: Memory: how far the bias has walked, float64, shape (view, 6).
        samples: Changed: float32, shape (view, sample, 6).
        view: Index of the view.
    """
    world, driver = view // settings.driver_count, view % settings.driver_count
    key, tick, count = state.worlds.key[world] + np.uint64(driver), state.worlds.tick[world], samples.shape[1]
    frames, lasting = frame_stream(key, settings.code), episode_stream(key, settings.code)
    for pair in range(3):
        one, other = normal_pair(frames, tick, 3 * count + pair)
        for axis, drawn in ((2 * pair, one), (2 * pair + 1, other)):
            gain = f32(1.0) + settings.scale * either_way(lasting, axis)
            start = f32(bias[view, axis]) + settings.start[axis] * either_way(lasting, 6 + axis)
            step = settings.walk[axis] * drawn
            bias[view, axis] += step
            step /= f32(count)
            for k in range(count):
                samples[view, k, axis] = gain * samples[view, k, axis] + start + f32(k + 1) * step
    for k in range(count):
        for pair in range(3):
            one, other = normal_pair(frames, tick, 3 * k + pair)
            for axis, drawn in ((2 * pair, one), (2 * pair + 1, other)):
                value = samples[view, k, axis] + settings.noise[axis] * drawn
                samples[view, k, axis] = min(max(value, -settings.range[axis]), settings.range[axis])


class Imu(Sensor):
    """An inertial unit on the car of every driver."""

    memory_columns = {  # noqa: RUF012  # the contract's class attribute
        "motion": column(
            "view", 2, 5, dtype=np.float64, unit="SI",
            doc="Car's motion at the frame before and at the last: tick + 1, yaw, yaw rate, velocity ahead and left.",
        ),
        "bias": column("view", 6, dtype=np.float64, unit="SI", doc="How far each axis' bias has walked."),
    }  # fmt: skip

    def __init__(self, config: ImuConfig, world_count: int, **how: Any) -> None:
        super().__init__(config, world_count, **how)
        steps = 1.0 / (config.rate_hz * self.step_s)
        if abs(steps - round(steps)) > 1e-6 or steps < 0.5:
            raise ConfigError(
                f"ImuConfig.rate_hz: expected the control rate {1.0 / self.step_s:g} over an integer, "
                f"got {config.rate_hz!r}"
            )
        self._settings = imu_settings(config, step_s=self.step_s, driver_count=self.driver_count)

    def truth(self, maps: MapArrays, state: WorldState, launcher: Launcher, due: np.ndarray | None) -> None:
        """Writes the samples of a perfect unit."""
        views, _, _ = self.carriers(state, due)
        launcher.run(sense_motion, views, state, self._settings, self.memory["motion"], self.frames["samples"])

    def device(self, maps: MapArrays, state: WorldState, launcher: Launcher, due: np.ndarray | None) -> None:
        """Adds the unit's errors; its bias walks on."""
        views, _, _ = self.carriers(state, due)
        launcher.run(disturb_samples, views, state, self._settings, self.memory["bias"], self.frames["samples"])

    def faults(self, maps: MapArrays, state: WorldState, launcher: Launcher, due: np.ndarray | None) -> None:
        """Adds the bias of a faulty unit, which saturates as before."""
        if not self.config.faults:
            return
        views, worlds, _ = self.carriers(state, due)
        severity = self.severity("bias", state)[worlds]
        sign = uniforms(state.worlds.key[worlds], f"{self.config.name}.bias", np.zeros(len(worlds)), 6) < f32(0.5)
        sizes = np.concatenate([np.repeat(np.float32([[0.0, *table]]), 3, axis=0) for table in (
            ACCEL_BIAS_FAULT_M_S2, np.radians(GYRO_BIAS_FAULT_DEG_S))]).T  # fmt: skip
        moved = self.frames["samples"][views] + (np.where(sign, -1, 1) * sizes[severity])[:, None]
        high = self._settings.range
        self.frames["samples"][views] = np.clip(moved, -high, high)

    def compile_jobs(self, maps: MapArrays, state: WorldState) -> tuple[Job, ...]:
        """The kernels of truth and device."""
        samples = self.frames["samples"]
        return (
            launch_job(sense_motion, state, self._settings, self.memory["motion"], samples),
            launch_job(disturb_samples, state, self._settings, self.memory["bias"], samples),
        )

    def strip(self, frames: Any) -> dict[str, np.ndarray]:
        """Values to draw over time, by name with unit, the oldest first: those of one view's frame."""
        samples = cast(np.ndarray, frames["samples"])
        names = ("ax m/s^2", "ay m/s^2", "az m/s^2", "wx rad/s", "wy rad/s", "wz rad/s")
        return {name: samples[:, axis] for axis, name in enumerate(names)}

    def pane(self, frames: Any) -> np.ndarray:
        """Its samples as curves: forces around gravity's share, rates around zero."""
        return strip_picture(self.strip(frames), spans=(5.0, 5.0, 15.0, 0.5, 0.5, 0.5))
