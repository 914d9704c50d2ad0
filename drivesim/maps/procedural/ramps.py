"""Ramps: one lane that leaves a carriageway or joins it on the right.

Near the carriageway a ramp is an offset from its reference line, so both are abreast; beyond that it is a curve of
its own.
"""

from dataclasses import dataclass

import numpy as np

from drivesim.maps.curves import Curve, LaneLine, Profile, lane_line
from drivesim.maps.draw import Draw
from drivesim.maps.procedural.road import KMH

RADIUS_M = (90.0, 180.0)
LATERAL_MAX_M_S2 = 2.2
"""Speed limits keep the lateral acceleration below this."""
OWN_MIN_M = 200.0
"""Least length of a ramp's own curve [m]."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Ramp:
    """Geometry of a ramp; `far` is where it stops being described by the carriageway's reference line."""

    entry: bool
    """It joins; else it leaves."""
    place: int
    """Strip that it continues."""
    nose: float
    """Station where ramp and strip meet [m]."""
    far: float
    """Station [m]: before the nose on an entry, after it on an exit."""
    offset: Profile
    """Of its centre from the reference line, between `far` and the nose [m]."""
    own: Curve
    """Its centre from `far` outwards, away from the carriageway."""

    def lines(self, curve: Curve) -> tuple[LaneLine, LaneLine]:
        """Centre lines in driving order."""
        centre = Profile.constant(0.0)
        if self.entry:
            return lane_line(self.own, self.own.length, 0.0, centre), lane_line(curve, self.far, self.nose, self.offset)
        return lane_line(curve, self.nose, self.far, self.offset), lane_line(self.own, 0.0, self.own.length, centre)


def draw_ramp(draw: Draw, curve: Curve, *, entry: bool, place: int, nose: float, offset: float) -> Ramp:
    """A ramp that swings aside and bends away to the right.

    Args:
        draw: Random numbers.
        curve: The carriageway's reference line.
        entry: Whether it joins.
        place: Strip that it continues.
        nose: Station of the nose [m].
        offset: Lateral offset of the strip's centre [m].
    """
    span, aside = draw.between(160.0, 195.0), draw.between(10.5, 13.5)
    far = nose - span if entry else nose + span
    away = offset - aside
    profile = Profile.through((far, nose), (away, offset)) if entry else Profile.through((nose, far), (offset, away))
    pose = curve.pose(np.array([far]))
    x, y = pose.beside(away)[0]
    heading = float(pose.heading[0])
    start = float(pose.curvature[0] / (1.0 - pose.curvature[0] * away))
    turn = -1.0 / draw.between(*RADIUS_M)
    easing, angle = draw.between(50.0, 70.0), draw.between(0.7, 1.45)
    if entry:
        heading, start, turn = heading + np.pi, -start, -turn
    arc = max(angle / abs(turn) - easing, 10.0)
    rest = max(OWN_MIN_M - 2.0 * easing - arc, 0.0) + draw.between(20.0, 60.0)
    own = Curve(
        float(x), float(y), heading, [(easing, start, turn), (arc, turn, turn), (easing, turn, 0.0), (rest, 0.0, 0.0)]
    )
    return Ramp(entry=entry, place=place, nose=nose, far=far, offset=profile, own=own)


def bend_limit(line: LaneLine, low_kmh: float, high_kmh: float, step_kmh: float = 10.0) -> float:
    """The highest speed limit at which a lane's sharpest bend is comfortable [m/s]."""
    speed = float(np.sqrt(LATERAL_MAX_M_S2 / max(np.abs(line.curvature).max(), 1e-6)))
    rounded = step_kmh * np.floor(speed / (step_kmh * KMH) + 1e-6)
    return float(np.clip(rounded, low_kmh, high_kmh)) * KMH


def clear_of(points: np.ndarray, others: np.ndarray, distance: float) -> bool:
    """Whether every point, shape (point, 2), keeps a distance from all others, shape (other, 2)."""
    gap = points[:, None, :] - others[None, :, :]
    return bool(np.einsum("ijk,ijk->ij", gap, gap).min() >= distance * distance)
