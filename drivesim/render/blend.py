"""The ways a pixel is laid over another; one pass each, as kernels."""

import math

import numpy as np
from numba import njit

from drivesim.kernels.entry import kernel

_FULL, _HALF = np.int32(255), np.int32(127)


@njit(inline="always")
def _over_255(value):
    """A 255th of a value in [0, 65534], rounded exactly without a division."""
    value += np.int32(128)
    return (value + (value >> 8)) >> 8


@kernel
def blend_color(frame, left, top, mask, red, green, blue, opacity):
    """Blends a colour into a frame where a mask says so.

    Args:
        frame: RGBA uint8, shape (H, W, 4), written.
        left: Where the mask's first column lies.
        top: Where its first row lies; the mask lies inside the frame.
        mask: uint8, shape (h, w).
        red: 0 to 255, int32, as `green` and `blue`.
        green: See `red`.
        blue: See `red`.
        opacity: 0 to 256, int32; scales the mask.
    """
    for row in range(mask.shape[0]):
        for column in range(mask.shape[1]):
            share = (np.int32(mask[row, column]) * opacity) >> 8
            if share == 0:
                continue
            keep = _FULL - share
            y, x = top + row, left + column
            frame[y, x, 0] = _over_255(np.int32(frame[y, x, 0]) * keep + red * share)
            frame[y, x, 1] = _over_255(np.int32(frame[y, x, 1]) * keep + green * share)
            frame[y, x, 2] = _over_255(np.int32(frame[y, x, 2]) * keep + blue * share)


@kernel
def blend_picture(frame, left, top, picture, opacity):
    """Lays a premultiplied RGBA picture, uint8 (h, w, 4), over a frame; arguments as for `blend_color`.

    Colour beyond what alpha allows adds light; sums stop at 255.
    """
    for row in range(picture.shape[0]):
        for column in range(picture.shape[1]):
            share = (np.int32(picture[row, column, 3]) * opacity) >> 8
            y, x = top + row, left + column
            keep = _FULL - share
            for channel in range(3):
                light = (np.int32(picture[row, column, channel]) * opacity) >> 8
                if light > 0 or share > 0:
                    under = _over_255(np.int32(frame[y, x, channel]) * keep)
                    frame[y, x, channel] = min(under + light, _FULL)


@kernel
def blend_rings(frame, centers, inner, outer, red, green, blue, opacity):
    """Blends rings into a frame, antialiased by the distance of every pixel's centre from their edges.

    Args:
        frame: RGBA uint8, shape (H, W, 4), written.
        centers: Finite, float64, shape (ring, 2) [px]; what lies outside the frame is left out.
        inner: Radius of the hole [px]; below -0.5 there is none.
        outer: Radius [px].
        red: 0 to 255, int32, as `green` and `blue`.
        green: See `red`.
        blue: See `red`.
        opacity: In [0, 1].
    """
    for index in range(centers.shape[0]):
        x, y = centers[index, 0] - 0.5, centers[index, 1] - 0.5
        top, bottom = max(y - outer - 1.0, 0.0), min(y + outer + 2.0, np.float64(frame.shape[0]))
        left, right = max(x - outer - 1.0, 0.0), min(x + outer + 2.0, np.float64(frame.shape[1]))
        for row in range(int(top), int(max(bottom, 0.0))):
            for column in range(int(left), int(max(right, 0.0))):
                distance = math.sqrt((column - x) ** 2 + (row - y) ** 2)
                cover = min(max(outer + 0.5 - distance, 0.0), 1.0) - min(max(inner + 0.5 - distance, 0.0), 1.0)
                share = np.int32(255.0 * opacity * cover + 0.5)
                keep = _FULL - share
                frame[row, column, 0] = _over_255(np.int32(frame[row, column, 0]) * keep + red * share)
                frame[row, column, 1] = _over_255(np.int32(frame[row, column, 1]) * keep + green * share)
                frame[row, column, 2] = _over_255(np.int32(frame[row, column, 2]) * keep + blue * share)
