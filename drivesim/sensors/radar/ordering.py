"""Rows in the order of their range, and the strongest of them."""

import math

import numpy as np

from drivesim.kernels.device import device, routine
from drivesim.sensors.radar.tables import BIN_COUNT, Point

_RANGE, _SNR, _CHANCE = int(Point.RANGE), int(Point.SNR), int(Point.CHANCE)
_COLUMNS = 6
_ZERO = np.float32(0.0)
_LEVEL_DB = np.float32(2.0)
"""Levels by which rows are told to be stronger, per dB."""
_LEVELS_ABOVE = 64
"""Level of 0 dB."""
f32 = np.float32


@routine
def order_by_range(rows, place, count, order, bins, row, range_max):
    """Writes the numbers of the first `count` of `rows[place]` into `order[place]`, nearest first, ties as they come.

    Rows are shared out to bins of range, then sorted by insertion: they have not far to go.
    """
    scale = f32(BIN_COUNT) / range_max
    for index in range(BIN_COUNT + 1):
        bins[row, index] = 0
    for index in range(count):
        bins[row, min(int(rows[place, index, _RANGE] * scale), BIN_COUNT - 1) + 1] += 1
    for index in range(BIN_COUNT):
        bins[row, index + 1] += bins[row, index]
    for index in range(count):
        one = min(int(rows[place, index, _RANGE] * scale), BIN_COUNT - 1)
        order[place, bins[row, one]] = index
        bins[row, one] += 1
    for at in range(1, count):
        index = order[place, at]
        distance, left = rows[place, index, _RANGE], at
        while left > 0 and rows[place, order[place, left - 1], _RANGE] > distance:
            order[place, left] = order[place, left - 1]
            left -= 1
        order[place, left] = index


@device
def _level(snr):
    return min(max(math.floor(snr * _LEVEL_DB) + _LEVELS_ABOVE, 0), BIN_COUNT - 1)


@routine
def deliver(radar, rows, place, order, count, view, row):
    """Writes the strongest of `rows[place]` that are no mirror images into the frames of a view, nearest first, then 0.

    Where they are more than a frame holds, those that are weaker by half a decibel are left out first, and of equally
    strong ones the farther.
    """
    room = radar.valid.shape[1]
    least, spare = 0, count
    if count > room:
        bins = radar.bins
        for index in range(BIN_COUNT + 1):
            bins[row, index] = 0
        for index in range(count):
            if rows[place, index, _CHANCE] < _ZERO:
                bins[row, _level(rows[place, index, _SNR])] += 1
        above, least = 0, BIN_COUNT - 1
        while least > 0 and above + bins[row, least] <= room:
            above += bins[row, least]
            least -= 1
        spare = room - above
    written = 0
    for at in range(count):
        index = order[place, at]
        level = _level(rows[place, index, _SNR])
        if written == room or rows[place, index, _CHANCE] >= _ZERO or level < least:
            continue
        if level == least:
            if spare == 0:
                continue
            spare -= 1
        for column in range(_COLUMNS):
            radar.detections[view, written, column] = rows[place, index, column]
        radar.valid[view, written] = 1
        written += 1
    for at in range(written, room):
        for column in range(_COLUMNS):
            radar.detections[view, at, column] = _ZERO
        radar.valid[view, at] = 0
