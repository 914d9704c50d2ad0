"""The radar: truth as scatter points, weather as loss, the device as detections, faults as a worse device."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from drivesim.config.sensors.radar import (
    BLINDNESS_DB,
    BLINDNESS_SECTOR,
    GHOST_SHARES,
    INTERFERENCE_DB,
    INTERFERENCE_DETECTIONS,
    RadarConfig,
)
from drivesim.kernels.launch import Launcher
from drivesim.kernels.warm_up import Job, launch_job
from drivesim.maps.arrays import MapArrays
from drivesim.sensors.contract import Sensor
from drivesim.sensors.noise import uniforms
from drivesim.sensors.radar.detection import detect
from drivesim.sensors.radar.pane import polar_plot
from drivesim.sensors.radar.tables import Defect, Point, RadarArrays, radar_for
from drivesim.sensors.radar.truth import find_points
from drivesim.state import WorldState

RAIN_COEFFICIENT, RAIN_EXPONENT = 1.13, 0.718
"""One-way attenuation at 77 GHz [dB/km] of R mm/h of rain is this times R to that: ITU-R P.838-3, between its 70 and
80 GHz, horizontal polarisation."""


def rain_attenuation(rate: np.ndarray) -> np.ndarray:
    """Two-way attenuation by rain [dB/m] of rates [mm/h]."""
    return (2e-3 * RAIN_COEFFICIENT * np.asarray(rate, np.float64) ** RAIN_EXPONENT).astype(np.float32)


class Radar(Sensor):
    """A radar at 77 GHz on the car of every driver."""

    def __init__(self, config: RadarConfig, world_count: int, **how: Any) -> None:
        super().__init__(config, world_count, **how)
        ghosts = [GHOST_SHARES[fault.severity - 1] for fault in config.faults if fault.kind == "ghosts"]
        self._ghost_share_max = max(ghosts, default=0.0)
        self._arrays: RadarArrays | None = None
        self._slots, self._shown_share = 0, 0.0

    def __getstate__(self) -> dict[str, Any]:
        """A copy writes frames of its own."""
        return {**self.__dict__, "_arrays": None}

    def truth(self, maps: MapArrays, state: WorldState, launcher: Launcher, due: np.ndarray | None) -> None:
        """Finds the scatter points of the views that are due; their frames are the strongest of them, exact."""
        arrays, (views, _, _) = self._bound(state), self.carriers(state, due)
        arrays.attenuation[views] = 0.0
        launcher.run(find_points, views, maps, state, arrays)

    def medium(self, maps: MapArrays, state: WorldState, launcher: Launcher, due: np.ndarray | None) -> None:
        """Takes from the signal what rain does."""
        if not state.weather.rain_rate.any():
            return
        views, worlds, _ = self.carriers(state, due)
        attenuation = rain_attenuation(state.weather.rain_rate[worlds])
        self._bound(state).attenuation[views] = attenuation
        detections = self.frames["detections"]
        detections[views, :, Point.SNR] -= attenuation[:, None] * detections[views, :, Point.RANGE]

    def device(self, maps: MapArrays, state: WorldState, launcher: Launcher, due: np.ndarray | None) -> None:
        """Detects what a sound device does."""
        views, _, _ = self.carriers(state, due)
        arrays = self._bound(state)
        arrays.defects[views] = 0.0
        arrays.defects[views, Defect.GHOSTS] = self.config.ghost_share
        launcher.run(detect, views, state, arrays)

    def faults(self, maps: MapArrays, state: WorldState, launcher: Launcher, due: np.ndarray | None) -> None:
        """Detects anew where something is wrong with the device."""
        if not self.may_have_faults:
            return
        views, worlds, _ = self.carriers(state, due)
        defects = self._defects(state)[worlds]
        worse = np.flatnonzero((defects != self._sound).any(axis=1))
        arrays = self._bound(state)
        arrays.defects[views[worse]] = defects[worse]
        launcher.run(detect, views[worse], state, arrays)

    def compile_jobs(self, maps: MapArrays, state: WorldState) -> tuple[Job, ...]:
        """The two kernels that it runs, the same for all radars."""
        arrays = self._bound(state)
        return launch_job(find_points, maps, state, arrays), launch_job(detect, state, arrays)

    def pane(self, frames: Mapping[str, np.ndarray]) -> np.ndarray | None:
        """The detections from above, coloured by Doppler."""
        return polar_plot(self.config, frames["detections"], frames["valid"])

    @property
    def _sound(self) -> np.ndarray:
        """`Defect` columns of a radar with which nothing is wrong."""
        row = np.zeros(len(Defect), np.float32)
        row[Defect.GHOSTS] = self.config.ghost_share
        return row

    def _defects(self, state: WorldState) -> np.ndarray:
        """`Defect` columns of every world at this moment, float32, shape (world, 6)."""
        defects = np.tile(self._sound, (self.world_count, 1))

        def at(steps: tuple[float, ...], severity: np.ndarray) -> np.ndarray:
            return np.array((0.0, *steps), np.float32)[severity]

        ghosts = self.severity("ghosts", state)
        defects[:, Defect.GHOSTS] = np.maximum(defects[:, Defect.GHOSTS], at(GHOST_SHARES, ghosts))
        interference = self.severity("interference", state)
        defects[:, Defect.NOISE_DB] = at(INTERFERENCE_DB, interference)
        defects[:, Defect.RANDOM] = at(INTERFERENCE_DETECTIONS, interference)
        blindness = self.severity("blindness", state)
        defects[:, Defect.LOSS_DB] = at(BLINDNESS_DB, blindness)
        half_fov = 0.5 * math.radians(self.config.device.fov_deg)
        width = 2.0 * half_fov * at(BLINDNESS_SECTOR, blindness)
        drawn = uniforms(state.worlds.key, f"{self.config.name}.blindness", np.zeros(self.world_count), 1)[:, 0]
        begin = -half_fov + drawn * (2.0 * half_fov - width)
        margin = np.where(blindness == len(BLINDNESS_SECTOR), 0.1, 0.0)
        defects[:, Defect.SHUT_FROM], defects[:, Defect.SHUT_TO] = begin - margin, begin + width + margin
        return np.where((width > 0.0)[:, None] | (np.arange(len(Defect)) < Defect.SHUT_FROM), defects, 0.0)

    def _bound(self, state: WorldState) -> RadarArrays:
        """The arrays that kernels are given, with room for the road users of a state."""
        slots = state.actors.kind.shape[1]
        # A fault that is forced may be any.
        share = self._ghost_share_max if self.forced is None else max(GHOST_SHARES)
        if self._arrays is None or (self._slots, self._shown_share) != (slots, share):
            self._slots, self._shown_share = slots, share
            self._arrays = radar_for(
                self.config,
                views=self.view_count,
                slots=slots,
                kinds=self.kinds,
                vehicle_model=self.vehicle_model,
                ghost_share_max=share,
                frames=self.frames,
            )
        return self._arrays
