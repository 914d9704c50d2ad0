"""Tables of light: from sRGB bytes to linear light and back, and quantiles of the normal distribution.

sRGB is IEC 61966-2-1: linear below 0.0031308, a power of 2.4 above.
"""

from functools import lru_cache
from statistics import NormalDist

import numpy as np

ENCODED_SIZE = 1 << 14
"""Steps of linear light from 0 to 1 for which there is a byte: five to the darkest byte."""
NORMAL_BITS = 12


@lru_cache(maxsize=1)
def linear_of_byte() -> np.ndarray:
    """Linear light, 0 to 1, of each sRGB byte, float32, shape (256,)."""
    value = np.arange(256) / 255.0
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4).astype(np.float32)


@lru_cache(maxsize=1)
def byte_of_linear() -> np.ndarray:
    """Byte of sRGB for each of `ENCODED_SIZE` steps of linear light from 0 to 1, uint8."""
    light = np.arange(ENCODED_SIZE) / (ENCODED_SIZE - 1.0)
    value = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1.0 / 2.4) - 0.055)
    return np.rint(255.0 * value).astype(np.uint8)


@lru_cache(maxsize=1)
def normal_quantiles() -> np.ndarray:
    """Equally likely values with mean 0 and variance 1 that are normally distributed, float32, (2^NORMAL_BITS,)."""
    count = 1 << NORMAL_BITS
    values = np.array([NormalDist().inv_cdf((index + 0.5) / count) for index in range(count)])
    return (values / values.std()).astype(np.float32)
