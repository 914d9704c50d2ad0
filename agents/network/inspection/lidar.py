"""What an inspector measures of range images: what is missing and where, how rough surfaces are, spikes, motion."""

import numpy as np

from agents.network.senses.contract import Parts
from agents.network.senses.lidar import RANGE_STEP_M
from drivesim.kernels.device import device
from drivesim.kernels.entry import kernel

_STEP_M = np.float32(RANGE_STEP_M)
LIDAR_STATISTICS = (
    "returns", "returns_above", "returns_ahead", "returns_aside", "empty_beams", "lone_empty_beams", "holes_across",
    "holes_down", "lone", "roughness", *(f"rough_{part}" for part in ("2_cm", "5_cm", "10_cm", "30_cm", "1_m")),
    *(f"spikes_{part}" for part in ("10_cm", "30_cm", "1_m", "3_m")), "spikes_near", "near_above", "near_dim",
    "patches", "change",
)  # fmt: skip
"""Shares of rays with a return: all, of the upper half of the beams, of the middle eighth of the columns, of the eighth
at either side; of beams without any in the lower half, and of those between beams that have some; of missing rays
between two that are there, across and down; of returns between two that are missing. Of three returns side by side how
far the middle one is off the line between the others, at most half a metre, and the shares off by more than so much;
the same where those two agree within 2 %, and off by more than 1 m towards the sensor. Shares of rays above the middle
beam with a return within 20 m, of all with a dim one there, of patches of 4 beams by 20 columns in the lower half that
lack 40 %; and of rays that have a return now or had one before, but not both."""
_ROUGH_M = (0.02, 0.05, 0.1, 0.3, 1.0)
_SPIKE_M = (0.1, 0.3, 1.0, 3.0)
_NEAR_M = np.float32(20.0)
_DIM = (10, 15)
"""Intensities of false points, of 255."""
_PATCH_ROWS, _PATCH_COLUMNS, _PATCH_LEAST = 4, 20, 0.6


def measure_lidar(now: Parts, before: Parts, speed: np.ndarray) -> np.ndarray:
    """`LIDAR_STATISTICS` of `range` and `intensity`, (world, beam, column)."""
    out = np.zeros((len(speed), len(LIDAR_STATISTICS)), np.float32)
    sweeps_measured(now["range"], now["intensity"], before["range"], out)
    return out


@kernel
def sweeps_measured(ranges, intensity, before, out):
    """Measures range images.

    Args:
        ranges: In `RANGE_STEP_M`, 0 without a return, int16 (image, beam, column).
        intensity: uint8, same shape.
        before: Ranges a control step earlier.
        out: Written: float32 (image, number), zeros at first.
    """
    count, beams, columns = ranges.shape
    half, eighth = beams // 2, max(columns // 8, 1)
    filled = np.empty(beams, np.int64)
    for each in range(count):
        seen, above, ahead, aside = 0, 0, 0, 0
        holes_across, holes_down, lone, near_above, near_dim, changed = 0, 0, 0, 0, 0, 0
        runs, agreeing, roughness, near_spikes = 0, 0, 0.0, 0
        for beam in range(beams):
            filled[beam] = 0
            for column in range(columns):
                distance = np.float32(ranges[each, beam, column]) * _STEP_M
                is_there = distance > 0.0
                changed += is_there != (before[each, beam, column] > 0)
                inner = 0 < column < columns - 1
                left = np.float32(ranges[each, beam, max(column - 1, 0)]) * _STEP_M
                right = np.float32(ranges[each, beam, min(column + 1, columns - 1)]) * _STEP_M
                if not is_there:
                    holes_across += inner and left > 0.0 and right > 0.0
                    if 0 < beam < beams - 1:
                        holes_down += ranges[each, beam - 1, column] > 0 and ranges[each, beam + 1, column] > 0
                    continue
                filled[beam] += 1
                above += beam < half
                ahead += abs(2 * column - columns) < eighth
                aside += min(column, columns - 1 - column) < eighth
                lone += inner and left == 0.0 and right == 0.0
                if distance < _NEAR_M:
                    near_above += beam < half
                    near_dim += _DIM[0] < intensity[each, beam, column] <= _DIM[1]
                if not inner or left == 0.0 or right == 0.0:
                    continue
                off = distance - np.float32(0.5) * (left + right)
                size = abs(off)
                runs += 1
                roughness += min(size, np.float32(0.5))
                for step in range(len(_ROUGH_M)):
                    out[each, 10 + step] += np.float32(2.0) * size > _ROUGH_M[step]
                if abs(left - right) < np.float32(0.02) * max(right, np.float32(1.0)):
                    agreeing += 1
                    near_spikes += off < -1.0
                    for step in range(len(_SPIKE_M)):
                        out[each, 15 + step] += size > _SPIKE_M[step]
            seen += filled[beam]
        rays = beams * columns
        empty, lone_empty = 0, 0
        for beam in range(beams):
            empty += beam >= half and filled[beam] == 0
            if 0 < beam < beams - 1:
                lone_empty += filled[beam] == 0 and filled[beam - 1] > 0 and filled[beam + 1] > 0
        out[each, 0] = seen / rays
        out[each, 1] = above / (half * columns)
        out[each, 2] = ahead / (beams * eighth)
        out[each, 3] = aside / (2 * beams * eighth)
        out[each, 4], out[each, 5] = empty / (beams - half), lone_empty / beams
        out[each, 6], out[each, 7], out[each, 8] = holes_across / rays, holes_down / rays, lone / rays
        out[each, 9] = roughness / (runs + 0.001 * rays)
        for step in range(len(_ROUGH_M)):
            out[each, 10 + step] /= runs + 0.001 * rays
        for step in range(len(_SPIKE_M)):
            out[each, 15 + step] /= agreeing + 0.001 * rays
        out[each, 19] = near_spikes / (agreeing + 0.001 * rays)
        out[each, 20], out[each, 21] = near_above / (half * columns), near_dim / rays
        out[each, 22] = sparse_patches(ranges, each)
        out[each, 23] = changed / rays


@device
def sparse_patches(ranges, each):
    """Share of the patches of the lower half that lack more than 40 % of their rays."""
    beams, columns = ranges.shape[1:]
    sparse, patches = 0, 0
    for top in range(beams // 2, beams - _PATCH_ROWS + 1, _PATCH_ROWS):
        for left in range(0, columns - _PATCH_COLUMNS + 1, _PATCH_COLUMNS):
            there = 0
            for beam in range(top, top + _PATCH_ROWS):
                for column in range(left, left + _PATCH_COLUMNS):
                    there += ranges[each, beam, column] > 0
            sparse += there < _PATCH_LEAST * _PATCH_ROWS * _PATCH_COLUMNS
            patches += 1
    return sparse / max(patches, 1)
