"""The satellite receiver: the antenna's place on the ellipsoid, with white and slowly wandering errors."""

import math
from typing import Any, NamedTuple

import numpy as np

from drivesim.config.sensors.motion import (
    GNSS_BIAS_FAULT_M,
    GNSS_DRIFT_FAULT_M_S,
    GNSS_JUMP_FAULT_M,
    GnssConfig,
)
from drivesim.kernels.device import device
from drivesim.kernels.entry import entry
from drivesim.kernels.launch import Launcher
from drivesim.kernels.warm_up import Job, launch_job
from drivesim.maps.arrays import MapArrays
from drivesim.sensors.motion.base import MotionSensor
from drivesim.sensors.motion.draws import frame_stream, name_code, normal, normal_word
from drivesim.sensors.motion.geodesy import Datum, datum_at, geodetic_from_enu
from drivesim.sensors.motion.strip import strip_picture
from drivesim.sensors.noise import normals, uniforms
from drivesim.state import WorldState
from drivesim.state.bodies import slot_of
from drivesim.state.columns import column


class GnssSettings(NamedTuple):
    """What the kernels know of a `GnssConfig`, SI units."""

    driver_count: np.int64
    code: np.int64
    """`name_code` of its name."""
    step: np.float64
    """Control step [s]."""
    ahead: np.float64
    """Place of the antenna in the ego frame [m]."""
    left: np.float64
    height: np.float64
    white: np.float64
    """[m]"""
    correlated: np.float64
    """[m]"""
    correlation_s: np.float64
    vertical: np.float64
    """Errors upwards over those east and north."""
    datum: Datum


class Fixes(NamedTuple):
    """The frames of a receiver, and what they are made from; leading axis `view`."""

    enu: np.ndarray
    """Antenna in the world frame [m], float64, shape (view, 3)."""
    position: np.ndarray
    """Latitude, longitude [deg], height above the ellipsoid [m], float64, shape (view, 3)."""
    local: np.ndarray
    """`enu` as float32."""
    valid: np.ndarray
    """1 for a fix, uint8, shape (view, 1)."""


def gnss_settings(config: GnssConfig, *, step_s: float, driver_count: int) -> GnssSettings:
    """The kernels' view of a config."""
    errors, f = config.errors, np.float64
    return GnssSettings(
        driver_count=np.int64(driver_count), code=name_code(config.name), step=f(step_s), ahead=f(config.x_m),
        left=f(config.y_m), height=f(config.z_m), white=f(errors.white_m), correlated=f(errors.correlated_m),
        correlation_s=f(errors.correlation_s), vertical=f(config.vertical_factor),
        datum=datum_at(config.origin_latitude_deg, config.origin_longitude_deg, config.origin_altitude_m),
    )  # fmt: skip


@device
def write_fix(settings, fixes, view):
    """Fills a view's frames from its `enu`."""
    east, north, up = fixes.enu[view, 0], fixes.enu[view, 1], fixes.enu[view, 2]
    latitude, longitude, altitude = geodetic_from_enu(settings.datum, east, north, up)
    fixes.position[view, 0] = latitude
    fixes.position[view, 1] = longitude
    fixes.position[view, 2] = altitude
    for axis in range(3):
        fixes.local[view, axis] = fixes.enu[view, axis]


@entry(inline=False)
def measure_position(state, settings, wander, fixes, truth, device, view):
    """Writes a view's position.

    Args:
        state: `WorldState`.
        settings: `GnssSettings`.
        wander: Memory: tick + 1 of the last position (0: none) and the Gauss-Markov error then [m], float64,
            shape (view, 4).
        fixes: `Fixes`, written.
        truth: Write where the antenna is.
        device: Add the receiver's errors to what `fixes.enu` holds.
        view: Index of the view.
    """
    if truth:
        locate_antenna(state, settings, fixes.enu, view)
        fixes.valid[view, 0] = 1
    if device:
        disturb_position(state, settings, wander, fixes.enu, view)
    write_fix(settings, fixes, view)


@device
def locate_antenna(state, settings, enu, view):
    """Writes where a view's antenna is [m]."""
    world, driver = view // settings.driver_count, view % settings.driver_count
    actors, slot = state.actors, slot_of(state, world, driver)
    yaw = np.float64(actors.yaw[world, slot])
    cos, sin = math.cos(yaw), math.sin(yaw)
    enu[view, 0] = np.float64(actors.x[world, slot]) + cos * settings.ahead - sin * settings.left
    enu[view, 1] = np.float64(actors.y[world, slot]) + sin * settings.ahead + cos * settings.left
    enu[view, 2] = settings.height


@device
def disturb_position(state, settings, wander, enu, view):
    """Adds a receiver's errors to the position of a view."""
    world, driver = view // settings.driver_count, view % settings.driver_count
    tick = state.worlds.tick[world]
    stream = frame_stream(state.worlds.key[world] + np.uint64(driver), settings.code)
    kept = 0.0
    if wander[view, 0] > 0.0:
        kept = math.exp((wander[view, 0] - (tick + 1)) * settings.step / settings.correlation_s)
    fresh = settings.correlated * math.sqrt(1.0 - kept * kept)
    wander[view, 0] = tick + 1
    for axis in range(3):
        size = settings.vertical if axis == 2 else 1.0
        walked, white = normal(normal_word(stream, tick, axis)), normal(normal_word(stream, tick, 3 + axis))
        wander[view, 1 + axis] = kept * wander[view, 1 + axis] + size * fresh * walked
        enu[view, axis] += size * settings.white * white + wander[view, 1 + axis]


@entry(inline=False)
def write_fixes(settings, fixes, view):
    """Fills a view's frames from its `enu`."""
    write_fix(settings, fixes, view)


class Gnss(MotionSensor):
    """A satellite receiver on the car of every driver."""

    kernel = staticmethod(measure_position)

    memory_columns = {  # noqa: RUF012  # the contract's class attribute
        "wander": column(
            "view", 4, dtype=np.float64, unit="-, m",
            doc="Tick + 1 of the last position, 0: none; Gauss-Markov error then: east, north, up.",
        ),
        "begun": column("view", 2, dtype=np.int32, doc="Tick + 1 at which a jump and a drift began; 0: it has none."),
    }  # fmt: skip

    def __init__(self, config: GnssConfig, world_count: int, **how: Any) -> None:
        super().__init__(config, world_count, **how)
        self._settings = gnss_settings(config, step_s=self.step_s, driver_count=self.driver_count)
        enu = np.zeros((self.view_count, 3))
        self._fixes = Fixes(enu, self.frames["position"], self.frames["enu"], self.frames["valid"])
        self.args = (self._settings, self.memory["wander"], self._fixes)

    def faults(self, maps: MapArrays, state: WorldState, launcher: Launcher, due: np.ndarray | None) -> None:
        """Moves positions by jump, drift and bias; takes away those of an outage."""
        if not self.may_have_faults:
            return
        views, worlds, _ = self.carriers(state, due)
        key, tick, name = state.worlds.key[worlds], state.worlds.tick[worlds], self.config.name
        moved, begun = np.zeros((len(views), 2)), self.memory["begun"]
        kinds = ("jump", "drift", "bias", "outage")
        jump, drift, bias, outage = (self.severity(kind, state)[worlds] for kind in kinds)
        for at, severity in enumerate((jump, drift)):
            begun[views, at] = np.where(severity == 0, 0, np.where(begun[views, at] == 0, tick + 1, begun[views, at]))
        moved += _sizes(GNSS_JUMP_FAULT_M, jump) * normals(key, f"{name}.jump", begun[views, 0], 2)
        since = (tick + 1 - begun[views, 1])[:, None] * self.step_s
        moved += _sizes(GNSS_DRIFT_FAULT_M_S, drift) * since * _directions(key, f"{name}.drift", begun[views, 1])
        moved += _sizes(GNSS_BIAS_FAULT_M, bias) * _directions(key, f"{name}.bias", np.zeros(len(views)))
        self._fixes.enu[views, :2] += moved
        launcher.run(write_fixes, views, self._settings, self._fixes)
        for array in self.frames.values():
            array[views[outage > 0]] = 0

    def compile_jobs(self, maps: MapArrays, state: WorldState) -> tuple[Job, ...]:
        """The kernels of truth and device, and of faults where it may have some."""
        jobs = super().compile_jobs(maps, state)
        return (*jobs, launch_job(write_fixes, self._settings, self._fixes)) if self.config.faults else jobs

    def strip(self, frames: Any) -> dict[str, np.ndarray]:
        """Values to draw over time, by name with unit: those of one view's frame."""
        return {name: frames["enu"][axis : axis + 1] for axis, name in enumerate(("east m", "north m", "up m"))}

    def pane(self, frames: Any) -> np.ndarray:
        """East, north and up as bars of up to 1 km and 10 m; without a fix they are empty."""
        return strip_picture(self.strip(frames), spans=(1000.0, 1000.0, 10.0))


def _sizes(table: tuple[float, ...], severity: np.ndarray) -> np.ndarray:
    """What a table says for severities 1 to 5, 0 for 0; shape (view, 1)."""
    return np.array([0.0, *table])[severity][:, None]


def _directions(key: np.ndarray, name: str, tick: np.ndarray) -> np.ndarray:
    """Unit vectors, shape (view, 2)."""
    angle = 2.0 * np.pi * uniforms(key, name, tick, 1).astype(np.float64)
    return np.concatenate([np.cos(angle), np.sin(angle)], axis=1)
