"""What all procedural roads need: drafts of lanes, painted lines and strips of ground along a reference line."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from drivesim.maps.curves import Curve, LaneLine, Pose
from drivesim.maps.network import Area, AreaKind, Lane, LaneType, Marking, MarkingColor, MarkingType

STRIP_PIECE_M = 60.0
"""Strips of ground are cut into polygons about this long, so that drawing one part touches few of them."""
OUTLINE_STEP_M = 1.5
"""Distance between the corners of a strip's outline."""

KMH = 1.0 / 3.6
"""[m/s] per km/h."""


@dataclass(kw_only=True)
class LaneDraft:
    """A lane whose links are still being made. Fields as in `Lane`; arrays or numbers, shape (point,) or ()."""

    line: LaneLine
    width: np.ndarray | float
    edge_left: np.ndarray | float
    edge_right: np.ndarray | float
    oncoming_left: np.ndarray | float = np.inf
    speed_limit: float
    type: LaneType = LaneType.DRIVING
    successors: list[int] = field(default_factory=list)
    left: int = -1
    right: int = -1
    change_left: bool = False
    change_right: bool = False
    road: int = 0

    def lane(self) -> Lane:
        """The finished lane."""
        shape = self.line.station.shape
        return Lane(
            points=self.line.points,
            heading=self.line.heading,
            curvature=self.line.curvature,
            width=np.broadcast_to(np.asarray(self.width, np.float64), shape),
            edge_left=np.broadcast_to(np.asarray(self.edge_left, np.float64), shape),
            edge_right=np.broadcast_to(np.asarray(self.edge_right, np.float64), shape),
            oncoming_left=np.broadcast_to(np.asarray(self.oncoming_left, np.float64), shape),
            length=self.line.length,
            speed_limit=self.speed_limit,
            type=self.type,
            successors=tuple(self.successors),
            left=self.left,
            right=self.right,
            change_left=self.change_left,
            change_right=self.change_right,
            road=self.road,
        )


@dataclass(frozen=True, kw_only=True)
class Paint:
    """How a line is painted."""

    type: MarkingType
    color: MarkingColor = MarkingColor.WHITE
    width_m: float = 0.15
    dash_m: float = 4.0
    gap_m: float = 8.0


def stations(start: float, stop: float, step: float) -> np.ndarray:
    """Evenly spaced stations from start to stop, both included, at most `step` apart [m]."""
    return np.linspace(start, stop, max(int(np.ceil(abs(stop - start) / step)), 1) + 1)


def painted_line(
    curve: Curve, start: float, stop: float, offset: Callable[[np.ndarray], np.ndarray | float], paint: Paint
) -> Marking:
    """A line painted along the reference line; `offset` maps stations, shape (station,), to lateral offsets [m]."""
    station = stations(start, stop, 1.0)
    return painted(curve.pose(station).beside(offset(station)), paint)


def painted(points: np.ndarray, paint: Paint) -> Marking:
    """A line painted through points, shape (point, 2)."""
    return Marking(
        points=points,
        type=paint.type,
        color=paint.color,
        width_m=paint.width_m,
        dash_m=paint.dash_m,
        gap_m=paint.gap_m,
    )


def strip(pose: Pose, left: np.ndarray | float, right: np.ndarray | float, kind: AreaKind) -> list[Area]:
    """Ground between two lateral offsets, as a row of polygons that share their ends.

    Args:
        pose: The reference line at consecutive stations about `OUTLINE_STEP_M` apart, shape (station,).
        left: Offset of the left side [m], shape (station,) or ().
        right: Offset of the right side [m], likewise.
        kind: What the ground is.
    """
    sides = np.stack((pose.beside(left), pose.beside(right)))
    count = len(pose.x)
    per_piece = max(int(STRIP_PIECE_M / OUTLINE_STEP_M), 1)
    return [
        Area(
            polygon=np.concatenate((sides[0, a : a + per_piece + 1], sides[1, a : a + per_piece + 1][::-1])), kind=kind
        )
        for a in range(0, count - 1, per_piece)
    ]


def runs(flags: np.ndarray) -> list[tuple[int, int]]:
    """Stretches of equal values: (first, one past the last) indices, in order."""
    cuts = np.flatnonzero(flags[1:] != flags[:-1]) + 1
    bounds = np.concatenate(([0], cuts, [len(flags)]))
    return [(int(a), int(b)) for a, b in pairwise(bounds)]


def closed(flags: np.ndarray, gap: int) -> np.ndarray:
    """Fills stretches of False shorter than `gap` that have True on both sides."""
    filled = flags.copy()
    for first, stop in runs(flags)[1:-1]:
        if not flags[first] and stop - first < gap:
            filled[first:stop] = True
    return filled


def widened(values: np.ndarray, reach: int) -> np.ndarray:
    """Greatest value within `reach` places on both sides."""
    padded = np.pad(values, reach, mode="edge")
    return np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1).max(axis=-1)


def link_chain(drafts: Sequence[LaneDraft], first: int) -> None:
    """Makes each of consecutive lanes, numbered from `first`, the successor of the one before."""
    for index, draft in enumerate(drafts[:-1]):
        draft.successors.append(first + index + 1)
