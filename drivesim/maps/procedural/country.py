"""Winding two-lane country roads: one lane per direction, right-hand traffic.

The drivable surface ends where a car would leave the road for good: at the outer end of the gravel shoulder, or
at the curb.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from drivesim.config import MapConfig
from drivesim.errors import MapError
from drivesim.maps.control import Signal
from drivesim.maps.curves import Curve, Profile, lane_line
from drivesim.maps.draw import Draw
from drivesim.maps.network import Area, AreaKind, Marking, MarkingColor, MarkingType, RoadNetwork, Route
from drivesim.maps.procedural.road import (
    KMH,
    OUTLINE_STEP_M,
    LaneDraft,
    Paint,
    closed,
    link_chain,
    painted_line,
    runs,
    stations,
    strip,
    widened,
)

START_M = 30.0
"""Road behind a route's start [m]."""
BEYOND_M = 160.0
"""Road beyond a route's goal [m]."""
RADIUS_M = (35.0, 400.0)
SELF_DISTANCE_M = 25.0
"""The road stays this far from itself [m], measured between points farther apart along it than `SELF_ALONG_M`."""
SELF_ALONG_M = 90.0
LATERAL_MAX_M_S2 = 2.5
"""Speed limits keep the lateral acceleration below this."""
APPROACH_M_S2 = 1.5
"""Limits fall towards a bend no faster than a car braking so."""
LIMITS_KMH = (30.0, 80.0)
LIMIT_BLOCK_M = 40.0
"""Speed limits change at multiples of this [m]."""
SHARP_CURVATURE = 1.0 / 130.0
"""Bends tighter than this have a solid centre line [1/m]."""
ATTEMPTS = 200
_BENDS, _SHAPE = 1, 2
"""Purposes of random draws."""


@dataclass(frozen=True, kw_only=True)
class CrossSection:
    """What a road is like from side to side, the same all along but for the lane width."""

    width: Profile
    """Of either lane [m]."""
    verge: float
    """Paved strip outside the edge line [m]."""
    curb: bool
    """Curb and pavement beyond the verge, else a gravel shoulder."""
    border: float
    """Width of the pavement or of the shoulder [m]."""
    yellow: bool
    """Yellow centre line, double where solid."""
    line_width: float
    """[m]"""
    dash_m: float
    gap_m: float
    limit_kmh: float
    """Limit on straights."""

    @property
    def drivable_beyond_lane(self) -> float:
        """From the outer side of a lane to the end of the drivable surface [m]."""
        return self.verge + (0.0 if self.curb else self.border)


def country_road(seed: int, config: MapConfig) -> RoadNetwork:
    """A winding two-lane road, reproducible from the seed and `config.length_m`.

    Lanes 0 .. n-1 run along the reference line, the others against it. Route 0 runs with it, route 1 against.
    """
    length = START_M + config.length_m + BEYOND_M
    curve = _centre_line(seed, length)
    draw = Draw(seed, _SHAPE)
    section = _cross_section(draw, length)
    forward = _lanes(curve, section, _limits(curve, section, forward=True), forward=True)
    backward = _lanes(curve, section, _limits(curve, section, forward=False), forward=False)
    link_chain(forward, 0)
    link_chain(backward, len(forward))
    for road, draft in enumerate(forward + backward):
        draft.road = road
    lanes = tuple(draft.lane() for draft in forward + backward)
    routes = []
    for first, drafts in ((0, forward), (len(forward), backward)):
        lengths = np.array([draft.line.length for draft in drafts])
        begin, end = np.cumsum(lengths) - lengths, np.cumsum(lengths)
        start, goal = (int(np.searchsorted(end, s)) for s in (START_M, START_M + config.length_m))
        routes.append(
            Route(
                start_lane=first + start,
                start_s=START_M - float(begin[start]),
                goal_lane=first + goal,
                goal_s=START_M + config.length_m - float(begin[goal]),
            )
        )
    return RoadNetwork(
        name=f"country_road-{seed}",
        seed=seed,
        lanes=lanes,
        markings=tuple(_markings(curve, section)),
        areas=tuple(_areas(curve, section)),
        signals=tuple(_limit_signs(forward, 0, section) + _limit_signs(backward, len(forward), section)),
        routes=tuple(routes),
        sun_azimuth=draw.between(-np.pi, np.pi),
        sun_elevation=draw.between(0.4, 1.2),
    )


def _centre_line(seed: int, length: float) -> Curve:
    for attempt in range(ATTEMPTS):
        curve = _draw_bends(Draw(seed, _BENDS, attempt), length)
        if _keeps_clear_of_itself(curve):
            return curve
    raise MapError(f"country_road-{seed}: no road of {length:.0f} m keeps clear of itself in {ATTEMPTS} attempts")


def _draw_bends(draw: Draw, length: float) -> Curve:
    """Straights and bends (clothoid, arc, clothoid); bends tend to lead back to the first direction."""
    heading = draw.between(-np.pi, np.pi)
    pieces: list[tuple[float, float, float]] = [(draw.between(20.0, 60.0), 0.0, 0.0)]
    drawn, turned = pieces[0][0], 0.0
    while drawn < length:
        radius = float(np.exp(draw.between(*np.log(RADIUS_M))))
        angle = draw.between(0.25, 1.0) * min(1.9, 0.45 + 70.0 / radius)
        side = 1.0 if draw.chance(1.0 / (1.0 + float(np.exp(2.5 * turned)))) else -1.0
        easing = min(max(draw.between(0.25, 0.6) * radius, 15.0), 80.0)
        easing = min(easing, 0.9 * radius * angle)
        curvature = side / radius
        bend = [
            (easing, 0.0, curvature),
            (radius * angle - easing, curvature, curvature),
            (easing, curvature, 0.0),
        ]
        if draw.chance(0.6):
            bend.append((draw.between(15.0, 120.0), 0.0, 0.0))
        pieces += bend
        drawn += sum(piece[0] for piece in bend)
        turned += side * angle
    return Curve(0.0, 0.0, heading, _cut(pieces, length))


def _cut(pieces: list[tuple[float, float, float]], length: float) -> np.ndarray:
    """The first `length` metres."""
    rows = np.array(pieces)
    end = np.cumsum(rows[:, 0])
    last = int(np.searchsorted(end, length))
    rows = rows[: last + 1].copy()
    share = 1.0 - (end[last] - length) / rows[last, 0]
    rows[last] = rows[last, 0] * share, rows[last, 1], rows[last, 1] + share * (rows[last, 2] - rows[last, 1])
    return rows


def _keeps_clear_of_itself(curve: Curve) -> bool:
    step = 5.0
    pose = curve.pose(np.arange(0.0, curve.length, step))
    apart = np.hypot(np.subtract.outer(pose.x, pose.x), np.subtract.outer(pose.y, pose.y))
    index = np.arange(len(pose.x))
    far = np.abs(np.subtract.outer(index, index)) * step >= SELF_ALONG_M
    return bool((apart[far] >= SELF_DISTANCE_M).all())


def _cross_section(draw: Draw, length: float) -> CrossSection:
    knots = np.arange(-50.0, length + 200.0, 100.0) + draw.between(-20.0, 20.0)
    middle = draw.between(3.35, 3.75)
    curb = draw.chance(0.3)
    dash_m, gap_m = draw.pick(((4.0, 8.0), (3.0, 9.0), (3.0, 6.0)))
    return CrossSection(
        width=Profile.through(knots, np.clip(middle + draw.many(-0.2, 0.2, len(knots)), 3.2, 3.9)),
        verge=draw.between(0.25, 0.45) if curb else draw.between(0.2, 0.5),
        curb=curb,
        border=draw.between(1.5, 2.5) if curb else draw.between(0.5, 1.5),
        yellow=draw.chance(0.35),
        line_width=draw.between(0.12, 0.15),
        dash_m=dash_m,
        gap_m=gap_m,
        limit_kmh=draw.pick((60.0, 70.0, 80.0)),
    )


def _limits(curve: Curve, section: CrossSection, *, forward: bool) -> list[tuple[float, float, float]]:
    """Stretches of one speed limit in driving order: (first station, last station, limit [m/s]).

    The limit falls ahead of a bend as a car braking with `APPROACH_M_S2` would slow, is rounded down to
    10 km/h, and rises for no stretch of a single block.
    """
    count = max(round(curve.length / LIMIT_BLOCK_M), 1)
    station = np.linspace(0.0, curve.length, 40 * count + 1)
    curvature = widened(np.abs(curve.curvature(station)), 5)
    low, high = LIMITS_KMH[0] * KMH, section.limit_kmh * KMH
    squared = np.clip(LATERAL_MAX_M_S2 / np.maximum(curvature, 1e-6), low**2, high**2)
    if not forward:
        squared = squared[::-1]
    slowing = squared + 2.0 * APPROACH_M_S2 * station
    squared = np.minimum.accumulate(slowing[::-1])[::-1] - 2.0 * APPROACH_M_S2 * station
    blocks = np.lib.stride_tricks.sliding_window_view(squared, 41)[::40].min(axis=-1)
    limit = np.floor(np.sqrt(blocks) / (10.0 * KMH) + 1e-6) * 10.0
    inner = np.minimum(limit[1:-1], np.maximum(limit[:-2], limit[2:]))
    limit[1:-1] = np.maximum(inner, LIMITS_KMH[0])
    knots = np.linspace(0.0, curve.length, count + 1)
    if not forward:
        knots = knots[::-1]
    return [(float(knots[a]), float(knots[b]), float(limit[a]) * KMH) for a, b in runs(limit)]


def _lanes(
    curve: Curve, section: CrossSection, limits: list[tuple[float, float, float]], *, forward: bool
) -> list[LaneDraft]:
    offset = section.width * (-0.5 if forward else 0.5)
    drafts = []
    for start, stop, limit in limits:
        line = lane_line(curve, start, stop, offset)
        width = section.width.value(line.station)
        drafts.append(
            LaneDraft(
                line=line,
                width=width,
                edge_left=1.5 * width + section.drivable_beyond_lane,
                edge_right=0.5 * width + section.drivable_beyond_lane,
                oncoming_left=0.5 * width,
                speed_limit=limit,
            )
        )
    return drafts


def _limit_signs(drafts: list[LaneDraft], first: int, section: CrossSection) -> list[Signal]:
    """A sign at the roadside wherever the limit changes."""
    signs = []
    for index, (before, draft) in enumerate(pairwise(drafts)):
        if draft.speed_limit != before.speed_limit:
            heading = float(draft.line.heading[0])
            aside = 0.5 * float(np.asarray(draft.width)[0]) + section.verge + section.border + 0.5
            x, y = draft.line.points[0] + aside * np.array([np.sin(heading), -np.cos(heading)])
            signs.append(
                Signal(type="274", x=float(x), y=float(y), yaw=heading + np.pi, lane=first + index + 1, stop_s=0.0,
                       value=draft.speed_limit)
            )  # fmt: skip
    return signs


def _markings(curve: Curve, section: CrossSection) -> list[Marking]:
    edge = Paint(type=MarkingType.SOLID, width_m=section.line_width)
    lines = [painted_line(curve, 0.0, curve.length, (section.width * side).value, edge) for side in (1.0, -1.0)]
    station = stations(0.0, curve.length, 1.0)
    sharp = widened(np.abs(curve.curvature(station)), 25) > SHARP_CURVATURE
    sharp = ~closed(~closed(sharp, 60), 40)
    color = MarkingColor.YELLOW if section.yellow else MarkingColor.WHITE
    solid = MarkingType.SOLID_SOLID if section.yellow else MarkingType.SOLID
    for a, b in runs(sharp):
        paint = Paint(
            type=solid if sharp[a] else MarkingType.BROKEN,
            color=color,
            width_m=section.line_width,
            dash_m=section.dash_m,
            gap_m=section.gap_m,
        )
        stop = station[min(b, len(station) - 1)]
        lines.append(painted_line(curve, station[a], stop, Profile.constant(0.0).value, paint))
    return lines


def _areas(curve: Curve, section: CrossSection) -> list[Area]:
    pose_at = stations(0.0, curve.length, OUTLINE_STEP_M)
    pose = curve.pose(pose_at)
    paved = section.width.value(pose_at) + section.verge
    outer = paved + section.border
    areas = strip(pose, outer, -outer, AreaKind.SIDEWALK if section.curb else AreaKind.SHOULDER)
    areas += strip(pose, paved, -paved, AreaKind.DRIVABLE)
    if section.curb:
        areas += strip(pose, paved + 0.15, paved, AreaKind.CURB) + strip(pose, -paved, -paved - 0.15, AreaKind.CURB)
    return areas
