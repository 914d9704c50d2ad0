"""What a car's own bus tells: wheel speed, steering angle, yaw rate, compass heading, pedals; see `OdometryColumn`."""

import math
from typing import Any, NamedTuple

import numpy as np

from drivesim.config.sensors.motion import COMPASS_FAULT_DEG, SPEED_NOISE_FAULT, OdometryColumn, OdometryConfig
from drivesim.geometry import wrap_angle
from drivesim.kernels.device import device
from drivesim.kernels.entry import entry
from drivesim.kernels.launch import Launcher
from drivesim.maps.arrays import MapArrays
from drivesim.sensors.motion.base import MotionSensor
from drivesim.sensors.motion.draws import either_way, episode_stream, frame_stream, name_code, normal, normal_word
from drivesim.sensors.motion.strip import strip_picture
from drivesim.sensors.noise import normals, uniforms
from drivesim.state import WorldState
from drivesim.state.bodies import slot_of
from drivesim.world.grip import road_friction
from drivesim.world.vehicle import CORNERING_STIFFNESS, GRAVITY

f32 = np.float32
_SPEED, _STEERING, _YAW_RATE, _HEADING, _PEDAL = (int(each) for each in OdometryColumn)
_ZERO, _ONE, _HALF = f32(0.0), f32(1.0), f32(0.5)
_GRIP = f32(CORNERING_STIFFNESS * GRAVITY)
"""Acceleration per slip and friction: tyres are as stiff along as across [m/s^2]."""
_SLIP_MAX = f32(0.2)
"""Beyond it wheels spin or lock, which is not modelled."""


class OdometrySettings(NamedTuple):
    """What the kernels know of an `OdometryConfig`, SI units, float32."""

    driver_count: np.int64
    code: np.int64
    """`name_code` of its name."""
    scale: np.float32
    """Greatest relative error of the wheel's radius."""
    slips: np.bool_
    """Wheels slip."""
    noise: np.ndarray
    """Deviation of white noise, by column but the pedals', shape (4,)."""
    offset: np.ndarray
    """Greatest lasting offset, by column, shape (4,)."""
    resolution: np.ndarray
    """By column; 0: none, shape (4,)."""


def odometry_settings(config: OdometryConfig, *, driver_count: int) -> OdometrySettings:
    """The kernels' view of a config."""
    rad = math.radians
    noise = (config.speed_noise_m_s, rad(config.steering_noise_deg), rad(config.yaw_rate_noise_deg_s),
             rad(config.heading_noise_deg))  # fmt: skip
    return OdometrySettings(
        driver_count=np.int64(driver_count), code=name_code(config.name), scale=f32(config.speed_scale_error),
        slips=np.bool_(config.wheel_slip), noise=np.array(noise, np.float32),
        offset=np.array([0.0, 0.0, rad(config.yaw_rate_bias_deg_s), rad(config.heading_bias_deg)], np.float32),
        resolution=np.array([config.speed_step_m_s, rad(config.steering_step_deg), 0.0, 0.0], np.float32),
    )  # fmt: skip


@device
def rounded(value, resolution):
    """The nearest multiple of a resolution."""
    if resolution == _ZERO:
        return value
    return resolution * f32(math.floor(value / resolution + _HALF))


@entry(inline=False)
def measure_values(state, settings, values, truth, device, view):
    """Writes the values of a view.

    Args:
        state: `WorldState`.
        settings: `OdometrySettings`.
        values: Written: float32, shape (view, `OdometryColumn`).
        truth: Write the true values.
        device: Make of what `values` holds what the devices say.
        view: Index of the view.
    """
    if truth:
        read_motion(state, settings, values, view)
    if device:
        disturb_values(state, settings, values, view)


@device
def read_motion(state, settings, values, view):
    """Writes the true values of a view."""
    world, driver = view // settings.driver_count, view % settings.driver_count
    actors, slot = state.actors, slot_of(state, world, driver)
    speed = state.actuators.velocity[world, driver, 0]
    if settings.slips:
        slip = actors.accel[world, slot] / (_GRIP * road_friction(state, world, speed))
        speed *= _ONE + min(max(slip, -_SLIP_MAX), _SLIP_MAX)
    values[view, _SPEED] = speed
    values[view, _STEERING] = actors.steer[world, slot]
    values[view, _YAW_RATE] = actors.yaw_rate[world, slot]
    values[view, _HEADING] = actors.yaw[world, slot]
    values[view, _PEDAL] = state.actuators.pedal[world, driver]


@device
def disturb_values(state, settings, values, view):
    """Makes of a view's true values what its devices say."""
    world, driver = view // settings.driver_count, view % settings.driver_count
    key, tick = state.worlds.key[world] + np.uint64(driver), state.worlds.tick[world]
    frames, lasting = frame_stream(key, settings.code), episode_stream(key, settings.code)
    speed = values[view, _SPEED]
    scaled = speed * (_ONE + settings.scale * either_way(lasting, np.int64(_SPEED)))
    values[view, _SPEED] = scaled
    for index in range(_PEDAL):
        drawn = normal(normal_word(frames, tick, index))
        offset = settings.offset[index] * either_way(lasting, index)
        disturbed = values[view, index] + settings.noise[index] * drawn + offset
        values[view, index] = rounded(disturbed, settings.resolution[index])
    # The teeth of a wheel at rest do not pass the sensor, and it does not tell forwards from backwards.
    values[view, _SPEED] = max(values[view, _SPEED], _ZERO) if speed > _ZERO else _ZERO
    values[view, _HEADING] = wrap_angle(values[view, _HEADING])


class Odometry(MotionSensor):
    """The bus of every driver's car."""

    kernel = staticmethod(measure_values)

    def __init__(self, config: OdometryConfig, world_count: int, **how: Any) -> None:
        super().__init__(config, world_count, **how)
        self.args = (odometry_settings(config, driver_count=self.driver_count), self.frames["values"])

    def faults(self, maps: MapArrays, state: WorldState, launcher: Launcher, due: np.ndarray | None) -> None:
        """Disturbs wheel speed and compass."""
        if not self.may_have_faults:
            return
        views, worlds, _ = self.carriers(state, due)
        key, tick, name = state.worlds.key[worlds], state.worlds.tick[worlds], self.config.name
        noise = np.array([0.0, *SPEED_NOISE_FAULT], np.float32)[self.severity("speed_noise", state)[worlds]]
        off = np.radians([0.0, *COMPASS_FAULT_DEG])[self.severity("compass", state)[worlds]]
        sign = np.where(uniforms(key, f"{name}.compass", np.zeros(len(key)), 1)[:, 0] < 0.5, -1.0, 1.0)
        values = self.frames["values"]
        speed = values[views, _SPEED] * (_ONE + noise * normals(key, f"{name}.speed_noise", tick, 1)[:, 0])
        values[views, _SPEED] = np.maximum(speed, _ZERO)
        values[views, _HEADING] = (values[views, _HEADING] + sign * off + np.pi) % (2.0 * np.pi) - np.pi

    def strip(self, frames: Any) -> dict[str, np.ndarray]:
        """Values to draw over time, by name with unit: those of one view's frame."""
        names = ("speed m/s", "steering rad", "yaw rate rad/s", "heading rad", "pedal m/s^2")
        return {name: frames["values"][index : index + 1] for index, name in enumerate(names)}

    def pane(self, frames: Any) -> np.ndarray:
        """Its values as bars."""
        return strip_picture(self.strip(frames), spans=(40.0, 0.5, 0.5, np.pi, 8.0))
