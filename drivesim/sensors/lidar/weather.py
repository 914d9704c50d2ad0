"""What lies between: fog, rain and snow dim the light and return some of it; water and snow cover the ground.

- **Extinction**: light comes back dimmed by exp(-2 a r), a being that of fog plus those of drops and flakes, which
  follow from their sizes (below) and an extinction efficiency of 2: 3.65e-4 R^0.63 for rain, 1.44e-3 R^0.57 for snow,
  R in mm/h and as water.
- **Fog** returns light from the first metres: the strongest part of the backscatter 0.046 / MOR convolved with the
  pulse (Rasshofer, Spies and Spies 2011; Hahner et al., "Fog Simulation on Real LiDAR Point Clouds", ICCV 2021), with
  MOR = ln 20 / a. Here the overlap of emitter and receiver grows from 0.9 to 5 m, as in optics beside each other; with
  one complete at 1 m nothing would be seen in fog of 100 m. A speckle of exponential strength decides each ray.
- **Drops and flakes** in a ray return light where they are near: those that alone would be detected are, along the ray,
  a thinned Poisson process (sizes of Marshall and Palmer 1948 and Gunn and Marshall 1958, with the numbers of LISA,
  Kilic et al. 2021). A drop of diameter D fills (D / (divergence r))^2 of the beam and reflects by Fresnel, so it is
  detected if D > k r^2, hence their density along the ray falls with r^2 exp(-Lambda k r^2): Maxwell's distribution.
- **A wet road** returns 0.4 of a dry one's light, and snow on the ground that of a white rough surface.

Of what comes back from a ray the strongest counts.
"""

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from drivesim.config import LidarConfig
from drivesim.kernels.device import device
from drivesim.kernels.entry import entry
from drivesim.rng import mix
from drivesim.sensors.lidar.returns import gain_of, normal_at, view_key
from drivesim.sensors.lidar.surfaces import GROUND_ROWS, returned
from drivesim.state.weather import WeatherState

RAIN, SNOW = 0, 1
_FRESNEL = tuple(((n - 1.0) / (n + 1.0)) ** 2 for n in (1.328, 1.3031))
"""Of water and ice at 905 nm."""
PULSE_HALF_WIDTH_S = 20e-9
LIGHT_M_S = 299_792_458.0
OVERLAP_M = (0.9, 5.0)
_FOG_SPREAD = 0.5
"""Spread of the distances of fog's returns: binary logarithm's standard deviation."""
WET_SHARE = 0.4
SNOW_SURFACE = (0.85, 0.6)
"""Reflectivity and roughness of snow on the ground."""
_SNOW_RETURNED = np.float32(returned(*SNOW_SURFACE)[0])
_GROUND_ROWS = np.int64(GROUND_ROWS)
_ROW = np.int64(255)
_WORD = np.uint64(0xFFFF)
_S16, _S32, _S44 = np.uint64(16), np.uint64(32), np.uint64(44)
_TO_SHARE = np.float32(2.0**-16)
_ZERO, _HALF, _ONE, _TWO = np.float32(0.0), np.float32(0.5), np.float32(1.0), np.float32(2.0)
_DARKER = np.float32(1.0 - WET_SHARE)
_SPREAD = np.float32(_FOG_SPREAD * math.log(2.0))
f32 = np.float32
u64 = np.uint64


class Air(NamedTuple):
    """The weather of every world as a lidar feels it, float32, shape (world,)."""

    is_clear: np.ndarray
    """Nothing to do, bool."""
    extinction: np.ndarray
    """[1/m]"""
    wetness: np.ndarray
    snow_cover: np.ndarray
    fog_snr: np.ndarray
    """Mean SNR of the fog's return."""
    fog_distance: np.ndarray
    """Where it seems to come from [m]."""
    share: np.ndarray
    """Probability that a drop (0) or flake (1) returns anything, shape (2, world)."""
    fall: np.ndarray
    """Lambda k of drops and flakes [1/m^2], shape (2, world)."""


def air_for(world_count: int) -> Air:
    """Room for the weather of so many worlds."""
    plain = np.zeros(world_count, np.float32)
    pair = np.zeros((2, world_count), np.float32)
    return Air(
        is_clear=np.ones(world_count, np.bool_), share=pair, fall=pair.copy(),
        **{name: plain.copy() for name in ("extinction", "wetness", "snow_cover", "fog_snr", "fog_distance")},
    )  # fmt: skip


def size_spectrum(rate: np.ndarray, kind: int) -> tuple[np.ndarray, np.ndarray]:
    """N0 [1/m^3 per mm] and Lambda [1/mm] of N(D) = N0 exp(-Lambda D) for a rate above 0 [mm/h]."""
    if kind == RAIN:
        return np.full_like(rate, 8000.0), 4.1 * rate**-0.21
    return 7600.0 * rate**-0.87, 2.55 * rate**-0.48


def drop_extinction(rate: np.ndarray, kind: int) -> np.ndarray:
    """Extinction by drops or flakes [1/m]: pi / 4 times the efficiency 2 times the integral of N(D) D^2."""
    rate = np.asarray(rate, np.float64)
    falls = np.maximum(rate, 1e-6)
    number, slope = size_spectrum(falls, kind)
    return np.where(rate > 0.0, 1e-6 * 0.5 * math.pi * 2.0 * number / slope**3, 0.0)


def drop_returns(config: LidarConfig, rate: np.ndarray, kind: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean number of drops or flakes in a ray that would be detected, and Lambda k [1/m^2]."""
    rate = np.asarray(rate, np.float64)
    divergence = 1e-3 * config.device.divergence_mrad
    if divergence == 0.0:
        return np.zeros_like(rate), np.ones_like(rate)
    number, slope = size_spectrum(np.maximum(rate, 1e-6), kind)
    # Detected where Fresnel (D / (divergence r))^2 gain / r^2 >= 1, D in mm.
    fall = slope * 1e3 * divergence / math.sqrt(_FRESNEL[kind] * gain_of(config))
    mean = 0.25 * math.pi * divergence**2 * number / slope * math.sqrt(math.pi) / (4.0 * fall**1.5)
    return np.where(rate > 0.0, mean, 0.0), fall


def fog_return(extinction: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Greatest value of exp(-2 a r) / r^2 times the overlap convolved with the pulse [1/m], and where [m]."""
    grid, strength, place = _fog_table()
    where = np.log(np.maximum(extinction, grid[0]))
    return np.interp(where, np.log(grid), strength), np.interp(where, np.log(grid), place)


@lru_cache(maxsize=1)
def _fog_table() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    length = LIGHT_M_S * PULSE_HALF_WIDTH_S
    step = 0.02
    near = np.arange(step, 40.0, step)
    overlap = np.clip((near - OVERLAP_M[0]) / (OVERLAP_M[1] - OVERLAP_M[0]), 0.0, 1.0)
    pulse = np.sin(math.pi * np.arange(0.0, length, step) / length) ** 2
    grid = np.geomspace(1e-4, 1.0, 41)
    strength, place = np.zeros_like(grid), np.zeros_like(grid)
    for index, extinction in enumerate(grid):
        response = np.convolve(np.exp(-2.0 * extinction * near) * overlap / near**2, pulse)[: len(near)] * step
        best = int(response.argmax())
        strength[index], place[index] = response[best], near[best]
    return grid, strength, place


def breathe(air: Air, config: LidarConfig, weather: WeatherState) -> bool:
    """Writes what the weather of every world means; says whether any is worth a look."""
    fog = np.asarray(weather.fog_extinction, np.float64)
    rates = (weather.rain_rate, weather.snow_rate)
    air.extinction[:] = fog + sum(drop_extinction(rate, kind) for kind, rate in enumerate(rates))
    air.wetness[:], air.snow_cover[:] = weather.wetness, weather.snow_cover
    air.is_clear[:] = (air.extinction == 0.0) & (air.wetness == 0.0) & (air.snow_cover == 0.0)
    if air.is_clear.all():
        return False
    strongest, air.fog_distance[:] = fog_return(fog)
    backscatter = 0.046 * fog / math.log(20.0)
    air.fog_snr[:] = config.backscatter * backscatter * strongest * math.pi * gain_of(config)
    for kind, rate in enumerate(rates):
        mean, air.fall[kind] = drop_returns(config, rate, kind)
        air.share[kind] = 1.0 - np.exp(-mean)
    return True


@device
def soft_return(air, numbers, world, drawn):
    """The strongest return from drops, flakes and fog in a ray: SNR and distance [m]; SNR 0: none."""
    best, place = _ZERO, _ZERO
    second = mix(drawn)
    for kind in range(2):
        share = air.share[kind, world]
        if share > _ZERO and f32((second >> u64(16 * kind)) & _WORD) * _TO_SHARE < share:
            other = mix(drawn ^ u64(kind + 1))
            x, y = normal_at(numbers, other, u64(0)), normal_at(numbers, other, u64(12))
            z = normal_at(numbers, other, u64(24))
            fall = air.fall[kind, world]
            square = (x * x + y * y + z * z) / (_TWO * fall)
            excess = -f32(math.log(f32((other >> _S44) & _WORD) * _TO_SHARE + f32(2.0**-17)))
            snr = _ONE + excess / max(fall * square, f32(1e-6))
            if snr * snr > best:
                best, place = snr * snr, f32(math.sqrt(square))
    mean = air.fog_snr[world]
    if mean > _ZERO:
        snr = -mean * f32(math.log(f32((second >> _S32) & _WORD) * _TO_SHARE + f32(2.0**-17)))
        if snr > best:
            best = snr
            place = air.fog_distance[world] * f32(math.exp(_SPREAD * normal_at(numbers, second, u64(48))))
    return best, place


@entry()
def dim(scene, air, numbers, sweep, view):
    """Lets the weather of one view's world act on its rays."""
    mount, surfaces = scene.mount, scene.surfaces
    drivers = scene.slot.shape[1]
    world = view // drivers
    if air.is_clear[world]:
        return
    rays = mount.beams * mount.columns
    key = view_key(numbers, world, view - world * drivers, np.int64(1))
    extinction, cover = air.extinction[world], air.snow_cover[world]
    wet = _ONE - _DARKER * air.wetness[world]
    for k in range(rays):
        ray = u64(view * rays + k)
        distance, strength = sweep.distance[ray], sweep.strength[ray]
        row = np.int64(sweep.surface[ray]) & _ROW
        if distance > _ZERO and row < _GROUND_ROWS:
            white = strength * _SNOW_RETURNED / surfaces.returned[u64(row), 0]
            strength = strength * wet * (_ONE - cover) + white * cover
        if extinction > _ZERO:
            strength *= f32(math.exp(-_TWO * extinction * distance))
            snr, place = soft_return(air, numbers, world, mix(key ^ u64(k)))
            if snr >= _ONE and mount.near <= place <= mount.range and (distance == _ZERO or place < distance):
                hard = numbers.gain * strength / (distance * distance) if distance > _ZERO else _ZERO
                if snr > hard:
                    distance, strength = place, snr * place * place / numbers.gain
                    sweep.surface[ray] = np.uint32(0)
        sweep.distance[ray], sweep.strength[ray] = distance, strength
