"""From the light before the lens to the bytes of a picture.

    rgb -> linear light -> metering -> shutter -> vignetting -> exposure -> noise -> gain, white balance -> sRGB bytes

Light is counted so that 1 fills the sensor at the reference exposure; noise is added before amplification, so that its
variance is a I + b of the light on the sensor, and amplification makes it visible.
"""

import math
from typing import NamedTuple

import numpy as np

from drivesim.config.sensors.camera import EXPOSURE_REFERENCE_S
from drivesim.kernels.device import device
from drivesim.kernels.entry import kernel
from drivesim.rng import PURPOSE_STRIDE, Purpose, bits, mix
from drivesim.sensors.camera.device.light import ENCODED_SIZE, NORMAL_BITS
from drivesim.sensors.camera.device.shutter import expose

METER_TARGET = 0.29
"""Mean linear luminance that automatic exposure aims at: about that of a clear noon as it is drawn."""
_METER_TARGET = np.float32(METER_TARGET)
_DARKEST = np.float32(1e-6)
_REFERENCE_S = np.float32(EXPOSURE_REFERENCE_S)
_RED, _GREEN, _BLUE = np.float32(0.2126), np.float32(0.7152), np.float32(0.0722)
_LAST = np.float32(ENCODED_SIZE - 1)
_SENSOR = np.int64(Purpose.SENSOR)
_STREAM = np.uint64(int(Purpose.SENSOR) * int(PURPOSE_STRIDE) % 2**64)
_LOW, _MIDDLE, _HIGH = np.uint64(64 - NORMAL_BITS), np.uint64(64 - 2 * NORMAL_BITS), np.uint64(64 - 3 * NORMAL_BITS)
_NORMAL_MASK = np.uint64((1 << NORMAL_BITS) - 1)
_HALF, _ZERO, _ONE = np.float32(0.5), np.float32(0.0), np.float32(1.0)
f32 = np.float32
u64 = np.uint64


class Film(NamedTuple):
    """The device, and where it reads and writes."""

    rgb: np.ndarray
    """Pictures of all views, flat; read and written."""
    flow: np.ndarray
    """Flow of all views, flat; empty where neither shutter nor blur asks for it."""
    key: np.ndarray
    """Of each world's episode, uint64."""
    tick: np.ndarray
    """Of each world, int32."""
    exposed: np.ndarray
    """Automatic exposure: light on the sensor times gain over that at the reference; 0: none yet. float32, (view,)."""
    falloff: np.ndarray
    """Vignetting: share of the light that reaches each pixel, float32, shape (pixel,)."""
    linear: np.ndarray
    """`linear_of_byte`."""
    encoded: np.ndarray
    """`byte_of_linear`."""
    normal: np.ndarray
    """`normal_quantiles`."""
    balance: np.ndarray
    """White balance, float32, shape (3,)."""
    name: np.uint64
    """Number of the sensor's name."""
    drivers: np.int64
    width: np.int64
    height: np.int64
    is_auto: np.bool_
    exposure_s: np.float32
    """Fixed exposure time [s]."""
    gain: np.float32
    exposure_max_s: np.float32
    gain_max: np.float32
    follow: np.float32
    """Share of a change of light that automatic exposure makes up for from frame to frame."""
    is_smeared: np.bool_
    has_blur: np.bool_
    readout: np.float32
    """Time from the first to the last row, in control steps."""
    step_s: np.float32
    """Control step [s]."""
    shot: np.float32
    read: np.float32


class FilmScratch(NamedTuple):
    """Linear light; a range of views uses the row of its first."""

    light: np.ndarray
    """Of the picture before the lens, float32, shape (view, 3 * pixel)."""
    smeared: np.ndarray
    """The same behind the shutter; of no length where nothing is smeared."""


@device
def luminance(light, falloff):
    """Mean luminance of a picture (ITU-R BT.709)."""
    total = np.float64(0.0)
    for pixel in range(falloff.shape[0]):
        at = u64(3 * pixel)
        value = _RED * light[at] + _GREEN * light[at + u64(1)] + _BLUE * light[at + u64(2)]
        total += np.float64(falloff[u64(pixel)] * value)
    return f32(total / np.float64(falloff.shape[0]))


@device
def exposure_of(film, index, mean):
    """Exposure time [s] and gain of a view whose mean luminance is `mean`; automatic exposure goes on from its last."""
    if not film.is_auto:
        return film.exposure_s, film.gain
    most = film.exposure_max_s * film.gain_max / _REFERENCE_S
    wanted = min(_METER_TARGET / max(mean, _DARKEST), most)
    before = film.exposed[index]
    if before > _ZERO:
        wanted = before * f32(math.exp(film.follow * f32(math.log(wanted / before))))
    film.exposed[index] = wanted
    time = min(wanted * _REFERENCE_S, film.exposure_max_s)
    return time, wanted * _REFERENCE_S / time


@device
def write_bytes(film, light, index, time, gain):
    """Exposes, adds noise, amplifies and encodes the pixels of a view."""
    world = index // film.drivers
    pixels = film.width * film.height
    number = (index - world * film.drivers) * pixels
    own = bits(film.key[world], _SENSOR, film.name, u64(0))
    stream = mix(mix(own ^ _STREAM) ^ u64(film.tick[world]))
    full = time / _REFERENCE_S
    is_noisy = film.shot > _ZERO or film.read > _ZERO
    first = u64(3 * index * pixels)
    for pixel in range(pixels):
        reach = film.falloff[u64(pixel)] * full
        at = u64(3 * pixel)
        drawn = mix(stream ^ u64(number + pixel)) if is_noisy else u64(0)
        for channel in range(3):
            value = light[at + u64(channel)] * reach
            if is_noisy:
                shift = _LOW if channel == 0 else (_MIDDLE if channel == 1 else _HIGH)
                deviation = f32(math.sqrt(film.shot * value + film.read))
                value += deviation * film.normal[(drawn >> shift) & _NORMAL_MASK]
            value = min(max(value * gain * film.balance[channel], _ZERO), _ONE)
            film.rgb[first + at + u64(channel)] = film.encoded[u64(value * _LAST + _HALF)]


@kernel
def develop(views, first, last, film, scratch):
    """Develops the pictures of `views[first:last]` in place."""
    light = scratch.light[first]
    pixels = film.width * film.height
    for at in range(first, last):
        index = views[at]
        begin = u64(3 * index * pixels)
        for k in range(3 * pixels):
            light[u64(k)] = film.linear[u64(film.rgb[begin + u64(k)])]
        mean = luminance(light, film.falloff) if film.is_auto else _ONE
        time, gain = exposure_of(film, index, mean)
        if film.is_smeared:
            opened = time / film.step_s if film.has_blur else _ZERO
            smeared = scratch.smeared[first]
            expose(light, film.flow, index * pixels, film.width, film.height, film.readout, opened, smeared)
            write_bytes(film, smeared, index, time, gain)
        else:
            write_bytes(film, light, index, time, gain)
