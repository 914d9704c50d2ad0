"""What weather does to a pixel, in float64 and from the formulas."""

import math

import numpy as np


def linear(code: np.ndarray) -> np.ndarray:
    """Linear light of codes 0 to 255 (IEC 61966-2-1)."""
    share = np.asarray(code, np.float64) / 255.0
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def codes(light: np.ndarray) -> np.ndarray:
    """Codes 0 to 255 of linear light, not rounded."""
    light = np.clip(np.asarray(light, np.float64), 0.0, 1.0)
    return 255.0 * np.where(light <= 0.0031308, 12.92 * light, 1.055 * np.maximum(light, 1e-12) ** (1.0 / 2.4) - 0.055)


def low_beam(x: np.ndarray, left: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Illuminance over the lamps' intensity [1/m^2] at points ahead of them, to their left, above the road [m].

    A beam with half its strength at 20 degrees to either side, a soft edge 0.57 degrees down that rises to the right by
    15 degrees up to 0.05, and half its strength at 0.1 below the edge; 2 % stray light above it.
    """
    across, rise = -left / x, (z - 0.65) / x
    edge = -0.01 + np.clip(across * math.tan(math.radians(15.0)), 0.0, 0.05)
    below = edge - rise
    upper = np.clip(0.5 + below / 0.008, 0.02, 1.0)
    spread = (1.0 + (across / math.tan(math.radians(19.8))) ** 2) * (1.0 + (np.maximum(below, 0.0) / 0.1) ** 2)
    return upper / spread / np.maximum(x**2 + left**2, 9.0)


def schlick(cosine: np.ndarray) -> np.ndarray:
    """Reflectance of water (n = 1.33) by the cosine from the vertical (Schlick 1994)."""
    return 0.02 + 0.98 * (1.0 - cosine) ** 5
