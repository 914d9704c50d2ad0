"""The weather of every world, as the quantities that sensors, tyres and drivers feel.

`config.weather` says what people choose; here is what follows from it, one number a world, for kernels.
"""

from typing import Annotated, NamedTuple

import numpy as np

from drivesim.state.columns import Array, column


class WeatherState(NamedTuple):
    """Weather and light; a reset sets them anew."""

    sun: Annotated[Array, column("world", 3, doc="Unit vector towards the sun: east, north, up; all 0: the map's own.")]
    daylight: Annotated[Array, column("world", doc="Light of sun and sky on the ground over that of a clear noon.")]
    cloudiness: Annotated[Array, column("world", doc="Share of the sky behind clouds, 0 to 1.")]
    rain_rate: Annotated[Array, column("world", unit="mm/h", doc="Rain that falls.")]
    snow_rate: Annotated[Array, column("world", unit="mm/h", doc="Snow that falls, as water.")]
    fog_extinction: Annotated[Array, column("world", unit="1/m", doc="Extinction by fog; visibility is 3 over it.")]
    extinction: Annotated[
        Array, column("world", unit="1/m", doc="Extinction of visible light by fog, rain and snow together.")
    ]
    wetness: Annotated[Array, column("world", doc="How wet the road is, 0 to 1.")]
    puddles: Annotated[Array, column("world", doc="Share of the road's low places under water, 0 to 1.")]
    snow_cover: Annotated[Array, column("world", doc="Share of the ground under snow, 0 to 1.")]
    wind: Annotated[Array, column("world", unit="m/s", doc="Speed of the wind.")]
    grip: Annotated[Array, column("world", doc="Friction of the road over that of the dry road.")]
    lights: Annotated[Array, column("world", dtype=np.bool_, doc="It is dark or dim enough to drive with lights.")]
