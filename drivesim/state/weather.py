"""The weather of every world: what was chosen, and what sensors, tyres and drivers feel of it.

`config.weather` says what people choose; `world.weather` what follows from it, one number a world, for kernels.
"""

from enum import IntEnum
from typing import Annotated, NamedTuple

import numpy as np

from drivesim.state.columns import Array, column


class WeatherOrigin(IntEnum):
    """Where a world's weather comes from."""

    NONE = 0
    """Nobody has chosen any: the columns stay as they are, at first a clear noon under the map's own sun."""
    CONFIG = 1
    """`EnvConfig.weather`; every episode draws anew."""
    GIVEN = 2
    """Set for this world; it lasts until another one is set."""


class WeatherValue(IntEnum):
    """Columns of `WeatherState.before` and `after`: a `WeatherConfig` in physical units."""

    CLOUDINESS = 0
    RAIN_RATE = 1
    """[mm/h]"""
    SNOW_RATE = 2
    """[mm/h of water]"""
    FOG_EXTINCTION = 3
    """[1/m]"""
    PUDDLES = 4
    WETNESS = 5
    SNOW_COVER = 6
    WIND = 7
    """[m/s]"""
    SUN_AZIMUTH = 8
    """Counter-clockwise from east [rad]; `OWN_AZIMUTH`: that of the map's own sun."""
    SUN_ALTITUDE = 9
    """[rad]"""


OWN_AZIMUTH = -100.0
_VALUES = len(WeatherValue)


class WeatherState(NamedTuple):
    """Weather and light. Where `origin` is not NONE, all follows from what was chosen and the time."""

    sun: Annotated[Array, column("world", 3, doc="Unit vector towards the sun: east, north, up; all 0: the map's own.")]
    daylight: Annotated[Array, column("world", doc="Light of sun and sky on the ground over that of a clear noon.")]
    cloudiness: Annotated[Array, column("world", doc="Share of the sky behind clouds, 0 to 1.")]
    rain_rate: Annotated[Array, column("world", unit="mm/h", doc="Rain that falls.")]
    snow_rate: Annotated[Array, column("world", unit="mm/h", doc="Snow that falls, as water.")]
    fog_extinction: Annotated[
        Array, column("world", unit="1/m", doc="Extinction by fog and dust; visibility is 3 over it.")
    ]
    extinction: Annotated[
        Array, column("world", unit="1/m", doc="Extinction of visible light by fog, rain and snow together.")
    ]
    wetness: Annotated[Array, column("world", doc="How wet the road is, 0 to 1.")]
    puddles: Annotated[Array, column("world", doc="Share of the road's low places under water, 0 to 1.")]
    snow_cover: Annotated[Array, column("world", doc="Share of the ground under snow, 0 to 1.")]
    wind: Annotated[Array, column("world", unit="m/s", doc="Speed of the wind.")]
    film: Annotated[Array, column("world", unit="mm", doc="Water between tyres and road.")]
    grip: Annotated[
        Array, column("world", doc="Friction of the road over that of the dry road; on `film` less above 50 km/h.")
    ]
    lights: Annotated[Array, column("world", dtype=np.bool_, doc="It is dark or dim enough to drive with lights.")]
    pace: Annotated[Array, column("world", doc="Speed that drivers want over what they want on a clear day.")]
    speed_max: Annotated[
        Array, column("world", unit="m/s", doc="No driver wants to be faster: it could not stop within its sight.")
    ]
    headway: Annotated[Array, column("world", doc="Time headway that drivers keep over that of a clear day.")]
    braking: Annotated[
        Array, column("world", unit="m/s^2", doc="Hardest braking that drivers count on; +inf: the road sets no limit.")
    ]
    origin: Annotated[Array, column("world", dtype=np.uint8, doc="`WeatherOrigin`.")]
    before: Annotated[Array, column("world", _VALUES, doc="`WeatherValue` until the change begins.")]
    after: Annotated[Array, column("world", _VALUES, doc="`WeatherValue` once the change is over.")]
    since: Annotated[Array, column("world", dtype=np.int32, doc="Tick at which it was set; 0: with the episode.")]
    start: Annotated[Array, column("world", unit="s", doc="The change begins this long after `since`; +inf: never.")]
    duration: Annotated[Array, column("world", unit="s", doc="The change takes this long.")]


def clear_weather(weather: WeatherState, worlds: np.ndarray | slice = slice(None)) -> None:
    """Makes the weather of some worlds that of nobody's choice: a clear noon under the map's own sun."""
    for values in weather:
        values[worlds] = 0
    weather.daylight[worlds] = weather.grip[worlds] = weather.pace[worlds] = weather.headway[worlds] = 1.0
    weather.speed_max[worlds] = weather.braking[worlds] = weather.start[worlds] = np.inf
