"""What a real device makes of what comes back: threshold, noise, dropout, mixed returns at edges, steps.

The signal over the noise of the weakest return that is detected is

    SNR = strength / 0.9 * (range_m / distance)^2

so a white wall (90 %) at `range_m` has 1, as in LISA (Kilic et al., "Lidar Light Scattering Augmentation", 2021), whose
standard deviation of a range, 0.09 m / sqrt(2 SNR), is kept between the data sheet's accuracy and `noise_max_m`.
"""

import math
import statistics
import zlib
from typing import NamedTuple

import numpy as np

from drivesim.config import LidarConfig
from drivesim.kernels.device import device
from drivesim.kernels.entry import entry
from drivesim.rng import Purpose, bits, mix

WHITE = 0.9
"""Reflectivity of the wall that defines the range."""
PULSE_M = 1.5
"""Two things closer together than this along the beam return one pulse between them; of others the ray's own counts,
weaker [m]."""
EDGE_M = 0.1
"""Neighbours that differ by more have an edge between them [m]."""
INTENSITY_NOISE = 0.05
"""Relative standard deviation of an intensity."""
_QUANTILE_BITS = 12
_QUANTILE_MASK = np.uint64((1 << _QUANTILE_BITS) - 1)
_SENSOR = int(Purpose.SENSOR)
_WORD = np.uint64(0xFFFF)
_S16, _S32, _S44, _S56 = np.uint64(16), np.uint64(32), np.uint64(44), np.uint64(56)
_TO_SHARE = np.float32(2.0**-16)
_TO_BYTE_SHARE = np.float32(2.0**-8)
_ZERO, _HALF, _ONE, _TWO = np.float32(0.0), np.float32(0.5), np.float32(1.0), np.float32(2.0)
_PULSE, _EDGE, _SPECKLE = np.float32(PULSE_M), np.float32(EDGE_M), np.float32(INTENSITY_NOISE)
_LEVELS, _PER_LEVEL = np.float32(255.0), np.float32(1.0 / 255.0)
f32 = np.float32
u64 = np.uint64


class Device(NamedTuple):
    """A device's numbers, float32 unless said otherwise."""

    key: np.ndarray
    """`worlds.key`."""
    tick: np.ndarray
    """`worlds.tick`."""
    name: np.uint64
    """Of the sensor, as a number: sensors draw apart."""
    quantile: np.ndarray
    """Of the standard normal distribution at the middles of 4096 equal shares, shape (4096,)."""
    is_noisy: np.bool_
    gain: np.float32
    """SNR of a strength of 1 at 1 m."""
    noise: np.float32
    """Standard deviation of a range at an SNR of one half [m]."""
    noise_min: np.float32
    noise_max: np.float32
    resolution: np.float32
    """[m]; 0: none."""
    steps_per_m: np.float32
    """1 / resolution, or 0."""
    dropout: np.float32
    edge: np.float32
    """Probability that an edge towards a neighbouring column lies within the beam."""
    is_round: np.bool_
    """The last column is beside the first."""


def quantiles() -> np.ndarray:
    """`Device.quantile`, scaled to unit variance."""
    normal = statistics.NormalDist()
    count = 1 << _QUANTILE_BITS
    table = np.array([normal.inv_cdf((index + 0.5) / count) for index in range(count)])
    return (table / table.std()).astype(np.float32)


def gain_of(config: LidarConfig) -> float:
    """SNR of a strength of 1 at a distance of 1 m."""
    return config.device.range_m**2 / WHITE


def device_of(config: LidarConfig, key: np.ndarray, tick: np.ndarray) -> Device:
    """The numbers of a config, for worlds with these keys and ticks."""
    device = config.device
    step = math.radians(device.fov_deg) / device.columns
    f = np.float32
    return Device(
        key=key,
        tick=tick,
        name=np.uint64(zlib.crc32(config.name.encode())),
        quantile=quantiles(),
        is_noisy=np.bool_(config.noise),
        gain=f(gain_of(config)),
        noise=f(config.noise_m * math.sqrt(0.5)),
        noise_min=f(device.accuracy_m),
        noise_max=f(config.noise_max_m),
        resolution=f(device.resolution_m),
        steps_per_m=f(1.0 / device.resolution_m if device.resolution_m > 0.0 else 0.0),
        dropout=f(device.dropout),
        edge=f(min(1.0, 1e-3 * device.divergence_mrad / step)),
        is_round=np.bool_(device.fov_deg == 360.0),
    )


@device
def view_key(numbers, world, driver, stage):
    """Key of the draws of one view at one tick and stage; rays mix their number in."""
    key = mix(numbers.key[world] ^ mix(numbers.name))
    return bits(key, _SENSOR, numbers.tick[world], driver * np.int64(16) + stage)


@device
def normal_at(numbers, drawn, shift):
    """A draw from the standard normal distribution, from 12 of a draw's bits."""
    return numbers.quantile[(drawn >> shift) & _QUANTILE_MASK]


@entry()
def measure(scene, numbers, sweep, view):
    """What the device of one view measures, from `distance` and `strength` into `measured` and `strength`."""
    mount = scene.mount
    rays = mount.beams * mount.columns
    drivers = scene.slot.shape[1]
    world = view // drivers
    key = view_key(numbers, world, view - world * drivers, np.int64(0))
    gain, lost_below = numbers.gain, numbers.dropout
    for v in range(mount.beams):
        first = view * rays + v * mount.columns
        for k in range(mount.columns):
            ray = u64(first + k)
            distance, strength = sweep.distance[ray], sweep.strength[ray]
            if distance == _ZERO:
                sweep.measured[ray], sweep.strength[ray] = _ZERO, _ZERO
                continue
            drawn = mix(key ^ u64(v * mount.columns + k))
            if numbers.is_noisy and f32((drawn >> _S16) & _WORD) * _TO_SHARE < numbers.edge:
                to_right = np.int64(drawn >> _S56) & 1
                beside = k + 2 * to_right - 1
                if numbers.is_round:
                    beside = beside - mount.columns if beside == mount.columns else beside
                    beside = beside + mount.columns if beside < 0 else beside
                if 0 <= beside < mount.columns:
                    other = sweep.distance[u64(first + beside)]
                    if abs(other - distance) > _EDGE:
                        # At an edge half of the beam meets either.
                        strength *= _HALF
                        if other > _ZERO and abs(other - distance) < _PULSE:
                            share = f32(drawn >> _S56) * _TO_BYTE_SHARE
                            distance = distance + share * (other - distance)
            # SNR times the distance squared: what is below 1 is lost without a division.
            signal = gain * strength
            if signal < distance * distance:
                sweep.measured[ray], sweep.strength[ray] = _ZERO, _ZERO
                continue
            if numbers.is_noisy:
                if f32(drawn & _WORD) * _TO_SHARE < lost_below:
                    sweep.measured[ray], sweep.strength[ray] = _ZERO, _ZERO
                    continue
                sigma = numbers.noise * distance / f32(math.sqrt(signal))
                sigma = min(max(sigma, numbers.noise_min), numbers.noise_max)
                distance += sigma * normal_at(numbers, drawn, _S32)
                if numbers.resolution > _ZERO:
                    distance = f32(np.int64(distance * numbers.steps_per_m + _HALF)) * numbers.resolution
                strength *= max(_ONE + _SPECKLE * normal_at(numbers, drawn, _S44), _ZERO)
                strength = f32(np.int64(min(strength, _ONE) * _LEVELS + _HALF)) * _PER_LEVEL
                distance = min(distance, mount.range)
            is_met = distance >= mount.near
            sweep.measured[ray] = distance if is_met else _ZERO
            sweep.strength[ray] = min(strength, _ONE) if is_met else _ZERO
