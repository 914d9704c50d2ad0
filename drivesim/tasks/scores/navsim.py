"""NAVSIM's PDMS and EPDMS, computed closed loop over the way that was driven.

Reference: autonomousvision/navsim, `pdm_scorer.py`, `pdm_comfort_metrics.py`. NAVSIM scores a plan of 4 s in a
recording. Here the drive is cut into stretches of 4 s, the last of which ends with it, so that what ended it is judged;
what is left over before the first is dropped, unless it is all. Each stretch is scored as NAVSIM scores a plan, and a
drive's score is the mean of its stretches'. What stands in for the recording:

- Progress is compared with the expert's plan from where the stretch begins, over its first 3 s, as far as that plan
  reaches; NAVSIM takes the best of its rule-based planner's proposals. A plan of less than 5 m asks for none.
- There is no human drive by which a violation is excused; a route that asks for a lane change excuses leaving the
  centre.
- Extended comfort compares consecutive plans, of drivers that say what they plan (see `plans`); that is version 2 of
  EPDMS. Version 1 leaves it out and the other weights stand: NC DAC DDC TLC (5 EP + 5 TTC + 2 LK + 2 HC) / 14.
"""

from typing import NamedTuple

import numpy as np

from drivesim.tasks.scores.comfort import comfort_signals, within_bounds
from drivesim.tasks.scores.nuplan import direction, no_fault, times_to_collision
from drivesim.tasks.scores.plans import extended_comfort
from drivesim.tasks.scores.rss import run_length
from drivesim.tasks.scores.trace import DriveTrace

PDMS_VERSION, EPDMS_VERSION, EPDMS_2_VERSION = "pdms-closed-loop-1", "epdms-closed-loop-1", "epdms-closed-loop-2"
STRETCH_S = 4.0
PROGRESS_S = 3.0
PROGRESS_LEAST_M = 5.0
TTC_STEP_S, TTC_HORIZON_S = 0.3, 0.9
LANE_OFFSET_M, LANE_OFFSET_S = 0.5, 2.0
"""Farther from the centre of the lane than this, for longer than that, is no lane keeping."""


class NavsimScore(NamedTuple):
    """Parts of every stretch, in [0, 1], shapes (stretch,)."""

    nc: np.ndarray
    """No collision by own fault."""
    dac: np.ndarray
    """Drivable area."""
    ddc: np.ndarray
    """Driving direction."""
    tlc: np.ndarray
    """Traffic lights."""
    ep: np.ndarray
    """Ego progress."""
    ttc: np.ndarray
    lk: np.ndarray
    """Lane keeping."""
    hc: np.ndarray
    """Comfort."""
    ec: np.ndarray
    """Extended comfort; NaN in stretches of which no plans are known."""

    @property
    def pdms(self) -> float:
        """NC DAC (5 TTC + 2 C + 5 EP) / 12, mean over the stretches."""
        return float((self.nc * self.dac * (5.0 * self.ttc + 2.0 * self.hc + 5.0 * self.ep) / 12.0).mean())

    @property
    def epdms(self) -> float:
        """NC DAC DDC TLC (5 EP + 5 TTC + 2 LK + 2 HC) / 14, mean over the stretches."""
        mean = (5.0 * self.ep + 5.0 * self.ttc + 2.0 * self.lk + 2.0 * self.hc) / 14.0
        return float((self.nc * self.dac * self.ddc * self.tlc * mean).mean())

    @property
    def epdms_2(self) -> float:
        """NC DAC DDC TLC (5 EP + 5 TTC + 2 LK + 2 HC + 2 EC) / 16, mean over stretches of known plans; NaN without."""
        known = np.isfinite(self.ec)
        if not known.any():
            return np.nan
        mean = (5.0 * self.ep + 5.0 * self.ttc + 2.0 * self.lk + 2.0 * self.hc + 2.0 * self.ec) / 16.0
        return float((self.nc * self.dac * self.ddc * self.tlc * mean)[known].mean())


def navsim_score(trace: DriveTrace) -> NavsimScore:
    """The parts of every stretch of a drive of one row at least."""
    count, size = len(trace.x), max(1, round(STRETCH_S / trace.step_s))
    bounds = [(first, first + size) for first in range(count % size, count, size)] or [(0, count)]
    collides = times_to_collision(trace, TTC_HORIZON_S, TTC_STEP_S, first_s=0.0) < np.inf
    off_centre = (np.abs(trace.lane_offset) > LANE_OFFSET_M) & ~trace.in_junction & ~trace.is_changing
    astray = run_length(off_centre) * trace.step_s >= LANE_OFFSET_S
    comfortable = within_bounds(comfort_signals(trace))
    every = max(1, round(count / max(len(comfortable), 1)))
    ahead = max(1, round(PROGRESS_S / trace.step_s))
    rows = []
    for first, end in bounds:
        part = slice(first, end)
        goal = min(first + ahead, end - 1)
        gained = trace.remaining[first] - trace.remaining[goal]
        wanted = trace.planned[first] * (goal - first) / ahead
        is_last = end == count
        rows.append(
            (
                no_fault(trace.faults) if is_last else 1.0,
                float(not trace.off_road[part].any()),
                direction(trace.against[part], trace.step_s),
                float(not trace.red_light[part].any()),
                float(np.clip(gained / wanted, 0.0, 1.0)) if wanted > PROGRESS_LEAST_M else 1.0,
                float(not collides[part].any()),
                float(not astray[part].any()),
                float(comfortable[first // every : -(-end // every)].all()),
                extended_comfort(trace, first, end),
            )
        )
    return NavsimScore(*np.array(rows).T)
