"""All scores of one drive, by name."""

import math
from collections.abc import Mapping

import numpy as np

from drivesim.state import Event
from drivesim.tasks.score import INFRACTIONS
from drivesim.tasks.scores import comfort, leaderboard, navsim, nuplan, rss, safety
from drivesim.tasks.scores.trace import DriveTrace

DIRECTIONS: Mapping[str, int] = {
    leaderboard.VERSION_2_1: 1, leaderboard.VERSION_2_0: 1, leaderboard.BENCH2DRIVE: 1, "bench2drive_success": 1,
    "bench2drive_efficiency": 1, "bench2drive_smoothness": 1, navsim.PDMS_VERSION: 1, navsim.EPDMS_VERSION: 1,
    navsim.EPDMS_2_VERSION: 1,
    nuplan.VERSION: 1, comfort.VERSION: 1, "rss_danger_share": -1, "rss_response": 1, "rss_min_margin_m": 1,
    "min_ttc_s": 1, "max_drac_m_s2": -1, "min_pet_s": 1,
}  # fmt: skip
"""Every score: 1 where more is better, -1 where less is."""


def scores_of(
    trace: DriveTrace, *, completion: float, outside: float, counts: Mapping[str, int]
) -> dict[str, float | None]:
    """The scores of a drive; None where one is not defined or nothing came near.

    Args:
        trace: The drive.
        completion: Fraction of the route driven.
        outside: Fraction of the way driven outside the route's lanes.
        counts: How often each event happened, by the lower-case name of `Event`.
    """
    kinds = {kind: float(counts.get(event.name.lower(), 0)) for event, kind in INFRACTIONS.items()}
    shares = leaderboard.speed_shares(trace)
    slow = leaderboard.slowness(shares)
    stretches, danger, near = navsim.navsim_score(trace), rss.rss_of(trace), safety.safety_of(trace)
    ended = any(counts.get(event.name.lower(), 0) for event in (Event.OFF_ROAD, Event.WRONG_WAY))
    values = {
        leaderboard.VERSION_2_1: float(leaderboard.leaderboard_2_1(completion, outside, kinds, slow)),
        leaderboard.VERSION_2_0: float(leaderboard.leaderboard_2_0(completion, outside, kinds, slow)),
        leaderboard.BENCH2DRIVE: float(leaderboard.leaderboard_2_0(completion, outside, kinds)),
        "bench2drive_success": float(
            not ended and bool(leaderboard.bench2drive_success(np.float64(completion), kinds))
        ),
        "bench2drive_efficiency": leaderboard.efficiency(shares),
        "bench2drive_smoothness": comfort.smoothness(trace),
        navsim.PDMS_VERSION: stretches.pdms,
        navsim.EPDMS_VERSION: stretches.epdms,
        navsim.EPDMS_2_VERSION: stretches.epdms_2,
        nuplan.VERSION: nuplan.nuplan_score(trace).score,
        comfort.VERSION: float(comfort.is_comfortable(trace)),
        "rss_danger_share": danger.danger_share,
        "rss_response": float(danger.responds.mean()),
        "rss_min_margin_m": danger.min_margin,
        "min_ttc_s": near.min_ttc,
        "max_drac_m_s2": near.max_drac,
        "min_pet_s": near.min_pet,
    }
    return {name: value if math.isfinite(value) else None for name, value in values.items()}
