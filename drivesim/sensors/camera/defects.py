"""What is wrong with a camera: lens, mounting, exposure and electronics; and the order in which it shows in a picture.

Lengths [px] are for pictures whose lesser side is 224 px, as those of `corruptions`, and scale with it.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import cv2
import numpy as np

from drivesim.config import CameraConfig, fault_names
from drivesim.sensors.camera.corruptions import CORRUPTIONS, LAYERS
from drivesim.sensors.camera.layers import REFERENCE_PX, blurred, from_unit, to_unit
from drivesim.sensors.contract import Sensor
from drivesim.sensors.noise import generator
from drivesim.state import WorldState

GAMMA = 2.2
"""Light is a picture's value to this power."""
DIRT_SHARE = (0.02, 0.05, 0.1, 0.2, 0.35)
DROP_COUNT = (5, 10, 20, 40, 80)
CRACK_COUNT = (3, 5, 8, 12, 16)
ROTATION_DEG = (0.25, 0.5, 1.0, 2.0, 4.0)
TRANSLATION_M = (0.01, 0.02, 0.04, 0.08, 0.12)
FOCAL_ERROR = (0.005, 0.01, 0.02, 0.03, 0.05)
OVEREXPOSURE_STOPS = (0.5, 1.0, 1.5, 2.0, 3.0)
UNDEREXPOSURE_STOPS = (1.0, 2.0, 3.0, 4.0, 5.0)
CAST = (0.1, 0.2, 0.35, 0.5, 0.7)
BANDING_DEPTH = (0.1, 0.2, 0.35, 0.55, 0.8)
COLOR_BITS = (5, 4, 3, 2, 1)
FLICKER_HZ, MAINS_DRIFT = 100.0, 0.002
"""Lamps on 50 Hz mains are brightest twice a period; mains are off by this share at most."""
EXPOSURE_S, READOUT_S = 0.002, 0.03
"""Of a rolling shutter: exposure of a row, and time from the first row to the last [s]."""
FOV_MAX_DEG = 150.0
"""Wider pictures are turned as if they were this wide: no plane holds them."""


class Defect(NamedTuple):
    """Something that stays the same for an episode while pictures change."""

    make: Callable[[CameraConfig, int, np.random.Generator], Any]
    """From the camera, the severity less one, and a generator."""
    apply: Callable[[np.ndarray, int, Any, float], np.ndarray]
    """Changes a picture, given the severity less one, what was made, and the time since the episode began [s]."""


class Kept(NamedTuple):
    """What was made for a view and a defect."""

    key: int
    level: int
    made: Any


def spoil(camera: Sensor, state: WorldState, due: np.ndarray | None, kept: dict[tuple[int, str], Kept]) -> None:
    """Changes the colours of a camera's frames as its faults do; no other channel.

    Args:
        camera: The camera.
        state: The worlds.
        due: The worlds whose frames are new, bool, shape (world,); None: all.
        kept: What was made for earlier frames, by view and fault; it may be lost at any time.
    """
    severities, names = camera.severities(state), fault_names(camera.config.type)
    if not severities.any():
        return
    columns = [(kind, names.index(kind)) for kind in ORDER]
    views, worlds, _ = camera.carriers(state, due)
    for view, world in zip(views.tolist(), worlds.tolist(), strict=True):
        picture = frame = camera.frames["rgb"][view]
        key, tick = int(state.worlds.key[world]), int(state.worlds.tick[world])
        for kind, column in columns:
            level = int(severities[world, column]) - 1
            if level < 0:
                continue
            stream, driver = f"{camera.config.name}.{kind}", view % camera.driver_count
            if kind in PASSING:
                picture = PASSING[kind](picture, level, generator(key, stream, tick, driver))
                continue
            one = kept.get((view, kind))
            if one is None or one[:2] != (key, level):
                made = LASTING[kind].make(camera.config, level, generator(key, stream, 0, driver))
                kept[view, kind] = one = Kept(key, level, made)
            picture = LASTING[kind].apply(picture, level, one.made, tick * camera.step_s)
        if picture is not frame:
            frame[...] = picture


def dirt(camera: CameraConfig, level: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """How much dirt hides, float32 (H, W, 1), and its colour in white light, float32 (H, W, 3)."""
    scale = min(camera.height, camera.width) / REFERENCE_PX
    field = np.zeros((camera.height, camera.width), np.float32)
    for size, weight in ((40.0, 1.0), (16.0, 0.6), (5.0, 0.25)):
        field += weight * _clouds(camera, max(1.0, size * scale), random)
    edge = np.partition(field.ravel(), -round(DIRT_SHARE[level] * field.size))[-round(DIRT_SHARE[level] * field.size)]
    # It lies on the lens, far out of focus.
    cover = blurred((field >= edge).astype(np.float32), 1.5 * scale)[..., None]
    shade = 1.0 + 0.25 * _clouds(camera, max(1.0, 8.0 * scale), random)[..., None]
    return cover, shade * np.array((0.34, 0.29, 0.22), np.float32)


def apply_dirt(picture: np.ndarray, level: int, made: tuple[np.ndarray, np.ndarray], time_s: float) -> np.ndarray:
    """Dirt is lit by what the camera sees."""
    cover, color = made
    values = to_unit(picture)
    return from_unit(values + cover * (color * np.float32(2.0 * values.mean()) - values))


def drops(camera: CameraConfig, level: int, random: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Where each pixel looks through drops of water, columns and rows, float32 (H, W), and how much light is left."""
    scale = min(camera.height, camera.width) / REFERENCE_PX
    rows, columns = np.indices((camera.height, camera.width)).astype(np.float32)
    from_row, from_column, light = rows.copy(), columns.copy(), np.ones(rows.shape, np.float32)
    for _ in range(DROP_COUNT[level]):
        x, y = random.uniform(0.0, camera.width), random.uniform(0.0, camera.height)
        radius = max(1.0, random.uniform(4.0, 12.0) * scale)
        right, down = columns - x, (rows - y) / random.uniform(1.0, 1.4)
        distance = np.hypot(right, down) / radius
        inside = distance < 1.0
        # A drop is a strong lens: it shows the world upside down and small.
        from_column[inside] = (x - random.uniform(2.0, 4.0) * right)[inside]
        from_row[inside] = (y - random.uniform(2.0, 4.0) * down)[inside]
        glint = 0.25 * np.exp(-8.0 * ((right / radius + 0.35) ** 2 + (down / radius + 0.35) ** 2))
        light[inside] = (1.0 - 0.55 * distance**4 + glint)[inside]
    return from_column, from_row, light[..., None]


def apply_drops(picture: np.ndarray, level: int, made: tuple[np.ndarray, ...], time_s: float) -> np.ndarray:
    """Refracts, and darkens the rims."""
    from_column, from_row, light = made
    seen = cv2.remap(picture, from_column, from_row, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    return from_unit(to_unit(seen) * light)


def cracks(camera: CameraConfig, level: int, random: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Where each pixel looks through cracked glass, columns and rows, float32 (H, W), and what cracks add and leave."""
    scale = min(camera.height, camera.width) / REFERENCE_PX
    count, shape = CRACK_COUNT[level], (camera.height, camera.width)
    x, y = random.uniform(0.2, 0.8) * camera.width, random.uniform(0.2, 0.8) * camera.height
    rows, columns = np.indices(shape).astype(np.float32)
    angles = np.sort((np.arange(count) + random.uniform(-0.35, 0.35, count)) * 2.0 * math.pi / count) % (2.0 * math.pi)
    angles.sort()
    sector = np.searchsorted(angles, np.arctan2(rows - y, columns - x) % (2.0 * math.pi)) % count
    shift = random.uniform(-1.0, 1.0, (2, count)).astype(np.float32) * (1.0 + level) * 1.2 * scale
    lines = np.zeros(shape, np.uint8)
    reach = math.hypot(*shape)
    for index, angle in enumerate(angles):
        along = np.linspace(0.0, reach, 24)
        aside = random.normal(0.0, 0.8 * scale, 24)
        points = np.stack(
            (
                x + along * math.cos(angle) - aside * math.sin(angle),
                y + along * math.sin(angle) + aside * math.cos(angle),
            ),
            axis=1,
        )
        cv2.polylines(lines, [np.round(16.0 * points).astype(np.int32)], False, 255, 1, cv2.LINE_AA, 4)
        # Rings join neighbouring cracks near the point that was hit.
        span = (angles[(index + 1) % count] - angle) % (2.0 * math.pi)
        radius = random.uniform(6.0, 30.0) * scale
        turns = angle + span * np.linspace(0.0, 1.0, 4)
        ring = np.stack((x + radius * np.cos(turns), y + radius * np.sin(turns)), axis=1)
        cv2.polylines(lines, [np.round(16.0 * ring).astype(np.int32)], False, 200, 1, cv2.LINE_AA, 4)
    bright = lines.astype(np.float32) / 255.0
    dark = np.maximum(np.roll(bright, 1, axis=0), blurred(bright, 1.5 * scale))
    return columns + shift[0][sector], rows + shift[1][sector], 0.75 * bright[..., None], 1.0 - 0.6 * dark[..., None]


def apply_cracks(picture: np.ndarray, level: int, made: tuple[np.ndarray, ...], time_s: float) -> np.ndarray:
    """Shifts the pieces, and lets the edges of the glass catch light."""
    from_column, from_row, bright, left = made
    seen = to_unit(cv2.remap(picture, from_column, from_row, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101))
    return from_unit(seen * left + bright * np.float32(seen.mean()))


def drift(camera: CameraConfig, level: int, random: np.random.Generator) -> np.ndarray:
    """Homography of a camera that is turned and moved, in directions of chance; see `homography`."""
    axis, way = random.standard_normal((2, 3))
    turned = math.radians(ROTATION_DEG[level]) * axis / np.linalg.norm(axis)
    return homography(camera, turned, TRANSLATION_M[level] * way / np.linalg.norm(way))


def homography(camera: CameraConfig, rotation_rad: np.ndarray, moved_m: np.ndarray) -> np.ndarray:
    """Where a pixel of the camera lies in the picture of one that is turned and moved, float64 (3, 3).

    `K (R - R t n' / d) K^-1`, exact for the ground, whose normal is n at the distance d (Hartley and Zisserman 2004,
    13.1), and for what is far away if it is only turned.

    Args:
        camera: As it should be.
        rotation_rad: Axis times angle by which the camera is turned, in its frame (x right, y down, z forward), (3,).
        moved_m: How far it is moved in that frame [m], (3,).
    """
    pitch, roll = math.radians(camera.pitch_deg), math.radians(camera.roll_deg)
    down = np.array((math.sin(roll) * math.cos(pitch), math.cos(roll) * math.cos(pitch), math.sin(pitch)))
    rotation, _ = cv2.Rodrigues(-np.asarray(rotation_rad, np.float64))
    focal = 0.5 * camera.width / math.tan(math.radians(0.5 * min(camera.fov_deg, FOV_MAX_DEG)))
    # The middle of pixel 0 is 0 for OpenCV and 0.5 for the camera.
    x, y = camera.principal_x * camera.width - 0.5, camera.principal_y * camera.height - 0.5
    lens = np.array(((focal, 0.0, x), (0.0, focal, y), (0.0, 0.0, 1.0)))
    plane = np.eye(3) - np.outer(np.asarray(moved_m, np.float64), down) / camera.z_m
    return lens @ rotation @ plane @ np.linalg.inv(lens)


def focal_error(camera: CameraConfig, level: int, random: np.random.Generator) -> np.ndarray:
    """Homography of a camera whose focal length is longer or shorter."""
    factor = 1.0 + FOCAL_ERROR[level] * (1.0 if random.random() < 0.5 else -1.0)
    x, y = camera.principal_x * camera.width - 0.5, camera.principal_y * camera.height - 0.5
    return np.array(((factor, 0.0, x * (1.0 - factor)), (0.0, factor, y * (1.0 - factor)), (0.0, 0.0, 1.0)))


def apply_homography(picture: np.ndarray, level: int, made: np.ndarray, time_s: float) -> np.ndarray:
    """Warps; what no picture shows is the nearest that it does."""
    return cv2.warpPerspective(
        picture, made, (picture.shape[1], picture.shape[0]), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )


def cast(camera: CameraConfig, level: int, random: np.random.Generator) -> np.ndarray:
    """Gains of light in red, green and blue, float64 (3,): too warm, too cold, too green or too magenta."""
    up = 1.0 + CAST[level]
    gains = ((up, 1.0, 1.0 / up), (1.0 / up, 1.0, up), (1.0 / up, up, 1.0 / up), (up, 1.0 / up, up))
    return np.array(gains[random.integers(4)])


def apply_cast(picture: np.ndarray, level: int, made: np.ndarray, time_s: float) -> np.ndarray:
    """Multiplies the light."""
    return amplified(picture, made)


def flicker(camera: CameraConfig, level: int, random: np.random.Generator) -> tuple[float, float]:
    """Frequency [Hz] and phase [rad] of the lamps."""
    return FLICKER_HZ * (1.0 + random.uniform(-MAINS_DRIFT, MAINS_DRIFT)), random.uniform(0.0, 2.0 * math.pi)


def apply_flicker(picture: np.ndarray, level: int, made: tuple[float, float], time_s: float) -> np.ndarray:
    """Rows are exposed one after the other, each to the light of its time."""
    frequency_hz, phase = made
    row_s = time_s + READOUT_S * np.arange(picture.shape[0]) / picture.shape[0]
    wave = np.sinc(frequency_hz * EXPOSURE_S) * np.cos(2.0 * math.pi * frequency_hz * row_s + phase)
    return amplified(picture, (1.0 - 0.5 * BANDING_DEPTH[level] * (1.0 - wave))[:, None, None])


def overexposed(picture: np.ndarray, level: int, random: np.random.Generator) -> np.ndarray:
    """Too much light; what is brighter than white is lost."""
    return amplified(picture, 2.0 ** OVEREXPOSURE_STOPS[level])


def underexposed(picture: np.ndarray, level: int, random: np.random.Generator) -> np.ndarray:
    """Too little light; what is left takes few steps of a byte."""
    return amplified(picture, 2.0 ** -UNDEREXPOSURE_STOPS[level])


def low_light(picture: np.ndarray, level: int, random: np.random.Generator) -> np.ndarray:
    """Dusk for a sensor that has to amplify: `c x^2` with shot and read noise (Xie et al., RoboBEV, LowLight)."""
    values = to_unit(picture)
    low, high = float(values.min()), float(values.max())
    values = ((values - low) / max(high - low, 1e-6)) ** 2 * (0.6, 0.5, 0.4, 0.3, 0.2)[level]
    photons = 10.0 * (60.0, 25.0, 12.0, 5.0, 3.0)[level]
    values = (random.poisson(values * photons) / photons).astype(np.float32)
    sigma = np.float32(0.1 * (0.08, 0.12, 0.18, 0.26, 0.38)[level])
    return from_unit(values + sigma * random.standard_normal(values.shape, np.float32))


def color_quantization(picture: np.ndarray, level: int, random: np.random.Generator) -> np.ndarray:
    """Keeps the highest bits of each value."""
    return picture & np.uint8(256 - (1 << (8 - COLOR_BITS[level])))


def amplified(picture: np.ndarray, gain: float | np.ndarray) -> np.ndarray:
    """A picture of so many times the light; `gain` is broadcast to (H, W, 3)."""
    scaled = picture * np.asarray(np.power(gain, 1.0 / GAMMA), np.float32)
    return np.minimum(scaled + np.float32(0.5), 255.0).astype(np.uint8)


def _clouds(camera: CameraConfig, size_px: float, random: np.random.Generator) -> np.ndarray:
    """A smooth field of zero mean and unit deviation with hills of a size, float32 (H, W)."""
    shape = math.ceil(camera.height / size_px) + 2, math.ceil(camera.width / size_px) + 2
    cells = random.standard_normal(shape).astype(np.float32)
    return cv2.resize(cells, (camera.width, camera.height), interpolation=cv2.INTER_CUBIC)


def _layer(kind: str) -> Defect:
    """A corruption that stays on the lens."""
    layer = LAYERS[kind]
    return Defect(
        lambda camera, level, random: layer.make(camera.height, camera.width, level, random),
        lambda picture, level, made, time_s: layer.apply(picture, level, made),
    )


LASTING: dict[str, Defect] = {
    "miscalibrated": Defect(drift, apply_homography),
    "wrong_focal": Defect(focal_error, apply_homography),
    "wet_lens": Defect(drops, apply_drops),
    "cracked_lens": Defect(cracks, apply_cracks),
    "dirty_lens": Defect(dirt, apply_dirt),
    "color_cast": Defect(cast, apply_cast),
    "banding": Defect(flicker, apply_flicker),
    **{kind: _layer(kind) for kind in LAYERS},
}
"""Faults that are drawn once per episode."""
PASSING: dict[str, Callable[[np.ndarray, int, np.random.Generator], np.ndarray]] = {
    "overexposed": overexposed,
    "underexposed": underexposed,
    "low_light": low_light,
    "color_quantization": color_quantization,
    **CORRUPTIONS,
}
"""Faults that are drawn anew with every frame."""
ORDER = (
    "miscalibrated", "wrong_focal", "motion_blur", "zoom_blur", "fog", "snow", "wet_lens", "cracked_lens", "frost",
    "spatter", "dirty_lens", "glass_blur", "defocus_blur", "gaussian_blur", "overexposed", "underexposed", "low_light",
    "brightness", "contrast", "saturate", "color_cast", "banding", "shot_noise", "gaussian_noise", "speckle_noise",
    "impulse_noise", "pixelate", "color_quantization", "jpeg_compression",
)  # fmt: skip
"""From the mounting through air, lens and exposure to what is sent: in which order faults show."""
