"""What an inspector measures of detections: how many, how strong, where, how they move, which were there before."""

import numpy as np

from agents.network.senses.contract import Parts
from agents.network.senses.radar import AZIMUTH, COMPENSATED_SPEED, RADIAL_SPEED, RANGE, RCS, SNR
from drivesim.kernels.device import device
from drivesim.kernels.entry import kernel

SECTOR_EDGES_RAD = (-0.25, -0.12, -0.04, 0.04, 0.12, 0.25)
RADAR_STATISTICS = (
    "count", "range", "near", "snr", "least_snr", "weak", "rcs", "rcs_deviation", "speed", "moving", "fast",
    "towards", "aside", "aside_moving", *(f"sector_{sector}" for sector in range(len(SECTOR_EDGES_RAD) + 1)),
    "tracked", "new",
)  # fmt: skip
"""Detections; mean range, and how many within 30 m; mean and least SNR, and how many below 15 dB; mean and deviation of
the RCS; mean size of the speed over ground, how many faster than 2 and 15 m/s, and towards the car than 3 m/s; how many
more than 8 m aside, and moving there; how many in each sector of azimuth. Share, and number of the others, near which
one was before, its range moved on by its radial speed, within 1.5 m, 3 m across and 1.5 m/s."""
_NEAR_M, _WEAK_DB, _ASIDE_M = np.float32(30.0), np.float32(15.0), np.float32(8.0)
_MOVING, _FAST, _TOWARDS = np.float32(2.0), np.float32(15.0), np.float32(-3.0)
_SAME_M, _SAME_ASIDE_M, _SAME_M_S = np.float32(1.5), np.float32(3.0), np.float32(1.5)
_STEP_S = np.float32(0.1)
"""Between the frames that are compared [s]."""


def measure_radar(now: Parts, before: Parts, speed: np.ndarray) -> np.ndarray:
    """`RADAR_STATISTICS` of `detections`, (world, n, 6), and `valid`, (world, n)."""
    out = np.zeros((len(speed), len(RADAR_STATISTICS)), np.float32)
    detections_measured(now["detections"], now["valid"], before["detections"], before["valid"], out)
    return out


@kernel
def detections_measured(seen, valid, before, valid_before, out):
    """Measures sets of detections.

    Args:
        seen: float32 (set, detection, 6).
        valid: uint8 (set, detection).
        before: Those a control step earlier.
        valid_before: The same of them.
        out: Written: float32 (set, number), zeros at first.
    """
    for each in range(len(seen)):
        count, distance, snr, least, rcs, square, speed, tracked = 0, 0.0, 0.0, np.inf, 0.0, 0.0, 0.0, 0
        for one in range(seen.shape[1]):
            if valid[each, one] == 0:
                continue
            r, azimuth, own = seen[each, one, RANGE], seen[each, one, AZIMUTH], seen[each, one, COMPENSATED_SPEED]
            aside = abs(r * np.sin(azimuth)) > _ASIDE_M
            is_moving = abs(own) > _MOVING
            count += 1
            distance += r
            snr += seen[each, one, SNR]
            least = min(least, seen[each, one, SNR])
            rcs += seen[each, one, RCS]
            square += seen[each, one, RCS] * seen[each, one, RCS]
            speed += abs(own)
            out[each, 2] += r < _NEAR_M
            out[each, 5] += seen[each, one, SNR] < _WEAK_DB
            out[each, 9] += is_moving
            out[each, 10] += abs(own) > _FAST
            out[each, 11] += own < _TOWARDS
            out[each, 12] += aside
            out[each, 13] += aside and is_moving
            sector = 0
            for edge in SECTOR_EDGES_RAD:
                sector += azimuth > edge
            out[each, 14 + sector] += 1.0
            tracked += was_there(seen[each, one], before[each], valid_before[each])
        among = max(count, 1)
        for column in (2, 5, 9, 10, 11, 12, 13):
            out[each, column] /= 8.0
        for sector in range(len(SECTOR_EDGES_RAD) + 1):
            out[each, 14 + sector] /= 4.0
        out[each, 0], out[each, 1] = count / 16.0, distance / among / 50.0
        out[each, 3], out[each, 4] = snr / among / 20.0, (least if count > 0 else 50.0) / 20.0
        out[each, 6] = rcs / among / 20.0
        out[each, 7] = np.sqrt(max(square / among - (rcs / among) * (rcs / among), 0.0)) / 20.0
        out[each, 8] = speed / among / 10.0
        out[each, 21], out[each, 22] = tracked / among, (count - tracked) / 8.0


@device
def was_there(one, before, valid):
    """Whether a detection has one near it among those before."""
    expected = one[RANGE] - one[RADIAL_SPEED] * _STEP_S  # Where it was; positive speeds recede.
    across = min(one[RANGE], np.float32(60.0))
    for other in range(len(before)):
        if valid[other] == 0 or abs(expected - before[other, RANGE]) > _SAME_M:
            continue
        if abs(one[AZIMUTH] - before[other, AZIMUTH]) * across > _SAME_ASIDE_M:
            continue
        if abs(one[RADIAL_SPEED] - before[other, RADIAL_SPEED]) < _SAME_M_S:
            return True
    return False
