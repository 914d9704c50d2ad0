"""How a world is lit, for the reference camera: constants of its own, no code of the kernels."""

from typing import NamedTuple

import numpy as np

from drivesim.state.weather import WeatherState


class Lighting(NamedTuple):
    """Light in one world: shares of that on white in the sun."""

    ambient: float
    direct: float
    round_ambient: float
    round_direct: float
    shadow: int
    """Of 256."""
    tone: int
    is_diffuse: bool
    is_clear: bool
    """There is haze in the picture; weather puts air before it later."""


def lighting(weather: WeatherState, world: int, of_map: np.ndarray) -> tuple[Lighting, np.ndarray]:
    """Light in a world and the way to its sun, float64; `of_map` is the way to the sun of its map."""
    of_map, sun = of_map.astype(np.float64), weather.sun[world].astype(np.float64)
    is_clear = weather.cloudiness[world] == 0.0 and weather.daylight[world] == 1.0 and not sun.any()
    sun, cloud = (sun if sun.any() else of_map), float(weather.cloudiness[world])
    apart, share = 1.0 - float(sun @ of_map), min(cloud / 0.85, 1.0)
    if cloud >= 0.85 or sun[2] <= 0.0:
        return Lighting(0.62, 0.3, 0.72, 0.0, 160, 3, True, False), sun
    if cloud == 0.0 and apart <= 0.001:
        return Lighting(0.52, 0.62, 0.46, 0.54, 132, 0, False, is_clear), sun
    tone, shadow = int(max(share, min(8.0 * apart, 1.0)) * 3.0 + 0.5), 132 + int(124.0 * 0.7 * share)
    ambient, round_ambient = 0.52 + 0.4 * share, 0.46 + 0.26 * share
    direct, round_direct = 0.62 * (1.0 - share), 0.54 * (1.0 - share)
    return Lighting(ambient, direct, round_ambient, round_direct, shadow, tone, False, False), sun
