"""The shutter: what moves is smeared while it is open, and rows that are read later see it farther on.

A point at p now, whose flow is F, is at p - F t / step at time t. So a pixel that looks at time t sees what is now at
p + F t / step, with the flow of what it sees: motion is taken as even within a control step.
"""

import math

import numpy as np

from drivesim.kernels.device import device

SAMPLES_MAX = 32
"""Most moments of an exposure that are averaged."""
_STILL_PX = np.float32(0.02)
"""What has moved by less between rows is left where it is [px]."""
_SAMPLES = np.int64(SAMPLES_MAX)
_HALF, _ONE, _ZERO = np.float32(0.5), np.float32(1.0), np.float32(0.0)
_G, _B = np.uint64(1), np.uint64(2)
f32 = np.float32
u64 = np.uint64


@device
def near(place, size):
    """The pixel that holds a place [px], kept inside the picture."""
    return min(max(np.int64(place), np.int64(0)), size - 1)


@device
def flow_at(flow, pixel, width, height, x, y):
    """Flow of the pixel of a view that holds the point (x, y)."""
    at = u64(2) * u64(pixel + near(y, height) * width + near(x, width))
    return flow[at], flow[at + u64(1)]


@device
def light_at(light, width, height, x, y):
    """Red, green and blue at a point, bilinear between pixel centres."""
    x, y = min(max(x - _HALF, _ZERO), f32(width - 1)), min(max(y - _HALF, _ZERO), f32(height - 1))
    left, top = np.int64(x), np.int64(y)
    right, bottom = min(left + 1, width - 1), min(top + 1, height - 1)
    fx, fy = x - f32(left), y - f32(top)
    w11 = fx * fy
    w10, w01 = fy - w11, fx - w11
    w00 = _ONE - fx - w10
    p00, p01 = u64(3 * (top * width + left)), u64(3 * (top * width + right))
    p10, p11 = u64(3 * (bottom * width + left)), u64(3 * (bottom * width + right))
    return (
        w00 * light[p00] + w01 * light[p01] + w10 * light[p10] + w11 * light[p11],
        w00 * light[p00 + _G] + w01 * light[p01 + _G] + w10 * light[p10 + _G] + w11 * light[p11 + _G],
        w00 * light[p00 + _B] + w01 * light[p01 + _B] + w10 * light[p10 + _B] + w11 * light[p11 + _B],
    )


@device
def expose(light, flow, pixel, width, height, readout, opened, out):
    """The light that falls on each pixel while its row's shutter is open.

    Args:
        light: Linear light of the picture now, float32, flat, three numbers a pixel.
        flow: Flow of all views, flat.
        pixel: First pixel of the view.
        width: [px]
        height: [px]
        readout: Time from the first to the last row, in control steps; the middle row is read now.
        opened: How long the shutter is open, in control steps, half of it before a row's time.
        out: Receives the light, as `light`.
    """
    for row in range(height):
        late = readout * ((f32(row) + _HALF) / f32(height) - _HALF)
        for column in range(width):
            at = u64(3 * (row * width + column))
            seen = u64(2 * (pixel + row * width + column))
            by_x, by_y = flow[seen], flow[seen + u64(1)]
            x, y = f32(column) + _HALF, f32(row) + _HALF
            is_moved = abs(by_x * late) + abs(by_y * late) > _STILL_PX
            if is_moved:
                by_x, by_y = flow_at(flow, pixel, width, height, x + by_x * late, y + by_y * late)
                x, y = x + by_x * late, y + by_y * late
            length = opened * f32(math.sqrt(by_x * by_x + by_y * by_y))
            count = min(np.int64(length) + 1, _SAMPLES)
            if count == 1 and not is_moved:
                for channel in range(3):
                    out[at + u64(channel)] = light[at + u64(channel)]
                continue
            share = _ONE / f32(count)
            red, green, blue = _ZERO, _ZERO, _ZERO
            for sample in range(count):
                when = opened * ((f32(sample) + _HALF) * share - _HALF)
                r, g, b = light_at(light, width, height, x + by_x * when, y + by_y * when)
                red, green, blue = red + r, green + g, blue + b
            out[at], out[at + _G], out[at + _B] = red * share, green * share, blue * share
