"""Structural similarity (Wang et al. 2004) of pictures, in float64 and without shortcuts other than a box window."""

import numpy as np

WINDOW = 7


def structural_similarity(one: np.ndarray, other: np.ndarray) -> float:
    """Mean over pixels and channels of uint8 pictures (H, W, C)."""
    x, y = one.astype(np.float64), other.astype(np.float64)
    mean_x, mean_y = _windows(x), _windows(y)
    count = WINDOW**2
    unbiased = count / (count - 1)
    variance_x = unbiased * (_windows(x * x) - mean_x**2)
    variance_y = unbiased * (_windows(y * y) - mean_y**2)
    covariance = unbiased * (_windows(x * y) - mean_x * mean_y)
    c1, c2 = (0.01 * 255.0) ** 2, (0.03 * 255.0) ** 2
    above = (2.0 * mean_x * mean_y + c1) * (2.0 * covariance + c2)
    below = (mean_x**2 + mean_y**2 + c1) * (variance_x + variance_y + c2)
    return float((above / below).mean())


def _windows(values: np.ndarray) -> np.ndarray:
    """Means over all windows that lie inside."""
    sums = np.cumsum(np.cumsum(np.pad(values, ((1, 0), (1, 0), (0, 0))), axis=0), axis=1)
    size = WINDOW
    return (sums[size:, size:] - sums[:-size, size:] - sums[size:, :-size] + sums[:-size, :-size]) / size**2
