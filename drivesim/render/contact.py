"""Contact sheets: many pictures of one size on one, each under its name; one of a sensor in every weather."""

import math
from collections.abc import Mapping, Sequence

import cv2
import numpy as np

from drivesim.errors import ConfigError, check_integer
from drivesim.kernels.launch import Launcher
from drivesim.maps.arrays import MapArrays
from drivesim.render.ink import PANEL, WHITE
from drivesim.sensors.contract import Sensor
from drivesim.state import WorldState

_CAPTION_PX, _GAP_PX = 16, 2


def contact_sheet(pictures: Sequence[tuple[str, np.ndarray]], *, columns: int, scale: int = 1) -> np.ndarray:
    """Pictures side by side, row by row.

    Args:
        pictures: Names and pictures, uint8, shape (H, W, 3), all of one shape.
        columns: Pictures in a row.
        scale: Pixels of the sheet per pixel of a picture, along each side.

    Returns:
        uint8, shape (rows * (scale * H + 18), columns * (scale * W + 2), 3).

    Raises:
        ConfigError: There are no pictures, or they differ in shape.
    """
    check_integer("columns", columns, 1, 1000)
    check_integer("scale", scale, 1, 64)
    shapes = {picture.shape for _, picture in pictures}
    if len(shapes) != 1:
        raise ConfigError(f"pictures: expected some of one shape, got shapes {sorted(shapes)}")
    height, width = next(iter(shapes))[:2]
    cell_height, cell_width = scale * height + _CAPTION_PX + _GAP_PX, scale * width + _GAP_PX
    rows = -(-len(pictures) // columns)
    sheet = np.empty((rows * cell_height, columns * cell_width, 3), np.uint8)
    sheet[:] = PANEL
    for number, (name, picture) in enumerate(pictures):
        top, left = number // columns * cell_height, number % columns * cell_width
        large = picture.repeat(scale, axis=0).repeat(scale, axis=1)
        sheet[top + _CAPTION_PX : top + _CAPTION_PX + scale * height, left : left + scale * width] = large
        cv2.putText(sheet, name, (left + 3, top + 12), cv2.FONT_HERSHEY_SIMPLEX, 0.4, WHITE, 1, cv2.LINE_AA)
    return sheet


WEATHERS: Mapping[str, Mapping[str, float | bool]] = {
    "clear noon": {},
    "overcast": {"cloudiness": 1.0, "daylight": 0.2},
    "low sun ahead": {"sun_altitude_deg": 8.0, "sun_bearing_deg": 3.0, "daylight": 0.3},
    "sunset": {"sun_altitude_deg": 2.0, "sun_bearing_deg": 30.0, "daylight": 0.07, "lights": True},
    "dusk": {"sun_altitude_deg": -4.0, "sun_bearing_deg": 110.0, "daylight": 0.02, "lights": True},
    "night": {"sun_altitude_deg": -30.0, "daylight": 1e-3, "lights": True},
    "fog, 60 m": {"cloudiness": 1.0, "daylight": 0.25, "fog_extinction": 0.05, "extinction": 0.05, "lights": True},
    "fog at night": {
        "sun_altitude_deg": -30.0, "cloudiness": 1.0, "daylight": 1e-3, "fog_extinction": 0.04, "extinction": 0.04,
        "lights": True,
    },
    "wet road": {"cloudiness": 0.2, "wetness": 1.0, "puddles": 0.3},
    "rain": {
        "cloudiness": 0.9, "daylight": 0.2, "rain_rate": 7.5, "extinction": 0.0012, "wetness": 0.8, "puddles": 0.15,
        "wind": 3.0, "lights": True,
    },
    "hard rain": {
        "cloudiness": 1.0, "daylight": 0.15, "rain_rate": 50.0, "extinction": 0.0043, "wetness": 1.0, "puddles": 0.4,
        "wind": 6.0, "lights": True,
    },
    "hard rain at night": {
        "sun_altitude_deg": -30.0, "cloudiness": 1.0, "daylight": 1e-3, "rain_rate": 50.0, "extinction": 0.0043,
        "wetness": 1.0, "puddles": 0.4, "wind": 6.0, "lights": True,
    },
    "snow": {
        "cloudiness": 1.0, "daylight": 0.3, "snow_rate": 3.0, "extinction": 0.006, "snow_cover": 0.8, "wind": 2.0,
        "lights": True,
    },
    "snow at night": {
        "sun_altitude_deg": -30.0, "cloudiness": 1.0, "daylight": 1e-3, "snow_rate": 3.0, "extinction": 0.006,
        "snow_cover": 0.8, "wind": 2.0, "lights": True,
    },
}  # fmt: skip
"""Weathers worth looking at: columns of `state.weather`, and where the sun stands: its bearing, to the left from the
driver's heading, and its altitude [deg]."""


def set_weather(state: WorldState, world: int, values: Mapping[str, float | bool]) -> None:
    """Gives a world a weather as `WEATHERS` describes it; what is not named is that of a clear noon."""
    weather = state.weather
    for column in weather:
        column[world] = 0
    weather.daylight[world] = weather.grip[world] = 1.0
    columns = {name: value for name, value in values.items() if not name.startswith("sun_")}
    for name, value in columns.items():
        getattr(weather, name)[world] = value
    if "sun_altitude_deg" in values:
        heading = float(state.actors.yaw[world, state.drivers.slot[world, 0]])
        bearing = heading + math.radians(values.get("sun_bearing_deg", 0.0))
        altitude = math.radians(values["sun_altitude_deg"])
        level = math.cos(altitude)
        weather.sun[world] = level * math.cos(bearing), level * math.sin(bearing), math.sin(altitude)


def weather_sheet(
    sensor: Sensor,
    channel: str,
    maps: MapArrays,
    state: WorldState,
    launcher: Launcher,
    *,
    columns: int,
    scale: int = 1,
) -> np.ndarray:
    """What a sensor sees of world 0 in each of `WEATHERS`, as a contact sheet; the state is as it was afterwards."""
    before = [column.copy() for column in state.weather]
    pictures: list[tuple[str, np.ndarray]] = []
    for name, values in WEATHERS.items():
        set_weather(state, 0, values)
        sensor.update(maps, state, launcher)
        pictures.append((name, sensor.frames[channel][0].copy()))
    for column, kept in zip(state.weather, before, strict=True):
        column[:] = kept
    return contact_sheet(pictures, columns=columns, scale=scale)
