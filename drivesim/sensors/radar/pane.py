"""A picture of a radar's detections for people: a fan of range and azimuth, coloured by Doppler."""

import math

import cv2
import numpy as np

from drivesim.config.sensors.radar import RadarConfig

SIZE = 256
"""Pixels of a side."""
_SUPERSAMPLE = 2
_FRACTION_BITS = 4
_SPREAD_MIN_DEG = 36.0
"""A narrower half field of view is spread to this, so that what stands side by side can be told apart."""
_BACKGROUND, _FAN, _GRID, _TEXT = (14, 17, 22), (22, 29, 36), (48, 60, 70), (150, 164, 174)
_STILL, _COMING, _GOING = np.array((128, 142, 138)), np.array((255, 92, 64)), np.array((72, 170, 255))
_STILL_MPS, _FULL_MPS = 0.5, 12.0
"""Over the ground: slower is drawn as standing, faster than the second in full colour [m/s]."""
_ARROW_MIN_MPS = 1.0
_ARROW_S = 1.0
"""An arrow is as long as the way in this time [s], but for what `_ARROW_PX` bounds."""
_ARROW_PX = (9.0, 34.0)


class _Fan:
    """Where a point of range and azimuth lies in the picture: the radar at the bottom, ahead is up."""

    def __init__(self, config: RadarConfig) -> None:
        device = config.device
        self.half = math.radians(0.5 * device.fov_deg)
        self.spread = max(1.0, math.radians(_SPREAD_MIN_DEG) / self.half)
        shown = min(self.half * self.spread, math.pi)
        width = 2.0 * math.sin(min(shown, 0.5 * math.pi))
        below = max(0.0, -math.cos(shown))
        side = SIZE * _SUPERSAMPLE
        self.range = device.range_m
        self.scale = min(0.92 * side / width, 0.86 * side / (1.0 + below)) / device.range_m
        height = self.scale * device.range_m * (1.0 + below)
        self.origin = (0.5 * side, 0.5 * (side + height) - self.scale * device.range_m * below)

    def at(self, distance: np.ndarray | float, azimuth: np.ndarray | float) -> np.ndarray:
        """Pixels x, y, shape (..., 2)."""
        angle = np.asarray(azimuth) * self.spread
        reach = self.scale * np.asarray(distance)
        return np.stack([self.origin[0] - reach * np.sin(angle), self.origin[1] - reach * np.cos(angle)], axis=-1)


def polar_plot(config: RadarConfig, detections: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Detections of one frame, uint8 (256, 256, 3).

    What comes nearer over the ground is red, what goes away blue, what stands grey; arrows show how far it does so in a
    second. Dots are larger for greater cross sections. A narrow field of view is spread.

    Args:
        config: The radar.
        detections: Its detections, shape (detection, 6).
        valid: Which rows are some, shape (detection,).
    """
    fan, side = _Fan(config), SIZE * _SUPERSAMPLE
    picture = np.full((side, side, 3), _BACKGROUND, np.uint8)
    _draw_grid(picture, fan)
    rows = detections[valid.astype(bool)].astype(np.float64)
    # The fastest on top.
    for distance, azimuth, _, speed, rcs, _ in rows[np.argsort(np.abs(rows[:, 3]))]:
        _draw_detection(picture, fan, distance, azimuth, speed, rcs)
    nose = np.array(fan.origin) + 6.0 * _SUPERSAMPLE * np.array([(0.0, -1.0), (-0.7, 0.9), (0.0, 0.5), (0.7, 0.9)])
    cv2.fillPoly(picture, [_fixed(nose)], _TEXT, cv2.LINE_AA, _FRACTION_BITS)
    small = cv2.resize(picture, (SIZE, SIZE), interpolation=cv2.INTER_AREA)
    _write_ranges(small, fan)
    return small


def _draw_grid(picture: np.ndarray, fan: _Fan) -> None:
    azimuths = np.linspace(-fan.half, fan.half, 65)
    outline = np.concatenate([fan.at(fan.range, azimuths), fan.at(0.0, np.zeros(1))])
    cv2.fillPoly(picture, [_fixed(outline)], _FAN, cv2.LINE_AA, _FRACTION_BITS)
    for distance in _rings(fan.range):
        cv2.polylines(picture, [_fixed(fan.at(distance, azimuths))], False, _GRID, 2, cv2.LINE_AA, _FRACTION_BITS)
    for azimuth in np.linspace(-fan.half, fan.half, 5):
        spoke = fan.at(np.array([0.0, fan.range]), azimuth)
        cv2.polylines(picture, [_fixed(spoke)], False, _GRID, 2, cv2.LINE_AA, _FRACTION_BITS)


def _draw_detection(picture: np.ndarray, fan: _Fan, distance: float, azimuth: float, speed: float, rcs: float) -> None:
    share = np.clip((abs(speed) - _STILL_MPS) / (_FULL_MPS - _STILL_MPS), 0.0, 1.0) ** 0.5
    paint = _STILL + share * ((_GOING if speed > 0.0 else _COMING) - _STILL)
    color = tuple(int(value) for value in paint)
    place = fan.at(distance, azimuth)
    if abs(speed) >= _ARROW_MIN_MPS:
        low, high = (_SUPERSAMPLE * bound for bound in _ARROW_PX)
        length = min(max(abs(speed) * _ARROW_S * fan.scale, low), high)
        outward = fan.at(1.0, azimuth) - fan.at(0.0, azimuth)
        direction = math.copysign(1.0, speed) * outward / np.linalg.norm(outward)
        _draw_arrow(picture, place, place + length * direction, color)
    radius = _SUPERSAMPLE * float(np.clip(1.3 + 0.07 * (rcs + 10.0), 1.0, 4.0))
    center, fixed = _fixed(place[None])[0], round(radius * 2**_FRACTION_BITS)
    cv2.circle(picture, tuple(map(int, center)), fixed, color, -1, cv2.LINE_AA, _FRACTION_BITS)


def _draw_arrow(picture: np.ndarray, begin: np.ndarray, tip: np.ndarray, color: tuple[int, ...]) -> None:
    way = (tip - begin) / np.linalg.norm(tip - begin)
    across = np.array((-way[1], way[0]))
    neck = tip - 4.0 * _SUPERSAMPLE * way
    head = np.array([tip, neck + 2.5 * _SUPERSAMPLE * across, neck - 2.5 * _SUPERSAMPLE * across])
    cv2.polylines(picture, [_fixed(np.array([begin, neck]))], False, color, _SUPERSAMPLE, cv2.LINE_AA, _FRACTION_BITS)
    cv2.fillPoly(picture, [_fixed(head)], color, cv2.LINE_AA, _FRACTION_BITS)


def _write_ranges(picture: np.ndarray, fan: _Fan) -> None:
    for distance in _rings(fan.range):
        x, y = fan.at(distance, -fan.half) / _SUPERSAMPLE
        place = (int(min(x + 3, SIZE - 24)), int(np.clip(y + 4, 10, SIZE - 3)))
        cv2.putText(picture, f"{distance:g}", place, cv2.FONT_HERSHEY_SIMPLEX, 0.32, _TEXT, 1, cv2.LINE_AA)


def _rings(range_m: float) -> list[float]:
    """Three to six round distances up to a range [m]."""
    step = next(step for step in (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0) if range_m / step < 6.5)
    return [step * number for number in range(1, int(range_m / step) + 1)]


def _fixed(points: np.ndarray) -> np.ndarray:
    return np.round(points * 2**_FRACTION_BITS).astype(np.int32)
