"""Small pictures of numbers, for people: one row a value, its samples from left to right, zero in the middle."""

from collections.abc import Mapping, Sequence

import numpy as np

ROW_PX, WIDTH_PX = 20, 120
_BACK, _ZERO_LINE = (24, 26, 30), (70, 74, 82)
_INK = ((235, 110, 90), (110, 205, 120), (100, 160, 245), (240, 190, 90), (190, 130, 240), (90, 210, 210))


def strip_picture(values: Mapping[str, np.ndarray], spans: Sequence[float]) -> np.ndarray:
    """Values as filled curves around zero, uint8 (rows * ROW_PX, WIDTH_PX, 3).

    Args:
        values: Samples of each row, the oldest first.
        spans: Value at which a row's curve touches its edge.
    """
    picture = np.full((len(values), ROW_PX, WIDTH_PX, 3), _BACK, np.uint8)
    middle = ROW_PX // 2
    height = np.arange(ROW_PX)[:, None]
    for row, (samples, span) in enumerate(zip(values.values(), spans, strict=True)):
        place = np.arange(WIDTH_PX) * len(samples) // WIDTH_PX
        shares = np.clip(np.asarray(samples, np.float64)[place] / span, -1.0, 1.0)
        end = middle - np.rint(shares * (middle - 2)).astype(int)
        filled = (height >= np.minimum(end, middle)) & (height <= np.maximum(end, middle))
        picture[row][filled] = _INK[row % len(_INK)]
        picture[row, middle] = _ZERO_LINE
    return picture.reshape(len(values) * ROW_PX, WIDTH_PX, 3)
