"""What the weather of one world means for a picture: exposure, colour of light and air, head lamps.

Light is linear, in multiples of what a white surface returns under a clear noon; a picture's code 255 is 1.
"""

import math
from typing import NamedTuple

import numpy as np

from drivesim.kernels.device import device
from drivesim.sensors.camera.scene import map_slot, sky_of, sun_of
from drivesim.sensors.camera.shading import is_diffuse
from drivesim.sensors.camera.sky import HAZE_LENGTH_M

EXPOSURE_POWER = np.float32(-0.6)
"""The camera is set for the light of the day: its gain is daylight to this power, so that dusk is seen as darker."""
GAIN_MAX = np.float32(400.0)
"""Shutter, aperture and sensitivity of a night picture over those of noon."""
DAY_GAIN = np.float32(6.0)
"""Gain up to which it is day."""
DUSK = np.float32(0.02)
"""Daylight below this is squared over it: a night of 1e-3 stands for the 5 lux of a sky over lights (5e-5 of noon)."""
HEAD_LAMP = np.float32(0.6)
"""Both head lamps in their brightest direction: 60 kcd over the 100 klx of noon [m^2]."""
CLEAR_EXTINCTION = np.float32(1.0 / HAZE_LENGTH_M)
"""Of clear air [1/m]."""
THICK_FOG = np.float32(0.02)
"""Extinction from which on fog has the colour of clouds [1/m]."""
_OVERCAST_R, _OVERCAST_G, _OVERCAST_B = np.float32(0.60), np.float32(0.63), np.float32(0.67)
_BACKSCATTER = np.float32(0.02)
"""Share of the head lamps' light that fog returns per unit of extinction."""
_LOW_SUN = np.float32(0.3)
"""Sine of elevation below which sunlight turns warm."""
_ZERO, _HALF, _ONE = np.float32(0.0), np.float32(0.5), np.float32(1.0)
_BYTE = np.uint64(255)
f32 = np.float32
u64 = np.uint64


class Mood(NamedTuple):
    """Weather and light for the pixels of one view; all float32."""

    ambient: tuple[np.float32, np.float32, np.float32]
    """Exposed light of sky and sun on what the picture shows, over that of noon."""
    sky: tuple[np.float32, np.float32, np.float32]
    """The same of the sky, whose picture has the colours of the sun's height."""
    pale: np.float32
    """How colourless the sky is: by night it is grey."""
    air: tuple[np.float32, np.float32, np.float32]
    """Exposed light of endless air."""
    cloud: np.float32
    """Share of the sky behind clouds."""
    extinction: np.float32
    """By fog, rain and snow [1/m]."""
    gain: np.float32
    head: np.float32
    """Exposed intensity of the own head lamps [m^2]; 0: off."""
    scatter: np.float32
    """What fog returns of them."""
    wetness: np.float32
    puddles: np.float32
    snow: np.float32
    x: np.float32
    """The car's origin in the world [m]."""
    y: np.float32
    cos: np.float32
    """Of its heading."""
    sin: np.float32
    lamp_x: np.float32
    """Its head lamps ahead of its origin [m]."""
    sun: tuple[np.float32, np.float32, np.float32]
    """Towards the sun in the car's frame (forward, right, up)."""
    dazzle: np.float32
    """Light of the sun's disc on the lens over that of noon; 0: down or behind clouds."""


@device
def exposure(daylight):
    """Light that arrives, over noon's, and the camera's gain."""
    light = max(daylight, f32(1e-6))
    light *= min(light / DUSK, _ONE)
    return light, min(f32(math.pow(light, EXPOSURE_POWER)), GAIN_MAX)


@device
def mix3(a, b, share):
    """Between two colours."""
    return a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share


@device
def mood_of(scene, air, weather, world, own):
    """`Mood` of the camera on the road user in a slot."""
    light, gain = exposure(weather.daylight[world])
    exposed = light * gain
    cloud = min(max(weather.cloudiness[world], _ZERO), _ONE)
    sun_x, sun_y, sun_up, _ = sun_of(scene, world, map_slot(scene, world))
    warm = (_ONE - cloud) * min(max((_LOW_SUN - sun_up) / _LOW_SUN, _ZERO), _ONE)
    night = min(max(_ONE - light / DUSK, _ZERO), _ONE)
    # After sunset what is left comes from the blue sky.
    blue = max(min(-sun_up * f32(20.0), _ONE), night)
    warm *= _ONE - blue
    blue *= _ONE - _HALF * cloud
    sky = (exposed * (_ONE - f32(0.2) * night), exposed * (_ONE - f32(0.1) * night), exposed)
    ambient = (
        exposed * (_ONE + f32(0.14) * warm) * (_ONE - f32(0.22) * blue),
        exposed * (_ONE - f32(0.05) * warm) * (_ONE - f32(0.08) * blue),
        exposed * (_ONE - f32(0.28) * warm) * (_ONE + f32(0.16) * blue),
    )
    fog = min(weather.fog_extinction[world] / THICK_FOG, _ONE)
    haze = scene.sky.haze[sky_of(scene, world)]
    clear = (
        air.decode[haze & _BYTE], air.decode[(haze >> u64(19)) & _BYTE], air.decode[(haze >> u64(38)) & _BYTE],
    )  # fmt: skip
    grey = mix3(clear, (_OVERCAST_R, _OVERCAST_G, _OVERCAST_B), max(cloud, fog))
    yaw = scene.actors.yaw[world, own]
    cos, sin = f32(math.cos(yaw)), f32(math.sin(yaw))
    # By day head lamps light nothing that one would see.
    head = HEAD_LAMP * gain if weather.lights[world] and gain > DAY_GAIN else _ZERO
    dazzle = _ZERO
    if sun_up > _ZERO and not is_diffuse(sun_up, cloud):
        # The lower the sun, the more air and haze its disc shines through.
        dazzle = (_ONE - cloud) * min(sun_up / _LOW_SUN + f32(0.1), _ONE) * min(gain, f32(3.0))
    return Mood(
        ambient,
        sky,
        night,
        (grey[0] * sky[0], grey[1] * sky[1], grey[2] * sky[2]),
        cloud,
        max(weather.extinction[world], weather.fog_extinction[world]),
        gain,
        head,
        head * _BACKSCATTER * weather.extinction[world],
        min(max(weather.wetness[world], _ZERO), _ONE),
        min(max(weather.puddles[world], _ZERO), _ONE),
        min(max(weather.snow_cover[world], _ZERO), _ONE),
        scene.actors.x[world, own],
        scene.actors.y[world, own],
        cos,
        sin,
        scene.actors.length[world, own] - scene.actors.rear[world, own],
        (sun_x * cos + sun_y * sin, sun_x * sin - sun_y * cos, sun_up),
        dazzle,
    )
