"""Palettes of the ground for a sky without sun.

Shadows of scenery are drawn into the ground picture: a texel in shadow is a darker shade of its material. Where no sun
shines, shades below the one that a material mostly has are brought up to near it.
"""

import numpy as np

from drivesim.maps.materials import LIGHTNESS, RAMPS, Material
from drivesim.sensors.camera.shading import TONES

_USUAL = 0.55
"""Place on its ramp of the shade that a material mostly has in the sun."""
_USUAL_PAINT = 0.8
_LIFT = 0.75
"""Share of the logarithm of a shadow's darkness that the last tone takes away."""
_PAINT = (Material.WHITE_PAINT, Material.YELLOW_PAINT)


def toned(palette: np.ndarray, tone: int) -> np.ndarray:
    """A palette of the ground with its shadows lifted.

    Args:
        palette: Columns R, G, B, class; uint8, shape (256, 4).
        tone: 0, as it is, to `TONES` - 1.
    """
    out = palette.copy()
    share = _LIFT * tone / (TONES - 1)
    for material, ramp in enumerate(RAMPS):
        indices = np.arange(ramp.first, ramp.first + ramp.count)
        lightness = LIGHTNESS[indices].astype(np.float64)
        usual = np.interp(_USUAL_PAINT if material in _PAINT else _USUAL, np.linspace(0.0, 1.0, ramp.count), lightness)
        lifted = np.where(lightness < usual, usual * (lightness / usual) ** (1.0 - share), lightness)
        for channel in range(3):
            out[indices, channel] = np.rint(np.interp(lifted, lightness, palette[indices, channel].astype(np.float64)))
    return out if tone else palette
