"""What corruptions and defects of pictures are made of: blurs, streaks, clouds and ice."""

import math

import cv2
import numpy as np

REFERENCE_PX = 224.0
"""Lesser side of the pictures that the lengths below are for."""
_FEATHERS = 60
"""Of ice in a square of the reference size."""
_ICE_MEAN, _ICE_SPREAD = 0.58, (0.055, 0.16)
"""Brightness of ice, and its standard deviation from one window to the next: those of the original's photographs."""


def length_scale(picture: np.ndarray) -> float:
    """By how much lengths [px] are to be multiplied for a picture of this size."""
    return min(picture.shape[:2]) / REFERENCE_PX


def from_unit(values: np.ndarray) -> np.ndarray:
    """Values in [0, 1] as bytes; what lies outside is cut off."""
    return (np.clip(values, 0.0, 1.0) * np.float32(255.0)).astype(np.uint8)


def to_unit(picture: np.ndarray) -> np.ndarray:
    """Bytes as float32 in [0, 1]."""
    return picture.astype(np.float32) * np.float32(1.0 / 255.0)


def blurred(values: np.ndarray, sigma: float) -> np.ndarray:
    """Gaussian blur cut off at four sigmas, the border repeated."""
    if sigma <= 0.0:
        return values
    size = 2 * int(4.0 * sigma + 0.5) + 1
    return cv2.GaussianBlur(values, (size, size), sigmaX=sigma, sigmaY=sigma, borderType=cv2.BORDER_REPLICATE)


def resized(layer: np.ndarray, height: int, width: int) -> np.ndarray:
    """A layer of another size."""
    if layer.shape[:2] == (height, width):
        return layer
    area = layer.shape[0] > height
    return cv2.resize(layer, (width, height), interpolation=cv2.INTER_AREA if area else cv2.INTER_LINEAR)


def streaked(
    values: np.ndarray, radius: float, sigma: float, angle_rad: float, scale: float | None = None
) -> np.ndarray:
    """Averages along a half line with the weights of half a Gaussian.

    Args:
        values: Picture or layer.
        radius: Half the streak's length at the reference size [px].
        sigma: Of the weights at the reference size [px].
        angle_rad: Direction, from the x axis downwards.
        scale: Of lengths; that of the picture if None.
    """
    scale = length_scale(values) if scale is None else scale
    length = max(1, round((2 * radius + 1) * scale))
    along = np.arange(length)
    weights = np.exp(-0.5 * (along / (sigma * scale)) ** 2)
    weights /= weights.sum()
    rows = np.ceil(along * math.sin(angle_rad) - 0.5).astype(int)
    columns = np.ceil(along * math.cos(angle_rad) - 0.5).astype(int)
    height, width = values.shape[:2]
    border = (-rows.min(), rows.max(), -columns.min(), columns.max())
    wide = cv2.copyMakeBorder(values.astype(np.float32), *border, borderType=cv2.BORDER_REPLICATE)
    total = np.zeros(values.shape, np.float32)
    for row, column, weight in zip(rows - rows.min(), columns - columns.min(), weights, strict=True):
        # A pixel is what lies ahead of it along the streak.
        cv2.scaleAdd(wide[row : row + height, column : column + width], float(weight), total, total)
    return (total + 0.5).astype(np.uint8) if values.dtype == np.uint8 else total


def zoomed(values: np.ndarray, zoom: float, to: tuple[int, int] | None = None) -> np.ndarray:
    """The middle of a picture enlarged to its size or a little more, or a small layer enlarged `to` (height, width)."""
    height, width = values.shape[:2]
    if to is None:
        cut = math.ceil(height / zoom), math.ceil(width / zoom)
        top, left = (height - cut[0]) // 2, (width - cut[1]) // 2
        values = values[top : top + cut[0], left : left + cut[1]]
        to = round(cut[0] * zoom), round(cut[1] * zoom)
    rows, columns = np.indices(to, np.float32)
    # End points stay end points, as SciPy's zoom has it.
    rows *= (values.shape[0] - 1) / max(to[0] - 1, 1)
    columns *= (values.shape[1] - 1) / max(to[1] - 1, 1)
    return cv2.remap(values, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def plasma(size: int, decay: float, random: np.random.Generator) -> np.ndarray:
    """A cloudy height map in [0, 1], float32 (size, size), by diamonds and squares (Fournier, Fussell, Carpenter 1982).

    Args:
        size: A power of two.
        decay: By how much detail is weaker from one scale to the next.
        random: Where chance comes from.
    """
    heights = np.zeros((size, size), np.float32)
    step, wobble = size, 100.0

    def wobbled(total: np.ndarray) -> np.ndarray:
        return total / 4.0 + wobble * random.uniform(-wobble, wobble, total.shape)

    while step >= 2:
        half = step // 2
        corners = heights[0:size:step, 0:size:step]
        squares = corners + np.roll(corners, -1, axis=0)
        squares = squares + np.roll(squares, -1, axis=1)
        heights[half:size:step, half:size:step] = wobbled(squares)
        middles, corners = heights[half:size:step, half:size:step], heights[0:size:step, 0:size:step]
        heights[0:size:step, half:size:step] = wobbled(
            middles + np.roll(middles, 1, axis=0) + corners + np.roll(corners, -1, axis=1)
        )
        heights[half:size:step, 0:size:step] = wobbled(
            middles + np.roll(middles, 1, axis=1) + corners + np.roll(corners, -1, axis=0)
        )
        step, wobble = half, wobble / decay
    heights -= heights.min()
    return heights / max(float(heights.max()), 1e-9)


def ice(height: int, width: int, level: int, random: np.random.Generator) -> np.ndarray:
    """Frost on glass: feathers of ice, every severity alike, float32 (height, width, 3)."""
    side = round(REFERENCE_PX)
    shape = round(side * height / min(height, width)), round(side * width / min(height, width))
    feathers = np.zeros(shape, np.uint8)
    for _ in range(round(_FEATHERS * shape[0] * shape[1] / side**2)):
        root = random.uniform(-0.1, 1.1, 2) * shape[::-1]
        _draw_feather(feathers, root, random)
    relief = blurred(feathers.astype(np.float32) / 255.0, 0.7)
    # Lit from one side, like grooves in glass.
    relief = relief + 1.5 * (relief - np.roll(relief, (1, 1), axis=(0, 1)))
    rime = cv2.resize(random.standard_normal((9, 12)).astype(np.float32), shape[::-1], interpolation=cv2.INTER_CUBIC)
    texture = 0.3 * rime * float(relief.std()) + relief
    texture = (texture - texture.mean()) / max(float(texture.std()), 1e-6)
    texture = _ICE_MEAN + random.uniform(*_ICE_SPREAD) * texture
    tint = random.uniform(0.0, 1.0) * np.array((-0.08, 0.0, 0.06), np.float32)
    return np.clip(resized(texture, height, width)[..., None] + tint, 0.0, 1.0).astype(np.float32)


def _draw_feather(layer: np.ndarray, root: np.ndarray, random: np.random.Generator) -> None:
    """Draws a stem with branches at 60 degrees, as ice grows, each brighter or darker by chance."""
    angle, length = random.uniform(0.0, 2.0 * math.pi), random.uniform(30.0, 110.0)
    stem = np.array((math.cos(angle), math.sin(angle)))
    count = int(length / 5.0)
    brightness = random.integers(90, 256, 2 * count + 1)
    lengths = random.uniform(0.15, 0.4, 2 * count) * length
    for branch in range(2 * count):
        along = (branch // 2 + 0.5) / count
        turn = angle + math.copysign(math.pi / 3.0, branch % 2 - 0.5)
        begin = root + along * length * stem
        end = begin + (1.0 - along) * lengths[branch] * np.array((math.cos(turn), math.sin(turn)))
        _draw_line(layer, begin, end, int(brightness[branch]))
    _draw_line(layer, root, root + length * stem, int(brightness[-1]))


def _draw_line(layer: np.ndarray, begin: np.ndarray, end: np.ndarray, value: int) -> None:
    """A smooth line between points (x, y) [px]."""
    first, last = (tuple(map(int, np.round(16.0 * point))) for point in (begin, end))
    cv2.line(layer, first, last, value, 1, cv2.LINE_AA, 4)
