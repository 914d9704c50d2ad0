"""The corruptions of ImageNet-C on a camera's colours, by name and severity 1 to 5.

Reference: Hendrycks, Dietterich, "Benchmarking Neural Network Robustness to Common Corruptions and Perturbations",
ICLR 2019, with the numbers of its code. Differs from it: lengths (radii, sigmas, streaks, grain) are for pictures whose
lesser side is `REFERENCE_PX` and scale with it; frost is made, not cut from photographs; and random numbers come from
a generator that is handed in.
"""

import functools
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import cv2
import numpy as np

from drivesim.sensors.camera.layers import (
    REFERENCE_PX,
    blurred,
    from_unit,
    ice,
    length_scale,
    plasma,
    resized,
    streaked,
    to_unit,
    zoomed,
)

_QUANTILES = 4096
"""Steps of chance in which photons are counted."""
_FIRST_MUD = 3
"""Level from which on spatter is mud."""
_WATER, _MUD = np.array((175, 238, 238), np.float32) / 255.0, np.array((63, 42, 20), np.float32) / 255.0


def corrupt(picture: np.ndarray, kind: str, severity: int, random: np.random.Generator) -> np.ndarray:
    """A corrupted picture, uint8 (H, W, 3).

    Args:
        picture: Colours, uint8 (H, W, 3).
        kind: A key of `CORRUPTIONS` or `LAYERS`.
        severity: 1 to 5.
        random: Where chance comes from.
    """
    level = severity - 1
    if kind in LAYERS:
        layer = LAYERS[kind].make(picture.shape[0], picture.shape[1], level, random)
        return LAYERS[kind].apply(picture, level, layer)
    return CORRUPTIONS[kind](picture, level, random)


def gaussian_noise(picture: np.ndarray, level: int, random: np.random.Generator) -> np.ndarray:
    """Adds the same noise to all values."""
    sigma = (0.08, 0.12, 0.18, 0.26, 0.38)[level]
    return from_unit(to_unit(picture) + np.float32(sigma) * random.standard_normal(picture.shape, np.float32))


def shot_noise(picture: np.ndarray, level: int, random: np.random.Generator) -> np.ndarray:
    """Counts photons: `Poisson(x n) / n`."""
    photons = (60.0, 25.0, 12.0, 5.0, 3.0)[level]
    drawn = random.integers(0, _QUANTILES, picture.shape, np.uint16)
    return _counted(photons)[picture, drawn]


def impulse_noise(picture: np.ndarray, level: int, random: np.random.Generator) -> np.ndarray:
    """Salt and pepper: values that are black or full."""
    share = (0.03, 0.06, 0.09, 0.17, 0.27)[level]
    drawn = random.random(picture.shape, np.float32)
    return np.where(drawn < share, np.where(drawn < 0.5 * share, 255, 0), picture).astype(np.uint8)


def speckle_noise(picture: np.ndarray, level: int, random: np.random.Generator) -> np.ndarray:
    """Noise in proportion to the value."""
    sigma = (0.15, 0.2, 0.35, 0.45, 0.6)[level]
    return from_unit(to_unit(picture) * (1.0 + np.float32(sigma) * random.standard_normal(picture.shape, np.float32)))


def gaussian_blur(picture: np.ndarray, level: int, random: np.random.Generator) -> np.ndarray:
    """Blurs."""
    return blurred(picture, (1.0, 2.0, 3.0, 4.0, 6.0)[level] * length_scale(picture))


def defocus_blur(picture: np.ndarray, level: int, random: np.random.Generator) -> np.ndarray:
    """Spreads every point over a disk."""
    radius, edge = ((3, 0.1), (4, 0.5), (6, 0.5), (8, 0.5), (10, 0.5))[level]
    return cv2.filter2D(picture, -1, _disk(radius * length_scale(picture), edge), borderType=cv2.BORDER_REFLECT_101)


def glass_blur(picture: np.ndarray, level: int, random: np.random.Generator) -> np.ndarray:
    """Blurs, lets pixels change places with near ones, and blurs again.

    Differs from the original, which swaps one pair after the other: all pixels of a round move at once.
    """
    sigma, reach, rounds = ((0.7, 1, 2), (0.9, 2, 1), (1.0, 2, 3), (1.1, 3, 2), (1.5, 4, 2))[level]
    scale = length_scale(picture)
    result = blurred(picture, sigma * scale)
    height, width = picture.shape[:2]
    rows, columns = np.indices((height, width)).astype(np.float32)
    for _ in range(rounds):
        moved = random.integers(-reach, reach, (2, height, width)).astype(np.float32) * np.float32(scale)
        result = cv2.remap(
            result, columns + moved[1], rows + moved[0], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
    return blurred(result, sigma * scale)


def motion_blur(picture: np.ndarray, level: int, random: np.random.Generator) -> np.ndarray:
    """A streak in a direction within 45 degrees of level."""
    radius, sigma = ((10, 3), (15, 5), (15, 8), (15, 12), (20, 15))[level]
    return streaked(picture, radius, sigma, math.radians(random.uniform(-45.0, 45.0)))


def zoom_blur(picture: np.ndarray, level: int, random: np.random.Generator) -> np.ndarray:
    """The average of the picture and of its enlargements."""
    last, step = ((1.11, 0.01), (1.16, 0.01), (1.21, 0.02), (1.26, 0.02), (1.31, 0.03))[level]
    height, width = picture.shape[:2]
    values, zooms = to_unit(picture), np.arange(1.0, last, step)
    total = values.copy()
    for zoom in zooms:
        total += zoomed(values, float(zoom))[:height, :width]
    return from_unit(total / (len(zooms) + 1))


def fog(picture: np.ndarray, level: int, random: np.random.Generator) -> np.ndarray:
    """Clouds of a plasma fractal, in proportion to the brightest value."""
    amount, decay = ((1.5, 2.0), (2.0, 2.0), (2.5, 1.7), (2.5, 1.5), (3.0, 1.4))[level]
    values = to_unit(picture)
    brightest = float(values.max())
    height, width = picture.shape[:2]
    # Clouds as large in the picture as at the reference size: the same fractal, without detail finer than a pixel.
    scale = length_scale(picture)
    coarser = max(0, math.floor(-math.log2(scale)))
    full = 1 << (math.ceil(max(height, width) / scale) - 1).bit_length()
    clouds = plasma(max(2, full >> coarser), decay, random)
    scale *= 1 << coarser
    clouds = clouds[: math.ceil(height / scale), : math.ceil(width / scale)]
    clouds = resized(clouds, height, width)
    return from_unit((values + amount * clouds[..., None]) * (brightest / (brightest + amount)))


def frost(picture: np.ndarray, level: int, layer: np.ndarray) -> np.ndarray:
    """Ice over a picture that is a little darker: `a x + b ice`."""
    kept, added = ((1.0, 0.4), (0.8, 0.6), (0.7, 0.7), (0.65, 0.7), (0.6, 0.75))[level]
    return from_unit(kept * to_unit(picture) + added * layer)


def snow(picture: np.ndarray, level: int, random: np.random.Generator) -> np.ndarray:
    """Flakes driven across a picture that is paler than before."""
    mean, spread, zoom, least, radius, sigma, kept = (
        (0.1, 0.3, 3.0, 0.5, 10, 4, 0.8),
        (0.2, 0.3, 2.0, 0.5, 12, 4, 0.7),
        (0.55, 0.3, 4.0, 0.9, 12, 8, 0.7),
        (0.55, 0.3, 4.5, 0.85, 12, 8, 0.65),
        (0.55, 0.3, 2.5, 0.85, 12, 12, 0.55),
    )[level]
    height, width = picture.shape[:2]
    scale = length_scale(picture)
    # Flakes are no finer than pixels: those of small pictures are made at the reference size.
    finer = max(scale, 1.0)
    shape = round(height * finer / scale), round(width * finer / scale)
    small = math.ceil(shape[0] / (zoom * finer)), math.ceil(shape[1] / (zoom * finer))
    flakes = zoomed(mean + spread * random.standard_normal((*small, 1), np.float32), zoom * finer, to=shape)
    flakes[flakes < least] = 0.0
    flakes = streaked(np.clip(flakes, 0.0, 1.0), radius, sigma, math.radians(random.uniform(-135.0, -45.0)), finer)
    flakes = resized(flakes, height, width)
    values = to_unit(picture)
    gray = cv2.cvtColor(values, cv2.COLOR_RGB2GRAY)[..., None]
    pale = kept * values + (1.0 - kept) * np.maximum(values, 1.5 * gray + 0.5)
    return from_unit(pale + flakes[..., None] + flakes[::-1, ::-1, None])


def splashes(height: int, width: int, level: int, random: np.random.Generator) -> np.ndarray:
    """How much light drops of water add, or how much drops of mud hide, from severity 4 on; float32 (height, width)."""
    mean, spread, sigma, least, amount = (
        (0.65, 0.3, 4.0, 0.69, 0.6),
        (0.65, 0.3, 3.0, 0.68, 0.6),
        (0.65, 0.3, 2.0, 0.68, 0.5),
        (0.65, 0.3, 1.0, 0.65, 1.5),
        (0.67, 0.4, 1.0, 0.65, 1.5),
    )[level]
    scale = min(height, width) / REFERENCE_PX
    # Drops are made at the reference size: what makes their rims works on whole pixels.
    shape = round(height / scale), round(width / scale)
    drops = blurred(mean + spread * random.standard_normal(shape, np.float32), sigma)
    if level < _FIRST_MUD:
        drops[drops < least] = 0.0
        return resized(_rims(drops) * amount, height, width)
    cover = blurred((drops > least).astype(np.float32), amount)
    cover[cover < 0.8] = 0.0
    return resized(cover, height, width)


def spatter(picture: np.ndarray, level: int, layer: np.ndarray) -> np.ndarray:
    """Drops of water that brighten, or of mud that hide."""
    layer = layer[..., None]
    if level < _FIRST_MUD:
        return from_unit(to_unit(picture) + layer * _WATER)
    return from_unit(to_unit(picture) * (1.0 - layer) + layer * _MUD)


def contrast(picture: np.ndarray, level: int, random: np.random.Generator) -> np.ndarray:
    """Draws every colour to the picture's mean."""
    share = np.float32((0.4, 0.3, 0.2, 0.1, 0.05)[level])
    values = to_unit(picture)
    mean = values.mean(axis=(0, 1), keepdims=True, dtype=np.float64).astype(np.float32)
    return from_unit((values - mean) * share + mean)


def brightness(picture: np.ndarray, level: int, random: np.random.Generator) -> np.ndarray:
    """Raises the value of hue, saturation and value."""
    hsv = cv2.cvtColor(to_unit(picture), cv2.COLOR_RGB2HSV)
    hsv[..., 2] = np.minimum(hsv[..., 2] + (0.1, 0.2, 0.3, 0.4, 0.5)[level], 1.0)
    return from_unit(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB))


def saturate(picture: np.ndarray, level: int, random: np.random.Generator) -> np.ndarray:
    """Changes the saturation of hue, saturation and value."""
    factor, added = ((0.3, 0.0), (0.1, 0.0), (2.0, 0.0), (5.0, 0.1), (20.0, 0.2))[level]
    hsv = cv2.cvtColor(to_unit(picture), cv2.COLOR_RGB2HSV)
    hsv[..., 1] = np.clip(hsv[..., 1] * factor + added, 0.0, 1.0)
    return from_unit(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB))


def jpeg_compression(picture: np.ndarray, level: int, random: np.random.Generator) -> np.ndarray:
    """Compresses as JPEG."""
    quality = (25, 18, 15, 10, 7)[level]
    _, content = cv2.imencode(".jpg", picture[..., ::-1], (cv2.IMWRITE_JPEG_QUALITY, quality))
    decoded: Any = cv2.imdecode(content, cv2.IMREAD_COLOR)
    return np.ascontiguousarray(decoded[..., ::-1])


def pixelate(picture: np.ndarray, level: int, random: np.random.Generator) -> np.ndarray:
    """Halves the resolution, or more."""
    share = (0.6, 0.5, 0.4, 0.3, 0.25)[level]
    height, width = picture.shape[:2]
    small = cv2.resize(picture, (max(1, int(width * share)), max(1, int(height * share))), interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_NEAREST_EXACT)


def _disk(radius: float, edge: float) -> np.ndarray:
    """A kernel that is even over a disk, its rim softened."""
    reach = max(8 if radius <= 8.0 else 0, math.ceil(radius))
    size = 3 if radius <= 8.0 else 5
    # Radii that are no whole numbers of pixels: each pixel counts by its share inside the disk.
    fine = 8 if radius != round(radius) else 1
    along = (np.arange((2 * reach + 1) * fine) + 0.5) / fine - 0.5 - reach
    inside = (along[:, None] ** 2 + along[None, :] ** 2 <= radius**2).astype(np.float32)
    kernel = inside.reshape(2 * reach + 1, fine, 2 * reach + 1, fine).mean(axis=(1, 3))
    total = kernel.sum()
    if total == 0.0:
        kernel[reach, reach] = total = 1.0
    return cv2.GaussianBlur(kernel / total, (size, size), edge) if radius >= 1.0 else kernel / total


def _rims(drops: np.ndarray) -> np.ndarray:
    """How drops of water catch the light, 0 to 1: bright on one side of each drop, dark on the other."""
    layer = (drops * 255.0).astype(np.uint8)
    distance = cv2.distanceTransform(255 - cv2.Canny(layer, 50, 150), cv2.DIST_L2, 5)
    distance = cv2.blur(np.minimum(distance, 20.0), (3, 3)).astype(np.uint8)
    slope = np.array(((-2, -1, 0), (-1, 1, 1), (0, 1, 2)))
    distance = cv2.blur(cv2.filter2D(cv2.equalizeHist(distance), cv2.CV_8U, slope), (3, 3))
    light = layer.astype(np.float32) * distance
    return light / max(float(light.max()), 1e-9)


@functools.lru_cache(maxsize=8)
def _counted(photons: float) -> np.ndarray:
    """What is seen of each value, if `photons` make white, by quantile, uint8 (256, _QUANTILES)."""
    mean = np.arange(256)[:, None] / 255.0 * photons
    count = np.arange(int(photons + 10.0 * math.sqrt(photons) + 10.0))[None, :]
    logarithm = np.array([math.lgamma(k + 1.0) for k in count[0]])
    below = np.cumsum(np.exp(count * np.log(np.maximum(mean, 1e-12)) - mean - logarithm), axis=1)
    quantiles = (np.arange(_QUANTILES) + 0.5) / _QUANTILES
    counts = np.stack([np.searchsorted(row, quantiles) for row in below])
    return from_unit(counts.astype(np.float32) / np.float32(photons))


class Layer(NamedTuple):
    """Something on the lens that stays as it is while pictures change."""

    make: Callable[[int, int, int, np.random.Generator], Any]
    """From height, width, the severity less one, and a generator."""
    apply: Callable[[np.ndarray, int, Any], np.ndarray]
    """Changes a picture, given the severity less one and what was made."""


LAYERS: dict[str, Layer] = {"frost": Layer(ice, frost), "spatter": Layer(splashes, spatter)}
"""By name: corruptions that stay on the lens."""
CORRUPTIONS: dict[str, Callable[[np.ndarray, int, np.random.Generator], np.ndarray]] = {
    function.__name__: function
    for function in (
        gaussian_noise, shot_noise, impulse_noise, speckle_noise, gaussian_blur, defocus_blur, glass_blur, motion_blur,
        zoom_blur, fog, snow, contrast, brightness, saturate, jpeg_compression, pixelate,
    )
}  # fmt: skip
"""By name: the others; each takes a picture, the severity less one, and a generator."""
