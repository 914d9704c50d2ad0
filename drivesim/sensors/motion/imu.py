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
from drivesim.kernels.device import device, routine
from drivesim.kernels.entry import entry
from drivesim.kernels.launch import Launcher
from drivesim.maps.arrays import MapArrays
from drivesim.sensors.motion.base import MotionSensor
from drivesim.sensors.motion.draws import either_way, episode_stream, frame_stream, name_code, normal, normal_word
from drivesim.sensors.motion.strip import strip_picture
from drivesim.sensors.noise import uniforms
from drivesim.state import WorldState
from drivesim.state.bodies import slot_of
from drivesim.state.columns import column

f32 = np.float32
GRAVITY = f32(9.81)
"""[m/s^2], that of the vehicle model."""
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
    by_axis = [np.repeat(np.array([a, g], np.float32), 3) for a, g in (
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


@entry(inline=False)
def measure_motion(state, settings, motion, bias, samples, truth, device, view):
    """Writes the samples of a view.

    Args:
        state: `WorldState`.
        settings: `ImuSettings`.
        motion: Memory: motion at the frame before and at this one, float64, shape (view, 2, 5): tick + 1 (0: none),
            yaw, yaw rate, velocity ahead and left.
        bias: Memory: how far the bias has walked, float64, shape (view, 6).
        samples: Written: float32, shape (view, sample, 6).
        truth: Write the true samples.
        device: Add the unit's errors to what `samples` holds.
        view: Index of the view.
    """
    if truth:
        remember_motion(state, settings, motion, view)
        write_samples(settings, motion, samples, view)
    if device:
        disturb_samples(state, settings, bias, samples, view)


@routine
def write_samples(settings, motion, samples, view):
    """Writes the true samples of a view from the motion of both frames."""
    count, sample, spot_ahead, spot_left = samples.shape[1], settings.sample, settings.ahead, settings.left
    per_sample = 1.0 / sample
    before = 0 if motion[view, 0, _TICK] > 0.0 else 1
    time = max(motion[view, 1, _TICK] - motion[view, before, _TICK], 1.0) * settings.step
    first, last = motion[view, before, _RATE], motion[view, 1, _RATE]
    turn = np.float64(wrap_angle(motion[view, 1, _YAW] - motion[view, before, _YAW])) if before == 0 else time * last
    start_ahead, start_left = motion[view, before, _AHEAD], motion[view, before, _LEFT]
    gain_ahead, gain_left = motion[view, 1, _AHEAD] - start_ahead, motion[view, 1, _LEFT] - start_left
    # The cubic, by the share of the time that has passed; before its start a car goes on as it was then.
    line, square, cube = time * first, 3.0 * turn - time * (2.0 * first + last), time * (first + last) - 2.0 * turn
    per_time = 1.0 / time
    old_yaw, old_ahead, old_left = 0.0, 0.0, 0.0
    for k in range(count + 1):
        share = 1.0 - (count - k) * sample * per_time
        grown = max(share, 0.0)
        yaw = share * line + grown * grown * (square + grown * cube)
        rate = (line + grown * (2.0 * square + 3.0 * grown * cube)) * per_time
        ahead = start_ahead + grown * gain_ahead - rate * spot_left
        left = start_left + grown * gain_left + rate * spot_ahead
        if k > 0:
            # Sine and cosine of half the turn of a sample: below 0.1 rad, so these terms are exact to 1e-9.
            half = _HALF * (yaw - old_yaw)
            second = half * half
            sin = half * (1.0 - second * (_SIXTH - second * _120TH))
            cos = 1.0 - second * (_HALF - second * _24TH)
            samples[view, k - 1, 0] = ((ahead - old_ahead) * cos - (left + old_left) * sin) * per_sample
            samples[view, k - 1, 1] = ((left - old_left) * cos + (ahead + old_ahead) * sin) * per_sample
            samples[view, k - 1, 5] = (yaw - old_yaw) * per_sample
        old_yaw, old_ahead, old_left = yaw, ahead, left
    turn_samples(settings.turn, samples, view)


@device
def turn_samples(turn, samples, view):
    """Turns samples from the ego frame into that of the sensor; gravity pushes up."""
    xx, xy, xz = f32(turn[0, 0]), f32(turn[0, 1]), f32(turn[0, 2])
    yx, yy, yz = f32(turn[1, 0]), f32(turn[1, 1]), f32(turn[1, 2])
    zx, zy, zz = f32(turn[2, 0]), f32(turn[2, 1]), f32(turn[2, 2])
    for k in range(samples.shape[1]):
        x, y, rate = samples[view, k, 0], samples[view, k, 1], samples[view, k, 5]
        samples[view, k, 0] = xx * x + xy * y + xz * GRAVITY
        samples[view, k, 1] = yx * x + yy * y + yz * GRAVITY
        samples[view, k, 2] = zx * x + zy * y + zz * GRAVITY
        samples[view, k, 3], samples[view, k, 4], samples[view, k, 5] = xz * rate, yz * rate, zz * rate


@routine
def disturb_samples(state, settings, bias, samples, view):
    """Makes of true samples what the unit says: scale errors, bias, noise, saturation."""
    world, driver = view // settings.driver_count, view % settings.driver_count
    key, tick, count = state.worlds.key[world] + np.uint64(driver), state.worlds.tick[world], samples.shape[1]
    frames, lasting = frame_stream(key, settings.code), episode_stream(key, settings.code)
    for axis in range(6):
        gain = f32(1.0) + settings.scale * either_way(lasting, axis)
        start = f32(bias[view, axis]) + settings.start[axis] * either_way(lasting, 6 + axis)
        step = settings.walk[axis] * normal(normal_word(frames, tick, axis))
        bias[view, axis] += step
        step /= f32(count)
        noise, high = settings.noise[axis], settings.range[axis]
        for k in range(count):
            white = noise * normal(normal_word(frames, tick, 6 + 6 * k + axis))
            value = gain * samples[view, k, axis] + start + f32(k + 1) * step + white
            samples[view, k, axis] = min(max(value, -high), high)


class Imu(MotionSensor):
    """An inertial unit on the car of every driver."""

    kernel = staticmethod(measure_motion)

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
        self.args = (self._settings, self.memory["motion"], self.memory["bias"], self.frames["samples"])

    def faults(self, maps: MapArrays, state: WorldState, launcher: Launcher, due: np.ndarray | None) -> None:
        """Adds the bias of a faulty unit, which saturates as before."""
        if not self.may_have_faults:
            return
        views, worlds, _ = self.carriers(state, due)
        severity = self.severity("bias", state)[worlds]
        sign = uniforms(state.worlds.key[worlds], f"{self.config.name}.bias", np.zeros(len(worlds)), 6) < f32(0.5)
        accel, gyro = np.array([0.0, *ACCEL_BIAS_FAULT_M_S2]), np.radians([0.0, *GYRO_BIAS_FAULT_DEG_S])
        sizes = np.stack([accel] * 3 + [gyro] * 3, axis=1)
        moved = self.frames["samples"][views] + (np.where(sign, -1, 1) * sizes[severity])[:, None]
        high = self._settings.range
        self.frames["samples"][views] = np.clip(moved, -high, high)

    def strip(self, frames: Any) -> dict[str, np.ndarray]:
        """Values to draw over time, by name with unit, the oldest first: those of one view's frame."""
        samples = cast(np.ndarray, frames["samples"])
        names = ("ax m/s^2", "ay m/s^2", "az m/s^2", "wx rad/s", "wy rad/s", "wz rad/s")
        return {name: samples[:, axis] for axis, name in enumerate(names)}

    def pane(self, frames: Any) -> np.ndarray:
        """Its samples as curves: forces around gravity's share, rates around zero."""
        return strip_picture(self.strip(frames), spans=(5.0, 5.0, 15.0, 0.5, 0.5, 0.5))
